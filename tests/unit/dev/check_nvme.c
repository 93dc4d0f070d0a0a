/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a file to commands and back: queues before the VFs exist, online afterwards, all restored.
 */
#include "fakenvme.h"

static struct viod_values state, wanted, baseline;
static struct viod_change changes[FAKE_VFS * NVME_ROW_END + NVME_ROW_END];
static size_t n_changes;
static struct viod_plan plan;

static void set_up(void)
{
	memset(&pf, 0, sizeof(pf));
	fake_records_used = 0;
	memset(&wanted, 0, sizeof(wanted));
	controller = (struct fake_controller){
		.queues = 16, .interrupts = 12, .queues_most = 4, .interrupts_most = 3
	};
	for (unsigned i = 0; i < 4; i++) {
		controller.namespaces[i].exists = true;
		controller.namespaces[i].blocks = 100;
	}
	controller.namespaces[3].shared = true;
	viod_host = &fake_host;
	nvme_gate.reach = fake_reach;
	nvme_gate.submit = fake_submit;
}

/* --- what core does -------------------------------------------------------------------------- */

static void look(struct viod_values *into)
{
	memset(into, 0, sizeof(*into));
	into->n_vfs = controller.n_vfs;
	ck_assert_int_eq(nvme_observe(&pf, into), 0);
}

static void diff_function(int vf, enum nvme_row first, enum nvme_row end)
{
	for (enum nvme_row row = first; row < end; row++) {
		const void *want = fake_get(&wanted, vf, &nvme_rows[row]);
		const void *is = vf < (int)state.n_vfs ? fake_get(&state, vf, &nvme_rows[row])
						       : NULL;

		if (want && (!is || !fake_same(&nvme_rows[row], want, is)))
			changes[n_changes++] = (struct viod_change){
				.option = &nvme_rows[row], .wanted = want, .state = is, .vf = vf
			};
	}
}

/* recreates: removes the VFs from the state, as core does. */
static void make_plan(bool recreates)
{
	look(&state);
	if (recreates)
		state.n_vfs = 0;
	n_changes = 0;
	memset(&plan, 0, sizeof(plan));
	diff_function(VIOD_PF, NVME_ROW_SECONDARIES, NVME_ROW_QUEUES);
	for (unsigned vf = 0; vf < wanted.n_vfs; vf++)
		diff_function((int)vf, NVME_ROW_QUEUES, NVME_ROW_END);
	ck_assert_int_eq(nvme_plan(&pf, &state, changes, n_changes, &plan), 0);
}

static int carry_out(bool with_vfs)
{
	int r = 0;

	for (size_t i = 0; i < plan.n_steps; i++) {
		const struct viod_step *step = &plan.steps[i];
		bool early = step->phase == VIOD_PHASE_RESIZE;

		if (early)
			ck_assert(step->flags & VIOD_STEP_NO_VFS);
		else
			ck_assert_int_eq(step->phase, VIOD_PHASE_CONFIGURE);
		if (early != with_vfs && nvme_apply(&pf, step) < 0)
			r = -EIO;
	}
	return r;
}

static void enable(unsigned n_vfs)
{
	/* Disabled VFs go offline and keep their resources. */
	for (unsigned vf = 0; vf < FAKE_VFS; vf++)
		controller.vfs[vf].online = false;
	controller.n_vfs = n_vfs;
}

static int apply(void)
{
	bool recreates = controller.n_vfs != wanted.n_vfs;
	int r, n;

	make_plan(recreates);
	if (recreates)
		enable(0);
	r = carry_out(false);
	if (recreates)
		enable(wanted.n_vfs);
	n = carry_out(true);
	return r < 0 ? r : n;
}

/* The first two laws. */
static void expect_finished(void)
{
	unsigned commands = controller.commands;

	make_plan(false);
	ck_assert_uint_eq(n_changes, 0);
	ck_assert_uint_eq(plan.n_steps, 0);
	ck_assert_uint_eq(controller.commands, commands);
}

