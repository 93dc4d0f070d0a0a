/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of network devices. */
#include "rows.h"

#include <linux/devlink.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include "generic.h"

static const struct viod_name mac_words[] = {
	{ "none", NET_MAC_NONE },
	{ "stable", NET_MAC_STABLE },
	{ "legacy", NET_MAC_LEGACY },
	{ NULL, 0 },
};

static const struct viod_name vlan_protocols[] = {
	{ "802.1Q", ETH_P_8021Q },
	{ "802.1ad", ETH_P_8021AD },
	{ NULL, 0 },
};

static const struct viod_name link_states[] = {
	{ "auto", IFLA_VF_LINK_STATE_AUTO },
	{ "enable", IFLA_VF_LINK_STATE_ENABLE },
	{ "disable", IFLA_VF_LINK_STATE_DISABLE },
	{ NULL, 0 },
};

static const struct viod_name links[] = { { "up", 1 }, { "down", 0 }, { NULL, 0 } };

static const struct viod_name offloads[] = {
	{ "on", NET_OFFLOAD_RX | NET_OFFLOAD_TX },
	{ "off", 0 },
	{ "rx", NET_OFFLOAD_RX },
	{ "tx", NET_OFFLOAD_TX },
	{ NULL, 0 },
};

static const struct viod_name eswitch_modes[] = {
	{ "legacy", DEVLINK_ESWITCH_MODE_LEGACY },
	{ "switchdev", DEVLINK_ESWITCH_MODE_SWITCHDEV },
	{ NULL, 0 },
};

static const struct viod_name inline_modes[] = {
	{ "none", DEVLINK_ESWITCH_INLINE_MODE_NONE },
	{ "link", DEVLINK_ESWITCH_INLINE_MODE_LINK },
	{ "network", DEVLINK_ESWITCH_INLINE_MODE_NETWORK },
	{ "transport", DEVLINK_ESWITCH_INLINE_MODE_TRANSPORT },
	{ NULL, 0 },
};

static const struct viod_name encap_modes[] = {
	{ "none", DEVLINK_ESWITCH_ENCAP_MODE_NONE },
	{ "basic", DEVLINK_ESWITCH_ENCAP_MODE_BASIC },
	{ NULL, 0 },
};

/* The limit of the kernel for an interface; those of devices are lower. */
#define MTU_MIN 68
#define MTU_MAX 65535

#define PF_ROW(phase_, field_) \
	.scope = VIOD_SCOPE_PF, .phase = VIOD_PHASE_##phase_, VIOD_FIELD(struct net_pf, field_)
#define VF_ROW(field_) \
	.scope = VIOD_SCOPE_VF, .phase = VIOD_PHASE_CONFIGURE, VIOD_FIELD(struct net_vf, field_)
/* Of the VF's own interface, which its driver creates. */
#define OWN_ROW(field_) \
	.scope = VIOD_SCOPE_VF, .phase = VIOD_PHASE_SETTLE, VIOD_FIELD(struct net_vf, field_)

