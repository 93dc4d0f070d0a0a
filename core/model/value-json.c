/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values as JSON, in records and state files. */
#include <errno.h>
#include <string.h>

#include "model/value-set.h"

/* A second member of a driver row in JSON: "driver" is the text as in a file, "driver.native"
 * records that the state satisfies "default". No row's key has a dot. */
#define NATIVE_SUFFIX ".native"

/* --- tables ---------------------------------------------------------------------------------- */

/* NULL without memory; null if a column is not UTF-8. */
static json_t *record_to_json(const struct viod_option *option, const unsigned char *record)
{
	json_t *json = json_object();
	char text[VALUE_TEXT_MAX];

	for (const struct viod_option *column = option->columns; json && column->key; column++) {
		if (value_format(column, record + column->offset, text, sizeof(text)) < 0 ||
		    printable_prefix(text, strlen(text)) < strlen(text)) {
			json_decref(json);
			return json_null();
		}
		if (json_object_set_new_nocheck(json, column->key, json_string_nocheck(text)) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

/* [{column: text, …}, …]; null if a column is not UTF-8; NULL without memory. */
static json_t *table_to_json(const struct viod_option *option, const struct viod_table *table)
{
	json_t *json = json_array();

	for (size_t i = 0; json && i < table->count; i++) {
		json_t *record = record_to_json(option, (const unsigned char *)table->records +
								i * option->record_size);
		bool is_text = json_is_object(record);

		if (is_text && json_array_append_new(json, record) == 0)
			continue;
		json_decref(json);
		return is_text ? NULL : record;
	}
	return json;
}

static int record_from_json(const struct viod_option *option, const json_t *json,
			    unsigned char *ret_record)
{
	_Alignas(max_align_t) unsigned char value[VALUE_TEXT_MAX];

	for (const struct viod_option *column = option->columns; column->key; column++) {
		const char *text = json_string_value(json_object_get(json, column->key));
		_cleanup_free_ char *why = NULL;
		int r;

		if (!text)
			return -EBADMSG;
		r = value_parse(column, text, value, &why);
		if (r < 0)
			return r == -ENOMEM ? r : -EBADMSG;
		memcpy(ret_record + column->offset, value, column->size);
	}
	return 0;
}

/* -EBADMSG if it is not a table of these columns, -E2BIG, -ENOMEM. */
static int table_from_json(const struct viod_option *option, const json_t *json, void **ret_records,
			   uint32_t *ret_count)
{
	size_t count = json_array_size(json);
	_cleanup_free_ unsigned char *records = NULL;

	if (!json_is_array(json))
		return -EBADMSG;
	if (count > TABLE_RECORDS_MAX)
		return -E2BIG;
	records = calloc(count + 1, option->record_size);
	if (!records)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = record_from_json(option, json_array_get(json, i),
					 records + i * option->record_size);

		if (r < 0)
			return r;
	}
	*ret_records = TAKE_PTR(records);
	*ret_count = (uint32_t)count;
	return 0;
}

/* --- functions ------------------------------------------------------------------------------- */

static bool is_recorded(const struct schema_row *row)
{
	return !(row->option->flags & VIOD_OPTION_POLICY);
}

static int native_key(const struct schema_row *row, char *ret_key, size_t size)
{
	return snprintf(ret_key, size, "%s" NATIVE_SUFFIX, row->option->key) < (int)size
		       ? 0
		       : -EMSGSIZE;
}

/* JSON is UTF-8: a string that a driver reports in another encoding cannot be recorded. */
static bool row_text(const struct schema_row *row, const void *value, char *ret_text)
{
	return value_format(row->option, value, ret_text, VALUE_TEXT_MAX) == 0 &&
	       printable_prefix(ret_text, strlen(ret_text)) == strlen(ret_text);
}

static bool is_native_driver(const struct schema_row *row, const void *value)
{
	return row->option->type == VIOD_TYPE_DRIVER && ((const struct viod_driver *)value)->native;
}

static int add_table(json_t *json, const struct schema_row *row, const struct viod_table *table)
{
	json_t *records = table_to_json(row->option, table);

	if (json_is_null(records)) {
		json_decref(records);
		return 0;
	}
	return json_object_set_new_nocheck(json, row->option->key, records) < 0 ? -ENOMEM : 0;
}

/* A reference to the string of the function before, if it is the same: most rows have one value in
 * all VFs. */
static json_t *text_to_json(const char *text, json_t **last)
{
	if (!*last || !streq(json_string_value(*last), text))
		*last = json_string_nocheck(text);
	else
		json_incref(*last);
	return *last;
}

/* last: the row's string in the function before, which has a reference to it, or NULL. */
static int row_to_json(json_t *json, const struct schema_row *row, const void *value, json_t **last)
{
	char text[VALUE_TEXT_MAX], native[128];

	if (row->option->type == VIOD_TYPE_TABLE)
		return add_table(json, row, value);
	if (!row_text(row, value, text))
		return 0;
	if (json_object_set_new_nocheck(json, row->option->key, text_to_json(text, last)) < 0)
		return -ENOMEM;
	if (!is_native_driver(row, value) || native_key(row, native, sizeof(native)) < 0)
		return 0;
	return json_object_set_new_nocheck(json, native, json_true()) < 0 ? -ENOMEM : 0;
}

/* last: by row, of the scope. */
static json_t *function_to_json(const struct viod_values *values, int vf, json_t **last)
{
	const struct schema_scope *scope = &values->schema->scopes[schema_scope_of(vf)];
	json_t *json = json_object();

	for (size_t i = 0; json && i < scope->n_rows; i++) {
		const void *value = values_get(values, vf, &scope->rows[i]);

		if (!value || !is_recorded(&scope->rows[i]))
			continue;
		if (row_to_json(json, &scope->rows[i], value, &last[i]) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

json_t *values_pf_to_json(const struct viod_values *values)
{
	json_t *last[SCHEMA_ROWS_MAX] = { NULL };

	return function_to_json(values, VIOD_PF, last);
}

json_t *values_to_json(const struct viod_values *values)
{
	json_t *vfs = json_array(), *last[SCHEMA_ROWS_MAX] = { NULL };

	for (size_t i = 0; i < values->n_vfs; i++)
		if (json_array_append_new(vfs, function_to_json(values, (int)i, last)) < 0) {
			json_decref(vfs);
			return NULL;
		}
	/* "o" steals the references, also on failure, and fails for NULL. */
	return json_pack("{s:o, s:o}", "pf", values_pf_to_json(values), "vfs", vfs);
}

static void add_table_text(const struct schema_row *row, const struct viod_table *table,
			   struct json_text *out)
{
	json_t *records = table_to_json(row->option, table);

	out->failed = out->failed || !records;
	if (records && !json_is_null(records)) {
		json_text_key(out, row->option->key);
		json_text_value(out, records, 0);
	}
	json_decref(records);
}

void values_add_json(const struct viod_values *values, int vf, const char *const *without,
		     struct json_text *out)
{
	const struct schema_scope *scope = &values->schema->scopes[schema_scope_of(vf)];
	char text[VALUE_TEXT_MAX], native[128];

	json_text_add(out, "{");
	for (size_t i = 0; i < scope->n_rows; i++) {
		const struct schema_row *row = &scope->rows[i];
		const void *value = values_get(values, vf, row);

		if (!value || !is_recorded(row) || words_have(without, row->option->key))
			continue;
		if (row->option->type == VIOD_TYPE_TABLE) {
			add_table_text(row, value, out);
			continue;
		}
		if (!row_text(row, value, text))
			continue;
		json_text_key(out, row->option->key);
		json_text_string(out, text);
		if (!is_native_driver(row, value) || native_key(row, native, sizeof(native)) < 0)
			continue;
		json_text_key(out, native);
		json_text_add(out, "true");
	}
	json_text_add(out, "}");
}

static int table_row_from_json(struct viod_values *values, int vf, const struct schema_row *row,
			       const json_t *json)
{
	_cleanup_free_ void *records = NULL;
	struct viod_table table = { 0 };
	int r;

	r = table_from_json(row->option, json, &records, &table.count);
	/* As a text that does not parse. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	table.records = records;
	return values_put(values, vf, row, &table, NULL);
}

static int row_from_json(struct viod_values *values, int vf, const struct schema_row *row,
			 const json_t *json)
{
	_Alignas(max_align_t) unsigned char value[VALUE_TEXT_MAX];
	const json_t *text = json_object_get(json, row->option->key);
	_cleanup_free_ char *why = NULL;
	char native[128];
	int r;

	if (!text || !is_recorded(row))
		return 0;
	if (row->option->type == VIOD_TYPE_TABLE)
		return table_row_from_json(values, vf, row, text);
	if (!json_is_string(text))
		return -EBADMSG;
	r = value_parse(row->option, json_string_value(text), value, &why);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (row->option->type == VIOD_TYPE_DRIVER && native_key(row, native, sizeof(native)) == 0)
		((struct viod_driver *)value)->native = json_is_true(json_object_get(json, native));
	values_put(values, vf, row, value, NULL);
	return 0;
}

static int function_from_json(struct viod_values *values, int vf, const json_t *json)
{
	const struct schema_scope *scope = &values->schema->scopes[schema_scope_of(vf)];

	if (!json_is_object(json))
		return -EBADMSG;
	for (size_t i = 0; i < scope->n_rows; i++) {
		int r = row_from_json(values, vf, &scope->rows[i], json);

		if (r < 0)
			return r;
	}
	return 0;
}

int values_pf_from_json(const struct schema *schema, const json_t *json,
			struct viod_values **ret_values)
{
	_cleanup_values_ struct viod_values *values = NULL;
	int r;

	r = values_new(schema, 0, &values);
	if (r == 0)
		r = function_from_json(values, VIOD_PF, json_object_get(json, "pf"));
	if (r < 0)
		return r;
	*ret_values = TAKE_PTR(values);
	return 0;
}

int values_from_json(const struct schema *schema, const json_t *json,
		     struct viod_values **ret_values)
{
	_cleanup_values_ struct viod_values *values = NULL;
	const json_t *vfs = json_object_get(json, "vfs");
	int r;

	if (!json_is_array(vfs) || json_array_size(vfs) > VIOD_VF_MAX)
		return -EBADMSG;
	r = values_pf_from_json(schema, json, &values);
	if (r == 0)
		r = values_resize(values, json_array_size(vfs));
	for (size_t i = 0; r == 0 && i < values->n_vfs; i++)
		r = function_from_json(values, (int)i, json_array_get(vfs, i));
	if (r < 0)
		return r;
	*ret_values = TAKE_PTR(values);
	return 0;
}
