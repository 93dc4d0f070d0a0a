/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Converts text to values by libconfuse. It never sees a file: the text that it parses is printed
 * here from the statements, line for line, with each value in single quotes, inside which only \
 * and ' are special. Each type has a parse callback of ours (libconfuse reads integers with a
 * leading 0 as octal), and errors are recorded there instead of returned, because libconfuse stops
 * at the first.
 */
#include <confuse.h>
#include <errno.h>
#include <string.h>

#include "config/config-private.h"

/* One file while libconfuse parses it. */
struct conversion {
	struct config_parse *parse;
	struct config_value *values; /* of this file, in the order of its lines */
	size_t n_values, next;
	/* By value: the value before it whose text it repeats, or NULL. */
	const struct config_value **repeats;
	const char *file;
	bool no_memory;
};

/* libconfuse passes no pointer of ours to its callbacks. */
static struct conversion *current;

static bool is_converted(const struct config_value *value)
{
	return value->row && *value->statement->value;
}

/* Hundreds of VFs usually have the same text for most keys: it is parsed once in each run of
 * sections that repeat it. */
static int find_repeats(struct conversion *conversion)
{
	const struct config_value *last[VIOD_SCOPE_MAX_][SCHEMA_ROWS_MAX] = { 0 };

	conversion->repeats = calloc(conversion->n_values, sizeof(*conversion->repeats));
	if (!conversion->repeats)
		return -ENOMEM;
	for (size_t i = 0; i < conversion->n_values; i++) {
		const struct config_value *value = &conversion->values[i], **before;

		if (!is_converted(value))
			continue;
		before = &last[value->row->option->scope][value->row->index];
		if (*before && streq((*before)->statement->value, value->statement->value))
			conversion->repeats[i] = *before;
		else
			*before = value;
	}
	return 0;
}

static bool is_printed(const struct conversion *conversion, size_t number)
{
	return is_converted(&conversion->values[number]) && !conversion->repeats[number];
}

/* The value that libconfuse parses now: it parses them in the order they were printed. */
static struct config_value *next_value(const char *key)
{
	while (current->next < current->n_values && !is_printed(current, current->next))
		current->next++;
	if (current->next == current->n_values ||
	    !streq(current->values[current->next].row->option->key, key))
		return NULL;
	return &current->values[current->next++];
}

static void convert_text(struct conversion *conversion, struct config_value *value,
			 const char *text)
{
	_cleanup_free_ void *data = calloc(1, value->row->option->size);
	_cleanup_free_ char *why = NULL;
	int r;

	r = data ? value_parse(value->row->option, text, data, &why) : -ENOMEM;
	if (r == -ENOMEM || (r < 0 && !why))
		conversion->no_memory = true;
	else if (r < 0)
		parse_error(conversion->parse, &value->statement->value_where, "'%s': %s",
			    value->statement->key, why);
	else
		value->data = TAKE_PTR(data);
}

static int convert(cfg_t *cfg, cfg_opt_t *option, const char *text, void *result)
{
	struct config_value *value = next_value(option->name);

	/* Only a bug of ours or of libconfuse leads here; the error function reports it. */
	if (!value) {
		cfg_error(cfg, "unexpected '%s'", option->name);
		return -1;
	}
	*(void **)result = NULL;
	convert_text(current, value, text);
	return 0;
}

/* A text that is wrong is reported for each line that has it. */
static void convert_repeats(struct conversion *conversion)
{
	for (size_t i = 0; i < conversion->n_values; i++) {
		struct config_value *value = &conversion->values[i];
		const struct config_value *before = conversion->repeats[i];
		size_t size = before ? before->row->option->size : 0;

		if (before && !before->data)
			convert_text(conversion, value, value->statement->value);
		else if (before && (value->data = malloc(size)))
			memcpy(value->data, before->data, size);
		else if (before)
			conversion->no_memory = true;
	}
}

PRINTF_LIKE(2, 0) static void on_confuse_error(cfg_t *cfg, const char *format, va_list arguments)
{
	const struct viod_where where = { .file = current->file };
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	parse_error(current->parse, &where, "libconfuse cannot read the file: %s",
		    text ? text : "out of memory");
}

/* An array for cfg_init(), from the rows of a scope that the file sets: libconfuse compares each
 * key with all of them. */
