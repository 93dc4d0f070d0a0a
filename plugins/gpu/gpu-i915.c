/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Intel GPUs with an i915 driver from outside the kernel tree; only those have SR-IOV. Depending on
 * the release its files are in "iov" or "prelim_iov" of the card, with or without a number after
 * "gt".
 */
#include <errno.h>
#include <string.h>

#include "common/share.h"

#define FILES                                                    \
	.files = { [GPU_EXEC_QUANTUM] = "exec_quantum_ms",       \
		   [GPU_PREEMPT_TIMEOUT] = "preempt_timeout_us", \
		   [GPU_PRIORITY] = "sched_priority",            \
		   [GPU_VRAM] = "lmem_quota" },                  \
	.spare = "lmem_spare", .by_hand = true

const struct gpu_share_layout gpu_share_layouts[] = {
	{
		.name = "prelim_iov",
		.base = GPU_BASE_CARD,
		.directories = { "prelim_iov/%/gt*" },
		.restore = "prelim_iov/pf/auto_provisioning",
		FILES,
	},
	{
		.name = "iov",
		.base = GPU_BASE_CARD,
		.directories = { "iov/%/gt*" },
		.restore = "iov/pf/auto_provisioning",
		FILES,
	},
	{ 0 },
};

/* Unbinding the driver removes all VFs and, on many machines, the console; binding it again does
 * not restore them. */
static int validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	const struct viod_option *row = viod_option_of(wanted, VIOD_PF, "driver");
	const struct viod_driver *driver = row ? viod_get(wanted, VIOD_PF, row) : NULL;

	if (driver && strcmp(driver->name, "i915") != 0 && strcmp(driver->name, "default") != 0) {
		viod_report(
			pf, VIOD_ERROR, VIOD_PF, row, viod_where(wanted, VIOD_PF, row), 0,
			"the PF stays on i915: without it all VFs are lost; remove 'driver = %s', "
			"or set it for VFs in [vfN]",
			driver->name);
		return -EINVAL;
	}
	return gpu_share_validate(pf, wanted);
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.validate = validate,
	.observe = gpu_share_observe,
	.complete = gpu_share_complete,
	.plan = gpu_share_plan,
	.apply = gpu_share_apply,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("i915"),
	{ 0 },
};

static const struct viod_quirk quirk = { .size = sizeof(quirk), .advice = gpu_share_advice };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "gpu-i915", .kind = "gpu", .version = "1",
		   .summary = "Intel GPUs with the i915 driver", .options = gpu_share_rows,
		   .pf_size = sizeof(struct gpu_shares), .vf_size = sizeof(struct gpu_shares),
		   .ops = &ops, .match = match, .quirk = &quirk);
