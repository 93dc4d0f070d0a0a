/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lock files. Every process that can open a lock file can lock it, so only root can open these. */
#ifndef VIOD_LOCK_FILE_H
#define VIOD_LOCK_FILE_H

/** Open, or create, the lock file of this name below a directory for run-time files: in
 * viod/lock, which has mode 0700, with mode 0600. Files that exist with another mode get this one.
 * A file descriptor for flock(), which the caller closes; or -errno. */
int lock_file_open(int run, const char *name);

/** Remove it. Who holds its lock may do so; who waits for it must look whether the file it has
 * locked is still there. */
void lock_file_remove(int run, const char *name);

#endif
