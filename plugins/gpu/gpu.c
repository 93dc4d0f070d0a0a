/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphics and compute devices: vGPUs, by either interface of the driver. Other features are up to
 * the quirk of a driver. */
#include <errno.h>
#include <stdio.h>

#include "mdev.h"

/* Reported before the VFs are created, and not each time they are observed. */
static void hint(struct viod_pf *pf, const struct viod_values *state,
		 const struct viod_values *wanted)
{
	const struct viod_option *kind = viod_option_of(wanted, VIOD_PF, "kind");
	const struct viod_where *where = kind ? viod_where(wanted, VIOD_PF, kind) : NULL;
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	uint32_t base = function ? function->class_code >> 16 : 0x03;

	if (base != 0x12 || !where || !where->file || viod_vf_count(state) == viod_vf_count(wanted))
		return;
	viod_report(pf, VIOD_INFO, VIOD_PF, NULL, where, 0, "%s is " GPU_ACCELERATOR,
		    function->address);
}

static int complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	hint(pf, state, wanted);
	return gpu_complete(pf, state, wanted);
}

int gpu_apply(struct viod_pf *pf, const struct viod_step *step)
{
	switch ((enum gpu_code)step->code) {
	case GPU_CLEAR:
		return step->size == sizeof(struct gpu_order) ? gpu_profile_clear(pf, step)
							      : -EINVAL;
	case GPU_SET:
		return step->size == sizeof(struct gpu_order) ? gpu_profile_set(pf, step) : -EINVAL;
	case GPU_MDEVS_CLEAR:
		return gpu_mdevs_clear(pf, step);
	case GPU_MDEVS_PLACE:
		return gpu_mdevs_place(pf, step);
	}
	return -EINVAL;
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.validate = gpu_validate,
	.observe = gpu_observe,
	.complete = complete,
	.plan = gpu_plan,
	.apply = gpu_apply,
	.holders = gpu_holders,
	.nodes = gpu_nodes,
};

static const struct viod_match gpu_match[] = {
	VIOD_MATCH_CLASS(0x030000, 0xff0000), /* display controller */
	VIOD_MATCH_CLASS(0x120000, 0xff0000), /* processing accelerator */
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "gpu", .kind = "gpu", .version = "1",
		   .summary = "graphics and compute devices", .options = gpu_rows,
		   .pf_size = sizeof(struct gpu_profile_pf),
		   .vf_size = sizeof(struct gpu_profile_vf), .ops = &ops, .match = gpu_match);
