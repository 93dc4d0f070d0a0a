/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key "mdevs": its validation, and the two steps of its plan. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mdev.h"

#define REFUSE(pf_, values_, ...)                                         \
	viod_report((pf_), VIOD_ERROR, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS], \
		    viod_where((values_), VIOD_PF, &gpu_rows[GPU_ROW_MDEVS]), 0, __VA_ARGS__)

int gpu_mdevs_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	const char *text = viod_get(wanted, VIOD_PF, &gpu_rows[GPU_ROW_MDEVS]);
	struct gpu_batches batches;

	if (!text || gpu_batches_parse(text, &batches) == 0)
		return 0;
	REFUSE(pf, wanted,
	       "'%s' is no list of mdevs; write how many of which profile, such as '2 x NVIDIA "
	       "A16-2Q, 1 x NVIDIA A16-4Q' (up to %u of each and %u profiles), or none",
	       text, GPU_MDEVS_OF_TYPE, GPU_BATCHES_MAX);
	return -EINVAL;
}

/* --- what this device offers ----------------------------------------------------------------- */

static int refuse_vendor(struct viod_pf *pf, const struct viod_values *wanted)
{
	for (int vf = 0; viod_function(pf, vf); vf++) {
		if (gpu_mode_of(pf, vf, NULL) != GPU_VENDOR)
			continue;
		REFUSE(pf, wanted,
		       "with this driver a VF itself becomes a vGPU, and there are no mdevs; remove "
		       "'mdevs', and set 'profile' in [vfN]");
		return -EOPNOTSUPP;
	}
	return 0;
}

int gpu_mdevs_complete(struct viod_pf *pf, struct viod_values *wanted,
		       const struct gpu_types *types)
{
	const struct viod_option *row = &gpu_rows[GPU_ROW_MDEVS];
	const char *text = viod_get(wanted, VIOD_PF, row);
	struct gpu_batches batches, known = { 0 };
	char canonical[GPU_MDEVS_TEXT];
	int r;

	if (!text || gpu_batches_parse(text, &batches) < 0 || !batches.count)
		return 0;
	r = refuse_vendor(pf, wanted);
	if (r < 0 || !types->count)
		return r;
	for (size_t i = 0; i < batches.count; i++) {
		const struct gpu_type *type = gpu_types_find(types, batches.items[i].profile);

		if (!type && viod_where(wanted, VIOD_PF, row)->file)
			return gpu_refuse_type(pf, VIOD_PF, row, viod_where(wanted, VIOD_PF, row),
					       types, batches.items[i].profile);
		r = gpu_batches_add(&known, type ? type->name : batches.items[i].profile,
				    batches.items[i].count);
		if (r < 0)
			return r;
	}
	r = gpu_batches_format(&known, canonical);
	if (r == 0)
		viod_put(wanted, VIOD_PF, row, canonical);
	return r;
}

/* --- plan ------------------------------------------------------------------------------------ */

int gpu_mdevs_plan(const struct viod_change *change, bool clear, struct viod_plan *plan)
{
	const char *wanted = change->wanted, *now = change->state ? change->state : "none";
	struct gpu_batches asked_for, there;
	struct viod_step step = {
		.phase = VIOD_PHASE_SETTLE,
		.code = clear ? GPU_MDEVS_CLEAR : GPU_MDEVS_PLACE,
		.vf = VIOD_PF,
		.where = change->where,
		.change = change,
		.data = wanted,
		.size = GPU_MDEVS_TEXT,
	};

	if (gpu_batches_parse(wanted, &asked_for) < 0 || gpu_batches_parse(now, &there) < 0)
		return -EINVAL;
	if (clear ? gpu_batches_within(&there, &asked_for) : gpu_batches_within(&asked_for, &there))
		return 0;
	snprintf(step.text, sizeof(step.text), "mdevs: %s -> %s%s", now, wanted,
		 clear ? ": remove" : "");
	return viod_step_add(plan, &step);
}
