/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "device/holders-system.h"
#include "device/plugin-call.h"

/* What one look at all processes is after, and what it finds. */
struct search {
	struct viod_pf *pf;
	struct device_nodes nodes;
	struct viod_holders *by_vf;  /* the PF's own come last */
	struct viod_holders unnamed; /* who has a VFIO device open, and nothing tells which */
};

static struct viod_holders *holders_of(struct search *search, int vf)
{
	return &search->by_vf[vf == VIOD_PF ? search->pf->n_vfs : (size_t)vf];
}

/* What the host itself does with a PF, an administrator may override; a virtual machine's hold
 * would keep the kernel waiting whoever wishes it away. */
static uint32_t flags_of(const struct device_node *node)
{
	return node->vf == VIOD_PF && strncmp(node->path, "/dev/vfio/", 10) != 0
		       ? VIOD_HOLDER_YIELDS
		       : 0;
}

/* --- processes ------------------------------------------------------------------------------- */

/* The unit or container a process belongs to: the innermost service, scope or machine of its
 * cgroup. */
static void unit_of(int process, char *ret_unit, size_t size)
{
	char text[4096], *path, *save = NULL;

	ret_unit[0] = '\0';
	if (sysfs_read(process, "cgroup", text, sizeof(text)) < 0)
		return;
	path = strstr(text, "0::/");
	if (!path)
		return;
	path[strcspn(path, "\n")] = '\0';
	for (char *part = strtok_r(path + 3, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		const char *dot = strrchr(part, '.');

		if (dot && (streq(dot, ".service") || streq(dot, ".scope")))
			snprintf(ret_unit, size, "%s", part);
	}
}

static int add_process(int process, pid_t pid, const char *what, uint32_t flags,
		       struct viod_holders *holders)
{
	struct viod_holder holder = { .pid = pid };

	(void)sysfs_read(process, "comm", holder.process, sizeof(holder.process));
	unit_of(process, holder.unit, sizeof(holder.unit));
	snprintf(holder.what, sizeof(holder.what), "%s", what);
	return holders_add_flagged(holders, &holder, flags);
}

/* A VFIO device descriptor is an anonymous file; since Linux 6.18 its fdinfo names the device.
 * Before, all that can be said is that this process has one. */
static int check_anonymous(struct search *search, int process, pid_t pid, const char *fd_name)
{
	char path[64], target[64], text[2048], *line;
	struct viod_pf *pf = search->pf;
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "fd/%s", fd_name);
	n = readlinkat(process, path, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	if (!streq(target, "anon_inode:[vfio-device]"))
		return 0;
	snprintf(path, sizeof(path), "fdinfo/%s", fd_name);
	if (sysfs_read(process, path, text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "vfio-device-syspath:");
	if (!line)
		return add_process(process, pid, "an open VFIO device", 0, &search->unnamed);
	line[strcspn(line, "\n")] = '\0';
	name = strrchr(line, '/');
	for (int vf = VIOD_PF; name && vf < (int)pf->n_vfs; vf++)
		if (streq(name + 1, device_slot(pf, vf)->address))
			return add_process(process, pid, "an open VFIO device", 0,
					   holders_of(search, vf));
	return 0;
}

static int check_descriptor(struct search *search, int process, pid_t pid, const char *fd_name)
{
	const struct device_nodes *nodes = &search->nodes;
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "fd/%s", fd_name);
	if (fstatat(process, path, &status, 0) < 0)
		return 0;
	if ((status.st_mode & S_IFMT) == 0)
		return check_anonymous(search, process, pid, fd_name);
	if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode))
		return 0;
	for (size_t i = 0; i < nodes->count; i++) {
		const struct device_node *node = &nodes->items[i];
		int r;

		if (node->device != status.st_rdev || node->block != S_ISBLK(status.st_mode))
			continue;
		r = add_process(process, pid, node->path, flags_of(node),
				holders_of(search, node->vf));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Only a process that is gone may be passed over; one we may not look into could hold anything. */
static int check_process(struct search *search, const char *name)
{
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_close_ int process = -1;
	pid_t pid = (pid_t)strtol(name, NULL, 10);
	const struct dirent *entry;
	int r;

	process = openat(search->pf->roots->trees[VIOD_TREE_PROC], name,
			 O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	r = open_directory(process, "fd", &dir);
	if (r < 0)
		return r == -ENOENT || r == -ESRCH ? 0 : r;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		r = check_descriptor(search, process, pid, entry->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int scan_processes(struct search *search)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r;

	r = open_directory(search->pf->roots->trees[VIOD_TREE_PROC], ".", &dir);
	if (r < 0)
		return r;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		r = check_process(search, entry->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- what no descriptor shows ---------------------------------------------------------------- */

/* 1: the group is taken. The question takes it for a moment, so it is only asked where nothing else
 * can tell. */
static int group_is_taken(struct viod_pf *pf, const struct device_node *node)
{
	int fd;

	if (strncmp(node->path, "/dev/vfio/", 10) != 0 || strchr(node->path + 10, '/'))
		return 0;
	fd = openat(pf->roots->trees[VIOD_TREE_DEV], node->path + 5, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == EBUSY;
	close(fd);
	return 0;
}

/* The driver link goes at the start of an unbind that waits for a user, but the group stays taken.
 * So it does where only the descriptor of a device is left, as in a process that was handed one. */
static int check_groups(struct search *search)
{
	static const struct viod_holder unbinding = {
		.what = "a VFIO driver that is still letting it go",
	};
	static const struct viod_holder some = {
		.what = "one of several processes that have VFIO devices open",
	};
	const struct viod_holders *unnamed = &search->unnamed;
	const struct viod_holder *unknown = unnamed->count == 1 ? &unnamed->items[0] : &some;

	for (size_t i = 0; i < search->nodes.count; i++) {
		const struct device_node *node = &search->nodes.items[i];
		const struct viod_function *function = device_function(search->pf, node->vf);
		bool bound = function && function->driver;

		if (!function || (bound && !unnamed->count) ||
		    holders_of(search, node->vf)->count || !group_is_taken(search->pf, node))
			continue;
		if (holders_add(holders_of(search, node->vf), bound ? unknown : &unbinding) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A network interface that a container has is not seen from here; what is left is the empty folder,
 * which sysfs keeps for as long as any namespace has an interface in it. */
static int check_namespace(struct viod_pf *pf, int vf, const char *class, const char *what,
			   struct viod_holders *holders)
{
	const struct viod_function *function = device_function(pf, vf);
	struct viod_holder elsewhere = { 0 };
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[160];
	int r;

	if (!function)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", function->directory, class);
	r = open_directory(pf->roots->trees[VIOD_TREE_SYS], path, &dir);
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return 0;
	snprintf(elsewhere.what, sizeof(elsewhere.what), "its %s is in another network namespace",
		 what);
	return holders_add(holders, &elsewhere);
}

static int ask_plugins(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	for (size_t i = 0; pf->schema && i < pf->schema->n_plugins; i++) {
		const struct viod_plugin *plugin = pf->schema->plugins[i];
		struct viod_holder unknown = { 0 };
		int r;

		if (!plugin->ops || !plugin->ops->holders || !device_concerns(pf, plugin))
			continue;
		plugin_enter(pf, plugin, "holders");
		r = plugin->ops->holders(pf, vf, holders);
		plugin_leave(pf);
		if (r >= 0)
			continue;
		snprintf(unknown.what, sizeof(unknown.what),
			 "unknown: plugin '%s' cannot tell (%s)", plugin->name, strerror(-r));
		r = holders_add(holders, &unknown);
		if (r < 0)
			return r;
	}
	return 0;
}

static int ask_function(struct search *search, int vf)
{
	struct viod_holders *holders = holders_of(search, vf);
	int r;

	r = check_namespace(search->pf, vf, "net", "network interface", holders);
	if (r == 0)
		r = check_namespace(search->pf, vf, "infiniband", "RDMA device", holders);
	/* A PF's plugins serve its VFs; what they find on the PF is how its VFs work. */
	if (r == 0 && vf == VIOD_PF)
		r = holders_check_route(search->pf, holders);
	return r < 0 || vf == VIOD_PF ? r : ask_plugins(search->pf, vf, holders);
}

/* only: of this function alone; below VIOD_PF of all. */
static int find(struct viod_pf *pf, int only, struct viod_holders **ret_holders)
{
	struct search search = { .pf = pf, .by_vf = calloc(pf->n_vfs + 1, sizeof(*search.by_vf)) };
	int r;

	if (!search.by_vf)
		return -ENOMEM;
	r = device_nodes_find(pf, &search.nodes);
	if (r == 0 && search.nodes.count)
		r = scan_processes(&search);
	for (size_t i = 0; i < search.nodes.count && r == 0; i++)
		r = holders_check_disk(pf, &search.nodes.items[i], flags_of(&search.nodes.items[i]),
				       holders_of(&search, search.nodes.items[i].vf));
	if (r == 0)
		r = check_groups(&search);
	for (int vf = VIOD_PF; vf < (int)pf->n_vfs && r == 0; vf++)
		if (only < VIOD_PF || vf == only)
			r = ask_function(&search, vf);
	device_nodes_clear(&search.nodes);
	holders_clear(&search.unnamed);
	if (r < 0)
		holders_free(search.by_vf, pf->n_vfs);
	else
		*ret_holders = search.by_vf;
	return r;
}

int holders_find(struct viod_pf *pf, struct viod_holders **ret_holders)
{
	return find(pf, VIOD_PF - 1, ret_holders);
}

int holders_find_of(struct viod_pf *pf, int vf, struct viod_holders **ret_holders)
{
	return find(pf, vf, ret_holders);
}

static uint32_t excused_of(const struct viod_pf *pf)
{
	const struct schema_row *row =
		pf->wanted ? schema_find(pf->wanted->schema, VIOD_SCOPE_PF, "force") : NULL;
	const bool *force = row ? values_get(pf->wanted, VIOD_PF, row) : NULL;

	return force && *force ? VIOD_HOLDER_YIELDS : 0;
}

int holders_of_other(struct viod_pf *pf, const char *address, char *ret_text, size_t size)
{
	struct viod_holders *holders;
	uint32_t excused = excused_of(pf);
	struct viod_pf other;
	int r;

	r = device_open(pf->roots, pf->loader, address, &other);
	if (r < 0 || !other.present)
		return r < 0 ? r : -ENODEV;
	other.takes_self = true;
	r = holders_find(&other, &holders);
	if (r == 0 && other.n_vfs) {
		snprintf(ret_text, size, "its %zu VFs", other.n_vfs);
		r = 1;
	} else if (r == 0) {
		const struct viod_holders *own = &holders[other.n_vfs];

		for (size_t i = 0; i < own->count && r == 0; i++) {
			if (own->flags[i] & excused)
				continue;
			holder_text(&own->items[i], ret_text, size);
			r = 1;
		}
	}
	if (r >= 0)
		holders_free(holders, other.n_vfs);
	device_close(&other);
	return r;
}
