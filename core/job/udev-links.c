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

static int open_links_directory(const struct roots *roots)
{
	return open_or_make_directory_at(roots->trees[VIOD_TREE_RUN], MANAGED_DIRECTORY, 0755);
}

/* The udev rule evaluates existing interfaces of a VF only on an event. A failure is ignored,
 * because no udevd may be running. */
static void send_change_events(const struct roots *roots, const char *address)
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

/* The target of a link, or "". The address comes from a record, so it must not name another
 * directory. */
static void read_target(int directory, const char *address, char *ret_target, size_t size)
{
	ssize_t n = strchr(address, '/') ? -1
					 : readlinkat(directory, address, ret_target, size - 1);

	ret_target[n > 0 ? n : 0] = '\0';
}

/* 1 if the link is new. */
static int make_link(const char *target, int directory, const char *address)
{
	char now[128];

	read_target(directory, address, now, sizeof(now));
	if (streq(now, target))
		return 0;
	if (now[0])
		(void)unlinkat(directory, address, 0);
	return symlinkat(target, directory, address) < 0 ? -errno : 1;
}

static void remove_link(const struct roots *roots, const char *target, int directory,
			const char *address, bool notify)
{
	char now[128];

	if (!address)
		return;
	read_target(directory, address, now, sizeof(now));
	if (streq(now, target) && unlinkat(directory, address, 0) == 0 && notify)
		send_change_events(roots, address);
}

/* A link that is not listed would outlive its VF: while links are changed, the record lists both
 * the new and the old ones. */
static int list_new(struct viod_pf *pf, struct record *record, json_t *now)
{
	const json_t *address;
	size_t i;

	/* Usually nothing has changed. */
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

int udev_links_update(struct viod_pf *pf, struct record *record)
{
	_cleanup_close_ int directory = open_links_directory(pf->roots);
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
			send_change_events(pf->roots, name);
	}
	if (r < 0 || all == count)
		return MIN(r, 0);
	while (json_array_size(record->managed) > count)
		(void)json_array_remove(record->managed, json_array_size(record->managed) - 1);
	return record_save(pf->roots, record);
}

void udev_links_remove(const struct roots *roots, const struct record *record, bool notify)
{
	_cleanup_close_ int directory = open_links_directory(roots);
	const json_t *address;
	char target[128];
	size_t i;

	target_of(record->address, target, sizeof(target));
	json_array_foreach(record->managed, i, address)
		if (directory >= 0)
			remove_link(roots, target, directory, json_string_value(address), notify);
}
