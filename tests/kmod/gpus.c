// SPDX-License-Identifier: GPL-2.0-only
/* The GPUs that the bench can be. */
#include "gpu.h"

#define DISPLAY 0x038000
#define DISPLAY_3D 0x030200

#define GPU(NAME, DRIVER, VENDOR, DEVICE, VFS, ...)                                    \
	{                                                                              \
		.name = NAME, .driver = DRIVER, .vf_driver = DRIVER, .vendor = VENDOR, \
		.device = DEVICE, .vf_device = DEVICE, .vfs = VFS, __VA_ARGS__         \
	}
#define XE(...)                                                                    \
	.class = DISPLAY, .init = xe_init, .exit = xe_exit, .created = xe_created, \
	.destroying = xe_destroying, .show_vf = xe_show_vf, __VA_ARGS__
#define VGPU(...)                                                                       \
	.class = DISPLAY_3D, .init = vgpu_init, .exit = vgpu_exit, .knobs = vgpu_knobs, \
	.pf_probe = vgpu_pf_probe, .show_vf = vgpu_show_vf, __VA_ARGS__

/* VFs of these have the device id of their PF. */
const struct bench_personality bench_gpus[] = {
	GPU("xe", "xe", 0x8086, 0xe211, 24,
	    XE(.pf_probe = xe_sysfs_probe, .pf_remove = xe_sysfs_remove)),
	GPU("xe-debugfs", "xe", 0x8086, 0xe20b, 24,
	    XE(.pf_probe = xe_debugfs_probe, .pf_remove = xe_debugfs_remove)),
	GPU("xe-old", "xe", 0x8086, 0xe20c, 24,
	    XE(.pf_probe = xe_debugfs_probe_old, .pf_remove = xe_debugfs_remove)),
	/* VFs of the one have files of the vendor's, those of the other are parents of mdevs. */
	GPU("nvidia", "nvidia", 0x10de, 0x25b6, 16,
	    VGPU(.hands_out = true, .vf_probe = vgpu_vfio_probe, .vf_remove = vgpu_vfio_remove)),
	GPU("nvidia-mdev", "nvidia", 0x10de, 0x2236, 16,
	    VGPU(.vf_probe = vgpu_mdev_probe, .vf_remove = vgpu_mdev_remove)),
	{}
};

void bench_gpus_exit(void)
{
	vgpu_mdev_exit();
}
