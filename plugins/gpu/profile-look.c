/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vGPU types that a PF and its VFs offer, and the vGPU that a VF is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdev.h"

/* --- types ----------------------------------------------------------------------------------- */

static int add_mdev_type(struct viod_pf *pf, const char *path, void *data)
{
	struct gpu_type type = { .available = -1 };
	char file[GPU_PATH_MAX], text[512];

	snprintf(type.id, sizeof(type.id), "%s", strrchr(path, '/') + 1);
	/* Some drivers do not name their types; then the id is used. */
	if (snprintf(file, sizeof(file), "%s/name", path) >= (int)sizeof(file) ||
	    viod_read_at(pf, VIOD_TREE_SYS, file, type.name, sizeof(type.name)) < 0 || !*type.name)
		snprintf(type.name, sizeof(type.name), "%s", type.id);
	if (snprintf(file, sizeof(file), "%s/description", path) < (int)sizeof(file) &&
	    viod_read_at(pf, VIOD_TREE_SYS, file, text, sizeof(text)) == 0) {
		type.framebuffer = gpu_framebuffer_of_description(text);
		type.most = gpu_most_of_description(text);
	}
	if (snprintf(file, sizeof(file), "%s/available_instances", path) < (int)sizeof(file) &&
	    viod_read_at(pf, VIOD_TREE_SYS, file, text, sizeof(text)) == 0)
		type.available = (int32_t)(strtoul(text, NULL, 10) & 0xffff);
	(void)gpu_types_add(data, &type);
	return 0;
}

void gpu_types_of(struct viod_pf *pf, int vf, struct gpu_types *types)
{
	const char *directory = NULL;
	char path[GPU_PATH_MAX], *text;
	struct gpu_now now;

	switch (gpu_mode_of(pf, vf, &directory)) {
	case GPU_VENDOR:
		text = malloc(65536);
		snprintf(path, sizeof(path), "%s/creatable_vgpu_types", directory);
		/* The file lists every type; a VF that is already a vGPU cannot become another. */
		if (text && viod_read(pf, vf, path, text, 65536) == 0)
			gpu_catalogue_parse(text, gpu_look(pf, vf, &now) == 0 && !*now.id, types);
		free(text);
		break;
	case GPU_MDEV:
		snprintf(path, sizeof(path), "%s/mdev_supported_types/*",
			 viod_function(pf, vf)->directory);
		(void)gpu_glob(pf, path, add_mdev_type, types);
		break;
	case GPU_PLAIN:
		break;
	}
}

bool gpu_offered(struct viod_pf *pf, int vf, const char *id)
{
	struct gpu_types *types = calloc(1, sizeof(*types));
	bool offered = false;

	if (!types)
		return false;
	gpu_types_of(pf, vf, types);
	for (size_t i = 0; i < types->count && !offered; i++)
		offered = strcmp(types->items[i].id, id) == 0 && types->items[i].available > 0;
	free(types);
	return offered;
}

static int count_used(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data)
{
	struct gpu_types *types = data;

	for (size_t i = 0; i < types->count; i++)
		if (types->items[i].most && strcmp(types->items[i].id, mdev->id) == 0)
			types->items[i].most--;
	return 0;
}

/* Each VF lists the types it could have, as if it were the only one; some drivers report the
 * maximum of a type on a GPU. */
static void limit_available(struct viod_pf *pf, struct gpu_types *types)
{
	struct gpu_types left = *types;

	(void)gpu_mdevs_each(pf, count_used, &left);
	for (size_t i = 0; i < types->count; i++)
		if (types->items[i].most && types->items[i].available > left.items[i].most)
			types->items[i].available = left.items[i].most;
}

void gpu_types_forget(struct viod_pf *pf)
{
	struct gpu_memory *memory = gpu_memory(pf);

	if (memory)
		memory->has_types = false;
}

const struct gpu_types *gpu_types_known(struct viod_pf *pf, unsigned vfs)
{
	static const struct gpu_types none;
	struct gpu_memory *memory = gpu_memory(pf);
	struct gpu_types *known;
	char *text;

	if (!memory)
		return &none;
	known = &memory->types;
	/* More VFs than before: they were just created, or bound to their driver. */
	if (memory->has_types && memory->types_vfs >= vfs && known->count)
		return known;
	known->count = 0;
	for (int vf = VIOD_PF; vf < (int)vfs; vf++)
		gpu_types_of(pf, vf, known);
	limit_available(pf, known);
	text = malloc(65536);
	if (text && viod_noted(pf, "types", text, 65536) == 0)
		gpu_types_read(text, known);
	free(text);
	memory->has_types = true;
	memory->types_vfs = vfs;
	return known;
}

const struct gpu_types *gpu_learn(struct viod_pf *pf, int vf)
{
	const struct gpu_types *types;
	char text[16], *seen, *noted;
	unsigned vfs = 0;

	if (viod_read(pf, VIOD_PF, "sriov_numvfs", text, sizeof(text)) == 0)
		vfs = (unsigned)strtoul(text, NULL, 10);
	if (vfs <= (unsigned)vf)
		vfs = (unsigned)vf + 1;
	types = gpu_types_known(pf, vfs);
	seen = malloc(65536);
	noted = malloc(65536);
	if (seen && noted) {
		gpu_types_write(types, seen, 65536);
		if (viod_noted(pf, "types", noted, 65536) < 0 || strcmp(seen, noted) != 0)
			(void)viod_note(pf, "types", seen);
	}
	free(seen);
	free(noted);
	return types;
}

/* --- now ------------------------------------------------------------------------------------- */

static int read_mdev(struct viod_pf *pf, const char *path, void *data)
{
	struct gpu_now *now = data;
	char link[GPU_PATH_MAX];

	if (gpu_uuid_parse(strrchr(path, '/') + 1, now->uuid) < 0 ||
	    snprintf(link, sizeof(link), "%s/mdev_type", path) >= (int)sizeof(link) ||
	    viod_link_at(pf, VIOD_TREE_SYS, link, now->id, sizeof(now->id)) < 0 ||
	    gpu_mdev_number(pf, now->id, now->uuid) >= 0)
		return 0;
	return 1;
}

int gpu_look(struct viod_pf *pf, int vf, struct gpu_now *ret_now)
{
	struct gpu_now now = { 0 };
	const char *directory = NULL;
	char path[64], text[64];
	int r = 0;

	now.mode = gpu_mode_of(pf, vf, &directory);
	if (now.mode == GPU_MDEV) {
		r = gpu_each_mdev(pf, vf, read_mdev, &now);
		if (r != 1)
			now.id[0] = now.uuid[0] = '\0';
	} else if (now.mode == GPU_VENDOR) {
		snprintf(path, sizeof(path), "%s/current_vgpu_type", directory);
		r = viod_read(pf, vf, path, text, sizeof(text));
		if (r == 0 && (!*text || text[strspn(text, "0123456789")]))
			r = -EBADMSG;
		if (r == 0 && strspn(text, "0") != strlen(text) && strlen(text) < sizeof(now.id))
			snprintf(now.id, sizeof(now.id), "%.*s", GPU_ID_MAX - 1, text);
	}
	if (r < 0)
		return r;
	*ret_now = now;
	return 0;
}
