/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exact steps of core's own rows: count, override, unbind, probe, autoprobe. */
#include "sriov/sriov-private.h"

#include <errno.h>

#include "../fakesys.h"
#include "device/row-state.h"
#include "plan/host-table.h"
#include "plan/plan.h"

struct bench {
	struct schema *schema;
	struct viod_pf pf;
	struct viod_values *wanted, *state;
};

static void bench_new(struct bench *bench, size_t wanted_vfs, size_t state_vfs)
{
	const struct viod_plugin *plugins[] = { &sriov_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	*bench = (struct bench){ .pf.progress = &bench->pf.own_progress };
	ck_assert_int_eq(schema_new("test", plugins, 1, &diags, &bench->schema), 0);
	bench->pf.schema = bench->schema;
	ck_assert_int_eq(values_new(bench->schema, wanted_vfs, &bench->wanted), 0);
	ck_assert_int_eq(values_new(bench->schema, state_vfs, &bench->state), 0);
}

static void bench_clear(struct bench *bench)
{
	values_free(bench->wanted);
	values_free(bench->state);
	schema_free(bench->schema);
	diag_list_clear(&bench->pf.diags);
}

static void put(struct viod_values *values, int vf, enum sriov_row row, const void *value)
{
	const struct schema_row *place = schema_row_of(values->schema, &sriov_rows[row]);

	ck_assert_ptr_nonnull(place);
	values_put(values, vf, place, value, NULL);
}

static void put_count(struct viod_values *values, int64_t count)
{
	put(values, VIOD_PF, SRIOV_ROW_VFS, &count);
}

static void put_autoprobe(struct viod_values *values, bool on)
{
	put(values, VIOD_PF, SRIOV_ROW_AUTOPROBE, &on);
}

static void put_driver(struct viod_values *values, int vf, const char *name, bool native)
{
	struct viod_driver driver = { .native = native };

	snprintf(driver.name, sizeof(driver.name), "%s", name);
	put(values, vf, vf == VIOD_PF ? SRIOV_ROW_PF_DRIVER : SRIOV_ROW_DRIVER, &driver);
}

static void put_override(struct viod_values *values, int vf, const char *name)
{
	char text[VIOD_NAME_MAX] = "";

	snprintf(text, sizeof(text), "%s", name);
	put(values, vf, SRIOV_ROW_OVERRIDE, text);
}

/* Each step as "phase text [flags]", joined by newlines. */
static void assert_steps(struct bench *bench, const char *expected)
{
	static const char *const phases[] = { "prepare",   "detach", "resize",
					      "configure", "attach", "settle" };
	_cleanup_free_ char *got = NULL;
	struct plan_changes changes;
	struct viod_plan plan = { 0 };
	size_t size;
	FILE *out = open_memstream(&got, &size);

	ck_assert_int_eq(plan_diff(bench->wanted, bench->state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&bench->pf, bench->state, &changes, &plan), 0);
	for (size_t i = 0; i < plan.n_steps; i++) {
		const struct viod_step *step = &plan.steps[i].step;

		fprintf(out, "%s %s%s%s%s%s\n", phases[step->phase], step->text,
			step->flags & VIOD_STEP_DISRUPTIVE ? " !" : "",
			step->flags & VIOD_STEP_ALL_VFS ? " all" : "",
			step->flags & PLAN_STEP_SELF ? " self" : "",
			step->flags & PLAN_STEP_ALWAYS ? " always" : "");
	}
	fclose(out);
	ck_assert_str_eq(got, expected);
	plan_clear(&plan);
}

START_TEST(new_vfs_are_probed_once_by_their_driver)
{
	struct bench b;

	/* job-run.c hands the planner a base state without the VFs that will be new. */
	bench_new(&b, 2, 0);
	put_count(b.state, 0);
	put_autoprobe(b.state, true);
	put_autoprobe(b.wanted, true);
	put_count(b.wanted, 2);
	put_driver(b.wanted, 0, "default", false);
	put_driver(b.wanted, 1, "vfio-pci", false);
	assert_steps(&b, "resize drivers-autoprobe: off\n"
			 "resize vfs: 0 -> 2 ! all\n"
			 "attach drivers-autoprobe: on always\n"
			 "attach vf0.driver: default\n"
			 "attach vf1.driver-override: vfio-pci\n"
			 "attach vf1.driver: vfio-pci\n");
	bench_clear(&b);
}
END_TEST

START_TEST(autoprobe_is_restored_whatever_fails)
{
	struct bench b;

	bench_new(&b, 1, 0);
	put_count(b.state, 0);
	put_autoprobe(b.state, true);
	put_autoprobe(b.wanted, true);
	put_count(b.wanted, 1);
	put_driver(b.wanted, 0, "none", false);
	assert_steps(&b, "resize drivers-autoprobe: off\n"
			 "resize vfs: 0 -> 1 ! all\n"
			 "attach vf0.driver-override: none\n"
			 "settle drivers-autoprobe: on always\n");
	/* Killed after the first step: the record still has the previous value. */
	put_autoprobe(b.state, false);
	put_count(b.state, 1);
	values_resize(b.state, 1);
	put_driver(b.state, 0, "none", false);
	put_override(b.state, 0, "none");
	assert_steps(&b, "settle drivers-autoprobe: on always\n");
	bench_clear(&b);
}
END_TEST

START_TEST(an_administrators_autoprobe_off_stays_off)
{
	struct bench b;

	bench_new(&b, 1, 0);
	put_count(b.state, 0);
	put_autoprobe(b.state, false);
	put_autoprobe(b.wanted, false);
	put_count(b.wanted, 1);
	put_driver(b.wanted, 0, "default", false);
	assert_steps(&b, "resize vfs: 0 -> 1 ! all\n"
			 "attach drivers-autoprobe: on\n"
			 "attach vf0.driver: default\n"
			 "settle drivers-autoprobe: off always\n");
	bench_clear(&b);
}
END_TEST

START_TEST(another_count_goes_through_zero)
{
	struct bench b;

	bench_new(&b, 1, 0);
	put_count(b.state, 7);
	put_autoprobe(b.state, true);
	put_autoprobe(b.wanted, true);
	put_count(b.wanted, 3);
	assert_steps(&b, "resize drivers-autoprobe: off\n"
			 "resize vfs: 7 -> 0 ! all\n"
			 "resize vfs: 7 -> 3 ! all\n"
			 "settle drivers-autoprobe: on always\n");
	put_count(b.wanted, 0);
	values_resize(b.wanted, 0);
	assert_steps(&b, "resize vfs: 7 -> 0 ! all\n");
	bench_clear(&b);
}
END_TEST

START_TEST(a_bound_vf_gets_its_override_before_it_is_unbound)
{
	struct bench b;

	bench_new(&b, 2, 2);
	put_count(b.state, 2);
	put_count(b.wanted, 2);
	put_autoprobe(b.state, true);
	put_driver(b.state, 0, "igbvf", true);
	put_override(b.state, 0, "");
	put_driver(b.state, 1, "vfio-pci", false);
	put_override(b.state, 1, "vfio-pci");
	put_driver(b.wanted, 0, "vfio-pci", false);
	put_driver(b.wanted, 1, "default", false);
	assert_steps(&b, "detach vf0.driver-override: vfio-pci !\n"
			 "detach vf0.driver: igbvf -> vfio-pci, unbind from igbvf !\n"
			 "detach vf1.driver: vfio-pci -> default, unbind from vfio-pci !\n"
			 "attach vf0.driver: igbvf -> vfio-pci\n"
			 "attach vf1.driver-override: cleared\n"
			 "attach vf1.driver: vfio-pci -> default\n");
	bench_clear(&b);
}
END_TEST

START_TEST(a_driver_that_is_there_needs_no_step)
{
	struct bench b;

	bench_new(&b, 3, 3);
	put_autoprobe(b.state, true);
	put_driver(b.state, 0, "igbvf", true);
	put_driver(b.wanted, 0, "igbvf", false);
	put_driver(b.state, 1, "igbvf", true);
	put_driver(b.wanted, 1, "default", false);
	put_driver(b.state, 2, "none", false);
	put_driver(b.wanted, 2, "none", false);
	assert_steps(&b, "");
	bench_clear(&b);
}
END_TEST

START_TEST(the_driver_is_restored_and_then_the_override)
{
	struct bench b;

	bench_new(&b, 1, 1);
	put_autoprobe(b.state, false);
	put_autoprobe(b.wanted, false);
	put_driver(b.state, 0, "vfio-pci", false);
	put_override(b.state, 0, "vfio-pci");
	put_driver(b.wanted, 0, "igbvf", true);
	put_override(b.wanted, 0, "");
	assert_steps(&b, "detach vf0.driver-override: igbvf !\n"
			 "detach vf0.driver: vfio-pci -> igbvf, unbind from vfio-pci !\n"
			 "attach vf0.driver: vfio-pci -> igbvf\n"
			 "settle vf0.driver-override: cleared\n");
	bench_clear(&b);
}
END_TEST

/* It was unbound without an override, and is again. */
START_TEST(an_override_that_is_as_wanted_is_restored_too)
{
	struct bench b;

	bench_new(&b, 1, 1);
	put_driver(b.state, 0, "igbvf", true);
	put_override(b.state, 0, "");
	put_driver(b.wanted, 0, "none", false);
	put_override(b.wanted, 0, "");
	b.pf.wanted = b.wanted;
	assert_steps(&b, "detach vf0.driver-override: none !\n"
			 "detach vf0.driver: igbvf -> none, unbind from igbvf !\n"
			 "settle vf0.driver-override: cleared\n");
	bench_clear(&b);
}
END_TEST

START_TEST(a_pf_is_released_without_an_override)
{
	char vfio[VIOD_NAME_MAX] = "vfio-pci", nothing[VIOD_NAME_MAX] = "";
	struct bench b;

	bench_new(&b, 0, 0);
	put_count(b.state, 0);
	put_driver(b.state, VIOD_PF, "vfio-pci", false);
	put(b.state, VIOD_PF, SRIOV_ROW_PF_OVERRIDE, vfio);
	put_driver(b.wanted, VIOD_PF, "igb", true);
	put(b.wanted, VIOD_PF, SRIOV_ROW_PF_OVERRIDE, nothing);
	assert_steps(&b, "detach driver-override: igb ! all self\n"
			 "detach driver: vfio-pci -> igb, unbind from vfio-pci ! all self\n"
			 "detach driver: vfio-pci -> igb\n"
			 "settle driver-override: cleared\n");
	bench_clear(&b);
}
END_TEST

START_TEST(a_pf_changes_its_driver_without_vfs)
{
	struct bench b;

	bench_new(&b, 0, 0);
	put_autoprobe(b.state, true);
	put_count(b.state, 4);
	put_driver(b.state, VIOD_PF, "igb", true);
	put_driver(b.wanted, VIOD_PF, "vfio-pci", false);
	assert_steps(&b, "detach vfs: 0 while the PF changes its driver ! all self\n"
			 "detach driver-override: vfio-pci ! all self\n"
			 "detach driver: igb -> vfio-pci, unbind from igb ! all self\n"
			 "detach driver: igb -> vfio-pci\n");
	bench_clear(&b);
}
END_TEST

/* --- observe and complete on a machine that only looks like one ------------------------------- */

static void observe(struct viod_pf *pf, struct bench *bench)
{
	values_free(bench->state);
	ck_assert_int_eq(values_new(bench->schema, pf->n_vfs, &bench->state), 0);
	pf->schema = bench->schema;
	ck_assert_int_eq(sriov_plugin.ops->observe(pf, bench->state), 0);
}

static const void *get(const struct viod_values *values, int vf, enum sriov_row row)
{
	return values_get(values, vf, schema_row_of(values->schema, &sriov_rows[row]));
}

START_TEST(the_state_is_what_sysfs_says)
{
	struct loader loader = { 0 };
	const struct viod_driver *driver;
	struct roots roots;
	struct root root;
	struct viod_pf pf;
	struct bench b;

	bench_new(&b, 0, 0);
	fake_machine(&root, &roots, 2);
	fake_text(&root, "sys/bus/pci/devices/0000:01:10.1", "driver_override", "vfio-pci\n");
	ck_assert_int_eq(device_open(&roots, &loader, FAKE_PF, &pf), 0);
	ck_assert(pf.present);
	observe(&pf, &b);
	ck_assert_int_eq(*(const int64_t *)get(b.state, VIOD_PF, SRIOV_ROW_VFS), 2);
	ck_assert(*(const bool *)get(b.state, VIOD_PF, SRIOV_ROW_AUTOPROBE));
	driver = get(b.state, 0, SRIOV_ROW_DRIVER);
	ck_assert_str_eq(driver->name, "igbvf");
	ck_assert(driver->native);
	driver = get(b.state, 1, SRIOV_ROW_DRIVER);
	ck_assert(!driver->native);
	ck_assert_str_eq(get(b.state, 1, SRIOV_ROW_OVERRIDE), "vfio-pci");
	device_close(&pf);
	fake_clear(&root, &roots);
	bench_clear(&b);
}
END_TEST

static int complete_count(int64_t count, uint16_t max_vfs, int64_t *ret_count,
			  struct diag_list *ret_diags)
{
	struct loader loader = { 0 };
	struct roots roots;
	struct root root;
	struct viod_pf pf;
	struct bench b;
	int r;

	bench_new(&b, 0, 0);
	fake_machine(&root, &roots, 0);
	ck_assert_int_eq(device_open(&roots, &loader, FAKE_PF, &pf), 0);
	observe(&pf, &b);
	pf.quirk.max_vfs = max_vfs;
	put_count(b.wanted, count);
	r = sriov_plugin.ops->complete(&pf, b.state, b.wanted);
	*ret_count = *(const int64_t *)get(b.wanted, VIOD_PF, SRIOV_ROW_VFS);
	diag_list_move(ret_diags, &pf.diags);
	device_close(&pf);
	fake_clear(&root, &roots);
	bench_clear(&b);
	return r;
}

START_TEST(the_count_fits_the_device_before_anything_is_touched)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	int64_t count;

	ck_assert_int_eq(complete_count(SRIOV_VFS_MAX, 0, &count, &diags), 0);
	ck_assert_int_eq(count, 7);
	ck_assert_int_eq(complete_count(SRIOV_VFS_MAX, 3, &count, &diags), 0);
	ck_assert_int_eq(count, 3);
	ck_assert_int_eq(complete_count(7, 0, &count, &diags), 0);
	assert_no_diags(&diags);
	ck_assert_int_eq(complete_count(8, 0, &count, &diags), -ERANGE);
	ck_assert_int_eq(complete_count(4, 3, &count, &diags), -ERANGE);
	assert_diag_count(&diags, 2);
	ck_assert_ptr_nonnull(strstr(diags.items[0].text, "0 to 7"));
	ck_assert_ptr_nonnull(strstr(diags.items[1].text, "0 to 3"));
}
END_TEST

