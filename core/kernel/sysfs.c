/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

static const char *const tree_names[] = {
	[VIOD_TREE_SYS] = "sys", [VIOD_TREE_DEV] = "dev", [VIOD_TREE_PROC] = "proc",
	[VIOD_TREE_ETC] = "etc", [VIOD_TREE_RUN] = "run",
};

int roots_open(const char *directory, struct roots *ret_roots)
{
	struct roots roots = { .root = -1 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roots.trees); i++)
		roots.trees[i] = -1;
	roots.root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (roots.root < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(roots.trees) && r == 0; i++) {
		roots.trees[i] =
			openat(roots.root, tree_names[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (roots.trees[i] < 0)
			r = -errno;
	}
	if (r < 0)
		roots_close(&roots);
	else
		*ret_roots = roots;
	return r;
}

void roots_close(struct roots *roots)
{
	for (size_t i = 0; i < ARRAY_SIZE(roots->trees); i++)
		closep(&roots->trees[i]);
	closep(&roots->root);
}

int sysfs_read(int directory, const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, ret_text, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -EMSGSIZE;
	ret_text[n] = '\0';
	if (n > 0 && ret_text[n - 1] == '\n')
		ret_text[n - 1] = '\0';
	return 0;
}

int sysfs_read_all(int directory, const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (used < size && (n = read(fd, ret_text + used, size - used)) != 0) {
		if (n < 0)
			return -errno;
		used += (size_t)n;
	}
	if (used == size)
		return -EMSGSIZE;
	while (used && ret_text[used - 1] == '\n')
		used--;
	ret_text[used] = '\0';
	return 0;
}

int sysfs_read_number(int directory, const char *path, uint64_t max, uint64_t *ret_number)
{
	unsigned long long number;
	char text[32], *end;
	int r;

	r = sysfs_read(directory, path, text, sizeof(text));
	if (r < 0)
		return r;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end || text[0] == '-' || number > max)
		return -EBADMSG;
	*ret_number = number;
	return 0;
}

int sysfs_write(int directory, const char *path, const char *text)
{
	_cleanup_close_ int fd = openat(directory, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t size = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

int sysfs_link_name(int directory, const char *path, char *ret_name, size_t size)
{
	char target[PATH_MAX];
	const char *name;
	ssize_t n;

	n = readlinkat(directory, path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	name = strrchr(target, '/');
	return copy_text(ret_name, size, name ? name + 1 : target);
}
