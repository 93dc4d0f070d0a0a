/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Broadcom NetXtreme-C/E, driver bnxt_en. */
#include <errno.h>
#include <viod/net.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "query-rss", NULL };

static const struct viod_advice advice[] = {
	{ "vfs", 0,
	  "bnxt_en creates none while the PF is down, is being reset or has VFs that machines use, and fewer if its firmware has no resources left; request fewer VFs" },
	{ "max-tx-rate", EINVAL,
	  "bnxt_en accepts rates only while its link is up, up to the link's speed" },
	{ "min-tx-rate", EINVAL,
	  "bnxt_en accepts rates only while its link is up, up to the link's speed" },
	{ "vlan-proto", EPROTONOSUPPORT, "the firmware of this card only has 802.1Q" },
	{ NULL, 0, NULL },
};

static const struct viod_net_quirk bnxt_net = {
	.size = sizeof(bnxt_net),
	.flags = VIOD_NET_PF_MUST_BE_UP,
};

static const struct viod_quirk bnxt_quirk = {
	.size = sizeof(bnxt_quirk),
	.kind = &bnxt_net,
	.lacks = lacks,
	.advice = advice,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("bnxt_en"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-bnxt", .kind = "net", .version = "1",
		   .summary = "Broadcom NetXtreme-C and -E", .match = match, .quirk = &bnxt_quirk);
