/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nodes in /dev/vfio, and their owners and modes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vfio.h"

/* udev sets owner and mode by its own rules when a node appears; a write before that would be lost.
 */
#define UDEV_PATIENCE_MSEC 2000

/* --- words ----------------------------------------------------------------------------------- */

/* A number, or -EINVAL. (uid_t)-1 means "leave alone" to chown(). */
static int parse_id(const char *text, unsigned *ret_id)
{
	unsigned long id;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	id = strtoul(text, &end, 10);
	if (*end || errno || id >= UINT_MAX)
		return -EINVAL;
	*ret_id = (unsigned)id;
	return 0;
}

int vfio_find_user(const char *text, uid_t *ret_id)
{
	const struct passwd *user = getpwnam(text);

	if (user) {
		*ret_id = user->pw_uid;
		return 0;
	}
	return parse_id(text, ret_id) < 0 ? -ENOENT : 0;
}

int vfio_find_group(const char *text, gid_t *ret_id)
{
	const struct group *group = getgrnam(text);

	if (group) {
		*ret_id = group->gr_gid;
		return 0;
	}
	return parse_id(text, ret_id) < 0 ? -ENOENT : 0;
}

void vfio_name_user(uid_t id, char *ret_text, size_t size)
{
	const struct passwd *user = getpwuid(id);
	int n = user ? snprintf(ret_text, size, "%s", user->pw_name) : -1;

	if (n < 0 || (size_t)n >= size)
		snprintf(ret_text, size, "%u", (unsigned)id);
}

void vfio_name_group(gid_t id, char *ret_text, size_t size)
{
	const struct group *group = getgrgid(id);
	int n = group ? snprintf(ret_text, size, "%s", group->gr_name) : -1;

	if (n < 0 || (size_t)n >= size)
		snprintf(ret_text, size, "%u", (unsigned)id);
}

int vfio_parse_mode(const char *text, mode_t *ret_mode)
{
	unsigned mode = 0;

	if (!*text || strlen(text) > 4)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '7')
			return -EINVAL;
		mode = mode << 3 | (unsigned)(*text - '0');
	}
	if (mode > 0777)
		return -EINVAL;
	*ret_mode = mode;
	return 0;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static int open_folder(struct viod_pf *pf)
{
	return viod_open(pf, VIOD_TREE_DEV, "vfio", O_PATH | O_DIRECTORY);
}

static bool is_node(int folder, const char *path)
{
	struct stat status;

	return fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(status.st_mode);
}

static void add_node(int folder, const char *path, struct vfio_nodes *nodes)
{
	if (nodes->count == sizeof(nodes->paths) / sizeof(nodes->paths[0]) ||
	    strlen(path) >= sizeof(nodes->paths[0]) || !is_node(folder, path))
		return;
	snprintf(nodes->paths[nodes->count++], sizeof(nodes->paths[0]), "%s", path);
}

/* The device's own node is named in its folder vfio-dev. */
static void add_own_node(struct viod_pf *pf, const struct viod_function *function, int folder,
			 struct vfio_nodes *nodes)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/vfio-dev", function->directory);
	if (viod_open_directory(pf, VIOD_TREE_SYS, path, &directory) < 0)
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "devices/%s", entry->d_name);
		add_node(folder, path, nodes);
	}
	closedir(directory);
}

void vfio_nodes_find(struct viod_pf *pf, int vf, struct vfio_nodes *ret_nodes)
{
	const struct viod_function *function = viod_function(pf, vf);
	_cleanup_fd_ int folder = -1;
	char path[32];

	*ret_nodes = (struct vfio_nodes){ 0 };
	if (!function || !viod_is_vfio_driver(function->driver))
		return;
	folder = open_folder(pf);
	if (folder < 0)
		return;
	if (function->iommu_group >= 0) {
		snprintf(path, sizeof(path), "%d", function->iommu_group);
		add_node(folder, path, ret_nodes);
		snprintf(path, sizeof(path), "noiommu-%d", function->iommu_group);
		add_node(folder, path, ret_nodes);
	}
	add_own_node(pf, function, folder, ret_nodes);
}

/* A group's node is no child of the function in sysfs, and stays taken while an unbind waits for
 * its user, when the function has no driver any more. */
static int add_group(struct viod_pf *pf, const char *name, struct viod_nodes *nodes)
{
	struct viod_node node = { .flags = VIOD_NODE_EXCLUSIVE | VIOD_NODE_DRIVES };
	struct stat status;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/dev/vfio/%s", name);
	r = viod_stat_at(pf, VIOD_TREE_DEV, path + strlen("/dev"), &status);
	if (r < 0 || !S_ISCHR(status.st_mode))
		return r == -ENOENT ? 0 : r;
	node.path = path;
	node.device = status.st_rdev;
	return viod_node_add(nodes, &node);
}

