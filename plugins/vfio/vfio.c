/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions for virtual machines and programs in user space: the VFIO driver that fits, and the
 * owner and mode of its node. */
#include "vfio.h"

/* The names of the kernel's variants, so that they are checked like vfio-pci if a file names one.
 * Others are recognised by "vfio" in their name. */
static const char *const serves[] = {
	"vfio",		"vfio-pci",    "mlx5_vfio_pci",	  "hisi_acc_vfio_pci",	  "pds_vfio_pci",
	"qat_vfio_pci", "xe_vfio_pci", "virtio_vfio_pci", "nvgrace_gpu_vfio_pci", NULL,
};

static const struct viod_ops vfio_ops = {
	.size = sizeof(vfio_ops),
	.validate = vfio_validate,
	.observe = vfio_observe,
	.complete = vfio_complete,
	.plan = vfio_plan,
	.apply = vfio_apply,
	.nodes = vfio_nodes,
	.choose_driver = vfio_resolve,
	.prepare_driver = vfio_ready,
};

/* A process that was passed the descriptor of a device needs no node. The line exists since Linux
 * 6.18. */
static const struct viod_open_file open_files[] = {
	{ "anon_inode:[vfio-device]", "vfio-device-syspath:", "an open VFIO device" },
	{ NULL, NULL, NULL },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_DRIVER, .name = "vfio", .version = "1",
		   .summary = "functions for virtual machines and user-space drivers",
		   .options = vfio_options, .pf_size = sizeof(struct vfio_pf),
		   .vf_size = sizeof(struct vfio_vf), .ops = &vfio_ops, .serves = serves,
		   .open_files = open_files);
