/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a VF: how each is written into a message, and how its success is verified. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "rows.h"
#include "update.h"
#include "vfinfo.h"

/* --- address and VLAN ------------------------------------------------------------------------ */

static int put_mac(struct nl_msg *message, const struct net_update *update)
{
	struct ifla_vf_mac mac = { .vf = (uint32_t)update->vf };

	/* The word "none" has no octets: for the kernel it is zero. */
	memcpy(mac.mac, update->values.mac.octets, sizeof(update->values.mac.octets));
	return nla_put(message, IFLA_VF_MAC, sizeof(mac), &mac);
}

static bool mac_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_MAC) &&
	       memcmp(info->mac, update->values.mac.octets, sizeof(info->mac)) == 0;
}

static bool is_tagged(const struct net_vf *values)
{
	return values->vlan != 0;
}

/* The kernel refuses a priority without a VLAN on most drivers, and nothing is tagged with it. */
static uint32_t effective_qos(const struct net_vf *values)
{
	return is_tagged(values) ? (uint32_t)values->qos : 0;
}

static uint16_t effective_protocol(const struct net_vf *values)
{
	return is_tagged(values) && values->vlan_proto ? (uint16_t)values->vlan_proto : ETH_P_8021Q;
}

/* Some drivers support only the older attribute, which implies 802.1Q. */
static int put_vlan(struct nl_msg *message, const struct net_update *update)
{
	struct ifla_vf_vlan vlan = {
		.vf = (uint32_t)update->vf,
		.vlan = (uint32_t)update->values.vlan,
		.qos = effective_qos(&update->values),
	};
	struct ifla_vf_vlan_info info = {
		.vf = vlan.vf,
		.vlan = vlan.vlan,
		.qos = vlan.qos,
		.vlan_proto = htons(effective_protocol(&update->values)),
	};
	struct nlattr *list;

	if (effective_protocol(&update->values) == ETH_P_8021Q)
		return nla_put(message, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	list = nla_nest_start(message, IFLA_VF_VLAN_LIST);
	if (!list || nla_put(message, IFLA_VF_VLAN_INFO, sizeof(info), &info) < 0)
		return -ENOMEM;
	return nla_nest_end(message, list);
}

static bool vlan_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_VLAN) && info->vlan == update->values.vlan &&
	       info->qos == effective_qos(&update->values) &&
	       (!info->vlan_proto || info->vlan_proto == effective_protocol(&update->values));
}

/* --- pairs of a VF and a setting ---------------------------------------------------------------
 */

/* spoofchk, trust, link_state and query_rss are structs of the same two members. */
static int put_setting(struct nl_msg *message, const struct net_update *update, int type,
		       uint32_t setting)
{
	struct ifla_vf_spoofchk pair = { .vf = (uint32_t)update->vf, .setting = setting };

	return nla_put(message, type, sizeof(pair), &pair);
}

static int put_spoofchk(struct nl_msg *message, const struct net_update *update)
{
	return put_setting(message, update, IFLA_VF_SPOOFCHK, update->values.spoofchk);
}

static bool spoofchk_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_SPOOFCHK) && info->spoofchk == update->values.spoofchk;
}

static int put_trust(struct nl_msg *message, const struct net_update *update)
{
	return put_setting(message, update, IFLA_VF_TRUST, update->values.trust);
}

static bool trust_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_TRUST) && info->trust == update->values.trust;
}

static int put_link_state(struct nl_msg *message, const struct net_update *update)
{
	return put_setting(message, update, IFLA_VF_LINK_STATE,
			   (uint32_t)update->values.link_state);
}

static bool link_state_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_LINK_STATE) &&
	       info->link_state == update->values.link_state;
}

static int put_query_rss(struct nl_msg *message, const struct net_update *update)
{
	return put_setting(message, update, IFLA_VF_RSS_QUERY_EN, update->values.query_rss);
}

static bool query_rss_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_QUERY_RSS) && info->query_rss == update->values.query_rss;
}

