/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files are in force, and how one is read safely. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "config/config-private.h"

/* Of a file's name. */
#define SUFFIX ".conf"
/* Twice the longest tick of any kernel, 1/100 s. */
#define TICK_NSEC 20000000LL

const char *const config_trees[] = { "etc", "run", "usr/lib", NULL };

/* One name in one tree. */
struct entry {
	char *name;
	char *path;
	size_t tree; /* index: the lowest wins */
	bool masked;
};

struct entries {
	struct entry *items;
	size_t count;
};

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].name);
		free(entries->items[i].path);
	}
	free(entries->items);
	*entries = (struct entries){ 0 };
}

/* --- below the root --------------------------------------------------------------------------- */

/* Links are resolved relative to the root, too, which tests replace. Kernels before 5.6 and the
 * system call filters of some containers lack openat2(); links are then resolved relative to "/",
 * which is correct except in tests. */
static int open_in_root(int root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd;

	path += strspn(path, "/");
	/* EAGAIN: a rename happened while ".." was resolved. */
	for (unsigned attempt = 0; attempt < 8; attempt++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int stat_in_root(int root, const char *path, struct stat *ret_status)
{
	_cleanup_close_ int fd = open_in_root(root, path, O_PATH);

	if (fd < 0)
		return fd;
	return fstat(fd, ret_status) < 0 ? -errno : 0;
}

static bool is_link(int root, const char *path)
{
	_cleanup_close_ int fd = open_in_root(root, path, O_PATH | O_NOFOLLOW);
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
}

/* The text of the link is tested first, because the root of a test has no /dev. */
static bool is_masked(int root, const char *path)
{
	_cleanup_close_ int fd = open_in_root(root, path, O_PATH | O_NOFOLLOW);
	char target[sizeof("/dev/null") + 1];
	struct stat status;
	ssize_t n;

	if (fd < 0)
		return false;
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		if (streq(target, "/dev/null"))
			return true;
	}
	return stat_in_root(root, path, &status) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(1, 3);
}

/* --- listing ---------------------------------------------------------------------------------- */

static bool is_config_name(const char *name)
{
	size_t length = strlen(name);

	return *name != '.' && length > strlen(SUFFIX) &&
	       streq(name + length - strlen(SUFFIX), SUFFIX);
}

static int add_entry(struct entries *entries, const char *directory, const char *name, size_t tree)
{
	struct entry *entry =
		array_append((void **)&entries->items, &entries->count, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->tree = tree;
	entry->name = strdup(name);
	if (asprintf(&entry->path, "%s/%s", directory, name) < 0)
		entry->path = NULL;
	return entry->name && entry->path ? 0 : -ENOMEM;
}

/* A directory that cannot be read is reported and left out; only -ENOMEM is returned. */
static int list_directory(int root, const char *directory, size_t tree, struct diag_list *diags,
			  struct entries *entries)
{
	_cleanup_closedir_ DIR *handle = NULL;
	const struct viod_where where = { .file = directory };
	int fd = open_in_root(root, directory, O_RDONLY | O_DIRECTORY);

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0) {
		handle = fdopendir(fd);
		if (!handle) {
			fd = -errno;
			close(fd);
		}
	}
	if (!handle) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, -fd,
			 "the directory cannot be read: %s; its files are ignored", strerror(-fd));
		return 0;
	}
	for (;;) {
		const struct dirent *item;

		errno = 0;
		item = readdir(handle);
		if (!item && errno)
			diag_add(diags, VIOD_ERROR, VIOD_PF, &where, errno,
				 "the directory cannot be read to its end: %s", strerror(errno));
		if (!item)
			return 0;
		if (is_config_name(item->d_name) &&
		    add_entry(entries, directory, item->d_name, tree) < 0)
			return -ENOMEM;
	}
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : left->tree < right->tree ? -1 : left->tree > right->tree;
}

/* The files in force of a directory in all trees: of each name the one in the first tree, unless it
 * is a mask. Sorted by name. */
