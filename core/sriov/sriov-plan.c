/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of count, override, unbind and probe: pure. */
#include <errno.h>
#include <string.h>

#include "plan/host-table.h"
#include "plan/plan.h"
#include "sriov/sriov-private.h"

/* What plan() has read from the changes. */
struct intent {
	const struct viod_change *count, *autoprobe, *pf_driver, *pf_override;
	bool autoprobe_known, autoprobe_now, autoprobe_wanted;
	bool recreates;
};

/* The two rows of one function that are planned together. */
struct driver_intent {
	int vf;
	const struct viod_change *driver, *override;
};

static int add_step(struct viod_plan *plan, enum viod_phase phase, enum sriov_step code, int vf,
		    uint8_t flags, const struct viod_change *change, const char *data,
		    const char *text)
{
	struct viod_step step = {
		.phase = phase,
		.code = code,
		.vf = vf,
		.flags = flags,
		.change = change,
		.data = data,
		.size = strlen(data) + 1,
	};

	if (change)
		step.where = change->where;
	snprintf(step.text, sizeof(step.text), "%s", text);
	return plan_add(plan, &sriov_plugin, &step);
}

static int add_autoprobe(struct viod_plan *plan, struct intent *intent, enum viod_phase phase,
			 bool on, uint8_t flags)
{
	if (!intent->autoprobe_known || intent->autoprobe_now == on)
		return 0;
	intent->autoprobe_now = on;
	return add_step(plan, phase, SRIOV_STEP_AUTOPROBE, VIOD_PF, flags, intent->autoprobe,
			on ? "1" : "0", on ? "drivers-autoprobe: on" : "drivers-autoprobe: off");
}

static int plan_count(const struct viod_values *state, struct intent *intent,
		      struct viod_plan *plan)
{
	const uint8_t flags = VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS | PLAN_STEP_PCI_LOCK;
	const int64_t *now = host_table.get(state, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS]);
	uint8_t makes;
	char text[192], number[24];
	int64_t wanted;
	int r = 0;

	if (!intent->count)
		return 0;
	wanted = *(const int64_t *)intent->count->wanted;
	if (wanted > 0)
		r = add_autoprobe(plan, intent, VIOD_PHASE_RESIZE, false, 0);
	if (r == 0 && now && *now > 0 && wanted > 0 && !intent->pf_driver) {
		snprintf(text, sizeof(text), "vfs: %lld -> 0", (long long)*now);
		r = add_step(plan, VIOD_PHASE_RESIZE, SRIOV_STEP_COUNT, VIOD_PF, flags,
			     intent->count, "0", text);
	}
	if (r < 0)
		return r;
	plan_change_text(intent->count, text, sizeof(text));
	/* The count is not changed: the VFs are only re-created for another row. */
	if (now && *now == wanted)
		snprintf(text, sizeof(text), "vfs: %lld again", (long long)wanted);
	snprintf(number, sizeof(number), "%lld", (long long)wanted);
	makes = wanted > 0 ? PLAN_STEP_MAKES_VFS : 0;
	return add_step(plan, VIOD_PHASE_RESIZE, SRIOV_STEP_COUNT, VIOD_PF, flags | makes,
			intent->count, number, text);
}

static int add_override(struct viod_plan *plan, enum viod_phase phase, uint8_t flags,
			const struct driver_intent *intent, const char *name)
{
	const struct viod_change *change = intent->driver ? intent->driver : intent->override;
	char text[192];

	if (intent->vf == VIOD_PF)
		snprintf(text, sizeof(text), "driver-override: %s", *name ? name : "cleared");
	else
		snprintf(text, sizeof(text), "vf%d.driver-override: %s", intent->vf,
			 *name ? name : "cleared");
	return add_step(plan, phase, SRIOV_STEP_OVERRIDE, intent->vf, flags, change, name, text);
}

