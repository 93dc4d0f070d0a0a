/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that core offers to plugins. */
#ifndef VIOD_HOST_TABLE_H
#define VIOD_HOST_TABLE_H

#include <viod/plugin.h>

/** The table that the loader stores in each plugin. */
extern const struct viod_host host_table;

#endif
