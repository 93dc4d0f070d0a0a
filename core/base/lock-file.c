/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/lock-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"

#define FOLDER "viod/lock"

int lock_file_open(int run, const char *name)
{
	_cleanup_close_ int folder = -1;
	int fd;

	/* Only the folder is for root alone. */
	fd = make_directories_at(run, "viod", 0755);
	if (fd < 0)
		return fd;
	folder = open_or_make_directory_at(run, FOLDER, 0700);
	if (folder < 0)
		return folder;
	if (fchmod(folder, 0700) < 0)
		return -errno;
	fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0600) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

void lock_file_remove(int run, const char *name)
{
	_cleanup_close_ int folder = openat(run, FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder >= 0)
		(void)unlinkat(folder, name, 0);
}
