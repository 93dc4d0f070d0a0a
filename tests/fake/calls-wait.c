/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls of the daemon and its jobs that wait: each passes the turn to another process. Time,
 * events and processes. */
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "kernel.h"
#include "raw.h"
#include "sim.h"
#include "vfd.h"

#pragma GCC visibility push(default)
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* CLOCK_REALTIME is so much later. */
#define EPOCH (1700000000ULL * SIM_SEC)

static const int descriptor_errors[] = { EMFILE, ENFILE, ENOMEM, 0 };
static const int process_errors[] = { EAGAIN, ENOMEM, 0 };

static int fails(const char *name, const char *detail, const int *errors)
{
	int error = sim_call(name, detail, errors);

	if (error)
		errno = error;
	return error;
}

/* --- time ------------------------------------------------------------------------------------ */

static uint64_t clock_now(int clock)
{
	return sim->now + (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM ? EPOCH : 0);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	uint64_t ns;

	if (sim_self <= 0 || clock == CLOCK_PROCESS_CPUTIME_ID ||
	    clock == CLOCK_THREAD_CPUTIME_ID) {
		if (!raw_syscall)
			raw_init();
		return (int)raw(clock_gettime, clock, now);
	}
	ns = clock_now(clock);
	now->tv_sec = (time_t)(ns / SIM_SEC);
	now->tv_nsec = (long)(ns % SIM_SEC);
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	uint64_t until;

	if (sim_self <= 0)
		return (int)raw(nanosleep, time, left);
	(void)sim_call("nanosleep", NULL, NULL);
	until = sim->now + (uint64_t)time->tv_sec * SIM_SEC + (uint64_t)time->tv_nsec;
	while (sim->now < until)
		sim_block(until);
	return 0;
}

static int new_fd(enum vfd_type type, const char *name)
{
	int fd;

	if (fails(name, NULL, descriptor_errors))
		return -1;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd >= 0 && !vfd_set(fd, type)) {
		(void)raw(close, fd);
		errno = EMFILE;
		return -1;
	}
	return fd;
}

int timerfd_create(int clock, int flags)
{
	int fd;

	if (sim_self <= 0)
		return (int)raw(timerfd_create, clock, flags);
	fd = new_fd(VFD_TIMER, "timerfd_create");
	if (fd >= 0)
		vfd_of(fd)->clock = clock;
	return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;
	uint64_t value, now;

	if (!vfd)
		return (int)raw(timerfd_settime, fd, flags, new, old);
	value = (uint64_t) new->it_value.tv_sec *SIM_SEC + (uint64_t) new->it_value.tv_nsec;
	now = clock_now(vfd->clock);
	if (vfd->signaled)
		(void)raw(read, fd, &(uint64_t){ 0 }, sizeof(uint64_t));
	vfd->signaled = false;
	if (!value)
		vfd->deadline = SIM_NEVER;
	else if (!(flags & TFD_TIMER_ABSTIME))
		vfd->deadline = sim->now + value;
	else
		vfd->deadline = value > now ? sim->now + (value - now) : sim->now;
	if (old)
		memset(old, 0, sizeof(*old));
	return 0;
}

/* --- events ---------------------------------------------------------------------------------- */

static uint64_t deadline_of(int milliseconds)
{
	return milliseconds < 0 ? SIM_NEVER : sim->now + (uint64_t)milliseconds * SIM_MSEC;
}

static int wait_for_events(int fd, struct epoll_event *events, int max, uint64_t deadline)
{
	(void)sim_call("epoll_wait", NULL, NULL);
	for (;;) {
		uint64_t timer = vfd_refresh();
		int n = (int)raw(epoll_pwait, fd, events, max, 0, NULL, 8);

		if (n != 0 || deadline <= sim->now)
			return n;
		sim_block(timer < deadline ? timer : deadline);
	}
}

int epoll_create1(int flags)
{
	if (sim_self > 0 && fails("epoll_create1", NULL, descriptor_errors))
		return -1;
	return (int)raw(epoll_create1, flags);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	if (sim_self <= 0)
		return (int)raw(epoll_pwait, fd, events, max, timeout, NULL, 8);
	return wait_for_events(fd, events, max, deadline_of(timeout));
}

int epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	uint64_t deadline = SIM_NEVER;

	if (sim_self <= 0)
		return (int)raw(epoll_pwait2, fd, events, max, timeout, mask, 8);
	if (timeout)
		deadline =
			sim->now + (uint64_t)timeout->tv_sec * SIM_SEC + (uint64_t)timeout->tv_nsec;
	return wait_for_events(fd, events, max, deadline);
}

int poll(struct pollfd *polls, nfds_t count, int timeout)
{
	uint64_t deadline;

	if (sim_self <= 0)
		return (int)raw(ppoll, polls, count, NULL, NULL, 8);
	deadline = deadline_of(timeout);
	(void)sim_call("poll", NULL, NULL);
	for (;;) {
		static const struct timespec at_once;
		uint64_t timer = vfd_refresh();
		struct timespec zero = at_once;
		int n = (int)raw(ppoll, polls, count, &zero, NULL, 8);

		if (n != 0 || deadline <= sim->now)
			return n;
		sim_block(timer < deadline ? timer : deadline);
	}
}

static bool pipes[SIM_FDS];

void calls_forget_pipe(int fd)
{
	if (fd >= 0 && fd < SIM_FDS)
		pipes[fd] = false;
}

/* Pipes between a job and its workers are read where nothing may be there yet; no other descriptor
 * is one that waits. */
