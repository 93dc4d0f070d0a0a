/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "model/value.h"

#define VF_FORMS "[vf0], [vf0-3], [vf0-3,8] or [vf*]"

struct scanner {
	struct ini_file *scan;
	struct diag_list *diags;
	bool sections;
	bool binary; /* reported once, because each line of a binary file is wrong */
	size_t errors;
	uint32_t line;
	char *start; /* of the line */
};

/* Part of a line: from at up to end. */
struct span {
	char *at, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(struct span span)
{
	while (span.at < span.end && is_blank(*span.at))
		span.at++;
	while (span.end > span.at && is_blank(span.end[-1]))
		span.end--;
	return span;
}

static bool span_is(struct span span, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(span.end - span.at) == length && memcmp(span.at, word, length) == 0;
}

/* For "%.*s" in messages: a long text is cut. */
static int span_quoted(struct span span)
{
	return (int)MIN(span.end - span.at, 60);
}

/* The text is a copy, so that a NUL can end the part in place. */
static char *span_text(struct span span)
{
	*span.end = '\0';
	return span.at;
}

static struct viod_where scanner_where(const struct scanner *scanner, const char *at)
{
	return (struct viod_where){ .file = scanner->scan->file,
				    .line = scanner->line,
				    .column = (uint32_t)(at - scanner->start) + 1 };
}

PRINTF_LIKE(3, 4)
static int ini_error(struct scanner *scanner, const char *at, const char *format, ...)
{
	struct viod_where where = scanner_where(scanner, at);
	struct ini_file *scan = scanner->scan;
	va_list arguments;

	if (scan->n_sections > 0)
		scan->sections[scan->n_sections - 1].broken = true;
	if (++scanner->errors > CONFIG_ERRORS_MAX)
		return -EBADMSG;
	va_start(arguments, format);
	diag_add_v(scanner->diags, VIOD_ERROR, VIOD_PF, &where, 0, format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

/* --- [sections] --------------------------------------------------------------------------------
 */

/* Saturates above the highest valid index. */
static unsigned read_index(struct span *span)
{
	unsigned index = 0;

	for (; span->at < span->end && isdigit((unsigned char)*span->at); span->at++)
		index = MIN(index * 10 + (unsigned)(*span->at - '0'), 1000000u);
	return index;
}

static int parse_range(struct scanner *scanner, struct span item, struct ini_range *ret_range)
{
	struct span rest = item;
	struct ini_range range;
	const char *last;

	if (item.at == item.end)
		return ini_error(scanner, item.at, "a VF index is missing here; write " VF_FORMS);
	last = rest.at;
	range.first = read_index(&rest);
	range.last = range.first;
	if (rest.at == last)
		goto malformed;
	rest = trim(rest);
	if (rest.at < rest.end) {
		if (*rest.at++ != '-')
			goto malformed;
		rest = trim(rest);
		last = rest.at;
		range.last = read_index(&rest);
		if (rest.at == last || rest.at < rest.end)
			goto malformed;
	}
	if (range.first >= VIOD_VF_MAX || range.last >= VIOD_VF_MAX)
		return ini_error(scanner, item.at, "VF index %.*s is too high; the highest is %d",
				 span_quoted(item), item.at, VIOD_VF_MAX - 1);
	if (range.last < range.first)
		return ini_error(scanner, item.at, "the range %u-%u runs backwards; write %u-%u",
				 range.first, range.last, range.last, range.first);
	*ret_range = range;
	return 0;
malformed:
	return ini_error(scanner, item.at, "'%.*s' is not a VF index or range; write " VF_FORMS,
			 span_quoted(item), item.at);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct ini_range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Sort and merge adjacent ranges: sections that name the same VFs then have the same ranges. */
static void merge_ranges(struct ini_section *section)
{
	struct ini_range *ranges = section->ranges;
	size_t kept = 0;

	qsort(ranges, section->n_ranges, sizeof(*ranges), compare_ranges);
	for (size_t i = 1; i < section->n_ranges; i++) {
		if (ranges[i].first > ranges[kept].last + 1)
			ranges[++kept] = ranges[i];
		else
			ranges[kept].last = MAX(ranges[kept].last, ranges[i].last);
	}
	section->n_ranges = kept + 1;
}

static void forget_ranges(struct ini_section *section)
{
	free(section->ranges);
	section->ranges = NULL;
	section->n_ranges = 0;
}

static int parse_ranges(struct scanner *scanner, struct ini_section *section, struct span list)
{
	for (;;) {
		char *comma = memchr(list.at, ',', (size_t)(list.end - list.at));
		struct span item = trim((struct span){ list.at, comma ? comma : list.end });
		struct ini_range range, *slot;

		if (parse_range(scanner, item, &range) < 0) {
			/* Only some of the named VFs are known, so none is used. */
			forget_ranges(section);
			return 0;
		}
		slot = array_append((void **)&section->ranges, &section->n_ranges, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		*slot = range;
		if (!comma)
			break;
		list.at = comma + 1;
	}
	merge_ranges(section);
	return 0;
}

static int parse_section(struct scanner *scanner, struct ini_section *section, struct span inner)
{
	struct span name = { inner.at, inner.at }, rest;

	while (name.end < inner.end && isalpha((unsigned char)*name.end))
		name.end++;
	rest = trim((struct span){ name.end, inner.end });
	if (span_is(name, "vf")) {
		section->name = "vf";
		if (rest.at == rest.end)
			return ini_error(scanner, inner.at, "[vf] names no VF; write " VF_FORMS);
		section->all = span_is(rest, "*");
		return section->all ? 0 : parse_ranges(scanner, section, rest);
	}
	if (span_is(name, "pf")) {
		section->name = "pf";
		if (rest.at < rest.end)
			return ini_error(scanner, rest.at,
					 "[pf] has no index, because a file configures one PF; "
					 "write [pf]");
		return 0;
	}
	/* The scanner knows no other section. The header is kept, so that the keys below do not
	 * count as part of the section above. */
	name.end = inner.at;
	while (name.end < inner.end && !isdigit((unsigned char)*name.end))
		name.end++;
	section->name = span_text(trim(name));
	if (inner.at == inner.end)
		return ini_error(scanner, inner.at, "[] names no section; write [pf] or [vf0]");
	return 0;
}

static int parse_header(struct scanner *scanner, struct span line)
{
	struct ini_file *scan = scanner->scan;
	char *close = memchr(line.at, ']', (size_t)(line.end - line.at));
	struct ini_section *section;
	struct span inner, tail;
	int r;

	if (!scanner->sections)
		return ini_error(scanner, line.at,
				 "this file has no sections; write key = value without them");
	section = array_append((void **)&scan->sections, &scan->n_sections, sizeof(*section));
	if (!section)
		return -ENOMEM;
	section->where = scanner_where(scanner, line.at);
	section->name = "";
	inner = (struct span){ line.at + 1, close ? close : line.at + 1 };
	while (!close && inner.end < line.end && *inner.end != '#')
		inner.end++;
	inner = trim(inner);
	tail = trim((struct span){ close ? close + 1 : line.end, line.end });
	if (printable_prefix(inner.at, (size_t)(inner.end - inner.at)) <
	    (size_t)(inner.end - inner.at))
		return ini_error(scanner, line.at,
				 "this is not UTF-8 text; save the file as UTF-8");
	if (!close)
		(void)ini_error(scanner, line.at, "the '[' is not closed; write [%.*s]",
				span_quoted(inner), inner.at);
	else if (tail.at < tail.end && *tail.at != '#' && *tail.at != ';')
		(void)ini_error(scanner, tail.at,
				"'%.*s' follows a section header; write it on a line of its own",
				span_quoted(tail), tail.at);
	r = parse_section(scanner, section, inner);
	return r == -EBADMSG ? 0 : r;
}

/* --- key = value -------------------------------------------------------------------------------
 */

static int check_key(struct scanner *scanner, struct span key)
{
	if (key.at == key.end)
		return ini_error(scanner, key.at, "there is no key before '='; write key = value");
	for (char *c = key.at; c < key.end; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return ini_error(scanner, key.at,
					 "'%.*s' is not a key; keys are letters and digits joined "
					 "by '-', and a comment needs a line of its own",
					 span_quoted(key), key.at);
	return 0;
}

/* The value ends at a comment: a '#' after a blank, because colours and URL fragments contain '#',
 * too. */
static struct span value_span(struct span line, char *equals)
{
	struct span value = { equals + 1, equals + 1 };

	while (value.end < line.end && !(*value.end == '#' && is_blank(value.end[-1])))
		value.end++;
	return trim(value);
}

static int check_value(struct scanner *scanner, struct span value)
{
	size_t length = (size_t)(value.end - value.at);

	if (length >= 2 && strchr("\"'", *value.at) && value.end[-1] == *value.at)
		return ini_error(scanner, value.at, "values are written without quotes; write %.*s",
				 MAX(span_quoted(value) - 2, 0), value.at + 1);
	return 0;
}

static int parse_statement(struct scanner *scanner, struct span line)
{
	char *equals = memchr(line.at, '=', (size_t)(line.end - line.at));
	struct ini_file *scan = scanner->scan;
	struct ini_statement *statement;
	struct span key, value;
	size_t printable, length;

	key = trim((struct span){ line.at, equals ? equals : line.end });
	value = equals ? value_span(line, equals) : (struct span){ line.end, line.end };
	length = (size_t)((equals ? value.end : key.end) - key.at);
	printable = printable_prefix(key.at, length);
	if (printable < length)
		return ini_error(scanner, key.at + printable,
				 "this is not UTF-8 text; save the file as UTF-8");
	if (!equals)
		return ini_error(scanner, key.at,
				 "'%.*s' is neither a [section] nor key = value; a comment starts "
				 "with '#'",
				 span_quoted(key), key.at);
	if (check_key(scanner, key) < 0 || check_value(scanner, value) < 0)
		return -EBADMSG;
	if (scanner->sections && scan->n_sections == 0)
		return ini_error(scanner, key.at,
				 "'%.*s' stands before any section; put it below [pf] or [vf0]",
				 span_quoted(key), key.at);
	statement =
		array_append((void **)&scan->statements, &scan->n_statements, sizeof(*statement));
	if (!statement)
		return -ENOMEM;
	statement->section = scan->n_sections > 0 ? scan->n_sections - 1 : SIZE_MAX;
	statement->where = scanner_where(scanner, key.at);
	/* The position of an empty value is where it would be written. */
	statement->value_where =
		scanner_where(scanner, value.at < value.end ? value.at : equals + 1);
	statement->value = span_text(value);
	statement->key = span_text(key);
	for (char *c = statement->key; *c; c++)
		if (*c == '_')
			*c = '-';
	return 0;
}

/* --- lines -------------------------------------------------------------------------------------
 */

static int check_bytes(struct scanner *scanner, struct span line)
{
	for (const char *c = line.at; c < line.end; c++) {
		if (((unsigned char)*c >= 0x20 || *c == '\t') && *c != 0x7f)
			continue;
		if (!scanner->binary)
			(void)ini_error(scanner, c,
					"byte 0x%02x is not text; a configuration is plain UTF-8 "
					"text with LF or CRLF at the end of each line",
					(unsigned char)*c);
		scanner->binary = true;
		return -EBADMSG;
	}
	return 0;
}

static int scan_line(struct scanner *scanner, struct span line)
{
	if (line.end > line.at && line.end[-1] == '\r')
		line.end--;
	if (check_bytes(scanner, line) < 0)
		return -EBADMSG;
	line = trim(line);
	if (line.at == line.end || *line.at == '#' || *line.at == ';')
		return 0;
	return *line.at == '[' ? parse_header(scanner, line) : parse_statement(scanner, line);
}

static int scan_lines(struct scanner *scanner, struct span text)
{
	while (text.at < text.end) {
		char *newline = memchr(text.at, '\n', (size_t)(text.end - text.at));
		struct span line = { text.at, newline ? newline : text.end };

		scanner->line++;
		scanner->start = line.at;
		/* An error in one line does not keep the others from being checked. */
		if (scan_line(scanner, line) == -ENOMEM)
			return -ENOMEM;
		text.at = newline ? newline + 1 : text.end;
	}
	return 0;
}

struct ini_file *ini_free(struct ini_file *scan)
{
	if (!scan)
		return NULL;
	for (size_t i = 0; i < scan->n_sections; i++)
		free(scan->sections[i].ranges);
	free(scan->sections);
	free(scan->statements);
	free(scan->text);
	free(scan->file);
	free(scan);
	return NULL;
}

static void ini_freep(struct ini_file **scan)
{
	ini_free(*scan);
}

int ini_scan(const char *file, const char *text, size_t size, bool sections,
	     struct diag_list *diags, struct ini_file **ret_scan)
{
	_cleanup_(ini_freep) struct ini_file *scan = calloc(1, sizeof(*scan));
	struct scanner scanner = { .scan = scan, .diags = diags, .sections = sections };
	struct viod_where where;
	struct span lines;
	bool failed;
	int r;

	if (!scan)
		return -ENOMEM;
	scan->file = strdup(file);
	scan->text = malloc(size + 1);
	if (!scan->file || !scan->text)
		return -ENOMEM;
	memcpy(scan->text, text, size);
	scan->text[size] = '\0';
	lines = (struct span){ scan->text, scan->text + size };
	/* Some editors write an invisible byte order mark before the first line. */
	if (size >= 3 && memcmp(lines.at, "\xef\xbb\xbf", 3) == 0)
		lines.at += 3;
	r = scan_lines(&scanner, lines);
	if (r < 0)
		return r;
	failed = scanner.errors > 0;
	if (scanner.errors > CONFIG_ERRORS_MAX) {
		where = (struct viod_where){ .file = scan->file };
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "%zu more lines are wrong; check that this is a configuration file",
			 scanner.errors - CONFIG_ERRORS_MAX);
	}
	*ret_scan = TAKE_PTR(scan);
	return failed ? -EBADMSG : 0;
}

bool ini_section_has(const struct ini_section *section, unsigned vf)
{
	size_t low = 0, high = section->n_ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (section->ranges[middle].last < vf)
			low = middle + 1;
		else
			high = middle;
	}
	return section->all || (low < section->n_ranges && section->ranges[low].first <= vf);
}

size_t ini_section_width(const struct ini_section *section)
{
	size_t width = 0;

	if (section->all)
		return SIZE_MAX;
	for (size_t i = 0; i < section->n_ranges; i++)
		width += section->ranges[i].last - section->ranges[i].first + 1;
	return width;
}
