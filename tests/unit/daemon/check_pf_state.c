/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a PF, one story after the other. */
#include "fakepf.h"

/* --- drift and its retries -------------------------------------------------------------------- */

START_TEST(a_device_that_returns_gets_all_of_its_file)
{
	static const enum job_verdict verdicts[] = { JOB_ABSENT, JOB_WAITING };

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_world_ struct world world;
		const struct config *config;

		world_new(&world, "a.conf");
		config = configured(&world);
		uevent(&world, "change", DEVPATH);
		time_is_over(&world);
		assert_job(&world, JOB_DRIFT, config);
		job_ends(&world, verdicts[i], NULL);
		uevent(&world, "add", DEVPATH);
		time_is_over(&world);
		assert_job(&world, JOB_APPLY, config);
	}
}
END_TEST

START_TEST(a_removal_that_no_job_has_seen_is_applied_after_all)
{
	static const char *const actions[] = { "remove", "unbind" };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		_cleanup_world_ struct world world;
		const struct config *config;

		world_new(&world, "a.conf");
		config = configured(&world);
		uevent(&world, actions[i], DEVPATH);
		uevent(&world, "add", DEVPATH);
		time_is_over(&world);
		assert_job(&world, JOB_APPLY, config);
		/* The same while a job runs, which may have looked before or after. */
		job_ends(&world, JOB_CONFIGURED, NULL);
		uevent(&world, "change", DEVPATH);
		time_is_over(&world);
		assert_job(&world, JOB_DRIFT, config);
		uevent(&world, actions[i], DEVPATH);
		uevent(&world, "add", DEVPATH);
		job_ends_seen(&world, JOB_CONFIGURED, NULL, world.seqnum - 2 * (i % 2));
		time_is_over(&world);
		assert_job(&world, JOB_APPLY, config);
	}
}
END_TEST

START_TEST(a_look_for_drift_stays_one_when_it_is_tried_again)
{
	static const enum job_verdict verdicts[] = { JOB_DEGRADED, JOB_FAILED, JOB_BLOCKED };

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_world_ struct world world;
		const struct config *config;

		world_new(&world, "a.conf");
		config = configured(&world);
		uevent(&world, "change", VF_DEVPATH);
		ck_assert(retry_pending(&world.pf->retry));
		time_is_over(&world);
		assert_job(&world, JOB_DRIFT, config);
		job_ends(&world, verdicts[i], "a VF failed");
		driver_loaded(&world);
		assert_job(&world, JOB_DRIFT, config);
		job_ends(&world, verdicts[i], "a VF failed");
		time_is_over(&world);
		assert_job(&world, JOB_DRIFT, config);
		job_ends(&world, verdicts[i], "a VF failed");
		uevent(&world, "change", DEVPATH);
		time_is_over(&world);
		assert_job(&world, JOB_DRIFT, config);
		if (verdicts[i] == JOB_BLOCKED) {
			job_ends(&world, verdicts[i], "a VF is in use");
			world.pf->retry.again(world.pf, RETRY_HOLDER_ENDED);
			assert_job(&world, JOB_DRIFT, config);
		}
		/* What a person asks for is more. */
		config = edit(&world);
		ck_assert(running->stopped);
		job_ends(&world, JOB_DEGRADED, NULL);
		assert_job(&world, JOB_APPLY, config);
	}
}
END_TEST

/* --- versions of the file --------------------------------------------------------------------- */

START_TEST(the_newest_version_that_the_device_refused_is_tried_again)
{
	_cleanup_world_ struct world world;
	const struct config *good, *refused;

	world_new(&world, "a.conf");
	good = configured(&world);
	edit(&world);
	job_ends(&world, JOB_INVALID, "vfs = 99");
	assert_job(&world, JOB_APPLY, good);
	job_ends(&world, JOB_CONFIGURED, NULL);
	refused = edit(&world);
	job_ends(&world, JOB_INVALID, "vfs = 98");
	assert_job(&world, JOB_APPLY, good);
	ck_assert_str_eq(world.pf->versions.why, "vfs = 98");
	job_ends(&world, JOB_CONFIGURED, NULL);
	ck_assert_str_eq(world.pf->error, "vfs = 98");
	/* Not when a VF changes, but when the PF does; what is shown stays meanwhile. */
	uevent(&world, "change", VF_DEVPATH);
	time_is_over(&world);
	assert_job(&world, JOB_DRIFT, good);
	job_ends(&world, JOB_CONFIGURED, NULL);
	uevent(&world, "change", DEVPATH);
	time_is_over(&world);
	assert_job(&world, JOB_APPLY, refused);
	assert_shown(&world, PF_CONFIGURED);
	world.reports = 0;
	job_ends(&world, JOB_INVALID, "vfs = 98");
	ck_assert_uint_eq(world.reports, 0);
	/* No user requested this attempt: VFs in use keep their settings. */
	assert_job(&world, JOB_DRIFT, good);
	job_ends(&world, JOB_CONFIGURED, NULL);
	driver_loaded(&world);
	time_is_over(&world);
	assert_job(&world, JOB_APPLY, refused);
	job_writes(&world);
	job_ends(&world, JOB_CONFIGURED, NULL);
	ck_assert_ptr_eq(world.pf->versions.agreed, refused);
	ck_assert_ptr_null(world.pf->error);
	assert_shown(&world, PF_CONFIGURED);
}
END_TEST

