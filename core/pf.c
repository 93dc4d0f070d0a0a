/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "outcome.h"
#include "sriov.h"

/* A retry doubles its distance up to this. */
#define RETRY_LAST_SEC 60
/* While a holder is in the way it is looked for this often; its end is noticed at once. */
#define BLOCKED_SEC 1
/* Events of one cause come in bursts. */
#define DRIFT_USEC 10000
/* What VFs have, interfaces and nodes, comes and is renamed long after they do. */
#define BELOW_USEC 100000
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

static void forget_holders(struct pf *pf)
{
	for (size_t i = 0; i < pf->n_holders; i++)
		sd_event_source_disable_unref(pf->holders[i]);
	free(pf->holders);
	pf->holders = NULL;
	pf->n_holders = 0;
}

struct pf *pf_free(struct pf *pf)
{
	if (!pf)
		return NULL;
	forget_holders(pf);
	sd_event_source_disable_unref(pf->retry);
	sd_event_source_disable_unref(pf->drift_timer);
	job_free(pf->job);
	config_free(pf->config);
	config_free(pf->previous);
	config_free(pf->tried);
	json_decref(pf->values);
	json_decref(pf->vfs);
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

/* --- when to try again ----------------------------------------------------------------------- */

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct pf *pf = userdata;

	pf->retry = sd_event_source_disable_unref(pf->retry);
	pf_pump(pf);
	return 0;
}

static void try_again_in(struct pf *pf, uint64_t seconds)
{
	pf->retry = sd_event_source_disable_unref(pf->retry);
	(void)sd_event_add_time_relative(pf->environment->event, &pf->retry, CLOCK_MONOTONIC,
					 seconds * 1000000, 50000, on_retry, pf);
}

static void want_again(struct pf *pf)
{
	if (pf->goal == JOB_RELEASE)
		pf->want_release = true;
	else if (pf->goal == JOB_DRIFT)
		pf->want_drift = true; /* nobody asked for more: a VF in use stays as it is */
	else
		pf->want_apply = true;
}

static void back_off(struct pf *pf)
{
	unsigned shift = MIN(pf->attempts, 6u);

	/* A newer version of the file came while the job ran: it is not to wait for the old one's
	 * sake. */
	if (pf->want_apply || pf->want_release)
		return;
	pf->attempts++;
	want_again(pf);
	try_again_in(pf, MIN(1u << shift, (unsigned)RETRY_LAST_SEC));
}

static int on_holder_gone(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct pf *pf = userdata;

	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	pf_retry_now(pf);
	return 0;
}

static void watch_holders(struct pf *pf, const json_t *pids)
{
	sd_event_source **slot;
	const json_t *pid;
	size_t i;

	json_array_foreach(pids, i, pid) {
		int fd = (int)syscall(SYS_pidfd_open, (pid_t)json_integer_value(pid), 0);

		if (fd < 0)
			continue;
		slot = array_append((void **)&pf->holders, &pf->n_holders, sizeof(*slot));
		if (!slot || sd_event_add_io(pf->environment->event, slot, fd, EPOLLIN,
					     on_holder_gone, pf) < 0) {
			close(fd);
			continue;
		}
		(void)sd_event_source_set_io_fd_own(*slot, true);
	}
}

void pf_retry_now(struct pf *pf)
{
	if (!pf->retry && pf->state != PF_WAITING && pf->state != PF_INVALID)
		return;
	pf->retry = sd_event_source_disable_unref(pf->retry);
	pf->attempts = 0;
	if (pf->config && !pf->want_release)
		pf->want_apply = true;
	pf_pump(pf);
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
	_cleanup_free_ char *all = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&all, &size);

	for (size_t i = 0; stream && i < diags->count; i++) {
		_cleanup_free_ char *text = diag_text(&diags->items[i]);

		fprintf(stream, "%d %s\n", diags->items[i].vf, text ? text : "");
	}
	if (stream)
		fclose(stream);
	if (diags->count && !streq(all, pf->told))
		pf->environment->report(pf->environment->userdata, pf, diags);
	free(pf->told);
	pf->told = TAKE(all);
}

static void take_report(struct pf *pf, const json_t *result)
{
	pf->seen = (uint64_t)json_integer_value(json_object_get(result, "seqnum"));
	pf->looked = (uint64_t)json_integer_value(json_object_get(result, "looked"));
	json_decref(pf->values);
	json_decref(pf->vfs);
	pf->values = json_incref(json_object_get(result, "pf"));
	pf->vfs = json_incref(json_object_get(result, "vfs"));
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
			fall_back_to(pf, TAKE(pf->tried));
		return verdict == JOB_INVALID;
	}
	if (verdict != JOB_INVALID)
		fall_back_to(pf, NULL);
	if (!pf->previous)
		return false;
	config_free(pf->config);
	pf->config = TAKE(pf->previous);
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
		watch_holders(pf, json_object_get(result, "holders"));
		want_again(pf);
		try_again_in(pf, BLOCKED_SEC);
		break;
	case JOB_FAILED:
	case JOB_DEGRADED:
		back_off(pf);
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

