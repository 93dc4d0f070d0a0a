/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a job does, in its own process: observe, diff, plan, apply, observe again. It reports to the
 * daemon in lines of JSON and through the shared progress page, and never logs.
 */
#ifndef VIOD_JOB_RUN_H
#define VIOD_JOB_RUN_H

#include "config/config.h"
#include "device/nodes.h"
#include "job/record.h"
#include "plan/plan.h"

enum job_goal {
	JOB_APPLY,   /* wanted = the file, as after an edit or a reload */
	JOB_DRIFT,   /* wanted = the file; the device was changed externally */
	JOB_RELEASE, /* wanted = the baseline */
	JOB_CHECK,   /* wanted = the file; print the plan, write nothing */
	JOB_PRINT,   /* print the state as a file */
	JOB_LOOK,    /* report holders; waits for no lock that a stuck job may hold */
};

/** True if jobs of this goal may write to the device or the record. */
static inline bool goal_writes(enum job_goal goal)
{
	return goal == JOB_APPLY || goal == JOB_DRIFT || goal == JOB_RELEASE;
}

/** How a job ends; the names equal those of the PF's states. */
enum job_verdict {
	JOB_CONFIGURED,
	JOB_DEGRADED, /* some rows or VFs failed, each with its reason */
	JOB_BLOCKED,  /* a holder prevents a disruptive step, which was not carried out */
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
	const struct schema *next;   /* JOB_RELEASE: only rows that this kind lacks; may be NULL */
	bool reclaims;		     /* a person asks for the VFs that are lent */
	bool rest; /* JOB_CHECK: other lines of the file have errors; see config_parse_rest() */
	bool retry_unsupported; /* JOB_APPLY: try rows again that the driver did not support */
	const char *kind;	/* JOB_PRINT only */
	const char *const *vfs; /* JOB_LOOK only: addresses as last reported */
	size_t n_vfs;
};

/** The state of a job; there is one in each job process at a time. */
struct job_run {
	const struct job_request *request;
	struct viod_pf pf;
	const struct schema *schema;
	struct record *record; /* NULL: viod has not written to this PF */
	char identity[24];     /* of the device that was looked at; "": it is absent */
	json_t *about_before;  /* record->about before this job; NULL: it has not begun to write */
	struct viod_values *state, *wanted;
	struct viod_values *last; /* values that viod is known to have set; NULL: not read yet */
	struct viod_values *base; /* what the plan was made against; its changes point into it */
	struct viod_plan plan;
	struct device_nodes nodes;    /* found along with the holders */
	struct viod_holders *holders; /* by VF, then the PF's own; NULL: not looked up */
	size_t n_holders;
	bool *lent; /* by VF, n_lent of them: its rows are left alone */
	size_t n_lent;
	bool leaves;   /* changes of lent VFs were dropped */
	uint64_t look; /* usec until a VF that is lent may return; 0: no time is known */
	bool *blocked; /* by VF: a holder prevented a disruptive step */
	size_t n_blocked;
	bool pf_blocked, self_blocked, pf_failed, stopped;
	bool recreated;	 /* the VFs of before are no more */
	int pci_lock;	 /* that of the host; -1 without it */
	size_t writes;	 /* steps carried out */
	uint64_t seqnum; /* uevents up to here are older than the last observe */
	uint64_t looked; /* CLOCK_MONOTONIC of the last observe's beginning */
	FILE *out;
};

/** Run a job to its end; progress and result are written to fd as lines of JSON. The verdict, or
 * -errno. The process must end then: what the job has allocated is not freed. */
int job_run(const struct job_request *request, struct progress *progress, int fd);

/* job-wanted.c fills run->wanted: what the file wants of this device, or what the record restores;
 * autoprobe as it was before viod; rows with VIOD_OPTION_RETURNS; for VFs that viod created, the
 * values for new VFs of rows that the file does not set, and an override that keeps those unbound
 * that have no driver. */
int job_want_file(struct job_run *run);
/* The same for a device that is absent: as many VFs as the file names. */
int job_want_absent(struct job_run *run);
int job_want_record(struct job_run *run);
void job_want_autoprobe(struct job_run *run);
void job_want_returns(struct job_run *run);
void job_want_vf_returns(struct job_run *run);
/* job-elsewhere.c, for viod_set_elsewhere(). */
int job_set_elsewhere(struct viod_pf *pf, const char *address, const char *key, char *ret_text,
		      size_t size);
/* Also makes run->base, the state that wanted is compared with. */
int job_want_defaults(struct job_run *run, bool recreates);
/* Call complete() of all plugins. 1; 0 after errors were reported; -errno. */
int job_complete(struct job_run *run);
void job_want_unbound(struct job_run *run, bool recreates);
/* Report each key of a plugin that does not apply to this device; -EINVAL if there is one. */
int job_refuse_foreign(struct job_run *run);

/* job-device.c: report a VF in place of a PF, and a device that the kind does not serve; -EINVAL
 * then, or another -errno. */
int job_check_device(struct job_run *run);
/* job-unique.c: report each value that two VFs of the file share though their row does not allow
 * it; -EINVAL if there is one, or -ENOMEM. */
int job_check_unique(struct job_run *run);
/* job-limits.c: report each value that the device does not support according to its quirk; -EINVAL
 * if there is one. */
int job_check_limits(struct job_run *run);
/* job-detour.c: true if the existing VFs will be removed. */
bool job_recreates(const struct job_run *run);
/* Add a no-op change of the VF count if another change of the PF needs the VFs re-created, and of
 * the driver to VFs that another change needs unbound. -ENOMEM. */
int job_recreate_for(struct job_run *run, struct plan_changes *changes);
int job_unbind_for(struct job_run *run, struct plan_changes *changes);
/* The same for one VF, also if it has no driver and none is wanted. */
int job_unbind_vf(struct job_run *run, int vf, struct plan_changes *changes);

