/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows that are tables: copied, compared, recorded and restored, and in no file. */
#include <errno.h>

#include "../fixture.h"
#include "model/value-set.h"
#include "plan/plan.h"

struct member {
	char address[16], driver[16];
	int64_t number;
};

struct table_pf {
	int64_t before;
	struct viod_table members;
};
struct table_vf {
	struct viod_table members;
};

static const struct viod_option columns[] = {
	{ .type = VIOD_TYPE_STRING, .key = "address", VIOD_FIELD(struct member, address) },
	{ .type = VIOD_TYPE_STRING, .key = "driver", VIOD_FIELD(struct member, driver) },
	{ .type = VIOD_TYPE_INT, .key = "number", VIOD_FIELD(struct member, number), .max = 9 },
	{ .key = NULL },
};

#define TABLE                                                                     \
	.key = "members", .type = VIOD_TYPE_TABLE, .flags = VIOD_OPTION_INTERNAL, \
	.columns = columns, .record_size = sizeof(struct member)

static const struct viod_option rows[] = {
	PF_ROW(struct table_pf, before, "before", .type = VIOD_TYPE_INT, .max = 9),
	{ .scope = VIOD_SCOPE_PF, TABLE, VIOD_FIELD(struct table_pf, members) },
	{ .scope = VIOD_SCOPE_VF, TABLE, VIOD_FIELD(struct table_vf, members) },
	{ .key = NULL },
};

static const struct viod_plugin table_plugin = {
	.name = "tables",
	.kind = "tables",
	.options = rows,
	.pf_size = sizeof(struct table_pf),
	.vf_size = sizeof(struct table_vf),
};

static const struct member two[] = { { "1:00.1", "snd", 3 }, { "1:00.2", "", 9 } };
static const struct viod_table of_two = { .records = two, .count = 2 };
static const struct viod_table empty = { .records = NULL, .count = 0 };

struct bench {
	struct schema *schema;
	const struct schema_row *pf, *vf;
};

