/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* No directory that is searched here has more entries, except those of all devices. */
#define NAMES_MAX 4096

/* All zero if it does not exist. */
static struct stat status_of(struct viod_pf *pf, const char *path)
{
	struct stat status;

	return viod_stat_at(pf, VIOD_TREE_SYS, path, &status) < 0 ? (struct stat){ 0 } : status;
}

uint64_t gpu_inode(struct viod_pf *pf, const char *path)
{
	return status_of(pf, path).st_ino;
}

bool gpu_exists(struct viod_pf *pf, const char *path)
{
	return status_of(pf, path).st_mode != 0;
}

bool gpu_writable(struct viod_pf *pf, const char *path)
{
	return status_of(pf, path).st_mode & 0222;
}

/* --- wildcards ------------------------------------------------------------------------------- */

struct names {
	char *items[NAMES_MAX];
	size_t count;
};

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names);
}

static int names_matching(struct viod_pf *pf, const char *directory, const char *pattern,
			  struct names *names)
{
	const struct dirent *entry;
	DIR *dir;
	int r;

	r = viod_open_directory(pf, VIOD_TREE_SYS, directory, &dir);
	if (r < 0)
		return r;
	while ((entry = readdir(dir)) && names->count < NAMES_MAX) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0)
			continue;
		names->items[names->count] = strdup(entry->d_name);
		if (names->items[names->count])
			names->count++;
	}
	closedir(dir);
	qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return 0;
}

static int glob_from(struct viod_pf *pf, const char *done, const char *rest,
		     int (*found)(struct viod_pf *pf, const char *path, void *data), void *data)
{
	size_t plain = strcspn(rest, "*?["), length;
	char path[GPU_PATH_MAX], component[128];
	struct names *names;
	int r;

	if (rest[plain] == '\0') {
		if (snprintf(path, sizeof(path), "%s%s", done, rest) >= (int)sizeof(path))
			return 0;
		return gpu_exists(pf, path) ? found(pf, path, data) : 0;
	}
	while (plain > 0 && rest[plain - 1] != '/')
		plain--;
	length = strcspn(rest + plain, "/");
	if (length >= sizeof(component) ||
	    snprintf(path, sizeof(path), "%s%.*s", done, (int)plain, rest) >= (int)sizeof(path))
		return 0;
	memcpy(component, rest + plain, length);
	component[length] = '\0';
	names = calloc(1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	r = names_matching(pf, path, component, names);
	if (r == -ENOENT || r == -ENOTDIR)
		r = 0;
	for (size_t i = 0; r == 0 && i < names->count; i++) {
		char next[GPU_PATH_MAX];

		if (snprintf(next, sizeof(next), "%s%s", path, names->items[i]) < (int)sizeof(next))
			r = glob_from(pf, next, rest + plain + length, found, data);
	}
	names_free(names);
	return r;
}

int gpu_glob(struct viod_pf *pf, const char *pattern,
	     int (*found)(struct viod_pf *pf, const char *path, void *data), void *data)
{
	return glob_from(pf, "", pattern, found, data);
}
