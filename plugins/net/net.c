/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network devices: what a file can say about them, and who does it. */
#include "net.h"

#include <linux/if_ether.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <unistd.h>

void net_freep(void *pointer)
{
	free(*(void **)pointer);
}

void net_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void net_messagep(struct nl_msg **message)
{
	nlmsg_free(*message);
}

static const struct viod_name mac_words[] = {
	{ "none", NET_MAC_NONE },
	{ NULL, 0 },
};

static const struct viod_name vlan_protocols[] = {
	{ "802.1Q", ETH_P_8021Q },
	{ "802.1ad", ETH_P_8021AD },
	{ NULL, 0 },
};

#define PF_ROW(field_) \
	.scope = VIOD_SCOPE_PF, .phase = VIOD_PHASE_CONFIGURE, VIOD_FIELD(struct net_pf, field_)
#define VF_ROW(field_) \
	.scope = VIOD_SCOPE_VF, .phase = VIOD_PHASE_CONFIGURE, VIOD_FIELD(struct net_vf, field_)

const struct viod_option net_options[] = {
	[NET_ROW_PROMISC] = { PF_ROW(promisc), .type = VIOD_TYPE_BOOL, .key = "promisc",
			      .help = "Whether the PF receives frames for all addresses." },
	[NET_ROW_MAC] = { VF_ROW(mac), .type = VIOD_TYPE_MAC, .key = "mac", .names = mac_words,
			  .help = "The address the VF starts with and, unless it is trusted, has to "
				  "keep; none lets its driver pick one." },
	[NET_ROW_VLAN] = { VF_ROW(vlan), .type = VIOD_TYPE_INT, .key = "vlan", .max = 4094,
			   .help = "The VLAN that the device puts all frames of the VF into; 0 for "
				   "none." },
	/* Setting a VLAN sets these as well, so they are put back with it. */
	[NET_ROW_QOS] = { VF_ROW(qos), .type = VIOD_TYPE_INT, .flags = VIOD_OPTION_INTERNAL,
			  .key = "qos", .max = 7, .help = "The priority in the VLAN tags." },
	[NET_ROW_VLAN_PROTO] = { VF_ROW(vlan_proto), .type = VIOD_TYPE_ENUM,
				 .flags = VIOD_OPTION_INTERNAL, .key = "vlan-proto",
				 .names = vlan_protocols, .help = "The kind of the VLAN tags." },
	[NET_ROWS_] = { 0 },
};

static const struct viod_match net_match[] = {
	VIOD_MATCH_CLASS(0x020000, 0xff0000),
	{ 0 },
};

static const struct viod_ops net_ops = {
	.size = sizeof(net_ops),
	.validate = net_validate,
	.observe = net_observe,
	.plan = net_plan,
	.apply = net_apply,
	.holders = net_holders,
	.nodes = net_nodes,
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "net", .kind = "net", .version = "1",
		   .summary = "network devices", .options = net_options,
		   .pf_size = sizeof(struct net_pf), .vf_size = sizeof(struct net_vf),
		   .ops = &net_ops, .match = net_match);
