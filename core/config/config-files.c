/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files are in force. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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
	int error;   /* -errno: it is not known whether it is masked */
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

/* These say that there is no such file; all other errors say nothing. */
static bool is_absence(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* The text of the link is tested first, because the root of a test has no /dev. 1, 0 or -errno. */
static int is_masked(int root, const char *path)
{
	_cleanup_close_ int fd = config_open_in_root(root, path, O_PATH | O_NOFOLLOW);
	char target[sizeof("/dev/null") + 1];
	struct stat status;
	ssize_t n;
	int r;

	if (fd < 0)
		return is_absence(fd) ? 0 : fd;
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	/* Not a link: ENOENT for a path that is empty. */
	if (n < 0 && errno != EINVAL && errno != ENOENT)
		return -errno;
	if (n > 0) {
		target[n] = '\0';
		if (streq(target, "/dev/null"))
			return 1;
	}
	r = config_stat_in_root(root, path, &status);
	if (r < 0)
		return is_absence(r) ? 0 : r;
	return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
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

/* 1: opened; 0: there is none; -errno. */
static int open_listed(int root, const char *directory, DIR **ret_handle)
{
	_cleanup_close_ int fd = config_open_in_root(root, directory, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	*ret_handle = fdopendir(fd);
	if (!*ret_handle)
		return -errno;
	TAKE_FD(fd);
	return 1;
}

/* Who may write to the directory may add a file of root's, or remove one. */
static int check_directory(DIR *handle, const char *directory, struct diag_list *diags)
{
	const struct viod_where where = { .file = directory };
	struct stat status;

	if (fstat(dirfd(handle), &status) < 0)
		return -errno;
	if (status.st_uid != 0 && status.st_uid != geteuid())
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "the directory belongs to user %u, who could control viod through it, so "
			 "no file is added, changed or released; run: chown root %s",
			 status.st_uid, directory);
	else if (status.st_mode & (S_IWGRP | S_IWOTH))
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "%s may write to the directory (mode %04o), so no file is added, changed "
			 "or released; run: chmod go-w %s",
			 status.st_mode & S_IWOTH ? "every user" : "its group",
			 (unsigned)status.st_mode & 07777u, directory);
	else
		return 0;
	return -EPERM;
}

/* A name that may be meant as that of a configuration. */
static void report_other_name(const char *directory, const char *name, struct diag_list *diags)
{
	static const char *const endings[] = { ".conf", ".cfg", ".ini", ".config", ".conf.txt" };
	const struct viod_where where = { .file = directory };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t length = strlen(name), end = strlen(endings[i]);

		if (*name == '.' || length <= end || strcasecmp(name + length - end, endings[i]))
			continue;
		diag_add(diags, VIOD_WARNING, VIOD_PF, &where, 0,
			 "%s is not read; the name of a configuration ends in " SUFFIX
			 ": rename it to %.*s" SUFFIX,
			 name, (int)(length - end), name);
		return;
	}
}

static int list_opened(DIR *handle, const char *directory, size_t tree, struct diag_list *diags,
		       struct entries *entries)
{
	for (;;) {
		const struct dirent *item;

		errno = 0;
		item = readdir(handle);
		if (!item)
			return -errno;
		if (!is_config_name(item->d_name))
			report_other_name(directory, item->d_name, diags);
		else if (add_entry(entries, directory, item->d_name, tree) < 0)
			return -ENOMEM;
	}
}

/* 0, or -errno, reported: what the directory has is not known, or not all of it. */
static int list_directory(int root, const char *directory, size_t tree, struct diag_list *diags,
			  struct entries *entries)
{
	_cleanup_closedir_ DIR *handle = NULL;
	const struct viod_where where = { .file = directory };
	size_t reported = diags->count;
	int r = open_listed(root, directory, &handle);

	if (r > 0)
		r = check_directory(handle, directory, diags);
	if (r == 0 && handle)
		r = list_opened(handle, directory, tree, diags, entries);
	if (r < 0 && diags->count == reported)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, -r,
			 "the directory cannot be read: %s; until it can, no file of it is added, "
			 "changed or released",
			 strerror(-r));
	return r;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : left->tree < right->tree ? -1 : left->tree > right->tree;
}

/* Entries of all trees, up to the first one that cannot be read: what is found in a tree after that
 * may be overridden by what was not seen. */
