/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who has an mdev. They are devices of their own, in IOMMU groups of their own. What cannot be told
 * is kept.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile.h"

struct search {
	struct viod_holder *holder; /* what is found */
	dev_t node;
	char name[32]; /* "/dev/vfio/7" */
	const char *uuid;
};

/* --- processes ------------------------------------------------------------------------------- */

static int add_process(struct viod_pf *pf, const char *pid, struct search *search)
{
	struct viod_holder *holder = search->holder;
	char path[64];
	ssize_t n = 0;
	int fd;

	holder->pid = (pid_t)strtol(pid, NULL, 10);
	snprintf(path, sizeof(path), "%.16s/comm", pid);
	fd = viod_open(pf, VIOD_TREE_PROC, path, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, holder->process, sizeof(holder->process) - 1);
		close(fd);
	}
	holder->process[n > 0 ? strcspn(holder->process, "\n") : 0] = '\0';
	snprintf(holder->what, sizeof(holder->what), "%s of mdev %s", search->name, search->uuid);
	return 1;
}

/* Only a process that is gone may be passed over. */
static int check_process(struct viod_pf *pf, const char *pid, struct search *search)
{
	char path[64];
	const struct dirent *entry;
	DIR *dir;
	int r;

	snprintf(path, sizeof(path), "%.16s/fd", pid);
	r = viod_open_directory(pf, VIOD_TREE_PROC, path, &dir);
	if (r < 0)
		return r == -ENOENT || r == -ESRCH ? 0 : r;
	while (r == 0 && (entry = readdir(dir))) {
		struct stat status;

		if (fstatat(dirfd(dir), entry->d_name, &status, 0) == 0 &&
		    S_ISCHR(status.st_mode) && status.st_rdev == search->node)
			r = add_process(pf, pid, search);
	}
	closedir(dir);
	return r;
}

static int check_processes(struct viod_pf *pf, struct search *search)
{
	const struct dirent *entry;
	DIR *dir;
	int r;

	r = viod_open_directory(pf, VIOD_TREE_PROC, ".", &dir);
	if (r < 0)
		return r;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			r = check_process(pf, entry->d_name, search);
	closedir(dir);
	return r;
}

/* A descriptor of the device, handed over, is all that some users have; their group is taken. */
static int check_group(struct viod_pf *pf, struct search *search)
{
	int fd;

	fd = viod_open(pf, VIOD_TREE_DEV, search->name + strlen("/dev/"), O_RDWR);
	if (fd >= 0)
		close(fd);
	if (fd != -EBUSY)
		return 0;
	snprintf(search->holder->what, sizeof(search->holder->what),
		 "%s of mdev %s, which somebody has opened", search->name, search->uuid);
	return 1;
}

/* --- one mdev -------------------------------------------------------------------------------- */

static int check_owner(struct viod_pf *pf, const char *path, const char *uuid,
		       struct viod_holder *holder)
{
	int64_t end, left;

	if (!gpu_mdev_is_own(pf, path, uuid, &end)) {
		snprintf(holder->what, sizeof(holder->what), "mdev %s, which viod did not make",
			 uuid);
		return 1;
	}
	left = end - gpu_seconds();
	if (left <= 0)
		return 0;
	snprintf(holder->what, sizeof(holder->what),
		 "mdev %s, made just now and kept %" PRId64 " s for its user", uuid, left);
	return 1;
}

static int check_opened(struct viod_pf *pf, const char *path, struct search *search)
{
	struct stat status;
	int fd, r;

	r = gpu_mdev_node(pf, path, search->name, sizeof(search->name));
	/* Nobody can open what has no group. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	fd = viod_open(pf, VIOD_TREE_DEV, search->name + strlen("/dev/"), O_PATH);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = fstat(fd, &status) < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	search->node = status.st_rdev;
	r = check_processes(pf, search);
	return r != 0 ? r : check_group(pf, search);
}

int gpu_mdev_user(struct viod_pf *pf, const char *path, struct viod_holder *ret_holder)
{
	char uuid[GPU_UUID_MAX];
	struct search search = { .holder = ret_holder, .uuid = uuid };
	int r;

	*ret_holder = (struct viod_holder){ 0 };
	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	/* Whoever has opened it is named, before what only keeps it. */
	r = check_opened(pf, path, &search);
	return r != 0 ? r : check_owner(pf, path, uuid, ret_holder);
}

/* Whoever has a group's node open is found by core, which looks for all of them at once. */
static int check_mdev(struct viod_pf *pf, const char *path, void *data)
{
	struct viod_holder holder = { 0 };
	char uuid[GPU_UUID_MAX];

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	return check_owner(pf, path, uuid, &holder) > 0 ? viod_holder_add(data, &holder) : 0;
}

int gpu_holders(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	return gpu_each_mdev(pf, vf, check_mdev, holders);
}

static int add_node(struct viod_pf *pf, const char *path, void *data)
{
	char name[32], uuid[GPU_UUID_MAX];

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0 ||
	    gpu_mdev_node(pf, path, name, sizeof(name)) < 0)
		return 0;
	return viod_node_add(data, name);
}

int gpu_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes)
{
	return gpu_each_mdev(pf, vf, add_node, nodes);
}
