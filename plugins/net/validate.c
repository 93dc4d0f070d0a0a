/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Validate: errors of a file that do not depend on the device. Pure. */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "rows.h"
#include "util.h"

/* A value that no two VFs may share. */
struct claim {
	const struct viod_option *option;
	const void *value;
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

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = memcmp(x->value, y->value, x->option->size);

	return order ? order : (x->vf > y->vf) - (x->vf < y->vf);
}

static bool same_place(const struct viod_where *a, const struct viod_where *b)
{
	return a->file && b->file && strcmp(a->file, b->file) == 0 && a->line == b->line;
}

static void report_same(struct viod_pf *pf, const struct claim *first, const struct claim *second)
{
	const char *key = first->option->key;
	char text[64];

	if (viod_format(first->option, first->value, text, sizeof(text)) < 0)
		text[0] = '\0';
	if (same_place(first->where, second->where))
		viod_report(pf, VIOD_ERROR, second->vf, NULL, second->where, 0,
			    "vf%d and vf%d would both get %s %s from this line; give each VF a "
			    "section and a %s of its own",
			    first->vf, second->vf, key, text, key);
	else
		viod_report(pf, VIOD_ERROR, second->vf, NULL, second->where, 0,
			    "vf%d already has %s %s (%s:%u); give vf%d another one", first->vf, key,
			    text, first->where->file ? first->where->file : "the file",
			    first->where->line, second->vf);
}

/* The claims are sorted, so equal ones are adjacent. A line that gives a value to many VFs is
 * reported once. */
static int check_unique(struct viod_pf *pf, const struct claim *claims, size_t count)
{
	const struct claim *first = claims;
	int r = 0;

	for (size_t i = 1; i < count; i++) {
		const struct claim *claim = &claims[i];

		if (memcmp(first->value, claim->value, claim->option->size) != 0) {
			first = claim;
			continue;
		}
		r = -EINVAL;
		if (claim - 1 == first || !same_place(claim[-1].where, claim->where))
			report_same(pf, first, claim);
	}
	return r;
}

/* Checks of one VF; a line that is wrong for many VFs is reported once. */
struct check {
	enum net_row row; /* the row whose line is wrong */
	/* The error and what would be right, or NULL. */
	const char *(*fault)(const struct viod_values *wanted, int vf, const void *value);
};

static const char *mac_fault(const struct viod_values *wanted, int vf, const void *value)
{
	const struct viod_mac *mac = value;

	return mac->word ? NULL : why_unusable(mac);
}

static bool is_tagged(const struct viod_values *wanted, int vf)
{
	const int64_t *vlan = viod_get(wanted, vf, &net_options[NET_ROW_VLAN]);

	return vlan && *vlan;
}

static const char *qos_fault(const struct viod_values *wanted, int vf, const void *value)
{
	return *(const int64_t *)value && !is_tagged(wanted, vf) ? "needs a VLAN; set 'vlan' too"
								 : NULL;
}

static const char *protocol_fault(const struct viod_values *wanted, int vf, const void *value)
{
	return *(const int64_t *)value != ETH_P_8021Q && !is_tagged(wanted, vf)
		       ? "needs a VLAN; set 'vlan' too"
		       : NULL;
}

static const char *rate_fault(const struct viod_values *wanted, int vf, const void *value)
{
	const uint64_t *max = viod_get(wanted, vf, &net_options[NET_ROW_MAX_TX_RATE]);

	return max && *max && *(const uint64_t *)value > *max
		       ? "is above its max-tx-rate; the minimum is at most the maximum"
		       : NULL;
}

static const char *name_fault(const struct viod_values *wanted, int vf, const void *value)
{
	const char *name = value;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strpbrk(name, "/:% \t\n"))
		return "is no name for an interface; write up to 15 characters without / : % and "
		       "spaces";
	return NULL;
}

static const struct check checks[] = {
	{ NET_ROW_MAC, mac_fault },
	{ NET_ROW_QOS, qos_fault },
	{ NET_ROW_VLAN_PROTO, protocol_fault },
	{ NET_ROW_MIN_TX_RATE, rate_fault },
	{ NET_ROW_VF_IFNAME, name_fault },
};

static int run_check(struct viod_pf *pf, const struct viod_values *wanted,
		     const struct check *check)
{
	const struct viod_option *option = &net_options[check->row];
	int r = 0;

	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const void *value = viod_get(wanted, vf, option);
		const char *fault = value ? check->fault(wanted, vf, value) : NULL;

		if (!fault)
			continue;
		r = -EINVAL;
		viod_error(pf, wanted, vf, option, "this %s of vf%d %s", option->key, vf, fault);
	}
	return r;
}

static bool is_claim(const struct viod_option *option, const void *value)
{
	const struct viod_mac *mac = value;

	return option->type != VIOD_TYPE_MAC || (!mac->word && !why_unusable(mac));
}

static int check_claims(struct viod_pf *pf, const struct viod_values *wanted,
			const struct viod_option *option)
{
	unsigned n_vfs = viod_vf_count(wanted);
	_cleanup_free_ struct claim *claims = calloc(n_vfs + 1, sizeof(*claims));
	size_t count = 0;

	if (!claims)
		return -ENOMEM;
	for (int vf = 0; vf < (int)n_vfs; vf++) {
		const void *value = viod_get(wanted, vf, option);

		if (value && is_claim(option, value))
			claims[count++] =
				(struct claim){ option, value, viod_where(wanted, vf, option), vf };
	}
	qsort(claims, count, sizeof(*claims), compare_claims);
	return check_unique(pf, claims, count);
}

int net_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	int r = 0;

	for (unsigned row = 0; row < NET_ROWS_ && r != -ENOMEM; row++) {
		int one = 0;

		if (net_options[row].flags & VIOD_OPTION_UNIQUE)
			one = check_claims(pf, wanted, &net_options[row]);
		r = one < 0 ? one : r;
	}
	for (size_t i = 0; i < NET_ARRAY_SIZE(checks) && r != -ENOMEM; i++)
		if (run_check(pf, wanted, &checks[i]) < 0)
			r = -EINVAL;
	return r;
}
