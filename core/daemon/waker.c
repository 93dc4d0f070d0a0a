/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/waker.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A service has 1024 descriptors unless its unit says otherwise; jobs and state files need some. */
#define PROCESSES_MAX 256
#define NODES_MAX 1024

struct wait {
	const struct sleeper *sleeper;
	bool old;
};

/* A process or a node. */
struct target {
	pid_t pid; /* 0: a node */
	int watch; /* of a node: inotify's */
	sd_event_source *source;
	struct wait *waits;
	size_t n_waits;
};

struct waker {
	sd_event *event;
	int dev, inotify; /* inotify: -1 while no node is watched */
	sd_event_source *io;
	struct target *targets;
	size_t n_targets;
};

/* --- targets --------------------------------------------------------------------------------- */

static struct target *find_process(struct waker *waker, pid_t pid)
{
	for (size_t i = 0; i < waker->n_targets; i++)
		if (waker->targets[i].pid == pid)
			return &waker->targets[i];
	return NULL;
}

static struct target *find_node(struct waker *waker, int watch)
{
	for (size_t i = 0; i < waker->n_targets; i++)
		if (!waker->targets[i].pid && waker->targets[i].watch == watch)
			return &waker->targets[i];
	return NULL;
}

static size_t count_targets(const struct waker *waker, bool processes)
{
	size_t count = 0;

	for (size_t i = 0; i < waker->n_targets; i++)
		count += (waker->targets[i].pid != 0) == processes;
	return count;
}

static void close_target(struct waker *waker, struct target *target)
{
	bool node = !target->pid;

	sd_event_source_disable_unref(target->source);
	if (node)
		(void)inotify_rm_watch(waker->inotify, target->watch);
	free(target->waits);
	*target = waker->targets[--waker->n_targets];
	if (!node || count_targets(waker, false))
		return;
	/* The source owns the descriptor. */
	waker->io = sd_event_source_disable_unref(waker->io);
	waker->inotify = -1;
}

/* 1: the sleeper waits for it from now on; 0: it did so before. */
static int add_wait(struct target *target, const struct sleeper *sleeper)
{
	struct wait *wait;

	for (size_t i = 0; i < target->n_waits; i++)
		if (target->waits[i].sleeper == sleeper) {
			target->waits[i].old = false;
			return 0;
		}
	wait = array_append((void **)&target->waits, &target->n_waits, sizeof(*wait));
	if (!wait)
		return -ENOMEM;
	wait->sleeper = sleeper;
	return 1;
}

/* woken() may change the targets, so that the list is a copy. */
static void wake(struct wait *waits, size_t n_waits, enum wake_reason reason)
{
	for (size_t i = 0; i < n_waits; i++)
		waits[i].sleeper->woken(waits[i].sleeper->userdata, reason);
	free(waits);
}

static void forget_waits(struct waker *waker, const struct sleeper *sleeper, bool only_old)
{
	for (size_t i = waker->n_targets; i-- > 0;) {
		struct target *target = &waker->targets[i];
		size_t kept = 0;

		for (size_t j = 0; j < target->n_waits; j++)
			if (target->waits[j].sleeper != sleeper ||
			    (only_old && !target->waits[j].old))
				target->waits[kept++] = target->waits[j];
		target->n_waits = kept;
		if (!kept)
			close_target(waker, target);
	}
}

/* --- processes ------------------------------------------------------------------------------- */

static int on_process(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct waker *waker = userdata;

	for (size_t i = 0; i < waker->n_targets; i++) {
		struct target *target = &waker->targets[i];
		size_t n_waits = target->n_waits;

		if (target->source != source)
			continue;
		/* The list goes to wake(). */
		struct wait *waits = TAKE_PTR(target->waits);

		close_target(waker, target);
		wake(waits, n_waits, WAKE_PROCESS_ENDED);
		break;
	}
	return 0;
}

static int open_process(struct waker *waker, pid_t pid, struct target *ret_target)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct target target = { .pid = pid };
	int r;

	if (fd < 0)
		return -errno;
	r = sd_event_add_io(waker->event, &target.source, fd, EPOLLIN, on_process, waker);
	if (r < 0)
		return r;
	(void)sd_event_source_set_io_fd_own(target.source, true);
	TAKE_FD(fd);
	*ret_target = target;
	return 0;
}

static struct target *store(struct waker *waker, struct target *target)
{
	struct target *slot =
		array_append((void **)&waker->targets, &waker->n_targets, sizeof(*waker->targets));

	if (slot)
		*slot = *target;
	return slot;
}

