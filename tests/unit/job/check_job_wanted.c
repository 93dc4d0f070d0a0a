/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job wants of a VF whose file no longer grants a right. */
#include <errno.h>

#include "../fakesys.h"
#include "job/job-run.h"
#include "model/value-set.h"

struct right_vf {
	bool trust, check;
	int64_t vlan;
};

static const struct viod_option right_rows[] = {
	VF_ROW(struct right_vf, trust, "trust", .type = VIOD_TYPE_BOOL,
	       .flags = VIOD_OPTION_RETURNS, .unset = "off"),
	VF_ROW(struct right_vf, check, "check", .type = VIOD_TYPE_BOOL,
	       .flags = VIOD_OPTION_RETURNS, .unset = "on"),
	VF_ROW(struct right_vf, vlan, "vlan", .type = VIOD_TYPE_INT, .max = 4095),
	{ .key = NULL },
};

static const struct viod_plugin right_plugin = {
	.name = "rights",
	.kind = "rights",
	.options = right_rows,
	.vf_size = sizeof(struct right_vf),
};

struct bench {
	struct schema *schema;
	struct job_request request;
	struct job_run run;
};

/* Both as of a record: {"pf": {}, "vfs": [...]}. */
static void bench_new(struct bench *b, const char *baseline, const char *set, bool created)
{
	static const char config;
	const struct viod_plugin *plugins[] = { &core_plugin, &right_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	*b = (struct bench){ 0 };
	ck_assert_int_eq(schema_new("rights", plugins, 2, &diags, &b->schema), 0);
	/* It is only asked whether there is one. */
	b->request.config = (const struct config *)(const void *)&config;
	b->run.request = &b->request;
	b->run.schema = b->schema;
	b->run.record = record_new("0000:05:00.0", "rights", "a.conf");
	json_decref(b->run.record->baseline);
	json_decref(b->run.record->set);
	b->run.record->baseline = json_loads(baseline, 0, NULL);
	b->run.record->set = json_loads(set, 0, NULL);
	b->run.record->created = created;
	ck_assert(b->run.record->baseline && b->run.record->set);
	ck_assert_int_eq(values_new(b->schema, 2, &b->run.wanted), 0);
}

static void bench_clear(struct bench *b)
{
	values_free(b->run.wanted);
	record_free(b->run.record);
	schema_free(b->schema);
}

/* "on", "off", or NULL: not wanted. */
static void expect_wanted(const struct bench *b, int vf, const char *key, const char *text)
{
	const bool *value =
		values_get(b->run.wanted, vf, schema_find(b->schema, VIOD_SCOPE_VF, key));

	if (text)
		ck_assert_msg(value && *value == streq(text, "on"), "vf%d.%s", vf, key);
	else
		ck_assert_msg(!value, "vf%d.%s", vf, key);
}

START_TEST(rights_of_vfs_that_viod_created_are_revoked)
{
	static const bool granted = true;
	struct bench b;

	/* The baseline is of VFs that are no more. */
	bench_new(
		&b, "{\"pf\": {}, \"vfs\": [{\"trust\": \"on\", \"check\": \"off\"}]}",
		"{\"pf\": {}, \"vfs\": [{\"trust\": \"on\", \"check\": \"off\", \"vlan\": \"5\"}, "
		"{\"trust\": \"on\"}]}",
		true);
	values_put(b.run.wanted, 1, schema_find(b.schema, VIOD_SCOPE_VF, "trust"), &granted, NULL);
	job_want_vf_returns(&b.run);
	expect_wanted(&b, 0, "trust", "off");
	expect_wanted(&b, 0, "check", "on");
	expect_wanted(&b, 0, "vlan", NULL);
	/* This one is still granted, and the other was never set. */
	expect_wanted(&b, 1, "trust", "on");
	expect_wanted(&b, 1, "check", NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(rights_of_vfs_that_were_there_are_restored)
{
	struct bench b;

	bench_new(&b, "{\"pf\": {}, \"vfs\": [{\"trust\": \"on\", \"check\": \"off\"}, {}]}",
		  "{\"pf\": {}, \"vfs\": [{\"trust\": \"off\", \"check\": \"on\"}, "
		  "{\"trust\": \"on\"}]}",
		  false);
	job_want_vf_returns(&b.run);
	expect_wanted(&b, 0, "trust", "on");
	expect_wanted(&b, 0, "check", "off");
	/* The device did not report it then. */
	expect_wanted(&b, 1, "trust", "off");
	bench_clear(&b);
}
END_TEST

/* A record of other contents grants nothing and crashes nothing. */
START_TEST(a_record_without_vfs)
{
	struct bench b;

	bench_new(&b, "{}", "{\"vfs\": [3, {\"trust\": 7}]}", false);
	job_want_vf_returns(&b.run);
	expect_wanted(&b, 0, "trust", NULL);
	expect_wanted(&b, 1, "trust", NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(what_another_file_has_set)
{
	static const char set[] =
		"{\"pf\": {\"owner\": \"root\"}, \"vfs\": [{}, {\"owner\": \"daemon\"}]}";
	_cleanup_record_ struct record *record = record_new(FAKE_PF, "rights", "b.conf");
	struct loader loader = { 0 };
	struct viod_pf own = { 0 };
	struct roots roots;
	struct root root;
	char text[32];

	fake_machine(&root, &roots, 2);
	for (int vf = 0; vf < 2; vf++) {
		char path[128];

		snprintf(path, sizeof(path), "sys/bus/pci/devices/0000:01:10.%d/physfn", vf);
		fake_link(&root, path, "../" FAKE_PF);
	}
	own.roots = &roots;
	own.loader = &loader;
	snprintf(own.self.address, sizeof(own.self.address), "0000:07:00.0");
	ck_assert_int_eq(job_set_elsewhere(&own, "0000:01:10.1", "owner", text, sizeof(text)),
			 -ENOENT);
	json_decref(record->set);
	record->set = json_loads(set, 0, NULL);
	ck_assert_int_eq(record_save(&roots, record), 0);
	ck_assert_int_eq(job_set_elsewhere(&own, "0000:01:10.1", "owner", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "daemon");
	ck_assert_int_eq(job_set_elsewhere(&own, FAKE_PF, "owner", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "root");
	ck_assert_int_eq(job_set_elsewhere(&own, "0000:01:10.0", "owner", text, sizeof(text)),
			 -ENOENT);
	ck_assert_int_eq(job_set_elsewhere(&own, "0000:01:10.1", "group", text, sizeof(text)),
			 -ENOENT);
	/* Those of the PF itself are in its own file. */
	snprintf(own.self.address, sizeof(own.self.address), "%s", FAKE_PF);
	ck_assert_int_eq(job_set_elsewhere(&own, "0000:01:10.1", "owner", text, sizeof(text)),
			 -ENOENT);
	fake_clear(&root, &roots);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		rights_of_vfs_that_viod_created_are_revoked,
		rights_of_vfs_that_were_there_are_restored,
		a_record_without_vfs,
		what_another_file_has_set,
	};

	return run_tests("job-wanted", tests, ARRAY_SIZE(tests));
}
