/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of network devices, and the values of a PF and its VFs. */
#ifndef VIOD_NET_ROWS_H
#define VIOD_NET_ROWS_H

#include <net/if.h>

#include <viod/plugin.h>

enum net_row {
	NET_ROW_PROMISC,
	NET_ROW_ALLMULTI,
	NET_ROW_MTU,
	NET_ROW_LINK,
	NET_ROW_VLAN_OFFLOAD,
	NET_ROW_ESWITCH,
	NET_ROW_INLINE_MODE,
	NET_ROW_ENCAP,
	NET_ROW_MAC,
	NET_ROW_VLAN,
	NET_ROW_QOS,
	NET_ROW_VLAN_PROTO,
	NET_ROW_SPOOFCHK,
	NET_ROW_TRUST,
	NET_ROW_LINK_STATE,
	NET_ROW_MIN_TX_RATE,
	NET_ROW_MAX_TX_RATE,
	NET_ROW_QUERY_RSS,
	NET_ROW_NODE_GUID,
	NET_ROW_PORT_GUID,
	NET_ROW_ROCE,
	NET_ROW_MIGRATABLE,
	NET_ROW_VF_IFNAME,
	NET_ROW_VF_MTU,
	NET_ROW_VF_PROMISC,
	NET_ROWS_
};

#define NET_ROW_BIT(row_) (1u << NET_ROW_##row_)

/** By enum net_row. */
extern const struct viod_option net_options[];

/** Words of the mac row. None: no address from the host, the VF's driver chooses one. complete()
 * replaces the others. */
enum net_mac_word { NET_MAC_NONE = 1, NET_MAC_STABLE, NET_MAC_LEGACY };

struct net_pf {
	bool promisc, allmulti;
	int64_t mtu, link, vlan_offload, eswitch, inline_mode, encap;
};

struct net_vf {
	struct viod_mac mac;
	int64_t vlan, qos, vlan_proto, link_state;
	uint64_t min_tx_rate, max_tx_rate, node_guid, port_guid;
	bool spoofchk, trust, query_rss, roce, migratable;
	/* Of its own interface, if that is on the host. */
	char ifname[IFNAMSIZ];
	int64_t mtu;
	bool promisc;
};

#endif
