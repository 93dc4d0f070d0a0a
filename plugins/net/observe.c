/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Observe: the current state of the kernel, as values of the rows. */
#include <errno.h>
#include <linux/devlink.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <string.h>
#include <unistd.h>

#include "generic.h"
#include "interface.h"
#include "ops.h"
#include "port.h"
#include "rows.h"
#include "util.h"
#include "vfinfo.h"

static bool is_zero(const uint8_t octets[6])
{
	static const uint8_t zero[6];

	return memcmp(octets, zero, sizeof(zero)) == 0;
}

static void put_mac(struct viod_values *state, int vf, const uint8_t octets[6])
{
	struct viod_mac mac = { .word = NET_MAC_NONE };

	if (!is_zero(octets)) {
		memcpy(mac.octets, octets, sizeof(mac.octets));
		mac.word = 0;
	}
	viod_put(state, vf, &net_options[NET_ROW_MAC], &mac);
}

/* A value that a file cannot express counts as unknown. */
static void put_number(struct viod_values *state, int vf, enum net_row row, int64_t value)
{
	if (value <= net_options[row].max)
		viod_put(state, vf, &net_options[row], &value);
}

/* Drivers without support for protocols leave it zero. */
static void put_protocol(struct viod_values *state, int vf, uint16_t protocol)
{
	int64_t value = protocol ? protocol : ETH_P_8021Q;

	if (value == ETH_P_8021Q || value == ETH_P_8021AD)
		viod_put(state, vf, &net_options[NET_ROW_VLAN_PROTO], &value);
}

static void put_flag(struct viod_values *state, int vf, enum net_row row,
		     const struct net_vfinfo *info, unsigned known, uint32_t setting)
{
	bool value = setting;

	if (info->known & known)
		viod_put(state, vf, &net_options[row], &value);
}

static void put_rates(struct viod_values *state, int vf, const struct net_vfinfo *info)
{
	uint64_t min = info->min_rate, max = info->max_rate;

	if (!(info->known & NET_KNOWS_RATE))
		return;
	viod_put(state, vf, &net_options[NET_ROW_MIN_TX_RATE], &min);
	viod_put(state, vf, &net_options[NET_ROW_MAX_TX_RATE], &max);
}

static void put_guids(struct viod_values *state, int vf, const struct net_vfinfo *info)
{
	if (info->known & NET_KNOWS_NODE_GUID)
		viod_put(state, vf, &net_options[NET_ROW_NODE_GUID], &info->node_guid);
	if (info->known & NET_KNOWS_PORT_GUID)
		viod_put(state, vf, &net_options[NET_ROW_PORT_GUID], &info->port_guid);
}

/* InfiniBand has addresses of 20 bytes and no VLANs; these fields are not valid for it, and GUIDs
 * are not valid for an Ethernet device. */
static void put_ethernet(struct viod_values *state, int vf, const struct net_vfinfo *info)
{
	if (info->known & NET_KNOWS_MAC)
		put_mac(state, vf, info->mac);
	if (info->known & NET_KNOWS_VLAN) {
		put_number(state, vf, NET_ROW_VLAN, info->vlan);
		put_number(state, vf, NET_ROW_QOS, info->qos);
		put_protocol(state, vf, info->vlan_proto);
	}
}

static void put_vf(struct viod_values *state, int vf, const struct net_link *link,
		   const struct net_vfinfo *info)
{
	int64_t link_state = info->link_state;

	if (link->type == ARPHRD_ETHER)
		put_ethernet(state, vf, info);
	else if (link->type == ARPHRD_INFINIBAND)
		put_guids(state, vf, info);
	put_rates(state, vf, info);
	put_flag(state, vf, NET_ROW_SPOOFCHK, info, NET_KNOWS_SPOOFCHK, info->spoofchk);
	put_flag(state, vf, NET_ROW_TRUST, info, NET_KNOWS_TRUST, info->trust);
	put_flag(state, vf, NET_ROW_QUERY_RSS, info, NET_KNOWS_QUERY_RSS, info->query_rss);
	if (info->known & NET_KNOWS_LINK_STATE)
		viod_put(state, vf, &net_options[NET_ROW_LINK_STATE], &link_state);
}

static void put_interface(struct viod_values *state, int vf, const struct net_link *link)
{
	char name[IFNAMSIZ] = "";
	int64_t mtu = link->mtu;
	bool promisc = link->flags & IFF_PROMISC;

	memcpy(name, link->name, strlen(link->name));
	viod_put(state, vf, &net_options[NET_ROW_VF_IFNAME], name);
	viod_put(state, vf, &net_options[NET_ROW_VF_MTU], &mtu);
	viod_put(state, vf, &net_options[NET_ROW_VF_PROMISC], &promisc);
}

