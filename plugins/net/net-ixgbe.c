/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel 82599, X540 and X550, driver ixgbe. */
#include <errno.h>
#include <linux/if_ether.h>
#include <viod/plugin.h>

static const char *const disruptive[] = { "trust", NULL };

static const struct viod_limit limits[] = {
	{ "min-tx-rate", .text = "ixgbe guarantees no rate; remove the key" },
	{ "max-tx-rate", 11, 10000,
	  .text = "ixgbe limits to 11 to 10000 Mbit/s, and 0 is for no limit" },
	{ "vlan-proto", ETH_P_8021Q, ETH_P_8021Q, .text = "ixgbe only has 802.1Q; remove the key" },
	{ 0 },
};

#define FEW "ixgbe has 63 VFs, 31 if the PF has more than one traffic class, 15 if more than four"

static const struct viod_advice advice[] = {
	{ "vfs", ERANGE, FEW },
	{ "vfs", EPERM, FEW },
	{ "vfs", EINVAL, "ixgbe creates no VFs while an XDP program is loaded on the PF" },
	{ "vfs", ENOMEM, "an X552 creates VFs only if ixgbe is loaded with max_vfs=N" },
	{ "max-tx-rate", EINVAL,
	  "ixgbe accepts rates only while its link runs at exactly 10 Gbit/s" },
	{ "link-state", 0, "ixgbe supports auto and disable; enable has no effect" },
	{ NULL, 0, NULL },
};

/* sriov_totalvfs says 64: one of them is the PF's own. */
static const struct viod_quirk ixgbe_quirk = {
	.size = sizeof(ixgbe_quirk),
	.max_vfs = 63,
	.disruptive = disruptive,
	.advice = advice,
	.limits = limits,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("ixgbe"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-ixgbe", .kind = "net", .version = "1",
		   .summary = "Intel 82599, X540 and X550", .match = match, .quirk = &ixgbe_quirk);
