/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json-text.h"

#include <string.h>

/* The deepest nesting of a checked text; jobs report three levels. */
#define DEPTH_MAX 16

/* --- writing --------------------------------------------------------------------------------- */

static void make_larger(struct json_text *out, size_t wanted)
{
	size_t allocated = MAX(wanted, MAX(out->allocated * 2, (size_t)1024));
	char *larger = realloc(out->text, allocated);

	out->failed = !larger;
	if (larger) {
		out->text = larger;
		out->allocated = allocated;
	}
}

/* Where to write size bytes and a NUL; NULL without memory. */
static char *json_text_room(struct json_text *out, size_t size)
{
	if (out->size + size + 1 > out->allocated && !out->failed)
		make_larger(out, out->size + size + 1);
	return out->failed ? NULL : out->text + out->size;
}

void json_text_add_bytes(struct json_text *out, const char *text, size_t size)
{
	char *room = json_text_room(out, size);

	if (!room)
		return;
	memcpy(room, text, size);
	room[size] = '\0';
	out->size += size;
}

void json_text_add(struct json_text *out, const char *text)
{
	json_text_add_bytes(out, text, strlen(text));
}

static void add_escaped(struct json_text *out, char character)
{
	char escape[8] = { '\\', character };

	if (character != '"' && character != '\\')
		(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)character);
	json_text_add(out, escape);
}

static bool is_escaped(char character)
{
	return (unsigned char)character < 0x20 || character == '"' || character == '\\';
}

static void add_string(struct json_text *out, const char *text, size_t size)
{
	size_t done, plain = 0;
	char *room = json_text_room(out, size + 2);

	if (!room)
		return;
	while (plain < size && !is_escaped(text[plain]))
		plain++;
	room[0] = '"';
	memcpy(room + 1, text, plain);
	out->size += plain + 1;
	for (size_t i = done = plain; i < size; i++) {
		if (!is_escaped(text[i]))
			continue;
		json_text_add_bytes(out, text + done, i - done);
		add_escaped(out, text[i]);
		done = i + 1;
	}
	json_text_add_bytes(out, text + done, size - done);
	json_text_add_bytes(out, "\"", 1);
}

void json_text_string(struct json_text *out, const char *text)
{
	if (text)
		add_string(out, text, strlen(text));
	else
		json_text_add(out, "null");
}

void json_text_key(struct json_text *out, const char *key)
{
	if (out->size && out->text[out->size - 1] != '{')
		json_text_add_bytes(out, ",", 1);
	json_text_string(out, key);
	json_text_add_bytes(out, ":", 1);
}

static void break_line(struct json_text *out, unsigned lines, unsigned depth)
{
	if (depth > lines)
		return;
	json_text_add_bytes(out, "\n", 1);
	for (unsigned i = 0; i < depth; i++)
		json_text_add_bytes(out, " ", 1);
}

static void add_value(struct json_text *out, const json_t *value, unsigned lines, unsigned depth);

static void add_object(struct json_text *out, const json_t *object, unsigned lines, unsigned depth)
{
	const char *key;
	json_t *member;
	bool any = false;

	json_text_add_bytes(out, "{", 1);
	json_object_foreach((json_t *)object, key, member) {
		if (any)
			json_text_add_bytes(out, ",", 1);
		break_line(out, lines, depth + 1);
		json_text_string(out, key);
		json_text_add_bytes(out, ":", 1);
		add_value(out, member, lines, depth + 1);
		any = true;
	}
	if (any && depth < lines)
		break_line(out, lines, depth);
	json_text_add_bytes(out, "}", 1);
}

static void add_array(struct json_text *out, const json_t *array, unsigned lines, unsigned depth)
{
	const json_t *member;
	size_t i;

	json_text_add_bytes(out, "[", 1);
	json_array_foreach(array, i, member) {
		if (i)
			json_text_add_bytes(out, ",", 1);
		break_line(out, lines, depth + 1);
		add_value(out, member, lines, depth + 1);
	}
	if (json_array_size(array) && depth < lines)
		break_line(out, lines, depth);
	json_text_add_bytes(out, "]", 1);
}

