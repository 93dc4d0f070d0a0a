/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* companions = bind: the other members of the group of a whole device are bound with it, and
 * restored after it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

#define ROW (&vfio_options[VFIO_ROW_COMPANION_DRIVERS])

static bool is_own_vf(struct viod_pf *pf, const char *address)
{
	const struct viod_function *function;

	for (int vf = 0; (function = viod_function(pf, vf)); vf++)
		if (strcmp(function->address, address) == 0)
			return true;
	return false;
}

/* --- files of other functions ---------------------------------------------------------------- */

static const char *path_of(const char *address, const char *attribute, char path[static 256])
{
	snprintf(path, 256, "bus/pci/devices/%s/%s", address, attribute);
	return path;
}

static void read_override(struct viod_pf *pf, const char *address, char ret_name[VIOD_NAME_MAX])
{
	char path[256];

	if (viod_read_at(pf, VIOD_TREE_SYS, path_of(address, "driver_override", path), ret_name,
			 VIOD_NAME_MAX) < 0 ||
	    strcmp(ret_name, "(null)") == 0)
		ret_name[0] = '\0';
}

static int write_file(struct viod_pf *pf, const char *address, const char *attribute,
		      const char *text)
{
	char path[256];

	return viod_write_at(pf, VIOD_TREE_SYS, path_of(address, attribute, path), text);
}

/* --- state and wanted ------------------------------------------------------------------------ */

/* All companions, as they are or as they would be with this driver. The caller frees the records.
 */
static int list_companions(struct viod_pf *pf, const char *driver, struct vfio_companion **ret_list,
			   uint32_t *ret_count)
{
	struct vfio_companion *list;
	struct vfio_member *members;
	uint32_t used = 0;
	size_t count;
	int r;

	r = vfio_members_find(pf, VIOD_PF, &members, &count);
	if (r < 0)
		return r;
	list = calloc(count + 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++) {
		struct vfio_companion *companion = &list[used];

		if (members[i].is_bridge || is_own_vf(pf, members[i].address))
			continue;
		memcpy(companion->address, members[i].address, sizeof(companion->address));
		snprintf(companion->driver, VIOD_NAME_MAX, "%s",
			 driver ? driver : members[i].driver);
		if (driver)
			snprintf(companion->override, VIOD_NAME_MAX, "%s", driver);
		else
			read_override(pf, companion->address, companion->override);
		used++;
	}
	free(members);
	if (!list)
		return -ENOMEM;
	*ret_list = list;
	*ret_count = used;
	return 0;
}

static int put_companions(struct viod_pf *pf, const char *driver, struct viod_values *values)
{
	struct vfio_companion *list;
	struct viod_table table;
	int r;

	r = list_companions(pf, driver, &list, &table.count);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	table.records = list;
	if (table.count)
		r = viod_put(values, VIOD_PF, ROW, &table);
	free(list);
	return r;
}

int vfio_companions_observe(struct viod_pf *pf, struct viod_values *state)
{
	return put_companions(pf, NULL, state);
}

int vfio_companions_complete(struct viod_pf *pf, struct viod_values *wanted)
{
	const struct viod_option *row = viod_option_of(wanted, VIOD_PF, "driver");
	const struct viod_driver *driver = row ? viod_get(wanted, VIOD_PF, row) : NULL;
	const int64_t *companions = viod_get(wanted, VIOD_PF, &vfio_options[VFIO_ROW_COMPANIONS]);

	if (!driver || !viod_is_vfio_driver(driver->name) ||
	    !viod_where(wanted, VIOD_PF, row)->file || !companions ||
	    *companions != VFIO_COMPANIONS_BIND)
		return 0;
	return put_companions(pf, "vfio-pci", wanted);
}

/* --- steps ----------------------------------------------------------------------------------- */

