/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-job.h"

#include <errno.h>
#include <string.h>

#include "daemon/pf-stuck.h"
#include "job/job-result.h"

#define TIMEOUT_DEFAULT_SEC 120

static const enum pf_event verdict_events[] = {
	[JOB_CONFIGURED] = PF_EVENT_JOB_CONFIGURED, [JOB_DEGRADED] = PF_EVENT_JOB_DEGRADED,
	[JOB_BLOCKED] = PF_EVENT_JOB_BLOCKED,	    [JOB_FAILED] = PF_EVENT_JOB_FAILED,
	[JOB_INVALID] = PF_EVENT_JOB_INVALID,	    [JOB_WAITING] = PF_EVENT_JOB_WAITING,
	[JOB_ABSENT] = PF_EVENT_JOB_ABSENT,	    [JOB_RELEASED] = PF_EVENT_JOB_RELEASED,
	[JOB_CHANGED] = PF_EVENT_JOB_CHANGED,
};

/* Of these the job has compared the file with the device before it came to an end. */
static const bool verdict_agrees[JOB_VERDICT_MAX_] = {
	[JOB_CONFIGURED] = true, [JOB_DEGRADED] = true, [JOB_BLOCKED] = true,
	[JOB_WAITING] = true,	 [JOB_CHANGED] = true,
};

/* --- the end of a job ------------------------------------------------------------------------ */

/* An attempt that fails as the one before it has nothing new to report. */
static void report_news(struct managed_pf *pf, const struct diag_list *diags)
{
	_cleanup_diags_ struct diag_list news = { 0 };

	job_result_news(diags, &pf->logged.diags, &news);
	if (news.count)
		pf->environment->report(pf->environment->userdata, pf, &news);
}

static void keep_report(struct managed_pf *pf, const struct job_outcome *outcome)
{
	const json_t *result = outcome->result;

	pf->seen.seqnum = (uint64_t)json_integer_value(json_object_get(result, "seqnum"));
	if (pf->goal != JOB_DRIFT)
		pf->seen.applied = pf->seen.seqnum;
	pf->seen.looked = (uint64_t)json_integer_value(json_object_get(result, "looked"));
	/* Without memory for the new one the old one is better than none. */
	if (report_replace(&pf->report, result, outcome->vfs) > 0)
		pf->unshown = true;
}

/* The event that the end of a job is, after the version that it was given was judged. */
static enum pf_event end_event(struct managed_pf *pf, enum pf_event event, bool agreed,
			       const char *why)
{
	struct pf_versions *versions = &pf->versions;
	struct config *tried = versions->tried, *in_force;

	if (pf->goal == JOB_RELEASE)
		return event;
	versions_judge(versions, agreed, event == PF_EVENT_JOB_INVALID, why);
	in_force = versions_in_force(versions);
	if (!in_force)
		return PF_EVENT_JOB_INVALID;
	return pf->want != WANT_NOTHING || in_force != tried ? PF_EVENT_JOB_OUTDATED : event;
}

/* A time that is known, or else the usual back-off; the end of a process that uses one, or its
 * close of a node. */
static void wait_for_lent(struct managed_pf *pf, const json_t *result)
{
	json_int_t look = json_integer_value(json_object_get(result, "look"));

	retry_cancel(&pf->lending);
	if (!pf->report.n_lent) {
		retry_forget_holders(&pf->lending);
		retry_reset(&pf->lending);
		return;
	}
	retry_watch_holders(&pf->lending, json_object_get(result, "holders"),
			    json_object_get(result, "nodes"));
	if (look > 0)
		retry_in(&pf->lending, (uint64_t)look);
	else
		retry_wait(&pf->lending);
}

static void end_with_result(struct managed_pf *pf, const struct job_outcome *outcome)
{
	const json_t *result = outcome->result;
	enum job_verdict verdict = job_result_verdict(result);
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *why = NULL;
	bool refused_again;
	enum pf_event event;

	job_result_diags(result, &diags);
	if (verdict != JOB_CONFIGURED)
		why = job_result_worst(&diags);
	/* A version that is refused once more, for the same reason, was reported. */
	refused_again = pf->versions.again && verdict == JOB_INVALID &&
			streq(why, pf->versions.why);
	keep_report(pf, outcome);
	if (!refused_again)
		report_news(pf, &diags);
	if (verdict == JOB_BLOCKED)
		retry_watch_holders(&pf->retry, json_object_get(result, "holders"),
				    json_object_get(result, "nodes"));
	event = end_event(pf, verdict_events[verdict], verdict_agrees[verdict], why);
	pf->reclaims = pf->reclaims && event == PF_EVENT_JOB_OUTDATED;
	pf_happens(pf, event, verdict == JOB_INVALID ? NULL : why);
	wait_for_lent(pf, result);
}

static void end_without_result(struct managed_pf *pf, const char *death)
{
	_cleanup_diags_ struct diag_list diags = { 0 };

	diag_add(&diags, VIOD_ERROR, VIOD_PF, NULL, 0, "%s",
		 death ? death : "the job ended without a result");
	report_news(pf, &diags);
	pf_happens(pf, end_event(pf, PF_EVENT_JOB_DIED, false, NULL),
		   diags.count ? diags.items[0].text : "out of memory");
}

