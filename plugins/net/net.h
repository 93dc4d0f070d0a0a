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
	NET_ROW_ALLMULTI,
	NET_ROW_MTU,
	NET_ROW_LINK,
	NET_ROW_VLAN_OFFLOAD,
	NET_ROW_ESWITCH,
	NET_ROW_INLINE_MODE,
	NET_ROW_ENCAP,
	NET_ROW_MAC,
	NET_ROW_VLAN,
	NET_ROW_QOS,
	NET_ROW_VLAN_PROTO,
	NET_ROW_SPOOFCHK,
	NET_ROW_TRUST,
	NET_ROW_LINK_STATE,
	NET_ROW_MIN_TX_RATE,
	NET_ROW_MAX_TX_RATE,
	NET_ROW_QUERY_RSS,
	NET_ROW_NODE_GUID,
	NET_ROW_PORT_GUID,
	NET_ROW_ROCE,
	NET_ROW_MIGRATABLE,
	NET_ROW_VF_IFNAME,
	NET_ROW_VF_MTU,
	NET_ROW_VF_PROMISC,
	NET_ROWS_
};

#define NET_ROW_BIT(row_) (1u << NET_ROW_##row_)

/** By enum net_row. */
extern const struct viod_option net_options[];

/** Words of the mac row. None: no address from the host, the VF's driver picks one. The others are
 *  replaced by complete(). */
enum net_mac_word { NET_MAC_NONE = 1, NET_MAC_STABLE, NET_MAC_LEGACY };

struct net_pf {
	bool promisc, allmulti;
	int64_t mtu, link, vlan_offload, eswitch, inline_mode, encap;
};

struct net_vf {
	struct viod_mac mac;
	int64_t vlan, qos, vlan_proto, link_state;
	uint64_t min_tx_rate, max_tx_rate, node_guid, port_guid;
	bool spoofchk, trust, query_rss, roce, migratable;
	/* Of its own interface, where that is on the host. */
	char ifname[IFNAMSIZ];
	int64_t mtu;
	bool promisc;
};

/* --- what is sent ---------------------------------------------------------------------------- */

/** What the kernel takes as one: a VLAN comes with its priority and protocol, and a rate with the
 *  other one. */
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
	bool (*took)(const struct net_update *update, const struct net_vfinfo *info);
};

/** By enum net_attribute. */
extern const struct net_attribute_type net_attributes[];

/** The kernel takes what one nest holds in an order of its own; what is to come before or after
 *  that has a nest of its own. */
#define NET_STAGES 5
unsigned net_attribute_stage(const struct net_update *update, enum net_attribute attribute);

enum net_step_code {
	NET_STEP_VFS, /* data: struct net_batch; of all others struct net_setting */
	NET_STEP_FLAGS,
	NET_STEP_MTU,
	NET_STEP_NAME,
	NET_STEP_OFFLOAD,
	NET_STEP_ESWITCH,
	NET_STEP_INLINE_MODE,
	NET_STEP_ENCAP,
	NET_STEP_PORT_CAP,
};

/** What to set of an interface, or of the eswitch. */
struct net_setting {
	unsigned flags, change; /* IFF_* */
	int64_t number;
	char name[IFNAMSIZ];
};

/** What a step for VFs holds: who gets what, and behind that the message that says so, whole but
 * for the interface's number. Steps follow each other without a pause, however many VFs there are.
 */
struct net_batch {
	size_t n_updates, message_size;
	struct net_update updates[];
};

/** The caller frees the batch. -ENOMEM. */
int net_batch_new(const struct net_update *updates, size_t n_updates, struct net_batch **ret_batch,
		  size_t *ret_size);
/** Its message, for an interface. -ENOMEM. */
int net_batch_message(const struct net_batch *batch, int index, struct nl_msg **ret_message);

/** The messages that set VFs, and flags of the interface itself. -ENOMEM. */
int net_message_vfs(int index, const struct net_update *updates, size_t n_updates,
		    struct nl_msg **ret_message);
int net_message_flags(int index, unsigned flags, unsigned change, struct nl_msg **ret_message);
int net_message_mtu(int index, uint32_t mtu, struct nl_msg **ret_message);
int net_message_name(int index, const char *name, struct nl_msg **ret_message);

/** Addresses that a VF gets from words: derived from the machine, the PF and the VF's number; and
 *  as the earlier program of this name did, from the PF's address alone. */
void net_mac_stable(const char *machine, const char *device, int vf, struct viod_mac *ret_mac);
void net_mac_legacy(const char *device, int vf, struct viod_mac *ret_mac);

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

/** What the kernel says of a function's own interface: by its number, for its name may change at
 * any time. -ENODEV where it has none here. */
int net_interface_read(struct viod_pf *pf, int vf, bool with_vfs, int fd,
		       struct net_link *ret_link);
/** The same with a socket of its own. */
int net_interface_open(struct viod_pf *pf, int vf, bool with_vfs, int *ret_fd,
		       struct net_link *ret_link);

/** "pci" of "bus/pci/devices/0000:05:00.0". */
void net_bus_of(const struct viod_function *function, char *ret_bus, size_t size);

/** How likely an interface with this phys_port_name ("" for none) is the PF's own: 0 for a
 *  representor of something else, 1 if it cannot be told, 2 for a port. */
int net_port_rank(const char *phys_port_name);

/* --- ops ------------------------------------------------------------------------------------- */

int net_validate(struct viod_pf *pf, const struct viod_values *wanted);
int net_observe(struct viod_pf *pf, struct viod_values *state);
int net_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
int net_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan);
int net_apply(struct viod_pf *pf, const struct viod_step *step);
/** The steps that are not about VFs as the PF sees them. */
int net_apply_setting(struct viod_pf *pf, const struct viod_step *step);
int net_holders(struct viod_pf *pf, int vf, struct viod_holders *holders);
int net_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);

#endif
