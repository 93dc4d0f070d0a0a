/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the net plugin and what they share. */
#ifndef VIOD_NET_H
#define VIOD_NET_H

#include <viod/plugin.h>

#include "vfinfo.h"

#define NET_ARRAY_SIZE(a_) (sizeof(a_) / sizeof((a_)[0]))

/** VFs in one message at most: the list's length has 16 bits, and 256 VFs with every attribute
 * there is stay well below. */
#define NET_BATCH_MAX 256

/* --- ownership ------------------------------------------------------------------------------- */

struct nl_msg;

void net_freep(void *pointer);
void net_closep(int *fd);
void net_messagep(struct nl_msg **message);

#define _cleanup_(function_) __attribute__((cleanup(function_)))
#define _cleanup_free_ _cleanup_(net_freep)
#define _cleanup_close_ _cleanup_(net_closep)
#define _cleanup_link_ _cleanup_(net_link_clear)

/* --- rows ------------------------------------------------------------------------------------ */

enum net_row {
	NET_ROW_PROMISC,
	NET_ROW_MAC,
	NET_ROW_VLAN,
	NET_ROW_QOS,
	NET_ROW_VLAN_PROTO,
	NET_ROWS_
};

/** By enum net_row. */
extern const struct viod_option net_options[];

/** Word of the mac row: no address from the host, the VF's driver picks one. */
#define NET_MAC_NONE 1

struct net_pf {
	bool promisc;
};

struct net_vf {
	struct viod_mac mac;
	int64_t vlan, qos, vlan_proto;
};

/* --- what is sent ---------------------------------------------------------------------------- */

/** What the kernel takes as one: a VLAN comes with its priority and protocol. */
enum net_attribute { NET_ATTRIBUTE_MAC, NET_ATTRIBUTE_VLAN, NET_ATTRIBUTES_ };

/** What to set of one VF. */
struct net_update {
	int32_t vf;
	uint32_t attributes; /* bits of enum net_attribute */
	struct net_vf values;
	struct viod_where where[NET_ATTRIBUTES_];
};

struct net_attribute_type {
	const char *name; /* in texts: the key that people know it by */
	uint32_t rows;	  /* bits of enum net_row that it is made of */
	int (*put)(struct nl_msg *message, const struct net_update *update);
	bool (*took)(const struct net_update *update, const struct net_vfinfo *info);
};

/** By enum net_attribute. */
extern const struct net_attribute_type net_attributes[];

enum net_step_code {
	NET_STEP_PROMISC, /* data: bool */
	NET_STEP_VFS,	  /* data: an array of struct net_update */
};

/** The messages that set VFs, and flags of the interface itself. -ENOMEM. */
int net_message_vfs(int index, const struct net_update *updates, size_t n_updates,
		    struct nl_msg **ret_message);
int net_message_flags(int index, unsigned flags, unsigned change, struct nl_msg **ret_message);

/* --- interfaces ------------------------------------------------------------------------------ */

struct net_interface {
	char name[IFNAMSIZ];
	int index;
};

struct net_interfaces {
	struct net_interface *items;
	size_t count;
	bool elsewhere; /* the function has interfaces, but none in this network namespace */
};

#define _cleanup_interfaces_ _cleanup_(net_interfaces_clear)

/** The interfaces of a function that are here. 0 or -errno; none is no error. */
int net_interfaces_find(struct viod_pf *pf, int vf, struct net_interfaces *ret_interfaces);
void net_interfaces_clear(struct net_interfaces *interfaces);

/** The PF's own interface, as the kernel says too: an interface may have been renamed since. A
 *  socket and what was asked for, or -ENODEV. */
int net_interface_open(struct viod_pf *pf, bool with_vfs, int *ret_fd, struct net_link *ret_link);

/** How likely an interface with this phys_port_name ("" for none) is the PF's own: 0 for a
 *  representor of something else, 1 if it cannot be told, 2 for a port. */
int net_port_rank(const char *phys_port_name);

/* --- ops ------------------------------------------------------------------------------------- */

int net_validate(struct viod_pf *pf, const struct viod_values *wanted);
int net_observe(struct viod_pf *pf, struct viod_values *state);
int net_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan);
int net_apply(struct viod_pf *pf, const struct viod_step *step);
int net_holders(struct viod_pf *pf, int vf, struct viod_holders *holders);
int net_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);

#endif
