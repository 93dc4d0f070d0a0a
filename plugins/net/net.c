/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network devices: the operations, and the devices they serve. */
#include "ops.h"
#include "rows.h"

static const struct viod_match net_match[] = {
	VIOD_MATCH_CLASS(0x020000, 0xff0000),
	{ 0 },
};

static const struct viod_ops net_ops = {
	.size = sizeof(net_ops),
	.validate = net_validate,
	.observe = net_observe,
	.complete = net_complete,
	.plan = net_plan,
	.apply = net_apply,
	.holders = net_holders,
	.nodes = net_nodes,
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "net", .kind = "net", .version = "1",
		   .summary = "network devices", .options = net_options,
		   .pf_size = sizeof(struct net_pf), .vf_size = sizeof(struct net_vf),
		   .ops = &net_ops, .match = net_match);
