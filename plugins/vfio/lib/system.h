/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls of the library as one table: a test links a table of its own. */
#ifndef VIOD_VFIO_SYSTEM_H
#define VIOD_VFIO_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** All return the result of the system call, with a negative errno in place of -1. Descriptors are
 *  close-on-exec. */
struct vfio_system {
	int (*open)(const char *path);
	/* The path of a directory in sysfs, without links; the caller frees it. -EXDEV if it is
	 * elsewhere. */
	int (*sysfs_path)(const char *path, char **ret_path);
	int (*duplicate)(int fd);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *argument);
	ssize_t (*pread)(int fd, void *data, size_t size, off_t offset);
	ssize_t (*pwrite)(int fd, const void *data, size_t size, off_t offset);
	int (*mmap)(size_t size, int protection, int fd, off_t offset, void **ret_address);
	int (*munmap)(void *address, size_t size);
};

extern const struct vfio_system vfio_system;

/* Offsets of regions exceed 32 bits: the library is built with _FILE_OFFSET_BITS=64. */
_Static_assert(sizeof(off_t) == sizeof(uint64_t), "offsets of regions have 64 bits");

#endif
