/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Solarflare SFN7000 and later, driver sfc. */
#include <errno.h>
#include <linux/if_ether.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "max-tx-rate", "min-tx-rate", "trust", "query-rss", NULL };
/* The interface of the VF is stopped for these, if its driver is on this host. */
static const char *const disruptive[] = { "mac", "vlan", NULL };

static const struct viod_limit limits[] = {
	{ "qos", .text = "sfc does not support a priority in VLAN tags; remove the key" },
	{ "vlan-proto", ETH_P_8021Q, ETH_P_8021Q, .text = "sfc only has 802.1Q; remove the key" },
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "vlan", EBUSY, "the VF's driver runs in a virtual machine; stop it first" },
	{ "mac", EBUSY, "the VF's driver runs in a virtual machine; stop it first" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk sfc_quirk = {
	.size = sizeof(sfc_quirk),
	.lacks = lacks,
	.disruptive = disruptive,
	.advice = advice,
	.limits = limits,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("sfc"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-sfc", .kind = "net", .version = "1",
		   .summary = "Solarflare", .match = match, .quirk = &sfc_quirk);