static cfg_opt_t *options_of(const struct conversion *conversion, enum viod_scope scope)
{
	const struct schema_scope *rows = &conversion->parse->config->schema->scopes[scope];
	cfg_opt_t *options = calloc(rows->n_rows + 1, sizeof(*options));
	bool added[SCHEMA_ROWS_MAX] = { 0 };
	size_t count = 0;

	for (size_t i = 0; options && i < conversion->n_values; i++) {
		const struct schema_row *row = conversion->values[i].row;

		if (!is_printed(conversion, i) || row->option->scope != scope || added[row->index])
			continue;
		added[row->index] = true;
		options[count++] =
			(cfg_opt_t)CFG_PTR_CB(row->option->key, NULL, CFGF_NONE, convert, NULL);
	}
	if (options)
		options[count] = (cfg_opt_t)CFG_END();
	return options;
}

static void print_quoted(FILE *file, const char *text)
{
	fputc('\'', file);
	for (; *text; text++) {
		if (*text == '\\' || *text == '\'')
			fputc('\\', file);
		fputc(*text, file);
	}
	fputc('\'', file);
}

/*
 * One section of each scope, reopened for each header. libconfuse looks up titled sections one by
 * one and copies all rows for each, so a file of many headers would cost minutes and gigabytes. The
 * statement of a value says which VFs it applies to.
 */
static char *print_statements(const struct conversion *conversion)
{
	static const char *const words[] = { [VIOD_SCOPE_PF] = "pf", [VIOD_SCOPE_VF] = "vf" };
	_cleanup_free_ char *text = NULL;
	int scope = VIOD_SCOPE_MAX_;
	size_t size = 0;
	uint32_t line = 1;
	FILE *file = open_memstream(&text, &size);
	bool failed;

	if (!file)
		return NULL;
	for (size_t i = 0; i < conversion->n_values; i++) {
		const struct config_value *value = &conversion->values[i];

		if (!is_printed(conversion, i))
			continue;
		for (; line < value->statement->where.line; line++)
			fputc('\n', file);
		if (value->row->option->scope != scope) {
			fprintf(file, "%s%s { ", scope == VIOD_SCOPE_MAX_ ? "" : "} ",
				words[value->row->option->scope]);
			scope = value->row->option->scope;
		}
		fputs(value->row->option->key, file);
		fputs(" = ", file);
		print_quoted(file, value->statement->value);
	}
	fputs(scope == VIOD_SCOPE_MAX_ ? "" : " }", file);
	failed = ferror(file);
	if (fclose(file) != 0 || failed)
		return NULL;
	return TAKE_PTR(text);
}

/* With libconfuse: all values but repeats. */
static int convert_printed(struct conversion *conversion)
{
	_cleanup_free_ cfg_opt_t *pf = options_of(conversion, VIOD_SCOPE_PF);
	_cleanup_free_ cfg_opt_t *vf = options_of(conversion, VIOD_SCOPE_VF);
	_cleanup_free_ char *text = print_statements(conversion);
	cfg_opt_t options[] = { CFG_SEC("pf", pf, CFGF_NONE), CFG_SEC("vf", vf, CFGF_NONE),
				CFG_END() };
	cfg_t *cfg = pf && vf && text ? cfg_init(options, CFGF_NONE) : NULL;
	int r;

	if (!cfg)
		return -ENOMEM;
	(void)cfg_set_error_function(cfg, on_confuse_error);
	current = conversion;
	r = *text ? cfg_parse_buf(cfg, text) : CFG_SUCCESS;
	/* Free it here, because a failed parse leaves state behind that affects the next one. */
	(void)cfg_free(cfg);
	current = NULL;
	if (r != CFG_SUCCESS)
		conversion->parse->errors += conversion->parse->errors == 0;
	return 0;
}

static int convert_file(struct conversion *conversion)
{
	int r = find_repeats(conversion);

	if (r == 0)
		r = convert_printed(conversion);
	if (r == 0)
		convert_repeats(conversion);
	free(conversion->repeats);
	return r < 0 ? r : conversion->no_memory ? -ENOMEM : 0;
}

int parse_values(struct config_parse *parse)
{
	struct config *config = parse->config;
	size_t first = 0, end;

	/* The values are still in the order of the files. */
	for (size_t scan = 0; scan < config->n_scans; scan++) {
		struct conversion conversion = { .parse = parse,
						 .values = config->values + first,
						 .file = config->scans[scan]->file };
		int r;

		for (end = first; end < config->n_values && config->values[end].scan == scan;)
			end++;
		conversion.n_values = end - first;
		r = end > first ? convert_file(&conversion) : 0;
		if (r < 0)
			return r;
		first = end;
	}
	return 0;
}
