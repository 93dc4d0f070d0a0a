/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* A pass is repeated after this time, or after this many times its duration. */
#define OLD_USEC 1000000
#define OLD_TIMES 4
/* Number of the first PID namespace (kernel: enum in <linux/proc_ns.h>). */
#define PROC_PID_INIT_INO 0xEFFFFFFCu
/* fdinfo has a line for each lock and each registered file, as many as the process wants. */
#define FDINFO_MAX (16 * 1024 * 1024)

/* --- texts ----------------------------------------------------------------------------------- */

void process_unit_of(char *cgroup, char *ret_unit, size_t size)
{
	char *path = strstr(cgroup, "0::/"), *save = NULL;

	ret_unit[0] = '\0';
	if (!path)
		return;
	path[strcspn(path, "\n")] = '\0';
	for (char *part = strtok_r(path + 3, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		const char *dot = strrchr(part, '.');

		if (dot && (streq(dot, ".service") || streq(dot, ".scope")))
			snprintf(ret_unit, size, "%s", part);
	}
}

/* What follows the key at the beginning of a line, without blanks. */
static const char *line_value(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0)
			return line + length + strspn(line + length, " \t");
	}
	return NULL;
}

int process_flags_of(const char *fdinfo, unsigned *ret_flags)
{
	const char *value = line_value(fdinfo, "flags:");
	unsigned long flags;
	char *end;

	if (!value || *value < '0' || *value > '7')
		return -ENOENT;
	errno = 0;
	flags = strtoul(value, &end, 8);
	if (errno || flags > UINT32_MAX || (*end && *end != '\n'))
		return -ENOENT;
	*ret_flags = (unsigned)flags;
	return 0;
}

int process_address_of(const char *fdinfo, const char *key, char *ret_address, size_t size)
{
	const char *value = line_value(fdinfo, key), *name;
	size_t length;

	if (!value)
		return -ENOENT;
	length = strcspn(value, "\n");
	name = memrchr(value, '/', length);
	name = name ? name + 1 : value;
	length -= (size_t)(name - value);
	if (length >= size)
		return -EMSGSIZE;
	memcpy(ret_address, name, length);
	ret_address[length] = '\0';
	return 0;
}

/* --- one process ----------------------------------------------------------------------------- */

