/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces as the kernel tells of them over rtnetlink: that one has changed, and which
 * one a name or an address belongs to. Never asks for VFs, which takes the kernel long.
 */
#ifndef VIOD_NETIF_H
#define VIOD_NETIF_H

#include <net/if.h>
#include <systemd/sd-event.h>

#include "kernel/sysfs.h"

/** What one RTM_NEWLINK says. */
struct link_event {
	int index;
	bool carrier;
	char name[IFNAMSIZ];
	char parent[64];		  /* sysfs name of its device, "" where it has none */
	uint8_t address[6], permanent[6]; /* zero: not told */
};

struct links;

/** event is NULL when events were lost: anything may have happened. */
typedef void (*link_handler)(void *userdata, const struct link_event *event);

/** Listen. Kernels before 5.14 do not name the device; it is looked up in /sys then. -errno. */
int links_new(sd_event *loop, const struct roots *roots, link_handler handler, void *userdata,
	      struct links **ret_links);
struct links *links_free(struct links *links);

/** The name of the interface that has an alternative name. -ENODEV, or another -errno. */
int link_find_altname(const char *altname, char ret_name[static IFNAMSIZ]);

/** Call back for each interface until it returns other than 0, and return that. -errno. */
int link_for_each(int (*callback)(void *userdata, const struct link_event *event), void *userdata);

/** Parse the payload of a message. -EBADMSG. */
int link_parse(const void *payload, size_t size, struct link_event *ret_event);

#endif
