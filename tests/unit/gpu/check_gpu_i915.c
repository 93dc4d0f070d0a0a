/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares of Intel GPUs with the i915 driver: which files they have, and which driver the PF keeps.
 */
#include <errno.h>

#include "../pluginbench.h"

#include "../../../plugins/gpu/common/share.h"

#define CARD "sys/bus/pci/devices/" FAKE_PF "/drm/card1"

static void files(struct bench *b, const char *directory, const char *quantum)
{
	char path[128];

	snprintf(path, sizeof(path), CARD "/%s", directory);
	fake_directory(&b->root, path);
	fake_text(&b->root, path, "exec_quantum_ms", quantum);
	fake_text(&b->root, path, "preempt_timeout_us", "500\n");
}

static void expect_text(const struct bench *b, const char *path, const char *text)
{
	char found[64] = "";
	int fd = openat(b->root.fd, path, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_ge(read(fd, found, sizeof(found) - 1), 0);
	close(fd);
	found[strcspn(found, "\n")] = '\0';
	ck_assert_msg(strcmp(found, text) == 0, "%s is '%s', not '%s'", path, found, text);
}

/* -1: not known. */
static void expect_quantum(const struct bench *b, int vf, int64_t wanted)
{
	const struct schema_row *row = schema_find(
		b->schema, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, "exec-quantum");
	const int64_t *value = values_get(b->state, vf, row);

	ck_assert_int_eq(value ? *value : -1, wanted);
}

/* The directory has another name with each release of the driver, and "gt" a number or none. */
START_TEST(shares_of_each_release)
{
	static const char *const names[] = { "prelim_iov", "iov" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct gpu_share_place place;
		struct bench b;
		char path[128];

		bench_new(&b, "gpu", 2, 2);
		snprintf(path, sizeof(path), "%s/pf/gt", names[i]);
		files(&b, path, "30\n");
		snprintf(path, sizeof(path), "%s/vf1/gt", names[i]);
		files(&b, path, "10\n");
		ck_assert_int_eq(gpu_share_find(&b.pf, &place), 0);
		ck_assert_str_eq(place.layout->name, names[i]);
		ck_assert_int_eq(gpu_share_observe(&b.pf, b.state), 0);
		expect_quantum(&b, VIOD_PF, 30);
		expect_quantum(&b, 0, 10);
		expect_quantum(&b, 1, -1);
		ck_assert_int_eq(gpu_share_set(&b.pf, &place, 0, GPU_EXEC_QUANTUM, 25), 0);
		snprintf(path, sizeof(path), CARD "/%s/vf1/gt/exec_quantum_ms", names[i]);
		expect_text(&b, path, "25");
		bench_clear(&b);
	}
}
END_TEST

START_TEST(all_tiles_have_the_same)
{
	struct gpu_share_place place;
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	files(&b, "iov/pf/gt0", "30\n");
	files(&b, "iov/vf1/gt0", "10\n");
	files(&b, "iov/vf1/gt1", "10\n");
	ck_assert_int_eq(gpu_share_find(&b.pf, &place), 0);
	ck_assert_int_eq(gpu_share_set(&b.pf, &place, 0, GPU_EXEC_QUANTUM, 25), 0);
	expect_text(&b, CARD "/iov/vf1/gt0/exec_quantum_ms", "25");
	expect_text(&b, CARD "/iov/vf1/gt1/exec_quantum_ms", "25");
	expect_text(&b, CARD "/iov/pf/gt0/exec_quantum_ms", "30");
	bench_clear(&b);
}
END_TEST

/* Once no VF has a share, the driver distributes them by itself again, when it is asked. */
START_TEST(a_release_ends_with_automatic_shares)
{
	struct gpu_share_place place;
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "sriov_totalvfs", "1\n");
	files(&b, "iov/pf/gt", "30\n");
	files(&b, "iov/vf1/gt", "9\n");
	ck_assert_int_eq(gpu_share_find(&b.pf, &place), 0);
	/* A driver that has no such file. */
	ck_assert_int_eq(gpu_share_restore(&b.pf, &place), 0);
	expect_text(&b, CARD "/iov/vf1/gt/exec_quantum_ms", "0");
	expect_text(&b, CARD "/iov/pf/gt/exec_quantum_ms", "30");
	fake_text(&b.root, CARD "/iov/pf", "auto_provisioning", "0");
	ck_assert_int_eq(gpu_share_restore(&b.pf, &place), 0);
	expect_text(&b, CARD "/iov/pf/auto_provisioning", "1");
	bench_clear(&b);
}
END_TEST

START_TEST(the_pf_stays_on_its_driver)
{
	static const struct {
		const char *driver;
		int result;
	} cases[] = { { NULL, 0 }, { "i915", 0 }, { "default", 0 }, { "vfio-pci", -EINVAL } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		bench_new(&b, "gpu", 1, 1);
		if (cases[i].driver)
			put(&b, b.wanted, VIOD_PF, "driver", cases[i].driver, 4);
		/* VFs may have any. */
		put(&b, b.wanted, 0, "driver", "vfio-pci", 6);
		ck_assert_int_eq(viod_plugin.ops->validate(&b.pf, b.wanted), cases[i].result);
		assert_diag_count(&b.pf.diags, cases[i].result ? 1 : 0);
		if (cases[i].result)
			assert_diag(&b.pf.diags, "test.conf:4", "remove 'driver = vfio-pci'");
		bench_clear(&b);
	}
}
END_TEST

/* --- keys that this GPU does not have -------------------------------------------------------- */

START_TEST(a_driver_without_shares)
{
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	ck_assert_int_eq(gpu_share_complete(&b.pf, b.state, b.wanted), 0);
	put(&b, b.wanted, 0, "exec-quantum", "20", 7);
	ck_assert_int_eq(gpu_share_complete(&b.pf, b.state, b.wanted), -EOPNOTSUPP);
	assert_diag_count(&b.pf.diags, 1);
	assert_diag(&b.pf.diags, "test.conf:7", "the GPU's driver offers no shares to be set");
	bench_clear(&b);
}
END_TEST

START_TEST(a_gpu_without_memory_of_its_own)
{
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	files(&b, "iov/pf/gt", "30\n");
	files(&b, "iov/vf1/gt", "10\n");
	put(&b, b.wanted, VIOD_PF, "vram", "1G", 4);
	put(&b, b.wanted, 0, "vram", "1G", 7);
	put(&b, b.wanted, 0, "exec-quantum", "20", 8);
	put(&b, b.wanted, 0, "priority", "low", 9);
	ck_assert_int_eq(gpu_share_complete(&b.pf, b.state, b.wanted), -EOPNOTSUPP);
	assert_diag_count(&b.pf.diags, 3);
	assert_diag(&b.pf.diags, "test.conf:4", "the PF has no 'vram' of its own in iov");
	assert_diag(&b.pf.diags, "test.conf:7", "this GPU has no 'vram' in iov (it has no memory");
	assert_diag(&b.pf.diags, "test.conf:9", "this GPU has no 'priority' in iov; remove it");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		shares_of_each_release,
		all_tiles_have_the_same,
		a_release_ends_with_automatic_shares,
		the_pf_stays_on_its_driver,
		a_driver_without_shares,
		a_gpu_without_memory_of_its_own,
	};

	return run_tests("gpu-i915", tests, ARRAY_SIZE(tests));
}
