/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * diff and plan: what differs, and the steps that correct it. Pure: nothing here reads or writes
 * the kernel.
 */
#ifndef VIOD_PLAN_H
#define VIOD_PLAN_H

#include "device/device.h"
#include "model/value-set.h"

/** Flags of core's own steps, beside enum viod_step_flags. */
enum plan_step_flags {
	PLAN_STEP_PCI_LOCK = 1 << 4,  /* one such step at a time on the whole host */
	PLAN_STEP_ALWAYS = 1 << 5,    /* cleans up: runs even where an earlier step failed */
	PLAN_STEP_MAKES_VFS = 1 << 6, /* creates VFs; follows all steps with VIOD_STEP_NO_VFS */
	PLAN_STEP_SELF = 1 << 7, /* with DISRUPTIVE: concerns the PF itself, not only its VFs */
};

struct plan_step {
	struct viod_step step;
	const struct viod_plugin *owner;
	size_t order; /* as added */
};

struct plan_changes {
	struct viod_change *items;
	size_t count;
};

struct viod_plan {
	struct plan_step *steps; /* in the order of execution */
	size_t n_steps;
	struct plan_changes changes;
	bool *served; /* by change: a step of its plugin names it; used only while the plan is made
		       */
	bool recreates; /* every VF is removed and created again */
};

/**
 * Compare wanted with state, row by row. A row that the state does not know is a change unless last
 * (the values that viod has set before; may be NULL) has the wanted value. No row is known of VFs
 * beyond those of the state. Policy rows never differ. -ENOMEM.
 */
int plan_diff(const struct viod_values *wanted, const struct viod_values *state,
	      const struct viod_values *last, struct plan_changes *ret_changes);
void plan_changes_clear(struct plan_changes *changes);

/** True if the wanted values differ in a row that re-creates the VFs, or that needs zero VFs
 * according to the quirk. */
bool plan_recreates(const struct viod_quirk *quirk, const struct viod_values *wanted,
		    const struct viod_values *state);

/** Remove the changes of a VF, which is held. */
void plan_changes_drop_vf(struct plan_changes *changes, int vf);

/** Remove changes of rows that the PF's driver does not support; with report, each row is reported
 * once as a warning. */
void plan_changes_drop_unsupported(struct viod_pf *pf, bool report, struct plan_changes *changes);

/**
 * The steps for the changes, ordered by phase. The plan owns the changes afterwards. state is what
 * the changes were compared with. -errno of a plugin's plan(), or -ENOMEM.
 */
int plan_make(struct viod_pf *pf, const struct viod_values *state, struct plan_changes *changes,
	      struct viod_plan *ret_plan);
void plan_clear(struct viod_plan *plan);

/** Sort by phase, and inside RESIZE around the steps that need zero VFs; other steps of a phase
 * keep the order in which they were added. */
void plan_sort(struct viod_plan *plan);

/** Add a step of core unchanged. -EINVAL for an unknown phase, or -ENOMEM. */
int plan_add(struct viod_plan *plan, const struct viod_plugin *owner, const struct viod_step *step);

/** Implements host->step(): the same, with the flags and the phase that the changes which the step
 * serves need. Flags of enum plan_step_flags are ignored. */
int plan_add_guarded(struct viod_plan *plan, const struct viod_plugin *owner,
		     const struct viod_step *step);

/** "vf3.vlan: 100 -> 200" */
void plan_change_text(const struct viod_change *change, char *ret_text, size_t size);

#endif
