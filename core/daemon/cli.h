/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod --check and viod --print: jobs as the daemon has them, which write nothing. */
#ifndef VIOD_CLI_H
#define VIOD_CLI_H

#include "kernel/sysfs.h"
#include "loader/loader.h"

/** Exit statuses of --check. */
enum { CHECK_CLEAN = 0, CHECK_ERRORS = 1, CHECK_PENDING = 2 };

/** Check these files, or all that are in force; NULL-terminated. Diagnostics go to stderr, the plan
 * to stdout. *ret_status is the exit status. -errno. */
int command_check(const struct roots *roots, const struct loader *loader, char *const *paths,
		  int *ret_status);

/** Print PFs by address, or all of the machine. */
int command_print(const struct roots *roots, const struct loader *loader, char *const *addresses,
		  int *ret_status);

#endif
