/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file wants against what the device can have: counts, and drivers that are there. */
#include "sriov/sriov-private.h"

#include <errno.h>

#include "../fakesys.h"
#include "model/value-set.h"
#include "plan/host-table.h"

#define PF_DIRECTORY "sys/bus/pci/devices/" FAKE_PF

struct bench {
	struct root root;
	struct roots roots;
	struct loader loader;
	struct schema *schema;
	struct viod_pf pf;
	struct viod_values *wanted, *state;
};

/* A PF with two VFs; a test changes its files before device_open(). */
static void bench_new(struct bench *b)
{
	const struct viod_plugin *plugins[] = { &sriov_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	*b = (struct bench){ 0 };
	fake_machine(&b->root, &b->roots, 2);
	ck_assert_int_eq(schema_new("test", plugins, 1, &diags, &b->schema), 0);
	ck_assert_int_eq(values_new(b->schema, 2, &b->wanted), 0);
	ck_assert_int_eq(values_new(b->schema, 2, &b->state), 0);
}

static void bench_open(struct bench *b)
{
	ck_assert_int_eq(device_open(&b->roots, &b->loader, FAKE_PF, &b->pf), 0);
	b->pf.schema = b->schema;
	b->pf.progress = &b->pf.own_progress;
}

static void bench_clear(struct bench *b)
{
	values_free(b->wanted);
	values_free(b->state);
	schema_free(b->schema);
	device_close(&b->pf);
	fake_clear(&b->root, &b->roots);
}

/* line 0: of no file, as a baseline is. */
static void want(struct bench *b, int vf, const char *key, const char *text, uint32_t line)
{
	static struct viod_where lines[16];
	const struct schema_row *row =
		schema_find(b->schema, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, key);
	_Alignas(max_align_t) unsigned char value[512] = { 0 };
	_cleanup_free_ char *why = NULL;

	ck_assert_int_eq(value_parse(row->option, text, value, &why), 0);
	lines[line] = (struct viod_where){ .file = line ? "a.conf" : NULL, .line = line };
	values_put(b->wanted, vf, row, value, &lines[line]);
}

/* -1: not set. */
static int64_t count(const struct bench *b)
{
	const int64_t *value =
		values_get(b->wanted, VIOD_PF, schema_find(b->schema, VIOD_SCOPE_PF, "vfs"));

	return value ? *value : -1;
}

static void expect(struct bench *b, int status, size_t diags, const char *part)
{
	ck_assert_int_eq(sriov_complete(&b->pf, b->state, b->wanted), status);
	assert_diag_count(&b->pf.diags, diags);
	if (diags)
		ck_assert_msg(strstr(b->pf.diags.items[diags - 1].text, part),
			      "'%s' does not say '%s'", b->pf.diags.items[diags - 1].text, part);
}

START_TEST(a_device_without_sriov)
{
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(unlinkat(b.root.fd, PF_DIRECTORY "/sriov_totalvfs", 0), 0);
	bench_open(&b);
	want(&b, VIOD_PF, "vfs", "2", 3);
	expect(&b, -EINVAL, 1, "SR-IOV");
	ck_assert_uint_eq(b.pf.diags.items[0].line, 3);
	/* None is what it has. */
	want(&b, VIOD_PF, "vfs", "0", 3);
	expect(&b, 0, 1, "SR-IOV");
	ck_assert_int_eq(count(&b), -1);
	bench_clear(&b);
}
END_TEST

START_TEST(a_count_that_the_driver_does_not_let_be_changed)
{
	static const struct viod_advice advice[] = { { "vfs", ERANGE, "ask its module" }, { 0 } };
	struct bench b;

	bench_new(&b);
	bench_open(&b);
	b.pf.quirk.flags = VIOD_QUIRK_COUNT_READ_ONLY;
	b.pf.quirk.advice = advice;
	want(&b, VIOD_PF, "vfs", "2", 3);
	expect(&b, 0, 0, NULL);
	ck_assert_int_eq(count(&b), 2);
	want(&b, VIOD_PF, "vfs", "max", 3);
	expect(&b, 0, 0, NULL);
	ck_assert_int_eq(count(&b), 2);
	/* What there was before viod cannot be restored, and no line is wrong. */
	want(&b, VIOD_PF, "vfs", "3", 0);
	expect(&b, 0, 0, NULL);
	ck_assert_int_eq(count(&b), -1);
	want(&b, VIOD_PF, "vfs", "3", 4);
	expect(&b, -EINVAL, 1, "has 2 VFs");
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "; ask its module"));
	ck_assert_uint_eq(b.pf.diags.items[0].line, 4);
	bench_clear(&b);
}
END_TEST

