/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sriov/sriov.h"

#include "sriov/sriov-private.h"

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.observe = sriov_observe,
	.complete = sriov_complete,
	.plan = sriov_plan,
	.apply = sriov_apply,
};

/* Only this plugin knows which process drives a function from user space. */
static const char *const needs[] = { "vfio", NULL };

const struct viod_plugin sriov_plugin = {
	.magic = VIOD_ABI_MAGIC,
	.abi_major = VIOD_ABI_MAJOR,
	.abi_minor = VIOD_ABI_MINOR,
	.size = sizeof(struct viod_plugin),
	.role = VIOD_ROLE_DRIVER,
	.name = "core",
	.version = VIOD_VERSION,
	.summary = "the VF count and the driver of each function",
	.needs = needs,
	.options = sriov_rows,
	.pf_size = sizeof(struct sriov_pf),
	.vf_size = sizeof(struct sriov_vf),
	.ops = &ops,
};
