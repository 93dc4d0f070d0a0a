/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel 82576 and I350, driver igb. */
#include <errno.h>
#include <linux/if_ether.h>
#include <viod/net.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "link-state", "query-rss", NULL };

/* Only the 82576 can limit a VF. */
static const struct viod_match i350[] = {
	VIOD_MATCH_DEVICE(0x8086, 0x1521),
	VIOD_MATCH_DEVICE(0x8086, 0x1522),
	VIOD_MATCH_DEVICE(0x8086, 0x1523),
	VIOD_MATCH_DEVICE(0x8086, 0x1524),
	{ 0 },
};

static const struct viod_limit limits[] = {
	{ "min-tx-rate", .text = "igb guarantees no rate; remove the key" },
	{ "max-tx-rate", .text = "only the 82576 has rates; remove the key", .only = i350 },
	{ "vlan-proto", ETH_P_8021Q, ETH_P_8021Q, .text = "igb only has 802.1Q; remove the key" },
	{ 0 },
};

#define FEW "igb needs MSI-X interrupts for VFs, and has 7 of them at most"

static const struct viod_advice advice[] = {
	{ "max-tx-rate", EINVAL,
	  "igb accepts rates only while its link is up, up to the link's speed" },
	{ "vfs", ERANGE, FEW },
	{ "vfs", EPERM, FEW },
	{ NULL, 0, NULL },
};

static const struct viod_net_quirk igb_net = {
	.size = sizeof(igb_net),
	.flags = VIOD_NET_PF_MUST_BE_UP,
};

/* igbvf uses the address that the PF has for it only if the PF is up when it probes; otherwise it
 * chooses one, and the two differ. */
static const struct viod_quirk igb_quirk = {
	.size = sizeof(igb_quirk),
	.kind = &igb_net,
	.max_vfs = 7,
	.lacks = lacks,
	.advice = advice,
	.limits = limits,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("igb"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-igb", .kind = "net", .version = "1",
		   .summary = "Intel 82576 and I350", .match = match, .quirk = &igb_quirk);
