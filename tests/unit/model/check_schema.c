/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"
#include "model/value.h"

struct block {
	int64_t number;
	uint64_t amount;
	char text[16];
	struct viod_mac mac;
	struct viod_driver driver;
	bool truth;
	struct viod_table table;
};

#define ROW(...)                                                                        \
	{                                                                               \
		.scope = VIOD_SCOPE_VF, .key = "key", .type = VIOD_TYPE_INT, .size = 8, \
		__VA_ARGS__                                                             \
	}
#define END                 \
	{                   \
		.key = NULL \
	}

static const struct viod_name no_words[] = { { NULL, 0 } };
static const struct viod_name spaced[] = { { "two words", 1 }, { NULL, 0 } };
static const struct viod_name zero[] = { { "zero", 0 }, { NULL, 0 } };
static const struct viod_name large[] = { { "large", 65536 }, { NULL, 0 } };

#define TABLE(...)                                                                    \
	{                                                                             \
		.scope = VIOD_SCOPE_VF, .key = "key", .type = VIOD_TYPE_TABLE,        \
		.size = sizeof(struct viod_table), .flags = VIOD_OPTION_INTERNAL,     \
		.columns = columns, .record_size = sizeof(struct record), __VA_ARGS__ \
	}

struct record {
	int64_t number;
	char text[8];
};

static const struct viod_option columns[] = {
	{ .key = "number", .type = VIOD_TYPE_INT, VIOD_FIELD(struct record, number), .max = 9 },
	{ .key = "text", .type = VIOD_TYPE_STRING, VIOD_FIELD(struct record, text) },
	END,
};
static const struct viod_option no_columns[] = { END };
static const struct viod_option column_twice[] = {
	{ .key = "text", .type = VIOD_TYPE_INT, VIOD_FIELD(struct record, number) },
	{ .key = "text", .type = VIOD_TYPE_STRING, VIOD_FIELD(struct record, text) },
	END,
};
static const struct viod_option column_outside[] = {
	{ .key = "text", .type = VIOD_TYPE_STRING, .offset = 8, .size = 9 },
	END,
};
static const struct viod_option column_key[] = {
	{ .key = "Text", .type = VIOD_TYPE_STRING, VIOD_FIELD(struct record, text) },
	END,
};
static const struct viod_option column_table[] = {
	{ .key = "t", .type = VIOD_TYPE_TABLE, .size = sizeof(struct viod_table) },
	END,
};

