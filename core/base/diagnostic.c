/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diagnostic.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* Spelled out in the JSON, because a record outlives the build that wrote it. */
static const char *const severity_words[VIOD_SEVERITY_MAX_] = {
	[VIOD_ERROR] = "error",
	[VIOD_WARNING] = "warning",
	[VIOD_INFO] = "info",
};

bool diag_same_line(const struct viod_where *a, const struct viod_where *b)
{
	return a && b && a->file && b->file && streq(a->file, b->file) && a->line == b->line;
}

static void diag_clear(struct diag *diag)
{
	free(diag->file);
	free(diag->text);
}

/* Append a diagnostic; the list owns both strings from now on, also on failure. File names and
 * texts of plugins may hold any byte, while a diagnostic becomes one log line and one JSON
 * string. */
static void append_owned(struct diag_list *list, const struct diag *diag)
{
	struct diag *item = array_append((void **)&list->items, &list->count, sizeof(*item));

	if (!item) {
		free(diag->file);
		free(diag->text);
		return;
	}
	*item = *diag;
	make_printable(item->text);
	if (item->file)
		make_printable(item->file);
}

void diag_add_v(struct diag_list *list, enum viod_severity severity, int vf,
		const struct viod_where *where, int error, const char *format, va_list arguments)
{
	struct diag diag = { .severity = severity, .error = abs(error), .vf = vf };

	if (vasprintf(&diag.text, format, arguments) < 0)
		return;
	if (where && where->file) {
		/* Without memory for the name, the text alone is still useful. */
		diag.file = strdup(where->file);
		diag.line = where->line;
		diag.column = where->column;
	}
	append_owned(list, &diag);
}

void diag_add(struct diag_list *list, enum viod_severity severity, int vf,
	      const struct viod_where *where, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diag_add_v(list, severity, vf, where, error, format, arguments);
	va_end(arguments);
}

size_t diag_errors(const struct diag_list *list)
{
	size_t errors = 0;

	for (size_t i = 0; i < list->count; i++)
		errors += list->items[i].severity == VIOD_ERROR;
	return errors;
}

const struct diag *diag_first_error(const struct diag_list *list, int vf)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].severity == VIOD_ERROR && list->items[i].vf == vf)
			return &list->items[i];
	return NULL;
}

char *diag_text(const struct diag *diag)
{
	char *text;
	int r;

	if (!diag->file)
		r = asprintf(&text, "%s", diag->text);
	else if (diag->line == 0)
		r = asprintf(&text, "%s: %s", diag->file, diag->text);
	else if (diag->column == 0)
		r = asprintf(&text, "%s:%u: %s", diag->file, diag->line, diag->text);
	else
		r = asprintf(&text, "%s:%u:%u: %s", diag->file, diag->line, diag->column,
			     diag->text);
	return r < 0 ? NULL : text;
}

void diag_list_move(struct diag_list *list, struct diag_list *source)
{
	for (size_t i = 0; i < source->count; i++)
		append_owned(list, &source->items[i]);
	free(source->items);
	*source = (struct diag_list){ 0 };
}

void diag_list_clear(struct diag_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		diag_clear(&list->items[i]);
	free(list->items);
	*list = (struct diag_list){ 0 };
}

json_t *diag_to_json(const struct diag *diag)
{
	/* "s*" leaves the member out where the string is NULL. */
	return json_pack("{s:s, s:i, s:i, s:s*, s:I, s:I, s:s}", "severity",
			 severity_words[diag->severity], "error", diag->error, "vf", diag->vf,
			 "file", diag->file, "line", (json_int_t)diag->line, "column",
			 (json_int_t)diag->column, "text", diag->text);
}

static int severity_of(const char *word, enum viod_severity *ret_severity)
{
	for (size_t i = 0; i < ARRAY_SIZE(severity_words); i++)
		if (streq(severity_words[i], word)) {
			*ret_severity = (enum viod_severity)i;
			return 0;
		}
	return -EBADMSG;
}

int diag_from_json(struct diag_list *list, const json_t *json)
{
	const char *severity, *file = NULL, *text;
	json_int_t error, vf, line, column;
	struct diag diag = { 0 };

	if (json_unpack((json_t *)json, "{s:s, s:I, s:I, s?s, s:I, s:I, s:s}", "severity",
			&severity, "error", &error, "vf", &vf, "file", &file, "line", &line,
			"column", &column, "text", &text) < 0)
		return -EBADMSG;
	if (severity_of(severity, &diag.severity) < 0 || error < 0 || error > INT32_MAX ||
	    vf < VIOD_PF || vf > INT32_MAX || line < 0 || line > UINT32_MAX || column < 0 ||
	    column > UINT32_MAX)
		return -EBADMSG;
	diag.error = (int)error;
	diag.vf = (int)vf;
	diag.line = (unsigned)line;
	diag.column = (unsigned)column;
	diag.text = strdup(text);
	diag.file = file ? strdup(file) : NULL;
	if (!diag.text || (file && !diag.file)) {
		diag_clear(&diag);
		return -ENOMEM;
	}
	append_owned(list, &diag);
	return 0;
}
