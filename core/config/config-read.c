/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a file is opened below the root, and read safely. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "config/config-private.h"

/* --- below the root --------------------------------------------------------------------------- */

/* Links are resolved relative to the root, too, which tests replace. Kernels before 5.6 and the
 * system call filters of some containers lack openat2(); links are then resolved relative to "/",
 * which is correct except in tests. */
int config_open_in_root(int root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd;

	path += strspn(path, "/");
	/* EAGAIN: a rename happened while ".." was resolved. */
	for (unsigned attempt = 0; attempt < 8; attempt++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int config_stat_in_root(int root, const char *path, struct stat *ret_status)
{
	_cleanup_close_ int fd = config_open_in_root(root, path, O_PATH);

	if (fd < 0)
		return fd;
	return fstat(fd, ret_status) < 0 ? -errno : 0;
}

static bool is_link(int root, const char *path)
{
	_cleanup_close_ int fd = config_open_in_root(root, path, O_PATH | O_NOFOLLOW);
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
}

/* --- reading ---------------------------------------------------------------------------------- */

static int refuse_open(int root, const char *path, int error, struct diag_list *diags)
{
	const struct viod_where where = { .file = path };

	if (error == ELOOP)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error,
			 "this symbolic link leads back to itself; point it to a file");
	else if (error == ENOENT && is_link(root, path))
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error,
			 "this symbolic link points to a file that does not exist; create that "
			 "file, or remove the link");
	else if (error == ENOENT)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error, "the file does not exist");
	else
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error, "the file cannot be read: %s",
			 strerror(error));
	return error == ELOOP || error == ENOENT ? -EINVAL : -error;
}

static const char *file_type(mode_t mode)
{
	return S_ISDIR(mode)	? "a directory"
	       : S_ISFIFO(mode) ? "a named pipe"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

/* Report everything that is wrong with a file's type, size, owner and mode. */
static int check_config_file(const char *path, const struct stat *status, struct diag_list *diags)
{
	const struct viod_where where = { .file = path };
	mode_t writers = status->st_mode & (S_IWGRP | S_IWOTH);
	int r = 0;

	if (!S_ISREG(status->st_mode)) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "this is %s; a configuration is a regular file, or a symbolic link to one",
			 file_type(status->st_mode));
		return -EINVAL;
	}
	if (status->st_size > CONFIG_FILE_MAX) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, EFBIG,
			 "the file has %lld bytes; a configuration has at most %d",
			 (long long)status->st_size, CONFIG_FILE_MAX);
		r = -EINVAL;
	}
	if (status->st_uid != 0 && status->st_uid != geteuid()) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "the file belongs to user %u, who could control viod through it; run: "
			 "chown root %s",
			 status->st_uid, path);
		r = -EINVAL;
	}
	if (writers) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "%s may write to the file (mode %04o); run: chmod go-w %s",
			 writers == S_IWGRP ? "its group" : "every user",
			 (unsigned)status->st_mode & 07777u, path);
		r = -EINVAL;
	}
	return r;
}

int config_read(int root, const char *path, struct diag_list *diags, char **ret_text,
		size_t *ret_size)
{
	const struct viod_where where = { .file = path };
	_cleanup_close_ int fd = -1;
	struct stat status;
	int r = config_stat_in_root(root, path, &status);

	if (r < 0)
		return r == -ENOMEM ? r : refuse_open(root, path, -r, diags);
	/* Checked before it is opened, because opening a device such as a watchdog has effects. */
	if (!S_ISREG(status.st_mode))
		return check_config_file(path, &status, diags);
	fd = config_open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse_open(root, path, -fd, diags);
	if (fstat(fd, &status) < 0)
		return refuse_open(root, path, errno, diags);
	r = check_config_file(path, &status, diags);
	if (r < 0)
		return r;
	r = read_fd(fd, CONFIG_FILE_MAX, ret_text, ret_size);
	if (r == -EFBIG)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, EFBIG,
			 "the file grew beyond %d bytes while it was read", CONFIG_FILE_MAX);
	else if (r < 0 && r != -ENOMEM)
		return refuse_open(root, path, -r, diags);
	return r == -EFBIG ? -EINVAL : r;
}
