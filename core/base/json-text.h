/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON written as text, without a tree in between: what a job reports of its VFs and what its
 * record holds is written often, and a tree of it costs ten times as much as the text.
 */
#ifndef VIOD_JSON_TEXT_H
#define VIOD_JSON_TEXT_H

#include <jansson.h>

#include "base/util.h"

/** Text that grows. Starts zeroed; after a lack of memory nothing more is added. */
struct json_text {
	char *text; /* NUL-terminated; NULL while it is empty */
	size_t size, allocated;
	bool failed; /* out of memory: the text is not whole */
};

/** Add text as it is. */
void json_text_add(struct json_text *out, const char *text);

/** Add bytes as they are. */
void json_text_add_bytes(struct json_text *out, const char *bytes, size_t size);

/** Add a string in quotes, with what JSON wants escaped; null for NULL. text: UTF-8. */
void json_text_string(struct json_text *out, const char *text);

/** Add a key of an object and its colon, with a comma before it unless it is the first. */
void json_text_key(struct json_text *out, const char *key);

/** Add a value. Members of what lies less than "lines" levels deep have a line each; 0: no line
 * breaks. */
void json_text_value(struct json_text *out, const json_t *value, unsigned lines);

void json_text_clear(struct json_text *out);

/** Whether the text is one JSON object, whole and well formed, in UTF-8 and without line breaks. */
bool json_text_is_object(const char *text, size_t size);

#endif