/* Each has one fault, which the error names: a good row, one field of which is replaced. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	struct viod_option rows[3];
	const char *part;
} bad[] = {
	{ { ROW(.key = ""), END }, "row 1 (''): its key does not consist of lower-case words" },
	{ { ROW(.key = "Key"), END }, "row 1 ('Key'): its key does not consist" },
	{ { ROW(.key = "a_b"), END }, "its key does not consist" },
	{ { ROW(.key = "-a"), END }, "its key does not consist" },
	{ { ROW(.key = "a-"), END }, "its key does not consist" },
	{ { ROW(.key = "a--b"), END }, "its key does not consist" },
	{ { ROW(.key = "9a"), END }, "its key does not consist" },
	{ { ROW(.key = "a b"), END }, "its key does not consist" },
	{ { ROW(.key = "a123456789b123456789c123456789d123456789e123456789f123456789g123"), END },
	  "its key does not consist" },
	{ { ROW(.scope = VIOD_SCOPE_MAX_), END }, "its scope is unknown" },
	{ { ROW(.type = VIOD_TYPE_MAX_), END }, "its type is unknown" },
	{ { ROW(.phase = VIOD_PHASE_MAX_), END }, "its phase is unknown" },
	{ { ROW(.flags = 1u << 31), END }, "it has unknown flags" },
	{ { ROW(.size = 4), END }, "its size is not that of its type" },
	{ { ROW(.size = 0), END }, "its size is not that of its type" },
	{ { ROW(.type = VIOD_TYPE_STRING, .size = 1), END }, "its size is not between 2 and 1024" },
	{ { ROW(.type = VIOD_TYPE_LIST, .size = 1025), END }, "its size is not between 2 and" },
	{ { ROW(.offset = sizeof(struct block)), END }, "its field lies outside" },
	{ { ROW(.offset = sizeof(struct block) - 4), END }, "its field lies outside" },
	{ { ROW(.offset = UINT32_MAX - 7), END }, "its field lies outside" },
	{ { ROW(.scope = VIOD_SCOPE_PF), END }, "its field lies outside" }, /* there is none */
	{ { ROW(.offset = 4), END }, "its field is not aligned" },
	{ { ROW(.type = VIOD_TYPE_ENUM), END }, "it has no words to choose from" },
	{ { ROW(.type = VIOD_TYPE_ENUM, .names = no_words), END }, "it has no words" },
	{ { ROW(.names = spaced), END }, "one of its words cannot be written in a file" },
	{ { ROW(.type = VIOD_TYPE_MAC, .names = zero), END }, "is not between 1 and 65535" },
	{ { ROW(.type = VIOD_TYPE_MAC, .names = large), END }, "is not between 1 and 65535" },
	{ { ROW(.min = 2, .max = 1), END }, "its lower bound is above its upper bound" },
	{ { ROW(.flags = VIOD_OPTION_REQUIRED | VIOD_OPTION_INTERNAL), END },
	  "it is required, but" },
	{ { ROW(.max = 9, .new_vf = "ten"), END },
	  "the value of row 'key' for new VFs is wrong: 'ten' is not a number" },
	{ { ROW(.max = 9, .unset = "ten", .flags = VIOD_OPTION_POLICY), END },
	  "the value of row 'key' where it is not set is wrong: 'ten' is not a number" },
	{ { TABLE(.flags = 0), END }, "it is a table, which no file can set" },
	{ { TABLE(.new_vf = "1"), END }, "it is a table, which no file can set" },
	{ { TABLE(.size = 8), END }, "its size is not that of its type" },
	{ { TABLE(.columns = NULL), END }, "it is a table without columns" },
	{ { TABLE(.columns = no_columns), END }, "it is a table without columns" },
	{ { TABLE(.record_size = 0), END }, "it is a table without columns" },
	{ { TABLE(.columns = column_twice), END }, "two of its columns have the same key" },
	{ { TABLE(.columns = column_outside), END }, "one of its columns does not fit its type" },
	{ { TABLE(.columns = column_key), END }, "the key of one of its columns" },
	{ { TABLE(.columns = column_table), END }, "a type that no column can have" },
	{ { ROW(.offset = 0), ROW(.offset = 8), END }, "key 'key' of [vfN] is declared twice" },
	{ { ROW(.offset = 0), ROW(.key = "other"), END },
	  "rows 'key' and 'other' of [vfN] share the same field" },
};
#pragma GCC diagnostic pop

START_TEST(good_rows_pass)
{
	static const struct viod_option rows[] = {
		VF_ROW(struct block, number, "number", .type = VIOD_TYPE_INT, .max = 9,
		       .new_vf = "0x9"),
		VF_ROW(struct block, amount, "max-rate2", .type = VIOD_TYPE_RATE),
		VF_ROW(struct block, text, "t", .type = VIOD_TYPE_STRING),
		VF_ROW(struct block, mac, "mac", .type = VIOD_TYPE_MAC, .names = mac_words),
		VF_ROW(struct block, driver, "driver", .type = VIOD_TYPE_DRIVER),
		VF_ROW(struct block, truth, "truth", .type = VIOD_TYPE_BOOL,
		       .flags = VIOD_OPTION_INTERNAL),
		VF_ROW(struct block, table, "table", .type = VIOD_TYPE_TABLE,
		       .flags = VIOD_OPTION_INTERNAL, .columns = columns,
		       .record_size = sizeof(struct record)),
		END,
	};
	const struct viod_plugin plugin = { .options = rows, .vf_size = sizeof(struct block) };
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(schema_check_rows(&plugin, &diags), 0);
	ck_assert_int_eq(schema_check_rows(&core_plugin, &diags), 0);
	ck_assert_int_eq(schema_check_rows(&net_plugin, &diags), 0);
	ck_assert_int_eq(schema_check_rows(&(struct viod_plugin){ 0 }, &diags), 0);
	assert_no_diags(&diags);
}
END_TEST

