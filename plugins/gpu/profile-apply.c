/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making VFs vGPUs, and taking that back. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "mdev.h"

/* A VF that failed so often is left alone until its file asks for something else. */
#define FAILURES_MAX 2

int64_t gpu_seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

void gpu_uuid_of(struct viod_pf *pf, int vf, char ret_uuid[static GPU_UUID_MAX])
{
	const struct viod_function *function = viod_function(pf, vf);

	gpu_uuid_stable(gpu_machine(pf), function ? function->address : "", ret_uuid);
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

void gpu_note_outcome(struct viod_pf *pf, int vf, const char *profile, bool failed)
{
	char key[32], text[160], last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, vf, &times, last);
	if (!failed && !times)
		return;
	snprintf(key, sizeof(key), "failed.vf%d", vf);
	snprintf(text, sizeof(text), "%u %s", times + 1, profile);
	(void)viod_note(pf, key, failed ? text : NULL);
}

bool gpu_is_quarantined(struct viod_pf *pf, int vf, const char *profile, unsigned *ret_times)
{
	char last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, vf, &times, last);
	if (ret_times)
		*ret_times = times;
	return times >= FAILURES_MAX && strcmp(last, profile) == 0;
}

static int refuse_quarantined(struct viod_pf *pf, const struct viod_step *step, unsigned times)
{
	const struct gpu_order *order = step->data;

	viod_report(
		pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
		"the VF is quarantined: it failed to become '%s' %u times, and is not tried again. "
		"Another profile is tried; the VF may need its PF's VFs to be made anew",
		order->profile, times);
	return -EIO;
}

/* --- types ----------------------------------------------------------------------------------- */

const struct gpu_types *gpu_learn(struct viod_pf *pf, int vf)
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

/* What is noted of an mdev: "END PARENT INODE". The inode tells it from another one of the same
 * UUID that came when it had gone with its parent's driver; 0 until the mdev is there. */
struct mdev_note {
	int64_t end;
	char parent[64];
	uint64_t inode;
};

static void note_key(const char *uuid, char ret_key[static 48])
{
	snprintf(ret_key, 48, "mdev.%s", uuid);
}

static int write_note(struct viod_pf *pf, const char *uuid, const struct mdev_note *note)
{
	char key[48], text[160];

	note_key(uuid, key);
	snprintf(text, sizeof(text), "%" PRId64 " %s %" PRIu64, note->end, note->parent,
		 note->inode);
	return viod_note(pf, key, text);
}

static void drop_note(struct viod_pf *pf, const char *uuid)
{
	char key[48];

	note_key(uuid, key);
	(void)viod_note(pf, key, NULL);
}

bool gpu_mdev_is_own(struct viod_pf *pf, const char *path, const char *uuid, int64_t *ret_end)
{
	const char *name = strrchr(path, '/');
	struct mdev_note note = { 0 };
	char key[48], text[160];
	size_t length;

	note_key(uuid, key);
	if (!name || viod_noted(pf, key, text, sizeof(text)) < 0 ||
	    sscanf(text, "%" SCNd64 " %63s %" SCNu64, &note.end, note.parent, &note.inode) != 3)
		return false;
	length = strlen(note.parent);
	if ((size_t)(name - path) <= length || name[-(ptrdiff_t)length - 1] != '/' ||
	    strncmp(name - length, note.parent, length) != 0 ||
	    (note.inode && note.inode != gpu_inode(pf, path)))
		return false;
	*ret_end = note.end;
	return true;
}

struct search {
	const char *uuid;
	uint64_t inode; /* 0: not found */
};

static int is_this(struct viod_pf *pf, const char *path, void *data)
{
	struct search *search = data;

	if (strcasecmp(strrchr(path, '/') + 1, search->uuid) == 0)
		search->inode = gpu_inode(pf, path);
	return search->inode != 0;
}

