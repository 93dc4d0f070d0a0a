/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job records: the baseline, what it is about to do, what it has done, and the notes of
 * plugins. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "device/row-state.h"
#include "job/job-run.h"
#include "job/udev-links.h"
#include "sriov/sriov.h"

/* --- which device, which file ---------------------------------------------------------------- */

/* The inode number of a device's directory is given once: a device that is removed and added again,
 * or another one in its slot, has another (fs/kernfs: kernfs_new_node()). */
static int read_identity(const struct viod_pf *pf, char *ret_text, size_t size)
{
	const char *path = device_path(pf, VIOD_PF);
	struct stat status;

	if (!path)
		return -ENODEV;
	if (fstatat(pf->roots->trees[VIOD_TREE_SYS], path, &status, 0) < 0)
		return -errno;
	(void)snprintf(ret_text, size, "%llu", (unsigned long long)status.st_ino);
	return 0;
}

static int set_identity(struct job_run *run, const char *identity)
{
	char *copy;

	if (streq(run->record->identity, identity))
		return 0;
	copy = strdup(identity);
	if (!copy)
		return -ENOMEM;
	free(run->record->identity);
	run->record->identity = copy;
	run->record->changed = true;
	return 0;
}

int job_check_identity(struct job_run *run)
{
	int r = read_identity(&run->pf, run->identity, sizeof(run->identity));

	if (r < 0 || !run->record || !*run->record->identity ||
	    streq(run->identity, run->record->identity))
		return r;
	if (goal_writes(run->request->goal))
		udev_links_remove(run->pf.roots, run->record, false);
	run->record = record_free(run->record);
	job_share_notes(run);
	return 0;
}

int job_device_is_replaced(struct job_run *run)
{
	char identity[sizeof(run->identity)];
	int r = read_identity(&run->pf, identity, sizeof(identity));

	return r < 0 ? r : !streq(identity, run->identity);
}

/* The device was removed and added again while the job wrote to it: what was written before is
 * lost, and nothing is known of what there was. */
static int follow_device(struct job_run *run)
{
	char identity[sizeof(run->identity)];

	/* One that is absent by now has another identity when it comes back. */
	if (!run->record || read_identity(&run->pf, identity, sizeof(identity)) < 0 ||
	    streq(identity, run->identity))
		return 0;
	record_forget_vfs(run->record);
	return set_identity(run, identity);
}

static int follow_file(struct job_run *run)
{
	const struct job_request *request = run->request;
	const int64_t *on_remove = config_pf_value(request->config, "on-remove");
	const char *name = config_pf_value(request->config, "name");
	int r = record_follow(run->record, request->file ? request->file : "", name ? name : "",
			      on_remove && *on_remove == SRIOV_KEEP);

	return r == 0 && *run->identity ? set_identity(run, run->identity) : r;
}

int job_follow_file(struct job_run *run)
{
	int r = run->record ? follow_file(run) : 0;

	return r < 0 || !run->record || !run->record->changed
		       ? r
		       : record_save(run->pf.roots, run->record);
}

/* --- before the first write ------------------------------------------------------------------ */

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

/* The record holds the value, and the device reports it: if the job dies, nothing is lost. */
static bool is_recorded(const struct job_run *run, const struct viod_change *change,
			const struct schema_row *row)
{
	return change->state && run->last && values_get(run->last, change->vf, row);
}

/* A plan that switches autoprobe switches it back at its end, in any case. */
static bool switches_autoprobe(const struct viod_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].step.flags & PLAN_STEP_ALWAYS)
			return true;
	return false;
}

/* Rows of VFs that will be re-created are not noted: the new VFs have none of them. */
static void note_changes(const struct job_run *run, struct viod_values *about)
{
	const struct plan_changes *changes = &run->plan.changes;
	const struct schema_row *autoprobe =
		schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_AUTOPROBE]);

	for (size_t i = 0; i < changes->count; i++) {
		const struct viod_change *change = &changes->items[i];
		const struct schema_row *row = schema_row_of(run->schema, change->option);

		if ((change->vf != VIOD_PF && run->plan.recreates) ||
		    change->option->phase == VIOD_PHASE_RESIZE || is_recorded(run, change, row))
			continue;
		values_put(about, change->vf, row, change->wanted, NULL);
	}
	if (switches_autoprobe(&run->plan) && values_get(run->wanted, VIOD_PF, autoprobe))
		values_put(about, VIOD_PF, autoprobe, values_get(run->wanted, VIOD_PF, autoprobe),
			   NULL);
}

static int intend(struct job_run *run)
{
	_cleanup_values_ struct viod_values *about = NULL;
	int r;

	r = values_new(run->schema, run->plan.recreates ? 0 : run->wanted->n_vfs, &about);
	if (r < 0)
		return r;
	note_changes(run, about);
	run->about_before = json_incref(run->record->about);
	return record_intend(run->record, about);
}

int job_write_baseline(struct job_run *run)
{
	const struct job_request *request = run->request;
	int r = 0;

	if (!run->record && !request->config)
		return 0;
	if (!run->record) {
		run->record = record_new(run->pf.self.address, run->schema->kind, request->file);
		if (!run->record)
			return -ENOMEM;
		r = follow_file(run);
	}
	job_share_notes(run);
	if (r == 0 && request->config)
		r = record_extend_baseline(run->record, run->state);
	if (r == 0 && run->plan.n_steps && !run->pf_blocked) {
		run->record->unfinished = true;
		r = intend(run);
	}
	return r < 0 ? r : record_save(run->pf.roots, run->record);
}

