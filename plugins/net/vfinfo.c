/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vfinfo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The value of spoofchk, query_rss and trust that a driver leaves if it does not support them. */
#define NOT_KNOWN UINT32_MAX

/* Lengths of attributes have 16 bits. */
#define LENGTH_MASK 0xffffu

struct span {
	const uint8_t *at;
	size_t left;
};

static struct span span_skip(struct span span, size_t size)
{
	return (struct span){ span.at + size, span.left - size };
}

/* Copy a struct of the kernel; the shorter one of an older kernel is ignored. */
static bool take(struct span span, void *ret_value, size_t size)
{
	if (span.left < size)
		return false;
	memcpy(ret_value, span.at, size);
	return true;
}

/* 1 and an attribute, 0 at the end, -EBADMSG if the length exceeds the span. */
static int next_attribute(struct span *span, unsigned *ret_type, struct span *ret_value)
{
	struct nlattr header;
	size_t padded;

	if (span->left == 0)
		return 0;
	if (!take(*span, &header, sizeof(header)) || header.nla_len < sizeof(header) ||
	    header.nla_len > span->left)
		return -EBADMSG;
	*ret_type = header.nla_type & NLA_TYPE_MASK;
	*ret_value = (struct span){ span->at + sizeof(header), header.nla_len - sizeof(header) };
	padded = NLA_ALIGN(header.nla_len);
	*span = span_skip(*span, padded < span->left ? padded : span->left);
	return 1;
}

/* --- one VF ---------------------------------------------------------------------------------- */

static void set_flag(struct net_vfinfo *info, uint32_t setting, uint32_t *field, unsigned known)
{
	if (setting == NOT_KNOWN)
		return;
	*field = setting != 0;
	info->known |= known;
}

static void read_vlan_list(struct span list, struct net_vfinfo *info)
{
	struct ifla_vf_vlan_info vlan;
	struct span value;
	unsigned type;

	/* Drivers report one VLAN; the list is the only place that holds its protocol. */
	if (next_attribute(&list, &type, &value) <= 0 || type != IFLA_VF_VLAN_INFO ||
	    !take(value, &vlan, sizeof(vlan)))
		return;
	info->vlan = (uint16_t)vlan.vlan;
	info->qos = (uint16_t)vlan.qos;
	info->vlan_proto = ntohs(vlan.vlan_proto);
	info->known |= NET_KNOWS_VLAN;
}

static void read_vlan(struct span value, struct net_vfinfo *info)
{
	struct ifla_vf_vlan vlan;

	if ((info->known & NET_KNOWS_VLAN) || !take(value, &vlan, sizeof(vlan)))
		return;
	info->vlan = (uint16_t)vlan.vlan;
	info->qos = (uint16_t)vlan.qos;
	info->vlan_proto = ETH_P_8021Q;
	info->known |= NET_KNOWS_VLAN;
}

static void read_rate(struct span value, struct net_vfinfo *info)
{
	struct ifla_vf_rate rate;

	if (!take(value, &rate, sizeof(rate)))
		return;
	info->min_rate = rate.min_tx_rate;
	info->max_rate = rate.max_tx_rate;
	info->known |= NET_KNOWS_RATE;
}

static void read_guid(struct span value, uint64_t *field, unsigned known, struct net_vfinfo *info)
{
	struct ifla_vf_guid guid;

	if (!take(value, &guid, sizeof(guid)))
		return;
	*field = guid.guid;
	info->known |= known;
}

/* spoofchk, link_state, query_rss and trust are structs of the same two members. */
static void read_setting(unsigned type, struct span value, struct net_vfinfo *info)
{
	struct ifla_vf_spoofchk pair;

	if (!take(value, &pair, sizeof(pair)))
		return;
	if (type == IFLA_VF_SPOOFCHK)
		set_flag(info, pair.setting, &info->spoofchk, NET_KNOWS_SPOOFCHK);
	else if (type == IFLA_VF_RSS_QUERY_EN)
		set_flag(info, pair.setting, &info->query_rss, NET_KNOWS_QUERY_RSS);
	else if (type == IFLA_VF_TRUST)
		set_flag(info, pair.setting, &info->trust, NET_KNOWS_TRUST);
	else if (pair.setting < __IFLA_VF_LINK_STATE_MAX) {
		info->link_state = pair.setting;
		info->known |= NET_KNOWS_LINK_STATE;
	}
}

static void read_attribute(unsigned type, struct span value, struct net_vfinfo *info)
{
	switch (type) {
	case IFLA_VF_VLAN:
		read_vlan(value, info);
		break;
	case IFLA_VF_VLAN_LIST:
		read_vlan_list(value, info);
		break;
	case IFLA_VF_RATE:
		read_rate(value, info);
		break;
	case IFLA_VF_SPOOFCHK:
	case IFLA_VF_LINK_STATE:
	case IFLA_VF_RSS_QUERY_EN:
	case IFLA_VF_TRUST:
		read_setting(type, value, info);
		break;
	case IFLA_VF_IB_NODE_GUID:
		read_guid(value, &info->node_guid, NET_KNOWS_NODE_GUID, info);
		break;
	case IFLA_VF_IB_PORT_GUID:
		read_guid(value, &info->port_guid, NET_KNOWS_PORT_GUID, info);
		break;
	default: /* a newer kernel's, or one that no row needs */
		break;
	}
}

