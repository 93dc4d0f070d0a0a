/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job-run.h"

#include <errno.h>
#include <string.h>

#include "device/holders.h"
#include "device/plugin-call.h"
#include "device/row-state.h"
#include "job/udev-links.h"
#include "sriov/sriov.h"

/* Beside 0 and -errno: what has to be done before the job is run once more. */
enum { RUN_AGAIN = 1, RUN_LEAVE_KIND };

static enum job_verdict verdict_of(const struct job_run *run)
{
	bool blocked = run->pf_blocked || run->pf.blocked_by;

	for (size_t i = 0; i < run->n_blocked; i++)
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
	if (request->config && goal_writes(request->goal)) {
		r = job_follow_file(run);
		if (r < 0)
			return r;
	}
	r = job_read_last(run);
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
	int r;

	if (run->record)
		udev_links_remove(run->pf.roots, run->record, !run->record->keep);
	r = record_remove(run->pf.roots, run->pf.self.address);
	if (r == 0)
		job_forget_pf_lock(run);
	return r;
}

/* The PF, or its rows of a kind that the file no longer names. */
static int forget_released(struct job_run *run)
{
	int r;

	if (!run->request->next)
		return forget_pf(run);
	r = record_change_kind(run->record, run->schema, run->request->next);
	return r < 0 ? r : record_save(run->pf.roots, run->record);
}

static int carry_out(struct job_run *run)
{
	int r;

	if (run->plan.n_steps) {
		job_send_progress(run,
				  run->request->goal == JOB_RELEASE ? "releasing" : "applying");
		job_execute(run);
	}
	r = run->writes ? job_verify(run) : 0;
	return r < 0 ? r : job_remember_set(run);
}

static int execute_plan(struct job_run *run, enum job_verdict *ret_verdict)
{
	int r = 0;

	run->stopped = run->pf.progress->stop;
	if (run->plan.n_steps && !run->stopped)
		r = job_check_holders(run);
	/* The device may have been removed and added again since it was looked at. */
	if (r == 0 && run->plan.n_steps && !run->stopped && !run->pf_blocked) {
		r = job_device_is_replaced(run);
		if (r > 0)
			return RUN_AGAIN;
	}
	/* The baseline is written before the first step. A configured PF plans nothing, so that
	 * nothing is written. */
	if (r == 0 && !run->stopped &&
	    (run->plan.n_steps || (run->request->config && !run->record)))
		r = job_write_baseline(run);
	if (r == 0 && !run->stopped && !run->pf_blocked)
		r = carry_out(run);
	if (r < 0)
		return r;
	if (run->record && (run->writes || !run->stopped)) {
		run->record->changed = run->record->changed || run->record->unfinished;
		run->record->unfinished = run->pf_failed || run->stopped ||
					  diag_first_error(&run->pf.diags, VIOD_PF);
		r = job_remember_left(run, false);
		if (r < 0)
			return r;
	}
	/* The links let other tools recognise VFs of viod; the job does not depend on them. */
	if (run->request->config && run->record)
		(void)udev_links_update(&run->pf, run->record);
	if (run->record && run->record->changed) {
		r = record_save(run->pf.roots, run->record);
		if (r < 0)
			return r;
	}
	*ret_verdict = verdict_of(run);
	return *ret_verdict == JOB_RELEASED ? forget_released(run) : 0;
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
	else if (r == 0 && goal_writes(run->request->goal))
		r = job_follow_file(run);
	return r;
}

/* Rows of a kind that the file no longer names are restored first. */
static int leave_kind(struct job_run *run)
{
	const struct job_request *request = run->request;
	_cleanup_diags_ struct diag_list diags = { 0 };
	const char *kind = run->record ? run->record->kind : NULL;

	if (!kind || !request->config || streq(kind, run->schema->kind))
		return 0;
	if (loader_schema(request->loader, kind, NULL, &diags))
		return RUN_LEAVE_KIND;
	diag_add(&run->pf.diags, VIOD_WARNING, VIOD_PF, NULL, 0,
		 "what was set as kind '%s' is not restored, because no plugin serves this kind; "
		 "enable its plugin again, and reload",
		 kind);
	return record_change_kind(run->record, NULL, run->schema);
}

/* Plans against VFs that others created or removed before the lock was there are made again. */
static int lock_pci(struct job_run *run)
{
	_cleanup_free_ char(*before)[DEVICE_NAME_MAX] = NULL;
	size_t n = run->pf.n_vfs;
	int r;

	if (run->pci_lock >= 0 || !job_needs_pci_lock(run))
		return 0;
	before = calloc(n + 1, sizeof(*before));
	if (!before)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		memcpy(before[i], run->pf.vfs[i].address, sizeof(*before));
	r = job_lock_pci(run);
	if (r != 0)
		return r < 0 ? r : RUN_AGAIN;
	r = device_scan_vfs(&run->pf);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n && n == run->pf.n_vfs; i++)
		if (!streq(before[i], run->pf.vfs[i].address))
			return RUN_AGAIN;
	return n == run->pf.n_vfs ? 0 : RUN_AGAIN;
}

