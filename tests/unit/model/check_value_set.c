/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"
#include "model/value-set.h"

static const struct viod_where place = { .file = "a.conf", .line = 3, .column = 8 };

static const struct schema_row *pf_row(const struct kinds *kinds, const char *key)
{
	const struct schema_row *row = schema_find(kinds->net, VIOD_SCOPE_PF, key);

	ck_assert_ptr_nonnull(row);
	return row;
}

static const struct schema_row *vf_row(const struct kinds *kinds, const char *key)
{
	const struct schema_row *row = schema_find(kinds->net, VIOD_SCOPE_VF, key);

	ck_assert_ptr_nonnull(row);
	return row;
}

static void put(struct viod_values *values, int vf, const struct schema_row *row, const char *text)
{
	_Alignas(max_align_t) unsigned char data[VALUE_TEXT_MAX];
	char *why = NULL;

	ck_assert_msg(value_parse(row->option, text, data, &why) == 0, "%s", why);
	values_put(values, vf, row, data, NULL);
}

static void assert_text(const struct viod_values *values, int vf, const struct schema_row *row,
			const char *expected)
{
	const void *value = values_get(values, vf, row);
	char text[VALUE_TEXT_MAX];

	ck_assert_msg(value, "%s of VF %d is not known", row->option->key, vf);
	ck_assert_int_eq(value_format(row->option, value, text, sizeof(text)), 0);
	ck_assert_str_eq(text, expected);
}

START_TEST(nothing_is_known_at_first)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 2, &values), 0);
	ck_assert_uint_eq(values->n_vfs, 2);
	ck_assert_ptr_null(values_get(values, VIOD_PF, pf_row(&kinds, "vfs")));
	ck_assert_ptr_null(values_get(values, 1, vf_row(&kinds, "vlan")));
	ck_assert_ptr_null(values_where(values, 1, vf_row(&kinds, "vlan"))->file);
	ck_assert_ptr_null(values_where(values, 7, vf_row(&kinds, "vlan"))->file);
	ck_assert_ptr_nonnull(values_object(values, VIOD_PF));
	ck_assert_ptr_nonnull(values_object(values, 1));
	ck_assert_ptr_null(values_object(values, 2));
	ck_assert_ptr_null(values_object(values, -2));
}
END_TEST

START_TEST(values_are_put_and_forgotten)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	const struct schema_row *vlan, *tag;
	const struct sample_net_vf *block;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 2, &values), 0);
	vlan = vf_row(&kinds, "vlan");
	tag = vf_row(&kinds, "tag");
	values_put(values, 1, vlan, &(int64_t){ 100 }, &place);
	values_put(values, 1, tag, "fifteen letters", NULL);
	ck_assert_int_eq(*(const int64_t *)values_get(values, 1, vlan), 100);
	ck_assert_ptr_null(values_get(values, 0, vlan));
	ck_assert_ptr_eq(values_where(values, 1, vlan), &place);
	ck_assert_ptr_null(values_where(values, 1, tag)->file);
	ck_assert_ptr_null(values_where(values, 0, vlan)->file);
	/* Where a plugin looks for it. */
	block = (const void *)(values->vfs[1]->data +
			       kinds.net->scopes[VIOD_SCOPE_VF].blocks[1].offset);
	ck_assert_int_eq(block->vlan, 100);
	ck_assert_str_eq(block->tag, "fifteen letters");
	/* A value without a file clears the place of the previous one. */
	values_put(values, 1, vlan, &(int64_t){ 7 }, NULL);
	ck_assert_ptr_null(values_where(values, 1, vlan)->file);
	values_put(values, 1, vlan, &(int64_t){ 7 }, &place);
	values_forget(values, 1, vlan);
	ck_assert_ptr_null(values_get(values, 1, vlan));
	ck_assert_ptr_null(values_where(values, 1, vlan)->file);
	ck_assert_int_eq(block->vlan, 0);
	ck_assert_ptr_nonnull(values_get(values, 1, tag));
}
END_TEST

START_TEST(rows_of_another_scope_are_ignored)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	const struct schema_row *vlan, *vfs;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 1, &values), 0);
	vlan = vf_row(&kinds, "vlan");
	vfs = pf_row(&kinds, "vfs");
	/* A VF that does not exist, and rows of the other scope. */
	values_put(values, 1, vlan, &(int64_t){ 1 }, &place);
	values_put(values, VIOD_PF, vlan, &(int64_t){ 1 }, &place);
	values_put(values, 0, vfs, &(int64_t){ 1 }, &place);
	values_forget(values, 1, vlan);
	values_forget(values, 0, vfs);
	ck_assert_ptr_null(values_get(values, 1, vlan));
	ck_assert_ptr_null(values_get(values, VIOD_PF, vlan));
	ck_assert_ptr_null(values_get(values, 0, vfs));
	ck_assert_uint_eq(values->pf->known[0] | values->vfs[0]->known[0], 0);
}
END_TEST

