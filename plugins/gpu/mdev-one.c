/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mdev: the note that viod made it, its node, how it is created and removed. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "mdev.h"

/* Where no file sets 'mdev-grace', as when a baseline is restored. */
#define GRACE_SECONDS 60

static int64_t grace_of(struct viod_pf *pf)
{
	const struct gpu_memory *memory = gpu_memory(pf);

	return memory && memory->has_grace ? memory->grace : GRACE_SECONDS;
}

int64_t gpu_seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

int gpu_mdev_node(struct viod_pf *pf, const char *path, char *ret_name, size_t size)
{
	char link[GPU_PATH_MAX], group[16];
	int r;

	if (snprintf(link, sizeof(link), "%s/iommu_group", path) >= (int)sizeof(link))
		return -ENAMETOOLONG;
	r = viod_link_at(pf, VIOD_TREE_SYS, link, group, sizeof(group));
	if (r == 0)
		snprintf(ret_name, size, "/dev/vfio/%s", group);
	return r;
}

/* --- the note --------------------------------------------------------------------------------- */

/* The note of an mdev: "END PARENT INODE". The inode distinguishes it from another one of the same
 * UUID that was created after the parent's driver removed it; 0 until the mdev exists. */
struct mdev_note {
	int64_t end;
	char parent[64];
	uint64_t inode;
};

static void note_key(const char *uuid, char ret_key[static 48])
{
	snprintf(ret_key, 48, "mdev.%s", uuid);
}

static int write_note(struct viod_pf *pf, const char *uuid, const struct mdev_note *note)
{
	char key[48], text[160];

	note_key(uuid, key);
	snprintf(text, sizeof(text), "%" PRId64 " %s %" PRIu64, note->end, note->parent,
		 note->inode);
	return viod_note(pf, key, text);
}

static void drop_note(struct viod_pf *pf, const char *uuid)
{
	char key[48];

	note_key(uuid, key);
	(void)viod_note(pf, key, NULL);
}

bool gpu_mdev_is_own(struct viod_pf *pf, const char *path, const char *uuid, int64_t *ret_end)
{
	const char *name = strrchr(path, '/');
	struct mdev_note note = { 0 };
	char key[48], text[160];
	size_t length;

	note_key(uuid, key);
	if (!name || viod_noted(pf, key, text, sizeof(text)) < 0 ||
	    sscanf(text, "%" SCNd64 " %63s %" SCNu64, &note.end, note.parent, &note.inode) != 3)
		return false;
	length = strlen(note.parent);
	if ((size_t)(name - path) <= length || name[-(ptrdiff_t)length - 1] != '/' ||
	    strncmp(name - length, note.parent, length) != 0 ||
	    (note.inode && note.inode != gpu_inode(pf, path)))
		return false;
	*ret_end = note.end;
	return true;
}

/* --- create and remove ------------------------------------------------------------------------ */

struct search {
	const char *uuid;
	uint64_t inode; /* 0: not found */
};

static int is_this(struct viod_pf *pf, const char *path, void *data)
{
	struct search *search = data;

	if (strcasecmp(strrchr(path, '/') + 1, search->uuid) == 0)
		search->inode = gpu_inode(pf, path);
	return search->inode != 0;
}

/* The note is written first: an mdev without a note is never removed. */
int gpu_mdev_make(struct viod_pf *pf, int vf, const struct gpu_type *type, const char *uuid)
{
	const struct viod_function *function = viod_function(pf, vf);
	struct mdev_note note = { .end = gpu_seconds() + grace_of(pf) };
	struct search search = { .uuid = uuid };
	char path[GPU_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "bus/mdev/devices/%s", uuid);
	if (!function || gpu_exists(pf, path))
		return function ? -EEXIST : -ENODEV;
	snprintf(note.parent, sizeof(note.parent), "%s", function->address);
	r = write_note(pf, uuid, &note);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "mdev_supported_types/%s/create", type->id);
	r = viod_write(pf, vf, path, uuid);
	if (r == 0)
		r = gpu_each_mdev(pf, vf, is_this, &search);
	if (r < 0 || !search.inode) {
		drop_note(pf, uuid);
		return r < 0 ? r : -EIO;
	}
	note.inode = search.inode;
	return write_note(pf, uuid, &note);
}

int gpu_mdev_remove(struct viod_pf *pf, const char *path, const char *uuid)
{
	char file[GPU_PATH_MAX];
	int r;

	if (snprintf(file, sizeof(file), "%s/remove", path) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	r = viod_write_at(pf, VIOD_TREE_SYS, file, "1");
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	drop_note(pf, uuid);
	return 0;
}
