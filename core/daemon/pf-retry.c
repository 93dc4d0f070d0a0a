/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-retry.h"

#include <errno.h>

#define USEC_PER_SEC_ 1000000ULL
#define ATTEMPT_LAST_SEC 60u
/* A close is reported a moment before the driver has released the device (__fput() of
 * fs/file_table.c). */
#define AT_ONCE_USEC 10000ULL
/* So often in a row it is tried at once; then the time doubles. */
#define AT_ONCE_TIMES 8u
/* Timers of several PFs may fire together when they are this close. */
#define ACCURACY_USEC 1000

static void on_woken(void *userdata, enum wake_reason reason)
{
	struct pf_retry *retry = userdata;

	retry->again(retry->userdata,
		     reason == WAKE_NODE_CLOSED ? RETRY_NODE_CLOSED : RETRY_HOLDER_ENDED);
}

void retry_init(struct pf_retry *retry)
{
	retry->sleeper = (struct sleeper){ .woken = on_woken, .userdata = retry };
}

void retry_clear(struct pf_retry *retry)
{
	retry_cancel(retry);
	retry_forget_holders(retry);
}

/* --- times ----------------------------------------------------------------------------------- */

bool retry_pending(const struct pf_retry *retry)
{
	return retry->timer;
}

void retry_cancel(struct pf_retry *retry)
{
	retry->closed = false;
	retry->timer = sd_event_source_disable_unref(retry->timer);
}

void retry_reset(struct pf_retry *retry)
{
	retry->attempts = retry->closes = retry->misses = 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct pf_retry *retry = userdata;

	retry_cancel(retry);
	retry->again(retry->userdata, RETRY_TIME);
	return 0;
}

void retry_in(struct pf_retry *retry, uint64_t usec)
{
	uint64_t now = 0, due;

	(void)sd_event_now(retry->event, CLOCK_MONOTONIC, &now);
	if (retry->timer && sd_event_source_get_time(retry->timer, &due) >= 0 && due <= now + usec)
		return;
	retry_cancel(retry);
	(void)sd_event_add_time(retry->event, &retry->timer, CLOCK_MONOTONIC, now + usec,
				ACCURACY_USEC, on_time, retry);
}

void retry_back_off(struct pf_retry *retry)
{
	unsigned seconds = 1u << MIN(retry->attempts, 6u);

	retry->attempts++;
	retry_in(retry, MIN(seconds, ATTEMPT_LAST_SEC) * USEC_PER_SEC_);
}

static uint64_t at_once_usec(unsigned *times)
{
	unsigned doubled = *times < AT_ONCE_TIMES ? 0 : MIN(*times - AT_ONCE_TIMES, 13u);

	(*times)++;
	return MIN(AT_ONCE_USEC << doubled, ATTEMPT_LAST_SEC * USEC_PER_SEC_);
}

void retry_wait(struct pf_retry *retry)
{
	if (retry->missed)
		retry_in(retry, at_once_usec(&retry->misses));
	else
		retry_back_off(retry);
	retry->missed = false;
}

void retry_after_close(struct pf_retry *retry)
{
	if (retry->closed)
		return;
	retry_in(retry, at_once_usec(&retry->closes));
	retry->closed = true;
}

void retry_missed(struct pf_retry *retry)
{
	retry->missed = true;
}

/* --- processes and nodes --------------------------------------------------------------------- */

/* What was not watched before may have ended, or been closed, since the attempt looked. */
void retry_watch_holders(struct pf_retry *retry, const json_t *pids, const json_t *nodes)
{
	const json_t *one;
	size_t i;
	int r;

	waker_mark_old(retry->waker, &retry->sleeper);
	json_array_foreach(pids, i, one) {
		r = waker_add_process(retry->waker, &retry->sleeper,
				      (pid_t)json_integer_value(one));
		retry->missed = retry->missed || r > 0 || r == -ESRCH;
	}
	json_array_foreach(nodes, i, one) {
		const char *path = json_string_value(one);

		r = path ? waker_add_node(retry->waker, &retry->sleeper, path) : -EINVAL;
		retry->missed = retry->missed || r > 0;
	}
	waker_forget_old(retry->waker, &retry->sleeper);
}

void retry_forget_holders(struct pf_retry *retry)
{
	retry->missed = false;
	waker_forget(retry->waker, &retry->sleeper);
}
