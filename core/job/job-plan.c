/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job sees, what it plans against it, and what is left after it. */
#include <errno.h>

#include "device/plugin-call.h"
#include "device/row-state.h"
#include "job/job-run.h"
#include "job/record-rounding.h"
#include "loader/quirk-match.h"

/* --- observe --------------------------------------------------------------------------------- */

int job_observe(struct job_run *run)
{
	struct viod_values *state;
	int r;

	run->looked = now_usec();
	device_look_again(&run->pf);
	r = device_scan_vfs(&run->pf);
	if (r < 0)
		return r;
	/* Events from here on may report changes that this observation missed. */
	(void)sysfs_read_number(run->pf.roots->trees[VIOD_TREE_SYS], "kernel/uevent_seqnum",
				UINT64_MAX, &run->seqnum);
	r = values_new(run->schema, run->pf.n_vfs, &state);
	if (r < 0)
		return r;
	json_decref(run->pf.facts);
	run->pf.facts = NULL;
	r = plugin_call_all(&run->pf, PLUGIN_OBSERVE, state, NULL);
	if (r < 0) {
		values_free(state);
		return r;
	}
	/* Changes of the plan point into the state that they were made against. */
	if (run->state != run->base)
		values_free(run->state);
	run->state = state;
	return 0;
}

/* The values that viod is known to have set before, read once per job. */
int job_read_last(struct job_run *run)
{
	int r;

	if (!run->record || run->last)
		return 0;
	r = record_known(run->record, run->schema, &run->last);
	if (r == 0)
		job_forget_lost(run, run->last);
	return r;
}

/* --- plan ------------------------------------------------------------------------------------ */

/* Drift is not corrected on a VF in use, because no person has requested the change. */
static int drop_changes_of_held(struct job_run *run, bool knows_holders,
				struct plan_changes *changes)
{
	int r;

	if (run->request->goal != JOB_DRIFT || !changes->count)
		return 0;
	r = knows_holders ? 0 : job_find_holders(run);
	if (r < 0)
		return r;
	for (size_t vf = 0; vf < run->pf.n_vfs; vf++)
		if (job_is_held(run, (int)vf))
			plan_changes_drop_vf(changes, (int)vf);
	return 0;
}

int job_make_plan(struct job_run *run)
{
	_cleanup_values_ struct viod_values *last_of_pf = NULL;
	struct plan_changes changes = { 0 };
	bool recreates = job_recreates(run);
	int r;

	/* What a plugin completed may have been the reason. */
	r = job_want_defaults(run, recreates);
	job_want_unbound(run, recreates);
	if (run->record)
		rounded_replace(run->record->rounded, run->wanted);
	if (r == 0)
		r = job_read_last(run);
	/* Nothing is set yet on VFs that will be created. */
	if (r == 0 && run->record && recreates)
		r = values_pf_from_json(run->schema, run->record->set, &last_of_pf);
	if (r == 0)
		r = plan_diff(run->wanted, run->base, recreates ? last_of_pf : run->last, &changes);
	if (r < 0)
		return r;
	if (!recreates)
		job_recall_unsupported(run, &changes);
	plan_changes_drop_unsupported(&run->pf, true, &changes);
	r = job_lend(run, &changes);
	if (r == 0)
		r = drop_changes_of_held(run, run->holders, &changes);
	if (r == 0)
		r = job_recreate_for(run, &changes);
	if (r == 0)
		r = job_unbind_for(run, &changes);
	if (r == 0)
		r = plan_make(&run->pf, run->base, &changes, &run->plan);
	plan_changes_clear(&changes);
	return r;
}

/* --- verify ---------------------------------------------------------------------------------- */

/* Report rows that were written without an error and still differ. */
static void report_leftovers(struct job_run *run, const struct plan_changes *left)
{
	char text[256];

	for (size_t i = 0; i < left->count; i++) {
		const struct viod_change *change = &left->items[i];
		const char *advice;
		int vf = change->vf;

		/* A row that the device does not report cannot be verified; a deferred or failed
		 * one has been reported. */
		if (!change->state || row_is_deferred(&run->pf, vf, change->option) ||
		    diag_first_error(&run->pf.diags, vf) ||
		    (vf == VIOD_PF ? run->pf.blocked_by != NULL
				   : job_is_blocked(run, vf) ||
					     diag_first_error(&run->pf.diags, VIOD_PF)))
			continue;
		plan_change_text(change, text, sizeof(text));
		advice = quirk_advice(&run->pf.quirk, change->option->key, 0);
		diag_add(
			&run->pf.diags, VIOD_ERROR, vf, &change->where, 0,
			"the device reported success but the value did not change (%s)" ADVICE_FORMAT,
			text, ADVICE(advice));
	}
}

static int accept_rounded(struct job_run *run)
{
	json_t *rounded;

	if (!run->record)
		return 0;
	rounded = rounded_remember(&run->pf, run->record->rounded, run->wanted, run->state);
	if (!rounded)
		return -ENOMEM;
	json_decref(run->record->rounded);
	run->record->rounded = rounded;
	rounded_replace(rounded, run->wanted);
	return 0;
}

int job_verify(struct job_run *run)
{
	struct plan_changes left = { 0 };
	int r;

	r = job_observe(run);
	if (r == 0)
		r = accept_rounded(run);
	if (r == 0)
		r = job_read_last(run);
	if (r == 0)
		r = plan_diff(run->wanted, run->state, run->last, &left);
	if (r < 0)
		return r;
	plan_changes_drop_unsupported(&run->pf, false, &left);
	job_drop_changes_of_lent(run, &left);
	if (drop_changes_of_held(run, false, &left) == 0 && !run->stopped && !run->pf_failed &&
	    !run->pf_blocked)
		report_leftovers(run, &left);
	plan_changes_clear(&left);
	return 0;
}