static void bench_new(struct bench *ret_bench)
{
	const struct viod_plugin *plugins[] = { &core_plugin, &table_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(schema_new("tables", plugins, 2, &diags, &ret_bench->schema), 0);
	ret_bench->pf = schema_find(ret_bench->schema, VIOD_SCOPE_PF, "members");
	ret_bench->vf = schema_find(ret_bench->schema, VIOD_SCOPE_VF, "members");
	ck_assert(ret_bench->pf && ret_bench->vf);
}

static void expect_two(const struct viod_values *values, int vf, const struct schema_row *row)
{
	const struct viod_table *table = values_get(values, vf, row);
	const struct member *members;

	ck_assert_ptr_nonnull(table);
	ck_assert_uint_eq(table->count, 2);
	ck_assert_ptr_ne(table->records, two);
	members = table->records;
	ck_assert_str_eq(members[0].address, "1:00.1");
	ck_assert_str_eq(members[0].driver, "snd");
	ck_assert_int_eq(members[0].number, 3);
	ck_assert_str_eq(members[1].driver, "");
	ck_assert_int_eq(members[1].number, 9);
}

START_TEST(records_are_copied)
{
	_cleanup_values_ struct viod_values *values = NULL, *copy = NULL;
	struct member one = { "2:00.0", "x", 1 };
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(values_new(b.schema, 1, &values), 0);
	ck_assert_int_eq(values_put(values, VIOD_PF, b.pf, &of_two, NULL), 0);
	ck_assert_int_eq(values_put(values, 0, b.vf, &(struct viod_table){ &one, 1 }, NULL), 0);
	one.number = 2;
	expect_two(values, VIOD_PF, b.pf);
	ck_assert_int_eq(values_copy(values, &copy), 0);
	values_forget(values, VIOD_PF, b.pf);
	ck_assert_ptr_null(values_get(values, VIOD_PF, b.pf));
	ck_assert_int_eq(values_put(values, 0, b.vf, &empty, NULL), 0);
	ck_assert_uint_eq(((const struct viod_table *)values_get(values, 0, b.vf))->count, 0);
	expect_two(copy, VIOD_PF, b.pf);
	ck_assert_int_eq(
		((const struct member *)((const struct viod_table *)values_get(copy, 0, b.vf))
			 ->records)
			->number,
		1);
	/* The one that is there. */
	ck_assert_int_eq(values_put(copy, VIOD_PF, b.pf, values_get(copy, VIOD_PF, b.pf), NULL), 0);
	expect_two(copy, VIOD_PF, b.pf);
	schema_free(b.schema);
}
END_TEST

START_TEST(too_many_records_are_refused)
{
	_cleanup_values_ struct viod_values *values = NULL;
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(values_new(b.schema, 0, &values), 0);
	ck_assert_int_eq(values_put(values, VIOD_PF, b.pf, &of_two, NULL), 0);
	ck_assert_int_eq(values_put(values, VIOD_PF, b.pf,
				    &(struct viod_table){ two, TABLE_RECORDS_MAX + 1 }, NULL),
			 -E2BIG);
	ck_assert_ptr_null(values_get(values, VIOD_PF, b.pf));
	schema_free(b.schema);
}
END_TEST

START_TEST(only_a_difference_is_a_change)
{
	static const struct member other[] = { { "1:00.1", "snd", 3 }, { "1:00.2", "", 8 } };
	_cleanup_values_ struct viod_values *wanted = NULL, *state = NULL;
	struct plan_changes changes;
	struct member padded[2];
	char text[VALUE_TEXT_MAX];
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(values_new(b.schema, 0, &wanted), 0);
	ck_assert_int_eq(values_new(b.schema, 0, &state), 0);
	/* What follows the end of a string does not count. */
	memcpy(padded, two, sizeof(two));
	memset(padded[1].driver + 1, 'z', sizeof(padded[1].driver) - 1);
	values_put(wanted, VIOD_PF, b.pf, &of_two, NULL);
	values_put(state, VIOD_PF, b.pf, &(struct viod_table){ padded, 2 }, NULL);
	ck_assert_int_eq(plan_diff(wanted, state, NULL, &changes), 0);
	ck_assert_uint_eq(changes.count, 0);
	values_put(state, VIOD_PF, b.pf, &(struct viod_table){ other, 2 }, NULL);
	ck_assert_int_eq(plan_diff(wanted, state, NULL, &changes), 0);
	ck_assert_uint_eq(changes.count, 1);
	plan_change_text(&changes.items[0], text, sizeof(text));
	ck_assert_str_eq(text, "members: 1:00.1 snd 3, 1:00.2 - 8 -> 1:00.1 snd 3, 1:00.2 - 9");
	plan_changes_clear(&changes);
	values_put(state, VIOD_PF, b.pf, &(struct viod_table){ two, 1 }, NULL);
	ck_assert_int_eq(plan_diff(wanted, state, NULL, &changes), 0);
	ck_assert_uint_eq(changes.count, 1);
	plan_changes_clear(&changes);
	schema_free(b.schema);
}
END_TEST

/* The third law is for keys of files; for a record it is this. */
START_TEST(a_record_keeps_tables)
{
	_cleanup_values_ struct viod_values *values = NULL, *read = NULL;
	_cleanup_(json_text_clear) struct json_text text = { 0 };
	struct bench b;
	json_t *json, *again;

	bench_new(&b);
	ck_assert_int_eq(values_new(b.schema, 2, &values), 0);
	values_put(values, VIOD_PF, b.pf, &of_two, NULL);
	values_put(values, 1, b.vf, &empty, NULL);
	json = values_to_json(values);
	ck_assert_str_eq(
		json_string_value(json_object_get(
			json_array_get(json_object_get(json_object_get(json, "pf"), "members"), 0),
			"driver")),
		"snd");
	ck_assert_int_eq(values_from_json(b.schema, json, &read), 0);
	expect_two(read, VIOD_PF, b.pf);
	ck_assert_ptr_null(values_get(read, 0, b.vf));
	ck_assert_uint_eq(((const struct viod_table *)values_get(read, 1, b.vf))->count, 0);
	/* Written directly it is the same. */
	values_add_json(values, VIOD_PF, NULL, &text);
	again = json_loads(text.text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert(json_equal(again, json_object_get(json, "pf")));
	json_decref(again);
	json_decref(json);
	schema_free(b.schema);
}
END_TEST

/* As with texts that do not parse: the row is not known, and the others are. */
START_TEST(tables_of_another_shape_are_ignored)
{
	static const char *const bad[] = {
		"\"1:00.1 snd\"",
		"{}",
		"[3]",
		"[{\"address\": \"1\", \"driver\": \"d\"}]",
		"[{\"address\": \"1\", \"driver\": 3, \"number\": \"1\"}]",
		"[{\"address\": \"1\", \"driver\": \"d\", \"number\": \"10\"}]",
		"[{\"address\": \"0123456789abcdef\", \"driver\": \"d\", \"number\": \"1\"}]",
	};
	struct bench b;

	bench_new(&b);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_values_ struct viod_values *read = NULL;
		char text[256];
		json_t *json;

		snprintf(text, sizeof(text),
			 "{\"pf\": {\"before\": \"4\", \"members\": %s}, \"vfs\": []}", bad[i]);
		json = json_loads(text, 0, NULL);
		ck_assert_ptr_nonnull(json);
		ck_assert_int_eq(values_from_json(b.schema, json, &read), 0);
		ck_assert_msg(!values_get(read, VIOD_PF, b.pf), "%s", bad[i]);
		ck_assert_ptr_nonnull(
			values_get(read, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "before")));
		json_decref(json);
	}
	schema_free(b.schema);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_not_recorded)
{
	static const struct member odd[] = { { "1", "\xff", 1 } };
	_cleanup_values_ struct viod_values *values = NULL;
	_cleanup_(json_text_clear) struct json_text text = { 0 };
	struct bench b;
	json_t *json;

	bench_new(&b);
	ck_assert_int_eq(values_new(b.schema, 0, &values), 0);
	values_put(values, VIOD_PF, b.pf, &(struct viod_table){ odd, 1 }, NULL);
	json = values_to_json(values);
	ck_assert_ptr_nonnull(json);
	ck_assert_ptr_null(json_object_get(json_object_get(json, "pf"), "members"));
	values_add_json(values, VIOD_PF, NULL, &text);
	ck_assert_str_eq(text.text, "{}");
	json_decref(json);
	schema_free(b.schema);
}
END_TEST

