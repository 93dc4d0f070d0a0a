/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "port.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "generic.h"
#include "socket.h"
#include "util.h"

/* Capabilities of the function of a port, since Linux 6.2: a bit field with the values of
 * NET_PORT_*. */
#define FUNCTION_CAPS 4

void net_ports_clear(struct net_ports *ports)
{
	free(ports->items);
	*ports = (struct net_ports){ 0 };
}

const struct net_port *net_ports_of(const struct net_ports *ports, int vf)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->items[i].vf == vf)
			return &ports->items[i];
	return NULL;
}

/* --- reading --------------------------------------------------------------------------------- */

static struct nlattr *find(const void *attributes, size_t size, int type, int width)
{
	struct nlattr *attribute = nla_find(attributes, (int)size, type);

	return attribute && nla_len(attribute) >= width ? attribute : NULL;
}

static void read_function(struct nlattr *function, struct net_port *port)
{
	const void *attributes = nla_data(function);
	size_t size = (size_t)nla_len(function);
	struct nlattr *mac =
		find(attributes, size, DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR, sizeof(port->mac));
	struct nla_bitfield32 caps;
	struct nlattr *bits = find(attributes, size, FUNCTION_CAPS, sizeof(caps));

	if (mac) {
		port->has_mac = true;
		memcpy(port->mac, nla_data(mac), sizeof(port->mac));
	}
	if (bits) {
		memcpy(&caps, nla_data(bits), sizeof(caps));
		port->can = caps.selector;
		port->on = caps.value;
	}
}

int net_port_parse(const void *attributes, size_t size, const char *address,
		   struct net_ports *ports)
{
	struct nlattr *name = find(attributes, size, DEVLINK_ATTR_DEV_NAME, 1);
	struct nlattr *flavour = find(attributes, size, DEVLINK_ATTR_PORT_FLAVOUR, 2);
	struct nlattr *vf = find(attributes, size, DEVLINK_ATTR_PORT_PCI_VF_NUMBER, 2);
	struct nlattr *index = find(attributes, size, DEVLINK_ATTR_PORT_INDEX, 4);
	struct nlattr *external = find(attributes, size, DEVLINK_ATTR_PORT_EXTERNAL, 1);
	struct nlattr *function = find(attributes, size, DEVLINK_ATTR_PORT_FUNCTION, 0);
	struct net_port *items;

	/* Ports of another host have their own numbers. */
	if (!name || !flavour || !vf || !index || nla_strcmp(name, address) != 0 ||
	    nla_get_u16(flavour) != DEVLINK_PORT_FLAVOUR_PCI_VF ||
	    (external && nla_get_u8(external)))
		return 0;
	items = reallocarray(ports->items, ports->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	ports->items = items;
	items += ports->count++;
	*items = (struct net_port){ .index = nla_get_u32(index), .vf = nla_get_u16(vf) };
	if (function)
		read_function(function, items);
	return 0;
}

struct query {
	const char *address;
	struct net_ports ports;
};

static int read_port(const struct nlmsghdr *message, void *userdata)
{
	struct query *query = userdata;
	size_t size;
	const void *attributes = net_generic_attributes(message, &size);

	return net_port_parse(attributes, size, query->address, &query->ports);
}

static int put_name(struct nl_msg *message, const char *bus, const char *address)
{
	return nla_put_string(message, DEVLINK_ATTR_BUS_NAME, bus) < 0 ||
			       nla_put_string(message, DEVLINK_ATTR_DEV_NAME, address) < 0
		       ? -ENOMEM
		       : 0;
}

int net_ports_get(const char *bus, const char *address, struct net_ports *ret_ports)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	struct query query = { .address = address };
	_cleanup_close_ int fd = -1;
	uint16_t family;
	int r;

	r = net_generic_open(DEVLINK_GENL_NAME, &fd, &family);
	if (r == 0)
		r = net_generic_message(family, DEVLINK_CMD_PORT_GET, DEVLINK_GENL_VERSION,
					&message);
	if (r == 0)
		r = put_name(message, bus, address);
	if (r < 0)
		return r;
	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_DUMP;
	r = net_socket_exchange(fd, message, read_port, &query);
	if (r < 0)
		net_ports_clear(&query.ports);
	else
		*ret_ports = query.ports;
	return r;
}

/* --- setting --------------------------------------------------------------------------------- */

static int set(struct viod_pf *pf, const char *bus, const char *address, uint32_t index, int type,
	       const void *data, int size)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_close_ int fd = -1;
	struct nlattr *function;
	uint16_t family;
	int r;

	r = net_generic_open(DEVLINK_GENL_NAME, &fd, &family);
	if (r == 0)
		r = net_generic_message(family, DEVLINK_CMD_PORT_SET, DEVLINK_GENL_VERSION,
					&message);
	if (r == 0)
		r = put_name(message, bus, address);
	if (r < 0)
		return r;
	if (nla_put_u32(message, DEVLINK_ATTR_PORT_INDEX, index) < 0)
		return -ENOMEM;
	function = nla_nest_start(message, DEVLINK_ATTR_PORT_FUNCTION | NLA_F_NESTED);
	if (!function || nla_put(message, type, size, data) < 0 ||
	    nla_nest_end(message, function) < 0)
		return -ENOMEM;
	return net_socket_send(pf, fd, message);
}

int net_port_set_mac(struct viod_pf *pf, const char *bus, const char *address, uint32_t index,
		     const uint8_t mac[6])
{
	return set(pf, bus, address, index, DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR, mac, 6);
}

int net_port_set_cap(struct viod_pf *pf, const char *bus, const char *address, uint32_t index,
		     enum net_port_cap cap, bool on)
{
	const struct nla_bitfield32 caps = { .value = on ? (uint32_t)cap : 0, .selector = cap };

	return set(pf, bus, address, index, FUNCTION_CAPS, &caps, sizeof(caps));
}