/* The MAC attribute is the one that every kernel sends; it gives the VF its number. */
static int parse_vf(struct span nest, struct net_vfinfo *ret_info)
{
	struct net_vfinfo info = { 0 };
	struct ifla_vf_mac mac;
	bool numbered = false;
	struct span value;
	unsigned type;
	int r;

	while ((r = next_attribute(&nest, &type, &value)) > 0) {
		if (type != IFLA_VF_MAC) {
			read_attribute(type, value, &info);
		} else if (take(value, &mac, sizeof(mac))) {
			info.vf = mac.vf;
			memcpy(info.mac, mac.mac, sizeof(info.mac));
			info.known |= NET_KNOWS_MAC;
			numbered = true;
		}
	}
	if (r < 0 || !numbered)
		return -EBADMSG;
	*ret_info = info;
	return 0;
}

/* --- the list -------------------------------------------------------------------------------- */

static int add_vf(struct net_link *link, size_t *room, const struct net_vfinfo *info)
{
	if (link->n_vfs == *room) {
		size_t more = *room ? *room * 2 : 16;
		struct net_vfinfo *vfs = reallocarray(link->vfs, more, sizeof(*vfs));

		if (!vfs)
			return -ENOMEM;
		link->vfs = vfs;
		*room = more;
	}
	link->vfs[link->n_vfs++] = *info;
	return 0;
}

/*
 * Where the list ends cannot be read from its length, which wraps, nor from the number of VFs, of
 * which a driver may leave some out. It ends before the first attribute that is not the entry of a
 * later VF; and then the length must be right as far as it goes.
 */
static int parse_vf_list(struct span *message, struct net_link *link)
{
	struct span rest = span_skip(*message, sizeof(struct nlattr)), next = rest, value;
	struct nlattr header;
	struct net_vfinfo info;
	size_t room = 0;
	unsigned type;

	memcpy(&header, message->at, sizeof(header));
	if (link->vfs)
		return -EBADMSG;
	while (next_attribute(&next, &type, &value) > 0 && type == IFLA_VF_INFO &&
	       parse_vf(value, &info) == 0 && info.vf < link->n_total &&
	       (!link->n_vfs || info.vf > link->vfs[link->n_vfs - 1].vf)) {
		if (add_vf(link, &room, &info) < 0)
			return -ENOMEM;
		rest = next;
	}
	if (((message->left - rest.left) & LENGTH_MASK) != header.nla_len)
		return -EBADMSG;
	*message = rest;
	return 0;
}

/* --- the message ----------------------------------------------------------------------------- */

static void copy_name(struct span value, char *ret_name, size_t size)
{
	size_t length = strnlen((const char *)value.at, value.left);

	if (length >= size)
		return;
	memcpy(ret_name, value.at, length);
	ret_name[length] = '\0';
}

static void read_link_attribute(unsigned type, struct span value, struct net_link *link)
{
	uint32_t number;

	if (type == IFLA_IFNAME)
		copy_name(value, link->name, sizeof(link->name));
	else if (type == IFLA_PARENT_DEV_NAME)
		copy_name(value, link->parent, sizeof(link->parent));
	else if (type == IFLA_MTU && take(value, &number, sizeof(number)))
		link->mtu = number;
	else if (type == IFLA_PERM_ADDRESS && value.left == sizeof(link->permanent))
		memcpy(link->permanent, value.at, sizeof(link->permanent));
	else if (type == IFLA_NUM_VF && take(value, &number, sizeof(number)))
		link->n_total = number;
}

static bool is_vf_list(struct span rest)
{
	struct nlattr header;

	return take(rest, &header, sizeof(header)) &&
	       (header.nla_type & NLA_TYPE_MASK) == IFLA_VFINFO_LIST;
}

static int parse_attributes(struct span rest, struct net_link *link)
{
	struct span value;
	unsigned type;
	int r;

	do {
		if (is_vf_list(rest)) {
			r = parse_vf_list(&rest, link);
			if (r < 0)
				return r;
			r = 1;
			continue;
		}
		r = next_attribute(&rest, &type, &value);
		if (r > 0)
			read_link_attribute(type, value, link);
	} while (r > 0);
	return r;
}

int net_link_parse(const void *payload, size_t size, struct net_link *ret_link)
{
	struct span rest = { payload, size };
	struct net_link link = { 0 };
	struct ifinfomsg header;
	int r;

	if (!take(rest, &header, sizeof(header)))
		return -EBADMSG;
	link.index = header.ifi_index;
	link.flags = header.ifi_flags;
	link.type = header.ifi_type;
	r = parse_attributes(span_skip(rest, sizeof(header)), &link);
	if (r < 0)
		net_link_clear(&link);
	else
		*ret_link = link;
	return r;
}

void net_link_clear(struct net_link *link)
{
	free(link->vfs);
	*link = (struct net_link){ 0 };
}

static int compare_vf(const void *key, const void *item)
{
	uint32_t vf = *(const uint32_t *)key, other = ((const struct net_vfinfo *)item)->vf;

	return (vf > other) - (vf < other);
}

const struct net_vfinfo *net_link_vf(const struct net_link *link, uint32_t vf)
{
	if (!link->n_vfs)
		return NULL;
	return bsearch(&vf, link->vfs, link->n_vfs, sizeof(*link->vfs), compare_vf);
}
