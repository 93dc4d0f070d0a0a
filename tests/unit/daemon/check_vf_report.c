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
	json_t *one =
		result("{\"pf\": {\"vfs\": \"3\"}, \"vfs\": ["
		       "{\"address\": \"0000:01:10.4\", \"held_by\": null, \"error\": null},"
		       "{\"address\": \"0000:01:10.0\", \"held_by\": \"qemu\", \"error\": null},"
		       "{\"address\": null, \"held_by\": null, \"error\": \"bad\"}]}");

	ck_assert_int_eq(report_take(&report, one), 0);
	json_decref(one);
	ck_assert_str_eq(report.pf, "{\"vfs\":\"3\"}");
	ck_assert_str_eq(report.vfs,
			 "[\n  {\"address\":\"0000:01:10.4\",\"held_by\":null,\"error\":null},\n  "
			 "{\"address\":\"0000:01:10.0\",\"held_by\":\"qemu\",\"error\":null},\n  "
			 "{\"address\":null,\"held_by\":null,\"error\":\"bad\"}\n ]");
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

START_TEST(a_corrupted_job_leaves_an_empty_report)
{
	static const char *const texts[] = {
		"{}",
		"{\"pf\": 1, \"vfs\": 2}",
		"{\"pf\": [], \"vfs\": {\"address\": \"x\"}}",
		"{\"vfs\": []}",
	};
	struct report report = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *one = result(texts[i]);

		ck_assert_int_eq(report_take(&report, one), 0);
		json_decref(one);
		ck_assert_str_eq(report.pf, "{}");
		ck_assert_str_eq(report.vfs, "[]");
		ck_assert_uint_eq(report.n_vfs, 0);
	}
	report_clear(&report);
}
END_TEST

START_TEST(vfs_that_are_no_objects_count_without_an_address)
{
	struct report report = { 0 };
	json_t *one = result("{\"vfs\": [7, {\"address\": 7}, \"x\"]}");

	ck_assert_int_eq(report_take(&report, one), 0);
	json_decref(one);
	ck_assert_str_eq(report.vfs, "[\n  7,\n  {\"address\":7},\n  \"x\"\n ]");
	ck_assert_uint_eq(report.n_vfs, 3);
	ck_assert(!report_has_vf(&report, "x"));
	report_clear(&report);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_report_is_kept_as_text_with_a_line_for_each_vf,
		a_corrupted_job_leaves_an_empty_report,
		vfs_that_are_no_objects_count_without_an_address,
	};

	return run_tests("report", tests, ARRAY_SIZE(tests));
}
