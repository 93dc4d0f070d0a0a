/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a PF, in one table: what happens (enum pf_event) in which state (enum pf_state), and
 * what is done then. This file alone sets a state, or what the next job has to do.
 *
 *   pf-list.c       files to PFs: which file was edited, deleted, is in conflict    -> events
 *   pf.c            uevents, links, names; a file's versions                        -> events
 *   pf-job.c        starts what is wanted; progress and end of the job              -> events
 *   pf-state.c      the table: events -> state and what is wanted
 *   pf-versions.c   which version of the file is in force: what the next job gets
 *   pf-retry.c      when to look again: times, and what waker.c says of processes and nodes
 *
 * Example, a file is deleted: pf-list.c finds it missing (PF_EVENT_FILE_DELETED: the job is
 * stopped, the PF dropped); pf-unclaimed.c finds its record without a file (PF_EVENT_UNCLAIMED:
 * wants a release); job/job-run.c restores what job/record.c recorded (PF_EVENT_JOB_RELEASED:
 * dropped).
 */
#include "daemon/pf-state.h"

#include <string.h>

/* Events of one cause come in bursts. */
#define SOON_USEC 10000
/* udev renames interfaces and nodes long after their VFs were created. */
#define SOON_BELOW_USEC 100000

const char *const pf_state_names[] = {
	[PF_ABSENT] = "absent",		[PF_INVALID] = "invalid",   [PF_WAITING] = "waiting",
	[PF_CONFIGURED] = "configured", [PF_DEGRADED] = "degraded", [PF_BLOCKED] = "blocked",
	[PF_FAILED] = "failed",		[PF_PLANNING] = "planning", [PF_APPLYING] = "applying",
	[PF_RELEASING] = "releasing",	[PF_STUCK] = "stuck",	    [PF_DROPPED] = NULL,
};

/* --- what is wanted -------------------------------------------------------------------------- */

static void want(struct managed_pf *pf, enum pf_want wanted)
{
	if (wanted == WANT_RELEASE || versions_in_force(&pf->versions))
		pf->want = MAX(pf->want, wanted);
}

/* All that the file says, or all that the record says. */
static void want_all(struct managed_pf *pf)
{
	want(pf, pf->file.name ? WANT_APPLY : WANT_RELEASE);
}

/* The goal stays what it was: who wanted to look for drift does not want to apply, which would
 * write to VFs in use. */
static void want_same(struct managed_pf *pf)
{
	static const enum pf_want wants[] = {
		[JOB_APPLY] = WANT_APPLY, [JOB_DRIFT] = WANT_CHECK, [JOB_RELEASE] = WANT_RELEASE
	};

	want(pf, wants[pf->goal]);
}

bool pf_next_goal(const struct managed_pf *pf, enum job_goal *ret_goal)
{
	static const enum job_goal goals[] = {
		[WANT_CHECK] = JOB_DRIFT, [WANT_APPLY] = JOB_APPLY, [WANT_RELEASE] = JOB_RELEASE
	};

	if (pf->job || pf->state == PF_DROPPED || pf->want == WANT_NOTHING ||
	    retry_pending(&pf->retry))
		return false;
	*ret_goal = goals[pf->want];
	return true;
}

/* --- actions: what the table names ----------------------------------------------------------- */

/* Cannot happen in this state. */
static void never(struct managed_pf *pf)
{
}

/* Happens, and nothing is to be done; a set time is over, and pf_pump() starts what is wanted. */
static void nothing(struct managed_pf *pf)
{
}

/* The running job may have looked before it happened. What it missed happens again after its end,
 * in the state that it has led to (pf-job.c). */
static void when_job_ends(struct managed_pf *pf)
{
}

static void stop(struct managed_pf *pf)
{
	if (pf->job)
		job_stop(pf->job);
}

/* The file, or the record, is what a person asked for: at once, and with a clean slate. */
static void apply_new(struct managed_pf *pf)
{
	want_all(pf);
	pf->fresh = pf->want >= WANT_APPLY;
	retry_reset(&pf->retry);
	retry_cancel(&pf->retry);
	stop(pf);
}

static void drop(struct managed_pf *pf)
{
	pf->want = WANT_NOTHING;
	retry_cancel(&pf->retry);
	stop(pf);
}