/* The note comes first: an mdev without one is somebody else's for ever. */
int gpu_mdev_make(struct viod_pf *pf, int vf, const struct gpu_type *type, const char *uuid)
{
	const struct viod_function *function = viod_function(pf, vf);
	struct mdev_note note = { .end = gpu_seconds() + gpu_grace };
	struct search search = { .uuid = uuid };
	char path[GPU_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "bus/mdev/devices/%s", uuid);
	if (!function || gpu_exists(pf, path))
		return function ? -EEXIST : -ENODEV;
	snprintf(note.parent, sizeof(note.parent), "%s", function->address);
	r = write_note(pf, uuid, &note);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "mdev_supported_types/%s/create", type->id);
	r = viod_write(pf, vf, path, uuid);
	if (r == 0)
		r = gpu_each_mdev(pf, vf, is_this, &search);
	if (r < 0 || !search.inode) {
		drop_note(pf, uuid);
		return r < 0 ? r : -EIO;
	}
	note.inode = search.inode;
	return write_note(pf, uuid, &note);
}

int gpu_mdev_remove(struct viod_pf *pf, const char *path, const char *uuid)
{
	char file[GPU_PATH_MAX];
	int r;

	if (snprintf(file, sizeof(file), "%s/remove", path) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	r = gpu_write(pf, file, "1");
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	drop_note(pf, uuid);
	return 0;
}

static int make_own(struct viod_pf *pf, const struct viod_step *step, const struct gpu_type *type)
{
	const struct gpu_order *order = step->data;
	char uuid[GPU_UUID_MAX];
	int r;

	snprintf(uuid, sizeof(uuid), "%s", order->uuid);
	if (!*uuid)
		gpu_uuid_of(pf, step->vf, uuid);
	r = gpu_mdev_make(pf, step->vf, type, uuid);
	if (r == -EEXIST)
		viod_report(pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_UUID], &step->where, 0,
			    "an mdev with the UUID %s is there already, of another parent", uuid);
	return r;
}

static int remove_own(struct viod_pf *pf, const char *path, void *data)
{
	const struct viod_step *step = data;
	char uuid[GPU_UUID_MAX], link[GPU_PATH_MAX], id[GPU_ID_MAX];
	int64_t end;

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	/* Those of [pf] are no business of this VF's section. */
	if (snprintf(link, sizeof(link), "%s/mdev_type", path) < (int)sizeof(link) &&
	    gpu_link(pf, link, id, sizeof(id)) == 0 && gpu_mdev_number(pf, id, uuid) >= 0)
		return 0;
	if (!gpu_mdev_is_own(pf, path, uuid, &end)) {
		viod_report(
			pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			"mdev %s is not viod's and stays; 'echo 1 >/sys/bus/mdev/devices/%s/remove' "
			"removes it",
			uuid, uuid);
		return -EPERM;
	}
	return gpu_mdev_remove(pf, path, uuid);
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
		/* The file named it otherwise, and could not be told so before the VF was there. */
		if (strlen(type->name) != length || strcmp(type->name, order->profile) != 0)
			viod_mark(pf, step->vf, &gpu_rows[GPU_ROW_PROFILE], VIOD_MARK_ROUNDED);
		return 0;
	}
	if (r == -EAGAIN || r == -EEXIST)
		return r;
	/* What the GPU has no room for, beside what others have, is no fault of this VF. */
	if (offered)
		gpu_note_outcome(pf, step->vf, order->profile, true);
	return gpu_explain(pf, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, types, type, -r);
}

static int set(struct viod_pf *pf, const struct viod_step *step)
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
		viod_report(pf, VIOD_ERROR, step->vf, &gpu_rows[GPU_ROW_PROFILE], &step->where, 0,
			    "the VF's driver offers no vGPUs: neither files of the vendor nor "
			    "mdev_supported_types are there; is it the vGPU host driver?%s",
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

int gpu_apply(struct viod_pf *pf, const struct viod_step *step)
{
	switch ((enum gpu_code)step->code) {
	case GPU_CLEAR:
		return step->size == sizeof(struct gpu_order) ? clear(pf, step) : -EINVAL;
	case GPU_SET:
		return step->size == sizeof(struct gpu_order) ? set(pf, step) : -EINVAL;
	case GPU_MDEVS_CLEAR:
		return gpu_mdevs_clear(pf, step);
	case GPU_MDEVS_PLACE:
		return gpu_mdevs_place(pf, step);
	}
	return -EINVAL;
}
