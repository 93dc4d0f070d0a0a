/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"
#include "base/util.h"

START_TEST(words)
{
	const char *const list[] = { "net", "dev", NULL };

	ck_assert(words_have(list, "dev"));
	ck_assert(!words_have(list, "de"));
	ck_assert(!words_have(NULL, "dev"));
}
END_TEST

START_TEST(words_are_appended_and_the_list_stays_terminated)
{
	char **list = NULL;
	size_t count = 0;

	words_free(list);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(
			words_append(&list, &count, "abcdefghijklmnopqrstuvwxyz", (size_t)i), 0);
		ck_assert_uint_eq(count, (size_t)i + 1);
		ck_assert_uint_eq(strlen(list[i]), (size_t)i);
		ck_assert_ptr_null(list[i + 1]);
	}
	words_free(list);
}
END_TEST

START_TEST(arrays_grow_and_are_zeroed)
{
	uint64_t *items = NULL;
	size_t count = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t *item = array_append((void **)&items, &count, sizeof(*item));

		ck_assert_ptr_nonnull(item);
		ck_assert_uint_eq(*item, 0);
		*item = i;
	}
	ck_assert_uint_eq(count, 1000);
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(items[i], i);
	free(items);
}
END_TEST

START_TEST(arrays_refuse_to_overflow)
{
	void *items = NULL;
	size_t count = (size_t)1 << 62;

	ck_assert_ptr_null(array_append(&items, &count, 64));
	ck_assert_uint_eq(count, (size_t)1 << 62);
}
END_TEST

START_TEST(text_is_copied_whole_or_not_at_all)
{
	char buffer[4] = "old";

	ck_assert_int_eq(copy_text(buffer, sizeof(buffer), "four"), -EMSGSIZE);
	ck_assert_str_eq(buffer, "old");
	ck_assert_int_eq(copy_text(buffer, sizeof(buffer), "new"), 0);
	ck_assert_str_eq(buffer, "new");
}
END_TEST

static const struct {
	const char *text;
	size_t prefix;
} printable[] = {
	{ "plain\ttext", 10 },
	{ "a\nb", 1 },
	{ "a\x7f", 1 },
	{ "\x1b[2J", 0 },
	{ "gr\xc3\xbc\xc3\x9f", 6 }, /* two bytes each */
	{ "\xe2\x82\xac", 3 },	     /* three */
	{ "\xf0\x9f\x90\xa7", 4 },   /* four */
	{ "\xc3", 0 },		     /* cut */
	{ "\xe2\x82", 0 },	     /* cut */
	{ "\xc0\xaf", 0 },	     /* overlong '/' */
	{ "\xe0\x80\xaf", 0 },	     /* overlong '/' */
	{ "\xed\xa0\x80", 0 },	     /* surrogate */
	{ "\xf4\x90\x80\x80", 0 },   /* beyond U+10FFFF */
	{ "\xc2\x85", 0 },	     /* a control character of two bytes */
	{ "\x80", 0 },
};

START_TEST(printable_text_is_recognised)
{
	for (size_t i = 0; i < ARRAY_SIZE(printable); i++)
		ck_assert_msg(printable_prefix(printable[i].text, strlen(printable[i].text)) ==
				      printable[i].prefix,
			      "text %zu", i);
	ck_assert_uint_eq(printable_prefix("a\0b", 3), 1);
}
END_TEST

START_TEST(text_is_made_printable)
{
	char text[] = "one\ntwo \x1b[2J\xff\xc3\xbc";

	make_printable(text);
	ck_assert_str_eq(text, "one two ?[2J?\xc3\xbc");
}
END_TEST

static void assert_file(const struct root *root, const char *name, const char *text)
{
	_cleanup_close_ int fd = openat(root->fd, name, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *data = NULL;
	size_t size;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read_fd(fd, 100, &data, &size), 0);
	ck_assert_uint_eq(size, strlen(text));
	ck_assert_str_eq(data, text);
}

START_TEST(a_file_is_read_up_to_its_limit)
{
	_cleanup_root_ struct root root;
	_cleanup_free_ char *data = NULL, *large = calloc(1, 100000);
	_cleanup_close_ int fd = -1;
	size_t size;

	root_new(&root);
	memset(large, 'x', 100000);
	root_write_bytes(&root, "file", large, 100000);
	fd = openat(root.fd, "file", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read_fd(fd, 99999, &data, &size), -EFBIG);
	ck_assert_ptr_null(data);
	ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(read_fd(fd, 100000, &data, &size), 0);
	ck_assert_uint_eq(size, 100000);
	ck_assert_int_eq(data[100000], '\0');
	ck_assert_int_eq(read_fd(-1, 10, &data, &size), -EBADF);
}
END_TEST

START_TEST(a_file_is_replaced_at_once)
{
	_cleanup_root_ struct root root;
	struct stat status;
	DIR *directory;
	size_t entries = 0;

	root_new(&root);
	ck_assert_int_eq(replace_file_at(root.fd, "state", "one", 3, 0640), 0);
	assert_file(&root, "state", "one");
	ck_assert_int_eq(replace_file_at(root.fd, "state", "second", 6, 0644), 0);
	assert_file(&root, "state", "second");
	ck_assert_int_eq(fstatat(root.fd, "state", &status, 0), 0);
	ck_assert_uint_eq(status.st_mode & 07777u, 0644);
	ck_assert_int_eq(replace_file_at(root.fd, "no/slash", "x", 1, 0644), -EINVAL);
	/* If the rename fails, no temporary file remains. */
	ck_assert_int_eq(mkdirat(root.fd, "folder", 0755), 0);
	ck_assert_int_eq(replace_file_at(root.fd, "folder", "x", 1, 0644), -EISDIR);
	directory = opendir(root.path);
	while (readdir(directory))
		entries++;
	closedir(directory);
	ck_assert_uint_eq(entries, 4); /* . .. state folder */
}
END_TEST

START_TEST(directories_are_made_on_the_way)
{
	_cleanup_root_ struct root root;
	struct stat status;

	root_new(&root);
	ck_assert_int_eq(make_directories_at(root.fd, "/run/viod/pf", 0755), 0);
	ck_assert_int_eq(make_directories_at(root.fd, "run/viod/pf/", 0755), 0);
	ck_assert_int_eq(fstatat(root.fd, "run/viod/pf", &status, 0), 0);
	ck_assert(S_ISDIR(status.st_mode));
	root_write(&root, "run/file", "");
	ck_assert_int_eq(make_directories_at(root.fd, "run/file", 0755), -ENOTDIR);
	ck_assert_int_eq(make_directories_at(root.fd, "run/file/x", 0755), -ENOTDIR);
}
END_TEST

START_TEST(time_goes_on)
{
	uint64_t then = now_usec();

	ck_assert_uint_gt(then, 0);
	ck_assert_uint_ge(now_usec(), then);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		words,
		words_are_appended_and_the_list_stays_terminated,
		arrays_grow_and_are_zeroed,
		arrays_refuse_to_overflow,
		text_is_copied_whole_or_not_at_all,
		printable_text_is_recognised,
		text_is_made_printable,
		a_file_is_read_up_to_its_limit,
		a_file_is_replaced_at_once,
		directories_are_made_on_the_way,
		time_goes_on,
	};

	return run_tests("util", tests, ARRAY_SIZE(tests));
}