/* A running job is not stopped: nothing would complete what it leaves half-way. */
static void want_nothing(struct managed_pf *pf)
{
	pf->want = WANT_NOTHING;
	retry_cancel(&pf->retry);
}

/* The device may agree now to the version that it has refused. If it does not, the version in force
 * gets what it was waiting for. */
static void try_refused_version(struct managed_pf *pf)
{
	if (pf->versions.again || !versions_try_again(&pf->versions))
		return;
	pf->owed = MAX(pf->want, WANT_CHECK);
	want(pf, WANT_APPLY);
}

static void apply_soon(struct managed_pf *pf)
{
	try_refused_version(pf);
	want_all(pf);
	retry_in(&pf->retry, SOON_USEC);
}

/* What failed may succeed now. */
static void same_soon(struct managed_pf *pf)
{
	want_same(pf);
	try_refused_version(pf);
	retry_in(&pf->retry, SOON_USEC);
}

static void same_now(struct managed_pf *pf)
{
	want_same(pf);
	try_refused_version(pf);
	retry_reset(&pf->retry);
	retry_cancel(&pf->retry);
}

static void same_after_close(struct managed_pf *pf)
{
	want_same(pf);
	retry_after_close(&pf->retry);
}

static void look_missed_it(struct managed_pf *pf)
{
	retry_missed(&pf->retry);
}

static void check_in(struct managed_pf *pf, uint64_t usec)
{
	want(pf, WANT_CHECK);
	if (!retry_pending(&pf->retry))
		retry_in(&pf->retry, usec);
}

static void check_soon(struct managed_pf *pf)
{
	check_in(pf, SOON_USEC);
}

static void check_below(struct managed_pf *pf)
{
	check_in(pf, SOON_BELOW_USEC);
}

static void try_refused(struct managed_pf *pf)
{
	try_refused_version(pf);
	if (pf->want != WANT_NOTHING)
		retry_in(&pf->retry, SOON_USEC);
}

static void check_or_try_refused(struct managed_pf *pf)
{
	check_soon(pf);
	try_refused_version(pf);
}

static void begin(struct managed_pf *pf)
{
	pf->want = WANT_NOTHING;
	memset(pf->seen.newest, 0, sizeof(pf->seen.newest));
	if (pf->goal != JOB_RELEASE)
		versions_begin(&pf->versions);
}

static void agree(struct managed_pf *pf)
{
	versions_judge(&pf->versions, true, false, NULL);
}

static void back_off(struct managed_pf *pf)
{
	want_same(pf);
	retry_back_off(&pf->retry);
}

/* A release has no file that a person could edit: whatever comes of it, it is tried until it is
 * done. */
static void back_off_release(struct managed_pf *pf)
{
	if (pf->goal == JOB_RELEASE)
		back_off(pf);
}

/* No version is in force any more. */
static void refused(struct managed_pf *pf)
{
	pf->want = WANT_NOTHING;
	back_off_release(pf);
}

static void wait_for_holders(struct managed_pf *pf)
{
	want_same(pf);
	retry_wait(&pf->retry);
}

static void settle(struct managed_pf *pf)
{
	retry_reset(&pf->retry);
	back_off_release(pf);
}

static void end(struct managed_pf *pf)
{
	pf->want = WANT_NOTHING;
}

/* A newer version, or the one before a version that the device has refused: its own job may have
 * been stopped for that, if a person asked. */
static void apply_other(struct managed_pf *pf)
{
	want(pf, pf->fresh ? WANT_APPLY : MAX(pf->owed, WANT_CHECK));
	pf->owed = WANT_NOTHING;
}

/* --- the table ------------------------------------------------------------------------------- */

struct cell {
	void (*act)(struct managed_pf *pf);
	enum pf_state next;  /* PF_STATE_MAX_: the state stays */
	enum pf_state shown; /* PF_STATE_MAX_: what is shown stays */
};

/* clang-format off */
#define STAY	   PF_STATE_MAX_, PF_STATE_MAX_
#define TO(state_) state_, state_
#define AS_BEFORE  PF_STATE_MAX_ /* what is shown stays */
#define ALIVE	   PF_ABSENT ... PF_STUCK
#define AT_REST	   PF_ABSENT ... PF_FAILED
#define AT_WORK	   PF_PLANNING ... PF_STUCK

