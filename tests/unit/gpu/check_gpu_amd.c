/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The count of AMD's VFs is read only: the line that changes it has a number for each GPU, in the
 * order of their addresses. */
#include <errno.h>

#include "../pluginbench.h"

static void machine_new(struct bench *bench, unsigned there)
{
	bench_machine(bench, there);
	fake_function(&bench->root, "0000:00:0f.0", "gim");
	fake_text(&bench->root, "sys/bus/pci/devices/0000:00:0f.0", "sriov_numvfs", "8\n");
	fake_link(&bench->root, "sys/bus/pci/drivers/gim/0000:00:0f.0",
		  "../../devices/0000:00:0f.0");
	fake_link(&bench->root, "sys/bus/pci/drivers/gim/" FAKE_PF, "../../devices/" FAKE_PF);
	bench_open(bench, "gpu", there, there);
}

static void want(struct bench *bench, int64_t vfs, const char *file)
{
	static struct viod_where where;

	where = (struct viod_where){ .file = file, .line = 4 };
	values_put(bench->wanted, VIOD_PF, schema_find(bench->schema, VIOD_SCOPE_PF, "vfs"), &vfs,
		   &where);
}

START_TEST(another_count_is_refused_with_the_line)
{
	struct bench b;

	machine_new(&b, 1);
	want(&b, 4, "test.conf");
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), -EPERM);
	assert_diag_count(&b.pf.diags, 1);
	assert_diag(&b.pf.diags, "test.conf:4",
		    "created 1; with the line 'options gim vf_num=8,4' in "
		    "/etc/modprobe.d/gim.conf it creates 4");
	bench_clear(&b);
}
END_TEST

/* The current count, "max", and the count of a baseline. */
START_TEST(other_counts_are_accepted)
{
	struct bench b;

	machine_new(&b, 1);
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	want(&b, 1, "test.conf");
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	want(&b, SRIOV_VFS_MAX, "test.conf");
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	want(&b, 3, NULL);
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	assert_no_diags(&b.pf.diags);
	ck_assert(viod_plugin.quirk->flags & VIOD_QUIRK_COUNT_READ_ONLY);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { another_count_is_refused_with_the_line,
				       other_counts_are_accepted };

	return run_tests("gpu_amd", tests, ARRAY_SIZE(tests));
}
