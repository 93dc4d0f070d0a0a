/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files below /sys outside a function's own directory: debugfs, class/drm, buses. */
#ifndef GPU_TREE_H
#define GPU_TREE_H

#include <viod/plugin.h>

#define GPU_PATH_MAX 512

/** The inode number, which differs from that of a file with the same name before; 0 where there is
 *  none. */
uint64_t gpu_inode(struct viod_pf *pf, const char *path);

/** True if it exists, and if its mode has any write permission. */
bool gpu_exists(struct viod_pf *pf, const char *path);
bool gpu_writable(struct viod_pf *pf, const char *path);

/**
 * Call found() with each path below /sys that matches: components may contain wildcards of
 * fnmatch(3). Sorted by name, "gt2" before "gt10". Ends at the first result that is not 0, which is
 * returned; 0 otherwise, also if nothing matches.
 */
int gpu_glob(struct viod_pf *pf, const char *pattern,
	     int (*found)(struct viod_pf *pf, const char *path, void *data), void *data);

#endif
