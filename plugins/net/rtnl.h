/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to the kernel's rtnetlink, one at a time, each with its answer. */
#ifndef VIOD_NET_RTNL_H
#define VIOD_NET_RTNL_H

#include <stdbool.h>

#include "vfinfo.h"

struct nl_msg;
struct viod_pf;

/** A socket for the functions below, or -errno. */
int net_rtnl_open(void);

/** Send a request and wait until the kernel has completed it. 0, or the kernel's -errno. */
int net_rtnl_send(struct viod_pf *pf, int fd, struct nl_msg *request);

/** Query one interface, and its VFs without their statistics. -ENODEV if there is none. */
int net_rtnl_link(int fd, int index, bool with_vfs, struct net_link *ret_link);

/** An address of the interface as text, "" if it has only link-local ones. 0 or -errno. */
int net_rtnl_address(int fd, int index, char *ret_text, size_t size);

#endif
