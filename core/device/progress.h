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

struct progress {
	char plugin[VIOD_NAME_MAX]; /* the plugin whose op runs; "" between ops */
	char op[16];
	char text[192];		 /* the running step, for a person */
	volatile bool in_kernel; /* inside a write that may block without limit */
	volatile bool stop;	 /* set by the daemon */
	volatile uint32_t vfs_done, vfs_total;
};

#endif
