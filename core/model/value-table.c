/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/value-table.h"

#include <errno.h>
#include <string.h>

#include "model/value.h"

static const unsigned char *record_at(const struct viod_option *option,
				      const struct viod_table *table, size_t i)
{
	return (const unsigned char *)table->records + i * option->record_size;
}

bool table_equal(const struct viod_option *option, const struct viod_table *a,
		 const struct viod_table *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		for (const struct viod_option *column = option->columns; column->key; column++)
			if (!value_satisfied(column, record_at(option, a, i) + column->offset,
					     record_at(option, b, i) + column->offset))
				return false;
	return true;
}

/* True if the text fitted whole. */
static bool append_cell(char *text, size_t size, const char *separator, const char *cell)
{
	size_t used = strlen(text), needed = strlen(separator) + strlen(cell);

	if (used + needed >= size)
		return false;
	(void)snprintf(text + used, size - used, "%s%s", separator, cell);
	return true;
}

void table_text(const struct viod_option *option, const struct viod_table *table, char *ret_text,
		size_t size)
{
	static const char more[] = " ...";
	char cell[VALUE_TEXT_MAX];

	*ret_text = '\0';
	for (size_t i = 0; i < table->count; i++)
		for (const struct viod_option *column = option->columns; column->key; column++) {
			const char *separator = column != option->columns ? " " : i ? ", " : "";
			const void *value = record_at(option, table, i) + column->offset;

			if (value_format(column, value, cell, sizeof(cell)) < 0)
				(void)copy_text(cell, sizeof(cell), "?");
			if (!append_cell(ret_text, size - (sizeof(more) - 1), separator,
					 *cell ? cell : "-")) {
				(void)append_cell(ret_text, size, "", more);
				return;
			}
		}
}

/* --- as JSON --------------------------------------------------------------------------------- */

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

json_t *table_to_json(const struct viod_option *option, const struct viod_table *table)
{
	json_t *json = json_array();

	for (size_t i = 0; json && i < table->count; i++) {
		json_t *record = record_to_json(option, record_at(option, table, i));
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

int table_from_json(const struct viod_option *option, const json_t *json, void **ret_records,
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