static const struct cell table[PF_STATE_MAX_][PF_EVENT_MAX_] = {
/* The file was edited, or is no longer in conflict: applied at once. A running job is stopped. */
[ALIVE]		[PF_EVENT_FILE_READ]	    = { apply_new,	  STAY },
/* An error in the file changes nothing but the error that is shown. */
[ALIVE]		[PF_EVENT_FILE_REFUSED]	    = { nothing,	  STAY },
/* In conflict with another file: back to the last version that the device has agreed to. */
[ALIVE]		[PF_EVENT_FILE_BACK]	    = { apply_new,	  STAY },
[AT_REST]	[PF_EVENT_NOTHING_IN_FORCE] = { want_nothing,	  TO(PF_INVALID) },
[AT_WORK]	[PF_EVENT_NOTHING_IN_FORCE] = { want_nothing,	  STAY },
/* Deleted: a PF without a file, made from the record, releases what was set (UNCLAIMED). */
[ALIVE]		[PF_EVENT_FILE_DELETED]	    = { drop,		  PF_DROPPED, AS_BEFORE },
[AT_REST]	[PF_EVENT_UNCLAIMED]	    = { apply_new,	  STAY },
[AT_WORK]	[PF_EVENT_UNCLAIMED]	    = { never,		  STAY },
/* A file asks for that PF again: what is recorded still holds. */
[ALIVE]		[PF_EVENT_CLAIMED]	    = { drop,		  PF_DROPPED, AS_BEFORE },

/* The name of an interface: created or renamed. */
[ALIVE]		[PF_EVENT_NAME_FOUND]	    = { apply_new,	  STAY },
[AT_REST]	[PF_EVENT_NAME_UNKNOWN]	    = { nothing,	  TO(PF_ABSENT) },
[AT_WORK]	[PF_EVENT_NAME_UNKNOWN]	    = { never,		  STAY },

/* What was removed has none of its settings when it returns, whatever "drift" says. */
[AT_REST]	[PF_EVENT_REMOVED]	    = { apply_soon,	  STAY },
[PF_ABSENT ... PF_WAITING][PF_EVENT_DEVICE] = { apply_soon,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_DEVICE]	    = { check_or_try_refused, STAY },
[PF_DEGRADED ... PF_FAILED][PF_EVENT_DEVICE] = { same_soon,	  STAY },
[PF_ABSENT]	[PF_EVENT_DRIVER]	    = { nothing,	  STAY },
[PF_INVALID ... PF_WAITING][PF_EVENT_DRIVER] = { apply_soon,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_DRIVER]	    = { try_refused,	  STAY },
[PF_DEGRADED ... PF_FAILED][PF_EVENT_DRIVER] = { same_now,	  STAY },
/* A VF's events say nothing of what failed: a driver that fails again and again would have viod
 * try without end. */
[PF_ABSENT ... PF_WAITING][PF_EVENT_VF]	    = { nothing,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_VF]		    = { check_soon,	  STAY },
[PF_DEGRADED]	[PF_EVENT_VF]		    = { nothing,	  STAY },
[PF_BLOCKED]	[PF_EVENT_VF]		    = { same_soon,	  STAY },
[PF_FAILED]	[PF_EVENT_VF]		    = { nothing,	  STAY },
[PF_ABSENT ... PF_WAITING][PF_EVENT_BELOW]  = { nothing,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_BELOW]	    = { check_below,	  STAY },
[PF_DEGRADED]	[PF_EVENT_BELOW]	    = { nothing,	  STAY },
[PF_BLOCKED]	[PF_EVENT_BELOW]	    = { same_soon,	  STAY },
[PF_FAILED]	[PF_EVENT_BELOW]	    = { nothing,	  STAY },
[PF_ABSENT ... PF_WAITING][PF_EVENT_LINK]   = { nothing,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_LINK]		    = { check_soon,	  STAY },
[PF_DEGRADED ... PF_FAILED][PF_EVENT_LINK]  = { nothing,	  STAY },
/* What waits for a carrier makes the PF degraded. */
[PF_ABSENT ... PF_WAITING][PF_EVENT_CARRIER] = { nothing,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_CARRIER]	    = { check_soon,	  STAY },
[PF_DEGRADED]	[PF_EVENT_CARRIER]	    = { same_soon,	  STAY },
[PF_BLOCKED ... PF_FAILED][PF_EVENT_CARRIER] = { nothing,	  STAY },
[AT_WORK]	[PF_EVENT_REMOVED ... PF_EVENT_CARRIER] = { when_job_ends, STAY },

[ALIVE]		[PF_EVENT_TIME]		    = { nothing,	  STAY },
[PF_ABSENT ... PF_DEGRADED][PF_EVENT_HOLDER_ENDED] = { nothing,	  STAY },
[PF_BLOCKED]	[PF_EVENT_HOLDER_ENDED]	    = { same_now,	  STAY },
[PF_FAILED]	[PF_EVENT_HOLDER_ENDED]	    = { nothing,	  STAY },
[PF_ABSENT ... PF_DEGRADED][PF_EVENT_NODE_CLOSED] = { nothing,	  STAY },
[PF_BLOCKED]	[PF_EVENT_NODE_CLOSED]	    = { same_after_close, STAY },
[PF_FAILED]	[PF_EVENT_NODE_CLOSED]	    = { nothing,	  STAY },
[AT_WORK]	[PF_EVENT_HOLDER_ENDED ... PF_EVENT_NODE_CLOSED] = { look_missed_it, STAY },

/* What waits for its time, or for a VF, looks earlier. */
[PF_ABSENT ... PF_WAITING][PF_EVENT_LENT]   = { nothing,	  STAY },
[PF_CONFIGURED]	[PF_EVENT_LENT]		    = { check_soon,	  STAY },
[PF_DEGRADED ... PF_FAILED][PF_EVENT_LENT]  = { same_soon,	  STAY },
/* Its result says when to look next. */
[AT_WORK]	[PF_EVENT_LENT]		    = { nothing,	  STAY },

[AT_REST]	[PF_EVENT_APPLY_STARTS]	    = { begin,		  TO(PF_PLANNING) },
[AT_REST]	[PF_EVENT_RELEASE_STARTS]   = { begin,		  TO(PF_RELEASING) },
[AT_REST]	[PF_EVENT_START_FAILED]	    = { back_off,	  TO(PF_FAILED) },
[AT_WORK]	[PF_EVENT_APPLY_STARTS ... PF_EVENT_START_FAILED] = { never, STAY },
[AT_REST]	[PF_EVENT_WRITES]	    = { never,		  STAY },
[PF_PLANNING ... PF_APPLYING][PF_EVENT_WRITES] = { agree,	  TO(PF_APPLYING) },
[PF_RELEASING ... PF_STUCK][PF_EVENT_WRITES] = { agree,		  STAY },
[AT_REST]	[PF_EVENT_OVERDUE]	    = { never,		  STAY },
[AT_WORK]	[PF_EVENT_OVERDUE]	    = { nothing,	  TO(PF_STUCK) },

/* A job has ended. */
[AT_REST]	[PF_EVENT_JOB_CONFIGURED ... PF_EVENT_JOB_OUTDATED] = { never, STAY },
[AT_WORK]	[PF_EVENT_JOB_CONFIGURED]   = { settle,		  TO(PF_CONFIGURED) },
[AT_WORK]	[PF_EVENT_JOB_CHANGED]	    = { settle,		  TO(PF_CONFIGURED) },
[AT_WORK]	[PF_EVENT_JOB_DEGRADED]	    = { back_off,	  TO(PF_DEGRADED) },
[AT_WORK]	[PF_EVENT_JOB_BLOCKED]	    = { wait_for_holders, TO(PF_BLOCKED) },
[AT_WORK]	[PF_EVENT_JOB_FAILED]	    = { back_off,	  TO(PF_FAILED) },
/* These three wait for an event. */
[AT_WORK]	[PF_EVENT_JOB_INVALID]	    = { refused,	  TO(PF_INVALID) },
[AT_WORK]	[PF_EVENT_JOB_WAITING]	    = { back_off_release, TO(PF_WAITING) },
[PF_PLANNING ... PF_APPLYING][PF_EVENT_JOB_ABSENT] = { settle,	  TO(PF_ABSENT) },
[PF_RELEASING]	[PF_EVENT_JOB_ABSENT]	    = { end,		  PF_DROPPED, PF_ABSENT },
[PF_STUCK]	[PF_EVENT_JOB_ABSENT]	    = { back_off_release, TO(PF_ABSENT) },
[AT_WORK]	[PF_EVENT_JOB_RELEASED]	    = { end,		  PF_DROPPED, PF_ABSENT },
[PF_PLANNING ... PF_RELEASING][PF_EVENT_JOB_DIED] = { back_off,	  TO(PF_FAILED) },
[PF_STUCK]	[PF_EVENT_JOB_DIED]	    = { back_off,	  PF_FAILED, PF_STUCK },
/* Another version is in force: in PF_WAITING it waits for its turn. */
[AT_WORK]	[PF_EVENT_JOB_OUTDATED]	    = { apply_other,	  PF_WAITING, AS_BEFORE },

[PF_DROPPED]	[PF_EVENT_FILE_READ ... PF_EVENT_JOB_OUTDATED] = { nothing, STAY },
};
/* clang-format on */

