/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel X710, XL710 and X722, driver i40e. */
#include <errno.h>
#include <linux/if_ether.h>
#include <viod/net.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "query-rss", NULL };
static const char *const disruptive[] = { "mac", "vlan", "qos", "vlan-proto", "trust", NULL };

/* The reset of a VF needs 200 ms; the driver waits 300 ms, and then requires another request. */
static const struct viod_retry retries[] = {
	{ EAGAIN, 5000, VIOD_PHASE_RESIZE },
	{ EAGAIN, 5000, VIOD_PHASE_CONFIGURE },
	{ 0 },
};

static const struct viod_limit limits[] = {
	{ "min-tx-rate", .text = "i40e guarantees no rate; remove the key" },
	{ "max-tx-rate", 1, UINT32_MAX, 50, "i40e limits in steps of 50 Mbit/s" },
	{ "vlan-proto", ETH_P_8021Q, ETH_P_8021Q, .text = "i40e only has 802.1Q; remove the key" },
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "vfs", EPERM,
	  "i40e has not enough queues or interrupts left, or runs its diagnostics; request fewer VFs" },
	{ "vfs", EINVAL, "VFs are assigned to virtual machines" },
	{ "max-tx-rate", EINVAL, "i40e accepts rates up to the speed of its link" },
	{ "trust", EINVAL, "a port that is divided into several PFs has no trusted VFs" },
	{ NULL, EAGAIN, "the VF is in its reset, or another operation runs; viod retries" },
	{ NULL, 0, NULL },
};

static const struct viod_net_quirk i40e_net = {
	.size = sizeof(i40e_net),
	.batch = 1,
};

static const struct viod_quirk i40e_quirk = {
	.size = sizeof(i40e_quirk),
	.kind = &i40e_net,
	.lacks = lacks,
	.disruptive = disruptive,
	.retries = retries,
	.advice = advice,
	.limits = limits,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("i40e"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-i40e", .kind = "net", .version = "1",
		   .summary = "Intel X710, XL710 and X722", .match = match, .quirk = &i40e_quirk);
