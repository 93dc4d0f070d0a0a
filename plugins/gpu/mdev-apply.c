/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Apply for "mdevs": create mdevs, and remove those that are no longer wanted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdev.h"

/* --- removing ----------------------------------------------------------------------------- */

struct clearance {
	struct gpu_batches batches;
	const struct gpu_types *types;
	int error;
};

static bool is_surplus(const struct gpu_mdev *mdev, const struct clearance *clearance)
{
	const struct gpu_type *type = gpu_types_find(clearance->types, mdev->id);

	return mdev->number >= 0 &&
	       (unsigned)mdev->number >=
		       gpu_batches_count(&clearance->batches, type ? type->name : mdev->id);
}

/* If one cannot be removed, the others still are. */
static int clear_one(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data)
{
	struct clearance *clearance = data;
	struct viod_holder holder;
	int r;

	if (!is_surplus(mdev, clearance))
		return 0;
	r = gpu_mdev_user(pf, mdev->path, &holder);
	if (r > 0)
		r = viod_step_blocked_by(pf, mdev->vf, &holder);
	else if (r == 0)
		r = gpu_mdev_remove(pf, mdev->path, mdev->uuid);
	if (r < 0)
		clearance->error = r;
	return 0;
}

/* Types are counted by the names that the driver uses. */
static int read_order(struct viod_pf *pf, const struct viod_step *step,
		      const struct gpu_types *types, struct gpu_batches *ret_batches)
{
	struct gpu_batches batches, known = { 0 };
	int r;

	if (step->size != GPU_MDEVS_TEXT || gpu_batches_parse(step->data, &batches) < 0)
		return -EINVAL;
	for (size_t i = 0; i < batches.count; i++) {
		const struct gpu_type *type = gpu_types_find(types, batches.items[i].profile);

		if (!type)
			return gpu_refuse_type(pf, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS], &step->where,
					       types, batches.items[i].profile);
		r = gpu_batches_add(&known, type->name, batches.items[i].count);
		if (r < 0)
			return r;
	}
	*ret_batches = known;
	return 0;
}

int gpu_mdevs_clear(struct viod_pf *pf, const struct viod_step *step)
{
	struct clearance clearance = { .types = gpu_learn(pf, 0) };
	int r;

	r = read_order(pf, step, clearance.types, &clearance.batches);
	if (r == 0)
		r = gpu_mdevs_each(pf, clear_one, &clearance);
	return r < 0 ? r : clearance.error;
}

/* --- creating ----------------------------------------------------------------------------------
 */

static int count_one(struct viod_pf *pf, const char *path, void *data)
{
	unsigned *count = data;

	(*count)++;
	return 0;
}

/* The parent with the fewest mdevs that offers this type and was not tried before; tried[0] is the
 * PF, tried[vf + 1] a VF. False: there is none. */
static bool best_parent(struct viod_pf *pf, const struct gpu_type *type, const bool *tried,
			size_t n_tried, int *ret_vf)
{
	unsigned best = 0;
	bool found = false;

	for (int vf = VIOD_PF; viod_function(pf, vf) && (size_t)(vf + 1) < n_tried; vf++) {
		unsigned load = 0;

		if (tried[vf + 1] || gpu_mdev_reserved(pf, vf) || !gpu_offered(pf, vf, type->id) ||
		    gpu_is_quarantined(pf, vf, type->name, NULL))
			continue;
		(void)gpu_each_mdev(pf, vf, count_one, &load);
		if (found && load >= best)
			continue;
		found = true;
		best = load;
		*ret_vf = vf;
	}
	return found;
}

static size_t parents(struct viod_pf *pf)
{
	size_t count = 1;

	while (viod_function(pf, (int)count - 1))
		count++;
	return count;
}

static int find_surplus(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data)
{
	return is_surplus(mdev, data);
}

/* If creation fails on a parent, the next one is tried. */
static int place_one(struct viod_pf *pf, const struct gpu_type *type, const char *uuid, bool count)
{
	size_t n_tried = parents(pf);
	bool *tried = calloc(n_tried, sizeof(*tried));
	int vf, r = tried ? -ENOSPC : -ENOMEM;

	while (tried && best_parent(pf, type, tried, n_tried, &vf)) {
		r = gpu_mdev_make(pf, vf, type, uuid);
		if (r == 0 || count)
			gpu_note_outcome(pf, vf, type->name, r < 0);
		if (r == 0 || r == -EEXIST)
			break;
		tried[vf + 1] = true;
	}
	free(tried);
	return r;
}

static int explain(struct viod_pf *pf, const struct viod_step *step, const struct gpu_types *types,
		   const struct gpu_type *type, unsigned number, int error)
{
	char list[512];

	if (error != ENOSPC || gpu_is_mig(type->name))
		return gpu_explain(pf, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS], &step->where, types, type,
				   error);
	gpu_types_list(types, list, sizeof(list));
	viod_report(pf, VIOD_ERROR, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS], &step->where, 0,
		    "no function of this GPU has room for '%s' number %u; there is: %s", type->name,
		    number + 1, *list ? list : "none (is the vGPU host driver loaded?)");
	return -error;
}

/* @waits: some mdevs are still to be removed, so lack of room now is not final. */
static int place_batch(struct viod_pf *pf, const struct viod_step *step,
		       const struct gpu_types *types, const struct gpu_batch *batch, bool waits)
{
	const struct gpu_type *type = gpu_types_find(types, batch->profile);

	for (unsigned number = 0; type && number < batch->count; number++) {
		char uuid[GPU_UUID_MAX], path[GPU_PATH_MAX];
		int r;

		r = gpu_mdev_uuid(pf, type->id, number, uuid);
		if (r < 0) {
			viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, -r, GPU_NO_UUID);
			return r;
		}
		snprintf(path, sizeof(path), "bus/mdev/devices/%s", uuid);
		if (gpu_exists(pf, path))
			continue;
		r = place_one(pf, type, uuid, !waits);
		if (r < 0)
			return waits ? 0 : explain(pf, step, types, type, number, -r);
	}
	return 0;
}

int gpu_mdevs_place(struct viod_pf *pf, const struct viod_step *step)
{
	struct clearance clearance = { .types = gpu_learn(pf, 0) };
	const struct gpu_batches *batches = &clearance.batches;
	char text[GPU_MDEVS_TEXT];
	bool waits;
	int r;

	r = read_order(pf, step, clearance.types, &clearance.batches);
	if (r < 0)
		return r;
	waits = gpu_mdevs_each(pf, find_surplus, &clearance) == 1;
	for (size_t i = 0; i < batches->count && r == 0; i++)
		r = place_batch(pf, step, clearance.types, &batches->items[i], waits);
	/* The file uses other names for the types, which could not be resolved before the VFs
	 * existed. */
	if (r == 0 && !waits && gpu_batches_format(batches, text) == 0 &&
	    memcmp(text, step->data, sizeof(text)) != 0)
		viod_row_rounded(pf, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS]);
	return r;
}