START_TEST(a_version_that_no_device_has_agreed_to_is_no_last_good_one)
{
	_cleanup_world_ struct world world;
	const struct config *second;

	world_new(&world, "a.conf");
	edit(&world);
	job_ends(&world, JOB_INVALID, "vfs = 99");
	assert_shown(&world, PF_INVALID);
	ck_assert_ptr_null(running);
	second = edit(&world);
	assert_job(&world, JOB_APPLY, second);
	job_ends(&world, JOB_INVALID, "vfs = 98");
	assert_shown(&world, PF_INVALID);
	ck_assert_str_eq(world.pf->error, "vfs = 98");
	ck_assert_ptr_null(running);
	uevent(&world, "add", DEVPATH);
	time_is_over(&world);
	assert_job(&world, JOB_APPLY, second);
	/* Nor is one in the file any more that has errors now. */
	job_ends(&world, JOB_INVALID, "vfs = 98");
	pf_refuse(world.pf, REFUSED_TEXT, "a.conf:4: unknown key");
	uevent(&world, "add", DEVPATH);
	time_is_over(&world);
	ck_assert_ptr_null(running);
	assert_shown(&world, PF_INVALID);
	ck_assert_str_eq(world.pf->error, "a.conf:4: unknown key");
}
END_TEST

START_TEST(what_a_refused_version_interrupts_goes_on)
{
	_cleanup_world_ struct world world;
	const struct config *good;

	world_new(&world, "a.conf");
	good = configured(&world);
	uevent(&world, "remove", DEVPATH);
	time_is_over(&world);
	job_ends(&world, JOB_DEGRADED, "a VF failed");
	edit(&world);
	job_ends(&world, JOB_INVALID, "vfs = 99");
	assert_job(&world, JOB_APPLY, good);
	job_ends(&world, JOB_DEGRADED, "a VF failed");
	/* An attempt that a device event causes leaves the goal as it was, too. */
	uevent(&world, "change", DEVPATH);
	time_is_over(&world);
	ck_assert_ptr_ne(running->request.config, good);
	assert_shown(&world, PF_DEGRADED);
	job_ends(&world, JOB_INVALID, "vfs = 99");
	assert_job(&world, JOB_APPLY, good);
	job_ends(&world, JOB_CONFIGURED, NULL);
	assert_shown(&world, PF_CONFIGURED);
}
END_TEST

START_TEST(what_a_job_says_of_another_address_counts_for_nothing)
{
	static const enum job_verdict verdicts[] = { JOB_CONFIGURED, JOB_INVALID, JOB_DEGRADED };

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_world_ struct world world;
		struct config *other;

		world_new(&world, "a.conf");
		edit(&world);
		edit(&world);
		other = version(&world);
		ck_assert_int_eq(pf_configure(world.pf, other, "0000:02:00.0"), 0);
		job_ends(&world, verdicts[i], "of the old device");
		ck_assert_ptr_null(world.pf->versions.agreed);
		ck_assert_ptr_null(world.pf->report.vfs);
		assert_job(&world, JOB_APPLY, other);
		ck_assert_str_eq(running->request.address, "0000:02:00.0");
		job_ends(&world, JOB_INVALID, "vfs = 99");
		assert_shown(&world, PF_INVALID);
		ck_assert_ptr_null(running);
		ck_assert_ptr_eq(world.pf->versions.asked, other);
	}
}
END_TEST