ssize_t calls_read(int fd, void *data, size_t size)
{
	struct vfd *vfd = vfd_of(fd);

	if (vfd && vfd->type == VFD_TIMER)
		vfd->signaled = false;
	while (fd >= 0 && fd < SIM_FDS && pipes[fd]) {
		struct pollfd one = { .fd = fd, .events = POLLIN };
		struct timespec zero = { 0 };
		long flags = raw(fcntl, fd, F_GETFL);

		if ((flags & O_NONBLOCK) || raw(ppoll, &one, 1, &zero, NULL, 8) != 0)
			break;
		sim_block(SIM_NEVER);
	}
	return raw(read, fd, data, size);
}

int flock(int fd, int operation)
{
	static const int errors[] = { ENOLCK, EINTR, 0 };
	long r;

	if (sim_self <= 0)
		return (int)raw(flock, fd, operation);
	if (fails("flock", NULL, errors))
		return -1;
	while ((r = raw(flock, fd, operation | LOCK_NB)) < 0 && errno == EWOULDBLOCK &&
	       !(operation & LOCK_NB))
		sim_block(SIM_NEVER);
	sim_act();
	return (int)r;
}

/* --- processes ------------------------------------------------------------------------------- */

/* A child of the daemon is a job, a child of a job a worker. */
pid_t fork(void)
{
	int slot;
	pid_t pid;

	if (sim_self <= 0)
		return raw_fork();
	if (fails("fork", NULL, process_errors))
		return -1;
	slot = sim_slot_for_child();
	if (slot < 0) {
		errno = EAGAIN;
		return -1;
	}
	snprintf(sim->slots[slot].role, sizeof(sim->slots[slot].role), "%s",
		 strcmp(sim->slots[sim_self].role, "daemon") == 0 ? "job" : "worker");
	pid = raw_fork();
	if (pid == 0)
		sim_child(slot);
	else
		sim->slots[slot].pid = pid;
	sim_act();
	return pid;
}

_Noreturn void _exit(int status)
{
	if (sim_self > 0)
		sim_exit(status);
	(void)raw(exit_group, status);
	__builtin_unreachable();
}

int prctl(int option, ...)
{
	unsigned long argument;
	va_list arguments;

	va_start(arguments, option);
	argument = va_arg(arguments, unsigned long);
	va_end(arguments);
	if (sim_self > 0 && option == PR_SET_PDEATHSIG) {
		sim->slots[sim_self].wants_signal = true;
		return 0;
	}
	if (!raw_syscall)
		raw_init();
	return (int)raw(prctl, option, argument, 0, 0, 0);
}

int kill(pid_t pid, int number)
{
	if (sim_self > 0 && number == SIGKILL)
		for (int i = 1; i < SIM_SLOTS; i++)
			if (sim->slots[i].state != SIM_FREE && sim->slots[i].pid == pid) {
				sim_trace("kills the %s", sim->slots[i].role);
				sim_killed(i);
				return 0;
			}
	sim_act();
	return (int)raw(kill, pid, number);
}

/* A job ends as its worker did. */
int raise(int number)
{
	long process = raw(getpid), thread = raw(gettid);

	if (sim_self > 0 && number == SIGKILL) {
		sim->slots[sim_self].killed = true;
		sim_exit(128 + number);
	}
	return (int)raw(tgkill, process, thread, number);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	pid_t r;

	if (sim_self <= 0)
		return (pid_t)raw(wait4, pid, status, options, NULL);
	(void)sim_call("waitpid", NULL, NULL);
	while ((r = (pid_t)raw(wait4, pid, status, options | WNOHANG, NULL)) == 0 &&
	       !(options & WNOHANG))
		sim_block(SIM_NEVER);
	return r;
}

int pidfd_open(pid_t pid, unsigned flags)
{
	int fd;

	if (!raw_syscall)
		raw_init();
	if (sim_self <= 0 || pid < KERNEL_PID_FIRST)
		return (int)raw(pidfd_open, pid, flags);
	if (kernel_has_ended(pid)) {
		errno = ESRCH;
		return -1;
	}
	fd = new_fd(VFD_PIDFD, "pidfd_open");
	if (fd >= 0)
		vfd_of(fd)->pid = pid;
	return fd;
}

/* It reads six arguments, also of a call that has fewer, and hands the rest of the stack on. */
__attribute__((no_sanitize_address)) long syscall(long number, ...)
{
	long a[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_pidfd_open)
		return pidfd_open((pid_t)a[0], (unsigned)a[1]);
	if (number == SYS_openat2 && sim_self > 0)
		return calls_openat2((int)a[0], (const char *)a[1], (const void *)a[2],
				     (size_t)a[3]);
	if (!raw_syscall)
		raw_init();
	return raw_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int pipe2(int fds[2], int flags)
{
	int r;

	if (sim_self > 0 && fails("pipe2", NULL, descriptor_errors))
		return -1;
	r = (int)raw(pipe2, fds, flags);
	for (int i = 0; i < 2 && r == 0 && sim_self > 0; i++)
		if (fds[i] < SIM_FDS)
			pipes[fds[i]] = true;
	return r;
}

/* --- the service manager --------------------------------------------------------------------- */

static void notify(const char *text)
{
	sim_trace("notify %s", text);
	if (strcmp(text, "READY=1") == 0) {
		sim->ready = true;
		sim->ready_count++;
	}
}

int sd_notify(int unset, const char *text)
{
	notify(text);
	return 1;
}

int sd_notifyf(int unset, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	notify(text);
	return 1;
}
