/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stable derived addresses. Pure. */
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "mac.h"

/*
 * Other hosts with a card of this kind in this slot get other addresses, and the machine's identity
 * cannot be derived from an address. Locally administered, unicast.
 */
int net_mac_stable(struct viod_pf *pf, const char *device, int vf, struct viod_mac *ret_mac)
{
	struct viod_mac mac = { 0 };
	char text[160];
	int r;

	snprintf(text, sizeof(text), "%s %d", device, vf);
	r = viod_derive(pf, "mac", text, mac.octets, sizeof(mac.octets));
	if (r < 0)
		return r;
	mac.octets[0] = (uint8_t)((mac.octets[0] & ~1) | 2);
	*ret_mac = mac;
	return 0;
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