static void release(void)
{
	wanted = baseline;
	memset(&wanted.where, 0, sizeof(wanted.where));
	ck_assert_int_eq(apply(), 0);
	expect_finished();
}

/* --- files ----------------------------------------------------------------------------------- */

static void want(unsigned n_vfs)
{
	memset(&wanted, 0, sizeof(wanted));
	wanted.n_vfs = n_vfs;
	wanted.where = (struct viod_where){ .file = "/etc/vio.d/nvme.conf", .line = 5 };
}

static void want_number(unsigned vf, enum nvme_row row, int64_t number)
{
	fake_put(&wanted, (int)vf, &nvme_rows[row], &number);
}

static void want_online(unsigned vf, bool online)
{
	fake_put(&wanted, (int)vf, &nvme_rows[NVME_ROW_ONLINE], &online);
}

static void want_namespaces(unsigned vf, const char *text)
{
	char padded[NVME_TEXT_MAX] = "";

	snprintf(padded, sizeof(padded), "%s", text);
	fake_put(&wanted, (int)vf, &nvme_rows[NVME_ROW_NAMESPACES], padded);
}

static int complete(void)
{
	int r;

	look(&state);
	r = nvme_validate(&pf, &wanted);
	return r < 0 ? r : nvme_complete(&pf, &state, &wanted);
}

static void want_plain(unsigned n_vfs)
{
	want(n_vfs);
	for (unsigned vf = 0; vf < n_vfs; vf++) {
		want_number(vf, NVME_ROW_QUEUES, 2);
		want_namespaces(vf, "none");
	}
	ck_assert_int_eq(complete(), 0);
}

/* --- tests ----------------------------------------------------------------------------------- */

START_TEST(the_order_of_commands)
{
	look(&baseline);
	want_plain(2);
	want_namespaces(1, "attach 2");
	ck_assert_int_eq(apply(), 0);
	ck_assert_str_eq(controller.log, "vf0 action 8 resource 0: 2\n"
					 "vf0 action 8 resource 1: 2\n"
					 "vf1 action 8 resource 0: 2\n"
					 "vf1 action 8 resource 1: 2\n"
					 "vf0 action 9 resource 0: 0\n"
					 "vf1 attach 2\n"
					 "vf1 action 9 resource 0: 0\n");
	expect_finished();
	ck_assert(controller.vfs[0].online && controller.vfs[1].online);

	controller.log[0] = '\0';
	release();
	ck_assert_str_eq(controller.log, "vf0 action 8 resource 0: 0\n"
					 "vf0 action 8 resource 1: 0\n"
					 "vf1 action 8 resource 0: 0\n"
					 "vf1 action 8 resource 1: 0\n"
					 "vf1 detach 2\n");
	ck_assert_uint_eq(pf.n_errors, 0);
}
END_TEST

START_TEST(steps_read_as_changes)
{
	want_plain(1);
	make_plan(true);
	ck_assert_uint_eq(plan.n_steps, 3);
	ck_assert_str_eq(plan.steps[0].text, "vf0.queues: 2");
	ck_assert_str_eq(plan.steps[2].text, "vf0.online: on");
	ck_assert_int_eq(apply(), 0);
	want_number(0, NVME_ROW_QUEUES, 3);
	make_plan(false);
	ck_assert_uint_eq(plan.n_steps, 4);
	ck_assert_str_eq(plan.steps[0].text, "vf0.online: off while it changes");
	ck_assert_str_eq(plan.steps[1].text, "vf0.interrupts: 2 again");
	ck_assert_str_eq(plan.steps[2].text, "vf0.queues: 2 -> 3");
	ck_assert_str_eq(plan.steps[3].text, "vf0.online: on");
	for (size_t i = 0; i < 4; i++)
		ck_assert(plan.steps[i].flags & VIOD_STEP_DISRUPTIVE);
}
END_TEST

