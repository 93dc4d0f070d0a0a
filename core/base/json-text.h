/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON written directly as text: reports on VFs and records are written often, and building a tree
 * of them first costs ten times as much.
 */
#ifndef VIOD_JSON_TEXT_H
#define VIOD_JSON_TEXT_H

#include <jansson.h>

#include "base/util.h"

/** A growing text, all zero at first. After a failed allocation nothing is added any more. */
struct json_text {
	char *text; /* NUL-terminated; NULL while empty */
	size_t size, allocated;
	bool failed; /* out of memory: the text is incomplete */
};

/** Add text unchanged. */
void json_text_add(struct json_text *out, const char *text);

/** Add bytes unchanged. */
void json_text_add_bytes(struct json_text *out, const char *bytes, size_t size);

/** Add a quoted and escaped string, or null for NULL. text is UTF-8. */
void json_text_string(struct json_text *out, const char *text);

/** Add a key of an object and its colon, with a comma before it unless it is the first. */
void json_text_key(struct json_text *out, const char *key);

/** Add a value. Members of objects and arrays less than lines levels deep get a line each; 0: no
 * line breaks. */
void json_text_value(struct json_text *out, const json_t *value, unsigned lines);

void json_text_clear(struct json_text *out);

/** True if the text is one complete JSON object, in UTF-8 and without line breaks. */
bool json_text_is_object(const char *text, size_t size);

#endif
