/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "managed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MANAGED_DIRECTORY "viod/managed"

static void target_of(const struct viod_pf *pf, char *ret_target, size_t size)
{
	snprintf(ret_target, size, "../state/%s.json", pf->self.address);
}

static bool has_vf(const struct viod_pf *pf, const char *address)
{
	for (size_t i = 0; i < pf->n_vfs; i++)
		if (streq(pf->vfs[i].address, address))
			return true;
	return false;
}

static int open_managed(const struct viod_pf *pf)
{
	int run = pf->roots->trees[VIOD_TREE_RUN];
	int r = make_directories_at(run, MANAGED_DIRECTORY, 0755);
	int fd;

	if (r < 0)
		return r;
	fd = openat(run, MANAGED_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Interfaces that a VF has already are looked at by the rule again only when something happens to
 * them. Whoever this is for may not be there, so that it fails is no matter. */
static void announce(const struct viod_pf *pf, const char *address)
{
	int sys = pf->roots->trees[VIOD_TREE_SYS];
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[384];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/net", address);
	if (open_directory(sys, path, &dir) < 0)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "bus/pci/devices/%s/net/%s/uevent", address,
			 entry->d_name);
		(void)sysfs_write(sys, path, "change");
	}
}

/* The links of this PF that none of its VFs has, or all of them. */
static int sweep(const struct viod_pf *pf, int directory, bool all)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char wanted[128], target[128];
	const struct dirent *entry;
	int r = open_directory(directory, ".", &dir);

	if (r < 0)
		return r;
	target_of(pf, wanted, sizeof(wanted));
	while ((entry = readdir(dir))) {
		ssize_t n = readlinkat(directory, entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		if (n <= 0 || !streq(target, wanted) || (!all && has_vf(pf, entry->d_name)))
			continue;
		if (unlinkat(directory, entry->d_name, 0) == 0)
			announce(pf, entry->d_name);
	}
	return 0;
}

/* 1 where it is new. */
static int make_link(const char *target, int directory, const char *address)
{
	char now[128];
	ssize_t n = readlinkat(directory, address, now, sizeof(now) - 1);

	now[n > 0 ? n : 0] = '\0';
	if (streq(now, target))
		return 0;
	if (n >= 0)
		(void)unlinkat(directory, address, 0);
	return symlinkat(target, directory, address) < 0 ? -errno : 1;
}

int managed_update(struct viod_pf *pf)
{
	_cleanup_close_ int directory = open_managed(pf);
	char target[128];
	int r = 0;

	if (directory < 0)
		return directory;
	target_of(pf, target, sizeof(target));
	for (size_t i = 0; i < pf->n_vfs && r >= 0; i++) {
		if (!pf->vfs[i].address[0])
			continue;
		r = make_link(target, directory, pf->vfs[i].address);
		if (r > 0)
			announce(pf, pf->vfs[i].address);
	}
	return r < 0 ? r : sweep(pf, directory, false);
}

int managed_remove(struct viod_pf *pf)
{
	_cleanup_close_ int directory = open_managed(pf);

	return directory < 0 ? directory : sweep(pf, directory, true);
}
