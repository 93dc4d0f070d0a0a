/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Apply: make a VF a vGPU, or make it a plain VF again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mdev.h"

static int refuse_quarantined(struct viod_pf *pf, const struct viod_step *step, unsigned times)
{
	const struct gpu_order *order = step->data;

	viod_report(
		pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
		"the VF is quarantined: profile '%s' failed on it %u times, and viod does not retry; set another profile, or re-create the VFs",
		order->profile, times);
	return -EIO;
}

/* --- vendor ---------------------------------------------------------------------------------- */

static int write_type(struct viod_pf *pf, int vf, const char *directory, const char *id)
{
	char path[64], now[GPU_ID_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/current_vgpu_type", directory);
	r = viod_write(pf, vf, path, id);
	if (r == 0)
		r = viod_read(pf, vf, path, now, sizeof(now));
	if (r < 0 || strcmp(now, id) == 0)
		return r;
	/* The type was not set: clear it. */
	if (strcmp(id, "0") != 0)
		(void)viod_write(pf, vf, path, "0");
	return -EIO;
}

/* --- mdev ------------------------------------------------------------------------------------ */

static int make_own(struct viod_pf *pf, const struct viod_step *step, const struct gpu_type *type)
{
	const struct gpu_order *order = step->data;
	char uuid[GPU_UUID_MAX];
	int r = 0;

	snprintf(uuid, sizeof(uuid), "%s", order->uuid);
	if (!*uuid)
		r = gpu_uuid_of(pf, step->vf, uuid);
	if (r < 0) {
		viod_report(pf, VIOD_ERROR, step->vf, NULL, &step->where, -r, GPU_NO_UUID);
		return r;
	}
	r = gpu_mdev_make(pf, step->vf, type, uuid);
	if (r == -EEXIST)
		viod_report(pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_UUID], &step->where, 0,
			    "an mdev with the UUID %s exists already, on another parent", uuid);
	return r;
}

static int remove_own(struct viod_pf *pf, const char *path, void *data)
{
	const struct viod_step *step = data;
	char uuid[GPU_UUID_MAX], link[GPU_PATH_MAX], id[GPU_ID_MAX];
	int64_t end;

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	/* Those of [pf] do not belong to the section of this VF. */
	if (snprintf(link, sizeof(link), "%s/mdev_type", path) < (int)sizeof(link) &&
	    viod_link_at(pf, VIOD_TREE_SYS, link, id, sizeof(id)) == 0 &&
	    gpu_mdev_number(pf, id, uuid) >= 0)
		return 0;
	if (!gpu_mdev_is_own(pf, path, uuid, &end)) {
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			"mdev %s was not created by viod and is not removed; 'echo 1 >/sys/bus/mdev/devices/%s/remove' removes it",
			uuid, uuid);
		return -EPERM;
	}
	return gpu_mdev_remove(pf, path, uuid);
}

/* --- apply ----------------------------------------------------------------------------------- */

int gpu_profile_clear(struct viod_pf *pf, const struct viod_step *step)
{
	const char *directory = NULL;
	struct gpu_now now;
	int r;

	switch (gpu_mode_of(pf, step->vf, &directory)) {
	case GPU_PLAIN:
		/* It was removed with the driver. */
		return 0;
	case GPU_MDEV:
		return gpu_each_mdev(pf, step->vf, remove_own, (void *)step);
	case GPU_VENDOR:
		break;
	}
	r = gpu_look(pf, step->vf, &now);
	if (r < 0 || !*now.id)
		return r;
	return write_type(pf, step->vf, directory, "0");
}

static int give(struct viod_pf *pf, const struct viod_step *step, const struct gpu_types *types,
		const struct gpu_type *type)
{
	const struct gpu_order *order = step->data;
	const char *directory = NULL;
	enum gpu_mode mode = gpu_mode_of(pf, step->vf, &directory);
	size_t length = strlen(order->profile);
	bool offered = gpu_offered(pf, step->vf, type->id);
	int r;

	if (mode == GPU_VENDOR)
		r = write_type(pf, step->vf, directory, type->id);
	else
		r = make_own(pf, step, type);
	if (r == 0) {
		gpu_note_outcome(pf, step->vf, order->profile, false);
		/* The file uses another name for the type, which could not be resolved before the
		 * VF existed. */
		if (strlen(type->name) != length || strcmp(type->name, order->profile) != 0)
			viod_row_rounded(pf, step->vf, &gpu_rows[GPU_ROW_PROFILE]);
		return 0;
	}
	if (r == -EAGAIN || r == -EEXIST)
		return r;
	/* Lack of room beside the vGPUs of other VFs is not a failure of this VF. */
	if (offered)
		gpu_note_outcome(pf, step->vf, order->profile, true);
	return gpu_explain(pf, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, types, type, -r);
}

int gpu_profile_set(struct viod_pf *pf, const struct viod_step *step)
{
	const struct gpu_order *order = step->data;
	const struct gpu_types *types;
	const struct gpu_type *type;
	struct gpu_now now;
	unsigned times;
	int r;

	r = gpu_look(pf, step->vf, &now);
	if (r < 0)
		return r;
	if (now.mode == GPU_PLAIN) {
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			"the VF's driver offers no vGPUs: there are neither files of the vendor nor mdev_supported_types; is it the vGPU host driver?%s",
			gpu_hint(pf));
		return -EOPNOTSUPP;
	}
	types = gpu_learn(pf, step->vf);
	type = gpu_types_find(types, order->profile);
	if (!type)
		return gpu_refuse_type(pf, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where,
				       types, order->profile);
	if (strcmp(now.id, type->id) == 0 &&
	    (now.mode == GPU_VENDOR || !*order->uuid || strcmp(now.uuid, order->uuid) == 0))
		return 0;
	if (*now.id)
		return -EBUSY;
	if (gpu_is_quarantined(pf, step->vf, order->profile, &times))
		return refuse_quarantined(pf, step, times);
	return give(pf, step, types, type);
}
