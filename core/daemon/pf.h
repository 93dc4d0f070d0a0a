/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of one PF (design 6): which state it is in, what is to be done next, and the one job
 * that does it. It decides; the manager above it logs and writes files.
 */
#ifndef VIOD_PF_H
#define VIOD_PF_H

#include <systemd/sd-event.h>

#include "daemon/job-process.h"
#include "daemon/vf-report.h"
#include "kernel/uevent.h"

enum pf_state {
	PF_ABSENT,
	PF_INVALID,
	PF_WAITING,
	PF_PLANNING,
	PF_APPLYING,
	PF_CONFIGURED,
	PF_DEGRADED,
	PF_BLOCKED,
	PF_STUCK,
	PF_FAILED,
	PF_RELEASING,
	PF_STATE_MAX_
};
extern const char *const pf_state_names[];

/** What a device of an event is to a PF. */
enum pf_relation { PF_UNRELATED, PF_ITSELF, PF_A_VF, PF_BELOW };

struct pf;

/** What a PF needs of the world. */
struct pf_environment {
	sd_event *event;
	const struct roots *roots;
	const struct loader *loader;
	void *userdata;
	/** State, error or progress changed. */
	void (*changed)(void *userdata, struct pf *pf);
	/** Diagnostics to be told, once. */
	void (*report)(void *userdata, struct pf *pf, const struct diag_list *diags);
	/** Whether one more job may run now; if not, pf_pump() comes again later. */
	bool (*may_start)(void *userdata);
	/** A job ended: there is room for another, and pf->gone PFs may be freed. */
	void (*idle)(void *userdata, struct pf *pf);
};

struct pf {
	const struct pf_environment *environment;
	char *file;		 /* "nic0.conf"; NULL: only its record is left, to be released */
	char *path, *identity;	 /* of the file */
	struct config *config;	 /* in force */
	struct config *previous; /* in force until the device has agreed to config */
	struct config *tried;	 /* the job's, where the file has changed since it began */
	char *name;		 /* as the file spells the PF */
	char *address;		 /* NULL: the name is not known to the kernel yet */
	enum pf_state state, logged; /* now, and as last told in the log */
	char *error;		     /* the worst thing to tell, or NULL */
	char *refused;	 /* why the file as it is now is not in force, but a version before it is */
	bool complained; /* the log has told of an error and not of its end */
	char *progress;	 /* what the job is doing, or NULL */
	unsigned vfs_done, vfs_total;
	struct report report; /* of the last job */
	bool news;	      /* it has not been shown yet */
	struct job *job;
	struct job *looker; /* asks who holds what while the job is stuck */
	enum job_goal goal; /* of the job */
	bool want_apply, want_drift, want_release;
	bool conflict; /* another file has the PF */
	bool settled;  /* has settled or failed once */
	bool fresh;    /* what is wanted is new, and no job has answered yet */
	bool gone;     /* to be freed when no job runs */
	unsigned attempts;
	uint64_t seen;	 /* uevents up to this one are older than the last report */
	uint64_t latest; /* newest uevent that concerns the PF */
	bool carrier;	 /* as the kernel last told */
	/* CLOCK_MONOTONIC: when the interface last changed, when it last got a carrier, and when
	 * the last job began its last look. */
	uint64_t link_changed, carrier_came, looked;
	char *told; /* the diagnostics last told, to tell news from repetition */
	sd_event_source *retry, *drift_timer;
	sd_event_source **holders; /* pidfds: a holder's end is a reason to try again */
	size_t n_holders;
};

struct pf *pf_new(const struct pf_environment *environment, const char *file);
struct pf *pf_free(struct pf *pf);

/** Put a configuration in force; the PF takes it over. address may be NULL. 0 or -ENOMEM. */
int pf_configure(struct pf *pf, struct config *config, const char *address);

/** The file has errors: the last good version stays in force. text is what to show. */
void pf_refuse(struct pf *pf, const char *text);

/** Give the PF back to what the record says. */
int pf_release(struct pf *pf, const char *address);

/** The kernel knows the PF by this address now, or (NULL) no longer. */
int pf_set_address(struct pf *pf, const char *address);

/** Something happened to some device; NULL: anything may have happened. What does not concern the
 * PF or its VFs is passed over. */
void pf_event(struct pf *pf, const struct uevent *event);
/** The kernel tells of a change of the PF's interface; it does not say of which, and VFs are never
 * in it. */
void pf_link_changed(struct pf *pf, bool carrier);
/** A driver or module came: whatever failed may work now. */
void pf_retry_now(struct pf *pf);

/** Start the next job, if one is wanted and may run. */
void pf_pump(struct pf *pf);

#endif
