/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a PF or VF in this network namespace. */
#ifndef VIOD_NET_INTERFACE_H
#define VIOD_NET_INTERFACE_H

#include <viod/plugin.h>

#include "vfinfo.h"

#define NET_FOLDER_MAX 48

struct net_interface {
	char name[IFNAMSIZ];
	char folder[NET_FOLDER_MAX]; /* its parent below the function: "net", or "virtio0/net" */
	int index;
};

struct net_interfaces {
	struct net_interface *items;
	size_t count;
	bool elsewhere; /* the function has interfaces, but none in this network namespace */
};

#define _cleanup_interfaces_ __attribute__((cleanup(net_interfaces_clear)))

/** The interfaces of a function that are here. 0 or -errno; none is no error. */
int net_interfaces_find(struct viod_pf *pf, int vf, struct net_interfaces *ret_interfaces);
void net_interfaces_clear(struct net_interfaces *interfaces);

/** The kernel's data about a function's own interface, by its index, since its name may change at
 * any time. -ENODEV if it has none here. */
int net_interface_read(struct viod_pf *pf, int vf, bool with_vfs, int fd,
		       struct net_link *ret_link);
/** The same with a socket of its own. */
int net_interface_open(struct viod_pf *pf, int vf, bool with_vfs, int *ret_fd,
		       struct net_link *ret_link);

/** "pci" of "bus/pci/devices/0000:05:00.0". */
void net_bus_of(const struct viod_function *function, char *ret_bus, size_t size);

/** How likely an interface with this phys_port_name ("" for none) is the PF's own: 0 for a
 *  representor of something else, 1 if unknown, 2 for a port. */
int net_port_rank(const char *phys_port_name);

#endif
