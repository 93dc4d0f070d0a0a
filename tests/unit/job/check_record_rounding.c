/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A value that the device rounded counts as set, for as long as the file asks for the same. */
#include "../fixture.h"
#include "device/row-state.h"
#include "job/record-rounding.h"
#include "model/value.h"

static const struct schema_row *memory_of(const struct kinds *kinds)
{
	return schema_find(kinds->net, VIOD_SCOPE_VF, "memory");
}

static void put(const struct kinds *kinds, struct viod_values *values, uint64_t memory)
{
	values_put(values, 0, memory_of(kinds), &memory, NULL);
}

static uint64_t get(const struct kinds *kinds, const struct viod_values *values)
{
	return *(const uint64_t *)values_get(values, 0, memory_of(kinds));
}

START_TEST(what_the_device_made_of_it_is_wanted)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *wanted = NULL, *state = NULL;
	struct viod_pf pf = { 0 };
	json_t *first, *second, *third;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 1, &wanted), 0);
	ck_assert_int_eq(values_new(kinds.net, 1, &state), 0);
	pf.schema = kinds.net;

	put(&kinds, wanted, 1001);
	put(&kinds, state, 1002);
	first = rounded_remember(&pf, NULL, wanted, state);
	ck_assert_uint_eq(json_array_size(first), 0);
	json_decref(first);
	ck_assert(row_mark_add(&pf, 0, memory_of(&kinds)->option, ROW_ROUNDED));
	first = rounded_remember(&pf, NULL, wanted, state);
	ck_assert_uint_eq(json_array_size(first), 1);
	rounded_replace(first, wanted);
	ck_assert_uint_eq(get(&kinds, wanted), 1002);

	/* The next job: the file still says 1001, and nothing was rounded again. */
	row_marks_clear(&pf);
	put(&kinds, wanted, 1001);
	rounded_replace(first, wanted);
	ck_assert_uint_eq(get(&kinds, wanted), 1002);
	second = rounded_remember(&pf, first, wanted, state);
	ck_assert(json_equal(first, second));

	/* Another value is its own. */
	put(&kinds, wanted, 1000);
	rounded_replace(second, wanted);
	ck_assert_uint_eq(get(&kinds, wanted), 1000);
	third = rounded_remember(&pf, second, wanted, state);
	ck_assert_uint_eq(json_array_size(third), 0);
	json_decref(first);
	json_decref(second);
	json_decref(third);
}
END_TEST

START_TEST(a_record_may_hold_anything)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		"[1, \"two\", null, {}]",
		"[{\"vf\": 7, \"key\": \"memory\", \"wanted\": \"1001\", \"is\": \"1002\"}]",
		"[{\"vf\": -2, \"key\": \"memory\", \"wanted\": \"1001\", \"is\": \"1002\"}]",
		"[{\"vf\": 0, \"key\": \"nothing\", \"wanted\": \"1001\", \"is\": \"1002\"}]",
		"[{\"vf\": 0, \"key\": \"memory\", \"wanted\": \"1001\", \"is\": \"much\"}]",
		"[{\"vf\": 0, \"key\": \"memory\", \"wanted\": 1001, \"is\": 1002}]",
	};
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *wanted = NULL;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 1, &wanted), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *json = json_loads(texts[i], 0, NULL);

		ck_assert_ptr_nonnull(json);
		put(&kinds, wanted, 1001);
		rounded_replace(json, wanted);
		ck_assert_uint_eq(get(&kinds, wanted), 1001);
		json_decref(json);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { what_the_device_made_of_it_is_wanted,
				       a_record_may_hold_anything };

	return run_tests("rounded", tests, ARRAY_SIZE(tests));
}
