/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From values to RTM_SETLINK messages. Pure. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "net.h"

/* Bytes that one VF takes with every attribute there is, and those of a message around them. */
#define VF_BYTES 192
#define FRAME_BYTES 128

_Static_assert(NET_BATCH_MAX *VF_BYTES < UINT16_MAX, "the list's length has 16 bits");

#define ROW(row_) (1u << NET_ROW_##row_)

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

static int put_mac(struct nl_msg *message, const struct net_update *update)
{
	struct ifla_vf_mac mac = { .vf = (uint32_t)update->vf };

	/* The word "none" has no octets: zero is what the kernel takes for it. */
	memcpy(mac.mac, update->values.mac.octets, sizeof(update->values.mac.octets));
	return nla_put(message, IFLA_VF_MAC, sizeof(mac), &mac);
}

static bool mac_took(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_MAC) &&
	       memcmp(info->mac, update->values.mac.octets, sizeof(info->mac)) == 0;
}

/* Some drivers only know the older attribute, which can only say 802.1Q. */
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

static bool vlan_took(const struct net_update *update, const struct net_vfinfo *info)
{
	return (info->known & NET_KNOWS_VLAN) && info->vlan == update->values.vlan &&
	       info->qos == effective_qos(&update->values) &&
	       (!info->vlan_proto || info->vlan_proto == effective_protocol(&update->values));
}

const struct net_attribute_type net_attributes[] = {
	[NET_ATTRIBUTE_MAC] = { "mac", ROW(MAC), put_mac, mac_took },
	[NET_ATTRIBUTE_VLAN] = { "vlan", ROW(VLAN) | ROW(QOS) | ROW(VLAN_PROTO), put_vlan,
				 vlan_took },
};

static int put_vf(struct nl_msg *message, const struct net_update *update)
{
	struct nlattr *nest = nla_nest_start(message, IFLA_VF_INFO);

	if (!nest)
		return -ENOMEM;
	for (unsigned i = 0; i < NET_ATTRIBUTES_; i++)
		if ((update->attributes & (1u << i)) && net_attributes[i].put(message, update) < 0)
			return -ENOMEM;
	return nla_nest_end(message, nest) < 0 ? -ENOMEM : 0;
}

static int new_message(int index, size_t size, unsigned flags, unsigned change,
		       struct nl_msg **ret_message)
{
	struct ifinfomsg header = {
		.ifi_index = index,
		.ifi_flags = flags,
		.ifi_change = change,
	};
	struct nl_msg *message = nlmsg_alloc_size(size);

	if (!message)
		return -ENOMEM;
	if (!nlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, RTM_SETLINK, 0, 0) ||
	    nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return -ENOMEM;
	}
	*ret_message = message;
	return 0;
}

int net_message_flags(int index, unsigned flags, unsigned change, struct nl_msg **ret_message)
{
	return new_message(index, FRAME_BYTES, flags, change, ret_message);
}

int net_message_vfs(int index, const struct net_update *updates, size_t n_updates,
		    struct nl_msg **ret_message)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	struct nlattr *list;
	int r;

	r = new_message(index, FRAME_BYTES + n_updates * VF_BYTES, 0, 0, &message);
	if (r < 0)
		return r;
	list = nla_nest_start(message, IFLA_VFINFO_LIST);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n_updates; i++) {
		r = put_vf(message, &updates[i]);
		if (r < 0)
			return r;
	}
	if (nla_nest_end(message, list) < 0)
		return -ENOMEM;
	*ret_message = message;
	message = NULL;
	return 0;
}
