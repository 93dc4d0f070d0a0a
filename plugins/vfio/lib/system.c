/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

static int system_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

/* The path is that of the opened directory, which cannot be exchanged for another meanwhile. */
static int system_sysfs_path(const char *path, char **ret_path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), r = 0;
	struct statfs status;
	char link[32];

	if (fd < 0)
		return -errno;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fstatfs(fd, &status) < 0)
		r = -errno;
	else if (status.f_type != SYSFS_MAGIC)
		r = -EXDEV;
	else if (!(*ret_path = realpath(link, NULL)))
		r = -errno;
	(void)close(fd);
	return r;
}

static int system_duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

static int system_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

static int system_ioctl(int fd, unsigned long request, void *argument)
{
	int r = ioctl(fd, request, argument);

	return r < 0 ? -errno : r;
}

static ssize_t system_pread(int fd, void *data, size_t size, off_t offset)
{
	ssize_t n = pread(fd, data, size, offset);

	return n < 0 ? -errno : n;
}

static ssize_t system_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	ssize_t n = pwrite(fd, data, size, offset);

	return n < 0 ? -errno : n;
}

static int system_mmap(size_t size, int protection, int fd, off_t offset, void **ret_address)
{
	void *address = mmap(NULL, size, protection, MAP_SHARED, fd, offset);

	if (address == MAP_FAILED)
		return -errno;
	*ret_address = address;
	return 0;
}

static int system_munmap(void *address, size_t size)
{
	return munmap(address, size) < 0 ? -errno : 0;
}

const struct vfio_system vfio_system = {
	.open = system_open,
	.sysfs_path = system_sysfs_path,
	.duplicate = system_duplicate,
	.close = system_close,
	.ioctl = system_ioctl,
	.pread = system_pread,
	.pwrite = system_pwrite,
	.mmap = system_mmap,
	.munmap = system_munmap,
};
