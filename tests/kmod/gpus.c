// SPDX-License-Identifier: GPL-2.0-only
/* The GPUs that the bench can be. */
#include "gpu.h"

#define DISPLAY 0x038000

#define GPU(NAME, DRIVER, VENDOR, DEVICE, VFS, ...)                                              \
	{                                                                                        \
		.name = NAME, .driver = DRIVER, .vf_driver = DRIVER, .vendor = VENDOR,           \
		.device = DEVICE, .vf_device = DEVICE, .class = DISPLAY, .vfs = VFS, __VA_ARGS__ \
	}
#define XE(...)                                                                               \
	.init = xe_init, .exit = xe_exit, .created = xe_created, .destroying = xe_destroying, \
	.show_vf = xe_show_vf, __VA_ARGS__

/* VFs of Intel's have the device id of their PF. */
const struct bench_personality bench_gpus[] = { GPU("xe", "xe", 0x8086, 0xe211, 24,
						    XE(.pf_probe = xe_sysfs_probe,
						       .pf_remove = xe_sysfs_remove)),
						{} };
