/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares of Intel GPUs: what is written into which file, and read back. */
#include <errno.h>
#include <sys/stat.h>

#include "../pluginbench.h"
#include "plan/plan.h"

#include "../../../plugins/gpu/common/share.h"

#define ADMIN "sys/bus/pci/devices/" FAKE_PF "/sriov_admin"

static void expect_text(const struct bench *b, const char *path, const char *text)
{
	char found[64] = "";
	int fd = openat(b->root.fd, path, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_ge(read(fd, found, sizeof(found) - 1), 0);
	close(fd);
	found[strcspn(found, "\n")] = '\0';
	ck_assert_msg(streq(found, text), "%s is '%s', not '%s'", path, found, text);
}

static void files(struct bench *b, const char *directory, const char *priority)
{
	fake_text(&b->root, directory, "exec_quantum_ms", "10\n");
	fake_text(&b->root, directory, "preempt_timeout_us", "500\n");
	fake_text(&b->root, directory, "sched_priority", priority);
}

static void machine(struct bench *b)
{
	bench_new(b, "gpu", 2, 2);
	files(b, ADMIN "/pf/profile", "low\n");
	files(b, ADMIN "/vf1/profile", "low\n");
	files(b, ADMIN "/vf2/profile", "low\n");
	fake_text(&b->root, ADMIN "/vf1/profile", "vram_quota", "1073741824\n");
}

/* Apply the steps that a change of one value makes. */
static int apply(struct bench *b, int vf, const char *key, const char *text)
{
	struct plan_changes changes;
	struct viod_plan plan = { 0 };
	int r = 0;

	values_free(b->wanted);
	values_free(b->state);
	ck_assert_int_eq(values_new(b->schema, 2, &b->wanted), 0);
	ck_assert_int_eq(values_new(b->schema, 2, &b->state), 0);
	put(b, b->wanted, vf, key, text, 4);
	ck_assert_int_eq(plan_diff(b->wanted, b->state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&b->pf, b->state, &changes, &plan), 0);
	for (size_t i = 0; i < plan.n_steps && r == 0; i++)
		if (plan.steps[i].owner == &viod_plugin)
			r = gpu_share_apply(&b->pf, &plan.steps[i].step);
	ck_assert_uint_gt(plan.n_steps, 0);
	plan_clear(&plan);
	plan_changes_clear(&changes);
	return r;
}

START_TEST(a_share_is_written_to_its_own_file)
{
	struct bench b;

	machine(&b);
	ck_assert_int_eq(apply(&b, VIOD_PF, "exec-quantum", "20"), 0);
	ck_assert_int_eq(apply(&b, 1, "preempt-timeout", "600"), 0);
	ck_assert_int_eq(apply(&b, 0, "vram", "2G"), 0);
	expect_text(&b, ADMIN "/pf/profile/exec_quantum_ms", "20");
	expect_text(&b, ADMIN "/vf1/profile/exec_quantum_ms", "10");
	expect_text(&b, ADMIN "/vf2/profile/preempt_timeout_us", "600");
	expect_text(&b, ADMIN "/vf1/profile/preempt_timeout_us", "500");
	expect_text(&b, ADMIN "/vf1/profile/vram_quota", "2147483648");
	/* In three letters, as the file has room here. */
	fake_text(&b.root, ADMIN "/vf2/profile", "sched_priority", "high\n");
	ck_assert_int_eq(apply(&b, 1, "priority", "high"), 0);
	fake_text(&b.root, ADMIN "/vf2/profile", "sched_priority", "low\n");
	ck_assert_int_eq(apply(&b, 1, "priority", "high"), 0);
	expect_text(&b, ADMIN "/vf2/profile/sched_priority", "high");
	assert_no_diags(&b.pf.diags);
	ck_assert_uint_eq(b.pf.n_marks, 0);
	/* Vf2 has no memory of its own. */
	ck_assert_int_eq(apply(&b, 1, "vram", "2G"), -ENOENT);
	bench_clear(&b);
}
END_TEST

START_TEST(what_the_driver_makes_of_it)
{
	struct bench b;

	machine(&b);
	/* The rest of the text stays behind what is written. */
	fake_text(&b.root, ADMIN "/vf1/profile", "sched_priority", "low [normal] high\n");
	ck_assert_int_eq(apply(&b, 0, "priority", "high"), -EIO);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_ptr_nonnull(
		strstr(b.pf.diags.items[0].text,
		       "accepted priority = high without an error, but reports normal"));
	ck_assert_uint_eq(b.pf.diags.items[0].line, 4);
	fake_text(&b.root, ADMIN "/vf1/profile", "exec_quantum_ms", "100\n");
	ck_assert_int_eq(apply(&b, 0, "exec-quantum", "25"), 0);
	assert_diag_count(&b.pf.diags, 2);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[1].text, "rounded exec-quantum = 25 to 250"));
	ck_assert_int_eq(b.pf.diags.items[1].severity, VIOD_WARNING);
	ck_assert_uint_eq(b.pf.n_marks, 1);
	fake_text(&b.root, ADMIN "/vf1/profile", "exec_quantum_ms", "1 2\n");
	ck_assert_int_lt(apply(&b, 0, "exec-quantum", "3"), 0);
	bench_clear(&b);
}
END_TEST

