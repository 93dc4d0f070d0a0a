/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A page shared by a job and the daemon: what the job does now. The daemon reads it when the job
 * crashes or hangs, and uses it to stop the job after the running step.
 */
#ifndef VIOD_PROGRESS_H
#define VIOD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <viod/plugin.h>

/* Whether the job waits for a lock. The job sets WAITS, and RUNS once it has the lock; the daemon
 * replaces WAITS by ENDED before it ends the job: of the two only one succeeds. */
enum progress_lock { PROGRESS_RUNS, PROGRESS_WAITS, PROGRESS_ENDED };

struct progress {
	char plugin[VIOD_NAME_MAX]; /* the plugin whose op runs; "" between ops */
	char op[16];
	char text[192];		 /* the running step, for a person */
	volatile bool in_kernel; /* inside a write that may block without limit */
	volatile bool stop;	 /* set by the daemon */
	volatile uint32_t vfs_done, vfs_total;
	uint32_t lock;		       /* enum progress_lock, atomic */
	volatile uint64_t waited_usec; /* for locks, in all */
};

#endif
