/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job-run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/lock-file.h"
#include "device/holders.h"
#include "device/plugin-call.h"
#include "device/row-state.h"
#include "job/record-rounding.h"
#include "job/udev-links.h"
#include "loader/quirk-match.h"
#include "sriov/sriov.h"

/* --- observe --------------------------------------------------------------------------------- */

static int job_observe(struct job_run *run)
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

/* The values that viod has set before, read once per job. */
static int read_last(struct job_run *run)
{
	int r;

	if (!run->record || run->last)
		return 0;
	r = values_from_json(run->schema, run->record->set, &run->last);
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

static int make_plan(struct job_run *run, struct viod_plan *ret_plan)
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
		r = read_last(run);
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
		r = plan_make(&run->pf, run->base, &changes, ret_plan);
	plan_changes_clear(&changes);
	return r;
}

/* --- apply and verify
 * ------------------------------------------------------------------------------- */

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
				   : run->blocked[vf] || diag_first_error(&run->pf.diags, VIOD_PF)))
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

static int verify(struct job_run *run)
{
	struct plan_changes left = { 0 };
	int r;

	r = job_observe(run);
	if (r == 0)
		r = accept_rounded(run);
	if (r == 0)
		r = read_last(run);
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

static enum job_verdict verdict_of(const struct job_run *run)
{
	bool blocked = run->pf_blocked || run->pf.blocked_by;

	for (size_t i = 0; run->blocked && i < run->n_holders; i++)
		blocked = blocked || run->blocked[i];
	/* The baseline of a lent VF is not restored yet. */
	blocked = blocked || (run->request->goal == JOB_RELEASE && run->leaves);
	if (run->pf_failed)
		return JOB_FAILED;
	if (run->stopped)
		return JOB_DEGRADED;
	if (blocked)
		return JOB_BLOCKED;
	if (diag_errors(&run->pf.diags) || row_any_deferred(&run->pf))
		return JOB_DEGRADED;
	return run->request->goal == JOB_RELEASE ? JOB_RELEASED : JOB_CONFIGURED;
}

/* All errors that the file has without the device, at once. */
static int validate(struct job_run *run)
{
	int r = plugin_call_all(&run->pf, PLUGIN_VALIDATE, NULL, run->wanted);
	int unique = job_check_unique(run);

	return r < 0 ? r : unique;
}

/* 1: continue; 0: the verdict is in *ret_verdict; -errno. */
static int prepare_job(struct job_run *run, enum job_verdict *ret_verdict)
{
	const struct job_request *request = run->request;
	const int64_t *vfs;
	int r;

	r = job_observe(run);
	if (r < 0)
		return r;
	*ret_verdict = JOB_INVALID;
	r = request->config ? job_check_device(run) : 0;
	if (r == 0)
		r = request->config ? job_want_file(run) : job_want_record(run);
	if (r < 0)
		return diag_errors(&run->pf.diags) ? 0 : r;
	if (request->config &&
	    (job_refuse_foreign(run) < 0 || validate(run) < 0 || job_check_limits(run) < 0))
		return 0;
	r = read_last(run);
	if (r < 0)
		return r;
	job_want_autoprobe(run);
	job_want_returns(run);
	vfs = request->config ? config_pf_value(request->config, "vfs") : NULL;
	if (!device_function(&run->pf, VIOD_PF)->driver && vfs && *vfs != 0 &&
	    !config_pf_value(request->config, "driver")) {
		diag_add(&run->pf.diags, VIOD_INFO, VIOD_PF, NULL, 0,
			 "waiting for a driver to be bound to the PF");
		*ret_verdict = JOB_WAITING;
		return 0;
	}
	return job_complete(run);
}

static int forget_pf(struct job_run *run)
{
	if (run->record)
		udev_links_remove(run->pf.roots, run->record, true);
	return record_remove(run->pf.roots, run->pf.self.address);
}

static int execute_plan(struct job_run *run, enum job_verdict *ret_verdict)
{
	int r = 0;

	/* The baseline is written before the first step. A configured PF plans nothing, so that
	 * nothing is written. */
	if (run->plan.n_steps || (run->request->config && !run->record))
		r = job_write_baseline(run);
	if (r < 0)
		return r;
	if (run->plan.n_steps) {
		job_send_progress(run,
				  run->request->goal == JOB_RELEASE ? "releasing" : "applying");
		job_execute(run);
		if (run->writes) {
			r = verify(run);
			if (r < 0)
				return r;
		}
	}
	if (!run->pf_blocked && !run->pf_failed) {
		r = job_remember_set(run);
		if (r < 0)
			return r;
	}
	if (run->record) {
		run->record->changed = run->record->changed || run->record->unfinished;
		run->record->unfinished = run->pf_failed || run->stopped ||
					  diag_first_error(&run->pf.diags, VIOD_PF);
		r = job_remember_left(run, false);
		if (r < 0)
			return r;
	}
	/* The links let other tools recognise VFs of viod; the job does not depend on them. */
	if (run->request->config)
		(void)udev_links_update(&run->pf, run->record);
	if (run->record && run->record->changed) {
		r = record_save(run->pf.roots, run->record);
		if (r < 0)
			return r;
	}
	*ret_verdict = verdict_of(run);
	return *ret_verdict == JOB_RELEASED ? forget_pf(run) : 0;
}

/* True for a driver that is only unbound and bound again for another change. */
static bool is_detour(const struct viod_change *change)
{
	return change->state && value_satisfied(change->option, change->wanted, change->state);
}

/* Without this line the log would not say why the PF is configured again. */
static void report_drift(struct job_run *run)
{
	const struct plan_changes *changes = &run->plan.changes;
	const struct viod_change *first = NULL;
	char text[256], more[32] = "";
	size_t count = 0;

	for (size_t i = 0; i < changes->count; i++) {
		if (is_detour(&changes->items[i]))
			continue;
		first = first ? first : &changes->items[i];
		count++;
	}
	if (!first)
		return;
	plan_change_text(first, text, sizeof(text));
	if (count > 1)
		snprintf(more, sizeof(more), " and %zu more", count - 1);
	diag_add(&run->pf.diags, VIOD_INFO, VIOD_PF, &first->where, 0,
		 "the device was changed externally and is restored: %s%s", text, more);
}

static int handle_drift(struct job_run *run, enum job_verdict *ret_verdict)
{
	const int64_t *drift;
	char text[256];

	if (run->request->goal != JOB_DRIFT)
		return 0;
	drift = config_pf_value(run->request->config, "drift");
	if (!drift || *drift == SRIOV_ENFORCE || *drift == SRIOV_ON_RETURN) {
		report_drift(run);
		return 0;
	}
	*ret_verdict = *drift == SRIOV_REPORT && run->plan.changes.count ? JOB_CHANGED
									 : JOB_CONFIGURED;
	for (size_t i = 0; *drift == SRIOV_REPORT && i < run->plan.changes.count; i++) {
		const struct viod_change *change = &run->plan.changes.items[i];

		if (is_detour(change))
			continue;
		plan_change_text(change, text, sizeof(text));
		diag_add(&run->pf.diags, VIOD_WARNING, change->vf, &change->where, 0,
			 "the device was changed externally; the file wants %s", text);
	}
	return 1;
}

static int load_record_and_schema(struct job_run *run)
{
	const struct job_request *request = run->request;
	int r;

	r = record_load(request->roots, request->address, goal_writes(request->goal),
			&run->pf.diags, &run->record);
	if (r < 0 && r != -ENOENT)
		return r;
	job_share_notes(run);
	if (request->config)
		run->schema = request->config->schema;
	else if (request->kind)
		run->schema = loader_schema(request->loader, request->kind, NULL, &run->pf.diags);
	else if (run->record)
		run->schema =
			loader_schema(request->loader, run->record->kind, NULL, &run->pf.diags);
	return run->schema ? 1 : 0;
}

/* What is wrong with the file itself does not need the device. */
static int validate_absent(struct job_run *run, enum job_verdict *ret_verdict)
{
	int r = job_want_absent(run);

	if (r == 0 && validate(run) < 0)
		*ret_verdict = JOB_INVALID;
	return r;
}

static int run_to_verdict(struct job_run *run, enum job_verdict *ret_verdict)
{
	const struct job_request *request = run->request;
	int r;

	r = load_record_and_schema(run);
	if (r <= 0) {
		/* viod has never written to this PF, so there is nothing to restore. */
		*ret_verdict = request->goal == JOB_RELEASE && !run->record ? JOB_RELEASED
									    : JOB_FAILED;
		return r;
	}
	*ret_verdict = JOB_ABSENT;
	run->pf.schema = run->schema;
	if (!run->pf.present) {
		if (request->config)
			return validate_absent(run, ret_verdict);
		return request->goal == JOB_RELEASE ? forget_pf(run) : 0;
	}
	r = device_choose_quirk(&run->pf);
	if (r < 0)
		return r;
	if (request->goal == JOB_LOOK) {
		*ret_verdict = JOB_BLOCKED;
		r = request->n_vfs ? device_recall_vfs(&run->pf, request->vfs, request->n_vfs)
				   : device_scan_vfs(&run->pf);
		if (r == 0)
			r = job_find_holders(run);
		job_report_holders(run);
		return r;
	}
	if (request->goal == JOB_PRINT) {
		*ret_verdict = JOB_CONFIGURED;
		return job_observe(run);
	}
	r = prepare_job(run, ret_verdict);
	if (r <= 0)
		return r;
	run->pf.wanted = run->wanted;
	r = make_plan(run, &run->plan);
	if (r < 0)
		return r;
	if (request->goal == JOB_CHECK) {
		*ret_verdict = run->plan.n_steps ? JOB_CHANGED : JOB_CONFIGURED;
		(void)job_foresee(run);
		return 0;
	}
	r = handle_drift(run, ret_verdict);
	return r != 0 ? MIN(r, 0) : execute_plan(run, ret_verdict);
}

/* Two jobs of one PF can only run at once after the daemon was killed during the first. */
static int lock_pf(const struct job_request *request)
{
	int fd;

	if (!goal_writes(request->goal))
		return -1;
	fd = lock_file_open(request->roots->trees[VIOD_TREE_RUN], request->address);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	return fd;
}

int job_run(const struct job_request *request, struct progress *progress, int fd)
{
	struct job_run run = { .request = request, .out = fdopen(fd, "we") };
	enum job_verdict verdict = JOB_FAILED;
	_cleanup_close_ int lock = -1;
	int r;

	if (!run.out)
		return -errno;
	lock = lock_pf(request);
	r = device_look(request->roots, request->loader, request->address, &run.pf);
	run.pf.progress = progress;
	run.pf.changes_nothing = !goal_writes(request->goal);
	if (r == 0)
		r = run_to_verdict(&run, &verdict);
	if (r < 0) {
		verdict = JOB_FAILED;
		if (!diag_errors(&run.pf.diags))
			diag_add(&run.pf.diags, VIOD_ERROR, VIOD_PF, NULL, -r, "%s", strerror(-r));
	}
	job_send_result(&run, verdict);
	fclose(run.out);
	/* Nothing else is freed: the process ends. A PF of 512 VFs has 50 000 allocations. */
	return (int)verdict;
}
