/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that may have several paths, of namespaces that several controllers of a subsystem can
 * have. Such a disk is a child of the subsystem in sysfs and not of any controller; the controllers
 * have its paths, as nvme0c1n1 of nvme0n1.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "nvme.h"

static int add_disk(struct viod_pf *pf, const char *name, struct viod_nodes *nodes)
{
	struct viod_node node = { .flags = VIOD_NODE_BLOCK };
	unsigned major_, minor_;
	char path[96], text[32];
	int r;

	snprintf(path, sizeof(path), "class/block/%.64s/dev", name);
	r = viod_read_at(pf, VIOD_TREE_SYS, path, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	if (sscanf(text, "%u:%u", &major_, &minor_) != 2)
		return -EBADMSG;
	snprintf(path, sizeof(path), "/dev/%.64s", name);
	node.path = path;
	node.device = makedev(major_, minor_);
	return viod_node_add(nodes, &node);
}

/* A partition is a disk with a number of its own: "nvme0n1p2". */
static bool is_part_of(const char *name, const char *disk)
{
	size_t length = strlen(disk);

	return strncmp(name, disk, length) == 0 && name[length] == 'p' && name[length + 1] >= '0' &&
	       name[length + 1] <= '9';
}

static int add_with_partitions(struct viod_pf *pf, const char *disk, struct viod_nodes *nodes)
{
	const struct dirent *entry;
	DIR *directory;
	int r;

	r = add_disk(pf, disk, nodes);
	if (r < 0)
		return r;
	r = viod_open_directory(pf, VIOD_TREE_SYS, "class/block", &directory);
	if (r < 0)
		return r;
	while (r == 0 && (entry = readdir(directory)))
		if (is_part_of(entry->d_name, disk))
			r = add_disk(pf, entry->d_name, nodes);
	closedir(directory);
	return r;
}

static int add_paths(struct viod_pf *pf, const char *controller, struct viod_nodes *nodes)
{
	unsigned subsystem, number, namespace;
	const struct dirent *entry;
	DIR *directory;
	int length, r;

	r = viod_open_directory(pf, VIOD_TREE_SYS, controller, &directory);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	while (r == 0 && (entry = readdir(directory))) {
		char disk[32];

		length = 0;
		if (sscanf(entry->d_name, "nvme%uc%un%u%n", &subsystem, &number, &namespace,
			   &length) != 3 ||
		    entry->d_name[length])
			continue;
		snprintf(disk, sizeof(disk), "nvme%un%u", subsystem, namespace);
		r = add_with_partitions(pf, disk, nodes);
	}
	closedir(directory);
	return r;
}

int nvme_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes)
{
	const struct viod_function *function = viod_function(pf, vf);
	const struct dirent *entry;
	DIR *directory;
	char path[512];
	int r;

	if (!function)
		return 0;
	snprintf(path, sizeof(path), "%s/nvme", function->directory);
	r = viod_open_directory(pf, VIOD_TREE_SYS, path, &directory);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/nvme/%.64s", function->directory, entry->d_name);
		r = add_paths(pf, path, nodes);
	}
	closedir(directory);
	return r;
}