static int list_trees(int root, const char *name, struct diag_list *diags,
		      struct entries *ret_entries)
{
	_cleanup_(entries_clear) struct entries all = { 0 }, kept = { 0 };

	for (size_t tree = 0; config_trees[tree]; tree++) {
		_cleanup_free_ char *directory = NULL;

		if (asprintf(&directory, "/%s/%s", config_trees[tree], name) < 0) {
			directory = NULL;
			return -ENOMEM;
		}
		if (list_directory(root, directory, tree, diags, &all) < 0)
			return -ENOMEM;
	}
	if (all.count > 0)
		qsort(all.items, all.count, sizeof(*all.items), compare_entries);
	for (size_t i = 0; i < all.count; i++) {
		struct entry *entry;

		if ((i > 0 && streq(all.items[i].name, all.items[i - 1].name)) ||
		    is_masked(root, all.items[i].path))
			continue;
		entry = array_append((void **)&kept.items, &kept.count, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		/* all keeps the name for the comparison above. */
		entry->name = strdup(all.items[i].name);
		entry->path = TAKE_PTR(all.items[i].path);
		if (!entry->name)
			return -ENOMEM;
	}
	*ret_entries = kept;
	kept = (struct entries){ 0 };
	return 0;
}

/* The kernel's time stamps have the resolution of a tick: the second of two writes within a tick
 * does not change them. A file that was just written therefore counts as changed at the next
 * look. */
static void print_time_of_check(FILE *file, const struct timespec *stamp)
{
	struct timespec now;
	long long age;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return;
	age = (now.tv_sec - stamp->tv_sec) * 1000000000LL + (now.tv_nsec - stamp->tv_nsec);
	if (age > -TICK_NSEC && age < TICK_NSEC)
		fprintf(file, "%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
}

static void print_identity(FILE *file, int root, const char *path)
{
	struct stat status;
	int r = stat_in_root(root, path, &status);

	if (r < 0) {
		fprintf(file, "%s %d\n", path, r);
	} else {
		/* ctime, too: it changes with the mode, and with a write that restores mtime. */
		fprintf(file, "%s %llx:%llx %lld %lld.%09ld %lld.%09ld\n", path,
			(unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
			(long long)status.st_size, (long long)status.st_mtim.tv_sec,
			status.st_mtim.tv_nsec, (long long)status.st_ctim.tv_sec,
			status.st_ctim.tv_nsec);
		print_time_of_check(file, &status.st_ctim);
	}
}

static char *identity_of(int root, const struct config_file *item)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool failed;

	if (!file)
		return NULL;
	print_identity(file, root, item->path);
	for (char **drop_in = item->drop_ins; *drop_in; drop_in++)
		print_identity(file, root, *drop_in);
	failed = ferror(file);
	if (fclose(file) != 0 || failed)
		return NULL;
	return TAKE_PTR(text);
}

static int add_drop_ins(int root, const char *directory, struct diag_list *diags,
			struct config_file *item)
{
	_cleanup_(entries_clear) struct entries entries = { 0 };
	_cleanup_free_ char *name = NULL;
	int r;

	if (asprintf(&name, "%s/%s.d", directory, item->name) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	r = list_trees(root, name, diags, &entries);
	if (r < 0)
		return r;
	item->drop_ins = calloc(entries.count + 1, sizeof(char *));
	if (!item->drop_ins)
		return -ENOMEM;
	for (size_t i = 0; i < entries.count; i++)
		item->drop_ins[i] = TAKE_PTR(entries.items[i].path);
	item->identity = identity_of(root, item);
	return item->identity ? 0 : -ENOMEM;
}

int config_list(int root, const char *name, struct diag_list *diags, struct config_files *ret_files)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_(entries_clear) struct entries entries = { 0 };
	int r = list_trees(root, name, diags, &entries);

	for (size_t i = 0; r == 0 && i < entries.count; i++) {
		struct config_file *item =
			array_append((void **)&files.items, &files.count, sizeof(*item));

		if (!item)
			return -ENOMEM;
		item->name = TAKE_PTR(entries.items[i].name);
		item->path = TAKE_PTR(entries.items[i].path);
		r = add_drop_ins(root, name, diags, item);
	}
	if (r < 0)
		return r;
	*ret_files = files;
	files = (struct config_files){ 0 };
	return 0;
}

void config_files_clear(struct config_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].name);
		free(files->items[i].path);
		words_free(files->items[i].drop_ins);
		free(files->items[i].identity);
	}
	free(files->items);
	*files = (struct config_files){ 0 };
}

