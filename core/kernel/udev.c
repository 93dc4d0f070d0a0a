/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/udev.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOOK_MSEC 5

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

int udev_wait(int run, const char *entry, const struct timespec *since, unsigned milliseconds)
{
	const struct timespec pause = { .tv_nsec = LOOK_MSEC * 1000000L };
	struct stat status;
	char path[128];

	if (fstatat(run, "udev/control", &status, 0) < 0)
		return 0;
	(void)snprintf(path, sizeof(path), "udev/data/%s", entry);
	for (unsigned waited = 0;; waited += LOOK_MSEC) {
		if (fstatat(run, path, &status, 0) == 0 &&
		    (!since || !is_older(&status.st_mtim, since)))
			return 0;
		if (waited >= milliseconds)
			return -ETIMEDOUT;
		(void)nanosleep(&pause, NULL);
	}
}
