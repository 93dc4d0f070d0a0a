/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One page that a job and the daemon share: where the job is right now. It is what is left to read
 * when a job crashes or hangs, and how the daemon asks it to stop after the running step.
 */
#ifndef VIOD_PROGRESS_H
#define VIOD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <viod/plugin.h>

struct progress {
	char plugin[VIOD_NAME_MAX]; /* whose op runs; "" between ops */
	char op[16];
	char text[192];		 /* what is being done, for a person */
	volatile bool in_kernel; /* inside a write that may block without limit */
	volatile bool stop;	 /* set by the daemon */
	volatile uint32_t vfs_done, vfs_total;
};

#endif