START_TEST(a_conflict_while_a_job_runs_leaves_nothing_half_way)
{
	_cleanup_world_ struct world world;
	const struct config *good, *second;

	world_new(&world, "a.conf");
	good = edit(&world);
	job_writes(&world);
	second = edit(&world);
	pf_refuse(world.pf, REFUSED_CONFLICT, "mac is used by b.conf");
	ck_assert(running->stopped);
	ck_assert_str_eq(world.pf->error, "mac is used by b.conf");
	job_ends(&world, JOB_DEGRADED, NULL);
	/* The last version that the device has agreed to is completed, and stays in force. */
	assert_job(&world, JOB_APPLY, good);
	job_ends(&world, JOB_CONFIGURED, NULL);
	assert_shown(&world, PF_CONFIGURED);
	ck_assert_str_eq(world.pf->error, "mac is used by b.conf");
	uevent(&world, "change", VF_DEVPATH);
	time_is_over(&world);
	assert_job(&world, JOB_DRIFT, good);
	pf_allow(world.pf);
	job_ends(&world, JOB_CONFIGURED, NULL);
	assert_job(&world, JOB_APPLY, second);
	job_ends(&world, JOB_CONFIGURED, NULL);
	ck_assert_ptr_null(world.pf->error);
}
END_TEST

START_TEST(a_pf_that_another_file_has_gets_no_job)
{
	_cleanup_world_ struct world world;
	const struct config *config;

	world_new(&world, "b.conf");
	config = edit(&world);
	world.changes = 0;
	pf_refuse(world.pf, REFUSED_PF_TAKEN, "a.conf has it");
	ck_assert(running->stopped);
	job_ends(&world, JOB_DEGRADED, NULL);
	assert_shown(&world, PF_INVALID);
	ck_assert_str_eq(world.pf->error, "a.conf has it");
	uevent(&world, "remove", DEVPATH);
	driver_loaded(&world);
	time_is_over(&world);
	ck_assert_ptr_null(running);
	/* Its state file is the other one's. */
	ck_assert_uint_eq(world.changes, 0);
	pf_allow(world.pf);
	pf_pump(world.pf);
	assert_job(&world, JOB_APPLY, config);
}
END_TEST

/* --- what happens while a job runs ------------------------------------------------------------ */

START_TEST(what_happens_while_a_job_runs_is_not_lost)
{
	static const enum job_verdict verdicts[] = { JOB_ABSENT, JOB_WAITING, JOB_INVALID };

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_world_ struct world world;
		const struct config *config;

		world_new(&world, "a.conf");
		config = edit(&world);
		uevent(&world, "bind", DEVPATH);
		job_ends_seen(&world, verdicts[i], "not yet", world.seqnum - 1);
		ck_assert(retry_pending(&world.pf->retry));
		time_is_over(&world);
		assert_job(&world, JOB_APPLY, config);
		if (verdicts[i] != JOB_ABSENT) {
			driver_loaded(&world);
			job_ends_seen(&world, verdicts[i], "not yet", world.seqnum - 1);
			time_is_over(&world);
			assert_job(&world, JOB_APPLY, config);
		}
		/* What the job has seen is not looked at once more. */
		uevent(&world, "bind", DEVPATH);
		job_ends(&world, verdicts[i], "not yet");
		ck_assert(!retry_pending(&world.pf->retry));
		ck_assert_ptr_null(running);
	}
}
END_TEST

START_TEST(lost_events_while_a_job_runs_are_not_lost)
{
	_cleanup_world_ struct world world;
	const struct config *config;

	world_new(&world, "a.conf");
	config = edit(&world);
	pf_uevent(world.pf, NULL);
	job_ends(&world, JOB_CONFIGURED, NULL);
	ck_assert(retry_pending(&world.pf->retry));
	time_is_over(&world);
	assert_job(&world, JOB_DRIFT, config);
	job_ends(&world, JOB_CONFIGURED, NULL);
	ck_assert(!retry_pending(&world.pf->retry));
}
END_TEST

START_TEST(a_carrier_that_came_while_a_job_ran_is_tried_at_once)
{
	_cleanup_world_ struct world world;
	uint64_t due, second;

	world_new(&world, "a.conf");
	edit(&world);
	job_ends(&world, JOB_DEGRADED, "waits for a carrier");
	time_is_over(&world);
	job_ends(&world, JOB_DEGRADED, "waits for a carrier");
	ck_assert_int_ge(sd_event_source_get_time(world.pf->retry.timer, &second), 0);
	pf_link_changed(world.pf, true);
	ck_assert_int_ge(sd_event_source_get_time(world.pf->retry.timer, &due), 0);
	ck_assert_uint_lt(due + 900000, second);
}
END_TEST

