/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From values to RTM_SETLINK messages. Pure. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "net.h"

/* Bytes that one VF takes with every attribute there is, and those of a message around them. */
#define VF_BYTES 192
#define FRAME_BYTES 128

_Static_assert(NET_BATCH_MAX *VF_BYTES < UINT16_MAX, "the list's length has 16 bits");

static int put_stage(struct nl_msg *message, const struct net_update *update, unsigned stage)
{
	struct nlattr *nest = NULL;

	for (unsigned i = 0; i < NET_ATTRIBUTES_; i++) {
		if (!(update->attributes & (1u << i)) || net_attribute_stage(update, i) != stage)
			continue;
		/* The kernel refuses an empty one. */
		if (!nest)
			nest = nla_nest_start(message, IFLA_VF_INFO);
		if (!nest || net_attributes[i].put(message, update) < 0)
			return -ENOMEM;
	}
	return nest && nla_nest_end(message, nest) < 0 ? -ENOMEM : 0;
}

static int put_vf(struct nl_msg *message, const struct net_update *update)
{
	for (unsigned stage = 0; stage < NET_STAGES; stage++)
		if (put_stage(message, update, stage) < 0)
			return -ENOMEM;
	return 0;
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

int net_message_mtu(int index, uint32_t mtu, struct nl_msg **ret_message)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r = new_message(index, FRAME_BYTES, 0, 0, &message);

	if (r == 0 && nla_put_u32(message, IFLA_MTU, mtu) < 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret_message = message;
	message = NULL;
	return 0;
}

int net_message_name(int index, const char *name, struct nl_msg **ret_message)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r = new_message(index, FRAME_BYTES, 0, 0, &message);

	if (r == 0 && nla_put_string(message, IFLA_IFNAME, name) < 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret_message = message;
	message = NULL;
	return 0;
}
