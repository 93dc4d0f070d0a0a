/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When to look at a PF again: after a time, or when a process that uses a VF ends. Knows no PF. */
#ifndef VIOD_PF_RETRY_H
#define VIOD_PF_RETRY_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "base/util.h"

enum retry_reason { RETRY_TIME, RETRY_HOLDER_ENDED };

struct pf_retry {
	sd_event *event;
	void (*again)(void *userdata, enum retry_reason reason);
	void *userdata;
	sd_event_source *timer;	   /* NULL: no time is set */
	sd_event_source **holders; /* pidfds */
	size_t n_holders;
	unsigned attempts; /* failures in a row: each doubles the time to the next attempt */
};

void retry_clear(struct pf_retry *retry);

/** Whether a time is set. */
bool retry_pending(const struct pf_retry *retry);

/** Call again() in so many microseconds. A time that is set and comes earlier stands. */
void retry_in(struct pf_retry *retry, uint64_t usec);

/** Count a failure and set the time for the next attempt: 1 s, doubled with each failure, at most a
 *  minute. */
void retry_back_off(struct pf_retry *retry);

/** Forget the time that is set. */
void retry_cancel(struct pf_retry *retry);

/** Call again() when one of these processes ends. pids: array of numbers. */
void retry_watch_holders(struct pf_retry *retry, const json_t *pids);
void retry_forget_holders(struct pf_retry *retry);

#endif
