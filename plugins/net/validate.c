/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Validate: errors of a file that do not depend on the device. Pure. */
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "ops.h"
#include "rows.h"
#include "util.h"

static const char *why_unusable(const struct viod_mac *mac)
{
	static const uint8_t zero[6];

	if (memcmp(mac->octets, zero, sizeof(zero)) == 0)
		return "is no address; write 'none' to let the VF's driver pick one";
	if (mac->octets[0] & 1)
		return "is a group address; the first octet of a VF's address is even";
	return NULL;
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

int net_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	int r = 0;

	for (size_t i = 0; i < NET_ARRAY_SIZE(checks); i++)
		if (run_check(pf, wanted, &checks[i]) < 0)
			r = -EINVAL;
	return r;
}