/* --- a count that falls short ---------------------------------------------------------------- */

static int save_nothing(void *userdata)
{
	return 0;
}

/* A driver that creates two VFs, whatever the request. */
struct stubborn {
	struct loader loader;
	struct roots roots;
	struct root root;
	struct viod_pf pf;
	struct bench b;
};

static void stubborn_new(struct stubborn *s, unsigned n_vfs)
{
	*s = (struct stubborn){ 0 };
	bench_new(&s->b, 0, 0);
	fake_machine(&s->root, &s->roots, n_vfs);
	fake_text(&s->root, "sys/bus/pci/devices/" FAKE_PF, "sriov_numvfs", "0\n");
	ck_assert_int_eq(device_open(&s->roots, &s->loader, FAKE_PF, &s->pf), 0);
	s->pf.progress = &s->pf.own_progress;
	s->pf.notes = json_object();
	s->pf.save_notes = save_nothing;
	observe(&s->pf, &s->b);
}

static void stubborn_clear(struct stubborn *s)
{
	json_decref(s->pf.notes);
	device_close(&s->pf);
	fake_clear(&s->root, &s->roots);
	bench_clear(&s->b);
}

static int ask_for(struct stubborn *s, const char *count)
{
	const struct viod_step step = {
		.code = SRIOV_STEP_COUNT, .vf = VIOD_PF, .data = count, .size = strlen(count) + 1
	};

	return sriov_plugin.ops->apply(&s->pf, &step);
}

