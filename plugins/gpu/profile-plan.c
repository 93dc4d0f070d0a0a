/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vGPU of each VF: observe, validate, complete and plan. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <viod/vfio-driver.h>

#include "mdev.h"

static const char *text_of(const struct viod_values *values, int vf, enum gpu_row row)
{
	return viod_get(values, vf, &gpu_rows[row]);
}

static bool is_none(const char *profile)
{
	return !profile || strcmp(profile, "none") == 0;
}

static void put_text(struct viod_values *values, int vf, enum gpu_row row, const char *text)
{
	char padded[GPU_PROFILE_MAX] = "";

	snprintf(padded, sizeof(padded), "%s", text);
	viod_put(values, vf, &gpu_rows[row], padded);
}

#define REFUSE(pf_, values_, vf_, row_, ...)                   \
	viod_report((pf_), VIOD_ERROR, (vf_), &gpu_rows[row_], \
		    viod_where((values_), (vf_), &gpu_rows[row_]), 0, __VA_ARGS__)

/* --- observe --------------------------------------------------------------------------------- */

int gpu_observe(struct viod_pf *pf, struct viod_values *state)
{
	unsigned vfs = viod_vf_count(state);
	const struct gpu_types *types;

	/* The number of available vGPUs changes with each apply. */
	gpu_types_forget(pf);
	types = gpu_types_known(pf, vfs);

	for (unsigned vf = 0; vf < vfs; vf++) {
		const struct gpu_type *type;
		struct gpu_now now;

		if (gpu_look(pf, (int)vf, &now) < 0)
			continue;
		type = *now.id ? gpu_types_find(types, now.id) : NULL;
		put_text(state, (int)vf, GPU_ROW_PROFILE,
			 type	   ? type->name
			 : *now.id ? now.id
				   : "none");
		if (*now.uuid)
			put_text(state, (int)vf, GPU_ROW_UUID, now.uuid);
	}
	return gpu_mdevs_observe(pf, state, types);
}

/* --- what a file may say --------------------------------------------------------------------- */

static int validate_driver(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	const struct viod_option *row = viod_option_of(wanted, vf, "driver");
	const struct viod_driver *driver = row ? viod_get(wanted, vf, row) : NULL;

	if (!driver || (!viod_is_vfio_driver(driver->name) && strcmp(driver->name, "none") != 0))
		return 0;
	viod_report(
		pf, VIOD_ERROR, vf, row, viod_where(wanted, vf, row), 0,
		"a VF with a profile stays on the driver that makes it a vGPU; remove 'driver = %s' "
		"(a virtual machine can open it nevertheless), or 'profile'",
		driver->name);
	return -EINVAL;
}

int gpu_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	int r = gpu_mdevs_validate(pf, wanted);

	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const char *uuid = text_of(wanted, vf, GPU_ROW_UUID);
		char parsed[GPU_UUID_MAX];

		if (uuid && gpu_uuid_parse(uuid, parsed) < 0) {
			REFUSE(pf, wanted, vf, GPU_ROW_UUID,
			       "'%s' is no UUID; 'uuidgen' creates one, or remove the key and viod derives one",
			       uuid);
			r = -EINVAL;
		}
		if (!is_none(text_of(wanted, vf, GPU_ROW_PROFILE)) &&
		    validate_driver(pf, wanted, vf) < 0)
			r = -EINVAL;
	}
	return r;
}

/* --- what this device offers ----------------------------------------------------------------- */

/* A VF whose driver has neither interface. */
static int refuse_plain(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	const struct viod_function *function = viod_function(pf, vf);

	REFUSE(pf, wanted, vf, GPU_ROW_PROFILE,
	       "driver '%s' of this VF offers no vGPUs: there are neither files of the vendor nor mdev_supported_types; remove 'profile', or load the vGPU host driver%s",
	       function->driver, gpu_hint(pf));
	return -EOPNOTSUPP;
}

static void complete_uuid(struct viod_pf *pf, const struct viod_values *state,
			  struct viod_values *wanted, int vf, enum gpu_mode mode)
{
	const char *given = text_of(wanted, vf, GPU_ROW_UUID), *now;
	char uuid[GPU_UUID_MAX];

	if (given && gpu_uuid_parse(given, uuid) == 0) {
		put_text(wanted, vf, GPU_ROW_UUID, uuid);
		return;
	}
	if (mode == GPU_VENDOR || given)
		return;
	/* An mdev that exists already is kept. */
	now = (unsigned)vf < viod_vf_count(state) ? text_of(state, vf, GPU_ROW_UUID) : NULL;
	if (now)
		snprintf(uuid, sizeof(uuid), "%s", now);
	else if (mode != GPU_MDEV || gpu_uuid_of(pf, vf, uuid) < 0)
		return;
	put_text(wanted, vf, GPU_ROW_UUID, uuid);
}

static int complete_vf(struct viod_pf *pf, const struct viod_values *state,
		       struct viod_values *wanted, int vf, const struct gpu_types *types)
{
	const char *profile = text_of(wanted, vf, GPU_ROW_PROFILE);
	const struct viod_function *function;
	const struct gpu_type *type;
	enum gpu_mode mode;