bool pf_table_has(enum pf_state state, enum pf_event event)
{
	return table[state][event].act;
}

/* --- entering a state ------------------------------------------------------------------------ */

void pf_set_text(char **slot, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	free(*slot);
	*slot = copy;
}

static void show(struct managed_pf *pf, enum pf_state shown, const char *error)
{
	bool changed = pf->unshown || pf->shown != shown || !streq(pf->error, error);

	pf->unshown = false;
	pf->shown = shown;
	if (pf->error != error)
		pf_set_text(&pf->error, error);
	/* What another file configures is shown as that one's. */
	if (changed && pf->versions.refusal != REFUSED_PF_TAKEN)
		pf->environment->changed(pf->environment->userdata, pf);
}

/* True if the reported state stays until the job has a result: no user has requested the job, and
 * it observes, or retries after a failure. */
static bool is_quiet(const struct managed_pf *pf, enum pf_state state)
{
	if (pf->fresh)
		return false;
	if (pf->shown == PF_DEGRADED || pf->shown == PF_FAILED || pf->shown == PF_BLOCKED ||
	    pf->shown == PF_STUCK)
		return state == PF_PLANNING || state == PF_APPLYING || state == PF_RELEASING;
	return state == PF_PLANNING && (pf->goal == JOB_DRIFT || pf->versions.again);
}

