/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "device/holders-process.h"
#include "device/holders-system.h"
#include "device/plugin-call.h"
#include "device/processes.h"

/* --- what no descriptor shows ---------------------------------------------------------------- */

/* The functions whose holders are wanted. */
struct scope {
	int first, last; /* VIOD_PF, or indices */
};

static bool in_scope(const struct scope *scope, int vf)
{
	return vf >= scope->first && vf <= scope->last;
}

/* Ask the kernel whether a node is in use. No process can hide from that answer: not with a
 * descriptor that lies in the queue of a socket or is registered with io_uring. 0: it is free or
 * does not exist; -EBUSY: it is in use; another -errno is no answer. */
static int ask_kernel(struct viod_pf *pf, const struct device_node *node)
{
	int fd;

	if (!(node->flags & VIOD_NODE_EXCLUSIVE) || strncmp(node->path, "/dev/", 5) != 0)
		return 0;
	/* To read is enough, and needs no permission of the owner's. */
	fd = openat(pf->roots->trees[VIOD_TREE_DEV], node->path + 5,
		    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENODEV || errno == ENXIO ? 0 : -errno;
	close(fd);
	return 0;
}

/* The open() would make another one fail, such as that of a virtual machine that starts. So the
 * kernel is asked only before a disruptive write, or if nothing else can answer: an unbind that
 * waits for a user removes the link to the driver first; and a process was passed a descriptor
 * whose function the kernel does not name. */
static bool must_ask(const struct holder_search *search, const struct device_node *node, bool bound)
{
	return !bound || search->unnamed.count ||
	       (node->vf == VIOD_PF ? search->pf->disrupts_self : search->pf->disrupts_vfs);
}

static int add_unseen(struct holder_search *search, const struct device_node *node, bool bound,
		      int error)
{
	static const struct viod_holder unbinding = {
		.what = "a driver that has not released it yet",
	};
	static const struct viod_holder some = {
		.what = "one of several processes that use devices of this type",
	};
	const struct viod_holders *unnamed = &search->unnamed;
	struct viod_holder unseen = { 0 };
	const struct viod_holder *holder = &unseen;

	if (error != -EBUSY)
		snprintf(unseen.what, sizeof(unseen.what),
			 "an unknown process (%.40s reports: %.40s)", node->path, strerror(-error));
	else if (!bound)
		holder = &unbinding;
	else if (unnamed->count)
		holder = unnamed->count == 1 ? &unnamed->items[0] : &some;
	else
		snprintf(unseen.what, sizeof(unseen.what),
			 "a process that cannot be seen (%.40s is busy)", node->path);
	return holders_add(holders_of_function(search, node->vf), holder);
}

static int check_in_use(struct holder_search *search, const struct scope *scope)
{
	for (size_t i = 0; i < search->nodes.count; i++) {
		const struct device_node *node = &search->nodes.items[i];
		const struct viod_function *function = device_known(search->pf, node->vf);
		bool bound = function && function->driver;
		int r;

		if (!function || !in_scope(scope, node->vf) ||
		    holders_of_function(search, node->vf)->count || !must_ask(search, node, bound))
			continue;
		r = ask_kernel(search->pf, node);
		if (r < 0 && add_unseen(search, node, bound, r) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- what plugins know ------------------------------------------------------------------------ */

static int add_plugin_holders(struct viod_pf *pf, const struct viod_plugin *plugin, int vf,
			      struct viod_holders *holders)
{
	struct viod_holder unknown = { 0 };
	int r;

	plugin_enter(pf, plugin, "holders");
	r = plugin->ops->holders(pf, vf, holders);
	plugin_leave(pf);
	if (r >= 0)
		return 0;
	snprintf(unknown.what, sizeof(unknown.what),
		 "unknown: plugin '%s' failed to report holders (%s)", plugin->name, strerror(-r));
	return holders_add(holders, &unknown);
}

static bool is_empty(int directory, const char *name)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;

	if (open_directory(directory, name, &dir) < 0)
		return false;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return false;
	return true;
}

static bool has_entry(int directory, const char *name, const char *entry)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/%s", name, entry);
	return faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int check_class(struct viod_pf *pf, int directory, const char *class,
		       struct viod_holders *holders)
{
	struct viod_holder holder = { 0 };

	if (!has_entry(pf->roots->trees[VIOD_TREE_SYS], "class", class) ||
	    !is_empty(directory, class))
		return 0;
	snprintf(holder.what, sizeof(holder.what),
		 "another namespace (its device of class %.32s was moved there)", class);
	return holders_add(holders, &holder);
}

/* For a function that no plugin knows: sysfs keeps the folder of a class while it contains a
 * device, and shows the device only in its own namespace. The folder may be that of a child device,
 * as virtio0 of a virtio function. */
static int check_hidden(struct viod_pf *pf, int parent, const char *path, unsigned depth,
			struct viod_holders *holders)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r = open_directory(parent, path, &dir);

	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	while (r == 0 && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (depth == 0 && has_entry(dirfd(dir), entry->d_name, "subsystem"))
			r = check_hidden(pf, dirfd(dir), entry->d_name, 1, holders);
		else
			r = check_class(pf, dirfd(dir), entry->d_name, holders);
	}
	return r;
}

static int ask_function(struct holder_search *search, const struct viod_plugin *const *guards,
			int vf)
{
	struct viod_holders *holders = holders_of_function(search, vf);
	struct viod_pf *pf = search->pf;
	bool known = false;
	int r = 0;

	if (vf == VIOD_PF)
		r = holders_check_route(pf, holders);
	for (size_t i = 0; r == 0 && guards[i]; i++) {
		if (!guards[i]->ops->holders || !device_guarded_by(pf, vf, guards[i]))
			continue;
		known = true;
		r = add_plugin_holders(pf, guards[i], vf, holders);
	}
	if (r < 0 || known || !device_path(pf, vf))
		return r;
	return check_hidden(pf, pf->roots->trees[VIOD_TREE_SYS], device_path(pf, vf), 0, holders);
}

/* --- all of it ------------------------------------------------------------------------------- */

/* Without a device node, no process can have it open. */
static bool has_device(const struct device_nodes *nodes, const struct scope *scope)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].device && in_scope(scope, nodes->items[i].vf))
			return true;
	return false;
}

