/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --check says of a name that no device has. */
#ifndef VIOD_CLI_NAMES_H
#define VIOD_CLI_NAMES_H

#include "kernel/sysfs.h"

/** "; did you mean 0000:05:00.0 (eth0)? ...", with the PFs of the machine. The caller frees it.
 * NULL without memory. */
char *cli_names_hint(const struct roots *roots, const char *name);

#endif
