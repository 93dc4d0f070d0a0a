/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel E810, E822, E823, E825 and E830, driver ice. */
#include <errno.h>
#include <viod/net.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "query-rss", NULL };
static const char *const disruptive[] = { "mac", "vlan", "qos", "vlan-proto", "trust", NULL };
static const char *const recreates[] = { "eswitch", NULL };

/* By the PF until it is ready, and by a VF that is being reset. */
static const struct viod_retry retries[] = {
	{ EBUSY, 10000, VIOD_PHASE_RESIZE },
	{ EAGAIN, 10000, VIOD_PHASE_RESIZE },
	{ EBUSY, 5000, VIOD_PHASE_CONFIGURE },
	{ EAGAIN, 5000, VIOD_PHASE_CONFIGURE },
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "vfs", ENOSPC,
	  "ice has no interrupt vectors (MSI-X) or queues left: RDMA and the PF's own queues, one for "
	  "each processor, use most of them; request fewer VFs, or lower msix_vec_per_pf_max with "
	  "'devlink dev param'" },
	{ "vfs", EOPNOTSUPP,
	  "more VFs than ice supports here, or it runs in safe mode because its DDP package is missing" },
	{ "vfs", EBUSY, "ice was not ready for a long time; see the kernel log" },
	{ "eswitch", EOPNOTSUPP,
	  "ice has no switchdev mode in safe mode (without its DDP package)" },
	{ "vlan-proto", EPROTONOSUPPORT, "802.1ad needs firmware in double VLAN mode" },
	{ "min-tx-rate", EOPNOTSUPP, "ice guarantees no rate while DCB is in use" },
	{ "max-tx-rate", EINVAL, "ice accepts rates up to the speed of its link" },
	{ NULL, EBUSY, "the VF is in its reset; viod retries" },
	{ NULL, EAGAIN, "the VF is in its reset; viod retries" },
	{ NULL, 0, NULL },
};

static const struct viod_net_quirk ice_net = {
	.size = sizeof(ice_net),
	.batch = 1,
};

static const struct viod_quirk ice_quirk = {
	.size = sizeof(ice_quirk),
	.kind = &ice_net,
	.lacks = lacks,
	.disruptive = disruptive,
	.retries = retries,
	.advice = advice,
	.recreates = recreates,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("ice"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-ice", .kind = "net", .version = "1",
		   .summary = "Intel E810 and its kin", .match = match, .quirk = &ice_quirk);