/* With fewer VFs, the resources of the others are available to those that remain. */
START_TEST(fewer_vfs)
{
	look(&baseline);
	want_plain(5);
	want_namespaces(4, "attach 1");
	ck_assert_int_eq(apply(), 0);
	want_plain(2);
	want_number(0, NVME_ROW_QUEUES, 4);
	want_namespaces(1, "attach 1");
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert_uint_eq(fake_given(true), 6);
	ck_assert(controller.namespaces[0].vf[1] && !controller.namespaces[0].vf[4]);
	release();
	ck_assert_uint_eq(fake_given(true) + fake_given(false), 0);
}
END_TEST

/* Some controllers release all resources with "offline", others do not. */
START_TEST(offline_and_back)
{
	controller.frees_offline = _i;
	want_plain(3);
	ck_assert_int_eq(apply(), 0);
	want_online(1, false);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert_uint_eq(controller.vfs[1].queues, 2);
	want_online(1, true);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	want_number(1, NVME_ROW_INTERRUPTS, 1);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert(controller.vfs[1].online);
}
END_TEST

START_TEST(reset_of_the_pf)
{
	want_plain(3);
	want_namespaces(2, "attach 3");
	ck_assert_int_eq(apply(), 0);
	memset(controller.vfs, 0, sizeof(controller.vfs));
	make_plan(false);
	ck_assert_uint_eq(n_changes, 9);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
}
END_TEST

/* VFs that were configured before viod: they are adopted, and their settings are restored. */
START_TEST(vfs_of_another_program)
{
	controller.n_vfs = 2;
	controller.vfs[0].queues = 3;
	controller.vfs[0].interrupts = 1;
	controller.vfs[0].online = true;
	controller.vfs[5].queues = 2;
	controller.namespaces[1].vf[0] = true;
	look(&baseline);
	want(2);
	ck_assert_int_eq(complete(), 0);
	expect_finished();

	want_plain(4);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	release();
	ck_assert_uint_eq(controller.vfs[0].queues, 3);
	ck_assert_uint_eq(controller.vfs[0].interrupts, 1);
	ck_assert_uint_eq(controller.vfs[5].queues, 2);
	ck_assert(controller.vfs[0].online && controller.namespaces[1].vf[0]);
}
END_TEST

/* After a job dies, after any command, the next one completes the work. */
START_TEST(interrupted)
{
	bool whole = false;

	for (unsigned n = 1; !whole; n++) {
		for (int gives_back = 0; gives_back < 2; gives_back++) {
			set_up();
			controller.frees_offline = n % 2;
			look(&baseline);
			want_plain(3);
			want_namespaces(0, "attach 1, 2");
			want_namespaces(1, "create 1M");
			ck_assert_int_eq(complete(), 0);
			controller.fail_after = n;
			whole = apply() == 0;
			controller.fail_after = 0;
			pf.n_reports = 0;
			if (!gives_back) {
				ck_assert_int_eq(apply(), 0);
				expect_finished();
			}
			pf.n_reports = 0;
			release();
			ck_assert_uint_eq(fake_given(true) + fake_given(false), 0);
			ck_assert(!controller.namespaces[4].exists);
			for (unsigned i = 0; i < FAKE_NAMESPACES; i++)
				for (unsigned vf = 0; vf < FAKE_VFS; vf++)
					ck_assert(!controller.namespaces[i].vf[vf]);
		}
		ck_assert_uint_lt(n, 40);
	}
}
END_TEST

/* --- namespaces that viod makes -------------------------------------------------------------- */

START_TEST(created_and_deleted)
{
	look(&baseline);
	want_plain(2);
	want_namespaces(1, "create 1M");
	ck_assert_int_eq(complete(), 0);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert(controller.namespaces[4].exists && controller.namespaces[4].vf[1]);
	ck_assert_uint_eq(controller.namespaces[4].blocks, 256);
	ck_assert_str_eq(state.vfs[1].namespaces, "create 1M");

	/* Another size is another namespace. */
	want_namespaces(1, "create 2M");
	ck_assert_int_eq(complete(), 0);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert_uint_eq(controller.namespaces[4].blocks, 512);

	release();
	ck_assert(!controller.namespaces[4].exists);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(controller.namespaces[i].exists);
	ck_assert_str_eq(pf.notes[1], "");
}
END_TEST

