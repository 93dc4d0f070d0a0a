/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uevents received from the kernel itself, because they are needed where no udevd runs, too. */
#ifndef VIOD_UEVENT_H
#define VIOD_UEVENT_H

#include <systemd/sd-event.h>

#include "base/util.h"

/** One event; strings are valid during the handler only, and NULL if the kernel sent none. */
struct uevent {
	const char *action, *devpath, *subsystem, *driver;
	uint64_t seqnum;
};

struct uevents;

/** event is NULL when events were lost: anything may have happened. */
typedef void (*uevent_handler)(void *userdata, const struct uevent *event);

/** Listen to uevents. -errno. */
int uevents_new(sd_event *loop, uevent_handler handler, void *userdata,
		struct uevents **ret_uevents);
struct uevents *uevents_free(struct uevents *uevents);

/** Parse one message: "ACTION@DEVPATH" and "KEY=VALUE" strings, each NUL-terminated. The message
 * must outlive the event. -EBADMSG. */
int uevent_parse(const char *message, size_t size, struct uevent *ret_event);

#endif
