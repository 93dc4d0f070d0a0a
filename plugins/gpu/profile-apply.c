/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making VFs vGPUs, and taking that back. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "profile.h"

/* A VF that failed so often is left alone until its file asks for something else. */
#define FAILURES_MAX 2

int64_t gpu_seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

void gpu_mdev_note(const char *uuid, char ret_key[static 48])
{
	snprintf(ret_key, 48, "mdev.%s", uuid);
}

void gpu_uuid_of(struct viod_pf *pf, int vf, char ret_uuid[static GPU_UUID_MAX])
{
	const struct viod_function *function = viod_function(pf, vf);
	int fd = viod_open(pf, VIOD_TREE_ETC, "machine-id", 0);
	char machine[64] = "";
	ssize_t n = fd < 0 ? 0 : read(fd, machine, sizeof(machine) - 1);

	if (fd >= 0)
		close(fd);
	machine[n > 0 ? strcspn(machine, "\n") : 0] = '\0';
	gpu_uuid_stable(machine, function ? function->address : "", ret_uuid);
}

/* --- quarantine ------------------------------------------------------------------------------ */

/* The note of a VF that failed: "TIMES PROFILE". */
static void failures_of(struct viod_pf *pf, int vf, unsigned *ret_times,
			char ret_profile[static GPU_PROFILE_MAX])
{
	char key[32], text[160];
	unsigned times;
	int used;

	*ret_times = 0;
	*ret_profile = '\0';
	snprintf(key, sizeof(key), "failed.vf%d", vf);
	if (viod_noted(pf, key, text, sizeof(text)) < 0 ||
	    sscanf(text, "%u %n", &times, &used) != 1)
		return;
	*ret_times = times;
	snprintf(ret_profile, GPU_PROFILE_MAX, "%s", text + used);
}

static void note_failure(struct viod_pf *pf, int vf, const char *profile)
{
	char key[32], text[160], last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, vf, &times, last);
	snprintf(key, sizeof(key), "failed.vf%d", vf);
	snprintf(text, sizeof(text), "%u %s", times + 1, profile);
	(void)viod_note(pf, key, text);
}

static void note_success(struct viod_pf *pf, int vf)
{
	char key[32], last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, vf, &times, last);
	snprintf(key, sizeof(key), "failed.vf%d", vf);
	if (times)
		(void)viod_note(pf, key, NULL);
}

static bool is_quarantined(struct viod_pf *pf, const struct viod_step *step)
{
	const struct gpu_order *order = step->data;
	char last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, step->vf, &times, last);
	if (times < FAILURES_MAX || strcmp(last, order->profile) != 0)
		return false;
	viod_report(
		pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
		"the VF is quarantined: it failed to become '%s' %u times, and is not tried again. "
		"Another profile is tried; the VF may need its PF's VFs to be made anew",
		order->profile, times);
	return true;
}

/* --- types ----------------------------------------------------------------------------------- */

/* What is offered now is noted before any of it is used up. */
static const struct gpu_types *learn(struct viod_pf *pf, int vf)
{
	const struct gpu_types *types;
	char text[16], *seen, *noted;
	unsigned vfs = 0;

	if (viod_read(pf, VIOD_PF, "sriov_numvfs", text, sizeof(text)) == 0)
		vfs = (unsigned)strtoul(text, NULL, 10);
	if (vfs <= (unsigned)vf)
		vfs = (unsigned)vf + 1;
	types = gpu_types_known(pf, vfs);
	seen = malloc(65536);
	noted = malloc(65536);
	if (seen && noted) {
		gpu_types_write(types, seen, 65536);
		if (viod_noted(pf, "types", noted, 65536) < 0 || strcmp(seen, noted) != 0)
			(void)viod_note(pf, "types", seen);
	}
	free(seen);
	free(noted);
	return types;
}

static int refuse_type(struct viod_pf *pf, const struct viod_step *step,
		       const struct gpu_types *types)
{
	const struct gpu_order *order = step->data;
	const struct gpu_type *nearest = gpu_types_nearest(types, order->profile);
	char list[512];

	gpu_types_list(types, list, sizeof(list));
	if (!nearest)
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			"the VF's driver offers no profiles at all; is it the vGPU host driver?");
	else
		viod_report(pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			    "'%s' is no profile of this GPU; did you mean '%s'? It has: %s%s",
			    order->profile, nearest->name, list,
			    gpu_is_mig(order->profile)
				    ? ". Profiles like this one need MIG mode and a GPU instance "
				      "first (nvidia-smi mig -cgi)"
				    : "");
	return -EINVAL;
}

/* Another VF of the PF that has another type. */
static int other_type(struct viod_pf *pf, int vf, const char *id, char ret_id[static GPU_ID_MAX])
{
	for (int other = 0; viod_function(pf, other); other++) {
		struct gpu_now now;

		if (other == vf || gpu_look(pf, other, &now) < 0 || !*now.id ||
		    strcmp(now.id, id) == 0)
			continue;
		memcpy(ret_id, now.id, sizeof(now.id));
		return other;
	}
	return -1;
}