START_TEST(a_file_for_all_vfs)
{
	struct bench b;

	machine(&b);
	fake_text(&b.root, ADMIN "/.bulk_profile", "sched_priority", "low\n");
	ck_assert_int_eq(fchmodat(b.root.fd, ADMIN "/vf1/profile/sched_priority", 0444, 0), 0);
	/* The file of all was written; this VF does not show it. */
	ck_assert_int_eq(apply(&b, 0, "priority", "high"), -EIO);
	expect_text(&b, ADMIN "/.bulk_profile/sched_priority", "high");
	expect_text(&b, ADMIN "/vf1/profile/sched_priority", "low");
	expect_text(&b, ADMIN "/pf/profile/sched_priority", "low");
	bench_clear(&b);
}
END_TEST

START_TEST(tiles_share_the_memory)
{
	static const char *const tiles[] = { "sys/kernel/debug/dri/" FAKE_PF "/sriov/vf1/tile0",
					     "sys/kernel/debug/dri/" FAKE_PF "/sriov/vf1/tile1" };
	char path[160];
	struct bench b;

	bench_new(&b, "gpu", 2, 2);
	files(&b, "sys/kernel/debug/dri/" FAKE_PF "/sriov/pf/tile0/gt0", "low\n");
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/gt0", tiles[i]);
		files(&b, path, "low\n");
		fake_text(&b.root, tiles[i], "vram_quota", "1073741824\n");
	}
	ck_assert_int_eq(apply(&b, 0, "vram", "3G"), 0);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/vram_quota", tiles[i]);
		expect_text(&b, path, "1610612736");
	}
	assert_no_diags(&b.pf.diags);
	ck_assert_int_eq(apply(&b, 0, "vram", "2147483649"), 0);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, " to 2147483650"));
	/* Time is the same for each. */
	ck_assert_int_eq(apply(&b, 0, "exec-quantum", "20"), 0);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/gt0/exec_quantum_ms", tiles[i]);
		expect_text(&b, path, "20");
	}
	bench_clear(&b);
}
END_TEST

/* What VFs had is set to nothing, also of those that are not there now, and then the driver is
 * asked. */
START_TEST(the_drivers_own_shares_come_back)
{
	struct gpu_share_place place;
	bool automatic = true;
	struct bench b;

	machine(&b);
	fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "sriov_totalvfs", "2\n");
	ck_assert_int_eq(gpu_share_find(&b.pf, &place), 0);
	ck_assert_int_eq(gpu_share_is_auto(&b.pf, &place, 0, &automatic), 0);
	ck_assert(!automatic);
	ck_assert_int_eq(gpu_share_is_auto(&b.pf, &place, 2, &automatic), 0);
	ck_assert(automatic);
	for (int vf = 1; vf <= 2; vf++) {
		char path[128];

		snprintf(path, sizeof(path), ADMIN "/vf%d/profile", vf);
		fake_text(&b.root, path, "exec_quantum_ms", "1\n");
		fake_text(&b.root, path, "preempt_timeout_us", "2\n");
	}
	fake_text(&b.root, ADMIN "/vf1/profile", "vram_quota", "3\n");
	ck_assert_int_eq(gpu_share_restore(&b.pf, &place), 0);
	expect_text(&b, ADMIN "/vf1/profile/exec_quantum_ms", "0");
	expect_text(&b, ADMIN "/vf2/profile/exec_quantum_ms", "0");
	expect_text(&b, ADMIN "/vf2/profile/preempt_timeout_us", "0");
	expect_text(&b, ADMIN "/vf1/profile/vram_quota", "0");
	expect_text(&b, ADMIN "/pf/profile/exec_quantum_ms", "10");
	ck_assert_int_eq(gpu_share_is_auto(&b.pf, &place, 0, &automatic), 0);
	ck_assert(automatic);
	bench_clear(&b);
}
END_TEST

START_TEST(a_step_of_another_kind_is_refused)
{
	struct viod_step step = { .vf = VIOD_PF, .data = "x", .size = 1 };
	struct bench b;

	machine(&b);
	ck_assert_int_eq(gpu_share_apply(&b.pf, &step), -EINVAL);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_share_is_written_to_its_own_file,
		what_the_driver_makes_of_it,
		a_file_for_all_vfs,
		tiles_share_the_memory,
		the_drivers_own_shares_come_back,
		a_step_of_another_kind_is_refused,
	};

	return run_tests("gpu-share-apply", tests, ARRAY_SIZE(tests));
}
