/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/nodes.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "device/plugin-call.h"

/* VFs sorted by address, because a machine may have as many nodes as VFs. */
struct owners {
	struct viod_pf *pf;
	int first, last; /* the functions whose nodes are wanted */
	const struct device_function **sorted;
};

static int compare_functions(const void *a, const void *b)
{
	return strcmp((*(const struct device_function *const *)a)->address,
		      (*(const struct device_function *const *)b)->address);
}

static int sort_owners(struct viod_pf *pf, struct owners *ret_owners)
{
	const struct device_function **sorted = calloc(pf->n_vfs + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < pf->n_vfs; i++)
		sorted[i] = &pf->vfs[i];
	qsort(sorted, pf->n_vfs, sizeof(*sorted), compare_functions);
	*ret_owners = (struct owners){ .pf = pf, .sorted = sorted };
	return 0;
}

static bool find_owner(const struct owners *owners, const char *address, int *ret_vf)
{
	struct device_function key = { 0 };
	const struct device_function *wanted = &key, *const * found;

	if (streq(address, owners->pf->self.address)) {
		*ret_vf = VIOD_PF;
		return true;
	}
	if (copy_text(key.address, sizeof(key.address), address) < 0)
		return false;
	found = bsearch(&wanted, owners->sorted, owners->pf->n_vfs, sizeof(*owners->sorted),
			compare_functions);
	if (found)
		*ret_vf = (int)(*found - owners->pf->vfs);
	return found;
}

/* Find the innermost component of a sysfs path that is the PF or one of its VFs. VFs are siblings
 * of their PF, so a path contains one of them at most, but bridges above look similar. */
static bool owner_of_path(const struct owners *owners, char *path, int *ret_vf)
{
	for (char *save = NULL, *part = strtok_r(path, "/", &save); part;
	     part = strtok_r(NULL, "/", &save))
		if (strlen(part) >= 7 && part[strlen(part) - 2] == '.' &&
		    find_owner(owners, part, ret_vf))
			return true;
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

/* A node that is found twice is listed once, with the flags of both. */
static int add_node(struct device_nodes *nodes, const struct device_node *node)
{
	struct device_node *slot;

	for (size_t i = 0; i < nodes->count; i++) {
		slot = &nodes->items[i];
		if (slot->vf != node->vf || slot->device != node->device ||
		    (slot->flags ^ node->flags) & VIOD_NODE_BLOCK ||
		    (!node->device && !streq(slot->path, node->path)))
			continue;
		slot->flags |= node->flags;
		return 0;
	}
	slot = array_append((void **)&nodes->items, &nodes->count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = *node;
	return 0;
}

/* Consoles and terminals (Documentation/admin-guide/devices.txt) have no PCI device above them and
 * are most of the links on a small machine. */
static bool has_no_parent(unsigned major_, unsigned minor_)
{
	return (major_ == 4 && minor_ < 64) || major_ == 5 || major_ == 7;
}

/* /sys/dev/char and /sys/dev/block have one link for each node of the machine. */
static int scan_links(const struct owners *owners, bool block, struct device_nodes *nodes)
{
	int sys = owners->pf->roots->trees[VIOD_TREE_SYS];
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r;

	r = open_directory(sys, block ? "dev/block" : "dev/char", &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && (entry = readdir(dir))) {
		struct device_node node = { .flags = block ? VIOD_NODE_BLOCK : 0 };
		unsigned major_, minor_;
		char target[PATH_MAX];
		ssize_t n;

		if (sscanf(entry->d_name, "%u:%u", &major_, &minor_) != 2 ||
		    (!block && has_no_parent(major_, minor_)))
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		node.device = makedev(major_, minor_);
		if (!owner_of_path(owners, target, &node.vf) || node.vf < owners->first ||
		    node.vf > owners->last)
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

		if (!(node.flags & VIOD_NODE_BLOCK))
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

/* --- what plugins know ------------------------------------------------------------------------ */

int nodes_add(struct viod_nodes *nodes, const struct viod_node *node)
{
	struct device_node added = { .device = node->device,
				     .flags = node->flags,
				     .vf = nodes->vf };

	(void)snprintf(added.path, sizeof(added.path), "%s", node->path);
	return add_node(nodes->table, &added);
}

static int add_plugin_nodes(struct viod_pf *pf, const struct viod_plugin *plugin, int vf,
			    struct device_nodes *table)
{
	struct viod_nodes nodes = { .table = table, .vf = vf };
	int r;

	if (!plugin->ops->nodes)
		return 0;
	plugin_enter(pf, plugin, "nodes");
	r = plugin->ops->nodes(pf, vf, &nodes);
	plugin_leave(pf);
	/* A function that is being removed has no nodes to name. */
	return r == -ENODEV || r == -ENOENT ? 0 : r;
}

static int add_nodes_of_plugins(const struct owners *owners, struct device_nodes *table)
{
	struct viod_pf *pf = owners->pf;
	_cleanup_free_ const struct viod_plugin **guards = device_guards(pf);
	int r = guards ? 0 : -ENOMEM;

	for (int vf = owners->first; r == 0 && vf <= owners->last && vf < (int)pf->n_vfs; vf++)
		for (size_t i = 0; r == 0 && guards[i]; i++)
			if (device_guarded_by(pf, vf, guards[i]))
				r = add_plugin_nodes(pf, guards[i], vf, table);
	return r;
}

int device_nodes_find(struct viod_pf *pf, int first, int last, struct device_nodes *ret_nodes)
{
	struct device_nodes nodes = { 0 };
	struct owners owners;
	int r;

	r = sort_owners(pf, &owners);
	if (r < 0)
		return r;
	owners.first = first;
	owners.last = last;
	r = scan_links(&owners, false, &nodes);
	if (r == 0)
		r = scan_links(&owners, true, &nodes);
	if (r == 0)
		r = add_nodes_of_plugins(&owners, &nodes);
	free(owners.sorted);
	if (r == 0)
		r = add_stacked(pf, &nodes);
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