	if (is_none(profile)) {
		viod_forget(wanted, vf, &gpu_rows[GPU_ROW_UUID]);
		return 0;
	}
	function = (unsigned)vf < viod_vf_count(state) ? viod_function(pf, vf) : NULL;
	mode = function ? gpu_mode_of(pf, vf, NULL) : GPU_PLAIN;
	if (function && function->driver && mode == GPU_PLAIN &&
	    viod_where(wanted, vf, &gpu_rows[GPU_ROW_PROFILE])->file && !types->count &&
	    !viod_is_vfio_driver(function->driver))
		return refuse_plain(pf, wanted, vf);
	if (mode == GPU_VENDOR && text_of(wanted, vf, GPU_ROW_UUID)) {
		REFUSE(pf, wanted, vf, GPU_ROW_UUID,
		       "with this driver the VF itself is the vGPU and has no UUID; remove 'uuid'");
		return -EOPNOTSUPP;
	}
	type = gpu_types_find(types, profile);
	if (!type && types->count && viod_where(wanted, vf, &gpu_rows[GPU_ROW_PROFILE])->file)
		return gpu_refuse_type(pf, vf, &gpu_rows[GPU_ROW_PROFILE],
				       viod_where(wanted, vf, &gpu_rows[GPU_ROW_PROFILE]), types,
				       profile);
	if (type)
		put_text(wanted, vf, GPU_ROW_PROFILE, type->name);
	complete_uuid(pf, state, wanted, vf, mode);
	return 0;
}

int gpu_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	const int64_t *grace = viod_get(wanted, VIOD_PF, &gpu_rows[GPU_ROW_GRACE]);
	const struct gpu_types *types = gpu_types_known(pf, viod_vf_count(state));
	struct gpu_memory *memory = gpu_memory(pf);
	int r = memory ? gpu_mdevs_complete(pf, wanted, types) : -ENOMEM;

	if (grace && memory) {
		memory->grace = *grace;
		memory->has_grace = true;
	}
	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const char *profile = text_of(wanted, vf, GPU_ROW_PROFILE);
		int one = complete_vf(pf, state, wanted, vf, types);

		r = r < 0 ? r : one;
		one = gpu_mdev_reserve(pf, vf, !is_none(profile));
		r = r < 0 ? r : one;
	}
	return r;
}

/* --- plan ------------------------------------------------------------------------------------ */

struct vf_changes {
	const struct viod_change *profile, *uuid;
};

static int add(struct viod_plan *plan, enum gpu_code code, const struct viod_change *change,
	       const struct gpu_order *order, const char *from)
{
	struct viod_step step = {
		.phase = VIOD_PHASE_SETTLE,
		.flags = code == GPU_CLEAR ? VIOD_STEP_DISRUPTIVE : 0,
		.code = code,
		.vf = change->vf,
		.where = change->where,
		.change = change,
		.data = order,
		.size = sizeof(*order),
	};

	if (code == GPU_CLEAR)
		snprintf(step.text, sizeof(step.text), "vf%d.profile: %s -> none", change->vf,
			 from);
	else
		snprintf(step.text, sizeof(step.text), "vf%d.profile: %s%s%s", change->vf,
			 order->profile, *order->uuid ? ", uuid " : "", order->uuid);
	return viod_step_add(plan, &step);
}

/* @clear: the half that removes. The other half comes after it for all VFs, since the vGPUs of a
 * GPU may have to be of one size. */
static int plan_vf(const struct viod_values *state, const struct vf_changes *changes, bool clear,
		   struct viod_plan *plan)
{
	const struct viod_change *change = changes->profile ? changes->profile : changes->uuid;
	bool there = (unsigned)change->vf < viod_vf_count(state);
	const char *now = there ? text_of(state, change->vf, GPU_ROW_PROFILE) : NULL;
	const char *uuid = there ? text_of(state, change->vf, GPU_ROW_UUID) : NULL;
	struct gpu_order order = { 0 };

	/* A change of the UUID alone matters only for an mdev that exists. */
	if (!changes->profile && (is_none(now) || !uuid))
		return 0;
	if (clear)
		return is_none(now) ? 0 : add(plan, GPU_CLEAR, change, &order, now);
	snprintf(order.profile, sizeof(order.profile), "%s",
		 changes->profile ? (const char *)changes->profile->wanted : now);
	if (changes->uuid)
		snprintf(order.uuid, sizeof(order.uuid), "%s", (const char *)changes->uuid->wanted);
	else if (uuid)
		snprintf(order.uuid, sizeof(order.uuid), "%s", uuid);
	return is_none(order.profile) ? 0 : add(plan, GPU_SET, change, &order, "");
}

/* The changes of this plugin for the next VF; returns the number of list entries of that VF. */
static size_t changes_of(const struct viod_change *changes, size_t n_changes,
			 struct vf_changes *ret_changes)
{
	struct vf_changes vf = { 0 };
	size_t n = 0;

	for (; n < n_changes && changes[n].vf == changes[0].vf; n++) {
		if (changes[n].option == &gpu_rows[GPU_ROW_PROFILE])
			vf.profile = &changes[n];
		else if (changes[n].option == &gpu_rows[GPU_ROW_UUID])
			vf.uuid = &changes[n];
	}
	*ret_changes = vf;
	return n;
}

/* VFs with a profile come before the mdevs of [pf], which can be on any parent. */
int gpu_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan)
{
	const struct viod_change *mdevs = NULL;
	int r = 0;

	for (size_t i = 0; i < n_changes && !mdevs; i++)
		if (changes[i].option == &gpu_rows[GPU_ROW_MDEVS])
			mdevs = &changes[i];
	if (mdevs)
		r = gpu_mdevs_plan(mdevs, true, plan);
	for (int half = 0; half < 2; half++)
		for (size_t i = 0; i < n_changes && r == 0;) {
			struct vf_changes vf;

			i += changes_of(&changes[i], n_changes - i, &vf);
			if (vf.profile || vf.uuid)
				r = plan_vf(state, &vf, half == 0, plan);
		}
	return r == 0 && mdevs ? gpu_mdevs_plan(mdevs, false, plan) : r;
}
