/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The database of udev, which has an entry for each device that udev has processed. */
#ifndef VIOD_UDEV_H
#define VIOD_UDEV_H

#include <time.h>

/**
 * Wait until udev has processed a device. entry: its name in the database, "n5" for the network
 * interface 5, "c511:0" for a character device. An entry that is older than since belongs to an
 * earlier device of this name; NULL: any entry. 0, also where no udev runs; -ETIMEDOUT.
 */
int udev_wait(int run, const char *entry, const struct timespec *since, unsigned milliseconds);

#endif
