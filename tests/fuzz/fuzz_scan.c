/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes through the line scanner, and what must hold of the result. */
#include <errno.h>
#include <string.h>

#include "config/ini.h"
#include "model/value.h"

#define MUST(condition_)           \
	do {                       \
		if (!(condition_)) \
			abort();   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text at a place, which must be inside the file. */
static const char *text_at(const char *text, size_t size, const struct viod_where *where)
{
	const char *line = text, *end = text + size;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		line += 3;
	MUST(where->line > 0 && where->column > 0);
	for (uint32_t i = 1; i < where->line; i++) {
		line = memchr(line, '\n', (size_t)(end - line));
		MUST(line);
		line++;
	}
	MUST((size_t)(end - line) >= where->column - 1);
	return line + where->column - 1;
}

static void check_section(const struct ini_section *section, const char *text, size_t size)
{
	size_t width = 0;

	MUST(*text_at(text, size, &section->where) == '[');
	for (size_t i = 0; i < section->n_ranges; i++) {
		const struct ini_range *range = &section->ranges[i];

		MUST(range->first <= range->last && range->last < VIOD_VF_MAX);
		MUST(i == 0 || range->first > range[-1].last + 1);
		MUST(ini_section_has(section, range->first) &&
		     ini_section_has(section, range->last));
		MUST(section->all || !ini_section_has(section, range->last + 1));
		width += range->last - range->first + 1;
	}
	MUST(ini_section_width(section) == (section->all ? SIZE_MAX : width));
}

static void check_statement(const struct ini_file *scan, const struct ini_statement *statement,
			    const char *text, size_t size)
{
	size_t length = strlen(statement->value);
	const char *value = text_at(text, size, &statement->value_where);

	MUST(*statement->key &&
	     (statement->section == SIZE_MAX || statement->section < scan->n_sections));
	MUST(length <= size - (size_t)(value - text) &&
	     memcmp(value, statement->value, length) == 0);
	MUST(printable_prefix(statement->value, length) == length);
	MUST(text_at(text, size, &statement->where) < value);
}

static void check_diags(const struct diag_list *diags, const char *text, size_t size)
{
	MUST(diags->count <= CONFIG_ERRORS_MAX + 1);
	for (size_t i = 0; i < diags->count; i++) {
		const struct viod_where where = { "f", diags->items[i].line,
						  diags->items[i].column };
		json_t *json = diag_to_json(&diags->items[i]);

		MUST(json);
		json_decref(json);
		if (where.line > 0)
			(void)text_at(text, size, &where);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	for (int sections = 0; sections < 2; sections++) {
		_cleanup_diags_ struct diag_list diags = { 0 };
		struct ini_file *scan = NULL;
		int r = ini_scan("f", text, size, sections, &diags, &scan);

		MUST(scan && (r == 0 || r == -EBADMSG) && (r == 0) == (diags.count == 0));
		for (size_t i = 0; i < scan->n_sections; i++)
			check_section(&scan->sections[i], text, size);
		for (size_t i = 0; i < scan->n_statements; i++)
			check_statement(scan, &scan->statements[i], text, size);
		check_diags(&diags, text, size);
		ini_free(scan);
	}
	return 0;
}
