/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ports of VFs at the eswitch of their PF, and settings of a VF through its port. */
#ifndef VIOD_NET_PORT_H
#define VIOD_NET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct viod_pf;

/** Capabilities of the function of a port. Bits of can and of on. */
enum net_port_cap { NET_PORT_ROCE = 1, NET_PORT_MIGRATABLE = 2 };

struct net_port {
	uint32_t index;
	int vf;
	bool has_mac;
	uint8_t mac[6];
	uint32_t can, on;
};

struct net_ports {
	struct net_port *items;
	size_t count;
};

#define _cleanup_ports_ _cleanup_(net_ports_clear)

/** The ports of a PF's VFs; none is not an error. -errno. */
int net_ports_get(const char *bus, const char *address, struct net_ports *ret_ports);
void net_ports_clear(struct net_ports *ports);
/** The port of a VF, or NULL. */
const struct net_port *net_ports_of(const struct net_ports *ports, int vf);

/** Set the initial address of the function of a port, or one of its capabilities. -errno. */
int net_port_set_mac(struct viod_pf *pf, const char *bus, const char *address, uint32_t index,
		     const uint8_t mac[6]);
int net_port_set_cap(struct viod_pf *pf, const char *bus, const char *address, uint32_t index,
		     enum net_port_cap cap, bool on);

/** Add the port that a message describes, if it is one of a VF. Pure. 0 or -ENOMEM. */
int net_port_parse(const void *attributes, size_t size, const char *address,
		   struct net_ports *ports);

#endif
