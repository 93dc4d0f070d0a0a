/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a file whatever the device. Pure. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

struct address {
	const struct viod_mac *mac;
	const struct viod_where *where;
	int vf;
};

static const char *why_unusable(const struct viod_mac *mac)
{
	static const uint8_t zero[6];

	if (memcmp(mac->octets, zero, sizeof(zero)) == 0)
		return "is no address; write 'none' to let the VF's driver pick one";
	if (mac->octets[0] & 1)
		return "is a group address; the first octet of a VF's address is even";
	return NULL;
}

static int compare_addresses(const void *a, const void *b)
{
	const struct address *x = a, *y = b;
	int order = memcmp(x->mac->octets, y->mac->octets, sizeof(x->mac->octets));

	return order ? order : (x->vf > y->vf) - (x->vf < y->vf);
}

static bool same_place(const struct viod_where *a, const struct viod_where *b)
{
	return a->file && b->file && strcmp(a->file, b->file) == 0 && a->line == b->line;
}

static void report_same(struct viod_pf *pf, const struct address *first,
			const struct address *second)
{
	char mac[32];

	if (viod_format(&net_options[NET_ROW_MAC], first->mac, mac, sizeof(mac)) < 0)
		mac[0] = '\0';
	if (same_place(first->where, second->where))
		viod_report(pf, VIOD_ERROR, second->vf, NULL, second->where, 0,
			    "vf%d and vf%d would both get mac %s from this line; give each VF "
			    "a section and an address of its own",
			    first->vf, second->vf, mac);
	else
		viod_report(pf, VIOD_ERROR, second->vf, NULL, second->where, 0,
			    "vf%d already has mac %s (%s:%u); give vf%d another one", first->vf,
			    mac, first->where->file ? first->where->file : "the file",
			    first->where->line, second->vf);
}

/* The addresses are sorted: equal ones lie side by side. One line that gives an address to many VFs
 * is one mistake. */
static int check_unique(struct viod_pf *pf, const struct address *addresses, size_t count)
{
	const struct address *first = addresses;
	int r = 0;

	for (size_t i = 1; i < count; i++) {
		const struct address *address = &addresses[i];

		if (memcmp(first->mac->octets, address->mac->octets, 6) != 0) {
			first = address;
			continue;
		}
		r = -EINVAL;
		if (address - 1 == first || !same_place(address[-1].where, address->where))
			report_same(pf, first, address);
	}
	return r;
}

int net_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	const struct viod_option *option = &net_options[NET_ROW_MAC];
	unsigned n_vfs = viod_vf_count(wanted);
	_cleanup_free_ struct address *addresses = calloc(n_vfs + 1, sizeof(*addresses));
	const struct viod_where *told = NULL;
	size_t count = 0;
	int r = 0;

	if (!addresses)
		return -ENOMEM;
	for (int vf = 0; vf < (int)n_vfs; vf++) {
		const struct viod_mac *mac = viod_get(wanted, vf, option);
		const struct viod_where *where = viod_where(wanted, vf, option);
		const char *why;

		if (!mac || mac->word)
			continue;
		why = why_unusable(mac);
		if (!why) {
			addresses[count++] = (struct address){ mac, where, vf };
			continue;
		}
		r = -EINVAL;
		if (!told || !same_place(told, where))
			viod_report(pf, VIOD_ERROR, vf, NULL, where, 0, "this mac of vf%d %s", vf,
				    why);
		told = where;
	}
	qsort(addresses, count, sizeof(*addresses), compare_addresses);
	return check_unique(pf, addresses, count) < 0 ? -EINVAL : r;
}