START_TEST(a_job_that_dies_again_and_again_is_tried_ever_less_often)
{
	_cleanup_world_ struct world world;
	uint64_t now, due, last = 0;

	world_new(&world, "a.conf");
	edit(&world);
	for (int i = 0; i < 10; i++) {
		job_dies(&world);
		assert_shown(&world, PF_FAILED);
		ck_assert_int_ge(sd_event_now(world.event, CLOCK_MONOTONIC, &now), 0);
		ck_assert_int_ge(sd_event_source_get_time(world.pf->retry.timer, &due), 0);
		ck_assert_uint_ge(due - now + 100000, last);
		ck_assert_uint_le(due - now, 60000000);
		last = due - now;
		time_is_over(&world);
		/* It is wrong until it is not. */
		assert_shown(&world, PF_FAILED);
		ck_assert_int_eq(world.pf->state, PF_PLANNING);
	}
	ck_assert_uint_ge(last, 59000000);
	job_ends(&world, JOB_CONFIGURED, NULL);
	ck_assert_uint_eq(world.pf->retry.attempts, 0);
}
END_TEST

START_TEST(a_job_that_was_ended_leaves_the_pf_stuck_until_the_next_result)
{
	_cleanup_world_ struct world world;

	world_new(&world, "a.conf");
	edit(&world);
	running->handlers->overdue(running->userdata, "in a write", false);
	assert_shown(&world, PF_STUCK);
	ck_assert(pf_is_settled(world.pf));
	ck_assert_ptr_nonnull(looking);
	job_writes(&world);
	assert_shown(&world, PF_STUCK);
	job_dies(&world);
	assert_shown(&world, PF_STUCK);
	time_is_over(&world);
	assert_shown(&world, PF_STUCK);
	job_ends(&world, JOB_CONFIGURED, NULL);
	assert_shown(&world, PF_CONFIGURED);
}
END_TEST

START_TEST(a_job_that_cannot_be_started_is_tried_again)
{
	_cleanup_world_ struct world world;
	const struct config *config;

	world_new(&world, "a.conf");
	start_result = -EAGAIN;
	config = edit(&world);
	ck_assert_ptr_null(running);
	assert_shown(&world, PF_FAILED);
	ck_assert(pf_is_settled(world.pf));
	start_result = 0;
	time_is_over(&world);
	assert_job(&world, JOB_APPLY, config);
}
END_TEST

START_TEST(a_name_that_is_not_known_waits_for_it)
{
	_cleanup_world_ struct world world;
	struct config *config;

	world_new(&world, "a.conf");
	config = version(&world);
	ck_assert_int_eq(pf_configure(world.pf, config, NULL), 0);
	ck_assert(!pf_is_settled(world.pf));
	pf_pump(world.pf);
	assert_shown(&world, PF_ABSENT);
	ck_assert(pf_is_settled(world.pf));
	ck_assert_int_eq(pf_found(world.pf, ADDRESS), 0);
	pf_pump(world.pf);
	assert_job(&world, JOB_APPLY, config);
}
END_TEST

/* --- releases --------------------------------------------------------------------------------- */

START_TEST(a_release_is_tried_until_it_is_done)
{
	static const enum job_verdict verdicts[] = { JOB_INVALID, JOB_WAITING, JOB_DEGRADED,
						     JOB_FAILED, JOB_BLOCKED };

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_world_ struct world world;

		world_new(&world, NULL);
		ck_assert_int_eq(pf_release(world.pf, ADDRESS), 0);
		pf_pump(world.pf);
		assert_job(&world, JOB_RELEASE, NULL);
		job_ends(&world, verdicts[i], "not now");
		ck_assert(retry_pending(&world.pf->retry));
		time_is_over(&world);
		assert_job(&world, JOB_RELEASE, NULL);
		job_ends(&world, verdicts[i], "not now");
		uevent(&world, "change", DEVPATH);
		time_is_over(&world);
		assert_job(&world, JOB_RELEASE, NULL);
		running->handlers->overdue(running->userdata, "in a write", true);
		job_dies(&world);
		time_is_over(&world);
		assert_job(&world, JOB_RELEASE, NULL);
		job_ends(&world, i % 2 ? JOB_RELEASED : JOB_ABSENT, NULL);
		ck_assert_int_eq(world.pf->state, PF_DROPPED);
		assert_shown(&world, PF_ABSENT);
		uevent(&world, "add", DEVPATH);
		pf_pump(world.pf);
		ck_assert_ptr_null(running);
	}
}
END_TEST

START_TEST(a_deleted_file_stops_its_job_and_starts_none)
{
	_cleanup_world_ struct world world;

	world_new(&world, "a.conf");
	edit(&world);
	edit(&world);
	pf_happens(world.pf, PF_EVENT_FILE_DELETED, NULL);
	ck_assert(running->stopped);
	ck_assert_int_eq(world.pf->state, PF_DROPPED);
	job_ends(&world, JOB_DEGRADED, NULL);
	uevent(&world, "add", DEVPATH);
	driver_loaded(&world);
	time_is_over(&world);
	ck_assert_ptr_null(running);
	ck_assert_int_eq(world.pf->state, PF_DROPPED);
}
END_TEST