START_TEST(no_file_has_a_table)
{
	_cleanup_values_ struct viod_values *values = NULL;
	_cleanup_free_ char *file = NULL, *why = NULL;
	struct viod_table table;
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(values_new(b.schema, 1, &values), 0);
	values_put(values, VIOD_PF, b.pf, &of_two, NULL);
	values_put(values, 0, b.vf, &of_two, NULL);
	ck_assert_int_eq(values_print(values, "05:00.0", &file), 0);
	ck_assert_str_eq(file, "[pf]\nname = 05:00.0\nkind = tables\n");
	ck_assert_int_eq(value_parse(b.pf->option, "1", &table, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "is a table"));
	schema_free(b.schema);
}
END_TEST

START_TEST(the_text_of_a_long_table_ends_in_dots)
{
	struct member many[64];
	char text[VALUE_TEXT_MAX];
	struct bench b;

	bench_new(&b);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct member){ "0000:01:00.0", "snd_hda_intel", 7 };
	ck_assert_int_eq(
		value_format(b.pf->option, &(struct viod_table){ many, 64 }, text, sizeof(text)),
		0);
	ck_assert_uint_gt(strlen(text), 900);
	ck_assert_str_eq(text + strlen(text) - 4, " ...");
	ck_assert_int_eq(value_format(b.pf->option, &empty, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	schema_free(b.schema);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		records_are_copied,
		too_many_records_are_refused,
		only_a_difference_is_a_change,
		a_record_keeps_tables,
		tables_of_another_shape_are_ignored,
		bytes_that_are_no_text_are_not_recorded,
		no_file_has_a_table,
		the_text_of_a_long_table_ends_in_dots,
	};

	return run_tests("value-table", tests, ARRAY_SIZE(tests));
}