static void pf_enter(struct managed_pf *pf, const struct cell *cell, const char *why)
{
	pf->state = cell->next;
	if (pf->state <= PF_FAILED && pf->state != PF_BLOCKED)
		retry_forget_holders(&pf->retry);
	if (pf->state <= PF_FAILED || pf->state == PF_DROPPED) {
		/* It has settled, or failed once, unless a newer version waits for its turn. */
		pf->fresh = pf->fresh && pf->address && pf->want >= WANT_APPLY &&
			    !retry_pending(&pf->retry);
		pf_set_text(&pf->progress.text, NULL);
	}
	if (cell->shown == PF_STATE_MAX_ || is_quiet(pf, pf->state))
		return;
	show(pf, cell->shown, why ? why : pf->versions.why);
}

void pf_happens(struct managed_pf *pf, enum pf_event event, const char *why)
{
	const struct cell *cell = &table[pf->state][event];

	cell->act(pf);
	if (cell->next != PF_STATE_MAX_)
		pf_enter(pf, cell, why);
	else if (why)
		show(pf, pf->shown, why);
}

/* A look for drift may have missed that the device was away: it is there again, and the look found
 * nothing that "drift" would have it change. */
uint64_t pf_seen_up_to(const struct managed_pf *pf, enum pf_event event)
{
	if (event == PF_EVENT_REMOVED)
		return pf->seen.applied;
	return event >= PF_EVENT_LINK ? pf->seen.looked : pf->seen.seqnum;
}

void pf_add_error(struct managed_pf *pf, const char *text)
{
	char *error;

	if (asprintf(&error, "%s%s%s", pf->error ? pf->error : "", pf->error ? "; " : "", text) < 0)
		return;
	show(pf, pf->shown, error);
	free(error);
}