START_TEST(only_a_version_that_was_compared_with_the_device_is_agreed_to)
{
	static const struct {
		enum job_verdict verdict;
		bool agrees;
	} verdicts[] = {
		{ JOB_CONFIGURED, true }, { JOB_CHANGED, true }, { JOB_DEGRADED, true },
		{ JOB_BLOCKED, true },	  { JOB_WAITING, true }, { JOB_FAILED, false },
		{ JOB_ABSENT, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		_cleanup_world_ struct world world;
		const struct config *good, *second;

		world_new(&world, "a.conf");
		good = configured(&world);
		second = edit(&world);
		job_ends(&world, verdicts[i].verdict, "so it is");
		edit(&world);
		job_ends(&world, JOB_INVALID, "vfs = 99");
		assert_job(&world, JOB_APPLY, verdicts[i].agrees ? second : good);
	}
}
END_TEST

START_TEST(a_conflict_stops_the_job_of_the_version_that_has_it)
{
	_cleanup_world_ struct world world;
	const struct config *good;

	world_new(&world, "a.conf");
	good = configured(&world);
	edit(&world);
	ck_assert(!running->stopped);
	pf_refuse(world.pf, REFUSED_CONFLICT, "mac is used by b.conf");
	ck_assert(running->stopped);
	job_ends(&world, JOB_DEGRADED, NULL);
	assert_job(&world, JOB_APPLY, good);
}
END_TEST

START_TEST(events_of_vfs_and_links_wait_for_their_like)
{
	static const struct {
		enum job_verdict verdict;
		const char *devpath; /* NULL: the link changes */
		uint64_t within, after;
	} cases[] = {
		{ JOB_CONFIGURED, VF_DEVPATH, 20000, 0 },
		{ JOB_CONFIGURED, VF_DEVPATH "/net/eth0", 110000, 50000 },
		{ JOB_CONFIGURED, NULL, 20000, 0 },
		{ JOB_BLOCKED, VF_DEVPATH, 20000, 0 },
		{ JOB_BLOCKED, VF_DEVPATH "/net/eth0", 20000, 0 },
		{ JOB_BLOCKED, NULL, 1100000, 900000 },
		{ JOB_DEGRADED, VF_DEVPATH, 1100000, 900000 },
		{ JOB_FAILED, VF_DEVPATH, 1100000, 900000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_world_ struct world world;
		uint64_t began = now_usec(), due;

		world_new(&world, "a.conf");
		edit(&world);
		job_ends(&world, cases[i].verdict, NULL);
		if (cases[i].devpath)
			uevent(&world, "add", cases[i].devpath);
		else
			pf_link_changed(world.pf, false);
		ck_assert(retry_pending(&world.pf->retry));
		ck_assert_int_ge(sd_event_source_get_time(world.pf->retry.timer, &due), 0);
		ck_assert_uint_ge(due, began + cases[i].after);
		ck_assert_uint_le(due, now_usec() + cases[i].within);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_device_that_returns_gets_all_of_its_file,
		a_removal_that_no_job_has_seen_is_applied_after_all,
		a_look_for_drift_stays_one_when_it_is_tried_again,
		the_newest_version_that_the_device_refused_is_tried_again,
		a_version_that_no_device_has_agreed_to_is_no_last_good_one,
		what_a_refused_version_interrupts_goes_on,
		what_a_job_says_of_another_address_counts_for_nothing,
		a_conflict_while_a_job_runs_leaves_nothing_half_way,
		a_pf_that_another_file_has_gets_no_job,
		what_happens_while_a_job_runs_is_not_lost,
		lost_events_while_a_job_runs_are_not_lost,
		a_carrier_that_came_while_a_job_ran_is_tried_at_once,
		a_job_that_dies_again_and_again_is_tried_ever_less_often,
		a_job_that_was_ended_leaves_the_pf_stuck_until_the_next_result,
		a_job_that_cannot_be_started_is_tried_again,
		a_name_that_is_not_known_waits_for_it,
		a_release_is_tried_until_it_is_done,
		a_deleted_file_stops_its_job_and_starts_none,
		only_a_version_that_was_compared_with_the_device_is_agreed_to,
		a_conflict_stops_the_job_of_the_version_that_has_it,
		events_of_vfs_and_links_wait_for_their_like,
	};

	return run_tests("pf-state", tests, ARRAY_SIZE(tests));
}
