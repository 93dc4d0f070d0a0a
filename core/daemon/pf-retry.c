/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-retry.h"

#include <sys/syscall.h>
#include <unistd.h>

#define USEC_PER_SEC_ 1000000ULL
#define ATTEMPT_LAST_SEC 60u
/* Timers of several PFs may fire together when they are this close. */
#define ACCURACY_USEC 1000

void retry_clear(struct pf_retry *retry)
{
	retry_cancel(retry);
	retry_forget_holders(retry);
}

bool retry_pending(const struct pf_retry *retry)
{
	return retry->timer;
}

void retry_cancel(struct pf_retry *retry)
{
	retry->timer = sd_event_source_disable_unref(retry->timer);
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

static int on_holder_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct pf_retry *retry = userdata;

	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	retry->again(retry->userdata, RETRY_HOLDER_ENDED);
	return 0;
}

void retry_watch_holders(struct pf_retry *retry, const json_t *pids)
{
	sd_event_source **slot;
	const json_t *pid;
	size_t i;

	json_array_foreach(pids, i, pid) {
		int fd = (int)syscall(SYS_pidfd_open, (pid_t)json_integer_value(pid), 0);

		if (fd < 0)
			continue;
		slot = array_append((void **)&retry->holders, &retry->n_holders, sizeof(*slot));
		if (!slot ||
		    sd_event_add_io(retry->event, slot, fd, EPOLLIN, on_holder_ended, retry) < 0) {
			close(fd);
			continue;
		}
		(void)sd_event_source_set_io_fd_own(*slot, true);
	}
}

void retry_forget_holders(struct pf_retry *retry)
{
	for (size_t i = 0; i < retry->n_holders; i++)
		sd_event_source_disable_unref(retry->holders[i]);
	free(retry->holders);
	retry->holders = NULL;
	retry->n_holders = 0;
}
