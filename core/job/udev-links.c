/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/udev-links.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MANAGED_DIRECTORY "viod/managed"

static void target_of(const char *pf, char *ret_target, size_t size)
{
	snprintf(ret_target, size, "../state/%s.json", pf);
}

static bool has_vf(const struct viod_pf *pf, const char *address)
{
	for (size_t i = 0; i < pf->n_vfs; i++)
		if (streq(pf->vfs[i].address, address))
			return true;
	return false;
}

static int open_managed(const struct roots *roots)
{
	int run = roots->trees[VIOD_TREE_RUN];
	int r = make_directories_at(run, MANAGED_DIRECTORY, 0755);
	int fd;

	if (r < 0)
		return r;
	fd = openat(run, MANAGED_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Interfaces that a VF has already are looked at by the rule again only when something happens to
 * them. Whoever this is for may not be there, so that it fails is no matter. */
static void announce(const struct roots *roots, const char *address)
{
	int sys = roots->trees[VIOD_TREE_SYS];
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

/* The link that a name leads to, or "". A record may hold anything: no name leads elsewhere. */
static void read_link(int directory, const char *address, char *ret_target, size_t size)
{
	ssize_t n = strchr(address, '/') ? -1
					 : readlinkat(directory, address, ret_target, size - 1);

	ret_target[n > 0 ? n : 0] = '\0';
}

/* 1 where it is new. */
static int make_link(const char *target, int directory, const char *address)
{
	char now[128];

	read_link(directory, address, now, sizeof(now));
	if (streq(now, target))
		return 0;
	if (now[0])
		(void)unlinkat(directory, address, 0);
	return symlinkat(target, directory, address) < 0 ? -errno : 1;
}

static void remove_link(const struct roots *roots, const char *target, int directory,
			const char *address, bool tell)
{
	char now[128];

	if (!address)
		return;
	read_link(directory, address, now, sizeof(now));
	if (streq(now, target) && unlinkat(directory, address, 0) == 0 && tell)
		announce(roots, address);
}

/* A link that is made and not listed would outlive its VF: the list is longer than what there is
 * while the links are changed. */
static int list_new(struct viod_pf *pf, struct record *record, json_t *now)
{
	const json_t *address;
	size_t i;

	/* Nearly always it is as before, and nothing has to be looked for. */
	if (json_equal(now, record->managed))
		return 0;
	json_array_foreach(record->managed, i, address)
		if (!has_vf(pf, json_string_value(address)) &&
		    json_array_append(now, (json_t *)address) < 0)
			return -ENOMEM;
	json_decref(record->managed);
	record->managed = json_incref(now);
	return record_save(pf->roots, record);
}

int managed_update(struct viod_pf *pf, struct record *record)
{
	_cleanup_close_ int directory = open_managed(pf->roots);
	json_t *now = json_array();
	size_t count = 0, all, i;
	const json_t *address;
	char target[128];
	int r = 0;

	if (directory < 0 || !now) {
		json_decref(now);
		return directory < 0 ? directory : -ENOMEM;
	}
	for (i = 0; i < pf->n_vfs && r == 0; i++)
		if (pf->vfs[i].address[0])
			r = json_array_append_new(now, json_string(pf->vfs[i].address));
	count = json_array_size(now);
	r = r < 0 ? -ENOMEM : list_new(pf, record, now);
	all = json_array_size(now);
	json_decref(now);
	target_of(pf->self.address, target, sizeof(target));
	json_array_foreach(record->managed, i, address) {
		const char *name = json_string_value(address);

		if (r >= 0 && i < count)
			r = make_link(target, directory, name);
		else if (r >= 0)
			remove_link(pf->roots, target, directory, name, true);
		if (r > 0)
			announce(pf->roots, name);
	}
	if (r < 0 || all == count)
		return MIN(r, 0);
	while (json_array_size(record->managed) > count)
		(void)json_array_remove(record->managed, json_array_size(record->managed) - 1);
	return record_save(pf->roots, record);
}

void managed_remove(const struct roots *roots, const struct record *record, bool tell)
{
	_cleanup_close_ int directory = open_managed(roots);
	const json_t *address;
	char target[128];
	size_t i;

	target_of(record->address, target, sizeof(target));
	json_array_foreach(record->managed, i, address)
		if (directory >= 0)
			remove_link(roots, target, directory, json_string_value(address), tell);
}
