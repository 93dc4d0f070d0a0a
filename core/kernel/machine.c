/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/machine.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <string.h>

#include "kernel/sysfs.h"

/* machine-id(5): 32 hexadecimal digits. */
static int read_machine(int etc, char ret_text[static 64])
{
	int r = sysfs_read(etc, "machine-id", ret_text, 64);

	if (r < 0)
		return r;
	return strlen(ret_text) == 32 && strspn(ret_text, "0123456789abcdef") == 32 ? 0 : -EUCLEAN;
}

int machine_derive(int etc, const char *purpose, const char *text, void *ret_bytes, size_t size)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx context;
	char machine[64];
	int r;

	if (size > sizeof(digest))
		return -EINVAL;
	r = read_machine(etc, machine);
	if (r < 0)
		return r;
	hmac_sha256_set_key(&context, strlen(machine), (const uint8_t *)machine);
	hmac_sha256_update(&context, 5, (const uint8_t *)"viod ");
	hmac_sha256_update(&context, strlen(purpose), (const uint8_t *)purpose);
	hmac_sha256_update(&context, 1, (const uint8_t *)" ");
	hmac_sha256_update(&context, strlen(text), (const uint8_t *)text);
	hmac_sha256_digest(&context, sizeof(digest), digest);
	memcpy(ret_bytes, digest, size);
	return 0;
}