START_TEST(bad_rows_are_refused_with_a_reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct viod_plugin plugin = { .options = bad[i].rows,
						    .vf_size = sizeof(struct block) };
		const struct viod_plugin *list[] = { &plugin };
		_cleanup_diags_ struct diag_list diags = { 0 };
		struct schema *schema = NULL;

		ck_assert_int_eq(schema_check_rows(&plugin, &diags), -EINVAL);
		assert_diag_count(&diags, 1);
		ck_assert_msg(strstr(diags.items[0].text, bad[i].part), "case %zu: %s", i,
			      diags.items[0].text);
		ck_assert_int_eq(schema_new("x", list, 1, &diags, &schema), -EINVAL);
		ck_assert_ptr_null(schema);
	}
}
END_TEST

START_TEST(structs_have_a_limit)
{
	const struct viod_plugin fits = { .pf_size = SCHEMA_BLOCK_MAX };
	const struct viod_plugin huge = { .vf_size = SCHEMA_BLOCK_MAX + 1 };
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(schema_check_rows(&fits, &diags), 0);
	ck_assert_int_eq(schema_check_rows(&huge, &diags), -EINVAL);
	ck_assert(strstr(diags.items[0].text, "larger than 65536 bytes"));
}
END_TEST

/* n rows of one byte each, key-0 and so on. */
static struct viod_option *many_rows(size_t n, const char *prefix)
{
	struct viod_option *rows = calloc(n + 1, sizeof(*rows));

	for (size_t i = 0; i < n; i++) {
		char *key;

		ck_assert_int_ge(asprintf(&key, "%s-%zu", prefix, i), 0);
		rows[i] = (struct viod_option){ .scope = VIOD_SCOPE_VF,
						.type = VIOD_TYPE_BOOL,
						.offset = (uint32_t)i,
						.size = 1,
						.key = key };
	}
	return rows;
}

static void free_rows(struct viod_option *rows)
{
	for (struct viod_option *row = rows; row->key; row++)
		free((char *)row->key);
	free(rows);
}

START_TEST(a_table_without_an_end_is_noticed)
{
	struct viod_option *rows = many_rows(2 * SCHEMA_ROWS_MAX + 1, "key");
	const struct viod_plugin plugin = { .options = rows, .vf_size = 1000 };
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(schema_check_rows(&plugin, &diags), -EINVAL);
	ck_assert(strstr(diags.items[0].text, "its rows do not end with a NULL key"));
	free_rows(rows);
}
END_TEST

START_TEST(a_scope_has_so_many_rows)
{
	struct viod_option *one = many_rows(SCHEMA_ROWS_MAX - 1, "one"), *two = many_rows(1, "two"),
			   *three = many_rows(2, "three");
	const struct viod_plugin first = { .name = "first", .options = one, .vf_size = 200 },
				 second = { .name = "second", .options = two, .vf_size = 200 },
				 third = { .name = "third", .options = three, .vf_size = 200 };
	const struct viod_plugin *fits[] = { &first, &second }, *many[] = { &first, &third };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct schema *schema = NULL;

	ck_assert_int_eq(schema_new("x", fits, 2, &diags, &schema), 0);
	ck_assert_uint_eq(schema->scopes[VIOD_SCOPE_VF].n_rows, SCHEMA_ROWS_MAX);
	schema = schema_free(schema);
	ck_assert_int_eq(schema_new("x", many, 2, &diags, &schema), -E2BIG);
	ck_assert(strstr(diags.items[0].text, "key 'three-1' of plugin 'third' is one too many"));
	ck_assert_ptr_null(schema);
	free_rows(one);
	free_rows(two);
	free_rows(three);
}
END_TEST

START_TEST(plugins_that_clash_are_both_named)
{
	static const struct viod_option rows[] = {
		VF_ROW(struct block, number, "vlan", .type = VIOD_TYPE_INT),
		VF_ROW(struct block, truth, "trust", .type = VIOD_TYPE_BOOL),
		END,
	};
	const struct viod_plugin other = { .name = "other",
					   .options = rows,
					   .vf_size = sizeof(struct block) };
	const struct viod_plugin *plugins[] = { &core_plugin, &net_plugin, &other };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct schema *schema = NULL;

	ck_assert_int_eq(schema_new("net", plugins, 3, &diags, &schema), -EEXIST);
	ck_assert_ptr_null(schema);
	/* All of them, not the first alone. */
	assert_diag_count(&diags, 2);
	ck_assert(strstr(diags.items[0].text,
			 "key 'vlan' of [vfN] is declared by plugin 'net' and by plugin 'other'"));
	ck_assert(strstr(diags.items[1].text, "key 'trust'"));
}
END_TEST

