/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One PF that the daemon manages: its state, and what happens to it. pf-state.c has the table of
 * its life. A job's own view of the device is struct viod_pf (device/device.h).
 */
#ifndef VIOD_PF_STATE_H
#define VIOD_PF_STATE_H

#include "daemon/job-process.h"
#include "daemon/pf-retry.h"
#include "daemon/pf-versions.h"
#include "daemon/vf-report.h"

enum pf_state {
	/* No job runs. */
	PF_ABSENT,
	PF_INVALID,
	PF_WAITING,
	PF_CONFIGURED,
	PF_DEGRADED,
	PF_BLOCKED,
	PF_FAILED,
	/* A job runs. */
	PF_PLANNING,
	PF_APPLYING,
	PF_RELEASING,
	PF_STUCK,
	/* Nothing asks for it any more: it is freed when its job has ended. */
	PF_DROPPED,
	PF_STATE_MAX_
};

/** As in state files; NULL for PF_DROPPED, which is never shown. */
extern const char *const pf_state_names[];

enum pf_event {
	/* Its file. */
	PF_EVENT_FILE_READ,	   /* a version is in force that no job has applied */
	PF_EVENT_FILE_REFUSED,	   /* the file has errors; the version in force stays */
	PF_EVENT_FILE_BACK,	   /* the file is in conflict; an earlier version is in force */
	PF_EVENT_NOTHING_IN_FORCE, /* the file is refused, and there is no earlier version */
	PF_EVENT_FILE_DELETED,
	PF_EVENT_UNCLAIMED, /* only the record is left: the PF is to be released */
	PF_EVENT_CLAIMED,   /* a file asks for the PF that is being released */
	/* Its name. */
	PF_EVENT_NAME_FOUND,
	PF_EVENT_NAME_UNKNOWN,
	/* The kernel; the first four are events of devices and drivers, then those of links. */
	PF_EVENT_REMOVED, /* the device was removed, or has lost the driver that it had */
	PF_EVENT_DEVICE,  /* anything else of the PF itself, or events were lost */
	PF_EVENT_DRIVER,  /* a driver or module was loaded */
	PF_EVENT_VF,
	PF_EVENT_BELOW, /* what the PF or a VF has: interfaces, nodes */
	PF_EVENT_LINK,
	PF_EVENT_CARRIER, /* the PF's interface has a carrier, and had none */
	/* Time, and the processes that use a VF. */
	PF_EVENT_TIME,
	PF_EVENT_HOLDER_ENDED,
	PF_EVENT_NODE_CLOSED, /* a node of a VF in use, or its interface was changed */
	PF_EVENT_LENT,	      /* a VF that is lent may have returned */
	/* Its job. */
	PF_EVENT_APPLY_STARTS, /* also to look for drift */
	PF_EVENT_RELEASE_STARTS,
	PF_EVENT_START_FAILED,
	PF_EVENT_WRITES, /* the first write is next: the device agrees to the file */
	PF_EVENT_OVERDUE,
	/* The end of its job. */
	PF_EVENT_JOB_CONFIGURED,
	PF_EVENT_JOB_CHANGED,
	PF_EVENT_JOB_DEGRADED,
	PF_EVENT_JOB_BLOCKED,
	PF_EVENT_JOB_FAILED,
	PF_EVENT_JOB_INVALID,
	PF_EVENT_JOB_WAITING,
	PF_EVENT_JOB_ABSENT,
	PF_EVENT_JOB_RELEASED,
	PF_EVENT_JOB_DIED,
	PF_EVENT_JOB_OUTDATED, /* another version is in force now: the result says nothing */
	PF_EVENT_MAX_
};

/** What the next job has to do; a greater one includes the lesser. */
enum pf_want { WANT_NOTHING, WANT_CHECK, WANT_APPLY, WANT_RELEASE };

struct managed_pf;

/** What a PF needs of the daemon. */
struct pf_environment {
	sd_event *event;
	struct waker *waker;
	const struct roots *roots;
	const struct loader *loader;
	void *userdata;
	/** What is shown of it has changed: state, error, VFs or progress. */
	void (*changed)(void *userdata, struct managed_pf *pf);
	/** Log these diagnostics. */
	void (*report)(void *userdata, struct managed_pf *pf, const struct diag_list *diags);
	/** Whether one more job may run now; if not, pf_pump() is called later. */
	bool (*may_start)(void *userdata);
	/** A job ended: another one may run, and a PF in PF_DROPPED may be freed. */
	void (*idle)(void *userdata, struct managed_pf *pf);
};

struct pf_file {
	char *name;	/* "nic0.conf"; NULL: only its record is left, which is being released */
	char *path;	/* "/etc/vio.d/nic0.conf" */
	char *identity; /* struct config_file */
};

struct pf_progress {
	char *text; /* what the job does, or NULL */
	unsigned vfs_done, vfs_total;
};

/** What the kernel has reported, and up to where the last job knows it. */
struct pf_seen {
	uint64_t seqnum;  /* of uevents: the last job has seen what older ones report */
	uint64_t applied; /* the same of the last job that did more than look for drift */
	uint64_t looked;  /* CLOCK_MONOTONIC, usec: the last job began its last look */
	/* By event, the newest since the running job was started: a uevent's number, or for
	 * PF_EVENT_LINK and PF_EVENT_CARRIER the time. 0: none. */
	uint64_t newest[PF_EVENT_CARRIER + 1];
	bool carrier;
};

/** What the log has said. */
struct pf_logged {
	enum pf_state state;
	bool error;
	bool unwritten; /* that its state file could not be written, which is tried again */
	char *diags;	/* the last job's: job_result_news() */
};

struct managed_pf {
	const struct pf_environment *environment;
	struct pf_file file;
	struct pf_versions versions;
	char *name;    /* as the file spells the PF */
	char *address; /* NULL: the kernel does not know the name */
	/* Set by pf-state.c alone. "shown" differs from the state while a job looks, or tries once
	 * more what failed: what is wrong is shown as wrong until it is not. */
	enum pf_state state, shown;
	enum pf_want want; /* what the next job has to do */
	enum pf_want owed; /* while a refused version is tried: what the one in force waits for */
	bool fresh;	   /* what is wanted is new, and no job has come to an end with it */
	char *error;	   /* the worst there is to report, or NULL */
	struct job *job;
	enum job_goal goal; /* of the job, or of the last one */
	struct job *looker; /* finds out who uses what while the job is stuck */
	struct pf_retry retry;
	struct pf_retry lending; /* when to look again at VFs that are lent */
	bool reclaims;		 /* a person asks for the VFs that are lent */
	struct pf_seen seen;
	struct pf_progress progress;
	struct report report;	 /* of the last job */
	bool unshown;		 /* the report has not been shown */
	struct pf_logged logged; /* of the manager */
};

/** An event happened: enter the state and do what the table says. why: the error to show, or NULL.
 *  Starts no job: pf_pump() does. */
void pf_happens(struct managed_pf *pf, enum pf_event event, const char *why);

/** Whether the table says anything for this state and event; so it must, for each. */
bool pf_table_has(enum pf_state state, enum pf_event event);

/** The goal of the next job. False: nothing is to be done now. */
bool pf_next_goal(const struct managed_pf *pf, enum job_goal *ret_goal);

/** What of these kernel events the jobs have seen: up to this number, or time. */
uint64_t pf_seen_up_to(const struct managed_pf *pf, enum pf_event event);

/** Add to the error that is shown. */
void pf_add_error(struct managed_pf *pf, const char *text);

/** Replace a text by a copy, or by NULL. */
void pf_set_text(char **slot, const char *text);

#endif
