/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which parts of a job's report are logged. */
#include "job/job-result.h"

#include <errno.h>

#include "../fixture.h"

static void say(struct diag_list *list, enum viod_severity severity, int vf, const char *text)
{
	diag_add(list, severity, vf, NULL, 0, "%s", text);
}

/* The texts of what is news, joined. */
static const char *news(const struct diag_list *diags, char **reported)
{
	_cleanup_diags_ struct diag_list list = { 0 };
	static char texts[256];

	job_result_news(diags, reported, &list);
	texts[0] = '\0';
	for (size_t i = 0; i < list.count; i++) {
		strcat(texts, list.items[i].text);
		strcat(texts, ";");
	}
	return texts;
}

START_TEST(what_was_reported_is_not_new)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *reported = NULL;

	say(&diags, VIOD_WARNING, VIOD_PF, "dead");
	ck_assert_str_eq(news(&diags, &reported), "dead;");
	ck_assert_str_eq(news(&diags, &reported), "");
	/* Beside something new it is still old. */
	say(&diags, VIOD_INFO, VIOD_PF, "drift");
	ck_assert_str_eq(news(&diags, &reported), "drift;");
	ck_assert_str_eq(news(&diags, &reported), "");
}
END_TEST

START_TEST(what_occurs_again_is_new)
{
	_cleanup_diags_ struct diag_list diags = { 0 }, none = { 0 };
	_cleanup_free_ char *reported = NULL;

	say(&diags, VIOD_ERROR, 3, "broken");
	ck_assert_str_eq(news(&diags, &reported), "broken;");
	ck_assert_str_eq(news(&none, &reported), "");
	ck_assert_str_eq(news(&diags, &reported), "broken;");
}
END_TEST

START_TEST(only_the_same_is_the_same)
{
	_cleanup_diags_ struct diag_list diags = { 0 }, other = { 0 };
	_cleanup_free_ char *reported = NULL;

	say(&diags, VIOD_WARNING, 12, "it is 10");
	(void)news(&diags, &reported);
	say(&other, VIOD_WARNING, 2, "it is 10");
	say(&other, VIOD_WARNING, 12, "it is 1");
	say(&other, VIOD_ERROR, 12, "it is 10");
	ck_assert_str_eq(news(&other, &reported), "it is 10;it is 1;it is 10;");
}
END_TEST

/* It is logged as it was reported, with its line of the file. */
START_TEST(news_are_whole)
{
	_cleanup_diags_ struct diag_list diags = { 0 }, list = { 0 };
	const struct viod_where where = { .file = "a.conf", .line = 4, .column = 2 };
	_cleanup_free_ char *reported = NULL;

	diag_add(&diags, VIOD_ERROR, 7, &where, EIO, "broken");
	job_result_news(&diags, &reported, &list);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(list.items[0].severity, VIOD_ERROR);
	ck_assert_int_eq(list.items[0].vf, 7);
	ck_assert_int_eq(list.items[0].error, EIO);
	ck_assert_str_eq(list.items[0].file, "a.conf");
	ck_assert_uint_eq(list.items[0].line, 4);
	ck_assert_uint_eq(list.items[0].column, 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_reported_is_not_new,
		what_occurs_again_is_new,
		only_the_same_is_the_same,
		news_are_whole,
	};

	return run_tests("outcome", tests, ARRAY_SIZE(tests));
}