static int search_nodes_and_processes(struct holder_search *search, const struct scope *scope)
{
	_cleanup_free_ const struct viod_plugin **guards = device_guards(search->pf);
	const struct device_nodes *nodes = &search->nodes;
	int r = guards ? 0 : -ENOMEM;

	if (r == 0 && has_device(nodes, scope))
		r = holders_scan_processes(search);
	for (size_t i = 0; i < nodes->count && r == 0; i++) {
		const struct device_node *node = &nodes->items[i];

		if (in_scope(scope, node->vf))
			r = holders_check_disk(search->pf, node, holder_flags_of(node),
					       holders_of_function(search, node->vf));
	}
	if (r == 0)
		r = check_in_use(search, scope);
	for (int vf = VIOD_PF; vf < (int)search->pf->n_vfs && r == 0; vf++)
		if (in_scope(scope, vf))
			r = ask_function(search, guards, vf);
	return r;
}

/* ret_nodes may be NULL. */
static int search_holders(struct viod_pf *pf, const struct scope *scope,
			  struct viod_holders **ret_holders, struct device_nodes *ret_nodes)
{
	struct holder_search search = { .pf = pf };
	int r;

	search.by_vf = calloc(pf->n_vfs + 1, sizeof(*search.by_vf));
	if (!search.by_vf)
		return -ENOMEM;
	device_look_again(pf);
	/* What concerns all VFs is written rarely, and its answer must be new. */
	if (pf->disrupts_vfs && scope->first != scope->last)
		pf->processes = processes_free(pf->processes);
	r = device_nodes_find(pf, scope->first, scope->last, &search.nodes);
	if (r == 0)
		r = search_nodes_and_processes(&search, scope);
	holders_clear(&search.unnamed);
	if (r < 0 || !ret_nodes)
		device_nodes_clear(&search.nodes);
	else
		*ret_nodes = search.nodes;
	if (r < 0)
		holders_free(search.by_vf, pf->n_vfs);
	else
		*ret_holders = search.by_vf;
	return r;
}