/* Only interfaces in this namespace: those of virtual machines and containers are not observed. */
static int put_interfaces(struct viod_pf *pf, struct viod_values *state, int fd)
{
	int r = 0;

	for (int vf = 0; vf < (int)viod_vf_count(state) && r == 0; vf++) {
		const struct viod_function *function = viod_function(pf, vf);
		_cleanup_link_ struct net_link link = { 0 };

		if (!function || !function->driver)
			continue;
		r = net_interface_read(pf, vf, false, fd, &link);
		if (r == 0)
			put_interface(state, vf, &link);
		else if (r == -ENODEV)
			r = 0;
	}
	return r;
}

static void put_mode(struct viod_values *state, enum net_row row, int mode)
{
	int64_t value = mode;

	if (mode >= 0)
		viod_put(state, VIOD_PF, &net_options[row], &value);
}

/* A device without an eswitch, or whose driver does not show it, is in legacy mode. */
static void put_eswitch(struct viod_pf *pf, struct viod_values *state)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	struct net_eswitch eswitch;
	char bus[32];
	int r;

	if (!function)
		return;
	net_bus_of(function, bus, sizeof(bus));
	r = net_eswitch_get(bus, function->address, &eswitch);
	if (r == -ENODEV || r == -EOPNOTSUPP || r == -ENOENT)
		put_mode(state, NET_ROW_ESWITCH, DEVLINK_ESWITCH_MODE_LEGACY);
	if (r < 0)
		return;
	put_mode(state, NET_ROW_ESWITCH, eswitch.mode);
	put_mode(state, NET_ROW_INLINE_MODE, eswitch.inline_mode);
	put_mode(state, NET_ROW_ENCAP, eswitch.encap);
}

/* Settings of a VF through its port, including its address, are read from the port. */
static int put_ports(struct viod_pf *pf, struct viod_values *state)
{
	const int64_t *mode = viod_get(state, VIOD_PF, &net_options[NET_ROW_ESWITCH]);
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	_cleanup_ports_ struct net_ports ports = { 0 };
	char bus[32];
	int r;

	if (!function || !mode || *mode != DEVLINK_ESWITCH_MODE_SWITCHDEV)
		return 0;
	net_bus_of(function, bus, sizeof(bus));
	r = net_ports_get(bus, function->address, &ports);
	for (size_t i = 0; r == 0 && i < ports.count; i++) {
		const struct net_port *port = &ports.items[i];
		bool roce = port->on & NET_PORT_ROCE, migratable = port->on & NET_PORT_MIGRATABLE;

		if (port->vf >= (int)viod_vf_count(state))
			continue;
		if (port->has_mac)
			put_mac(state, port->vf, port->mac);
		if (port->can & NET_PORT_ROCE)
			viod_put(state, port->vf, &net_options[NET_ROW_ROCE], &roce);
		if (port->can & NET_PORT_MIGRATABLE)
			viod_put(state, port->vf, &net_options[NET_ROW_MIGRATABLE], &migratable);
	}
	return r == -EOPNOTSUPP || r == -ENODEV || r == -ENOENT ? 0 : r;
}

static void put_pf(struct viod_pf *pf, struct viod_values *state, const struct net_link *link)
{
	bool promisc = link->flags & IFF_PROMISC, allmulti = link->flags & IFF_ALLMULTI;
	int64_t mtu = link->mtu, up = link->flags & IFF_UP ? 1 : 0, offload;

	viod_put(state, VIOD_PF, &net_options[NET_ROW_PROMISC], &promisc);
	viod_put(state, VIOD_PF, &net_options[NET_ROW_ALLMULTI], &allmulti);
	viod_put(state, VIOD_PF, &net_options[NET_ROW_MTU], &mtu);
	viod_put(state, VIOD_PF, &net_options[NET_ROW_LINK], &up);
	if (net_offload_get(link->index, &offload) == 0)
		viod_put(state, VIOD_PF, &net_options[NET_ROW_VLAN_OFFLOAD], &offload);
	put_eswitch(pf, state);
}

int net_observe(struct viod_pf *pf, struct viod_values *state)
{
	_cleanup_link_ struct net_link link = { 0 };
	_cleanup_close_ int fd = -1;
	int r;

	r = net_interface_open(pf, VIOD_PF, viod_vf_count(state) > 0, &fd, &link);
	if (r == -ENODEV) /* a PF without its driver has no state */
		return 0;
	if (r < 0)
		return r;
	put_pf(pf, state, &link);
	for (size_t i = 0; i < link.n_vfs; i++)
		if (link.vfs[i].vf < viod_vf_count(state))
			put_vf(state, (int)link.vfs[i].vf, &link, &link.vfs[i]);
	r = put_ports(pf, state);
	return r < 0 ? r : put_interfaces(pf, state, fd);
}