/* The wanted count that results from a file. */
static int64_t settled(struct stubborn *s, int64_t count, const char *file)
{
	const struct viod_where where = { .file = file, .line = 4 };
	const struct schema_row *row = schema_row_of(s->b.schema, &sriov_rows[SRIOV_ROW_VFS]);

	diag_list_clear(&s->pf.diags);
	row_marks_clear(&s->pf);
	ck_assert_int_eq(values_resize(s->b.wanted, (size_t)count), 0);
	values_put(s->b.wanted, VIOD_PF, row, &count, &where);
	ck_assert_int_eq(sriov_plugin.ops->complete(&s->pf, s->b.state, s->b.wanted), 0);
	return *(const int64_t *)get(s->b.wanted, VIOD_PF, SRIOV_ROW_VFS);
}

START_TEST(a_driver_that_falls_short_is_asked_three_times)
{
	struct stubborn s;

	stubborn_new(&s, 2);
	for (unsigned try = 0; try < 3; try++) {
		ck_assert_int_eq(settled(&s, 6, "a.conf"), 6);
		ck_assert(!row_any_deferred(&s.pf));
		ck_assert_int_eq(ask_for(&s, "0"), -EIO);
		ck_assert_int_eq(ask_for(&s, "6"), -EIO);
	}
	/* Then its VFs are kept, and the rest of the file applies to them. */
	ck_assert_int_eq(settled(&s, 6, "a.conf"), 2);
	ck_assert_uint_eq(s.b.wanted->n_vfs, 2);
	ck_assert(row_any_deferred(&s.pf));
	assert_diag_count(&s.pf.diags, 1);
	ck_assert_int_eq(s.pf.diags.items[0].severity, VIOD_WARNING);
	ck_assert_uint_eq(s.pf.diags.items[0].line, 4);
	ck_assert_ptr_nonnull(
		strstr(s.pf.diags.items[0].text, "6 VFs were requested, the driver created 2"));
	/* Another number is a new request, and a count from before viod is not from a file. */
	ck_assert_int_eq(settled(&s, 5, "a.conf"), 5);
	ck_assert_int_eq(settled(&s, 2, "a.conf"), 2);
	assert_diag_count(&s.pf.diags, 0);
	ck_assert_int_eq(settled(&s, 6, NULL), 6);
	ck_assert_int_eq(ask_for(&s, "5"), -EIO);
	ck_assert_int_eq(settled(&s, 5, "a.conf"), 5);
	ck_assert_int_eq(settled(&s, 6, "a.conf"), 6);
	stubborn_clear(&s);
}
END_TEST