static void add_value(struct json_text *out, const json_t *value, unsigned lines, unsigned depth)
{
	char number[32];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		add_object(out, value, lines, depth);
		break;
	case JSON_ARRAY:
		add_array(out, value, lines, depth);
		break;
	case JSON_STRING:
		add_string(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
		json_text_add(out, number);
		break;
	case JSON_REAL:
		(void)snprintf(number, sizeof(number), "%.17g", json_real_value(value));
		json_text_add(out, number);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_text_add(out, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		json_text_add(out, "null");
		break;
	}
}

void json_text_value(struct json_text *out, const json_t *value, unsigned lines)
{
	add_value(out, value, lines, 0);
}

void json_text_clear(struct json_text *out)
{
	free(out->text);
	*out = (struct json_text){ 0 };
}

/* --- checking -------------------------------------------------------------------------------- */

struct scan {
	const char *at, *end;
};

static bool scan_char(struct scan *scan, char character)
{
	if (scan->at == scan->end || *scan->at != character)
		return false;
	scan->at++;
	return true;
}

static void skip_spaces(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
		scan->at++;
}

static bool is_one_of(char character, const char *characters)
{
	return character && strchr(characters, character);
}

static bool scan_escape(struct scan *scan)
{
	if (scan->at == scan->end || !is_one_of(*scan->at, "\"\\/bfnrtu"))
		return false;
	if (*scan->at++ != 'u')
		return true;
	/* Surrogates would need pairs, and a NUL would end the text: viod writes neither. */
	if (scan->end - scan->at < 4 || memcmp(scan->at, "0000", 4) == 0 ||
	    is_one_of(*scan->at, "dD"))
		return false;
	for (int i = 0; i < 4; i++)
		if (!is_one_of(*scan->at++, "0123456789abcdefABCDEF"))
			return false;
	return true;
}

static bool scan_string(struct scan *scan)
{
	const char *start = scan->at + 1;
	size_t size;

	if (!scan_char(scan, '"'))
		return false;
	for (;;) {
		while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\\')
			scan->at++;
		size = (size_t)(scan->at - start);
		if (scan->at == scan->end || printable_prefix(start, size) < size)
			return false;
		if (*scan->at++ == '"')
			return true;
		if (!scan_escape(scan))
			return false;
		start = scan->at;
	}
}

static bool scan_digits(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > start && (*start != '0' || scan->at == start + 1);
}

/* Jobs report integers only. */
static bool scan_word(struct scan *scan)
{
	static const char *const words[] = { "null", "true", "false" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(scan->end - scan->at) < length ||
		    memcmp(scan->at, words[i], length) != 0)
			continue;
		scan->at += length;
		return true;
	}
	(void)scan_char(scan, '-');
	return scan_digits(scan);
}

static bool scan_value(struct scan *scan, unsigned depth);

static bool scan_members(struct scan *scan, bool keys, char end, unsigned depth)
{
	scan->at++;
	skip_spaces(scan);
	if (scan_char(scan, end))
		return true;
	do {
		skip_spaces(scan);
		if (keys && !scan_string(scan))
			return false;
		skip_spaces(scan);
		if ((keys && !scan_char(scan, ':')) || !scan_value(scan, depth + 1))
			return false;
	} while (scan_char(scan, ','));
	return scan_char(scan, end);
}

static bool scan_value(struct scan *scan, unsigned depth)
{
	bool good;

	skip_spaces(scan);
	if (scan->at == scan->end || depth > DEPTH_MAX)
		return false;
	if (*scan->at == '{' || *scan->at == '[')
		good = scan_members(scan, *scan->at == '{', *scan->at == '{' ? '}' : ']', depth);
	else
		good = *scan->at == '"' ? scan_string(scan) : scan_word(scan);
	skip_spaces(scan);
	return good;
}

bool json_text_is_object(const char *text, size_t size)
{
	struct scan scan = { .at = text, .end = text + size };

	return size && *text == '{' && scan_value(&scan, 0) && scan.at == scan.end;
}
