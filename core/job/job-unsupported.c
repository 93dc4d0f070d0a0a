/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows that a driver does not support. A device may return the same errno temporarily or for a
 * single VF, so the row is tried on all VFs, and a row that was accepted once counts as supported.
 */
#include <errno.h>
#include <string.h>

#include "device/row-state.h"
#include "job/job-run.h"

/* A changed setting of the PF, such as its eswitch mode, may change what the driver supports. */
static bool changes_pf(const struct plan_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].vf == VIOD_PF &&
		    !(changes->items[i].option->flags &
		      (VIOD_OPTION_RECREATES | VIOD_OPTION_INTERNAL)))
			return true;
	return false;
}

void job_recall_unsupported(struct job_run *run, const struct plan_changes *changes)
{
	if (run->record && !changes_pf(changes))
		row_marks_from_json(&run->pf, run->record->row_states,
				    run->request->goal != JOB_APPLY ||
					    !run->request->retry_unsupported);
}

static bool all_refused(const struct job_run *run, const struct viod_option *option)
{
	const struct plan_changes *changes = &run->plan.changes;

	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].option == option &&
		    !row_is_refused(&run->pf, changes->items[i].vf, option))
			return false;
	return true;
}

static const struct viod_where *change_where(const struct job_run *run, int vf,
					     const struct viod_option *option)
{
	const struct plan_changes *changes = &run->plan.changes;

	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].option == option && changes->items[i].vf == vf)
			return &changes->items[i].where;
	return NULL;
}

static void report_refused(struct job_run *run, int vf, const struct viod_option *option)
{
	struct viod_pf *pf = &run->pf;

	if (row_is_unsupported(pf, option))
		return;
	if (row_is_accepted(pf, option) || !all_refused(run, option))
		diag_add(&pf->diags, VIOD_ERROR, vf, change_where(run, vf, option), EOPNOTSUPP,
			 "setting vf%d.%s failed (%s) although the driver accepts it for other VFs "
			 "or accepted it before; retrying",
			 vf, option->key, strerror(EOPNOTSUPP));
	else if (row_mark_add(pf, VIOD_PF, option, ROW_UNSUPPORTED))
		diag_add(&pf->diags, VIOD_WARNING, VIOD_PF, change_where(run, vf, option), 0,
			 "'%s' cannot be set with this driver and is left out", option->key);
}

void job_report_refused(struct job_run *run)
{
	/* A job that was stopped has not tried all VFs. */
	for (size_t i = 0; i < run->pf.n_marks && !run->stopped; i++)
		if (run->pf.marks[i].mark == ROW_UNSUPPORTED && run->pf.marks[i].vf != VIOD_PF)
			report_refused(run, run->pf.marks[i].vf, run->pf.marks[i].option);
	row_settle_refused(&run->pf);
}

void job_note_accepted(struct job_run *run)
{
	const struct plan_changes *changes = &run->plan.changes;
	struct viod_pf *pf = &run->pf;

	if (!run->blocked || run->stopped || diag_first_error(&pf->diags, VIOD_PF))
		return;
	for (size_t i = 0; i < changes->count; i++) {
		const struct viod_change *change = &changes->items[i];

		if (change->vf != VIOD_PF && !row_is_unsupported(pf, change->option) &&
		    !row_is_deferred(pf, change->vf, change->option) &&
		    !job_is_blocked(run, change->vf) && !diag_first_error(&pf->diags, change->vf))
			row_mark_accepted(pf, change->option);
	}
}