/* What happened after the job's last look happens again, in the state that the job has led to. An
 * attempt whose time is set sees it then; only these do not wait for it. */
static void repeat_missed(struct managed_pf *pf)
{
	static const bool urgent[PF_EVENT_CARRIER + 1] = {
		[PF_EVENT_REMOVED] = true,
		[PF_EVENT_CARRIER] = true,
	};
	uint64_t newest[PF_EVENT_CARRIER + 1];

	memcpy(newest, pf->seen.newest, sizeof(newest));
	for (enum pf_event event = PF_EVENT_REMOVED; event <= PF_EVENT_CARRIER; event++)
		if (newest[event] > pf_seen_up_to(pf, event) &&
		    (urgent[event] || !retry_pending(&pf->retry)))
			pf_happens(pf, event, NULL);
}

static void on_done(void *userdata, const struct job_outcome *outcome)
{
	struct managed_pf *pf = userdata;

	/* The device is another since the job was started: its result says nothing of this one. */
	if (outcome->discarded || (pf->goal != JOB_RELEASE && !pf->versions.tried))
		pf_happens(pf, end_event(pf, PF_EVENT_JOB_OUTDATED, false, NULL), NULL);
	else if (outcome->result)
		end_with_result(pf, outcome);
	else
		end_without_result(pf, outcome->death);
	pf->job = job_free(pf->job);
	versions_end(&pf->versions);
	repeat_missed(pf);
	pf->environment->idle(pf->environment->userdata, pf);
}

/* --- a running job --------------------------------------------------------------------------- */

static void on_progress(void *userdata, const json_t *progress)
{
	struct managed_pf *pf = userdata;

	pf_set_text(&pf->progress.text, json_string_value(json_object_get(progress, "text")));
	pf->progress.vfs_done = (unsigned)json_integer_value(json_object_get(progress, "done"));
	pf->progress.vfs_total = (unsigned)json_integer_value(json_object_get(progress, "total"));
	pf->unshown = true;
	if (json_object_get(progress, "state"))
		pf_happens(pf, PF_EVENT_WRITES, NULL);
	/* Entering another state has shown it. What is blocked is looked at many times, and its
	 * state file shows the holder meanwhile. */
	if (pf->unshown && pf->shown != PF_BLOCKED)
		pf->environment->changed(pf->environment->userdata, pf);
	pf->unshown = false;
}

static void on_overdue(void *userdata, const char *where, bool ended)
{
	struct managed_pf *pf = userdata;
	_cleanup_diags_ struct diag_list diags = { 0 };

	diag_add(&diags, VIOD_ERROR, VIOD_PF, NULL, ETIMEDOUT,
		 "job %d did not end in time, it is %s; %s", (int)job_pid(pf->job), where,
		 ended ? "it was ended"
		       : "the kernel has not answered a write yet, so the job is not ended until "
			 "it does");
	pf->environment->report(pf->environment->userdata, pf, &diags);
	pf_happens(pf, PF_EVENT_OVERDUE, diags.count ? diags.items[0].text : NULL);
	if (!ended)
		pf_stuck_look(pf);
}

/* --- the next job ---------------------------------------------------------------------------- */

static uint64_t timeout_of(const struct managed_pf *pf, enum job_goal goal)
{
	const struct config *config = versions_in_force(&pf->versions);
	const int64_t *timeout = goal != JOB_RELEASE ? config_pf_value(config, "timeout") : NULL;

	return timeout ? (uint64_t)*timeout : TIMEOUT_DEFAULT_SEC;
}

static int start(struct managed_pf *pf, enum job_goal goal)
{
	static const struct job_handlers handlers = {
		.progress = on_progress,
		.overdue = on_overdue,
		.done = on_done,
	};
	const struct job_request request = {
		.goal = goal,
		.roots = pf->environment->roots,
		.loader = pf->environment->loader,
		.address = pf->address,
		.file = pf->file.path,
		.retry_unsupported = pf->fresh,
		.reclaims = pf->reclaims,
		.config = goal == JOB_RELEASE ? NULL : versions_in_force(&pf->versions),
	};

	return job_start(pf->environment->event, &request, timeout_of(pf, goal), &handlers, pf,
			 &pf->job);
}

void pf_pump(struct managed_pf *pf)
{
	enum job_goal goal;
	int r;

	if (!pf_next_goal(pf, &goal))
		return;
	if (!pf->address) {
		pf_happens(pf, PF_EVENT_NAME_UNKNOWN, NULL);
		return;
	}
	if (!pf->environment->may_start(pf->environment->userdata))
		return;
	pf->goal = goal;
	r = start(pf, goal);
	if (r < 0)
		pf_happens(pf, PF_EVENT_START_FAILED, strerror(-r));
	else
		pf_happens(pf,
			   goal == JOB_RELEASE ? PF_EVENT_RELEASE_STARTS : PF_EVENT_APPLY_STARTS,
			   NULL);
}