/* Plan override, unbind and probe of one function; *override is the driver_override afterwards. The
 * override is first, so that no other driver can bind after the unbind. It is cleared last: a job
 * that dies between the two would leave a driver without an override, which is what a native one
 * looks like. */
static int add_binding(const struct viod_pf *pf, struct viod_plan *plan, enum viod_phase attach,
		       const struct driver_intent *intent, char override[static VIOD_NAME_MAX])
{
	const struct viod_driver *wanted = intent->driver->wanted, *now = intent->driver->state;
	const char *name = driver_is_default(wanted) ? "" : wanted->name;
	bool bound = now && !driver_is_none(now), first = bound && *name;
	uint8_t flags = VIOD_STEP_DISRUPTIVE |
			(intent->vf == VIOD_PF ? VIOD_STEP_ALL_VFS | PLAN_STEP_SELF : 0);
	char text[192], unbind[192];
	int r = 0;

	plan_change_text(intent->driver, text, sizeof(text));
	/* The driver is not changed: it is only unbound while another row changes. */
	if (bound && value_satisfied(intent->driver->option, wanted, now))
		snprintf(text, sizeof(text), "vf%d.driver: %s again", intent->vf, now->name);
	if (first && !streq(override, name))
		r = add_override(plan, VIOD_PHASE_DETACH, flags, intent, name);
	if (r == 0 && bound) {
		snprintf(unbind, sizeof(unbind), "%s, unbind from %s", text, now->name);
		r = add_step(plan, VIOD_PHASE_DETACH, SRIOV_STEP_UNBIND, intent->vf, flags,
			     intent->driver, "", unbind);
	}
	if (r == 0 && intent->vf != VIOD_PF && pf->returned && pf->returned[intent->vf]) {
		snprintf(unbind, sizeof(unbind), "vf%d: reset", intent->vf);
		r = add_step(plan, VIOD_PHASE_DETACH, SRIOV_STEP_RESET, intent->vf, flags,
			     intent->driver, "", unbind);
	}
	if (r == 0 && !first && !streq(override, name))
		r = add_override(plan, attach, 0, intent, name);
	(void)copy_text(override, VIOD_NAME_MAX, name);
	if (r < 0 || streq(name, DRIVER_NONE))
		return r;
	return add_step(plan, attach, SRIOV_STEP_PROBE, intent->vf, 0, intent->driver, name, text);
}

/* The override wanted at the end. A row that is already as wanted is not a change, and would keep
 * what the binding needed. */
static const char *final_override(const struct viod_pf *pf, const struct driver_intent *intent)
{
	enum sriov_row row = intent->vf == VIOD_PF ? SRIOV_ROW_PF_OVERRIDE : SRIOV_ROW_OVERRIDE;

	if (intent->override)
		return intent->override->wanted;
	return pf->wanted ? host_table.get(pf->wanted, intent->vf, &sriov_rows[row]) : NULL;
}

static int plan_driver(const struct viod_pf *pf, const struct viod_values *state,
		       const struct driver_intent *intent, struct viod_plan *plan)
{
	const char *final = final_override(pf, intent);
	enum viod_phase attach = intent->vf == VIOD_PF ? VIOD_PHASE_DETACH : VIOD_PHASE_ATTACH;
	const char *now = host_table.get(
		state, intent->vf,
		&sriov_rows[intent->vf == VIOD_PF ? SRIOV_ROW_PF_OVERRIDE : SRIOV_ROW_OVERRIDE]);
	char override[VIOD_NAME_MAX] = "";
	int r = 0;

	if (now)
		(void)copy_text(override, sizeof(override), now);
	if (intent->driver)
		r = add_binding(pf, plan, attach, intent, override);
	if (r == 0 && (intent->driver || intent->override) && final && !streq(override, final))
		r = add_override(plan, VIOD_PHASE_SETTLE, 0, intent, final);
	return r;
}

