/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The count of AMD's VFs is read only: the line that changes it has a number for each GPU, in the
 * order of their addresses. */
#include <errno.h>

#include "fakesys.h"
#include "host.h"
#include "sriov.h"

struct bench {
	struct root root;
	struct roots roots;
	struct loader loader;
	struct schema *schema;
	struct viod_pf pf;
	struct viod_values *wanted, *state;
};

static void bench_new(struct bench *bench, unsigned there)
{
	const struct viod_plugin *plugins[] = { &sriov_plugin, &viod_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	viod_host = &host_table;
	*bench = (struct bench){ 0 };
	fake_machine(&bench->root, &bench->roots, there);
	fake_function(&bench->root, "0000:00:0f.0", "gim");
	fake_text(&bench->root, "sys/bus/pci/devices/0000:00:0f.0", "sriov_numvfs", "8\n");
	fake_link(&bench->root, "sys/bus/pci/drivers/gim/0000:00:0f.0",
		  "../../devices/0000:00:0f.0");
	fake_link(&bench->root, "sys/bus/pci/drivers/gim/" FAKE_PF, "../../devices/" FAKE_PF);
	ck_assert_int_eq(schema_new("gpu", plugins, 2, &diags, &bench->schema), 0);
	ck_assert_int_eq(device_open(&bench->roots, &bench->loader, FAKE_PF, &bench->pf), 0);
	bench->pf.schema = bench->schema;
	bench->pf.progress = &bench->pf.own_progress;
	ck_assert_int_eq(values_new(bench->schema, there, &bench->wanted), 0);
	ck_assert_int_eq(values_new(bench->schema, there, &bench->state), 0);
}

static void bench_clear(struct bench *bench)
{
	values_free(bench->wanted);
	values_free(bench->state);
	schema_free(bench->schema);
	device_close(&bench->pf);
	fake_clear(&bench->root, &bench->roots);
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

	bench_new(&b, 1);
	want(&b, 4, "test.conf");
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), -EPERM);
	assert_diag_count(&b.pf.diags, 1);
	assert_diag(&b.pf.diags, "test.conf:4",
		    "made 1; with the line 'options gim vf_num=8,4' in "
		    "/etc/modprobe.d/gim.conf it makes 4");
	bench_clear(&b);
}
END_TEST

/* The count there is, "max", and what a baseline would put back. */
START_TEST(others_are_no_business_of_it)
{
	struct bench b;

	bench_new(&b, 1);
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
				       others_are_no_business_of_it };

	return run_tests("gpu_amd", tests, ARRAY_SIZE(tests));
}
