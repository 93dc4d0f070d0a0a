/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of JSON that another process writes to a pipe. */
#ifndef VIOD_JSON_LINES_H
#define VIOD_JSON_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** message is NULL if the line is not JSON. */
typedef void (*json_line_handler)(void *userdata, const json_t *message);

/** A line before it is parsed; true if it needs no more. */
typedef bool (*json_text_handler)(void *userdata, const char *line, size_t size);

/** What was read of the pipe and not handled yet; all zero at first. */
struct json_lines {
	json_text_handler text_handler; /* called first for each line; NULL: none */
	char *buffer;
	size_t size, allocated;
};

/**
 * Read from a pipe once, and call the handler for each complete line. max limits the bytes of an
 * incomplete line. The bytes that were read; 0 at the end of the pipe; -errno, -E2BIG beyond max.
 */
ssize_t json_lines_read(struct json_lines *lines, int fd, size_t max, json_line_handler handler,
			void *userdata);
void json_lines_clear(struct json_lines *lines);

#endif