static int look_only(struct job_run *run, enum job_verdict *ret_verdict)
{
	const struct job_request *request = run->request;
	int r;

	*ret_verdict = request->goal == JOB_LOOK ? JOB_BLOCKED : JOB_CONFIGURED;
	if (request->goal == JOB_PRINT)
		return job_observe(run);
	r = request->n_vfs ? device_recall_vfs(&run->pf, request->vfs, request->n_vfs)
			   : device_scan_vfs(&run->pf);
	if (r == 0)
		r = job_find_holders(run);
	job_report_holders(run);
	return r;
}

static int plan_and_execute(struct job_run *run, enum job_verdict *ret_verdict)
{
	int r;

	run->pf.wanted = run->wanted;
	r = job_make_plan(run);
	if (r < 0)
		return r;
	if (run->request->goal == JOB_CHECK) {
		*ret_verdict = run->plan.n_steps ? JOB_CHANGED : JOB_CONFIGURED;
		(void)job_foresee(run);
		return 0;
	}
	r = handle_drift(run, ret_verdict);
	if (r != 0)
		return MIN(r, 0);
	r = lock_pci(run);
	return r != 0 ? r : execute_plan(run, ret_verdict);
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
	if (request->goal == JOB_LOOK || request->goal == JOB_PRINT)
		return look_only(run, ret_verdict);
	r = job_check_identity(run);
	if (r < 0)
		return r;
	/* What the record restores is of another device. */
	if (request->goal == JOB_RELEASE && !run->record) {
		*ret_verdict = JOB_RELEASED;
		return forget_pf(run);
	}
	r = prepare_job(run, ret_verdict);
	if (r <= 0)
		return r;
	r = goal_writes(request->goal) ? leave_kind(run) : 0;
	return r != 0 ? r : plan_and_execute(run, ret_verdict);
}

/* --- the whole job --------------------------------------------------------------------------- */

static void run_new(const struct job_request *request, struct progress *progress, FILE *out,
		    struct job_run *ret_run)
{
	*ret_run = (struct job_run){ .request = request, .out = out, .pci_lock = -1 };
	ret_run->pf.progress = progress;
}

static void run_clear(struct job_run *run)
{
	job_unlock_pci(run);
	plan_clear(&run->plan);
	holders_free(run->holders, run->n_holders);
	free(run->blocked);
	values_free(run->state);
	free(run->lent);
	free(run->pf.returned);
	if (run->base != run->state)
		values_free(run->base);
	values_free(run->last);
	device_nodes_clear(&run->nodes);
	values_free(run->wanted);
	json_decref(run->about_before);
	record_free(run->record);
	holders_free(run->pf.blocked_by, 0);
	device_close(&run->pf);
}

/* Once more from the first look on, with the lock. */
static int run_once(struct job_run *run, enum job_verdict *ret_verdict)
{
	struct progress *progress = run->pf.progress;
	int r = RUN_AGAIN, lock = -1;

	while (r == RUN_AGAIN) {
		run_clear(run);
		run_new(run->request, progress, run->out, run);
		run->pci_lock = TAKE_FD(lock);
		*ret_verdict = JOB_FAILED;
		r = device_look(run->request->roots, run->request->loader, run->request->address,
				&run->pf);
		run->pf.progress = progress;
		run->pf.changes_nothing = !goal_writes(run->request->goal);
		if (r == 0)
			r = run_to_verdict(run, ret_verdict);
		if (r == RUN_AGAIN)
			lock = TAKE_FD(run->pci_lock);
	}
	return r;
}

/* The release of another kind's rows; whatever prevents it is the result of the whole job. */
static int run_kinds(struct job_run *run, struct job_request *release,
		     enum job_verdict *ret_verdict)
{
	const struct job_request *request = run->request;
	int r = run_once(run, ret_verdict);

	if (r != RUN_LEAVE_KIND)
		return r;
	*release = *request;
	release->goal = JOB_RELEASE;
	release->config = NULL;
	release->next = request->config->schema;
	run->request = release;
	r = run_once(run, ret_verdict);
	if (r < 0 || *ret_verdict != JOB_RELEASED)
		return r;
	run->request = request;
	return run_once(run, ret_verdict);
}

int job_run(const struct job_request *request, struct progress *progress, int fd)
{
	enum job_verdict verdict = JOB_FAILED;
	_cleanup_close_ int lock = -1;
	struct job_request release;
	FILE *out = fdopen(fd, "we");
	struct job_run run;
	int r;

	if (!out)
		return -errno;
	run_new(request, progress, out, &run);
	r = goal_writes(request->goal) ? job_lock_pf(&run, &lock) : 0;
	if (r == 0)
		r = run_kinds(&run, &release, &verdict);
	if (r < 0) {
		verdict = JOB_FAILED;
		if (!diag_errors(&run.pf.diags))
			diag_add(&run.pf.diags, VIOD_ERROR, VIOD_PF, NULL, -r, "%s", strerror(-r));
	}
	job_send_result(&run, verdict);
	fclose(out);
	/* Nothing else is freed: the process ends. A PF of 512 VFs has 50 000 allocations. */
	return (int)verdict;
}