/* After a reboot there is no record: the VF keeps the namespace that it has. */
START_TEST(created_before_a_reboot)
{
	want_plain(2);
	want_namespaces(1, "create 1M");
	ck_assert_int_eq(apply(), 0);
	memset(pf.notes, 0, sizeof(pf.notes));
	memset(controller.vfs, 0, sizeof(controller.vfs));
	controller.n_vfs = 0;

	look(&baseline);
	want_plain(2);
	want_namespaces(1, "create 1M");
	ck_assert_int_eq(complete(), 0);
	ck_assert_str_eq(wanted.vfs[1].namespaces, "attach 5");
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert(!controller.namespaces[5].exists);
	release();
	ck_assert(controller.namespaces[4].exists && controller.namespaces[4].vf[1]);
}
END_TEST

/* Interrupted between the command and the note of its success. */
START_TEST(one_that_was_being_created)
{
	look(&baseline);
	want_plain(2);
	want_namespaces(1, "create 1M");
	strcpy(pf.notes[1], "making 1048576 1,2,3,4");
	controller.namespaces[4].exists = true;
	controller.namespaces[4].blocks = 256;
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert(controller.namespaces[4].vf[1] && !controller.namespaces[5].exists);
	ck_assert_int_eq(strncmp(pf.notes[1], "made 5 ", 7), 0);
}
END_TEST

/* Or the file is deleted at that moment. A namespace from before viod, or one in use, is not
 * deleted. */
START_TEST(one_that_was_being_created_and_is_not_wanted)
{
	look(&baseline);
	controller.namespaces[4].exists = true;
	controller.namespaces[4].blocks = 100;
	controller.namespaces[4].primary = true;
	strcpy(pf.notes[1], "making 409600 1,2,3,4");
	release();
	ck_assert(controller.namespaces[4].exists);
	controller.namespaces[4].primary = false;
	release();
	for (unsigned i = 0; i < FAKE_NAMESPACES; i++)
		ck_assert_int_eq(controller.namespaces[i].exists, i < 4);
}
END_TEST

/* Its number was assigned to another namespace meanwhile. */
START_TEST(a_foreign_namespace_is_not_deleted)
{
	look(&baseline);
	want_plain(1);
	want_namespaces(0, "create 1M");
	ck_assert_int_eq(apply(), 0);
	controller.namespaces[4].guid = 77;
	controller.namespaces[4].vf[0] = false;
	release();
	ck_assert(controller.namespaces[4].exists);
}
END_TEST

/* --- what is refused ------------------------------------------------------------------------- */

START_TEST(refused_files)
{
	want_plain(1);
	want_number(0, NVME_ROW_QUEUES, 1);
	ck_assert_int_eq(complete(), -EINVAL);
	ck_assert(reported("queues = 1 is an admin queue and none for data"));

	want_plain(1);
	want_number(0, NVME_ROW_QUEUES, 5);
	ck_assert_int_eq(complete(), -ERANGE);
	ck_assert(reported(
		"queues = 5 is more than one VF of this controller can have; it is 0 to 4"));

	want(5);
	for (unsigned vf = 0; vf < 5; vf++)
		want_number(vf, NVME_ROW_QUEUES, 4);
	ck_assert_int_eq(complete(), -ERANGE);
	ck_assert(reported("with this VF the queues are used up: the controller has 16 for all"));
	ck_assert(reported("with this VF the interrupts are used up: the controller has 12"));

	want_plain(1);
	want_namespaces(0, "attach 1, 9");
	ck_assert_int_eq(complete(), -ENOENT);
	ck_assert(reported("this device has no namespace 9"));

	want_plain(1);
	want_namespaces(0, "one");
	ck_assert_int_eq(complete(), -EINVAL);

	want_plain(1);
	want_number(0, NVME_ROW_INTERRUPTS, 0);
	want_online(0, true);
	ck_assert_int_eq(complete(), -EINVAL);
	ck_assert(reported("a VF without interrupts cannot be online"));
	ck_assert_uint_eq(controller.commands, 0);
}
END_TEST

