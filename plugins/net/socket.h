/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to the kernel over netlink, one at a time, each with its answer. */
#ifndef VIOD_NET_SOCKET_H
#define VIOD_NET_SOCKET_H

struct nlmsghdr;
struct nl_msg;
struct viod_pf;

/** Handles one message of an answer: 0 to continue, 1 if it was the requested one, or -errno. */
typedef int (*net_answer_fn)(const struct nlmsghdr *message, void *userdata);

/** A socket of a protocol (NETLINK_ROUTE, NETLINK_GENERIC) for the functions below, or -errno. */
int net_socket_open(int protocol);

/** Send a request and read its answer to the end. 0, or the kernel's -errno. */
int net_socket_exchange(int fd, struct nl_msg *request, net_answer_fn answer, void *userdata);

/** Send a request and wait until the kernel has completed it. 0, or the kernel's -errno. */
int net_socket_send(struct viod_pf *pf, int fd, struct nl_msg *request);

#endif