int waker_add_process(struct waker *waker, const struct sleeper *sleeper, pid_t pid)
{
	struct target *target = find_process(waker, pid), new;
	int r;

	if (target)
		return add_wait(target, sleeper);
	if (pid <= 0)
		return -ESRCH;
	if (count_targets(waker, true) >= PROCESSES_MAX)
		return -ENOSPC;
	r = open_process(waker, pid, &new);
	if (r < 0)
		return r;
	target = store(waker, &new);
	if (!target) {
		sd_event_source_disable_unref(new.source);
		return -ENOMEM;
	}
	r = add_wait(target, sleeper);
	if (r < 0)
		close_target(waker, target);
	return r;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static void on_node_event(struct waker *waker, const struct inotify_event *event)
{
	struct target *target = find_node(waker, event->wd);
	struct wait *waits;
	size_t n_waits;

	if (!target)
		return;
	n_waits = target->n_waits;
	if (event->mask & IN_IGNORED) {
		/* The node was removed, and its watch with it. */
		waits = TAKE_PTR(target->waits);
		close_target(waker, target);
	} else {
		waits = calloc(n_waits, sizeof(*waits));
		if (!waits)
			return;
		memcpy(waits, target->waits, n_waits * sizeof(*waits));
	}
	wake(waits, n_waits, WAKE_NODE_CLOSED);
}

/* Events were lost: any node may have been closed. */
static void on_overflow(struct waker *waker)
{
	for (size_t i = waker->n_targets; i-- > 0;)
		if (i < waker->n_targets && !waker->targets[i].pid)
			on_node_event(waker,
				      &(struct inotify_event){ .wd = waker->targets[i].watch });
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct waker *waker = userdata;
	ssize_t n = read(fd, buffer, sizeof(buffer));

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		if (event->mask & IN_Q_OVERFLOW)
			on_overflow(waker);
		else
			on_node_event(waker, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return 0;
}

static int open_inotify(struct waker *waker)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (waker->inotify >= 0)
		return 0;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = sd_event_add_io(waker->event, &waker->io, fd, EPOLLIN, on_inotify, waker);
	if (r < 0)
		return r;
	(void)sd_event_source_set_io_fd_own(waker->io, true);
	waker->inotify = TAKE_FD(fd);
	return 0;
}

int waker_add_node(struct waker *waker, const struct sleeper *sleeper, const char *path)
{
	struct target *target, new = { 0 };
	char full[PATH_MAX];
	int r = open_inotify(waker);

	if (r < 0)
		return r;
	if (strncmp(path, "/dev/", 5) != 0 || strstr(path, "/../"))
		return -ENOENT;
	(void)snprintf(full, sizeof(full), "/proc/self/fd/%d/%s", waker->dev, path + 5);
	/* For a node that is watched this is the same watch. */
	new.watch = inotify_add_watch(waker->inotify, full, IN_CLOSE);
	if (new.watch < 0)
		return -errno;
	target = find_node(waker, new.watch);
	if (target)
		return add_wait(target, sleeper);
	target = count_targets(waker, false) < NODES_MAX ? store(waker, &new) : NULL;
	if (!target) {
		(void)inotify_rm_watch(waker->inotify, new.watch);
		return -ENOSPC;
	}
	r = add_wait(target, sleeper);
	if (r < 0)
		close_target(waker, target);
	return r;
}

/* --- sleepers -------------------------------------------------------------------------------- */

void waker_mark_old(struct waker *waker, const struct sleeper *sleeper)
{
	for (size_t i = 0; i < waker->n_targets; i++)
		for (size_t j = 0; j < waker->targets[i].n_waits; j++)
			if (waker->targets[i].waits[j].sleeper == sleeper)
				waker->targets[i].waits[j].old = true;
}

void waker_forget_old(struct waker *waker, const struct sleeper *sleeper)
{
	forget_waits(waker, sleeper, true);
}

void waker_forget(struct waker *waker, const struct sleeper *sleeper)
{
	forget_waits(waker, sleeper, false);
}

/* --- life ------------------------------------------------------------------------------------ */

int waker_new(sd_event *event, int dev, struct waker **ret_waker)
{
	struct waker *waker = calloc(1, sizeof(*waker));

	if (!waker)
		return -ENOMEM;
	*waker = (struct waker){ .event = event, .dev = dev, .inotify = -1 };
	*ret_waker = waker;
	return 0;
}

struct waker *waker_free(struct waker *waker)
{
	if (!waker)
		return NULL;
	while (waker->n_targets)
		close_target(waker, &waker->targets[0]);
	sd_event_source_disable_unref(waker->io);
	free(waker->targets);
	free(waker);
	return NULL;
}