int holders_find(struct viod_pf *pf, struct viod_holders **ret_holders)
{
	return search_holders(pf, &(struct scope){ VIOD_PF, INT_MAX }, ret_holders, NULL);
}

int holders_find_of(struct viod_pf *pf, int vf, struct viod_holders **ret_holders)
{
	return search_holders(pf, &(struct scope){ vf, vf }, ret_holders, NULL);
}

int holders_find_vfs(struct viod_pf *pf, bool self, struct viod_holders **ret_holders,
		     struct device_nodes *ret_nodes)
{
	return search_holders(pf, &(struct scope){ self ? VIOD_PF : 0, INT_MAX }, ret_holders,
			      ret_nodes);
}

/* --- what plugins ask ------------------------------------------------------------------------- */

static uint32_t excused_of(const struct viod_pf *pf)
{
	const struct schema_row *row =
		pf->wanted ? schema_find(pf->wanted->schema, VIOD_SCOPE_PF, "force") : NULL;
	const bool *force = row ? values_get(pf->wanted, VIOD_PF, row) : NULL;

	return force && *force ? VIOD_HOLDER_YIELDS : 0;
}

int holders_of_other(struct viod_pf *pf, const char *address, struct viod_holder *ret_holder)
{
	struct viod_holders *holders = NULL;
	uint32_t excused = excused_of(pf);
	struct viod_pf other;
	int r;

	*ret_holder = (struct viod_holder){ 0 };
	r = device_open(pf->roots, pf->loader, address, &other);
	if (r < 0 || !other.present)
		return r < 0 ? r : -ENODEV;
	other.progress = pf->progress;
	other.disrupts_self = true;
	other.processes = pf->processes;
	r = holders_find(&other, &holders);
	pf->processes = other.processes;
	other.processes = NULL;
	if (r == 0 && other.n_vfs) {
		snprintf(ret_holder->what, sizeof(ret_holder->what), "its %zu VFs", other.n_vfs);
		r = 1;
	}
	for (size_t i = 0; r == 0 && i < holders[other.n_vfs].count; i++) {
		if (holders[other.n_vfs].items[i].flags & excused)
			continue;
		*ret_holder = holders[other.n_vfs].items[i];
		r = 1;
	}
	holders_free(holders, other.n_vfs);
	device_close(&other);
	return r;
}

int holders_of_node(struct viod_pf *pf, const struct viod_node *node,
		    struct viod_holder *ret_holder)
{
	const char *path = node->path + (strncmp(node->path, "/dev/", 5) == 0 ? 5 : 0);
	struct device_node one = { .device = node->device, .flags = node->flags, .vf = VIOD_PF };
	struct viod_holders *by_vf = calloc(pf->n_vfs + 1, sizeof(*by_vf));
	struct holder_search search = { .pf = pf, .nodes = { &one, 1 }, .by_vf = by_vf };
	struct viod_holders *found = &by_vf[pf->n_vfs];
	int r;

	*ret_holder = (struct viod_holder){ 0 };
	if (!by_vf)
		return -ENOMEM;
	(void)snprintf(one.path, sizeof(one.path), "/dev/%s", path);
	/* Of any other node the kernel cannot be asked, and the caller is about to remove it. */
	if (!(one.flags & VIOD_NODE_EXCLUSIVE))
		pf->processes = processes_free(pf->processes);
	r = holders_scan_processes(&search);
	if (r == 0 && found->count) {
		*ret_holder = found->items[0];
		r = 1;
	} else if (r == 0 && ask_kernel(pf, &one) < 0) {
		(void)copy_text(ret_holder->what, sizeof(ret_holder->what), one.path);
		r = 1;
	}
	holders_clear(&search.unnamed);
	holders_free(by_vf, pf->n_vfs);
	return r;
}
