/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON as text: what is written reads back as it was, and what is not JSON is not taken for it. */
#include "base/json-text.h"

#include "../fixture.h"

static void assert_writes(const char *json, unsigned lines, const char *wanted)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL), *back;
	struct json_text out = { 0 };

	ck_assert_ptr_nonnull(value);
	json_text_value(&out, value, lines);
	ck_assert_str_eq(out.text, wanted);
	back = json_loads(out.text, JSON_DECODE_ANY, NULL);
	ck_assert(json_equal(back, value));
	json_decref(back);
	json_decref(value);
	json_text_clear(&out);
}

START_TEST(a_value_is_written_as_it_reads_back)
{
	assert_writes("{}", 0, "{}");
	assert_writes("[]", 3, "[]");
	assert_writes("{\"b\": [1, -2, true, false, null], \"a\": {\"x\": \"y\"}}", 0,
		      "{\"b\":[1,-2,true,false,null],\"a\":{\"x\":\"y\"}}");
	assert_writes("0.5", 0, "0.5");
	assert_writes("\"\\\"\\\\\\n\\u0001/\xc3\xa4\x7f\"", 0,
		      "\"\\\"\\\\\\u000a\\u0001/\xc3\xa4\x7f\"");
}
END_TEST

START_TEST(members_above_the_depth_have_lines)
{
	assert_writes("{\"a\": {\"b\": [{\"c\": 1}, {}]}, \"d\": []}", 3,
		      "{\n \"a\":{\n  \"b\":[\n   {\"c\":1},\n   {}\n  ]\n },\n \"d\":[]\n}");
	assert_writes("{\"a\": {\"b\": 1}}", 1, "{\n \"a\":{\"b\":1}\n}");
}
END_TEST

START_TEST(members_are_joined_by_commas)
{
	struct json_text out = { 0 };

	json_text_add(&out, "{");
	json_text_key(&out, "a");
	json_text_string(&out, "{");
	json_text_key(&out, "b");
	json_text_string(&out, NULL);
	json_text_add(&out, "}");
	ck_assert_str_eq(out.text, "{\"a\":\"{\",\"b\":null}");
	ck_assert(json_text_is_object(out.text, out.size));
	json_text_clear(&out);
}
END_TEST

START_TEST(an_object_is_told_from_what_is_none)
{
	static const char *const good[] = {
		"{}",
		"{ \"a\" : [ 1 , -20 , 0 ] } ",
		"{\"a\":{\"b\":[[],{}]},\"c\":null,\"d\":true,\"e\":false}",
		"{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\":\"\xc3\xa4\"}",
	};
	static const char *const bad[] = {
		"",
		"[]",
		"{",
		"}",
		"{}}",
		"{} x",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{\"a\":01}",
		"{\"a\":-}",
		"{\"a\":1.5}",
		"{\"a\":nul}",
		"{\"a\":\"}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u00g0\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\u00",
		"{\"a\":[1 2]}",
		"{\"a\":[}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\xff\"}",
		"{\n}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}",
	};
	static const char nul[] = "{\"a\":\"\\\0\"}", cut[] = "{\"a\":\0}";

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(json_text_is_object(good[i], strlen(good[i])), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!json_text_is_object(bad[i], strlen(bad[i])), "%s", bad[i]);
	ck_assert(!json_text_is_object(nul, sizeof(nul) - 1));
	ck_assert(!json_text_is_object(cut, sizeof(cut) - 1));
	/* All that is accepted is JSON to others, too. */
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		json_t *json = json_loads(good[i], 0, NULL);

		ck_assert_ptr_nonnull(json);
		json_decref(json);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_value_is_written_as_it_reads_back,
		members_above_the_depth_have_lines,
		members_are_joined_by_commas,
		an_object_is_told_from_what_is_none,
	};

	return run_tests("json-text", tests, ARRAY_SIZE(tests));
}
