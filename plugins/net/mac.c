/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stable derived addresses. Pure. */
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "mac.h"

/*
 * Keyed with the identity of the machine: other hosts with such a card in this slot get different
 * addresses, and the identity of the machine cannot be derived from an address. Locally
 * administered, unicast.
 */
void net_mac_stable(const char *machine, const char *device, int vf, struct viod_mac *ret_mac)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx context;
	char text[160];
	int size = snprintf(text, sizeof(text), "viod mac %s %d", device, vf);

	hmac_sha256_set_key(&context, strlen(machine), (const uint8_t *)machine);
	hmac_sha256_update(&context, (size_t)size, (const uint8_t *)text);
	hmac_sha256_digest(&context, sizeof(digest), digest);
	*ret_mac = (struct viod_mac){ 0 };
	memcpy(ret_mac->octets, digest, sizeof(ret_mac->octets));
	ret_mac->octets[0] = (uint8_t)((ret_mac->octets[0] & ~1) | 2);
}

void net_mac_legacy(const char *device, int vf, struct viod_mac *ret_mac)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;
	char text[160];
	int size = snprintf(text, sizeof(text), "%s-%d-viod", device, vf);

	sha256_init(&context);
	sha256_update(&context, (size_t)size, (const uint8_t *)text);
	sha256_digest(&context, sizeof(digest), digest);
	*ret_mac = (struct viod_mac){ .octets = { 2 } };
	memcpy(ret_mac->octets + 1, digest, 5);
}
