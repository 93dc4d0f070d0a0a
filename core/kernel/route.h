/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Default routes, from rtnetlink. /proc/net/route shows one table of many, IPv4 alone, and of a
 * multipath route the first next hop only.
 */
#ifndef VIOD_ROUTE_H
#define VIOD_ROUTE_H

#include <linux/netlink.h>

/** index: of a network interface. Another return value than 0 ends the search. */
typedef int (*route_fn)(void *userdata, int index);

/**
 * Call back for each next hop of each default route, IPv4 and IPv6, in all routing tables of this
 * network namespace. Returns what the callback returned last, or -errno: then some may be missing.
 */
int route_for_each_default(route_fn callback, void *userdata);

/**
 * The same for one message of the kernel (RTM_NEWROUTE of
 * Documentation/netlink/specs/rt_route.yaml). 0 for any other message and route; -EBADMSG; -ENODATA
 * if the message names no interface, which the kernel does where net.ipv4.nexthop_compat_mode is 0.
 */
int route_parse_default(const struct nlmsghdr *message, route_fn callback, void *userdata);

#endif
