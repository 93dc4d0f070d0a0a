/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares of Intel GPUs: what drivers write into their files, where those are, and the order of the
 * steps. */
#include <errno.h>

#include "../pluginbench.h"
#include "plan/plan.h"

#include "../../../plugins/gpu/common/share.h"

#define PF_DIRECTORY "sys/bus/pci/devices/" FAKE_PF

static void assert_value(struct bench *bench, const struct viod_values *values, int vf,
			 const char *key, const char *expected)
{
	const struct schema_row *row =
		schema_find(bench->schema, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, key);
	const void *value = values_get(values, vf, row);
	char text[64] = "(unknown)";

	if (value)
		ck_assert_int_eq(value_format(row->option, value, text, sizeof(text)), 0);
	ck_assert_msg(streq(text, expected), "vf%d %s is '%s', not '%s'", vf, key, text, expected);
}

/* --- text ------------------------------------------------------------------------------------ */

START_TEST(priorities_are_read_as_they_are_shown)
{
	static const struct {
		const char *text;
		int r;
		uint64_t priority;
	} cases[] = {
		{ "[low] normal high", 0, GPU_LOW },
		{ "low [normal] high", 0, GPU_NORMAL },
		{ "low normal [high]", 0, GPU_HIGH },
		{ "normal", 0, GPU_NORMAL },
		{ "2", 0, GPU_HIGH },
		{ "3", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "[", -EINVAL, 0 },
		{ "[low", -EINVAL, 0 },
		{ "[lowest] normal", -EINVAL, 0 },
		{ "[1]", -EINVAL, 0 },
		{ "low normal", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t priority = 99;

		ck_assert_msg(gpu_priority_parse(cases[i].text, &priority) == cases[i].r, "'%s'",
			      cases[i].text);
		ck_assert_uint_eq(priority, cases[i].r < 0 ? 99 : cases[i].priority);
	}
}
END_TEST

START_TEST(numbers_are_digits)
{
	uint64_t number = 7;

	ck_assert_int_eq(gpu_number_parse("18446744073709551615", &number), 0);
	ck_assert(number == UINT64_MAX);
	ck_assert_int_eq(gpu_number_parse("18446744073709551616", &number), -ERANGE);
	ck_assert_int_eq(gpu_number_parse("", &number), -EINVAL);
	ck_assert_int_eq(gpu_number_parse("-1", &number), -EINVAL);
	ck_assert_int_eq(gpu_number_parse("1 2", &number), -EINVAL);
	ck_assert_int_eq(gpu_number_parse("0x10", &number), -EINVAL);
	ck_assert(number == UINT64_MAX);
}
END_TEST

/* --- where the files are --------------------------------------------------------------------- */

static void function_files(struct bench *b, const char *directory, const char *vram)
{
	fake_text(&b->root, directory, "exec_quantum_ms", "10\n");
	fake_text(&b->root, directory, "preempt_timeout_us", "500\n");
	fake_text(&b->root, directory, "sched_priority", "low [normal] high\n");
	if (vram)
		fake_text(&b->root, directory, vram, "1073741824\n");
}

START_TEST(sriov_admin_is_preferred)
{
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	function_files(&b, PF_DIRECTORY "/sriov_admin/pf/profile", NULL);
	function_files(&b, PF_DIRECTORY "/sriov_admin/vf1/profile", "vram_quota");
	fake_text(&b.root, "sys/kernel/debug/dri/" FAKE_PF "/gt0/pf", "exec_quantum_ms", "99\n");
	ck_assert_int_eq(gpu_share_observe(&b.pf, b.state), 0);
	assert_value(&b, b.state, VIOD_PF, "exec-quantum", "10");
	assert_value(&b, b.state, VIOD_PF, "vram", "(unknown)");
	assert_value(&b, b.state, 0, "preempt-timeout", "500");
	assert_value(&b, b.state, 0, "priority", "normal");
	assert_value(&b, b.state, 0, "vram", "1G");
	assert_value(&b, b.state, VIOD_PF, "auto-provisioning", "(unknown)");
	bench_clear(&b);
}
END_TEST

/* Two tiles, with two GTs each; their memory is one sum, and their time is the same or not known.
 */
START_TEST(debugfs_of_several_tiles)
{
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	for (int tile = 0; tile < 2; tile++)
		for (int gt = 0; gt < 2; gt++) {
			char path[160];

			snprintf(path, sizeof(path),
				 "sys/kernel/debug/dri/" FAKE_PF "/sriov/pf/tile%d/gt%d", tile, gt);
			function_files(&b, path, NULL);
			snprintf(path, sizeof(path),
				 "sys/kernel/debug/dri/" FAKE_PF "/sriov/vf1/tile%d/gt%d", tile,
				 gt);
			function_files(&b, path, NULL);
			if (tile == 1)
				fake_text(&b.root, path, "exec_quantum_ms", "11\n");
			snprintf(path, sizeof(path),
				 "sys/kernel/debug/dri/" FAKE_PF "/sriov/vf1/tile%d", tile);
			fake_text(&b.root, path, "vram_quota", "1073741824\n");
		}
	ck_assert_int_eq(gpu_share_observe(&b.pf, b.state), 0);
	assert_value(&b, b.state, VIOD_PF, "exec-quantum", "10");
	assert_value(&b, b.state, 0, "vram", "2G");
	assert_value(&b, b.state, 0, "exec-quantum", "(unknown)");
	assert_value(&b, b.state, 0, "priority", "normal");
	bench_clear(&b);
}
END_TEST

/* Old kernels name the directory by the minor of the card, and put the GT before the function. */
START_TEST(debugfs_by_minor)
{
	struct bench b;

	bench_new(&b, "gpu", 0, 0);
	fake_directory(&b.root, PF_DIRECTORY "/drm/card12");
	function_files(&b, "sys/kernel/debug/dri/12/gt0/pf", "lmem_spare");
	function_files(&b, "sys/kernel/debug/dri/12/gt0/vf7", "lmem_quota");
	ck_assert_int_eq(gpu_share_observe(&b.pf, b.state), 0);
	assert_value(&b, b.state, VIOD_PF, "vram", "1G");
	/* A VF that does not exist has a share: it was provisioned manually. */
	assert_value(&b, b.state, VIOD_PF, "auto-provisioning", "off");
	bench_clear(&b);
}
END_TEST

/* --- plan ------------------------------------------------------------------------------------ */

static void assert_plan(struct bench *bench, const char *expected)
{
	_cleanup_free_ char *got = NULL;
	struct plan_changes changes;
	struct viod_plan plan = { 0 };
	size_t size;
	FILE *out = open_memstream(&got, &size);

	ck_assert_int_eq(plan_diff(bench->wanted, bench->state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&bench->pf, bench->state, &changes, &plan), 0);
	for (size_t i = 0; i < plan.n_steps; i++)
		fprintf(out, "%s\n", plan.steps[i].step.text);
	fclose(out);
	ck_assert_str_eq(got, expected);
	plan_clear(&plan);
}

START_TEST(the_order_is_pf_memory_vfs_time_driver)
{
	struct bench b;

	bench_new(&b, "gpu", 0, 1);
	put(&b, b.state, VIOD_PF, "vfs", "0", 0);
	put(&b, b.state, VIOD_PF, "drivers-autoprobe", "on", 0);
	put(&b, b.state, VIOD_PF, "priority", "low", 0);
	put(&b, b.wanted, VIOD_PF, "drivers-autoprobe", "on", 0);
	put(&b, b.wanted, VIOD_PF, "vfs", "1", 1);
	put(&b, b.wanted, VIOD_PF, "priority", "high", 2);
	put(&b, b.wanted, VIOD_PF, "exec-quantum", "20", 3);
	put(&b, b.wanted, 0, "driver", "vfio-pci", 4);
	put(&b, b.wanted, 0, "exec-quantum", "10", 5);
	put(&b, b.wanted, 0, "preempt-timeout", "500", 6);
	put(&b, b.wanted, 0, "priority", "normal", 7);
	put(&b, b.wanted, 0, "vram", "2G", 8);
	assert_plan(&b, "exec-quantum: 20\n"
			"priority: low -> high\n"
			"drivers-autoprobe: off\n"
			"vf0.vram: 2G\n"
			"vfs: 0 -> 1\n"
			"vf0.exec-quantum: 10\n"
			"vf0.preempt-timeout: 500\n"
			"vf0.priority: normal\n"
			"vf0.driver-override: vfio-pci\n"
			"vf0.driver: vfio-pci\n"
			"drivers-autoprobe: on\n");
	bench_clear(&b);
}
END_TEST

/* Automatic provisioning is enabled again after the VFs are removed, not before. */
START_TEST(a_release_ends_with_the_drivers_own_shares)
{
	struct bench b;

	bench_new(&b, "gpu", 1, 0);
	function_files(&b, "sys/kernel/debug/dri/" FAKE_PF "/gt0/pf", NULL);
	put(&b, b.state, VIOD_PF, "vfs", "1", 0);
	put(&b, b.wanted, VIOD_PF, "vfs", "0", 0);
	ck_assert_int_eq(gpu_share_complete(&b.pf, b.state, b.wanted), 0);
	assert_plan(&b, "vfs: 1 -> 0\nauto-provisioning: on\n");
	bench_clear(&b);
}
END_TEST

/* --- what is refused ------------------------------------------------------------------------- */

START_TEST(memory_for_some_is_refused)
{
	struct bench b;

	bench_new(&b, "gpu", 0, 3);
	put(&b, b.wanted, 0, "vram", "1G", 3);
	put(&b, b.wanted, 2, "vram", "1G", 5);
	ck_assert_int_eq(gpu_share_validate(&b.pf, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:3", "VF 1 has no 'vram'");
	put(&b, b.wanted, 1, "vram", "1G", 4);
	ck_assert_int_eq(gpu_share_validate(&b.pf, b.wanted), 0);
	bench_clear(&b);
}
END_TEST

START_TEST(high_is_for_the_pf)
{
	struct bench b;

	bench_new(&b, "gpu", 0, 1);
	put(&b, b.wanted, VIOD_PF, "priority", "high", 2);
	ck_assert_int_eq(gpu_share_validate(&b.pf, b.wanted), 0);
	put(&b, b.wanted, 0, "priority", "high", 3);
	ck_assert_int_eq(gpu_share_validate(&b.pf, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:3", "only the PF");
	bench_clear(&b);
}
END_TEST

START_TEST(without_knobs_keys_are_refused)
{
	struct bench b;

	bench_new(&b, "gpu", 0, 1);
	ck_assert_int_eq(gpu_share_complete(&b.pf, b.state, b.wanted), 0);
	put(&b, b.wanted, 0, "exec-quantum", "3", 3);
	ck_assert_int_eq(gpu_share_complete(&b.pf, b.state, b.wanted), -EOPNOTSUPP);
	assert_diag(&b.pf.diags, "test.conf:3", "max_vfs");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		priorities_are_read_as_they_are_shown,
		numbers_are_digits,
		sriov_admin_is_preferred,
		debugfs_of_several_tiles,
		debugfs_by_minor,
		the_order_is_pf_memory_vfs_time_driver,
		a_release_ends_with_the_drivers_own_shares,
		memory_for_some_is_refused,
		high_is_for_the_pf,
		without_knobs_keys_are_refused,
	};

	return run_tests("gpu_share", tests, ARRAY_SIZE(tests));
}
