/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/vf-report.h"

#include "../fixture.h"

static json_t *result(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	ck_assert_ptr_nonnull(json);
	return json;
}

START_TEST(a_report_is_kept_as_text_with_a_line_for_each_vf)
{
	struct report report = { 0 };
	json_t *one = result("{\"pf\": {\"vfs\": \"3\"}, \"vfs\": {\"held\": 1, \"failed\": 1, "
			     "\"addresses\": [\"0000:01:10.4\", \"0000:01:10.0\", null]}}");

	ck_assert_int_eq(report_replace(&report, one, "{\"index\":0},\n  {\"index\":1}"), 1);
	/* The same once more, and another. */
	ck_assert_int_eq(report_replace(&report, one, "{\"index\":0},\n  {\"index\":1}"), 0);
	ck_assert_int_eq(report_replace(&report, one, "{\"index\":0},\n  {\"index\":2}"), 1);
	ck_assert_int_eq(report_replace(&report, one, "{\"index\":0},\n  {\"index\":1}"), 1);
	json_decref(one);
	ck_assert_str_eq(report.pf, "{\"vfs\":\"3\"}");
	ck_assert_str_eq(report.vfs, "[\n  {\"index\":0},\n  {\"index\":1}\n ]");
	ck_assert_uint_eq(report.n_vfs, 3);
	ck_assert_uint_eq(report.n_held, 1);
	ck_assert_uint_eq(report.n_failed, 1);
	ck_assert_str_eq(report.addresses[1], "0000:01:10.0");
	ck_assert_ptr_null(report.addresses[2]);
	ck_assert(report_has_vf(&report, "0000:01:10.0"));
	ck_assert(report_has_vf(&report, "0000:01:10.4"));
	ck_assert(!report_has_vf(&report, "0000:01:10.2"));
	report_clear(&report);
	ck_assert(!report_has_vf(&report, "0000:01:10.0"));
}
END_TEST

/* A VF that was removed during observe has no address; those after it still count. */
START_TEST(a_vf_without_an_address_hides_no_other)
{
	struct report report = { 0 };
	json_t *one = result("{\"vfs\": {\"held\": 2, \"failed\": 1, \"addresses\": "
			     "[null, \"0000:01:10.1\", \"0000:01:10.2\"]}}");

	ck_assert_int_eq(report_replace(&report, one, "{}"), 1);
	json_decref(one);
	ck_assert_uint_eq(report.n_vfs, 3);
	ck_assert_uint_eq(report.n_held, 2);
	ck_assert_uint_eq(report.n_failed, 1);
	ck_assert_uint_eq(report.n_sorted, 2);
	ck_assert_str_eq(report.addresses[2], "0000:01:10.2");
	ck_assert(report_has_vf(&report, "0000:01:10.1"));
	ck_assert(report_has_vf(&report, "0000:01:10.2"));
	ck_assert(!report_has_vf(&report, "0000:01:10.3"));
	ck_assert(!report_has_vf(&report, "0000:01:10.0"));
	report_clear(&report);
}
END_TEST

START_TEST(a_corrupted_job_leaves_an_empty_report)
{
	static const char *const texts[] = {
		"{}",
		"{\"pf\": 1, \"vfs\": 2}",
		"{\"pf\": [], \"vfs\": {\"addresses\": \"x\"}}",
		"{\"vfs\": {\"held\": 7, \"failed\": -7, \"addresses\": []}}",
	};
	struct report report = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *one = result(texts[i]);

		ck_assert_int_ge(report_replace(&report, one, NULL), 0);
		json_decref(one);
		ck_assert_str_eq(report.pf, "{}");
		ck_assert_str_eq(report.vfs, "[]");
		ck_assert_uint_eq(report.n_vfs, 0);
		ck_assert_uint_eq(report.n_held, 0);
		ck_assert_uint_eq(report.n_failed, 0);
	}
	report_clear(&report);
}
END_TEST

START_TEST(vfs_without_an_address_count)
{
	struct report report = { 0 };
	json_t *one =
		result("{\"vfs\": {\"held\": 9, \"addresses\": [7, {\"address\": 7}, \"x\"]}}");

	ck_assert_int_eq(report_replace(&report, one, NULL), 1);
	json_decref(one);
	ck_assert_uint_eq(report.n_vfs, 3);
	ck_assert_uint_eq(report.n_held, 3);
	ck_assert(report_has_vf(&report, "x"));
	ck_assert(!report_has_vf(&report, "7"));
	report_clear(&report);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_report_is_kept_as_text_with_a_line_for_each_vf,
		a_vf_without_an_address_hides_no_other,
		a_corrupted_job_leaves_an_empty_report,
		vfs_without_an_address_count,
	};

	return run_tests("report", tests, ARRAY_SIZE(tests));
}