START_TEST(the_number_of_vfs_changes)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	const struct schema_row *vlan;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 0, &values), 0);
	vlan = vf_row(&kinds, "vlan");
	ck_assert_int_eq(values_resize(values, 300), 0);
	values_put(values, 10, vlan, &(int64_t){ 10 }, &place);
	values_put(values, 299, vlan, &(int64_t){ 299 }, NULL);
	ck_assert_int_eq(values_resize(values, 11), 0);
	ck_assert_uint_eq(values->n_vfs, 11);
	assert_text(values, 10, vlan, "10");
	ck_assert_ptr_null(values_get(values, 299, vlan));
	ck_assert_int_eq(values_resize(values, 300), 0);
	ck_assert_ptr_null(values_get(values, 299, vlan));
	assert_text(values, 10, vlan, "10");
	ck_assert_int_eq(values_resize(values, 0), 0);
	ck_assert_int_eq(values_resize(values, 1), 0);
}
END_TEST

START_TEST(copies_stand_alone)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL, *copy = NULL;
	const struct schema_row *vlan, *vfs;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 2, &values), 0);
	vlan = vf_row(&kinds, "vlan");
	vfs = pf_row(&kinds, "vfs");
	values_put(values, 1, vlan, &(int64_t){ 100 }, &place);
	values_put(values, VIOD_PF, vfs, &(int64_t){ 2 }, NULL);
	ck_assert_int_eq(values_copy(values, &copy), 0);
	values_forget(values, 1, vlan);
	assert_text(copy, 1, vlan, "100");
	assert_text(copy, VIOD_PF, vfs, "2");
	ck_assert_ptr_eq(values_where(copy, 1, vlan), &place);
	ck_assert_ptr_null(values_get(copy, 0, vlan));
	ck_assert_int_eq(values_resize(copy, 5), 0);
}
END_TEST

/* Every type, and a driver that the kernel chose itself. */
static struct viod_values *filled(const struct kinds *kinds)
{
	static const struct {
		const char *key, *text;
	} rows[] = {
		{ "mac", "52:54:00:ab:cd:01" },
		{ "vlan", "100" },
		{ "link-state", "enable" },
		{ "max-rate", "2.5G" },
		{ "memory", "4G" },
		{ "node-guid", "00:11:22:33:44:55:66:77" },
		{ "trust", "on" },
		{ "tag", "two words" },
		{ "queues", "a, b" },
		{ "hidden", "5" },
	};
	const struct viod_driver native = { .name = "igbvf", .native = true };
	struct viod_values *values = NULL;

	ck_assert_int_eq(values_new(kinds->net, 3, &values), 0);
	put(values, VIOD_PF, pf_row(kinds, "vfs"), "3");
	put(values, VIOD_PF, pf_row(kinds, "promisc"), "off");
	put(values, VIOD_PF, pf_row(kinds, "timeout"), "5");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put(values, 1, vf_row(kinds, rows[i].key), rows[i].text);
	values_put(values, 1, vf_row(kinds, "driver"), &native, NULL);
	put(values, 2, vf_row(kinds, "mac"), "stable");
	put(values, 2, vf_row(kinds, "driver"), "vfio-pci");
	return values;
}

START_TEST(json_keeps_what_is_known)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL, *copy = NULL;
	json_t *json, *vf;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	values = filled(&kinds);
	json = values_to_json(values);
	ck_assert_ptr_nonnull(json);
	vf = json_array_get(json_object_get(json, "vfs"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(vf, "driver")), "igbvf");
	ck_assert_str_eq(json_string_value(json_object_get(vf, "max-rate")), "2500");
	ck_assert_str_eq(json_string_value(json_object_get(vf, "hidden")), "5");
	ck_assert_uint_eq(json_object_size(json_array_get(json_object_get(json, "vfs"), 0)), 0);
	/* Policies are no state. */
	ck_assert_ptr_null(json_object_get(json_object_get(json, "pf"), "timeout"));
	ck_assert_int_eq(values_from_json(kinds.net, json, &copy), 0);
	json_decref(json);
	ck_assert_uint_eq(copy->n_vfs, 3);
	ck_assert_ptr_null(values_get(copy, VIOD_PF, pf_row(&kinds, "timeout")));
	values_forget(values, VIOD_PF, pf_row(&kinds, "timeout"));
	ck_assert_mem_eq(copy->pf->known, values->pf->known, sizeof(copy->pf->known));
	ck_assert_mem_eq(copy->pf->data, values->pf->data, kinds.net->scopes[0].size);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_mem_eq(copy->vfs[i]->known, values->vfs[i]->known,
				 sizeof(copy->pf->known));
		ck_assert_mem_eq(copy->vfs[i]->data, values->vfs[i]->data,
				 kinds.net->scopes[1].size);
	}
}
END_TEST

