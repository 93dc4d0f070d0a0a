/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"

static const struct viod_where where = { .file = "/etc/vio.d/a.conf", .line = 14, .column = 8 };

START_TEST(places_are_left_out_where_there_are_none)
{
	static const struct {
		struct viod_where where;
		const char *text;
	} cases[] = {
		{ { "f", 3, 4 }, "f:3:4: wrong" },
		{ { "f", 3, 0 }, "f:3: wrong" },
		{ { "f", 0, 0 }, "f: wrong" },
		{ { NULL, 3, 4 }, "wrong" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_diags_ struct diag_list list = { 0 };
		_cleanup_free_ char *text = NULL;

		diag_add(&list, VIOD_ERROR, 3, &cases[i].where, EIO, "%s", "wrong");
		text = diag_text(&list.items[0]);
		ck_assert_str_eq(text, cases[i].text);
		ck_assert_int_eq(list.items[0].error, EIO);
		ck_assert_int_eq(list.items[0].vf, 3);
	}
}
END_TEST

START_TEST(foreign_bytes_cannot_forge_a_log_line)
{
	_cleanup_diags_ struct diag_list list = { 0 };
	const struct viod_where odd = { .file = "/etc/vio.d/a\nb.conf" };
	_cleanup_free_ char *text = NULL;

	diag_add(&list, VIOD_ERROR, VIOD_PF, &odd, 0, "driver says: %s", "x\nroot logged in\xff");
	text = diag_text(&list.items[0]);
	ck_assert_str_eq(text, "/etc/vio.d/a b.conf: driver says: x root logged in?");
}
END_TEST

START_TEST(errors_are_counted_and_found)
{
	_cleanup_diags_ struct diag_list list = { 0 };

	ck_assert_uint_eq(diag_errors(&list), 0);
	diag_add(&list, VIOD_WARNING, 2, NULL, 0, "careful");
	diag_add(&list, VIOD_ERROR, VIOD_PF, NULL, 0, "first");
	diag_add(&list, VIOD_ERROR, 2, NULL, 0, "second");
	diag_add(&list, VIOD_ERROR, 2, NULL, 0, "third");
	diag_add(&list, VIOD_INFO, 2, NULL, 0, "by the way");
	ck_assert_uint_eq(diag_errors(&list), 3);
	ck_assert_str_eq(diag_first_error(&list, 2)->text, "second");
	ck_assert_str_eq(diag_first_error(&list, VIOD_PF)->text, "first");
	ck_assert_ptr_null(diag_first_error(&list, 1));
}
END_TEST

START_TEST(lists_are_joined)
{
	_cleanup_diags_ struct diag_list list = { 0 }, source = { 0 };

	diag_add(&list, VIOD_ERROR, VIOD_PF, &where, 0, "one");
	diag_add(&source, VIOD_ERROR, VIOD_PF, NULL, 0, "two");
	diag_add(&source, VIOD_ERROR, VIOD_PF, NULL, 0, "three");
	diag_list_move(&list, &source);
	ck_assert_uint_eq(source.count, 0);
	ck_assert_ptr_null(source.items);
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(list.items[0].text, "one");
	ck_assert_str_eq(list.items[2].text, "three");
}
END_TEST

START_TEST(json_keeps_everything)
{
	_cleanup_diags_ struct diag_list list = { 0 }, copy = { 0 };

	diag_add(&list, VIOD_WARNING, 7, &where, EBUSY,
		 "gr\xc3\xbc\xc3\x9f"
		 "e");
	diag_add(&list, VIOD_INFO, VIOD_PF, NULL, 0, "plain");
	for (size_t i = 0; i < list.count; i++) {
		json_t *json = diag_to_json(&list.items[i]);

		ck_assert_ptr_nonnull(json);
		ck_assert_int_eq(diag_from_json(&copy, json), 0);
		json_decref(json);
		ck_assert_int_eq(copy.items[i].severity, list.items[i].severity);
		ck_assert_int_eq(copy.items[i].error, list.items[i].error);
		ck_assert_int_eq(copy.items[i].vf, list.items[i].vf);
		ck_assert_uint_eq(copy.items[i].line, list.items[i].line);
		ck_assert_uint_eq(copy.items[i].column, list.items[i].column);
		ck_assert_str_eq(copy.items[i].text, list.items[i].text);
	}
	ck_assert_str_eq(copy.items[0].file, where.file);
	ck_assert_ptr_null(copy.items[1].file);
}
END_TEST

START_TEST(json_of_another_shape_is_refused)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"severity\":\"bad\",\"error\":0,\"vf\":0,\"line\":0,\"column\":0,\"text\":\"\"}",
		"{\"severity\":\"error\",\"error\":-1,\"vf\":0,\"line\":0,\"column\":0,\"text\":\"\"}",
		"{\"severity\":\"error\",\"error\":0,\"vf\":-2,\"line\":0,\"column\":0,\"text\":\"\"}",
		"{\"severity\":\"error\",\"error\":0,\"vf\":0,\"line\":-1,\"column\":0,\"text\":\"\"}",
		("{\"severity\":\"error\",\"error\":0,\"vf\":0,\"line\":0,"
		 "\"column\":4294967296,\"text\":\"\"}"),
		"{\"severity\":\"error\",\"error\":0,\"vf\":0,\"line\":0,\"column\":0,\"text\":3}",
		"{\"severity\":\"error\",\"error\":0,\"vf\":0,\"line\":0,\"column\":0}",
	};
	_cleanup_diags_ struct diag_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *json = json_loads(bad[i], 0, NULL);

		ck_assert_ptr_nonnull(json);
		ck_assert_msg(diag_from_json(&list, json) == -EBADMSG, "%s", bad[i]);
		json_decref(json);
	}
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		places_are_left_out_where_there_are_none,
		foreign_bytes_cannot_forge_a_log_line,
		errors_are_counted_and_found,
		lists_are_joined,
		json_keeps_everything,
		json_of_another_shape_is_refused,
	};

	return run_tests("diag", tests, ARRAY_SIZE(tests));
}
