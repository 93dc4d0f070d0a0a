/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From values to RTM_SETLINK messages. Pure. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "steps.h"
#include "update.h"
#include "util.h"

/* Bytes of one VF with every attribute, and those of the rest of a message. */
#define VF_BYTES 192
#define FRAME_BYTES 128

_Static_assert(NET_BATCH_MAX *VF_BYTES < UINT16_MAX, "the list's length has 16 bits");

static int put_nest(struct nl_msg *message, const struct net_update *update, uint32_t attributes)
{
	struct nlattr *nest = nla_nest_start(message, IFLA_VF_INFO);

	if (!nest)
		return -ENOMEM;
	for (; attributes; attributes &= attributes - 1)
		if (net_attributes[__builtin_ctz(attributes)].put(message, update) < 0)
			return -ENOMEM;
	return nla_nest_end(message, nest) < 0 ? -ENOMEM : 0;
}

/* This runs for each VF between two messages, so each attribute is examined once. */
static int put_vf(struct nl_msg *message, const struct net_update *update)
{
	uint32_t stages[NET_STAGES] = { 0 };

	for (uint32_t left = update->attributes; left; left &= left - 1) {
		enum net_attribute attribute = (enum net_attribute)__builtin_ctz(left);

		stages[net_attribute_stage(update, attribute)] |= 1u << attribute;
	}
	/* The kernel refuses an empty nest. */
	for (unsigned stage = 0; stage < NET_STAGES; stage++)
		if (stages[stage] && put_nest(message, update, stages[stage]) < 0)
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

int net_batch_new(const struct net_update *updates, size_t n_updates, struct net_batch **ret_batch,
		  size_t *ret_size)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	size_t updates_size = n_updates * sizeof(*updates), message_size;
	struct net_batch *batch;
	int r;

	r = net_message_vfs(0, updates, n_updates, &message);
	if (r < 0)
		return r;
	message_size = nlmsg_hdr(message)->nlmsg_len;
	batch = malloc(sizeof(*batch) + updates_size + message_size);
	if (!batch)
		return -ENOMEM;
	batch->n_updates = n_updates;
	batch->message_size = message_size;
	memcpy(batch->updates, updates, updates_size);
	memcpy(batch->updates + n_updates, nlmsg_hdr(message), message_size);
	*ret_batch = batch;
	*ret_size = sizeof(*batch) + updates_size + message_size;
	return 0;
}

int net_batch_message(const struct net_batch *batch, int index, struct nl_msg **ret_message)
{
	struct nl_msg *message =
		nlmsg_convert((struct nlmsghdr *)(batch->updates + batch->n_updates));

	if (!message)
		return -ENOMEM;
	((struct ifinfomsg *)nlmsg_data(nlmsg_hdr(message)))->ifi_index = index;
	*ret_message = message;
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
