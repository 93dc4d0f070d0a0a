/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a blocked PF waits for: times, processes and nodes. */
#include "fakepf.h"

#include <limits.h>

static uint64_t wait_of(const struct world *world)
{
	uint64_t now, due;

	ck_assert_int_ge(sd_event_now(world->event, CLOCK_MONOTONIC, &now), 0);
	ck_assert_int_ge(sd_event_source_get_time(world->pf->retry.timer, &due), 0);
	return due - now;
}

/* A blocked PF whose process and node were watched before. */
static void blocked(struct world *world, json_t *pids, json_t *nodes)
{
	world_new(world, "a.conf");
	edit(world);
	retry_watch_holders(&world->pf->retry, pids, nodes);
	world->pf->retry.missed = false;
	job_holders = pids;
	job_nodes = nodes;
	job_ends(world, JOB_BLOCKED, "VF 0 is in use");
	assert_shown(world, PF_BLOCKED);
}

START_TEST(a_blocked_pf_is_looked_at_ever_less_often)
{
	_cleanup_world_ struct world world;
	uint64_t waited = 0;
	unsigned looks;

	blocked(&world, NULL, NULL);
	for (looks = 1; waited < 3600000000; looks++) {
		ck_assert_uint_le(wait_of(&world), 60100000);
		waited += wait_of(&world);
		time_is_over(&world);
		job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	}
	ck_assert_uint_le(looks, 70);
}
END_TEST

START_TEST(what_is_watched_for_the_first_time_may_have_been_missed)
{
	_cleanup_world_ struct world world;

	world_new(&world, "a.conf");
	edit(&world);
	job_holders = json_pack("[i]", (int)getpid());
	job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	ck_assert_uint_le(wait_of(&world), 20000);
	time_is_over(&world);
	job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	ck_assert_uint_ge(wait_of(&world), 900000);
	json_decref(job_holders);
	/* It has ended before it was watched. */
	time_is_over(&world);
	job_holders = json_pack("[i]", INT_MAX);
	job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	ck_assert_uint_le(wait_of(&world), 20000);
	json_decref(TAKE_PTR(job_holders));
}
END_TEST

static void touch_node(const struct world *world, const char *name)
{
	int fd = openat(world->file.root.fd, name, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(a_node_that_is_closed_wakes_a_blocked_pf_at_once)
{
	json_t *nodes = json_pack("[s]", "/dev/node");
	_cleanup_world_ struct world world;

	world_new(&world, "a.conf");
	touch_node(&world, "node");
	edit(&world);
	job_nodes = nodes;
	job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	time_is_over(&world);
	job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	ck_assert_uint_ge(wait_of(&world), 900000);
	touch_node(&world, "node");
	ck_assert_int_gt(sd_event_run(world.event, 1000000), 0);
	ck_assert_uint_le(wait_of(&world), 20000);
	/* While a job runs, which may have looked before. */
	time_is_over(&world);
	touch_node(&world, "node");
	ck_assert_int_gt(sd_event_run(world.event, 1000000), 0);
	ck_assert_ptr_nonnull(running);
	job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	ck_assert_uint_le(wait_of(&world), 20000);
	/* Configured, it waits for no node. */
	time_is_over(&world);
	job_ends(&world, JOB_CONFIGURED, NULL);
	touch_node(&world, "node");
	while (sd_event_run(world.event, 0) > 0)
		;
	ck_assert(!retry_pending(&world.pf->retry));
	ck_assert_ptr_null(running);
	json_decref(nodes);
	job_nodes = NULL;
}
END_TEST

START_TEST(the_interface_of_a_vf_that_changes_wakes_a_blocked_pf_at_once)
{
	_cleanup_world_ struct world world;

	blocked(&world, NULL, NULL);
	ck_assert_uint_ge(wait_of(&world), 900000);
	pf_vf_link_changed(world.pf);
	ck_assert_uint_le(wait_of(&world), 20000);
	time_is_over(&world);
	job_ends(&world, JOB_CONFIGURED, NULL);
	pf_vf_link_changed(world.pf);
	ck_assert(!retry_pending(&world.pf->retry));
}
END_TEST

/* A program that opens and closes the node in a loop does not make viod look in a loop. */
START_TEST(a_node_that_is_closed_again_and_again_is_looked_at_ever_less_often)
{
	_cleanup_world_ struct world world;
	uint64_t waited = 0;
	unsigned looks;

	blocked(&world, NULL, NULL);
	for (looks = 0; waited < 600000000; looks++) {
		world.pf->retry.again(world.pf, RETRY_NODE_CLOSED);
		world.pf->retry.again(world.pf, RETRY_NODE_CLOSED);
		waited += wait_of(&world);
		time_is_over(&world);
		job_ends(&world, JOB_BLOCKED, "VF 0 is in use");
	}
	ck_assert_uint_le(looks, 40);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_blocked_pf_is_looked_at_ever_less_often,
		what_is_watched_for_the_first_time_may_have_been_missed,
		a_node_that_is_closed_wakes_a_blocked_pf_at_once,
		the_interface_of_a_vf_that_changes_wakes_a_blocked_pf_at_once,
		a_node_that_is_closed_again_and_again_is_looked_at_ever_less_often,
	};

	return run_tests("pf-waiting", tests, ARRAY_SIZE(tests));
}
