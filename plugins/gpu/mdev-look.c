/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mdevs that there are, and which of them viod has placed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdev.h"

/* --- one by one ------------------------------------------------------------------------------ */

struct walk {
	int vf;
	int (*found)(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data);
	void *data;
};

/* Digits at the end of a UUID that hold the number. */
#define NUMBER_DIGITS 3

void gpu_mdev_uuid(struct viod_pf *pf, const char *id, unsigned number,
		   char ret_uuid[static GPU_UUID_MAX])
{
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	char name[160];

	snprintf(name, sizeof(name), "%s/%s", self ? self->address : "", id);
	gpu_uuid_stable(gpu_machine(pf), name, ret_uuid);
	snprintf(ret_uuid + GPU_UUID_MAX - 1 - NUMBER_DIGITS, NUMBER_DIGITS + 1, "%0*x",
		 NUMBER_DIGITS, number & 0xfff);
}

int gpu_mdev_number(struct viod_pf *pf, const char *id, const char *uuid)
{
	const size_t same = GPU_UUID_MAX - 1 - NUMBER_DIGITS;
	char first[GPU_UUID_MAX];
	unsigned long number;

	gpu_mdev_uuid(pf, id, 0, first);
	if (strncmp(first, uuid, same) != 0)
		return -1;
	number = strtoul(uuid + same, NULL, 16);
	return number < GPU_MDEVS_OF_TYPE ? (int)number : -1;
}

static int look_at(struct viod_pf *pf, const char *path, void *data)
{
	const struct walk *walk = data;
	struct gpu_mdev mdev = { .vf = walk->vf, .path = path };
	char link[GPU_PATH_MAX], uuid[GPU_UUID_MAX];

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0 ||
	    snprintf(link, sizeof(link), "%s/mdev_type", path) >= (int)sizeof(link) ||
	    gpu_link(pf, link, mdev.id, sizeof(mdev.id)) < 0)
		return 0;
	mdev.uuid = uuid;
	mdev.number = gpu_mdev_number(pf, mdev.id, uuid);
	return walk->found(pf, &mdev, walk->data);
}

int gpu_mdevs_each(struct viod_pf *pf,
		   int (*found)(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data),
		   void *data)
{
	struct walk walk = { .vf = VIOD_PF, .found = found, .data = data };
	int r = 0;

	for (; r == 0 && viod_function(pf, walk.vf); walk.vf++)
		if (gpu_mode_of(pf, walk.vf, NULL) == GPU_MDEV)
			r = gpu_each_mdev(pf, walk.vf, look_at, &walk);
	return r;
}

/* --- observe --------------------------------------------------------------------------------- */

struct census {
	const struct gpu_types *types;
	struct gpu_batches batches;
	bool too_many;
};

static const char *name_of(const struct gpu_types *types, const char *id)
{
	const struct gpu_type *type = gpu_types_find(types, id);

	return type ? type->name : id;
}

static int count_mdev(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data)
{
	struct census *census = data;
	char node[32];
	int64_t end;

	viod_tell(pf, "mdevs", mdev->uuid, "profile", name_of(census->types, mdev->id));
	viod_tell(pf, "mdevs", mdev->uuid, "parent", viod_function(pf, mdev->vf)->address);
	if (gpu_mdev_node(pf, mdev->path, node, sizeof(node)) == 0)
		viod_tell(pf, "mdevs", mdev->uuid, "node", node);
	viod_tell(pf, "mdevs", mdev->uuid, "made-by",
		  gpu_mdev_is_own(pf, mdev->path, mdev->uuid, &end) ? "viod" : "unknown");
	if (mdev->number >= 0 &&
	    gpu_batches_add(&census->batches, name_of(census->types, mdev->id), 1) < 0)
		census->too_many = true;
	return 0;
}

static void tell_type(struct viod_pf *pf, const struct gpu_type *type)
{
	char text[16];

	viod_tell(pf, "profiles", type->name, "id", type->id);
	snprintf(text, sizeof(text), "%d", type->available > 0 ? type->available : 0);
	viod_tell(pf, "profiles", type->name, "available", text);
	if (!type->framebuffer)
		return;
	snprintf(text, sizeof(text), "%" PRIu32 "M", type->framebuffer);
	viod_tell(pf, "profiles", type->name, "framebuffer", text);
}

int gpu_mdevs_observe(struct viod_pf *pf, struct viod_values *state, const struct gpu_types *types)
{
	struct census census = { .types = types };
	char text[GPU_MDEVS_TEXT];
	int r;

	for (size_t i = 0; i < types->count; i++)
		tell_type(pf, &types->items[i]);
	r = gpu_mdevs_each(pf, count_mdev, &census);
	if (r == 0 && !census.too_many && gpu_batches_format(&census.batches, text) == 0)
		viod_put(state, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS], text);
	return r;
}
