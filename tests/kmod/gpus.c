// SPDX-License-Identifier: GPL-2.0-only
/* The GPUs that the bench imitates. */
#include "gpu.h"

#define DISPLAY 0x038000
#define DISPLAY_3D 0x030200
#define ACCELERATOR 0x120000

#define GPU(NAME, DRIVER, VENDOR, DEVICE, VFS, ...)                                    \
	{                                                                              \
		.name = NAME, .driver = DRIVER, .vf_driver = DRIVER, .vendor = VENDOR, \
		.device = DEVICE, .vf_device = DEVICE, .vfs = VFS, __VA_ARGS__         \
	}
#define XE(...)                                                                      \
	.class = DISPLAY, .init = xe_init, .exit = xe_exit, .created = xe_created,   \
	.destroying = xe_destroying, .show_vf = xe_show_vf, .vf_probe = xe_vf_probe, \
	.vf_remove = xe_vf_remove, __VA_ARGS__
#define I915(...)                                                                       \
	.class = DISPLAY, .init = xe_init, .exit = xe_exit, .created = i915_created,    \
	.destroying = i915_destroying, .show_vf = xe_show_vf, .pf_remove = i915_remove, \
	.vf_probe = xe_vf_probe, .vf_remove = xe_vf_remove, __VA_ARGS__
#define VGPU(...)                                                                       \
	.class = DISPLAY_3D, .init = vgpu_init, .exit = vgpu_exit, .knobs = vgpu_knobs, \
	.show_vf = vgpu_show_vf, __VA_ARGS__

/* VFs of these have the device id of their PF. */
const struct bench_personality bench_gpus[] = {
	GPU("xe", "xe", 0x8086, 0xe211, 24,
	    XE(.pf_probe = xe_sysfs_probe, .pf_remove = xe_sysfs_remove)),
	GPU("xe-debugfs", "xe", 0x8086, 0xe20b, 24,
	    XE(.pf_probe = xe_debugfs_probe, .pf_remove = xe_debugfs_remove)),
	GPU("xe-old", "xe", 0x8086, 0xe20c, 24,
	    XE(.pf_probe = xe_debugfs_probe_old, .pf_remove = xe_debugfs_remove)),
	/* VFs of the first have the vendor's files, those of the second are parents of mdevs. */
	GPU("nvidia", "nvidia", 0x10de, 0x25b6, 16,
	    VGPU(.hands_out = true, .pf_probe = vgpu_pf_probe, .vf_probe = vgpu_vfio_probe,
		 .vf_remove = vgpu_vfio_remove)),
	GPU("nvidia-mdev", "nvidia", 0x10de, 0x2236, 16,
	    VGPU(.pf_probe = vgpu_pf_probe, .vf_probe = vgpu_mdev_probe,
		 .vf_remove = vgpu_mdev_remove)),
	/* No VFs at all: the PF is the parent. */
	GPU("nvidia-pf", "nvidia", 0x10de, 0x1eb8, 0,
	    VGPU(.pf_probe = vgpu_mdev_pf_probe, .pf_remove = vgpu_mdev_pf_remove)),
	GPU("i915", "i915", 0x8086, 0x4680, 7, I915(.pf_probe = i915_probe)),
	GPU("i915-prelim", "i915", 0x8086, 0x56c0, 31, I915(.pf_probe = i915_probe_prelim)),
	/* An accelerator that has neither vGPUs nor shares. */
	GPU("accel", "accel", 0x1ed5, 0x0100, 4, .class = ACCELERATOR, .pf_probe = vgpu_pf_probe),
	{}
};

void bench_gpus_exit(void)
{
	vgpu_mdev_exit();
	drm_exit();
}
