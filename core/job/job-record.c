/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job records: the baseline, the values that viod has set, and the notes of plugins. */
#include <errno.h>
#include <string.h>

#include "device/row-state.h"
#include "job/job-run.h"
#include "sriov/sriov.h"

static int save_notes(void *userdata)
{
	struct job_run *run = userdata;

	return record_save(run->pf.roots, run->record);
}

void job_share_notes(struct job_run *run)
{
	run->pf.notes = run->record ? run->record->notes : NULL;
	run->pf.save_notes = save_notes;
	run->pf.save_userdata = run;
}

int job_write_baseline(struct job_run *run)
{
	const struct job_request *request = run->request;
	const int64_t *on_remove;
	int r;

	if (!request->config)
		return 0;
	if (!run->record) {
		run->record = record_new(run->pf.self.address, run->schema->kind, request->file);
		if (!run->record)
			return -ENOMEM;
	}
	job_share_notes(run);
	on_remove = config_pf_value(request->config, "on-remove");
	run->record->keep = on_remove && *on_remove == SRIOV_KEEP;
	run->record->created = run->record->created || run->plan.recreates;
	run->record->unfinished = run->record->unfinished || run->plan.n_steps > 0;
	free(run->record->config);
	free(run->record->kind);
	run->record->config = strdup(request->file ? request->file : "");
	run->record->kind = strdup(run->schema->kind);
	if (!run->record->config || !run->record->kind ||
	    record_set_name(run->record, config_pf_value(request->config, "name")) < 0)
		return -ENOMEM;
	r = record_extend_baseline(run->record, run->state);
	return r < 0 ? r : record_save(run->pf.roots, run->record);
}

/* True if a row was not written, or may not have been written and the device does not report it. */
static bool is_doubtful(const struct job_run *run, int vf, const struct schema_row *row)
{
	if (row_is_unsupported(&run->pf, row->option))
		return true;
	if (!run->plan.n_steps || values_get(run->state, vf, row))
		return false;
	return run->stopped || row_is_deferred(&run->pf, vf, row->option) ||
	       diag_first_error(&run->pf.diags, VIOD_PF) || diag_first_error(&run->pf.diags, vf) ||
	       (vf != VIOD_PF && run->blocked && run->blocked[vf]);
}

/* The record is all that is known of a row that the device does not report: what failed must not
 * count as set, or it would never be tried again. set: NULL to count them only. */
static size_t forget_doubtful(const struct job_run *run, struct viod_values *set)
{
	size_t count = 0;

	for (int vf = VIOD_PF; vf < (int)run->wanted->n_vfs; vf++) {
		const struct schema_scope *rows = &run->schema->scopes[schema_scope_of(vf)];

		for (size_t i = 0; i < rows->n_rows; i++) {
			if (!values_get(run->wanted, vf, &rows->rows[i]) ||
			    !is_doubtful(run, vf, &rows->rows[i]))
				continue;
			count++;
			if (set)
				values_forget(set, vf, &rows->rows[i]);
		}
	}
	return count;
}

int job_remember_set(struct job_run *run)
{
	_cleanup_values_ struct viod_values *set = NULL;
	json_t *row_states;
	int r;

	if (!run->record || run->request->goal == JOB_RELEASE)
		return 0;
	/* Nearly always all of it counts, and it is large. */
	if (forget_doubtful(run, NULL)) {
		r = values_copy(run->wanted, &set);
		if (r < 0)
			return r;
		(void)forget_doubtful(run, set);
	}
	job_note_accepted(run);
	row_states = row_marks_to_json(&run->pf);
	if (row_states) {
		json_decref(run->record->row_states);
		run->record->row_states = row_states;
	}
	return record_remember(run->record, set ? set : run->wanted, run->plan.recreates);
}