/* What has to wait for a carrier makes the PF degraded. */
static void retry_with_carrier(struct pf *pf)
{
	if (!pf->config || pf->state != PF_DEGRADED)
		return;
	pf->retry = sd_event_source_disable_unref(pf->retry);
	want_again(pf);
}

static void on_done(void *userdata, const struct job_outcome *outcome)
{
	struct pf *pf = userdata;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = NULL;
	bool was_stuck = pf->state == PF_STUCK;

	forget_holders(pf);
	pf->fresh = pf->want_apply || pf->want_release;
	if (outcome->result) {
		enum job_verdict verdict = outcome_verdict(outcome->result);

		outcome_diags(outcome->result, &diags);
		take_report(pf, outcome->result);
		tell(pf, &diags);
		text = outcome_worst(&diags);
		if (verdict == JOB_CONFIGURED)
			text = (free(text), NULL);
		after_verdict(pf, verdict, outcome->result, text);
	} else {
		diag_add(&diags, VIOD_ERROR, VIOD_PF, NULL, 0, "%s",
			 outcome->death ? outcome->death : "the job ended without a result");
		tell(pf, &diags);
		fall_back_to(pf, NULL);
		pf->tried = config_free(pf->tried);
		back_off(pf);
		settle(pf, was_stuck ? PF_STUCK : PF_FAILED, diags.items[0].text);
	}
	pf->job = job_free(pf->job);
	/* Of our own writes the last look knew, unless news of them was slow: then we look in vain.
	 */
	if (pf->config && pf->state == PF_CONFIGURED && pf->link_changed > pf->looked)
		pf->want_drift = true;
	if (pf->carrier_came > pf->looked)
		retry_with_carrier(pf);
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
	request.config = request.goal == JOB_RELEASE ? NULL : pf->config;
	pf->goal = request.goal;
	if (request.goal != JOB_DRIFT)
		pf->want_apply = pf->want_release = false;
	pf->want_drift = false;
	r = job_start(pf->environment->event, &request, timeout_of(pf), &handlers, pf, &pf->job);
	if (r < 0) {
		back_off(pf);
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
		pf->tried = TAKE(pf->config);
	else if (!pf->job && !pf->previous)
		pf->previous = TAKE(pf->config);
	config_free(pf->config);
	pf->config = config;
	pf->want_apply = true;
	pf->attempts = 0;
	pf->fresh = true;
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

/* --- events ---------------------------------------------------------------------------------- */

static bool has_vf(const struct pf *pf, const char *address)
{
	const json_t *vf;
	size_t i;

	json_array_foreach(pf->vfs, i, vf)
		if (streq(json_string_value(json_object_get(vf, "address")), address))
			return true;
	return false;
}

/* "/devices/.../0000:01:10.0/net/eth0": the PF, one of its VFs, or something that one of them has.
 */
static enum pf_relation relation_of(const struct pf *pf, const char *devpath)
{
	_cleanup_free_ char *copy = strdup(devpath);
	char *save = NULL;

	for (char *part = copy ? strtok_r(copy, "/", &save) : NULL; part;
	     part = strtok_r(NULL, "/", &save)) {
		bool last = !*save;

		if (streq(part, pf->address))
			return last ? PF_ITSELF : PF_BELOW;
		if (strchr(part, ':') && has_vf(pf, part))
			return last ? PF_A_VF : PF_BELOW;
	}
	return PF_UNRELATED;
}

static int on_drift(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct pf *pf = userdata;

	pf->drift_timer = sd_event_source_disable_unref(pf->drift_timer);
	pf_pump(pf);
	return 0;
}

static void look_soon(struct pf *pf, uint64_t usec)
{
	if (!pf->drift_timer)
		(void)sd_event_add_time_relative(pf->environment->event, &pf->drift_timer,
						 CLOCK_MONOTONIC, usec, 1000, on_drift, pf);
}

void pf_event(struct pf *pf, const struct uevent *event)
{
	enum pf_relation relation = event ? relation_of(pf, event->devpath) : PF_ITSELF;

	if (relation == PF_UNRELATED)
		return;
	if (event) {
		pf->latest = MAX(pf->latest, event->seqnum);
		if (event->seqnum <= pf->seen)
			return;
	}
	if (pf->job || !pf->config)
		return;
	if (pf->state == PF_CONFIGURED) {
		pf->want_drift = true;
		look_soon(pf, relation == PF_BELOW ? BELOW_USEC : DRIFT_USEC);
	} else if (relation == PF_ITSELF || pf->state == PF_BLOCKED) {
		/* Whatever was wrong may be right now. What a VF does is no such sign: a driver
		 * that gives up a VF again and again would have us try without end. */
		pf->retry = sd_event_source_disable_unref(pf->retry);
		want_again(pf);
		look_soon(pf, DRIFT_USEC);
	}
}

void pf_link_changed(struct pf *pf, bool carrier)
{
	pf->link_changed = now_usec();
	if (carrier && !pf->carrier)
		pf->carrier_came = pf->link_changed;
	pf->carrier = carrier;
	if (pf->job || !pf->config)
		return;
	if (pf->state == PF_CONFIGURED)
		pf->want_drift = true;
	else if (pf->carrier_came == pf->link_changed)
		retry_with_carrier(pf);
	else
		return;
	look_soon(pf, DRIFT_USEC);
}
