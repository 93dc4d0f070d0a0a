/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/holders-process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct viod_holders *holders_of_function(struct holder_search *search, int vf)
{
	return &search->by_vf[vf == VIOD_PF ? search->pf->n_vfs : (size_t)vf];
}

uint32_t holder_flags_of(const struct device_node *node)
{
	return node->vf == VIOD_PF && !(node->flags & VIOD_NODE_DRIVES) ? VIOD_HOLDER_YIELDS : 0;
}

/* The unit or container of a process: the innermost service, scope or machine of its cgroup. */
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
	struct viod_holder holder = { .pid = pid, .flags = flags };

	(void)sysfs_read(process, "comm", holder.process, sizeof(holder.process));
	unit_of(process, holder.unit, sizeof(holder.unit));
	snprintf(holder.what, sizeof(holder.what), "%s", what);
	return holders_add(holders, &holder);
}

/* A VFIO device descriptor is an anonymous file, whose fdinfo names the device since Linux 6.18. On
 * older kernels it only shows that this process has a VFIO device open. */
static int check_anonymous(struct holder_search *search, int process, pid_t pid,
			   const char *fd_name)
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
					   holders_of_function(search, vf));
	return 0;
}

static int check_descriptor(struct holder_search *search, int process, pid_t pid,
			    const char *fd_name)
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

		if (node->device != status.st_rdev ||
		    !(node->flags & VIOD_NODE_BLOCK) != !S_ISBLK(status.st_mode))
			continue;
		r = add_process(process, pid, node->path, holder_flags_of(node),
				holders_of_function(search, node->vf));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Only a process that has ended is ignored; one that cannot be read could hold anything. */
static int check_process(struct holder_search *search, const char *name)
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

int holders_scan_processes(struct holder_search *search)
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
