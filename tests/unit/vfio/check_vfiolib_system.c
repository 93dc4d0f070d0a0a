/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's own system calls: which directories are in sysfs. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/vfio/lib/system.c"

static char root[] = "/tmp/viod-vfio-XXXXXX";

static int path_of(const char *path, char **ret_path)
{
	*ret_path = NULL;
	return vfio_system.sysfs_path(path, ret_path);
}

START_TEST(links_are_followed_to_sysfs)
{
	char link[64], *path;

	ck_assert_int_eq(path_of("/sys/class", &path), 0);
	ck_assert_str_eq(path, "/sys/class");
	free(path);
	(void)snprintf(link, sizeof(link), "%s/link", root);
	ck_assert_int_eq(symlink("/sys/class/../class/net", link), 0);
	ck_assert_int_eq(path_of(link, &path), 0);
	ck_assert_str_eq(path, "/sys/class/net");
	free(path);
	ck_assert_int_eq(unlink(link), 0);
}
END_TEST

START_TEST(other_directories_are_refused)
{
	char *path;

	ck_assert_int_eq(path_of(root, &path), -EXDEV);
	ck_assert_int_eq(path_of("/proc/self", &path), -EXDEV);
	ck_assert_int_eq(path_of("/sys/no-such-directory", &path), -ENOENT);
	ck_assert_int_eq(path_of("/sys/kernel/notes", &path), -ENOTDIR);
	ck_assert_ptr_null(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfiolib-system");
	TCase *paths = tcase_create("paths");
	SRunner *runner;
	int failed;

	if (!mkdtemp(root))
		return EXIT_FAILURE;
	tcase_add_test(paths, links_are_followed_to_sysfs);
	tcase_add_test(paths, other_directories_are_refused);
	suite_add_tcase(suite, paths);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	(void)rmdir(root);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