const struct viod_option net_options[] = {
	[NET_ROW_PROMISC] = { PF_ROW(CONFIGURE, promisc), .type = VIOD_TYPE_BOOL, .key = "promisc",
			      .help = "Whether the PF receives frames for all addresses." },
	[NET_ROW_ALLMULTI] = { PF_ROW(CONFIGURE, allmulti), .type = VIOD_TYPE_BOOL,
			       .key = "allmulti",
			       .help = "Whether the PF receives frames for all groups." },
	[NET_ROW_MTU] = { PF_ROW(CONFIGURE, mtu), .type = VIOD_TYPE_INT, .key = "mtu",
			  .min = MTU_MIN, .max = MTU_MAX,
			  .help = "The largest packet that the PF's interface sends, in bytes." },
	[NET_ROW_LINK] = { PF_ROW(PREPARE, link), .type = VIOD_TYPE_ENUM, .key = "link",
			   .names = links,
			   .help = "Whether the PF's interface is up; viod does not wait for a carrier." },
	[NET_ROW_VLAN_OFFLOAD] = { PF_ROW(CONFIGURE, vlan_offload), .type = VIOD_TYPE_ENUM,
				   .key = "vlan-offload", .names = offloads,
				   .help = "Whether the device removes VLAN tags of frames that the PF receives (rx) and inserts them into frames that it sends (tx)." },
	[NET_ROW_ESWITCH] = { PF_ROW(PREPARE, eswitch), .type = VIOD_TYPE_ENUM, .key = "eswitch",
			      .flags = VIOD_OPTION_DISRUPTIVE, .names = eswitch_modes,
			      .help = "Whether the device (legacy) or the host, through an interface for each VF (switchdev), forwards the frames of VFs." },
	[NET_ROW_INLINE_MODE] = { PF_ROW(PREPARE, inline_mode), .type = VIOD_TYPE_ENUM,
				  .key = "inline-mode", .names = inline_modes,
				  .help = "Up to which header the driver of a VF must copy a frame into the descriptor." },
	[NET_ROW_ENCAP] = { PF_ROW(PREPARE, encap), .type = VIOD_TYPE_ENUM, .key = "encap",
			    .names = encap_modes,
			    .help = "Whether the eswitch may encapsulate frames of VFs in tunnels." },
	[NET_ROW_MAC] = { VF_ROW(mac), .type = VIOD_TYPE_MAC, .key = "mac", .names = mac_words,
			  .flags = VIOD_OPTION_UNIQUE,
			  .help = "The initial address of the VF, which it can change only if it is trusted; none lets its driver choose one, stable derives one." },
	[NET_ROW_VLAN] = { VF_ROW(vlan), .type = VIOD_TYPE_INT, .key = "vlan", .max = 4094,
			   .help = "The VLAN that the device assigns to all frames of the VF; 0 for none." },
	[NET_ROW_QOS] = { VF_ROW(qos), .type = VIOD_TYPE_INT, .key = "qos", .max = 7,
			  .help = "The priority in the VLAN tags of the VF's frames." },
	[NET_ROW_VLAN_PROTO] = { VF_ROW(vlan_proto), .type = VIOD_TYPE_ENUM, .key = "vlan-proto",
				 .names = vlan_protocols,
				 .help = "The protocol of the VLAN tags." },
	[NET_ROW_SPOOFCHK] = { VF_ROW(spoofchk), .type = VIOD_TYPE_BOOL, .key = "spoofchk",
			       .flags = VIOD_OPTION_RETURNS, .unset = "on",
			       .help = "Whether frames without the VF's own source address are dropped." },
	[NET_ROW_TRUST] = { VF_ROW(trust), .type = VIOD_TYPE_BOOL, .key = "trust",
			    .flags = VIOD_OPTION_RETURNS, .unset = "off",
			    .help = "Whether the VF may change its address and receive frames for "
				    "others." },
	[NET_ROW_LINK_STATE] = { VF_ROW(link_state), .type = VIOD_TYPE_ENUM, .key = "link-state",
				 .names = link_states,
				 .help = "The link that the VF sees: the PF's, always up, or always "
					 "down." },
	[NET_ROW_MIN_TX_RATE] = { VF_ROW(min_tx_rate), .type = VIOD_TYPE_RATE, .key = "min-tx-rate",
				  .max = UINT32_MAX,
				  .help = "The guaranteed transmit rate of the VF; 0 for none." },
	[NET_ROW_MAX_TX_RATE] = { VF_ROW(max_tx_rate), .type = VIOD_TYPE_RATE, .key = "max-tx-rate",
				  .max = UINT32_MAX,
				  .help = "The maximum transmit rate of the VF; 0 for no limit." },
	[NET_ROW_QUERY_RSS] = { VF_ROW(query_rss), .type = VIOD_TYPE_BOOL, .key = "query-rss",
				.flags = VIOD_OPTION_RETURNS, .unset = "off",
				.help = "Whether the VF may read the hash key and table of receive side scaling." },
	[NET_ROW_NODE_GUID] = { VF_ROW(node_guid), .type = VIOD_TYPE_GUID, .key = "node-guid",
				.flags = VIOD_OPTION_UNIQUE,
				.help = "The node GUID of an InfiniBand VF." },
	[NET_ROW_PORT_GUID] = { VF_ROW(port_guid), .type = VIOD_TYPE_GUID, .key = "port-guid",
				.flags = VIOD_OPTION_UNIQUE,
				.help = "The port GUID of an InfiniBand VF." },
	[NET_ROW_ROCE] = { VF_ROW(roce), .type = VIOD_TYPE_BOOL, .key = "roce",
			   .flags = VIOD_OPTION_UNBOUND,
			   .help = "Whether a VF of a PF in switchdev mode can do RDMA over Ethernet." },
	[NET_ROW_MIGRATABLE] = { VF_ROW(migratable), .type = VIOD_TYPE_BOOL, .key = "migratable",
				 .flags = VIOD_OPTION_UNBOUND,
				 .help = "Whether a VF of a PF in switchdev mode can be migrated to another host." },
	[NET_ROW_VF_IFNAME] = { OWN_ROW(ifname), .type = VIOD_TYPE_STRING, .key = "ifname",
				.flags = VIOD_OPTION_UNIQUE,
				.help = "The name of the VF's interface on the host." },
	[NET_ROW_VF_MTU] = { OWN_ROW(mtu), .type = VIOD_TYPE_INT, .key = "mtu", .min = MTU_MIN,
			     .max = MTU_MAX,
			     .help = "The largest packet that the VF's interface on the host sends, "
				     "in bytes." },
	[NET_ROW_VF_PROMISC] = { OWN_ROW(promisc), .type = VIOD_TYPE_BOOL, .key = "promisc",
				 .flags = VIOD_OPTION_RETURNS, .unset = "off",
				 .help = "Whether the VF's interface on the host receives frames "
					 "for all addresses." },
	[NET_ROWS_] = { 0 },
};
