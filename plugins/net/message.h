/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages that set VFs and interfaces. */
#ifndef VIOD_NET_MESSAGE_H
#define VIOD_NET_MESSAGE_H

#include "steps.h"

/** Maximum of VFs in one message: the length of the list has 16 bits, and 256 VFs with every
 * attribute stay well below. */
#define NET_BATCH_MAX 256

/** The caller frees the batch. -ENOMEM. */
int net_batch_new(const struct net_update *updates, size_t n_updates, struct net_batch **ret_batch,
		  size_t *ret_size);
/** Its message, for an interface. -ENOMEM. */
int net_batch_message(const struct net_batch *batch, int index, struct nl_msg **ret_message);

/** The messages that set VFs, and flags of the interface itself. -ENOMEM. */
int net_message_vfs(int index, const struct net_update *updates, size_t n_updates,
		    struct nl_msg **ret_message);
int net_message_flags(int index, unsigned flags, unsigned change, struct nl_msg **ret_message);
int net_message_mtu(int index, uint32_t mtu, struct nl_msg **ret_message);
int net_message_name(int index, const char *name, struct nl_msg **ret_message);

#endif