/* --- rates and GUIDs ------------------------------------------------------------------------- */

static int put_rate(struct nl_msg *message, const struct net_update *update)
{
	struct ifla_vf_rate rate = {
		.vf = (uint32_t)update->vf,
		.min_tx_rate = (uint32_t)update->values.min_tx_rate,
		.max_tx_rate = (uint32_t)update->values.max_tx_rate,
	};

	return nla_put(message, IFLA_VF_RATE, sizeof(rate), &rate);
}

static bool rate_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_RATE) && info->min_rate == update->values.min_tx_rate &&
	       info->max_rate == update->values.max_tx_rate;
}

static int put_guid(struct nl_msg *message, const struct net_update *update, int type,
		    uint64_t value)
{
	struct ifla_vf_guid guid;

	/* There is a hole between the two. */
	memset(&guid, 0, sizeof(guid));
	guid.vf = (uint32_t)update->vf;
	guid.guid = value;
	return nla_put(message, type, sizeof(guid), &guid);
}

static int put_node_guid(struct nl_msg *message, const struct net_update *update)
{
	return put_guid(message, update, IFLA_VF_IB_NODE_GUID, update->values.node_guid);
}

static bool node_guid_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_NODE_GUID) && info->node_guid == update->values.node_guid;
}

static int put_port_guid(struct nl_msg *message, const struct net_update *update)
{
	return put_guid(message, update, IFLA_VF_IB_PORT_GUID, update->values.port_guid);
}

static bool port_guid_is_set(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_PORT_GUID) && info->port_guid == update->values.port_guid;
}

/* --- the table ------------------------------------------------------------------------------- */

#define ROW(row_) NET_ROW_BIT(row_)

const struct net_attribute_type net_attributes[] = {
	[NET_ATTRIBUTE_MAC] = { ROW(MAC), put_mac, mac_is_set },
	[NET_ATTRIBUTE_VLAN] = { ROW(VLAN) | ROW(QOS) | ROW(VLAN_PROTO), put_vlan, vlan_is_set },
	[NET_ATTRIBUTE_SPOOFCHK] = { ROW(SPOOFCHK), put_spoofchk, spoofchk_is_set },
	[NET_ATTRIBUTE_TRUST] = { ROW(TRUST), put_trust, trust_is_set },
	[NET_ATTRIBUTE_LINK_STATE] = { ROW(LINK_STATE), put_link_state, link_state_is_set },
	[NET_ATTRIBUTE_RATE] = { ROW(MIN_TX_RATE) | ROW(MAX_TX_RATE), put_rate, rate_is_set },
	[NET_ATTRIBUTE_QUERY_RSS] = { ROW(QUERY_RSS), put_query_rss, query_rss_is_set },
	[NET_ATTRIBUTE_NODE_GUID] = { ROW(NODE_GUID), put_node_guid, node_guid_is_set },
	[NET_ATTRIBUTE_PORT_GUID] = { ROW(PORT_GUID), put_port_guid, port_guid_is_set },
};

/*
 * Settings that permit an address (trust, no spoof check) precede it, although the kernel would
 * apply them last. Rates fail most often, and do not affect others at the end. Of two GUIDs in one
 * nest the kernel silently applies only the first.
 */
unsigned net_attribute_stage(const struct net_update *update, enum net_attribute attribute)
{
	bool address = update->attributes & (1u << NET_ATTRIBUTE_MAC);

	switch (attribute) {
	case NET_ATTRIBUTE_TRUST:
		return address && update->values.trust ? 0 : 1;
	case NET_ATTRIBUTE_SPOOFCHK:
		return address && !update->values.spoofchk ? 0 : 1;
	case NET_ATTRIBUTE_NODE_GUID:
		return 2;
	case NET_ATTRIBUTE_PORT_GUID:
		return 3;
	case NET_ATTRIBUTE_RATE:
		return 4;
	default:
		return 1;
	}
}
