/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "daemon/pf-retry.h"
#include "daemon/pf-stuck.h"
#include "job/job-result.h"
#include "sriov/sriov.h"

#define TIMEOUT_DEFAULT 120

const char *const pf_state_names[] = {
	[PF_ABSENT] = "absent",	    [PF_INVALID] = "invalid",	  [PF_WAITING] = "waiting",
	[PF_PLANNING] = "planning", [PF_APPLYING] = "applying",	  [PF_CONFIGURED] = "configured",
	[PF_DEGRADED] = "degraded", [PF_BLOCKED] = "blocked",	  [PF_STUCK] = "stuck",
	[PF_FAILED] = "failed",	    [PF_RELEASING] = "releasing",
};

/* --- life ------------------------------------------------------------------------------------ */

struct pf *pf_new(const struct pf_environment *environment, const char *file)
{
	struct pf *pf = calloc(1, sizeof(*pf));

	if (!pf)
		return NULL;
	pf->environment = environment;
	pf->state = PF_WAITING;
	pf->logged = PF_STATE_MAX_;
	if (file && !(pf->file = strdup(file)))
		return pf_free(pf);
	return pf;
}

struct pf *pf_free(struct pf *pf)
{
	if (!pf)
		return NULL;
	pf_forget_holders(pf);
	sd_event_source_disable_unref(pf->retry);
	sd_event_source_disable_unref(pf->drift_timer);
	job_free(pf->job);
	job_free(pf->looker);
	config_free(pf->config);
	config_free(pf->previous);
	config_free(pf->tried);
	report_clear(&pf->report);
	free(pf->file);
	free(pf->path);
	free(pf->identity);
	free(pf->name);
	free(pf->address);
	free(pf->error);
	free(pf->refused);
	free(pf->progress);
	free(pf->told);
	free(pf);
	return NULL;
}

static void set_text(char **slot, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	free(*slot);
	*slot = copy;
}

static void set_state(struct pf *pf, enum pf_state state, const char *error)
{
	bool changed;

	/* However well the last good version does, the file is still to be mended. */
	error = error ? error : pf->refused;
	changed = pf->news || pf->state != state || !streq(pf->error, error);
	pf->news = false;
	pf->state = state;
	set_text(&pf->error, error);
	if (changed)
		pf->environment->changed(pf->environment->userdata, pf);
}

/* A newer version of the file that waits for its turn has not settled yet. */
static void settle(struct pf *pf, enum pf_state state, const char *error)
{
	pf->settled = !pf->address || pf->retry || (!pf->want_apply && !pf->want_release);
	set_text(&pf->progress, NULL);
	set_state(pf, state, error);
}

/* --- a job's end ----------------------------------------------------------------------------- */

static const enum pf_state state_of_verdict[] = {
	[JOB_CONFIGURED] = PF_CONFIGURED, [JOB_DEGRADED] = PF_DEGRADED,
	[JOB_BLOCKED] = PF_BLOCKED,	  [JOB_FAILED] = PF_FAILED,
	[JOB_INVALID] = PF_INVALID,	  [JOB_WAITING] = PF_WAITING,
	[JOB_ABSENT] = PF_ABSENT,	  [JOB_RELEASED] = PF_ABSENT,
	[JOB_CHANGED] = PF_CONFIGURED,
};

/* A retry that fails for the same reasons has nothing new to tell. */
static void tell(struct pf *pf, const struct diag_list *diags)
{
	_cleanup_diags_ struct diag_list news = { 0 };

	job_result_news(diags, &pf->told, &news);
	if (news.count)
		pf->environment->report(pf->environment->userdata, pf, &news);
}

static void take_report(struct pf *pf, const struct job_outcome *outcome)
{
	const json_t *result = outcome->result;

	pf->seen = (uint64_t)json_integer_value(json_object_get(result, "seqnum"));
	pf->looked = (uint64_t)json_integer_value(json_object_get(result, "looked"));
	/* Without memory for the new one the old one is better than none. */
	(void)report_take(&pf->report, result, outcome->vfs);
	pf->news = true;
}

static void fall_back_to(struct pf *pf, struct config *config)
{
	config_free(pf->previous);
	pf->previous = config;
}

/* The device has looked at a version of the file: keep it, or go back to the one before. That one
 * is applied again, since its own job may have been stopped for the new one's sake. True if another
 * version is to be applied now, and this one settles nothing. */