static int list_all(int root, const char *name, struct diag_list *diags, struct entries *ret_all)
{
	int r = 0;

	for (size_t tree = 0; config_trees[tree] && r == 0; tree++) {
		_cleanup_free_ char *directory = NULL;

		if (asprintf(&directory, "/%s/%s", config_trees[tree], name) < 0) {
			directory = NULL;
			return -ENOMEM;
		}
		r = list_directory(root, directory, tree, diags, ret_all);
	}
	if (ret_all->count > 0)
		qsort(ret_all->items, ret_all->count, sizeof(*ret_all->items), compare_entries);
	return r;
}

/* The files in force of a directory in all trees: of each name the one in the first tree, unless it
 * is a mask. Sorted by name. -errno: these are not all. */
static int list_trees(int root, const char *name, struct diag_list *diags,
		      struct entries *ret_entries)
{
	_cleanup_(entries_clear) struct entries all = { 0 };
	int r = list_all(root, name, diags, &all);

	for (size_t i = 0; i < all.count && r != -ENOMEM; i++) {
		struct entry *entry;
		int masked;

		if (i > 0 && streq(all.items[i].name, all.items[i - 1].name))
			continue;
		masked = is_masked(root, all.items[i].path);
		if (masked > 0)
			continue;
		entry = array_append((void **)&ret_entries->items, &ret_entries->count,
				     sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		/* all keeps the name for the comparison above. */
		entry->name = strdup(all.items[i].name);
		entry->path = TAKE_PTR(all.items[i].path);
		entry->error = masked;
		if (!entry->name)
			return -ENOMEM;
	}
	return r;
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

/* 0, or -errno if it is not known whether the file is there. */
static int print_identity(FILE *file, int root, const char *path)
{
	struct stat status;
	int r = config_stat_in_root(root, path, &status);

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
	return r < 0 && !is_absence(r) ? r : 0;
}

static int make_identity(int root, struct config_file *item)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool failed;
	int r;

	if (!file)
		return -ENOMEM;
	r = print_identity(file, root, item->path);
	for (char **drop_in = item->drop_ins; *drop_in && r == 0; drop_in++)
		r = print_identity(file, root, *drop_in);
	failed = ferror(file);
	if (fclose(file) != 0 || failed)
		return -ENOMEM;
	item->identity = TAKE_PTR(text);
	return r;
}

/* -ENOMEM; another error is noted in item->error. */
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
	if (r == -ENOMEM)
		return r;
	item->drop_ins = calloc(entries.count + 1, sizeof(char *));
	if (!item->drop_ins)
		return -ENOMEM;
	for (size_t i = 0; i < entries.count; i++) {
		item->drop_ins[i] = TAKE_PTR(entries.items[i].path);
		r = r < 0 ? r : entries.items[i].error;
	}
	item->error = item->error ? item->error : r;
	r = make_identity(root, item);
	if (!item->identity)
		return -ENOMEM;
	item->error = item->error ? item->error : r;
	return 0;
}

static void file_clear(struct config_file *file)
{
	free(file->name);
	free(file->path);
	words_free(file->drop_ins);
	free(file->identity);
}

int config_list(int root, const char *name, struct diag_list *diags, struct config_files *ret_files)
{
	_cleanup_(entries_clear) struct entries entries = { 0 };
	int r;

	*ret_files = (struct config_files){ 0 };
	r = list_trees(root, name, diags, &entries);
	for (size_t i = 0; r != -ENOMEM && i < entries.count; i++) {
		struct config_file item = {
			.name = TAKE_PTR(entries.items[i].name),
			.path = TAKE_PTR(entries.items[i].path),
			.error = entries.items[i].error,
		};
		struct config_file *slot = NULL;

		if (add_drop_ins(root, name, diags, &item) == 0)
			slot = array_append((void **)&ret_files->items, &ret_files->count,
					    sizeof(*slot));
		if (!slot) {
			file_clear(&item);
			return -ENOMEM;
		}
		*slot = item;
	}
	return r;
}

void config_files_clear(struct config_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		file_clear(&files->items[i]);
	free(files->items);
	*files = (struct config_files){ 0 };
}

int config_tree_file(int root, const char *name, char **ret_path)
{
	for (size_t tree = 0; config_trees[tree]; tree++) {
		_cleanup_free_ char *path = NULL;
		_cleanup_close_ int fd = -1;
		int masked;

		if (asprintf(&path, "/%s/%s", config_trees[tree], name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		fd = config_open_in_root(root, path, O_PATH | O_NOFOLLOW);
		if (fd == -ENOENT || fd == -ENOTDIR)
			continue;
		masked = fd < 0 ? fd : is_masked(root, path);
		if (masked < 0)
			return masked;
		*ret_path = masked ? NULL : TAKE_PTR(path);
		return 0;
	}
	*ret_path = NULL;
	return 0;
}