/* Core finds it as well, but cannot know what opening it means. */
static int add_own(struct viod_pf *pf, const struct viod_function *function,
		   struct viod_nodes *nodes)
{
	struct vfio_nodes own = { 0 };
	_cleanup_fd_ int folder = open_folder(pf);
	int r = 0;

	if (folder >= 0)
		add_own_node(pf, function, folder, &own);
	for (size_t i = 0; i < own.count && r == 0; i++) {
		struct viod_node node = { .flags = VIOD_NODE_DRIVES };
		struct stat status;
		char path[64];

		snprintf(path, sizeof(path), "/dev/vfio/%s", own.paths[i]);
		if (fstatat(folder, own.paths[i], &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		node.path = path;
		node.device = status.st_rdev;
		r = viod_node_add(nodes, &node);
	}
	return r;
}

int vfio_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes)
{
	const struct viod_function *function = viod_function(pf, vf);
	char name[32];
	int r = 0;

	if (!function)
		return 0;
	if (function->iommu_group >= 0) {
		snprintf(name, sizeof(name), "%d", function->iommu_group);
		r = add_group(pf, name, nodes);
		snprintf(name, sizeof(name), "noiommu-%d", function->iommu_group);
		r = r < 0 ? r : add_group(pf, name, nodes);
	}
	/* Of a VF it makes no difference. */
	return r < 0 || vf != VIOD_PF ? r : add_own(pf, function, nodes);
}

bool vfio_node_read(struct viod_pf *pf, const char *path, struct vfio_node *ret_node)
{
	_cleanup_fd_ int folder = open_folder(pf);
	struct stat status;

	if (folder < 0 || fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISCHR(status.st_mode))
		return false;
	*ret_node = (struct vfio_node){ 0 };
	vfio_name_user(status.st_uid, ret_node->owner, sizeof(ret_node->owner));
	vfio_name_group(status.st_gid, ret_node->group, sizeof(ret_node->group));
	snprintf(ret_node->mode, sizeof(ret_node->mode), "%04o", status.st_mode & 0777u);
	return true;
}

/* Owner and mode change one after the other. The bits that the old and the new mode have in common
 * are set meanwhile, so that at no moment anyone may do more than both before and afterwards. */
static int change_node(int node, const char *path, const struct stat *before, uid_t user,
		       gid_t group, mode_t mode)
{
	mode_t common = before->st_mode & mode & 0777u;

	if (common != (before->st_mode & 0777u) && chmod(path, common) < 0)
		return -errno;
	if (fchownat(node, "", user, group, AT_EMPTY_PATH) < 0)
		return -errno;
	return common != mode && chmod(path, mode) < 0 ? -errno : 0;
}

/* A node that was replaced while udev was waited for belongs to another device, whose group may
 * have the same number. */
static int check_same(int folder, const char *name, int node, struct stat *ret_status)
{
	struct stat now;

	if (fstat(node, ret_status) < 0 || fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return now.st_ino == ret_status->st_ino && now.st_rdev == ret_status->st_rdev ? 0 : -ESTALE;
}

static void wait_for_udev(struct viod_pf *pf, int node)
{
	struct statx status;
	struct timespec made;
	char entry[64];

	if (statx(node, "", AT_EMPTY_PATH, STATX_BTIME, &status) < 0 ||
	    !(status.stx_mask & STATX_BTIME))
		return;
	made = (struct timespec){ status.stx_btime.tv_sec, status.stx_btime.tv_nsec };
	snprintf(entry, sizeof(entry), "c%u:%u", status.stx_rdev_major, status.stx_rdev_minor);
	(void)viod_udev_wait(pf, entry, &made, UDEV_PATIENCE_MSEC);
}

int vfio_node_write(struct viod_pf *pf, const char *name, const struct vfio_node *wanted)
{
	_cleanup_fd_ int folder = open_folder(pf), node = -1;
	uid_t user = (uid_t)-1;
	gid_t group = (gid_t)-1;
	struct stat before;
	char path[32];
	mode_t mode;
	int r;

	if (folder < 0)
		return folder;
	if ((wanted->owner[0] && vfio_find_user(wanted->owner, &user) < 0) ||
	    (wanted->group[0] && vfio_find_group(wanted->group, &group) < 0))
		return -ENOENT;
	node = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0)
		return -errno;
	if (fstat(node, &before) < 0 || !S_ISCHR(before.st_mode))
		return -ENOENT;
	wait_for_udev(pf, node);
	r = check_same(folder, name, node, &before);
	if (r < 0)
		return r;
	mode = before.st_mode & 0777u;
	if (wanted->mode[0] && vfio_parse_mode(wanted->mode, &mode) < 0)
		return -EINVAL;
	/* The node has no other name that cannot be exchanged; chmod() follows this link to it. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	return change_node(node, path, &before, user, group, mode);
}
