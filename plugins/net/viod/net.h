/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a quirk of kind "net" says beside struct viod_quirk of <viod/plugin.h>: its kind field
 *points to this struct.
 *
 *	static const struct viod_net_quirk acme_net = { .size = sizeof(acme_net), .batch = 1 };
 *	static const struct viod_quirk acme_quirk = { .size = sizeof(acme_quirk), .kind = &acme_net
 *};
 */
#ifndef VIOD_NET_H
#define VIOD_NET_H

#include <stdint.h>

enum viod_net_quirk_flags {
	VIOD_NET_PF_MUST_BE_UP = 1 << 0,    /* VFs can only be created while the PF's link is up */
	VIOD_NET_ESWITCH_WITH_VFS = 1 << 1, /* the eswitch mode changes after the VFs exist */
	VIOD_NET_PORT_FUNCTIONS = 1 << 2,   /* in switchdev mode VFs get their addresses through
					     * their devlink ports */
};

/** Only appended to: a quirk built against an older header reads as one that left the rest zero. */
struct viod_net_quirk {
	uint32_t size; /* sizeof(struct viod_net_quirk) */
	uint32_t flags;
	uint16_t batch; /* VFs in one netlink message at most; 0: no limit */
};

#endif
