/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json-lines.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

/* A PF of 512 VFs reports 200 KiB, and each read has a turn of the loop. */
#define READ_MIN (16 * 1024)

static int make_room(struct json_lines *lines, size_t max)
{
	size_t wanted = MAX(lines->allocated * 2, (size_t)READ_MIN * 2);
	char *buffer;

	if (lines->allocated - lines->size >= READ_MIN)
		return 0;
	if (wanted > max)
		return -E2BIG;
	buffer = realloc(lines->buffer, wanted);
	if (!buffer)
		return -ENOMEM;
	lines->buffer = buffer;
	lines->allocated = wanted;
	return 0;
}

/* The bytes before old_size hold no newline: a long line is searched once. */
static void handle_lines(struct json_lines *lines, size_t old_size, json_line_handler handler,
			 void *userdata)
{
	char *line = lines->buffer, *from = line + old_size, *stop = line + lines->size, *end;

	while ((end = memchr(from, '\n', (size_t)(stop - from)))) {
		size_t length = (size_t)(end - line);

		if (!lines->text_handler || !lines->text_handler(userdata, line, length)) {
			json_t *message = json_loadb(line, length, 0, NULL);

			handler(userdata, message);
			json_decref(message);
		}
		line = from = end + 1;
	}
	lines->size = (size_t)(stop - line);
	memmove(lines->buffer, line, lines->size);
}

ssize_t json_lines_read(struct json_lines *lines, int fd, size_t max, json_line_handler handler,
			void *userdata)
{
	ssize_t n;
	int r = make_room(lines, max);

	if (r < 0)
		return r;
	do
		n = read(fd, lines->buffer + lines->size, lines->allocated - lines->size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	lines->size += (size_t)n;
	handle_lines(lines, lines->size - (size_t)n, handler, userdata);
	return n;
}

void json_lines_clear(struct json_lines *lines)
{
	free(lines->buffer);
	*lines = (struct json_lines){ 0 };
}
