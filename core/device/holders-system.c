/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/holders-system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "device/device.h"
#include "kernel/route.h"

/* Bridges on bonds on VLANs: stacks are not higher than this. */
#define STACK_MAX 8

static FILE *open_text(struct viod_pf *pf, const char *path)
{
	int fd = openat(pf->roots->trees[VIOD_TREE_PROC], path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* --- disks ----------------------------------------------------------------------------------- */

/* True if a path below /dev is this disk. A user may have chosen the path, so it must not lead to a
 * file system that never answers. */
static bool is_disk(struct viod_pf *pf, const char *path, dev_t device)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV };
	_cleanup_close_ int fd =
		(int)syscall(SYS_openat2, pf->roots->trees[VIOD_TREE_DEV], path, &how, sizeof(how));
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISBLK(status.st_mode) &&
	       status.st_rdev == device;
}

/* Some file systems have device numbers of their own and only name their disk. */
static bool is_source(struct viod_pf *pf, const char *line, dev_t device)
{
	const char *tail = strstr(line, " - ");
	char source[PATH_MAX];

	return tail && sscanf(tail, " - %*s /dev/%4095s", source) == 1 &&
	       is_disk(pf, source, device);
}

static int check_mounts(struct viod_pf *pf, const struct device_node *node, uint32_t flags,
			struct viod_holders *holders)
{
	_cleanup_fclose_ FILE *mounts = open_text(pf, "1/mountinfo");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!mounts)
		return -errno;
	while (getline(&line, &size, mounts) >= 0) {
		struct viod_holder holder = { .flags = flags };
		unsigned major_, minor_;
		char point[64];

		if (sscanf(line, "%*u %*u %u:%u %*s %63s", &major_, &minor_, point) != 3 ||
		    (makedev(major_, minor_) != node->device && !is_source(pf, line, node->device)))
			continue;
		snprintf(holder.what, sizeof(holder.what), "the host: mounted at %s", point);
		if (holders_add(holders, &holder) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int check_swap(struct viod_pf *pf, const struct device_node *node, uint32_t flags,
		      struct viod_holders *holders)
{
	const struct viod_holder swap = { .what = "the host: swap space", .flags = flags };
	_cleanup_fclose_ FILE *swaps = open_text(pf, "swaps");
	_cleanup_free_ char *line = NULL;
	char path[PATH_MAX];
	size_t size = 0;

	while (swaps && getline(&line, &size, swaps) >= 0)
		if (sscanf(line, "/dev/%4095s", path) == 1 && is_disk(pf, path, node->device))
			return holders_add(holders, &swap);
	return 0;
}

/* A mount in another namespace or a volume that is not in sysfs shows only in that the disk cannot
 * be opened exclusively. The attempt claims the disk for a moment, in which a mount would fail, so
 * it is made last, and only before the disk is removed. */
static int check_claim(struct viod_pf *pf, const struct device_node *node, uint32_t flags,
		       struct viod_holders *holders)
{
	const struct viod_holder claimed = { .what = "the host: claimed by the kernel, by a mount "
						     "elsewhere or a volume",
					     .flags = flags };
	struct viod_holder unknown = { .flags = flags };
	int fd;

	if (holders->count || strncmp(node->path, "/dev/", 5) != 0 ||
	    !(node->vf == VIOD_PF ? pf->disrupts_self : pf->disrupts_vfs))
		return 0;
	fd = openat(pf->roots->trees[VIOD_TREE_DEV], node->path + 5,
		    O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EBUSY)
		return holders_add(holders, &claimed);
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO || errno == ENOMEDIUM)
		return 0;
	snprintf(unknown.what, sizeof(unknown.what), "an unknown process (%.40s reports: %.40s)",
		 node->path, strerror(errno));
	return holders_add(holders, &unknown);
}

int holders_check_disk(struct viod_pf *pf, const struct device_node *node, uint32_t flags,
		       struct viod_holders *holders)
{
	int r;

	if (!(node->flags & VIOD_NODE_BLOCK))
		return 0;
	r = check_mounts(pf, node, flags, holders);
	if (r == 0)
		r = check_swap(pf, node, flags, holders);
	return r < 0 ? r : check_claim(pf, node, flags, holders);
}

/* --- routes ---------------------------------------------------------------------------------- */

/* Interfaces that a default route goes through. */
struct indexes {
	int *items;
	size_t count;
};

static int add_index(void *userdata, int index)
{
	struct indexes *indexes = userdata;
	int *slot = array_append((void **)&indexes->items, &indexes->count, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	*slot = index;
	return 0;
}

static bool has_default_route(struct viod_pf *pf, const struct indexes *defaults,
			      const char *interface)
{
	char path[320];
	uint64_t index;

	snprintf(path, sizeof(path), "class/net/%s/ifindex", interface);
	if (sysfs_read_number(pf->roots->trees[VIOD_TREE_SYS], path, INT_MAX, &index) < 0)
		return false;
	for (size_t i = 0; i < defaults->count; i++)
		if (defaults->items[i] == (int)index)
			return true;
	return false;
}

/* The address may be set on a bridge that the interface belongs to. */
static int check_stack(struct viod_pf *pf, const struct indexes *defaults, const char *interface,
		       unsigned depth, struct viod_holders *holders)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[320];
	int r = 0;

	if (has_default_route(pf, defaults, interface)) {
		struct viod_holder holder = { .flags = VIOD_HOLDER_YIELDS };

		snprintf(holder.what, sizeof(holder.what),
			 "the host: its default route goes through %s", interface);
		return holders_add(holders, &holder);
	}
	snprintf(path, sizeof(path), "class/net/%s", interface);
	if (depth == STACK_MAX || open_directory(pf->roots->trees[VIOD_TREE_SYS], path, &dir) < 0)
		return 0;
	while (r == 0 && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "upper_", 6) == 0)
			r = check_stack(pf, defaults, entry->d_name + 6, depth + 1, holders);
	return r;
}

static int check_interfaces(struct viod_pf *pf, const struct indexes *defaults, DIR *interfaces,
			    struct viod_holders *holders)
{
	const struct dirent *entry;
	int r = 0;

	while (r == 0 && (entry = readdir(interfaces)))
		if (entry->d_name[0] != '.')
			r = check_stack(pf, defaults, entry->d_name, 0, holders);
	return r;
}

int holders_check_route(struct viod_pf *pf, struct viod_holders *holders)
{
	const char *directory = device_path(pf, VIOD_PF);
	_cleanup_closedir_ DIR *dir = NULL;
	struct indexes defaults = { 0 };
	char path[160];
	int r;

	if (!directory)
		return 0;
	snprintf(path, sizeof(path), "%s/net", directory);
	r = open_directory(pf->roots->trees[VIOD_TREE_SYS], path, &dir);
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	r = route_for_each_default(add_index, &defaults);
	if (r == 0)
		r = check_interfaces(pf, &defaults, dir, holders);
	free(defaults.items);
	return r;
}