static bool goes_on(struct pf *pf, enum job_verdict verdict, const char *text)
{
	if (pf->tried) {
		if (verdict == JOB_INVALID)
			pf->tried = config_free(pf->tried);
		else
			fall_back_to(pf, TAKE_PTR(pf->tried));
		return verdict == JOB_INVALID;
	}
	if (verdict != JOB_INVALID)
		fall_back_to(pf, NULL);
	if (!pf->previous)
		return false;
	config_free(pf->config);
	pf->config = TAKE_PTR(pf->previous);
	pf->want_apply = true;
	/* Unless the file has changed again since, and is no better. */
	if (!pf->refused)
		set_text(&pf->refused, text);
	return true;
}

static void after_verdict(struct pf *pf, enum job_verdict verdict, const json_t *result,
			  const char *text)
{
	if (goes_on(pf, verdict, text)) {
		set_state(pf, PF_PLANNING, NULL);
		return;
	}
	switch (verdict) {
	case JOB_BLOCKED:
		pf_wait_for_holders(pf, json_object_get(result, "holders"));
		break;
	case JOB_FAILED:
	case JOB_DEGRADED:
		pf_back_off(pf);
		break;
	case JOB_RELEASED:
	case JOB_ABSENT:
		if (pf->goal == JOB_RELEASE)
			pf->gone = true;
		break;
	case JOB_INVALID:
	case JOB_VERDICT_MAX_:
		break;
	case JOB_CONFIGURED:
	case JOB_WAITING:
	case JOB_CHANGED:
		pf->attempts = 0;
		break;
	}
	settle(pf, state_of_verdict[verdict], text);
}

static void on_done(void *userdata, const struct job_outcome *outcome)
{
	struct pf *pf = userdata;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = NULL;
	bool was_stuck = pf->state == PF_STUCK;

	pf_forget_holders(pf);
	pf->fresh = pf->want_apply || pf->want_release;
	if (outcome->result) {
		enum job_verdict verdict = job_result_verdict(outcome->result);

		job_result_diags(outcome->result, &diags);
		take_report(pf, outcome);
		tell(pf, &diags);
		text = job_result_worst(&diags);
		if (verdict == JOB_CONFIGURED)
			text = (free(text), NULL);
		after_verdict(pf, verdict, outcome->result, text);
	} else {
		diag_add(&diags, VIOD_ERROR, VIOD_PF, NULL, 0, "%s",
			 outcome->death ? outcome->death : "the job ended without a result");
		tell(pf, &diags);
		fall_back_to(pf, NULL);
		pf->tried = config_free(pf->tried);
		pf_back_off(pf);
		settle(pf, was_stuck ? PF_STUCK : PF_FAILED, diags.items[0].text);
	}
	pf->job = job_free(pf->job);
	/* Of our own writes the last look knew, unless news of them was slow: then we look in vain.
	 */
	if (pf->config && pf->state == PF_CONFIGURED && pf->link_changed > pf->looked)
		pf->want_drift = true;
	if (pf->carrier_came > pf->looked)
		pf_retry_with_carrier(pf);
	if (pf->latest > pf->seen && pf->config && pf->state == PF_CONFIGURED)
		pf->want_drift = true;
	pf->environment->idle(pf->environment->userdata, pf);
}

/* While it is tried again, what is wrong stays wrong. */
static bool is_retry(const struct pf *pf)
{
	return !pf->fresh && (pf->state == PF_DEGRADED || pf->state == PF_FAILED ||
			      pf->state == PF_BLOCKED || pf->state == PF_STUCK);
}

static void on_progress(void *userdata, const json_t *progress)
{
	struct pf *pf = userdata;
	const char *state = json_string_value(json_object_get(progress, "state"));

	set_text(&pf->progress, json_string_value(json_object_get(progress, "text")));
	pf->vfs_done = (unsigned)json_integer_value(json_object_get(progress, "done"));
	pf->vfs_total = (unsigned)json_integer_value(json_object_get(progress, "total"));
	if (streq(state, "applying") && !is_retry(pf))
		pf->state = PF_APPLYING;
	else if (streq(state, "releasing") && !is_retry(pf))
		pf->state = PF_RELEASING;
	pf->environment->changed(pf->environment->userdata, pf);
}

