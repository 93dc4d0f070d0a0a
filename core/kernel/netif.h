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

/** The content of one RTM_NEWLINK or RTM_DELLINK message. */
struct link_event {
	int index;
	bool carrier;
	bool removed; /* RTM_DELLINK */
	bool port;    /* about a bridge's port only: most of the rest is missing */
	char name[IFNAMSIZ];
	char parent[64];		  /* sysfs name of its device, "" if it has none */
	uint8_t address[6], permanent[6]; /* zero: not reported */
	const void *properties; /* netlink attributes with the alternative names, in the */
	size_t properties_size; /* message: valid as long as it */
};

struct links;

/** event is NULL when events were lost: anything may have happened. */
typedef void (*link_handler)(void *userdata, const struct link_event *event);

/** Listen to changes of links. Kernels before 5.14 do not name the device; it is then looked up in
 * /sys. -errno. */
int links_new(sd_event *loop, const struct roots *roots, link_handler handler, void *userdata,
	      struct links **ret_links);
struct links *links_free(struct links *links);

/** The sysfs name of the device of an interface; of the PCI device above it if that is a virtio
 * device. sys: /sys. -ENOENT if there is no such interface or it has no device; another -errno. */
int link_device(int sys, const char *interface, char *ret_name, size_t size);

/** Call back for each alternative name of an event, in whose message it still is, until the
 * callback returns non-zero, and return that. name: not terminated, of length bytes. */
int link_each_altname(const struct link_event *event,
		      int (*callback)(void *userdata, const char *name, size_t length),
		      void *userdata);

/** Call back for each interface until the callback returns non-zero, and return that. -errno. */
int link_for_each(int (*callback)(void *userdata, const struct link_event *event), void *userdata);

/** Parse the payload of a message. -EBADMSG. */
int link_parse(const void *payload, size_t size, struct link_event *ret_event);

#endif
