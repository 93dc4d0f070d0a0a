/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces as rtnetlink reports them: changes, and the interface that a name or an
 * address belongs to. Never requests VFs, which are slow to dump.
 */
#ifndef VIOD_NETIF_H
#define VIOD_NETIF_H

#include <net/if.h>
#include <systemd/sd-event.h>

#include "kernel/sysfs.h"

/** The content of one RTM_NEWLINK message. */
struct link_event {
	int index;
	bool carrier;
	char name[IFNAMSIZ];
	char parent[64];		  /* sysfs name of its device, "" if it has none */
	uint8_t address[6], permanent[6]; /* zero: not reported */
};

struct links;

/** event is NULL when events were lost: anything may have happened. */
typedef void (*link_handler)(void *userdata, const struct link_event *event);

/** Listen to changes of links. Kernels before 5.14 do not name the device; it is then looked up in
 * /sys. -errno. */
int links_new(sd_event *loop, const struct roots *roots, link_handler handler, void *userdata,
	      struct links **ret_links);
struct links *links_free(struct links *links);

/** The name of the interface with this alternative name. -ENODEV, or another -errno. */
int link_find_altname(const char *altname, char ret_name[static IFNAMSIZ]);

/** Call back for each interface until the callback returns non-zero, and return that. -errno. */
int link_for_each(int (*callback)(void *userdata, const struct link_event *event), void *userdata);

/** Parse the payload of a message. -EBADMSG. */
int link_parse(const void *payload, size_t size, struct link_event *ret_event);

#endif
