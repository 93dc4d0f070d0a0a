/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json-lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../fixture.h"

struct seen {
	json_int_t numbers[8];
	size_t count, invalid;
};

static void on_line(void *userdata, const json_t *message)
{
	struct seen *seen = userdata;

	if (!message)
		seen->invalid++;
	else if (seen->count < ARRAY_SIZE(seen->numbers))
		seen->numbers[seen->count++] = json_integer_value(json_object_get(message, "n"));
}

static void open_pipe(int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
}

static void put(int fd, const char *text)
{
	ck_assert_int_eq(write_all(fd, text, strlen(text)), 0);
}

START_TEST(lines_are_handled_when_they_are_complete)
{
	struct json_lines lines = { 0 };
	struct seen seen = { 0 };
	int fds[2];

	open_pipe(fds);
	put(fds[1], "{\"n\": 1}\n{\"n\"");
	ck_assert_int_eq(json_lines_read(&lines, fds[0], 65536, on_line, &seen), 13);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(json_lines_read(&lines, fds[0], 65536, on_line, &seen), -EAGAIN);
	put(fds[1], ": 2}\nrubbish\n{\"n\": 3}\n");
	ck_assert_int_gt(json_lines_read(&lines, fds[0], 65536, on_line, &seen), 0);
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_uint_eq(seen.invalid, 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(seen.numbers[i], i + 1);
	close(fds[1]);
	ck_assert_int_eq(json_lines_read(&lines, fds[0], 65536, on_line, &seen), 0);
	close(fds[0]);
	json_lines_clear(&lines);
}
END_TEST

/* A line of many reads is handled once; one without an end is given up at the limit. */
START_TEST(long_lines_are_limited)
{
	char spaces[4001];
	struct json_lines lines = { 0 };
	struct seen seen = { 0 };
	ssize_t n = 1;
	int fds[2];

	open_pipe(fds);
	memset(spaces, ' ', sizeof(spaces) - 1);
	spaces[sizeof(spaces) - 1] = '\0';
	for (int i = 0; i < 10; i++) {
		put(fds[1], spaces);
		ck_assert_int_gt(json_lines_read(&lines, fds[0], 65536, on_line, &seen), 0);
	}
	put(fds[1], "{\"n\": 7}\n");
	ck_assert_int_gt(json_lines_read(&lines, fds[0], 65536, on_line, &seen), 0);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.numbers[0], 7);
	for (int i = 0; i < 40 && n > 0; i++) {
		put(fds[1], spaces);
		n = json_lines_read(&lines, fds[0], 65536, on_line, &seen);
	}
	ck_assert_int_eq(n, -E2BIG);
	ck_assert_uint_eq(seen.count + seen.invalid, 1);
	close(fds[0]);
	close(fds[1]);
	json_lines_clear(&lines);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lines_are_handled_when_they_are_complete,
		long_lines_are_limited,
	};

	return run_tests("json-lines", tests, ARRAY_SIZE(tests));
}
