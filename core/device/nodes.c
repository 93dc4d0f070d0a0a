/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "device/plugin-call.h"

int nodes_add(struct viod_nodes *nodes, const char *path)
{
	char *copy, **slot;

	/* A plugin may know what core has found. */
	for (size_t i = 0; i < nodes->count; i++)
		if (streq(nodes->items[i], path))
			return 0;
	copy = strdup(path);
	slot = copy ? array_append((void **)&nodes->items, &nodes->count, sizeof(*slot)) : NULL;
	if (!slot) {
		free(copy);
		return -ENOMEM;
	}
	*slot = copy;
	return 0;
}

void nodes_clear(struct viod_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		free(nodes->items[i]);
	free(nodes->items);
	*nodes = (struct viod_nodes){ 0 };
}

/* The innermost component of a sysfs path that is one of our functions: VFs lie beside their PF, so
 * no path holds two of them, but bridges above look the same. */
static bool owner_of_path(struct viod_pf *pf, char *path, int *ret_vf)
{
	for (char *save = NULL, *part = strtok_r(path, "/", &save); part;
	     part = strtok_r(NULL, "/", &save)) {
		if (strlen(part) < 7 || part[strlen(part) - 2] != '.')
			continue;
		if (streq(part, pf->self.address)) {
			*ret_vf = VIOD_PF;
			return true;
		}
		for (size_t i = 0; i < pf->n_vfs; i++) {
			if (streq(part, pf->vfs[i].address)) {
				*ret_vf = (int)i;
				return true;
			}
		}
	}
	return false;
}

/* A disk that may have several paths (NVMe in a subsystem) is no child of any of them: its paths
 * are, as nvme0c1n1 of nvme0n1. */
struct shared_disk {
	char name[32];
	int vf;
};
struct shared_disks {
	struct shared_disk *items;
	size_t count;
};

#define CLASS_NVME 0x010802

static int add_paths(int controllers, const char *controller, int vf, struct shared_disks *disks)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	unsigned subsystem, number, namespace;
	struct shared_disk *disk;
	int length;

	if (open_directory(controllers, controller, &dir) < 0)
		return 0;
	while ((entry = readdir(dir))) {
		length = 0;
		if (sscanf(entry->d_name, "nvme%uc%un%u%n", &subsystem, &number, &namespace,
			   &length) != 3 ||
		    entry->d_name[length])
			continue;
		disk = array_append((void **)&disks->items, &disks->count, sizeof(*disk));
		if (!disk)
			return -ENOMEM;
		disk->vf = vf;
		snprintf(disk->name, sizeof(disk->name), "nvme%un%u", subsystem, namespace);
	}
	return 0;
}

static int find_shared_disks(struct viod_pf *pf, int vf, struct shared_disks *disks)
{
	const struct viod_function *function = device_function(pf, vf);
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[160];
	int r = 0;

	if (!function || function->class_code != CLASS_NVME)
		return 0;
	snprintf(path, sizeof(path), "%s/nvme", function->directory);
	if (open_directory(pf->roots->trees[VIOD_TREE_SYS], path, &dir) < 0)
		return 0;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = add_paths(dirfd(dir), entry->d_name, vf, disks);
	return r;
}

/* Whether a part of the path has this name. */
static bool has_part(const char *path, const char *name)
{
	size_t length = strlen(name);

	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, name, length) == 0 &&
		    (part[length] == '/' || part[length] == '\0'))
			return true;
	}
	return false;
}

static void name_node(int directory, const char *link, struct device_node *node)
{
	char path[64], text[1024];
	const char *name;

	snprintf(path, sizeof(path), "%s/uevent", link);
	if (sysfs_read(directory, path, text, sizeof(text)) < 0)
		return;
	name = strstr(text, "DEVNAME=");
	if (name)
		snprintf(node->path, sizeof(node->path), "/dev/%.*s", (int)strcspn(name + 8, "\n"),
			 name + 8);
}

static int add_node(struct device_nodes *nodes, const struct device_node *node)
{
	struct device_node *slot;

	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].device == node->device && nodes->items[i].vf == node->vf &&
		    nodes->items[i].block == node->block)
			return 0;
	slot = array_append((void **)&nodes->items, &nodes->count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = *node;
	return 0;
}

/* /sys/dev/char and /sys/dev/block hold one link for each node of the machine. */
static int scan_links(struct viod_pf *pf, bool block, const struct shared_disks *disks,
		      struct device_nodes *nodes)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r;

	r = open_directory(pf->roots->trees[VIOD_TREE_SYS], block ? "dev/block" : "dev/char", &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && (entry = readdir(dir))) {
		struct device_node node = { .block = block };
		unsigned major_, minor_;
		char target[PATH_MAX];
		ssize_t n;

		if (sscanf(entry->d_name, "%u:%u", &major_, &minor_) != 2)
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		node.device = makedev(major_, minor_);
		for (size_t i = 0; block && i < disks->count && r == 0; i++) {
			if (!has_part(target, disks->items[i].name))
				continue;
			node.vf = disks->items[i].vf;
			name_node(dirfd(dir), entry->d_name, &node);
			r = add_node(nodes, &node);
		}
		if (r < 0 || !owner_of_path(pf, target, &node.vf))
			continue;
		name_node(dirfd(dir), entry->d_name, &node);
		r = add_node(nodes, &node);
	}
	return r;
}