START_TEST(controllers_that_lack_something)
{
	controller.no_interrupts = true;
	want_plain(2);
	ck_assert_int_eq(apply(), 0);
	expect_finished();
	ck_assert(controller.vfs[1].online);
	want_number(0, NVME_ROW_INTERRUPTS, 1);
	ck_assert_int_eq(complete(), -ERANGE);
	ck_assert(reported("this controller has no interrupts for VFs"));

	set_up();
	controller.no_virtualization = true;
	look(&state);
	ck_assert_uint_eq(state.known_pf, 0);
	want(1);
	want_number(0, NVME_ROW_QUEUES, 2);
	ck_assert_int_eq(complete(), -EOPNOTSUPP);
	ck_assert(reported("this NVMe controller has no resources for VFs"));
	/* Without keys nothing changes, including the values of new VFs that viod created. */
	want(1);
	want_number(0, NVME_ROW_QUEUES, 0);
	want_number(0, NVME_ROW_INTERRUPTS, 0);
	want_namespaces(0, "none");
	want_online(0, false);
	make_plan(true);
	ck_assert_uint_eq(plan.n_steps, 0);
}
END_TEST

/* One private namespace for two VFs: the first gets it, the second is reported. */
START_TEST(one_namespace_for_two)
{
	want_plain(2);
	want_namespaces(0, "attach 1");
	want_namespaces(1, "attach 1");
	ck_assert_int_eq(apply(), -EIO);
	ck_assert(reported("namespace 1 cannot be attached to VF 1: the namespace is private and "
			   "attached to another controller; detach it there first"));
	ck_assert(controller.namespaces[0].vf[0] && !controller.namespaces[0].vf[1]);
}
END_TEST

START_TEST(unready_vfs)
{
	want(6);
	want_number(2, NVME_ROW_QUEUES, 2);
	want_number(4, NVME_ROW_QUEUES, 2);
	want_online(4, false);
	for (unsigned vf = 0; vf < 6; vf++)
		wanted.drivers[vf] = (struct viod_driver){ .name = "default" };
	wanted.drivers[1] = (struct viod_driver){ .name = "vfio-pci" };
	look(&state);
	ck_assert_int_eq(nvme_complete(&pf, &state, &wanted), 0);
	for (unsigned vf = 0; vf < 6; vf++)
		ck_assert_str_eq(wanted.drivers[vf].name, vf == 1   ? "vfio-pci"
							  : vf == 2 ? "default"
								    : "none");
	ck_assert_uint_eq(pf.n_reports, 1);
	ck_assert(reported("(VF 0-1, 3, 5)"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nvme");
	TCase *tcase = tcase_create("nvme");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, the_order_of_commands);
	tcase_add_test(tcase, steps_read_as_changes);
	tcase_add_test(tcase, fewer_vfs);
	tcase_add_loop_test(tcase, offline_and_back, 0, 2);
	tcase_add_test(tcase, reset_of_the_pf);
	tcase_add_test(tcase, vfs_of_another_program);
	tcase_add_test(tcase, interrupted);
	tcase_add_test(tcase, created_and_deleted);
	tcase_add_test(tcase, one_that_was_being_created);
	tcase_add_test(tcase, one_that_was_being_created_and_is_not_wanted);
	tcase_add_test(tcase, created_before_a_reboot);
	tcase_add_test(tcase, a_foreign_namespace_is_not_deleted);
	tcase_add_test(tcase, refused_files);
	tcase_add_test(tcase, controllers_that_lack_something);
	tcase_add_test(tcase, one_namespace_for_two);
	tcase_add_test(tcase, unready_vfs);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
