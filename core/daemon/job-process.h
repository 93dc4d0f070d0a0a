/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job as the daemon sees it: start the process, read its messages, notice a crash or a hang. */
#ifndef VIOD_JOB_PROCESS_H
#define VIOD_JOB_PROCESS_H

#include <systemd/sd-event.h>

#include "job/job-run.h"

struct job;

/** How a job ended. Valid during the handler only. */
struct job_outcome {
	const json_t *result; /* what job_send_result() wrote; NULL: the job ended without */
	const char *vfs; /* the VFs that were reported before it: JSON, one line each; NULL: none */
	const char *death; /* then: how it ended and what it was doing, or NULL */
	bool discarded;	   /* then: it was stopped before it had a lock, and has written nothing */
};

struct job_handlers {
	/** A line of progress: state (may be missing), text, done, total. */
	void (*progress)(void *userdata, const json_t *progress);
	/** The deadline has passed. where: what it is doing. ended: it is killed, since it is not
	 * inside a kernel write; otherwise it runs until that write returns. */
	void (*overdue)(void *userdata, const char *where, bool ended);
	/** The process has ended; the handler may free the job. Not called for a job that was freed
	 * before. */
	void (*done)(void *userdata, const struct job_outcome *outcome);
};

/** Start one. request and what it points to are only used inside this call; timeout in seconds.
 * SIGCHLD must be blocked. -errno. */
int job_start(sd_event *event, const struct job_request *request, uint64_t timeout,
	      const struct job_handlers *handlers, void *userdata, struct job **ret_job);

/** Free it; a running process is neither ended nor waited for. Returns NULL. */
struct job *job_free(struct job *job);

/** Ask the job to end after the running step. One that waits for a lock is ended. */
void job_stop(struct job *job);

/** True while it waits for a lock: it needs no processor, and its time does not count. */
bool job_waits(const struct job *job);

pid_t job_pid(const struct job *job);

#endif