/* Drivers answer EINVAL or the like to what does not fit any more. */
static int explain(struct viod_pf *pf, const struct viod_step *step, const struct gpu_types *types,
		   const struct gpu_type *type, int error)
{
	char id[GPU_ID_MAX];
	int other = other_type(pf, step->vf, type->id, id);
	const struct gpu_type *its = other >= 0 ? gpu_types_find(types, id) : NULL;

	if (other >= 0)
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, error,
			"the GPU does not take '%s' beside '%s' of VF %d: unless its heterogeneous "
			"mode is on (nvidia-smi vgpu -shm 1), all vGPUs of a GPU have one size",
			type->name, its ? its->name : id, other);
	else if (gpu_is_mig(type->name))
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, error,
			"the GPU does not take '%s': such profiles need MIG mode and a free GPU "
			"instance of that size (nvidia-smi mig -cgi)",
			type->name);
	else
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, error,
			"the GPU does not take '%s' (%u MiB); what the other VFs have may leave too "
			"little",
			type->name, type->framebuffer);
	return -error;
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
	/* Half a vGPU is none. */
	if (strcmp(id, "0") != 0)
		(void)viod_write(pf, vf, path, "0");
	return -EIO;
}

/* --- mdev ------------------------------------------------------------------------------------ */

/* The note comes first: an mdev without one is somebody else's for ever. */
static int make_mdev(struct viod_pf *pf, const struct viod_step *step, const struct gpu_type *type)
{
	const struct gpu_order *order = step->data;
	char path[GPU_PATH_MAX], key[48], text[32], uuid[GPU_UUID_MAX];
	struct gpu_now now;
	int r;

	snprintf(uuid, sizeof(uuid), "%s", order->uuid);
	if (!*uuid)
		gpu_uuid_of(pf, step->vf, uuid);
	snprintf(path, sizeof(path), "bus/mdev/devices/%s", uuid);
	if (gpu_exists(pf, path)) {
		viod_report(pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_UUID], &step->where, 0,
			    "an mdev with the UUID %s is there already, of another parent", uuid);
		return -EEXIST;
	}
	gpu_mdev_note(uuid, key);
	snprintf(text, sizeof(text), "%" PRId64, gpu_seconds() + gpu_grace);
	r = viod_note(pf, key, text);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "mdev_supported_types/%s/create", type->id);
	r = viod_write(pf, step->vf, path, uuid);
	if (r == 0)
		r = gpu_look(pf, step->vf, &now);
	if (r == 0 && strcmp(now.uuid, uuid) != 0)
		r = -EIO;
	if (r < 0)
		(void)viod_note(pf, key, NULL);
	return r;
}

static int remove_mdev(struct viod_pf *pf, const char *path, void *data)
{
	const struct viod_step *step = data;
	char key[48], text[32], file[GPU_PATH_MAX], uuid[GPU_UUID_MAX];
	int r;

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	gpu_mdev_note(uuid, key);
	if (viod_noted(pf, key, text, sizeof(text)) < 0) {
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			"mdev %s is not viod's and stays; 'echo 1 >/sys/bus/mdev/devices/%s/remove' "
			"removes it",
			uuid, uuid);
		return -EPERM;
	}
	if (snprintf(file, sizeof(file), "%s/remove", path) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	r = gpu_write(pf, file, "1");
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	return viod_note(pf, key, NULL);
}

/* --- apply ----------------------------------------------------------------------------------- */

static int clear(struct viod_pf *pf, const struct viod_step *step)
{
	const char *directory = NULL;
	struct gpu_now now;
	int r;

	switch (gpu_mode_of(pf, step->vf, &directory)) {
	case GPU_PLAIN:
		/* It went with the driver. */
		return 0;
	case GPU_MDEV:
		return gpu_each_mdev(pf, step->vf, remove_mdev, (void *)step);
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
	int r;

	if (mode == GPU_VENDOR)
		r = write_type(pf, step->vf, directory, type->id);
	else
		r = make_mdev(pf, step, type);
	if (r == 0) {
		note_success(pf, step->vf);
		/* The file named it otherwise, and could not be told so before the VF was there. */
		if (strlen(type->name) != length || strcmp(type->name, order->profile) != 0)
			viod_mark(pf, step->vf, &gpu_rows[GPU_ROW_PROFILE], VIOD_MARK_ROUNDED);
		return 0;
	}
	if (r == -EAGAIN || r == -EEXIST)
		return r;
	note_failure(pf, step->vf, order->profile);
	return explain(pf, step, types, type, -r);
}

static int set(struct viod_pf *pf, const struct viod_step *step)
{
	const struct gpu_order *order = step->data;
	const struct gpu_types *types;
	const struct gpu_type *type;
	struct gpu_now now;
	int r;

	r = gpu_look(pf, step->vf, &now);
	if (r < 0)
		return r;
	if (now.mode == GPU_PLAIN) {
		viod_report(pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			    "the VF's driver offers no vGPUs: neither files of the vendor nor "
			    "mdev_supported_types are there; is it the vGPU host driver?");
		return -EOPNOTSUPP;
	}
	types = learn(pf, step->vf);
	type = gpu_types_find(types, order->profile);
	if (!type)
		return refuse_type(pf, step, types);
	if (strcmp(now.id, type->id) == 0 &&
	    (now.mode == GPU_VENDOR || !*order->uuid || strcmp(now.uuid, order->uuid) == 0))
		return 0;
	if (*now.id)
		return -EBUSY;
	return is_quarantined(pf, step) ? -EIO : give(pf, step, types, type);
}

int gpu_apply(struct viod_pf *pf, const struct viod_step *step)
{
	if (step->size != sizeof(struct gpu_order))
		return -EINVAL;
	switch ((enum gpu_code)step->code) {
	case GPU_CLEAR:
		return clear(pf, step);
	case GPU_SET:
		return set(pf, step);
	}
	return -EINVAL;
}
