/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that end and nodes that are closed, and who waits for them. */
#include "daemon/waker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "../fixture.h"

struct place {
	struct root root;
	sd_event *event;
	struct waker *waker;
	struct sleeper sleepers[2];
	unsigned woken[2][2]; /* by sleeper and reason */
};

static void woken(void *userdata, enum wake_reason reason)
{
	((unsigned *)userdata)[reason]++;
}

static void place_new(struct place *place)
{
	*place = (struct place){ 0 };
	root_new(&place->root);
	ck_assert_int_ge(sd_event_new(&place->event), 0);
	ck_assert_int_eq(waker_new(place->event, place->root.fd, &place->waker), 0);
	for (size_t i = 0; i < 2; i++)
		place->sleepers[i] = (struct sleeper){ woken, place->woken[i] };
}

static void place_clear(struct place *place)
{
	waker_free(place->waker);
	sd_event_unref(place->event);
	root_clear(&place->root);
}

#define _cleanup_place_ _cleanup_(place_clear)

static void touch_node(const struct place *place, const char *name)
{
	int fd = openat(place->root.fd, name, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void run_events(struct place *place)
{
	while (sd_event_run(place->event, 0) > 0)
		;
}

static pid_t child_new(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void child_end(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
}

static unsigned count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

START_TEST(one_descriptor_serves_all_who_wait_for_a_process)
{
	_cleanup_place_ struct place place;
	pid_t pid = child_new();
	unsigned before;

	place_new(&place);
	before = count_descriptors();
	ck_assert_int_eq(waker_add_process(place.waker, &place.sleepers[0], pid), 1);
	ck_assert_int_eq(waker_add_process(place.waker, &place.sleepers[0], pid), 0);
	ck_assert_int_eq(waker_add_process(place.waker, &place.sleepers[1], pid), 1);
	ck_assert_uint_eq(count_descriptors(), before + 1);
	run_events(&place);
	ck_assert_uint_eq(place.woken[0][WAKE_PROCESS_ENDED], 0);
	child_end(pid);
	run_events(&place);
	ck_assert_uint_eq(place.woken[0][WAKE_PROCESS_ENDED], 1);
	ck_assert_uint_eq(place.woken[1][WAKE_PROCESS_ENDED], 1);
	ck_assert_uint_eq(count_descriptors(), before);
	ck_assert_int_eq(waker_add_process(place.waker, &place.sleepers[0], pid), -ESRCH);
	ck_assert_int_eq(waker_add_process(place.waker, &place.sleepers[0], 0), -ESRCH);
}
END_TEST

START_TEST(processes_do_not_exhaust_the_descriptors)
{
	_cleanup_place_ struct place place;
	unsigned added = 0, before;
	pid_t pids[300];
	int r = 1;

	place_new(&place);
	before = count_descriptors();
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_new();
		r = waker_add_process(place.waker, &place.sleepers[0], pids[i]);
		added += r == 1;
	}
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_uint_ge(added, 64);
	ck_assert_uint_eq(count_descriptors(), before + added);
	waker_forget(place.waker, &place.sleepers[0]);
	ck_assert_uint_eq(count_descriptors(), before);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		child_end(pids[i]);
}
END_TEST

START_TEST(a_node_wakes_all_who_wait_for_it_each_time_that_it_is_closed)
{
	_cleanup_place_ struct place place;
	unsigned before;

	place_new(&place);
	before = count_descriptors();
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[0], "/dev/node"), -ENOENT);
	touch_node(&place, "node");
	touch_node(&place, "other");
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[0], "/dev/node"), 1);
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[0], "/dev/node"), 0);
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[1], "/dev/node"), 1);
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[1], "/dev/other"), 1);
	for (unsigned times = 1; times < 3; times++) {
		touch_node(&place, "node");
		run_events(&place);
		ck_assert_uint_eq(place.woken[0][WAKE_NODE_CLOSED], times);
		ck_assert_uint_eq(place.woken[1][WAKE_NODE_CLOSED], times);
	}
	waker_forget(place.waker, &place.sleepers[0]);
	touch_node(&place, "node");
	run_events(&place);
	ck_assert_uint_eq(place.woken[0][WAKE_NODE_CLOSED], 2);
	ck_assert_uint_eq(place.woken[1][WAKE_NODE_CLOSED], 3);
	/* A node that is removed will not be closed. */
	ck_assert_int_eq(unlinkat(place.root.fd, "node", 0), 0);
	run_events(&place);
	ck_assert_uint_ge(place.woken[1][WAKE_NODE_CLOSED], 4);
	touch_node(&place, "node");
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[1], "/dev/node"), 1);
	ck_assert_uint_eq(count_descriptors(), before + 1);
	waker_forget(place.waker, &place.sleepers[1]);
	ck_assert_uint_le(count_descriptors(), before);
}
END_TEST

START_TEST(only_nodes_below_dev_are_watched)
{
	static const char *const bad[] = { "eth0", "/etc/passwd", "/dev/../etc/passwd", "" };
	_cleanup_place_ struct place place;

	place_new(&place);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[0], bad[i]), -ENOENT);
}
END_TEST

START_TEST(what_is_not_renewed_is_forgotten)
{
	_cleanup_place_ struct place place;
	pid_t pid = child_new();

	place_new(&place);
	touch_node(&place, "node");
	touch_node(&place, "other");
	ck_assert_int_eq(waker_add_process(place.waker, &place.sleepers[0], pid), 1);
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[0], "/dev/node"), 1);
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[1], "/dev/other"), 1);
	waker_mark_old(place.waker, &place.sleepers[0]);
	ck_assert_int_eq(waker_add_node(place.waker, &place.sleepers[0], "/dev/node"), 0);
	waker_forget_old(place.waker, &place.sleepers[0]);
	child_end(pid);
	touch_node(&place, "node");
	touch_node(&place, "other");
	run_events(&place);
	ck_assert_uint_eq(place.woken[0][WAKE_PROCESS_ENDED], 0);
	ck_assert_uint_eq(place.woken[0][WAKE_NODE_CLOSED], 1);
	ck_assert_uint_eq(place.woken[1][WAKE_NODE_CLOSED], 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_descriptor_serves_all_who_wait_for_a_process,
		processes_do_not_exhaust_the_descriptors,
		a_node_wakes_all_who_wait_for_it_each_time_that_it_is_closed,
		only_nodes_below_dev_are_watched,
		what_is_not_renewed_is_forgotten,
	};

	return run_tests("waker", tests, ARRAY_SIZE(tests));
}
