/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's side of a job: start the process, hear from it, notice when it crashes or hangs. */
#ifndef VIOD_JOB_PROCESS_H
#define VIOD_JOB_PROCESS_H

#include <systemd/sd-event.h>

#include "job/job-run.h"

struct job;

/** How a job ended. Valid during the handler only. */
struct job_outcome {
	const json_t *result; /* what job_send_result() wrote; NULL: the job died without a word */
	const char *vfs;      /* the VFs that came before it: JSON, one line each; NULL: none */
	const char *death;    /* then: how it died and where it was */
};

struct job_handlers {
	/** A line of progress: state (may be missing), text, done, total. */
	void (*progress)(void *userdata, const json_t *progress);
	/** The deadline has passed. where: what it is doing. ended: it was killed, for it was not
	 * inside a kernel write; otherwise it stays until the kernel lets it go. */
	void (*overdue)(void *userdata, const char *where, bool ended);
	/** The process is gone; the handler may free the job. */
	void (*done)(void *userdata, const struct job_outcome *outcome);
};

/** Start one. request and what it points to are only used inside this call; timeout in seconds.
 * SIGCHLD must be blocked. -errno. */
int job_start(sd_event *event, const struct job_request *request, uint64_t timeout,
	      const struct job_handlers *handlers, void *userdata, struct job **ret_job);

/** Forget about it; the process is neither ended nor waited for. Returns NULL. */
struct job *job_free(struct job *job);

/** Ask it to end after the running step. */
void job_stop(struct job *job);

pid_t job_pid(const struct job *job);

#endif