START_TEST(blocks_do_not_overlap)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };

	ck_assert_int_eq(kinds_new(&kinds), 0);
	for (enum viod_scope which = 0; which < VIOD_SCOPE_MAX_; which++) {
		const struct schema_scope *scope = &kinds.net->scopes[which];
		size_t rows = 0;

		ck_assert_uint_eq(scope->n_blocks, 2);
		for (size_t i = 0; i < scope->n_blocks; i++) {
			const struct schema_block *block = &scope->blocks[i];

			ck_assert_uint_eq(block->offset % _Alignof(max_align_t), 0);
			ck_assert_uint_ge(scope->size, block->offset + block->size);
			ck_assert_uint_eq(block->first_row, rows);
			if (i > 0)
				ck_assert_uint_ge(block->offset, block[-1].offset + block[-1].size);
			for (size_t j = 0; j < block->n_rows; j++, rows++) {
				ck_assert_uint_eq(scope->rows[rows].index, rows);
				ck_assert_ptr_eq(scope->rows[rows].owner, block->owner);
				ck_assert_uint_eq(scope->rows[rows].offset,
						  block->offset + scope->rows[rows].option->offset);
			}
		}
		ck_assert_uint_eq(rows, scope->n_rows);
	}
	ck_assert_str_eq(kinds.net->kind, "net");
	ck_assert_ptr_eq(kinds.net->plugins[0], &core_plugin);
	ck_assert_ptr_eq(kinds.net->plugins[1], &net_plugin);
}
END_TEST

START_TEST(rows_are_found)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	const struct schema_row *row;
	char huge[200] = { 0 };

	ck_assert_int_eq(kinds_new(&kinds), 0);
	row = schema_find(kinds.net, VIOD_SCOPE_VF, "max-rate");
	ck_assert_ptr_nonnull(row);
	ck_assert_ptr_eq(schema_find(kinds.net, VIOD_SCOPE_VF, "max_rate"), row);
	ck_assert_ptr_eq(schema_row_of(kinds.net, row->option), row);
	ck_assert_ptr_eq(row->owner, &net_plugin);
	ck_assert_ptr_null(schema_find(kinds.net, VIOD_SCOPE_PF, "max-rate"));
	ck_assert_ptr_null(schema_find(kinds.gpu, VIOD_SCOPE_VF, "max-rate"));
	ck_assert_ptr_null(schema_row_of(kinds.gpu, row->option));
	ck_assert_ptr_ne(schema_find(kinds.net, VIOD_SCOPE_VF, "driver"),
			 schema_find(kinds.net, VIOD_SCOPE_PF, "driver"));
	memset(huge, 'a', sizeof(huge) - 1);
	ck_assert_ptr_null(schema_find(kinds.net, VIOD_SCOPE_VF, huge));
	ck_assert_ptr_null(schema_find(kinds.net, VIOD_SCOPE_VF, ""));
}
END_TEST

