/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a GPU refuses a type: drivers return EINVAL or similar errors for any reason. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mdev.h"

const char *gpu_hint(struct viod_pf *pf)
{
	const struct viod_function *self = viod_function(pf, VIOD_PF);

	return self && self->class_code >> 16 == 0x12 ? ". This is " GPU_ACCELERATOR : "";
}

int gpu_refuse_type(struct viod_pf *pf, int vf, const struct viod_option *row,
		    const struct viod_where *where, const struct gpu_types *types,
		    const char *profile)
{
	const struct gpu_type *nearest = gpu_types_nearest(types, profile);
	char list[512];

	gpu_types_list(types, list, sizeof(list));
	if (!nearest)
		viod_report(pf, VIOD_ERROR, vf, row, where, 0,
			    "the GPU's driver offers no profiles; is it the vGPU host "
			    "driver?%s",
			    gpu_hint(pf));
	else
		viod_report(pf, VIOD_ERROR, vf, row, where, 0,
			    "'%s' is no profile of this GPU; did you mean '%s'? It has: %s%s",
			    profile, nearest->name, list,
			    gpu_is_mig(profile)
				    ? ". Profiles like this one need MIG mode and a GPU instance "
				      "first (nvidia-smi mig -cgi)"
				    : "");
	return -EINVAL;
}

/* --- another type on the same GPU ------------------------------------------------------------ */

struct other {
	const char *id;		/* not this one */
	char found[GPU_ID_MAX]; /* but this */
	int vf;
};

static int is_other(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data)
{
	struct other *other = data;

	if (strcmp(mdev->id, other->id) == 0)
		return 0;
	memcpy(other->found, mdev->id, sizeof(other->found));
	other->vf = mdev->vf;
	return 1;
}

static bool find_other(struct viod_pf *pf, struct other *other)
{
	for (int vf = 0; viod_function(pf, vf); vf++) {
		struct gpu_now now;

		if (gpu_look(pf, vf, &now) < 0 || now.mode != GPU_VENDOR || !*now.id ||
		    strcmp(now.id, other->id) == 0)
			continue;
		memcpy(other->found, now.id, sizeof(other->found));
		other->vf = vf;
		return true;
	}
	return gpu_mdevs_each(pf, is_other, other) == 1;
}

int gpu_explain(struct viod_pf *pf, int vf, const struct viod_option *row,
		const struct viod_where *where, const struct gpu_types *types,
		const struct gpu_type *type, int error)
{
	struct other other = { .id = type->id };
	const struct gpu_type *its;
	char place[32] = "the PF";

	if (gpu_is_mig(type->name)) {
		viod_report(
			pf, VIOD_ERROR, vf, row, where, error,
			"the GPU does not accept '%s': such profiles need MIG mode and a free GPU "
			"instance of that size (nvidia-smi mig -cgi)",
			type->name);
		return -error;
	}
	if (!find_other(pf, &other)) {
		viod_report(pf, VIOD_ERROR, vf, row, where, error,
			    "the GPU does not accept '%s' (%" PRIu32
			    " MiB); the other VFs may leave too little memory",
			    type->name, type->framebuffer);
		return -error;
	}
	its = gpu_types_find(types, other.found);
	if (other.vf != VIOD_PF)
		snprintf(place, sizeof(place), "VF %d", other.vf);
	viod_report(
		pf, VIOD_ERROR, vf, row, where, error,
		"the GPU does not accept '%s' beside '%s' of %s: unless its heterogeneous mode is "
		"on (nvidia-smi vgpu -shm 1), all vGPUs of a GPU have one size",
		type->name, its ? its->name : other.found, place);
	return -error;
}