/* Volumes, RAIDs and encryption are disks of their own, on top of the function's. */
static int add_stacked(struct viod_pf *pf, struct device_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		struct device_node node = nodes->items[i];
		_cleanup_closedir_ DIR *dir = NULL;
		const struct dirent *entry;
		unsigned major_, minor_;
		char path[320], text[32];

		if (!node.block)
			continue;
		snprintf(path, sizeof(path), "dev/block/%u:%u/holders", major(node.device),
			 minor(node.device));
		if (open_directory(pf->roots->trees[VIOD_TREE_SYS], path, &dir) < 0)
			continue;
		while ((entry = readdir(dir))) {
			snprintf(path, sizeof(path), "%s/dev", entry->d_name);
			if (entry->d_name[0] == '.' ||
			    sysfs_read(dirfd(dir), path, text, sizeof(text)) < 0 ||
			    sscanf(text, "%u:%u", &major_, &minor_) != 2)
				continue;
			node.device = makedev(major_, minor_);
			(void)snprintf(node.path, sizeof(node.path), "/dev/%.80s", entry->d_name);
			if (add_node(nodes, &node) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* --- VFIO ------------------------------------------------------------------------------------ */

/* A group's node is no child of the function. It only exists while a VFIO driver is bound. */
static int add_group_node(struct viod_pf *pf, int vf, const char *name, struct device_nodes *nodes)
{
	struct device_node node = { .vf = vf };
	struct stat status;

	snprintf(node.path, sizeof(node.path), "/dev/vfio/%s", name);
	if (fstatat(pf->roots->trees[VIOD_TREE_DEV], node.path + 5, &status, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISCHR(status.st_mode))
		return 0;
	node.device = status.st_rdev;
	return add_node(nodes, &node);
}

static int add_group(struct viod_pf *pf, int vf, struct device_nodes *nodes)
{
	const struct viod_function *function = device_function(pf, vf);
	char name[32];
	int r;

	if (!function || function->iommu_group < 0)
		return 0;
	snprintf(name, sizeof(name), "%d", function->iommu_group);
	r = add_group_node(pf, vf, name, nodes);
	snprintf(name, sizeof(name), "noiommu-%d", function->iommu_group);
	return r < 0 ? r : add_group_node(pf, vf, name, nodes);
}

/* Mediated devices, vGPUs among them, are children of the function with groups of their own. */
static int add_mediated(struct viod_pf *pf, int vf, struct device_nodes *nodes)
{
	const char *directory = device_path(pf, vf);
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[320], group[32];
	int r = 0;

	if (!directory)
		return 0;
	snprintf(path, sizeof(path), "%s/mdev_supported_types", directory);
	if (faccessat(pf->roots->trees[VIOD_TREE_SYS], path, F_OK, 0) < 0)
		return 0;
	r = open_directory(pf->roots->trees[VIOD_TREE_SYS], directory, &dir);
	while (r == 0 && (entry = readdir(dir))) {
		/* Only they have UUIDs for names. */
		if (strlen(entry->d_name) != 36)
			continue;
		snprintf(path, sizeof(path), "%s/iommu_group", entry->d_name);
		if (sysfs_link_name(dirfd(dir), path, group, sizeof(group)) == 0)
			r = add_group_node(pf, vf, group, nodes);
	}
	return r;
}

int device_nodes_find(struct viod_pf *pf, struct device_nodes *ret_nodes)
{
	struct device_nodes nodes = { 0 };
	struct shared_disks disks = { 0 };
	int r = 0;

	for (int vf = VIOD_PF; r == 0 && vf < (int)pf->n_vfs; vf++)
		r = find_shared_disks(pf, vf, &disks);
	if (r == 0)
		r = scan_links(pf, false, &disks, &nodes);
	if (r == 0)
		r = scan_links(pf, true, &disks, &nodes);
	if (r == 0)
		r = add_stacked(pf, &nodes);
	for (int vf = VIOD_PF; r == 0 && vf < (int)pf->n_vfs; vf++) {
		r = add_group(pf, vf, &nodes);
		if (r == 0)
			r = add_mediated(pf, vf, &nodes);
	}
	free(disks.items);
	if (r < 0)
		device_nodes_clear(&nodes);
	else
		*ret_nodes = nodes;
	return r;
}

void device_nodes_clear(struct device_nodes *nodes)
{
	free(nodes->items);
	*nodes = (struct device_nodes){ 0 };
}

int nodes_of(struct viod_pf *pf, int vf, const struct device_nodes *table,
	     struct viod_nodes *ret_nodes)
{
	struct viod_nodes nodes = { 0 };
	int r = 0;

	for (size_t i = 0; i < table->count && r == 0; i++)
		if (table->items[i].vf == vf && table->items[i].path[0])
			r = nodes_add(&nodes, table->items[i].path);
	for (size_t i = 0; r == 0 && pf->schema && i < pf->schema->n_plugins; i++) {
		const struct viod_plugin *plugin = pf->schema->plugins[i];

		if (!plugin->ops || !plugin->ops->nodes || !device_concerns(pf, plugin))
			continue;
		plugin_enter(pf, plugin, "nodes");
		r = plugin->ops->nodes(pf, vf, &nodes);
		plugin_leave(pf);
	}
	if (r < 0)
		nodes_clear(&nodes);
	else
		*ret_nodes = nodes;
	return r;
}
