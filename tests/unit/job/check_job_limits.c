/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that a quirk says its driver cannot do, or rounds. */
#include <errno.h>

#include "../fixture.h"
#include "job/job-run.h"
#include "model/value-set.h"

struct bench {
	struct kinds kinds;
	struct job_run run;
};

static void bench_new(struct bench *b, const struct viod_limit *limits)
{
	*b = (struct bench){ 0 };
	ck_assert_int_eq(kinds_new(&b->kinds), 0);
	b->run.schema = b->kinds.net;
	b->run.pf.quirk.limits = limits;
	ck_assert_int_eq(values_new(b->kinds.net, 4, &b->run.wanted), 0);
}

static void bench_clear(struct bench *b)
{
	values_free(b->run.wanted);
	diag_list_clear(&b->run.pf.diags);
	kinds_clear(&b->kinds);
}

static void put(struct bench *b, int vf, const char *key, const char *text, uint32_t line)
{
	static struct viod_where lines[16];
	const struct schema_row *row =
		schema_find(b->kinds.net, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, key);
	_Alignas(max_align_t) unsigned char value[512] = { 0 };
	_cleanup_free_ char *why = NULL;

	ck_assert_ptr_nonnull(row);
	ck_assert_int_eq(value_parse(row->option, text, value, &why), 0);
	lines[line] = (struct viod_where){ "a.conf", line, 1 };
	values_put(b->run.wanted, vf, row, value, &lines[line]);
}

static void expect(struct bench *b, size_t i, int vf, enum viod_severity severity, unsigned line,
		   const char *text)
{
	const struct diag *diag = &b->run.pf.diags.items[i];

	ck_assert_uint_lt(i, b->run.pf.diags.count);
	ck_assert_int_eq(diag->vf, vf);
	ck_assert_int_eq(diag->severity, severity);
	ck_assert_uint_eq(diag->line, line);
	ck_assert_str_eq(diag->text, text);
}

START_TEST(values_within_the_limits)
{
	static const struct viod_limit limits[] = {
		{ .key = "vlan", .min = 2, .max = 100, .text = "it has a few" },
		{ .key = "max-rate", .min = 0, .max = 1000, .text = "it is slow" },
		{ 0 },
	};
	struct bench b;

	bench_new(&b, NULL);
	put(&b, 0, "vlan", "200", 3);
	ck_assert_int_eq(job_check_limits(&b.run), 0);
	assert_diag_count(&b.run.pf.diags, 0);
	bench_clear(&b);
	bench_new(&b, limits);
	put(&b, 0, "vlan", "2", 3);
	put(&b, 1, "vlan", "100", 4);
	/* Nothing is not a value. */
	put(&b, 2, "vlan", "0", 5);
	put(&b, 3, "tag", "x", 6);
	put(&b, 3, "max-rate", "1000", 6);
	ck_assert_int_eq(job_check_limits(&b.run), 0);
	assert_diag_count(&b.run.pf.diags, 0);
	bench_clear(&b);
}
END_TEST

START_TEST(values_beyond_them)
{
	static const struct viod_limit limits[] = {
		{ .key = "vlan", .min = 2, .max = 100, .text = "it has a few" },
		{ .key = "max-rate", .min = 0, .max = 1000, .text = "it is slow" },
		{ .key = "trust", .min = 0, .max = 0, .text = "it trusts none" },
		{ .key = "vfs", .min = 1, .max = 3, .text = "it has three" },
		{ 0 },
	};
	struct bench b;

	bench_new(&b, limits);
	put(&b, VIOD_PF, "vfs", "4", 2);
	put(&b, 0, "vlan", "1", 3);
	put(&b, 1, "vlan", "101", 4);
	/* One line for many VFs. */
	put(&b, 2, "vlan", "101", 4);
	put(&b, 3, "vlan", "101", 5);
	put(&b, 3, "max-rate", "1001", 6);
	put(&b, 0, "trust", "off", 7);
	put(&b, 1, "trust", "on", 8);
	ck_assert_int_eq(job_check_limits(&b.run), -EINVAL);
	assert_diag_count(&b.run.pf.diags, 6);
	expect(&b, 0, VIOD_PF, VIOD_ERROR, 2, "this device cannot do 'vfs = 4': it has three");
	expect(&b, 1, 0, VIOD_ERROR, 3, "this device cannot do 'vlan = 1': it has a few");
	expect(&b, 2, 1, VIOD_ERROR, 4, "this device cannot do 'vlan = 101': it has a few");
	expect(&b, 3, 3, VIOD_ERROR, 5, "this device cannot do 'vlan = 101': it has a few");
	expect(&b, 4, 3, VIOD_ERROR, 6, "this device cannot do 'max-rate = 1001': it is slow");
	expect(&b, 5, 1, VIOD_ERROR, 8, "this device cannot do 'trust = on': it trusts none");
	bench_clear(&b);
}
END_TEST

START_TEST(values_that_are_rounded)
{
	static const struct viod_limit limits[] = {
		{ .key = "max-rate", .min = 0, .max = 1000, .step = 50, .text = "steps of 50" },
		{ 0 },
	};
	struct bench b;

	bench_new(&b, limits);
	put(&b, 0, "max-rate", "100", 3);
	put(&b, 1, "max-rate", "120", 4);
	put(&b, 2, "max-rate", "20", 5);
	ck_assert_int_eq(job_check_limits(&b.run), 0);
	assert_diag_count(&b.run.pf.diags, 2);
	expect(&b, 0, 1, VIOD_WARNING, 4,
	       "'max-rate = 120' is rounded to 100 on this device: steps of 50");
	expect(&b, 1, 2, VIOD_WARNING, 5,
	       "'max-rate = 20' is rounded to 50 on this device: steps of 50");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		values_within_the_limits,
		values_beyond_them,
		values_that_are_rounded,
	};

	return run_tests("job-limits", tests, ARRAY_SIZE(tests));
}
