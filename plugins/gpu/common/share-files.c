/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of shares: their places and contents. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "share.h"

/* Files of one share: one for each tile or GT. */
#define FILES_MAX 32

struct files {
	char paths[FILES_MAX][GPU_PATH_MAX];
	size_t count;
};

/* --- the layout ------------------------------------------------------------------------------ */

static int copy_path(struct viod_pf *pf, const char *path, void *data)
{
	char *base = data;

	(void)snprintf(base, GPU_PATH_MAX, "%s", path);
	return 1;
}

/* The directory cardN, for any N. */
static int find_card(struct viod_pf *pf, char ret_path[static GPU_PATH_MAX])
{
	char pattern[GPU_PATH_MAX];

	snprintf(pattern, sizeof(pattern), "%s/drm/card*", viod_function(pf, VIOD_PF)->directory);
	return gpu_glob(pf, pattern, copy_path, ret_path) == 1 ? 0 : -ENOENT;
}

static int find_base(struct viod_pf *pf, enum gpu_share_base base,
		     char ret_path[static GPU_PATH_MAX])
{
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	char card[GPU_PATH_MAX];

	switch (base) {
	case GPU_BASE_FUNCTION:
		snprintf(ret_path, GPU_PATH_MAX, "%s", self->directory);
		return 0;
	case GPU_BASE_CARD:
		return find_card(pf, ret_path);
	case GPU_BASE_DEBUGFS:
		snprintf(ret_path, GPU_PATH_MAX, "kernel/debug/dri/%s", self->address);
		if (gpu_exists(pf, ret_path))
			return 0;
		/* The minor number is that of cardN. */
		if (find_card(pf, card) < 0)
			return -ENOENT;
		snprintf(ret_path, GPU_PATH_MAX, "kernel/debug/dri/%s",
			 strrchr(card, '/') + strlen("/card"));
		return gpu_exists(pf, ret_path) ? 0 : -ENOENT;
	}
	return -ENOENT;
}

int gpu_share_find(struct viod_pf *pf, struct gpu_share_place *ret_place)
{
	struct gpu_share_place place;

	if (!viod_function(pf, VIOD_PF))
		return -ENOENT;
	for (place.layout = gpu_share_layouts; place.layout->name; place.layout++)
		if (find_base(pf, place.layout->base, place.base) == 0 &&
		    gpu_share_has(pf, &place, VIOD_PF, GPU_EXEC_QUANTUM)) {
			*ret_place = place;
			return 0;
		}
	return -ENOENT;
}

/* --- the files of a knob --------------------------------------------------------------------- */

static int add_file(struct viod_pf *pf, const char *path, void *data)
{
	struct files *files = data;

	if (files->count < FILES_MAX)
		snprintf(files->paths[files->count++], GPU_PATH_MAX, "%s", path);
	return 0;
}

static void files_find(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		       enum gpu_share share, struct files *ret_files)
{
	const struct gpu_share_layout *layout = place->layout;
	const char *file = share == GPU_VRAM && vf == VIOD_PF ? layout->spare
							      : layout->files[share];
	char function[16] = "pf", pattern[GPU_PATH_MAX];

	ret_files->count = 0;
	if (vf != VIOD_PF)
		snprintf(function, sizeof(function), "vf%d", vf + 1);
	for (size_t i = 0; file && i < sizeof(layout->directories) / sizeof(char *) &&
			   layout->directories[i] && !ret_files->count;
	     i++) {
		const char *directory = layout->directories[i], *mark = strchr(directory, '%');
		int n = snprintf(pattern, sizeof(pattern), "%s/%.*s%s%s/%s", place->base,
				 (int)(mark - directory), directory, function, mark + 1, file);

		if (n > 0 && (size_t)n < sizeof(pattern))
			(void)gpu_glob(pf, pattern, add_file, ret_files);
	}
}

bool gpu_share_has(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		   enum gpu_share share)
{
	struct files files;

	files_find(pf, place, vf, share, &files);
	return files.count;
}

bool gpu_share_can_set(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		       enum gpu_share share)
{
	struct files files;

	files_find(pf, place, vf, share, &files);
	for (size_t i = 0; i < files.count; i++)
		if (!gpu_writable(pf, files.paths[i]))
			return false;
	return files.count;
}

/* --- values ---------------------------------------------------------------------------------- */