int config_tree_file(int root, const char *name, char **ret_path)
{
	for (size_t tree = 0; config_trees[tree]; tree++) {
		_cleanup_free_ char *path = NULL;
		_cleanup_close_ int fd = -1;

		if (asprintf(&path, "/%s/%s", config_trees[tree], name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		fd = open_in_root(root, path, O_PATH | O_NOFOLLOW);
		if (fd == -ENOENT || fd == -ENOTDIR)
			continue;
		*ret_path = is_masked(root, path) ? NULL : TAKE_PTR(path);
		return 0;
	}
	*ret_path = NULL;
	return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int refuse_open(int root, const char *path, int error, struct diag_list *diags)
{
	const struct viod_where where = { .file = path };

	if (error == ELOOP)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error,
			 "this symbolic link leads back to itself; point it to a file");
	else if (error == ENOENT && is_link(root, path))
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error,
			 "this symbolic link points to a file that does not exist; create that "
			 "file, or remove the link");
	else if (error == ENOENT)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error, "the file does not exist");
	else
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, error, "the file cannot be read: %s",
			 strerror(error));
	return -EINVAL;
}

static const char *file_type(mode_t mode)
{
	return S_ISDIR(mode)	? "a directory"
	       : S_ISFIFO(mode) ? "a named pipe"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

/* Report everything that is wrong with a file's type, size, owner and mode. */
static int check_config_file(const char *path, const struct stat *status, struct diag_list *diags)
{
	const struct viod_where where = { .file = path };
	mode_t writers = status->st_mode & (S_IWGRP | S_IWOTH);
	int r = 0;

	if (!S_ISREG(status->st_mode)) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "this is %s; a configuration is a regular file, or a symbolic link to one",
			 file_type(status->st_mode));
		return -EINVAL;
	}
	if (status->st_size > CONFIG_FILE_MAX) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, EFBIG,
			 "the file has %lld bytes; a configuration has at most %d",
			 (long long)status->st_size, CONFIG_FILE_MAX);
		r = -EINVAL;
	}
	if (status->st_uid != 0 && status->st_uid != geteuid()) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "the file belongs to user %u, who could control viod through it; run: "
			 "chown root %s",
			 status->st_uid, path);
		r = -EINVAL;
	}
	if (writers) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "%s may write to the file (mode %04o); run: chmod go-w %s",
			 writers == S_IWGRP ? "its group" : "every user",
			 (unsigned)status->st_mode & 07777u, path);
		r = -EINVAL;
	}
	return r;
}

int config_read(int root, const char *path, struct diag_list *diags, char **ret_text,
		size_t *ret_size)
{
	const struct viod_where where = { .file = path };
	_cleanup_close_ int fd = -1;
	struct stat status;
	int r = stat_in_root(root, path, &status);

	if (r < 0)
		return r == -ENOMEM ? r : refuse_open(root, path, -r, diags);
	/* Checked before it is opened, because opening a device such as a watchdog has effects. */
	if (!S_ISREG(status.st_mode))
		return check_config_file(path, &status, diags);
	fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse_open(root, path, -fd, diags);
	if (fstat(fd, &status) < 0)
		return refuse_open(root, path, errno, diags);
	r = check_config_file(path, &status, diags);
	if (r < 0)
		return r;
	r = read_fd(fd, CONFIG_FILE_MAX, ret_text, ret_size);
	if (r == -EFBIG)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, EFBIG,
			 "the file grew beyond %d bytes while it was read", CONFIG_FILE_MAX);
	else if (r < 0 && r != -ENOMEM)
		return refuse_open(root, path, -r, diags);
	return r == -EFBIG ? -EINVAL : r;
}
