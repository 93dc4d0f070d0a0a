/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When to look at a PF again: after a time, or when a process that uses a VF ends or closes its
 * node. Knows no PF. */
#ifndef VIOD_PF_RETRY_H
#define VIOD_PF_RETRY_H

#include <jansson.h>

#include "daemon/waker.h"

enum retry_reason { RETRY_TIME, RETRY_HOLDER_ENDED, RETRY_NODE_CLOSED };

struct pf_retry {
	sd_event *event;
	struct waker *waker;
	void (*again)(void *userdata, enum retry_reason reason);
	void *userdata;
	struct sleeper sleeper;
	sd_event_source *timer; /* NULL: no time is set */
	unsigned attempts;	/* failures in a row: each doubles the time to the next attempt */
	unsigned closes;	/* attempts in a row because a node was closed */
	unsigned misses;	/* attempts in a row because an attempt may have missed something */
	bool closed;		/* the time that is set is that after a close */
	bool missed;
};

/** retry has event, waker, again and userdata, all else is zero. It must not move. */
void retry_init(struct pf_retry *retry);
void retry_clear(struct pf_retry *retry);

/** Whether a time is set. */
bool retry_pending(const struct pf_retry *retry);

/** Call again() in so many microseconds. A time that is set and comes earlier stands. */
void retry_in(struct pf_retry *retry, uint64_t usec);

/** Count a failure and set the time for the next attempt: 1 s, doubled with each failure, at most a
 *  minute. */
void retry_back_off(struct pf_retry *retry);

/** Set the time for the next attempt after one that was in vain because of the processes and nodes
 * that are watched: as retry_back_off(), or at once if it may have missed that one ended or was
 * closed. */
void retry_wait(struct pf_retry *retry);

/** A node was closed: try at once. Nodes that are closed again and again are tried ever less often.
 */
void retry_after_close(struct pf_retry *retry);

/** A process ended or a node was closed while an attempt runs, which may have looked before. */
void retry_missed(struct pf_retry *retry);

/** Forget the time that is set. */
void retry_cancel(struct pf_retry *retry);

/** Forget how often it was tried. */
void retry_reset(struct pf_retry *retry);

/** Call again() when one of these processes ends, or one of these nodes is closed, instead of those
 * that were watched before. pids: array of numbers, nodes: array of paths; both may be NULL. */
void retry_watch_holders(struct pf_retry *retry, const json_t *pids, const json_t *nodes);
void retry_forget_holders(struct pf_retry *retry);

#endif
