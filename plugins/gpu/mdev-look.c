/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Observe: the row "mdevs", and what is published about types and mdevs. */
#include <inttypes.h>
#include <stdio.h>

#include "mdev.h"

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

	viod_publish(pf, "mdevs", mdev->uuid, "profile", name_of(census->types, mdev->id));
	viod_publish(pf, "mdevs", mdev->uuid, "parent", viod_function(pf, mdev->vf)->address);
	if (gpu_mdev_node(pf, mdev->path, node, sizeof(node)) == 0)
		viod_publish(pf, "mdevs", mdev->uuid, "node", node);
	viod_publish(pf, "mdevs", mdev->uuid, "made-by",
		     gpu_mdev_is_own(pf, mdev->path, mdev->uuid, &end) ? "viod" : "unknown");
	if (mdev->number >= 0 &&
	    gpu_batches_add(&census->batches, name_of(census->types, mdev->id), 1) < 0)
		census->too_many = true;
	return 0;
}

static void tell_type(struct viod_pf *pf, const struct gpu_type *type)
{
	char text[16];

	viod_publish(pf, "profiles", type->name, "id", type->id);
	snprintf(text, sizeof(text), "%d", type->available > 0 ? type->available : 0);
	viod_publish(pf, "profiles", type->name, "available", text);
	if (!type->framebuffer)
		return;
	snprintf(text, sizeof(text), "%" PRIu32 "M", type->framebuffer);
	viod_publish(pf, "profiles", type->name, "framebuffer", text);
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
