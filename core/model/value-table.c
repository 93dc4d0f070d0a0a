/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of VIOD_TYPE_TABLE. What is done with a cell is the caller's, since a cell is a value too.
 */
#include <string.h>

#include "model/value-private.h"

static const unsigned char *record_at(const struct viod_option *option,
				      const struct viod_table *table, size_t i)
{
	return (const unsigned char *)table->records + i * option->record_size;
}

bool value_tables_equal(const struct viod_option *option, const struct viod_table *a,
			const struct viod_table *b, value_equal_fn cells_equal)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		for (const struct viod_option *column = option->columns; column->key; column++)
			if (!cells_equal(column, record_at(option, a, i) + column->offset,
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

void value_table_text(const struct viod_option *option, const struct viod_table *table,
		      value_format_fn format_cell, char *ret_text, size_t size)
{
	static const char more[] = " ...";
	char cell[VALUE_TEXT_MAX];

	*ret_text = '\0';
	for (size_t i = 0; i < table->count; i++)
		for (const struct viod_option *column = option->columns; column->key; column++) {
			const char *separator = column != option->columns ? " " : i ? ", " : "";
			const void *value = record_at(option, table, i) + column->offset;

			if (format_cell(column, value, cell, sizeof(cell)) < 0)
				(void)copy_text(cell, sizeof(cell), "?");
			if (!append_cell(ret_text, size - (sizeof(more) - 1), separator,
					 *cell ? cell : "-")) {
				(void)append_cell(ret_text, size, "", more);
				return;
			}
		}
}
