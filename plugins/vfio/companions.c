/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* companions = bind: the other members of the group of a whole device are bound with it, and
 * restored after it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

#define ROW (&vfio_options[VFIO_ROW_COMPANION_DRIVERS])

/* One item of the list. */
struct companion {
	char address[32], driver[VIOD_NAME_MAX], override[VIOD_NAME_MAX]; /* "-": none */
};

/* The next item of a list; false at its end. */
static bool next_companion(const char **list, struct companion *ret_companion)
{
	int length = 0;

	*list += strspn(*list, ", ");
	if (sscanf(*list, "%31[^ ,] %63[^ ,] %63[^ ,]%n", ret_companion->address,
		   ret_companion->driver, ret_companion->override, &length) != 3 ||
	    !length)
		return false;
	*list += length;
	return true;
}

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
	    !ret_name[0] || strcmp(ret_name, "(null)") == 0)
		snprintf(ret_name, VIOD_NAME_MAX, "-");
}

static void read_driver(struct viod_pf *pf, const char *address, char ret_name[VIOD_NAME_MAX])
{
	char path[256];

	if (viod_link_at(pf, VIOD_TREE_SYS, path_of(address, "driver", path), ret_name,
			 VIOD_NAME_MAX) < 0)
		snprintf(ret_name, VIOD_NAME_MAX, "-");
}

static int write_file(struct viod_pf *pf, const char *address, const char *attribute,
		      const char *text)
{
	char path[256];

	return viod_write_at(pf, VIOD_TREE_SYS, path_of(address, attribute, path), text);
}

/* --- state and wanted ------------------------------------------------------------------------ */

/* The list of all companions, as they are or as they would be on VFIO. -E2BIG. */
static int list_companions(struct viod_pf *pf, const char *driver, char *ret_list, size_t size)
{
	struct vfio_member *members;
	char override[VIOD_NAME_MAX];
	size_t count, used = 0;
	int r;

	ret_list[0] = '\0';
	r = vfio_members_find(pf, VIOD_PF, &members, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count && used < size; i++) {
		if (members[i].is_bridge || is_own_vf(pf, members[i].address))
			continue;
		read_override(pf, members[i].address, override);
		used += (size_t)snprintf(ret_list + used, size - used, "%s%s %s %s",
					 used ? ", " : "", members[i].address,
					 driver			? driver
					 : members[i].driver[0] ? members[i].driver
								: "-",
					 driver ? driver : override);
	}
	free(members);
	return used < size ? 0 : -E2BIG;
}

void vfio_companions_observe(struct viod_pf *pf, struct viod_values *state)
{
	char list[512] = "";

	if (list_companions(pf, NULL, list, sizeof(list)) == 0 && list[0])
		viod_put(state, VIOD_PF, ROW, list);
}

int vfio_companions_complete(struct viod_pf *pf, struct viod_values *wanted)
{
	const struct viod_option *row = viod_option_of(wanted, VIOD_PF, "driver");
	const struct viod_driver *driver = row ? viod_get(wanted, VIOD_PF, row) : NULL;
	const int64_t *companions = viod_get(wanted, VIOD_PF, &vfio_options[VFIO_ROW_COMPANIONS]);
	char list[512] = "";
	int r;

	if (!driver || !vfio_is_driver(driver->name) || !viod_where(wanted, VIOD_PF, row)->file ||
	    !companions || *companions != VFIO_COMPANIONS_BIND)
		return 0;
	r = list_companions(pf, "vfio-pci", list, sizeof(list));
	if (r == -E2BIG) {
		viod_report(
			pf, VIOD_ERROR, VIOD_PF, NULL,
			viod_where(wanted, VIOD_PF, &vfio_options[VFIO_ROW_COMPANIONS]), 0,
			"the IOMMU group of the device has more members than 'companions = bind' can restore; unbind them manually");
		return -EINVAL;
	}
	if (r == 0 && list[0])
		viod_put(wanted, VIOD_PF, ROW, list);
	return 0;
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

	snprintf(step.text, sizeof(step.text), "companions: %.160s", (const char *)change->wanted);
	return viod_step_add(plan, &step);
}

static bool is_as_wanted(struct viod_pf *pf, const struct companion *companion)
{
	struct companion now;

	read_driver(pf, companion->address, now.driver);
	read_override(pf, companion->address, now.override);
	return strcmp(now.driver, companion->driver) == 0 &&
	       strcmp(now.override, companion->override) == 0;
}

/* Set the override, unbind and probe, as for the PF: the override names the driver even if none
 * gets bound, since the kernel may be configured not to probe. */
static int move_one(struct viod_pf *pf, const struct companion *companion)
{
	bool bound = strcmp(companion->driver, "-") != 0;
	const char *override = strcmp(companion->override, "-") != 0 ? companion->override : "\n";
	char now[VIOD_NAME_MAX];
	int r = 0;

	read_driver(pf, companion->address, now);
	if (strcmp(now, companion->driver) != 0) {
		if (bound && !vfio_driver_is_loaded(pf, companion->driver))
			r = viod_load_module(pf, companion->driver);
		if (r == 0)
			r = write_file(pf, companion->address, "driver_override",
				       bound ? companion->driver : "none");
		if (r == 0 && strcmp(now, "-") != 0)
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
		       const struct companion *companion)
{
	struct viod_holder holder;
	char driver[VIOD_NAME_MAX], text[256];
	int r;

	read_driver(pf, companion->address, driver);
	if (strcmp(driver, "-") == 0 || strcmp(driver, companion->driver) == 0)
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
	const char *list = step->change->wanted;
	struct companion companion;
	int r = 0;

	while (r == 0 && next_companion(&list, &companion)) {
		if (is_as_wanted(pf, &companion))
			continue;
		r = refuse_held(pf, step, &companion);
		if (r < 0)
			break;
		r = move_one(pf, &companion);
		if (r < 0)
			viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, -r,
				    "companion %s cannot be bound to driver '%s'",
				    companion.address, companion.driver);
	}
	list = r < 0 ? step->change->state : NULL;
	while (list && next_companion(&list, &companion))
		if (!is_as_wanted(pf, &companion) && refuse_held(pf, step, &companion) == 0)
			(void)move_one(pf, &companion);
	return r;
}