START_TEST(counts_and_their_limit)
{
	struct bench b;

	bench_new(&b);
	bench_open(&b);
	want(&b, VIOD_PF, "vfs", "max", 3);
	expect(&b, 0, 0, NULL);
	ck_assert_int_eq(count(&b), 7);
	want(&b, VIOD_PF, "vfs", "8", 3);
	expect(&b, -ERANGE, 1, "0 to 7");
	b.pf.quirk.max_vfs = 3;
	want(&b, VIOD_PF, "vfs", "max", 3);
	expect(&b, 0, 1, "");
	ck_assert_int_eq(count(&b), 3);
	b.pf.quirk.max_vfs = 100;
	want(&b, VIOD_PF, "vfs", "7", 3);
	expect(&b, 0, 1, "");
	want(&b, VIOD_PF, "vfs", "8", 3);
	expect(&b, -ERANGE, 2, "0 to 7");
	b.pf.quirk.max_vfs = 0;
	b.pf.quirk.flags = VIOD_QUIRK_COUNT_IGNORED;
	want(&b, VIOD_PF, "vfs", "2", 3);
	expect(&b, -ERANGE, 3, "all of its VFs or none");
	want(&b, VIOD_PF, "vfs", "2", 0);
	expect(&b, 0, 3, "");
	want(&b, VIOD_PF, "vfs", "0", 3);
	expect(&b, 0, 3, "");
	want(&b, VIOD_PF, "vfs", "7", 3);
	expect(&b, 0, 3, "");
	bench_clear(&b);
}
END_TEST

START_TEST(firmware_that_switched_it_off)
{
	struct bench b;

	bench_new(&b);
	fake_text(&b.root, PF_DIRECTORY, "sriov_totalvfs", "0\n");
	bench_open(&b);
	want(&b, VIOD_PF, "vfs", "1", 3);
	expect(&b, -ERANGE, 1, "firmware or BIOS");
	bench_clear(&b);
}
END_TEST

START_TEST(drivers_that_are_there)
{
	struct bench b;

	bench_new(&b);
	fake_directory(&b.root, "sys/bus/pci/drivers/acme");
	bench_open(&b);
	want(&b, 0, "driver", "acme", 3);
	want(&b, 1, "driver", "default", 4);
	want(&b, VIOD_PF, "driver", "none", 2);
	expect(&b, 0, 0, NULL);
	want(&b, 1, "driver", "no_such_driver_zz", 4);
	expect(&b, 0, 1, "driver 'no_such_driver_zz' is neither loaded nor a module");
	ck_assert_uint_eq(b.pf.diags.items[0].line, 4);
	ck_assert_int_eq(b.pf.diags.items[0].vf, 1);
	bench_clear(&b);
}
END_TEST

/* Those of netdevsim. */
START_TEST(vfs_that_are_no_devices_have_no_driver)
{
	struct bench b;

	bench_new(&b);
	fake_directory(&b.root, "sys/bus/pci/drivers/acme");
	bench_open(&b);
	b.pf.vfs_are_devices = false;
	want(&b, 0, "driver", "acme", 0);
	expect(&b, 0, 0, NULL);
	ck_assert_ptr_null(values_get(b.wanted, 0, schema_find(b.schema, VIOD_SCOPE_VF, "driver")));
	want(&b, 0, "driver", "acme", 3);
	expect(&b, -EINVAL, 1, "remove 'driver'");
	want(&b, VIOD_PF, "driver", "acme", 2);
	expect(&b, 0, 1, "");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_device_without_sriov, a_count_that_the_driver_does_not_let_be_changed,
		counts_and_their_limit, firmware_that_switched_it_off,
		drivers_that_are_there, vfs_that_are_no_devices_have_no_driver,
	};

	return run_tests("sriov-complete", tests, ARRAY_SIZE(tests));
}