int job_note_creation(struct job_run *run)
{
	if (!run->record || run->record->creating)
		return 0;
	run->record->creating = true;
	return record_save(run->pf.roots, run->record);
}

void job_settle_creation(struct job_run *run, bool done)
{
	run->recreated = run->recreated || done;
	if (!run->record)
		return;
	run->record->created = run->record->created || done;
	run->record->creating = false;
	run->record->changed = true;
}

/* --- after the last write -------------------------------------------------------------------- */

enum row_outcome {
	ROW_DONE,
	ROW_DOUBTFUL, /* not set, or perhaps not */
	ROW_LEFT,     /* nothing was tried */
};

static bool was_set_before(const struct job_run *run, int vf, const struct schema_row *row,
			   const void *wanted)
{
	const void *last = run->last && (vf == VIOD_PF || !run->recreated)
				   ? values_get(run->last, vf, row)
				   : NULL;

	return last && value_satisfied(row->option, wanted, last);
}

/* The device does not report the row: it counts as set if nothing went wrong. */
static enum row_outcome unreported_outcome(const struct job_run *run, int vf,
					   const struct schema_row *row)
{
	if (was_set_before(run, vf, row, values_get(run->wanted, vf, row)))
		return ROW_DONE;
	if (!run->writes)
		return ROW_LEFT;
	if (run->request->goal == JOB_DRIFT && job_is_held(run, vf))
		return ROW_LEFT;
	return run->stopped || row_is_deferred(&run->pf, vf, row->option) ||
			       diag_first_error(&run->pf.diags, VIOD_PF) ||
			       diag_first_error(&run->pf.diags, vf) || job_is_blocked(run, vf)
		       ? ROW_DOUBTFUL
		       : ROW_DONE;
}

static enum row_outcome outcome_of(const struct job_run *run, int vf, const struct schema_row *row)
{
	const void *wanted = values_get(run->wanted, vf, row);
	const void *is = values_get(run->state, vf, row);

	if (!wanted || row_is_unsupported(&run->pf, row->option))
		return ROW_LEFT;
	/* What another program changes is compared with what viod has set before. */
	if (is &&
	    (job_is_lent(run, vf) || (run->request->goal == JOB_DRIFT && job_is_held(run, vf))))
		return ROW_LEFT;
	if (!is)
		return unreported_outcome(run, vf, row);
	if (value_satisfied(row->option, wanted, is))
		return ROW_DONE;
	return run->writes && row->option->phase != VIOD_PHASE_RESIZE ? ROW_DOUBTFUL : ROW_LEFT;
}

/* What failed must not count as set: of a row that the device does not report, the record is all
 * that is known, and it would never be tried again. */
static int sort_rows(const struct job_run *run, struct viod_values **ret_done,
		     struct viod_values **ret_doubtful)
{
	_cleanup_values_ struct viod_values *done = NULL, *doubtful = NULL;
	int r;

	r = values_copy(run->wanted, &done);
	if (r == 0)
		r = values_new(run->schema, run->wanted->n_vfs, &doubtful);
	if (r < 0)
		return r;
	for (int vf = VIOD_PF; vf < (int)done->n_vfs; vf++) {
		const struct schema_scope *rows = &run->schema->scopes[schema_scope_of(vf)];

		for (size_t i = 0; i < rows->n_rows; i++) {
			enum row_outcome outcome = outcome_of(run, vf, &rows->rows[i]);

			if (outcome == ROW_DOUBTFUL)
				values_put(doubtful, vf, &rows->rows[i],
					   values_get(done, vf, &rows->rows[i]), NULL);
			if (outcome != ROW_DONE)
				values_forget(done, vf, &rows->rows[i]);
		}
	}
	*ret_done = TAKE_PTR(done);
	*ret_doubtful = TAKE_PTR(doubtful);
	return 0;
}

static int remember_rows(struct job_run *run)
{
	_cleanup_values_ struct viod_values *done = NULL, *doubtful = NULL;
	json_t *row_states;
	int r;

	job_note_accepted(run);
	row_states = row_marks_to_json(&run->pf);
	if (row_states) {
		json_decref(run->record->row_states);
		run->record->row_states = row_states;
	}
	/* Of another device nothing was set, as far as is known. */
	if (!streq(run->record->identity, run->identity))
		return 0;
	r = sort_rows(run, &done, &doubtful);
	return r < 0 ? r : record_remember(run->record, done, doubtful, run->recreated);
}

int job_remember_set(struct job_run *run)
{
	int r;

	if (!run->record)
		return 0;
	/* Nothing was done: what was about to be done was not. */
	if (!run->writes && run->about_before) {
		json_decref(run->record->about);
		run->record->about = json_incref(run->about_before);
		run->record->changed = true;
	}
	r = run->writes ? follow_device(run) : 0;
	if (r < 0 || run->request->goal == JOB_RELEASE || run->pf_blocked || run->pf_failed)
		return r;
	return remember_rows(run);
}
