/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of VFs: what to set, and how a message carries it. */
#ifndef VIOD_NET_UPDATE_H
#define VIOD_NET_UPDATE_H

#include "rows.h"
#include "vfinfo.h"

struct nl_msg;

/** Values that the kernel sets together: a VLAN with its priority and protocol, and both rates. */
enum net_attribute {
	NET_ATTRIBUTE_MAC,
	NET_ATTRIBUTE_VLAN,
	NET_ATTRIBUTE_SPOOFCHK,
	NET_ATTRIBUTE_TRUST,
	NET_ATTRIBUTE_LINK_STATE,
	NET_ATTRIBUTE_RATE,
	NET_ATTRIBUTE_QUERY_RSS,
	NET_ATTRIBUTE_NODE_GUID,
	NET_ATTRIBUTE_PORT_GUID,
	NET_ATTRIBUTES_
};

/** What to set of one VF. */
struct net_update {
	int32_t vf;
	uint32_t attributes; /* bits of enum net_attribute */
	uint32_t rows;	     /* bits of enum net_row: those that differ */
	struct net_vf values;
	struct viod_where where[NET_ROWS_];
};

struct net_attribute_type {
	uint32_t rows; /* bits of enum net_row that it is made of */
	int (*put)(struct nl_msg *message, const struct net_update *update);
	bool (*is_set)(const struct net_update *update, const struct net_vfinfo *info);
};

/** By enum net_attribute. */
extern const struct net_attribute_type net_attributes[];

/** The kernel applies the attributes of one nest in an order of its own; those that must precede or
 * follow them are in a nest of their own. */
#define NET_STAGES 5
unsigned net_attribute_stage(const struct net_update *update, enum net_attribute attribute);

#endif
