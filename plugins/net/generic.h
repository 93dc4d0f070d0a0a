/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests over generic netlink: the eswitch (devlink) and VLAN offloads (ethtool). */
#ifndef VIOD_NET_GENERIC_H
#define VIOD_NET_GENERIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct viod_pf;
struct nlmsghdr;

/** A socket, and the id of a family. -ENOENT: the kernel does not have it. */
int net_generic_open(const char *name, int *ret_fd, uint16_t *ret_family);
/** An empty message of a family; the attributes of a received one. */
int net_generic_message(uint16_t family, uint8_t command, uint8_t version,
			struct nl_msg **ret_message);
const void *net_generic_attributes(const struct nlmsghdr *message, size_t *ret_size);

/** The state of an eswitch as reported by devlink, -1 if unknown. */
struct net_eswitch {
	int mode, inline_mode, encap; /* DEVLINK_ESWITCH_* */
};

/** Bits of the vlan-offload row. */
enum net_offload { NET_OFFLOAD_RX = 1, NET_OFFLOAD_TX = 2 };

/** -EOPNOTSUPP, -ENODEV or -ENOENT if the device, its driver or the kernel does not support it. */
int net_eswitch_get(const char *bus, const char *address, struct net_eswitch *ret_eswitch);
int net_eswitch_set(struct viod_pf *pf, const char *bus, const char *address,
		    const struct net_eswitch *eswitch);
int net_offload_get(int index, int64_t *ret_offload);
int net_offload_set(struct viod_pf *pf, int index, int64_t offload);

/* The messages and their answers, for tests. Pure. */
int net_message_eswitch(uint16_t family, const char *bus, const char *address,
			const struct net_eswitch *set, struct nl_msg **ret_message);
int net_message_offload(uint16_t family, int index, bool set, int64_t offload,
			struct nl_msg **ret_message);
int net_offload_parse(const void *attributes, size_t size, int64_t *ret_offload);
int net_eswitch_parse(const void *attributes, size_t size, struct net_eswitch *ret_eswitch);

#endif