int vfio_companions_plan(const struct viod_change *change, struct viod_plan *plan)
{
	struct viod_step step = {
		.code = VFIO_STEP_COMPANIONS,
		.phase = VIOD_PHASE_PREPARE,
		.vf = VIOD_PF,
		.where = change->where,
		.change = change,
	};
	char text[1024] = "";

	(void)viod_format(change->option, change->wanted, text, sizeof(text));
	snprintf(step.text, sizeof(step.text), "companions: %.160s", text);
	return viod_step_add(plan, &step);
}

static bool is_as_wanted(struct viod_pf *pf, const struct vfio_companion *companion)
{
	struct vfio_companion now;

	if (vfio_read_driver(pf, companion->address, now.driver) < 0)
		return false;
	read_override(pf, companion->address, now.override);
	return strcmp(now.driver, companion->driver) == 0 &&
	       strcmp(now.override, companion->override) == 0;
}

/* Set the override, unbind and probe, as for the PF: the override names the driver even if none
 * gets bound, since the kernel may be configured not to probe. */
static int move_one(struct viod_pf *pf, const struct vfio_companion *companion)
{
	const char *override = companion->override[0] ? companion->override : "\n";
	bool bound = companion->driver[0];
	char now[VIOD_NAME_MAX];
	int r = vfio_read_driver(pf, companion->address, now);

	if (r == 0 && strcmp(now, companion->driver) != 0) {
		if (bound && !vfio_driver_is_loaded(pf, companion->driver))
			r = viod_load_module(pf, companion->driver);
		if (r == 0)
			r = write_file(pf, companion->address, "driver_override",
				       bound ? companion->driver : "none");
		if (r == 0 && now[0])
			r = write_file(pf, companion->address, "driver/unbind", companion->address);
		if (r == 0 && bound)
			r = write_file(pf, companion->address, "subsystem/drivers_probe",
				       companion->address);
	}
	if (r == 0)
		r = write_file(pf, companion->address, "driver_override", override);
	return r < 0 ? r : is_as_wanted(pf, companion) ? 0 : -ENODEV;
}

static int refuse_held(struct viod_pf *pf, const struct viod_step *step,
		       const struct vfio_companion *companion)
{
	struct viod_holder holder;
	char driver[VIOD_NAME_MAX], text[256];
	int r;

	r = vfio_read_driver(pf, companion->address, driver);
	if (r < 0)
		return r;
	if (!driver[0] || strcmp(driver, companion->driver) == 0)
		return 0;
	r = viod_holder_of(pf, companion->address, &holder);
	if (r == 0)
		return 0;
	if (r < 0)
		snprintf(holder.what, sizeof(holder.what), "unknown: %s", strerror(-r));
	viod_holder_text(&holder, text, sizeof(text));
	viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, 0,
		    "companion %s (%s) keeps its driver: it is used by %s", companion->address,
		    driver, text);
	return -EBUSY;
}

/* The holders of each are checked again right before it is bound. After a failure the others are
 * restored.
 */
int vfio_companions_apply(struct viod_pf *pf, const struct viod_step *step)
{
	const struct viod_table *wanted = step->change->wanted, *state = step->change->state;
	const struct vfio_companion *list = wanted->records;
	int r = 0;

	for (uint32_t i = 0; i < wanted->count && r == 0; i++) {
		if (is_as_wanted(pf, &list[i]))
			continue;
		r = refuse_held(pf, step, &list[i]);
		if (r == -EBUSY)
			break;
		r = r < 0 ? r : move_one(pf, &list[i]);
		if (r < 0)
			viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, -r,
				    "companion %s cannot be bound to driver '%s'", list[i].address,
				    list[i].driver);
	}
	list = r < 0 && state ? state->records : NULL;
	for (uint32_t i = 0; list && i < state->count; i++)
		if (!is_as_wanted(pf, &list[i]) && refuse_held(pf, step, &list[i]) == 0)
			(void)move_one(pf, &list[i]);
	return r;
}