/* job-unsupported.c: load what the record knows of the driver; report a row that it rejected as
 * unsupported, or, if it accepts the row for other VFs, as an error of this VF; and note the rows
 * that it accepted. */
void job_recall_unsupported(struct job_run *run, const struct plan_changes *changes);
void job_report_refused(struct job_run *run);
void job_note_accepted(struct job_run *run);

/* job-record.c. Store plugins' notes in run->record. Forget the record of another device that was
 * in this slot before. Name the file in the record. */
void job_share_notes(struct job_run *run);
int job_check_identity(struct job_run *run);
/* 1 if the device is not the one that was looked at; -errno. */
int job_device_is_replaced(struct job_run *run);
int job_follow_file(struct job_run *run);
/* Before the first write: save the baseline, and the values that are about to be set. */
int job_write_baseline(struct job_run *run);
/* Around a write of the VF count: VFs are about to be removed or created; and whether they were. */
int job_note_creation(struct job_run *run);
void job_settle_creation(struct job_run *run, bool done);
/* After the last write: store the values that were set, which execute_plan() saves. */
int job_remember_set(struct job_run *run);

/* job-lent.c: true with drift = on-return; the record's entry of a lent VF, or NULL; whether this
 * job leaves a VF alone; and of an entry, what another program has changed ("driver: igbvf ->
 * vfio-pci"), and when that was noticed ("2026-01-31T12:00:00+0100"). */
bool job_lends(const struct job_run *run);
const json_t *job_lent_entry(const struct job_run *run, int vf);
bool job_is_lent(const struct job_run *run, int vf);
const char *job_lent_what(const json_t *entry);
void job_lent_since(const json_t *entry, char *ret_text, size_t size);

/* job-left.c: each VF as viod left it, in the record. Values that viod set are forgotten of VFs
 * that were created again, or have lost their driver with its module. */
void job_forget_lost(struct job_run *run, struct viod_values *last);
/* Store the VFs that are not lent as they are now: all, or those that the plan has changed and
 * those that are new. -ENOMEM. */
int job_remember_left(struct job_run *run, bool all);
/* True if a row had the value that was wanted when viod left the VF. */
bool job_left_done(const struct job_run *run, int vf, const char *key);
/* True for another device, with the same address, than the one of an entry with an "id". */
bool job_is_replaced(struct job_run *run, int vf, const json_t *entry);
/* True if another program has changed a VF since, with the change as text. */
bool job_was_changed(struct job_run *run, int vf, char *ret_what, size_t size);
/* True if the VFs that are not lent have lost their attributes together, as in a reset of the PF.
 */
bool job_was_reset(const struct job_run *run);

/* Each of the following files uses only those before it. */

/* job-holders.c: look up all holders. -errno: they are unknown, so all VFs count as held. */
int job_find_holders(struct job_run *run);
/* Look up the holders for the report: of the VFs, and of the PF if it blocked a step; also their
 * nodes, in run->nodes. */
int job_find_vf_holders(struct job_run *run);
bool job_is_held(const struct job_run *run, int vf);
/* True if a holder prevented a disruptive step of this VF. */
bool job_is_blocked(const struct job_run *run, int vf);
/* Report all holders that were found. */
void job_report_holders(struct job_run *run);
/* Before the first step: set run->pf_blocked if a holder prevents a step that concerns all VFs.
 * -ENOMEM. */
int job_check_holders(struct job_run *run);
/* True if a holder prevents a disruptive step; the holder is reported. */
bool job_held_back(struct job_run *run, const struct viod_step *step);

/* job-lend.c: decide which VFs are lent, drop their changes, and add what restores those that
 * return. state is what the changes were compared with. -errno. */
int job_lend(struct job_run *run, struct plan_changes *changes);
/* Drop the changes of lent VFs. */
void job_drop_changes_of_lent(struct job_run *run, struct plan_changes *changes);

/* job-foresee.c: report who would block the plan, and what would keep drivers from being bound.
 * -errno: the holders are not known. */
int job_foresee(struct job_run *run);

/* job-report.c */
void job_send_progress(struct job_run *run, const char *state);
void job_send_result(struct job_run *run, enum job_verdict verdict);

/* job-lock.c. Wait for the lock of the PF, and for that of the host (1 if it had to wait); -errno
 * without the lock. The daemon ends a job that waits and is to stop. A PF that is released needs no
 * file of its lock. */
int job_lock_pf(struct job_run *run, int *ret_fd);
void job_forget_pf_lock(const struct job_run *run);
bool job_needs_pci_lock(const struct job_run *run);
int job_lock_pci(struct job_run *run);
void job_unlock_pci(struct job_run *run);

/* job-plan.c. Look at the device: run->state. Compare it with run->wanted: run->plan. After the
 * last write: look again, and report what has not become as wanted. -errno. */
int job_observe(struct job_run *run);
int job_read_last(struct job_run *run);
int job_make_plan(struct job_run *run);
int job_verify(struct job_run *run);

/* job-step.c: carry out a step, and repeat it if the device's quirk says so. -errno, reported. */
int job_apply_step(struct job_run *run, const struct plan_step *planned);
/* True if a step must be skipped because of an earlier failure; a VF whose driver is not bound is
 * then kept from any other driver. */
bool job_skip_step(struct job_run *run, const struct viod_step *step);

/* job-workers.c: carry out the steps from first on that can run for many VFs at once. The number of
 * steps carried out; 0 if they must run one by one. Does not return if a worker has crashed. */
size_t job_attach(struct job_run *run, size_t first);

/* job-apply.c: carry out the plan; errors are added to the PF's list. */
void job_execute(struct job_run *run);

#endif
