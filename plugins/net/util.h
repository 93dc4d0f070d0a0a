/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The size of an array, and ownership of memory, descriptors and messages by scope. */
#ifndef VIOD_NET_UTIL_H
#define VIOD_NET_UTIL_H

#include <netlink/msg.h>
#include <stdlib.h>
#include <unistd.h>

#define NET_ARRAY_SIZE(a_) (sizeof(a_) / sizeof((a_)[0]))

#define _cleanup_(function_) __attribute__((cleanup(function_)))
#define _cleanup_free_ _cleanup_(net_freep)
#define _cleanup_close_ _cleanup_(net_closep)

static inline void net_freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void net_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void net_messagep(struct nl_msg **message)
{
	nlmsg_free(*message);
}

#endif