int gpu_share_get(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		  enum gpu_share share, uint64_t *ret_value)
{
	struct files files;
	uint64_t value = 0;

	files_find(pf, place, vf, share, &files);
	if (!files.count)
		return -ENOENT;
	for (size_t i = 0; i < files.count; i++) {
		uint64_t one;
		char text[128];
		int r = viod_read_at(pf, VIOD_TREE_SYS, files.paths[i], text, sizeof(text));

		if (r == 0)
			r = share == GPU_PRIORITY ? gpu_priority_parse(text, &one)
						  : gpu_number_parse(text, &one);
		if (r < 0)
			return r;
		if (share == GPU_VRAM ? __builtin_add_overflow(value, one, &value)
				      : i > 0 && one != value)
			return -EUCLEAN;
		if (share != GPU_VRAM)
			value = one;
	}
	*ret_value = value;
	return 0;
}

static int write_value(struct viod_pf *pf, const char *path, enum gpu_share share, uint64_t value)
{
	char text[32];

	if (share == GPU_PRIORITY)
		snprintf(text, sizeof(text), "%s", gpu_priorities[value].word);
	else
		snprintf(text, sizeof(text), "%" PRIu64, value);
	return viod_write_at(pf, VIOD_TREE_SYS, path, text);
}

int gpu_share_set(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		  enum gpu_share share, uint64_t value)
{
	struct files files;
	int r = 0;

	files_find(pf, place, vf, share, &files);
	if (!files.count)
		return -ENOENT;
	if (share == GPU_VRAM)
		value = (value + files.count - 1) / files.count;
	for (size_t i = 0; i < files.count && r == 0; i++)
		r = write_value(pf, files.paths[i], share, value);
	return r;
}

int gpu_share_set_all_priorities(struct viod_pf *pf, const struct gpu_share_place *place,
				 enum gpu_priority priority)
{
	uint64_t own, now;
	char path[GPU_PATH_MAX];
	int r, known;

	if (!place->layout->all)
		return -EOPNOTSUPP;
	known = gpu_share_get(pf, place, VIOD_PF, GPU_PRIORITY, &own);
	if (snprintf(path, sizeof(path), "%s/%s/%s", place->base, place->layout->all,
		     place->layout->files[GPU_PRIORITY]) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = write_value(pf, path, GPU_PRIORITY, priority);
	if (r < 0 || known < 0)
		return r;
	r = gpu_share_get(pf, place, VIOD_PF, GPU_PRIORITY, &now);
	return r < 0 || now == own ? r : gpu_share_set(pf, place, VIOD_PF, GPU_PRIORITY, own);
}

/* --- what is left behind --------------------------------------------------------------------- */

static const enum gpu_share given[] = { GPU_VRAM, GPU_EXEC_QUANTUM, GPU_PREEMPT_TIMEOUT };

int gpu_share_is_auto(struct viod_pf *pf, const struct gpu_share_place *place, unsigned vfs,
		      bool *ret_auto)
{
	char text[16];
	unsigned total = 0;
	bool automatic = true;

	if (viod_read(pf, VIOD_PF, "sriov_totalvfs", text, sizeof(text)) == 0)
		(void)sscanf(text, "%u", &total);
	for (unsigned vf = vfs; vf < total && automatic; vf++)
		for (size_t i = 0; i < sizeof(given) / sizeof(*given) && automatic; i++) {
			uint64_t value;

			if (gpu_share_get(pf, place, (int)vf, given[i], &value) == 0)
				automatic = value == 0;
		}
	*ret_auto = automatic;
	return 0;
}

/* Some drivers refuse to enable automatic provisioning while any VF has a share. */
static int zero_all(struct viod_pf *pf, const struct gpu_share_place *place)
{
	char text[16];
	unsigned total = 0;
	int r = 0;

	if (viod_read(pf, VIOD_PF, "sriov_totalvfs", text, sizeof(text)) == 0)
		(void)sscanf(text, "%u", &total);
	for (unsigned vf = 0; vf < total && r == 0; vf++)
		for (size_t i = 0; i < sizeof(given) / sizeof(*given) && r == 0; i++) {
			uint64_t value;

			if (gpu_share_get(pf, place, (int)vf, given[i], &value) == 0 && value)
				r = gpu_share_set(pf, place, (int)vf, given[i], 0);
		}
	return r;
}

int gpu_share_restore(struct viod_pf *pf, const struct gpu_share_place *place)
{
	char path[GPU_PATH_MAX];
	int r = zero_all(pf, place);

	if (r < 0 || !place->layout->restore ||
	    snprintf(path, sizeof(path), "%s/%s", place->base, place->layout->restore) >=
		    (int)sizeof(path) ||
	    !gpu_exists(pf, path))
		return r;
	return viod_write_at(pf, VIOD_TREE_SYS, path, "1");
}
