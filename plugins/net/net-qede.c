/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marvell FastLinQ, driver qede. */
#include <errno.h>
#include <linux/if_ether.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "query-rss", NULL };

static const struct viod_limit limits[] = {
	{ "vlan-proto", ETH_P_8021Q, ETH_P_8021Q, .text = "qede only has 802.1Q; remove the key" },
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "vfs", EINVAL, "qede has not enough ports in its switch; request fewer VFs" },
	{ "mac", EINVAL, "qede cannot clear an address; use 02:00:00:00:00:00 instead" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk qede_quirk = {
	.size = sizeof(qede_quirk),
	.lacks = lacks,
	.advice = advice,
	.limits = limits,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("qede"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-qede", .kind = "net", .version = "1",
		   .summary = "Marvell FastLinQ", .match = match, .quirk = &qede_quirk);