START_TEST(a_count_that_was_reached_is_no_shortfall)
{
	struct stubborn s;

	stubborn_new(&s, 2);
	ck_assert_int_eq(ask_for(&s, "2"), 0);
	ck_assert_uint_eq(json_object_size(s.pf.notes), 0);
	for (unsigned try = 0; try < 3; try++)
		ck_assert_int_eq(ask_for(&s, "6"), -EIO);
	ck_assert_int_eq(ask_for(&s, "2"), 0);
	ck_assert_int_eq(settled(&s, 6, "a.conf"), 6);
	stubborn_clear(&s);
}
END_TEST

/* An attempt would not remove any VF. */
START_TEST(no_vfs_at_all_are_always_too_few)
{
	struct stubborn s;

	stubborn_new(&s, 0);
	for (unsigned try = 0; try < 4; try++) {
		ck_assert_int_eq(ask_for(&s, "6"), -EIO);
		ck_assert_int_eq(settled(&s, 6, "a.conf"), 6);
	}
	stubborn_clear(&s);
}
END_TEST

/* Another key removes the VFs in any case. */
START_TEST(vfs_that_are_removed_anyway_are_requested_again)
{
	struct stubborn s;

	stubborn_new(&s, 2);
	for (unsigned try = 0; try < 3; try++)
		ck_assert_int_eq(ask_for(&s, "6"), -EIO);
	put_driver(s.b.wanted, VIOD_PF, "none", false);
	ck_assert_int_eq(settled(&s, 6, "a.conf"), 6);
	ck_assert_uint_eq(s.b.wanted->n_vfs, 6);
	assert_diag_count(&s.pf.diags, 0);
	stubborn_clear(&s);
}
END_TEST

