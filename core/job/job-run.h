/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a job does, in its own process: observe, diff, plan, apply, observe again. It talks to the
 * daemon in lines of JSON and through the progress page, and never logs.
 */
#ifndef VIOD_JOB_RUN_H
#define VIOD_JOB_RUN_H

#include "config/config.h"
#include "device/device.h"
#include "job/record.h"
#include "plan/plan.h"

enum job_goal {
	JOB_APPLY,   /* wanted = the file; a person asked for it */
	JOB_DRIFT,   /* wanted = the file; somebody changed the device */
	JOB_RELEASE, /* wanted = the baseline */
	JOB_CHECK,   /* wanted = the file; print the plan, write nothing */
	JOB_PRINT,   /* print the state as a file */
	JOB_LOOK,    /* tell who uses what; waits for nothing that a stuck job has */
};

/** How a job ends; the names are those of the PF's states. */
enum job_verdict {
	JOB_CONFIGURED,
	JOB_DEGRADED, /* some rows or VFs failed, each with its reason */
	JOB_BLOCKED,  /* a holder is in the way; nothing disruptive was done */
	JOB_FAILED,   /* nothing more could be done */
	JOB_INVALID,  /* the file does not fit the device; nothing was touched */
	JOB_WAITING,  /* the PF has no driver yet */
	JOB_ABSENT,
	JOB_RELEASED,
	JOB_CHANGED, /* drift = report: the device differs */
	JOB_VERDICT_MAX_
};
extern const char *const job_verdict_names[];

struct job_request {
	enum job_goal goal;
	const struct roots *roots;
	const struct loader *loader;
	const char *address;
	const char *file;	     /* path, for messages; may be NULL */
	const struct config *config; /* NULL for JOB_RELEASE */
	bool fresh;	  /* JOB_APPLY: what the driver did not have once is asked for again */
	const char *kind; /* JOB_PRINT only */
	const char *const *vfs; /* JOB_LOOK only: addresses as last reported */
	size_t n_vfs;
};

/** Everything a job knows; one lives in each job process. */
struct job_run {
	const struct job_request *request;
	struct viod_pf pf;
	const struct schema *schema;
	struct record *record; /* NULL: viod has never written to this PF */
	struct viod_values *state, *wanted;
	struct viod_values *base; /* what the plan was made against; its changes point into it */
	struct viod_plan plan;
	struct viod_holders *holders; /* by VF, the PF's own last; NULL until asked for */
	size_t n_holders;
	bool some_asked; /* holders knows one VF's only */
	bool *blocked;	 /* by VF: a holder kept us from a disruptive step */
	bool pf_blocked, self_blocked, pf_failed, stopped;
	size_t writes;	 /* steps carried out */
	uint64_t seqnum; /* uevents up to here are older than the last observe */
	uint64_t looked; /* CLOCK_MONOTONIC of the last observe's beginning */
	FILE *out;
};

/** Run to the end; results go to fd as lines of JSON. Returns the verdict, or -errno. */
int job_run(const struct job_request *request, struct progress *progress, int fd);

/* job-wanted.c: what the file wants of this device, to run->wanted; autoprobe as it was before
 * viod; for VFs that viod made, the fallbacks of rows that the file leaves open; no driver where
 * the device says that a VF is not ready for it. */
int job_want_file(struct job_run *run);
void job_want_autoprobe(struct job_run *run);
void job_want_returns(struct job_run *run);
int job_want_rest(struct job_run *run, bool recreates);
/* Report each key of a quirk that is not this device's; -EINVAL where there is one. */
int job_refuse_foreign(struct job_run *run);

/* job-limits.c: report each value that the device's quirk says it cannot do; -EINVAL where there is
 * one. */
int job_check_limits(struct job_run *run);
/* job-detour.c: whether the VFs there are will be removed. */
bool job_recreates(const struct job_run *run);
/* Add a change of the count, from itself to itself, where another change of the PF is not to be
 * without making the VFs anew; and one of the driver to VFs that must be unbound for another
 * change. -ENOMEM. */
int job_recreate_for(struct job_run *run, struct plan_changes *changes);
int job_unbind_for(struct job_run *run, struct plan_changes *changes);

/* job-unsupported.c: take over what the record knows of the driver; tell what it refused as not its
 * own, or, where it takes that of other VFs, as these VFs' errors; and note what it took. */
void job_recall_lacks(struct job_run *run, const struct plan_changes *changes);
void job_judge_refused(struct job_run *run);
void job_note_taken(struct job_run *run);

/* job-record.c: make run->record what plugins' notes go to; write the baseline before the first
 * write; and what was set after the last. */
void job_share_notes(struct job_run *run);
int job_write_baseline(struct job_run *run);
int job_remember_set(struct job_run *run);

/* Each of the following files uses those before it only. */

/* job-holders.c: ask who holds what. -errno: nothing is known, and all counts as held. */
int job_ask_holders(struct job_run *run);
bool job_is_held(const struct job_run *run, int vf);
/* Report everyone who was found. */
void job_report_holders(struct job_run *run);
/* Before anything is touched: sets run->pf_blocked where a step for the whole PF may not go ahead.
 * -ENOMEM. */
int job_check_holders(struct job_run *run);
/* Whether a disruptive step may not go ahead now; who is in the way is reported. */
bool job_held_back(struct job_run *run, const struct viod_step *step);

/* job-report.c */
void job_send_progress(struct job_run *run, const char *state);
void job_send_result(struct job_run *run, enum job_verdict verdict);

/* job-step.c: carry a step out, again where the device's quirk says so. -errno, reported. */
int job_apply_step(struct job_run *run, const struct plan_step *planned);
/* Whether a step is left out for what happened before it; done is what takes its place then. */
bool job_skip_step(struct job_run *run, const struct viod_step *step);

/* job-workers.c: carry out the steps from the first on that can be for many VFs at once. How many
 * those were; 0: none, or not like that. Does not return where a worker has crashed. */
size_t job_attach(struct job_run *run, size_t first);

/* job-apply.c: carry out the plan; errors are in the PF's list. */
void job_execute(struct job_run *run);

#endif