/* Two quirks and their kind have the same key: a file may use it, and it is whose device it is. */
START_TEST(quirks_share_keys)
{
	static const struct viod_option first_rows[] = {
		VF_ROW(struct block, amount, "share", .type = VIOD_TYPE_SIZE),
		VF_ROW(struct block, truth, "own", .type = VIOD_TYPE_BOOL),
		END,
	};
	static const struct viod_option second_rows[] = {
		VF_ROW(struct block, number, "profile", .type = VIOD_TYPE_INT, .max = 9),
		VF_ROW(struct block, amount, "share", .type = VIOD_TYPE_SIZE,
		       .flags = VIOD_OPTION_DISRUPTIVE),
		END,
	};
	static const struct viod_option kind_rows[] = {
		VF_ROW(struct block, number, "profile", .type = VIOD_TYPE_INT, .max = 9),
		END,
	};
	static const struct viod_plugin kind = { .name = "x",
						 .kind = "x",
						 .role = VIOD_ROLE_KIND,
						 .options = kind_rows,
						 .vf_size = sizeof(struct block) };
	static const struct viod_plugin first = { .name = "x-a",
						  .kind = "x",
						  .role = VIOD_ROLE_QUIRK,
						  .options = first_rows,
						  .vf_size = sizeof(struct block) };
	static const struct viod_plugin second = { .name = "x-b",
						   .kind = "x",
						   .role = VIOD_ROLE_QUIRK,
						   .options = second_rows,
						   .vf_size = sizeof(struct block) };
	static const struct viod_plugin *const list[] = { &kind, &first, &second };
	_cleanup_diags_ struct diag_list diags = { 0 };
	const struct schema_row *share, *profile;
	struct schema *schema = NULL;

	ck_assert_int_eq(schema_new("x", list, 3, &diags, &schema), 0);
	assert_no_diags(&diags);
	ck_assert_uint_eq(schema->scopes[VIOD_SCOPE_VF].n_rows, 3);
	share = schema_find(schema, VIOD_SCOPE_VF, "share");
	profile = schema_find(schema, VIOD_SCOPE_VF, "profile");
	for (int round = 0; round < 2; round++) {
		schema_choose(schema, &second);
		ck_assert_ptr_eq(share->owner, &second);
		ck_assert_ptr_eq(share->option, &second_rows[1]);
		ck_assert_ptr_eq(profile->owner, &second);
		ck_assert_ptr_eq(schema_row_of(schema, &second_rows[1]), share);
		ck_assert_ptr_null(schema_row_of(schema, &first_rows[0]));
		schema_choose(schema, &first);
		ck_assert_ptr_eq(share->option, &first_rows[0]);
		ck_assert_ptr_eq(profile->option, &kind_rows[0]);
		schema_choose(schema, &second);
		schema_choose(schema, NULL);
		ck_assert_ptr_eq(share->owner, &first);
		ck_assert_ptr_eq(profile->owner, &kind);
	}
	schema_free(schema);
}
END_TEST

/* What means something else is no key to share, nor is one of two kinds' plugins or of core. */
START_TEST(only_alike_keys_are_shared)
{
	static const struct viod_option rows[] = {
		VF_ROW(struct block, number, "key", .type = VIOD_TYPE_INT, .max = 9),
		END,
	};
	static const struct viod_option others[][2] = {
		{ VF_ROW(struct block, number, "key", .type = VIOD_TYPE_INT, .max = 8), END },
		{ VF_ROW(struct block, amount, "key", .type = VIOD_TYPE_SIZE), END },
		{ VF_ROW(struct block, number, "key", .type = VIOD_TYPE_INT, .max = 9,
			 .names = remove_words),
		  END },
		{ VF_ROW(struct block, number, "key", .type = VIOD_TYPE_INT, .max = 9,
			 .flags = VIOD_OPTION_REQUIRED),
		  END },
	};
	const struct viod_plugin a = { .name = "a",
				       .kind = "x",
				       .role = VIOD_ROLE_QUIRK,
				       .options = rows,
				       .vf_size = sizeof(struct block) };
	struct viod_plugin b = {
		.name = "b", .kind = "x", .role = VIOD_ROLE_QUIRK, .vf_size = sizeof(struct block)
	};
	const struct viod_plugin *list[] = { &a, &b };

	for (size_t i = 0; i < ARRAY_SIZE(others) + 1; i++) {
		_cleanup_diags_ struct diag_list diags = { 0 };
		struct schema *schema = NULL;

		b.options = i < ARRAY_SIZE(others) ? others[i] : rows;
		b.role = i < ARRAY_SIZE(others) ? VIOD_ROLE_QUIRK : VIOD_ROLE_DRIVER;
		ck_assert_int_eq(schema_new("x", list, 2, &diags, &schema), -EEXIST);
		assert_diag_count(&diags, 1);
	}
}
END_TEST

START_TEST(a_kind_without_plugins_is_empty)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct schema *schema = NULL;

	ck_assert_int_eq(schema_new("bare", NULL, 0, &diags, &schema), 0);
	ck_assert_uint_eq(schema->scopes[VIOD_SCOPE_PF].n_rows, 0);
	ck_assert_ptr_null(schema_free(schema));
	ck_assert_ptr_null(schema_free(NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		good_rows_pass,
		bad_rows_are_refused_with_a_reason,
		structs_have_a_limit,
		a_table_without_an_end_is_noticed,
		a_scope_has_so_many_rows,
		plugins_that_clash_are_both_named,
		blocks_do_not_overlap,
		rows_are_found,
		quirks_share_keys,
		only_alike_keys_are_shared,
		a_kind_without_plugins_is_empty,
	};

	return run_tests("schema", tests, ARRAY_SIZE(tests));
}
