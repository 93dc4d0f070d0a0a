/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request to rtnetlink and its answer. nl_recvmsgs() is not used, because it would wait without
 * limit for a lost answer, for which this returns -ETIMEDOUT, and would replace the errno of
 * errors.
 */
#ifndef VIOD_RTNETLINK_H
#define VIOD_RTNETLINK_H

#include <netlink/msg.h>
#include <stddef.h>

/** Messages of the kernel are not larger: it fills at most 32 KiB of a dump at once. */
#define RTNETLINK_MESSAGE_MAX 32768

/** Other than 0 ends the reading. */
typedef int (*rtnetlink_fn)(void *userdata, const struct nlmsghdr *message);

/** A socket with room for many messages, of multicast groups (RTMGRP_*) or 0 for none. It belongs
 * to the caller. -errno. */
int rtnetlink_open(unsigned groups);

/** Send a request on a socket of its own and call back for each message of the answer, until that
 * returns other than 0. Returns what it returned; 1 at the end of the answer; the -errno that the
 * kernel answered; -ETIMEDOUT, -EMSGSIZE. */
int rtnetlink_request(struct nl_msg *request, rtnetlink_fn callback, void *userdata);

/** Call back for each message of a datagram of left bytes that answers a request. 0 if more
 * follows, else as rtnetlink_request(). */
int rtnetlink_read_answer(struct nlmsghdr *message, int left, rtnetlink_fn callback,
			  void *userdata);

#endif