/* Without an override the kernel probes a VF only while autoprobe is on. */
static bool needs_autoprobe(const struct viod_change *changes, size_t n_changes)
{
	for (size_t i = 0; i < n_changes; i++) {
		const struct viod_driver *wanted = changes[i].wanted;

		if (changes[i].option == &sriov_rows[SRIOV_ROW_DRIVER] && driver_is_default(wanted))
			return true;
	}
	return false;
}

static void read_intent(const struct viod_values *state, const struct viod_change *changes,
			size_t n_changes, struct intent *ret_intent)
{
	const bool *autoprobe = host_table.get(state, VIOD_PF, &sriov_rows[SRIOV_ROW_AUTOPROBE]);
	struct intent intent = { 0 };

	for (size_t i = 0; i < n_changes; i++) {
		if (changes[i].option == &sriov_rows[SRIOV_ROW_VFS])
			intent.count = &changes[i];
		else if (changes[i].option == &sriov_rows[SRIOV_ROW_PF_DRIVER])
			intent.pf_driver = &changes[i];
		else if (changes[i].option == &sriov_rows[SRIOV_ROW_PF_OVERRIDE])
			intent.pf_override = &changes[i];
		else if (changes[i].option == &sriov_rows[SRIOV_ROW_AUTOPROBE])
			intent.autoprobe = &changes[i];
	}
	intent.autoprobe_known = autoprobe;
	intent.autoprobe_now = autoprobe && *autoprobe;
	intent.autoprobe_wanted = intent.autoprobe ? *(const bool *)intent.autoprobe->wanted
						   : intent.autoprobe_now;
	*ret_intent = intent;
}

static int plan_pf_driver(const struct viod_pf *pf, const struct viod_values *state,
			  const struct intent *intent, struct viod_plan *plan)
{
	const uint8_t flags = VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS | PLAN_STEP_SELF |
			      PLAN_STEP_PCI_LOCK;
	const int64_t *now = host_table.get(state, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS]);
	struct driver_intent driver = { .vf = VIOD_PF,
					.driver = intent->pf_driver,
					.override = intent->pf_override };
	int r = 0;

	/* Some drivers do not remove their VFs when they are unbound. */
	if (intent->pf_driver && now && *now > 0)
		r = add_step(plan, VIOD_PHASE_DETACH, SRIOV_STEP_COUNT, VIOD_PF, flags,
			     intent->pf_driver, "0", "vfs: 0 while the PF changes its driver");
	return r < 0 ? r : plan_driver(pf, state, &driver, plan);
}

int sriov_plan(struct viod_pf *pf, const struct viod_values *state,
	       const struct viod_change *changes, size_t n_changes, struct viod_plan *plan)
{
	struct intent intent;
	int r;

	read_intent(state, changes, n_changes, &intent);
	r = plan_pf_driver(pf, state, &intent, plan);
	if (r == 0)
		r = plan_count(state, &intent, plan);
	/* Where autoprobe stays on, this step is also what restores it if another one fails. */
	if (r == 0 && needs_autoprobe(changes, n_changes))
		r = add_autoprobe(plan, &intent, VIOD_PHASE_ATTACH, true,
				  intent.autoprobe_wanted ? PLAN_STEP_ALWAYS : 0);
	for (size_t i = 0; i < n_changes && r == 0; i++) {
		struct driver_intent driver = { .vf = changes[i].vf };

		if (changes[i].option == &sriov_rows[SRIOV_ROW_DRIVER])
			driver.driver = &changes[i];
		else if (changes[i].option == &sriov_rows[SRIOV_ROW_OVERRIDE])
			driver.override = &changes[i];
		else
			continue;
		if (driver.driver && i + 1 < n_changes && changes[i + 1].vf == driver.vf &&
		    changes[i + 1].option == &sriov_rows[SRIOV_ROW_OVERRIDE])
			driver.override = &changes[++i];
		r = plan_driver(pf, state, &driver, plan);
	}
	return r < 0 ? r
		     : add_autoprobe(plan, &intent, VIOD_PHASE_SETTLE, intent.autoprobe_wanted,
				     PLAN_STEP_ALWAYS);
}
