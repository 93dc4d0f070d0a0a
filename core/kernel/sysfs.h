/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The roots of /sys, /dev, /proc, /etc and /run, and the small text files of the kernel. */
#ifndef VIOD_SYSFS_H
#define VIOD_SYSFS_H

#include <viod/plugin.h>

#include "base/util.h"

/** Directory descriptors of /, /sys, /dev, /proc, /etc and /run, or of their substitutes in
 * tests. */
struct roots {
	int root;
	int trees[VIOD_TREE_RUN + 1]; /* by enum viod_tree */
};

/** Open the trees below a directory ("/" except in tests). -errno of the first that fails. */
int roots_open(const char *directory, struct roots *ret_roots);
void roots_close(struct roots *roots);

/** Read an attribute without its trailing newline. 0, -errno, or -EMSGSIZE if it does not fit. */
int sysfs_read(int directory, const char *path, char *ret_text, size_t size);

/** The same for a file that may need several read() calls; all newlines at its end are removed. */
int sysfs_read_all(int directory, const char *path, char *ret_text, size_t size);

/** Read an attribute that holds one number (decimal or 0x…) of at most max; -EBADMSG otherwise. */
int sysfs_read_number(int directory, const char *path, uint64_t max, uint64_t *ret_number);

/** Write an attribute with one write(); 0 or -errno. */
int sysfs_write(int directory, const char *path, const char *text);

/** The last component of a symbolic link's target; -errno. */
int sysfs_link_name(int directory, const char *path, char *ret_name, size_t size);

#endif
