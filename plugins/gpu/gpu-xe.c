/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel GPUs with the xe driver: the places of the shares of functions. */
#include "common/share.h"

#define TIMES                                                                                 \
	[GPU_EXEC_QUANTUM] = "exec_quantum_ms", [GPU_PREEMPT_TIMEOUT] = "preempt_timeout_us", \
	[GPU_PRIORITY] = "sched_priority"

/* Documentation/ABI/testing/sysfs-driver-intel-xe-sriov;
 * drivers/gpu/drm/xe/xe_gt_sriov_pf_debugfs.c */
const struct gpu_share_layout gpu_share_layouts[] = {
	{
		.name = "sriov_admin",
		.base = GPU_BASE_FUNCTION,
		.directories = { "sriov_admin/%/profile" },
		.files = { TIMES, [GPU_VRAM] = "vram_quota" },
		.all = "sriov_admin/.bulk_profile",
	},
	{
		.name = "debugfs",
		.base = GPU_BASE_DEBUGFS,
		.directories = { "sriov/%/tile*/gt*", "sriov/%/tile*" },
		.files = { TIMES, [GPU_VRAM] = "vram_quota" },
		.spare = "vram_spare",
		.restore = "sriov/restore_auto_provisioning",
		.by_hand = true,
	},
	{
		.name = "debugfs",
		.base = GPU_BASE_DEBUGFS,
		.directories = { "gt*/%" },
		.files = { TIMES, [GPU_VRAM] = "lmem_quota" },
		.spare = "lmem_spare",
		.by_hand = true,
	},
	{ 0 },
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("xe"),
	{ 0 },
};

static const struct viod_quirk quirk = { .size = sizeof(quirk), .advice = gpu_share_advice };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "gpu-xe", .kind = "gpu", .version = "1",
		   .summary = "Intel GPUs with the xe driver", .options = gpu_share_rows,
		   .pf_size = sizeof(struct gpu_shares), .vf_size = sizeof(struct gpu_shares),
		   .ops = &gpu_share_ops, .match = match, .quirk = &quirk);