START_TEST(json_of_a_removed_plugin_is_ignored)
{
	static const char text[] = "{\"pf\":{\"vfs\":\"2\",\"eswitch\":\"x\",\"timeout\":\"9\"},"
				   "\"vfs\":[{\"vlan\":\"lots\",\"mac\":\"stable\","
				   "\"removed\":{\"deep\":[1]},\"mac.native\":true}]}";
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	json_t *json = json_loads(text, 0, NULL);

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_from_json(kinds.net, json, &values), 0);
	json_decref(json);
	assert_text(values, VIOD_PF, pf_row(&kinds, "vfs"), "2");
	ck_assert_ptr_null(values_get(values, VIOD_PF, pf_row(&kinds, "timeout")));
	ck_assert_ptr_null(values_get(values, 0, vf_row(&kinds, "vlan")));
	assert_text(values, 0, vf_row(&kinds, "mac"), "stable");
}
END_TEST

START_TEST(json_of_another_shape_is_refused)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"pf\":{}}",
		"{\"vfs\":[]}",
		"{\"pf\":[],\"vfs\":[]}",
		"{\"pf\":{},\"vfs\":{}}",
		"{\"pf\":{},\"vfs\":[3]}",
		"{\"pf\":{\"vfs\":2},\"vfs\":[]}",
		"{\"pf\":{},\"vfs\":[{\"vlan\":[]}]}",
	};
	_cleanup_kinds_ struct kinds kinds = { 0 };
	struct viod_values *values = NULL;
	json_t *json, *many;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json = json_loads(bad[i], 0, NULL);
		ck_assert_msg(values_from_json(kinds.net, json, &values) == -EBADMSG, "%s", bad[i]);
		json_decref(json);
	}
	many = json_array();
	for (size_t i = 0; i < 65536; i++)
		json_array_append_new(many, json_object());
	json = json_pack("{s:{}, s:o}", "pf", "vfs", many);
	ck_assert_int_eq(values_from_json(kinds.net, json, &values), -EBADMSG);
	json_decref(json);
	ck_assert_ptr_null(values);
}
END_TEST

START_TEST(json_leaves_out_what_is_no_text)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	json_t *json, *vf;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 1, &values), 0);
	put(values, 0, vf_row(&kinds, "tag"), "\xff\xfe");
	put(values, 0, vf_row(&kinds, "vlan"), "7");
	json = values_to_json(values);
	ck_assert_ptr_nonnull(json);
	vf = json_array_get(json_object_get(json, "vfs"), 0);
	ck_assert_ptr_null(json_object_get(vf, "tag"));
	ck_assert_ptr_nonnull(json_object_get(vf, "vlan"));
	json_decref(json);
}
END_TEST

START_TEST(a_file_is_printed)
{
	static const char expected[] = "[pf]\n"
				       "name = 05:00.0\n"
				       "kind = net\n"
				       "vfs = 3\n"
				       "timeout = 5\n"
				       "promisc = off\n"
				       "\n"
				       "[vf1]\n"
				       "driver = igbvf\n"
				       "mac = 52:54:00:ab:cd:01\n"
				       "vlan = 100\n"
				       "link-state = enable\n"
				       "max-rate = 2500\n"
				       "memory = 4G\n"
				       "node-guid = 00:11:22:33:44:55:66:77\n"
				       "trust = on\n"
				       "tag = two words\n"
				       "queues = a, b\n"
				       "\n"
				       "[vf2]\n"
				       "driver = vfio-pci\n"
				       "mac = stable\n";
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	values = filled(&kinds);
	/* The caller's name and the schema's kind count, not these. */
	put(values, VIOD_PF, pf_row(&kinds, "name"), "something else");
	put(values, VIOD_PF, pf_row(&kinds, "kind"), "something else");
	ck_assert_int_eq(values_print(values, "05:00.0", &text), 0);
	ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(what_a_file_cannot_say_becomes_a_comment)
{
	static const char *const odd[] = { "a #b", "#a", " a", "a ", "a\nb", "\"a\"", "\xff" };
	_cleanup_kinds_ struct kinds kinds = { 0 };
	_cleanup_values_ struct viod_values *values = NULL;
	_cleanup_free_ char *empty = NULL;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	ck_assert_int_eq(values_new(kinds.net, 1, &values), 0);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_free_ char *text = NULL;

		put(values, 0, vf_row(&kinds, "tag"), odd[i]);
		ck_assert_int_eq(values_print(values, "x", &text), 0);
		ck_assert_msg(strstr(text, "# tag: its value cannot be written in a file"), "%s",
			      text);
		ck_assert_ptr_null(strstr(text, "tag ="));
	}
	put(values, 0, vf_row(&kinds, "tag"), "");
	ck_assert_int_eq(values_print(values, "x", &empty), 0);
	ck_assert_ptr_nonnull(strstr(empty, "# tag: empty"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		nothing_is_known_at_first,
		values_are_put_and_forgotten,
		rows_of_another_scope_are_ignored,
		the_number_of_vfs_changes,
		copies_stand_alone,
		json_keeps_what_is_known,
		json_of_a_removed_plugin_is_ignored,
		json_of_another_shape_is_refused,
		json_leaves_out_what_is_no_text,
		a_file_is_printed,
		what_a_file_cannot_say_becomes_a_comment,
	};

	return run_tests("values", tests, ARRAY_SIZE(tests));
}