/* netdevsim: a device with sriov_numvfs on another bus, whose VFs are no devices. */
START_TEST(a_pf_may_be_no_pci_device)
{
	const char *directory = "sys/bus/netdevsim/devices/netdevsim10";
	const struct viod_where where = { .file = "a.conf", .line = 7 };
	struct viod_driver driver = { .name = "vfio-pci" };
	struct loader loader = { 0 };
	struct roots roots;
	struct root root;
	struct viod_pf pf;
	struct bench b;

	bench_new(&b, 4, 0);
	fake_machine(&root, &roots, 0);
	fake_directory(&root, directory);
	fake_text(&root, directory, "sriov_numvfs", "4\n");
	ck_assert_int_eq(device_open(&roots, &loader, "netdevsim10", &pf), 0);
	ck_assert(pf.present && !pf.vfs_are_devices);
	ck_assert_uint_eq(pf.n_vfs, 4);
	ck_assert_ptr_null(device_function(&pf, 0));
	observe(&pf, &b);
	ck_assert_int_eq(*(const int64_t *)get(b.state, VIOD_PF, SRIOV_ROW_VFS), 4);
	ck_assert_ptr_null(get(b.state, 0, SRIOV_ROW_DRIVER));
	values_put(b.wanted, 1, schema_row_of(b.schema, &sriov_rows[SRIOV_ROW_DRIVER]), &driver,
		   &where);
	ck_assert_int_eq(sriov_plugin.ops->complete(&pf, b.state, b.wanted), -EINVAL);
	assert_diag_count(&pf.diags, 1);
	ck_assert_uint_eq(pf.diags.items[0].line, 7);
	/* It does not report the maximum of VFs. */
	put_count(b.wanted, SRIOV_VFS_MAX);
	ck_assert_int_eq(sriov_plugin.ops->complete(&pf, b.state, b.wanted), -EINVAL);
	ck_assert_ptr_nonnull(strstr(pf.diags.items[1].text, "write a number"));
	device_close(&pf);
	fake_clear(&root, &roots);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		new_vfs_are_probed_once_by_their_driver,
		autoprobe_is_restored_whatever_fails,
		an_administrators_autoprobe_off_stays_off,
		another_count_goes_through_zero,
		a_bound_vf_gets_its_override_before_it_is_unbound,
		a_driver_that_is_there_needs_no_step,
		the_driver_is_restored_and_then_the_override,
		an_override_that_is_as_wanted_is_restored_too,
		a_pf_is_released_without_an_override,
		a_pf_changes_its_driver_without_vfs,
		the_state_is_what_sysfs_says,
		the_count_fits_the_device_before_anything_is_touched,
		a_driver_that_falls_short_is_asked_three_times,
		a_count_that_was_reached_is_no_shortfall,
		no_vfs_at_all_are_always_too_few,
		vfs_that_are_removed_anyway_are_requested_again,
		a_pf_may_be_no_pci_device,
	};

	return run_tests("sriov", tests, ARRAY_SIZE(tests));
}
