/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of one RTM_NEWLINK message about an interface and its VFs. Pure: bytes in, structs out.
 */
#ifndef VIOD_NET_VFINFO_H
#define VIOD_NET_VFINFO_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/** Which fields of a struct net_vfinfo hold an answer of the driver. */
enum net_vfinfo_known {
	NET_KNOWS_MAC = 1 << 0,
	NET_KNOWS_VLAN = 1 << 1, /* vlan, qos and vlan_proto */
	NET_KNOWS_RATE = 1 << 2, /* min_rate and max_rate */
	NET_KNOWS_SPOOFCHK = 1 << 3,
	NET_KNOWS_LINK_STATE = 1 << 4,
	NET_KNOWS_QUERY_RSS = 1 << 5,
	NET_KNOWS_TRUST = 1 << 6,
	NET_KNOWS_NODE_GUID = 1 << 7,
	NET_KNOWS_PORT_GUID = 1 << 8,
};

struct net_vfinfo {
	uint32_t vf;
	uint32_t known; /* enum net_vfinfo_known */
	uint8_t mac[6];
	uint16_t vlan, qos, vlan_proto;	     /* host byte order */
	uint32_t min_rate, max_rate;	     /* Mbit/s, 0: no limit */
	uint32_t spoofchk, query_rss, trust; /* 0 or 1 */
	uint32_t link_state;		     /* IFLA_VF_LINK_STATE_* */
	uint64_t node_guid, port_guid;
};

/** IFF_LOWER_UP: there is a carrier. <linux/if.h> conflicts with <net/if.h>. */
#define NET_LOWER_UP (1u << 16)

struct net_link {
	int index;
	unsigned flags, type; /* IFF_*, ARPHRD_* */
	uint32_t mtu;
	uint8_t permanent[6]; /* permanent address of the device; zero: not reported */
	char name[IFNAMSIZ];
	char parent[64];	/* name of the device it belongs to; "" before Linux 5.14 */
	uint32_t n_total;	/* VFs that the kernel counts */
	struct net_vfinfo *vfs; /* those that the driver answers for, by number */
	size_t n_vfs;
};

/**
 * Parse the payload of a message (struct ifinfomsg and attributes). The length of the VF list has
 * 16 bits in the kernel's format and wraps at 335 VFs; it is only believed modulo 65536. -EBADMSG
 * if the bytes are inconsistent, -ENOMEM.
 */
int net_link_parse(const void *payload, size_t size, struct net_link *ret_link);
void net_link_clear(struct net_link *link);
#define _cleanup_link_ __attribute__((cleanup(net_link_clear)))

/** The VF of a number, or NULL if the driver does not report it. */
const struct net_vfinfo *net_link_vf(const struct net_link *link, uint32_t vf);

#endif
