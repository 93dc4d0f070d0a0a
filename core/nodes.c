/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host.h"

int nodes_add(struct viod_nodes *nodes, const char *path)
{
	char *copy = strdup(path), **slot;

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

/* /sys/dev/char and /sys/dev/block hold one link for each node of the machine. */
static int scan_links(struct viod_pf *pf, bool block, struct device_nodes *nodes)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r;

	r = open_directory(pf->roots->trees[VIOD_TREE_SYS], block ? "dev/block" : "dev/char", &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while ((entry = readdir(dir))) {
		struct device_node *node;
		unsigned major_, minor_;
		char target[PATH_MAX];
		ssize_t n;
		int vf;

		if (sscanf(entry->d_name, "%u:%u", &major_, &minor_) != 2)
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (!owner_of_path(pf, target, &vf))
			continue;
		node = array_append((void **)&nodes->items, &nodes->count, sizeof(*node));
		if (!node)
			return -ENOMEM;
		*node = (struct device_node){ .device = makedev(major_, minor_),
					      .block = block,
					      .vf = vf };
		name_node(dirfd(dir), entry->d_name, node);
	}
	return 0;
}

/* The group's node is no child of the function. It only exists while a VFIO driver is bound. */
static int add_group(struct viod_pf *pf, int vf, struct device_nodes *nodes)
{
	const struct viod_function *function = device_function(pf, vf);
	struct device_node *node;
	struct stat status;
	char path[32];

	if (!function || function->iommu_group < 0)
		return 0;
	snprintf(path, sizeof(path), "vfio/%d", function->iommu_group);
	if (fstatat(pf->roots->trees[VIOD_TREE_DEV], path, &status, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISCHR(status.st_mode))
		return 0;
	node = array_append((void **)&nodes->items, &nodes->count, sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = (struct device_node){ .device = status.st_rdev, .vf = vf };
	snprintf(node->path, sizeof(node->path), "/dev/%s", path);
	return 0;
}

int device_nodes_find(struct viod_pf *pf, struct device_nodes *ret_nodes)
{
	struct device_nodes nodes = { 0 };
	int r;

	r = scan_links(pf, false, &nodes);
	if (r == 0)
		r = scan_links(pf, true, &nodes);
	for (int vf = VIOD_PF; r == 0 && vf < (int)pf->n_vfs; vf++)
		r = add_group(pf, vf, &nodes);
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
		host_enter(pf, plugin, "nodes");
		r = plugin->ops->nodes(pf, vf, &nodes);
		host_leave(pf);
	}
	if (r < 0)
		nodes_clear(&nodes);
	else
		*ret_nodes = nodes;
	return r;
}