static void on_overdue(void *userdata, const char *where, bool ended)
{
	struct pf *pf = userdata;
	_cleanup_diags_ struct diag_list diags = { 0 };

	diag_add(
		&diags, VIOD_ERROR, VIOD_PF, NULL, ETIMEDOUT,
		"job %d did not end in time, it is %s; %s", (int)job_pid(pf->job), where,
		ended ? "it was ended"
		      : "the kernel has not answered a write yet, so it is left alone until it does");
	pf->environment->report(pf->environment->userdata, pf, &diags);
	settle(pf, PF_STUCK, diags.count ? diags.items[0].text : NULL);
	if (!ended)
		pf_stuck_look(pf);
}

static const struct job_handlers handlers = {
	.progress = on_progress,
	.overdue = on_overdue,
	.done = on_done,
};

/* --- the next job ---------------------------------------------------------------------------- */

static uint64_t timeout_of(const struct pf *pf)
{
	const int64_t *timeout = pf->config ? config_pf_value(pf->config, "timeout") : NULL;

	return timeout ? (uint64_t)*timeout : TIMEOUT_DEFAULT;
}

static bool choose_goal(struct pf *pf, enum job_goal *ret_goal)
{
	if (pf->want_release)
		*ret_goal = JOB_RELEASE;
	else if (pf->want_apply && pf->config && !pf->conflict)
		*ret_goal = JOB_APPLY;
	else if (pf->want_drift && pf->config && !pf->conflict)
		*ret_goal = JOB_DRIFT;
	else
		return false;
	return true;
}

void pf_pump(struct pf *pf)
{
	struct job_request request = { 0 };
	int r;

	if (pf->job || pf->gone || pf->retry || !choose_goal(pf, &request.goal))
		return;
	if (!pf->address) {
		settle(pf, PF_ABSENT, NULL);
		return;
	}
	if (!pf->environment->may_start(pf->environment->userdata))
		return;
	request.roots = pf->environment->roots;
	request.loader = pf->environment->loader;
	request.address = pf->address;
	request.file = pf->path;
	request.retry_unsupported = pf->fresh;
	request.config = request.goal == JOB_RELEASE ? NULL : pf->config;
	pf->goal = request.goal;
	if (request.goal != JOB_DRIFT)
		pf->want_apply = pf->want_release = false;
	pf->want_drift = false;
	r = job_start(pf->environment->event, &request, timeout_of(pf), &handlers, pf, &pf->job);
	if (r < 0) {
		pf_back_off(pf);
		settle(pf, PF_FAILED, strerror(-r));
	} else if (request.goal != JOB_DRIFT && !is_retry(pf)) {
		set_state(pf, request.goal == JOB_APPLY ? PF_PLANNING : PF_RELEASING, NULL);
	}
}

int pf_set_address(struct pf *pf, const char *address)
{
	if (streq(pf->address, address))
		return 0;
	set_text(&pf->address, address);
	return address && !pf->address ? -ENOMEM : 0;
}

int pf_configure(struct pf *pf, struct config *config, const char *address)
{
	const char *name = config_pf_value(config, "name");

	/* A version that names another PF has left this one behind. */
	if (!streq(pf->address, address)) {
		fall_back_to(pf, NULL);
		pf->config = config_free(pf->config);
	}
	set_text(&pf->name, name);
	if (!pf->name || pf_set_address(pf, address) < 0)
		return -ENOMEM;
	/* A version that no device has seen yet is nothing to fall back to. */
	if (pf->job && !pf->tried)
		pf->tried = TAKE_PTR(pf->config);
	else if (!pf->job && !pf->previous)
		pf->previous = TAKE_PTR(pf->config);
	config_free(pf->config);
	pf->config = config;
	pf->want_apply = true;
	pf->attempts = 0;
	pf->fresh = true;
	/* What is wrong with this version is told, be it the same as before; but how the device is
	 * has been told, and need not be with each version. */
	if (pf->state != PF_CONFIGURED)
		set_text(&pf->told, NULL);
	set_text(&pf->refused, NULL);
	pf->retry = sd_event_source_disable_unref(pf->retry);
	if (pf->job)
		job_stop(pf->job);
	return 0;
}

void pf_refuse(struct pf *pf, const char *text)
{
	if (!pf->config) {
		settle(pf, PF_INVALID, text);
		return;
	}
	set_text(&pf->refused, text);
	set_state(pf, pf->state, NULL);
}

int pf_release(struct pf *pf, const char *address)
{
	pf->want_release = pf->fresh = true;
	return pf_set_address(pf, address);
}
