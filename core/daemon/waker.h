/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What PFs wait for that no uevent reports: the end of a process, and that a device node is closed.
 * There is one pidfd for each process and one watch for each node, however many PFs wait for it.
 * Knows no PF.
 */
#ifndef VIOD_WAKER_H
#define VIOD_WAKER_H

#include <systemd/sd-event.h>

#include "base/util.h"

enum wake_reason {
	WAKE_PROCESS_ENDED,
	WAKE_NODE_CLOSED, /* by one of those that had it open; or it was removed */
};

/** Who waits. woken() may add and forget what this sleeper waits for. */
struct sleeper {
	void (*woken)(void *userdata, enum wake_reason reason);
	void *userdata;
};

struct waker;

/** dev: descriptor of /dev, which must stay open. -ENOMEM. */
int waker_new(sd_event *event, int dev, struct waker **ret_waker);
/** No sleeper may wait any more. */
struct waker *waker_free(struct waker *waker);

/** Call woken() when the process ends, once. 1; 0 if the sleeper waits for it already; -ESRCH if it
 * has ended; -ENOSPC if too many are watched; or another -errno. */
int waker_add_process(struct waker *waker, const struct sleeper *sleeper, pid_t pid);

/** Call woken() whenever the node, such as "/dev/vfio/12", is closed. As above; -ENOENT if there is
 * no such node. */
int waker_add_node(struct waker *waker, const struct sleeper *sleeper, const char *path);

/** Replace what a sleeper waits for: mark it all as old, add what is wanted now, which is then no
 * longer old, and forget what still is. */
void waker_mark_old(struct waker *waker, const struct sleeper *sleeper);
void waker_forget_old(struct waker *waker, const struct sleeper *sleeper);

/** The sleeper waits for nothing any more. */
void waker_forget(struct waker *waker, const struct sleeper *sleeper);

#endif