static bool is_over(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

static int open_process(const struct roots *roots, pid_t pid)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%d", (int)pid);
	fd = openat(roots->trees[VIOD_TREE_PROC], name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_fdinfo(int process, const char *number, char **ret_text)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	size_t size;

	snprintf(path, sizeof(path), "fdinfo/%s", number);
	fd = openat(process, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_fd(fd, FDINFO_MAX, ret_text, &size);
}

/* The file system of an open file is not asked, because it may never answer: a network server that
 * is not reachable, or FUSE. */
static int look_at(int directory, const char *path, struct statx *ret_status)
{
	return statx(directory, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE,
		     ret_status) < 0
		       ? -errno
		       : 0;
}

static bool is_device(const struct statx *status)
{
	return S_ISCHR(status->stx_mode) || S_ISBLK(status->stx_mode);
}

static bool is_same(const struct statx *status, const struct process_file *file)
{
	return is_device(status) && file->block == (bool)S_ISBLK(status->stx_mode) &&
	       file->device == makedev(status->stx_rdev_major, status->stx_rdev_minor);
}

bool process_uses_file(const struct roots *roots, const struct process_file *file)
{
	_cleanup_close_ int process = open_process(roots, file->pid);
	_cleanup_free_ char *text = NULL;
	struct statx status;
	char path[32];
	unsigned flags;
	int r;

	if (process < 0)
		return !is_over(process);
	snprintf(path, sizeof(path), "fd/%d", file->number);
	r = look_at(process, path, &status);
	if (r < 0)
		return !is_over(r);
	if (!is_same(&status, file))
		return false;
	r = read_fdinfo(process, path + strlen("fd/"), &text);
	if (r < 0)
		return !is_over(r);
	return process_flags_of(text, &flags) < 0 || !(flags & O_PATH);
}

void process_describe(const struct roots *roots, pid_t pid, const char *what, uint32_t flags,
		      struct viod_holder *ret_holder)
{
	_cleanup_close_ int process = open_process(roots, pid);
	char cgroup[4096];

	*ret_holder = (struct viod_holder){ .pid = pid, .flags = flags };
	snprintf(ret_holder->what, sizeof(ret_holder->what), "%s", what);
	if (process < 0)
		return;
	(void)sysfs_read(process, "comm", ret_holder->process, sizeof(ret_holder->process));
	if (sysfs_read_all(process, "cgroup", cgroup, sizeof(cgroup)) == 0)
		process_unit_of(cgroup, ret_holder->unit, sizeof(ret_holder->unit));
	make_printable(ret_holder->process);
	make_printable(ret_holder->unit);
}

/* --- all processes --------------------------------------------------------------------------- */

struct pass {
	const struct roots *roots;
	const struct viod_open_file *const *known;
	struct processes *processes;
	int process;
	pid_t pid;
};

static int add_object(struct pass *pass, const struct viod_open_file *known, const char *number)
{
	struct process_object object = { .pid = pass->pid, .what = known->what }, *slot;
	_cleanup_free_ char *text = NULL;
	int r = read_fdinfo(pass->process, number, &text);

	if (is_over(r))
		return 0;
	/* What cannot be read may use any function. */
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !known->line ||
	    process_address_of(text, known->line, object.address, sizeof(object.address)) < 0)
		object.address[0] = '\0';
	slot = array_append((void **)&pass->processes->objects, &pass->processes->n_objects,
			    sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = object;
	return 0;
}

/* Files without a type are anonymous: only the target of their link shows what they are. */
static int check_anonymous(struct pass *pass, int directory, const char *number)
{
	char target[64];
	ssize_t n;

	if (!pass->known[0])
		return 0;
	n = readlinkat(directory, number, target, sizeof(target));
	if (n < 0)
		return is_over(-errno) ? 0 : -errno;
	if (n == sizeof(target))
		return 0;
	target[n] = '\0';
	for (size_t i = 0; pass->known[i]; i++)
		for (const struct viod_open_file *known = pass->known[i]; known->link; known++)
			if (streq(target, known->link))
				return add_object(pass, known, number);
	return 0;
}

static int check_file(struct pass *pass, int directory, const char *number)
{
	struct process_file *file;
	struct statx status;
	int r = look_at(directory, number, &status);

	/* A file that its file system does not let root look at is no device node of the host. */
	if (r == -EACCES || r == -EPERM || is_over(r))
		return 0;
	if (r < 0)
		return r;
	if (!(status.stx_mode & S_IFMT))
		return check_anonymous(pass, directory, number);
	if (!is_device(&status))
		return 0;
	file = array_append((void **)&pass->processes->files, &pass->processes->n_files,
			    sizeof(*file));
	if (!file)
		return -ENOMEM;
	*file = (struct process_file){
		.pid = pass->pid,
		.number = (int)strtol(number, NULL, 10),
		.device = makedev(status.stx_rdev_major, status.stx_rdev_minor),
		.block = S_ISBLK(status.stx_mode),
	};
	return 0;
}

/* Only a process that has ended is ignored; one that cannot be read could hold anything. */
static int check_process(struct pass *pass)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r = open_directory(pass->process, "fd", &dir);

	if (r < 0)
		return is_over(r) ? 0 : r;
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		r = check_file(pass, dirfd(dir), entry->d_name);
		if (r < 0)
			return r;
	}
	return errno == 0 || is_over(-errno) ? 0 : -errno;
}

static int read_all(struct pass *pass)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r = open_directory(pass->roots->trees[VIOD_TREE_PROC], ".", &dir);

	if (r < 0)
		return r;
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		pass->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		pass->process = open_process(pass->roots, pass->pid);
		if (pass->process < 0 && is_over(pass->process))
			continue;
		r = pass->process < 0 ? pass->process : check_process(pass);
		closep(&pass->process);
		if (r < 0)
			return r;
	}
	return -errno;
}

int processes_read(const struct roots *roots, const struct viod_open_file *const *known,
		   struct processes **ret_processes)
{
	struct processes *processes = calloc(1, sizeof(*processes));
	struct pass pass = { .roots = roots, .known = known, .processes = processes };
	int r;

	if (!processes)
		return -ENOMEM;
	processes->began = now_usec();
	r = read_all(&pass);
	processes->ended = now_usec();
	if (r < 0)
		processes_free(processes);
	else
		*ret_processes = processes;
	return r;
}

struct processes *processes_free(struct processes *processes)
{
	if (processes) {
		free(processes->files);
		free(processes->objects);
	}
	free(processes);
	return NULL;
}

int processes_are_of_host(const struct roots *roots)
{
	char text[64], wanted[64];
	ssize_t n;

	snprintf(wanted, sizeof(wanted), "pid:[%u]", PROC_PID_INIT_INO);
	n = readlinkat(roots->trees[VIOD_TREE_PROC], "1/ns/pid", text, sizeof(text) - 1);
	/* A kernel without PID namespaces. */
	if (n < 0)
		return errno == ENOENT ? 1 : -errno;
	text[n] = '\0';
	return streq(text, wanted);
}

bool processes_are_old(const struct processes *processes)
{
	uint64_t spent = processes->ended - processes->began;

	return now_usec() - processes->ended > MAX((uint64_t)OLD_USEC, spent * OLD_TIMES);
}
