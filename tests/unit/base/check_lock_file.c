/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks that only root can hold. */
#include "base/lock-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../fixture.h"

#define NOBODY 65534

/* The errno with which a user without privileges cannot open a file of the root directory; 0 if it
 * can. Only root can become such a user. */
static int open_as_nobody(const struct root *root, const char *path)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(255);
		_exit(openat(root->fd, path, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 255);
	return WEXITSTATUS(status);
}

static unsigned mode_of(const struct root *root, const char *path)
{
	struct stat status;

	ck_assert_int_eq(fstatat(root->fd, path, &status, 0), 0);
	return status.st_mode & 07777;
}

static void expect_private(const struct root *root)
{
	ck_assert_uint_eq(mode_of(root, "viod/lock"), 0700);
	ck_assert_uint_eq(mode_of(root, "viod/lock/daemon"), 0600);
	ck_assert_uint_eq(mode_of(root, "viod"), 0755);
	if (geteuid() == 0)
		ck_assert_int_eq(open_as_nobody(root, "viod/lock/daemon"), EACCES);
}

START_TEST(only_root_can_take_a_lock)
{
	mode_t before = umask(0);
	struct root root;
	int fd;

	root_new(&root);
	ck_assert_int_eq(chmod(root.path, 0755), 0);
	fd = lock_file_open(root.fd, "daemon");
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	expect_private(&root);
	close(fd);
	/* The folder alone protects it, and so does the file's mode. */
	ck_assert_int_eq(fchmodat(root.fd, "viod/lock", 0755, 0), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(open_as_nobody(&root, "viod/lock/daemon"), EACCES);
	root_clear(&root);
	umask(before);
}
END_TEST

START_TEST(files_of_an_earlier_version_become_private)
{
	struct root root;
	int fd;

	root_new(&root);
	ck_assert_int_eq(chmod(root.path, 0755), 0);
	ck_assert_int_eq(make_directories_at(root.fd, "viod/lock", 0755), 0);
	root_write_bytes(&root, "viod/lock/daemon", "", 0);
	ck_assert_int_eq(fchmodat(root.fd, "viod/lock/daemon", 0644, 0), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(open_as_nobody(&root, "viod/lock/daemon"), 0);
	fd = lock_file_open(root.fd, "daemon");
	ck_assert_int_ge(fd, 0);
	expect_private(&root);
	close(fd);
	root_clear(&root);
}
END_TEST

/* The unit sets a umask that hides everything; others read the state files. */
START_TEST(a_umask_hides_no_directory)
{
	mode_t before = umask(0077);
	struct root root;

	root_new(&root);
	ck_assert_int_eq(make_directories_at(root.fd, "viod/state", 0755), 0);
	ck_assert_uint_eq(mode_of(&root, "viod"), 0755);
	ck_assert_uint_eq(mode_of(&root, "viod/state"), 0755);
	root_clear(&root);
	umask(before);
}
END_TEST

START_TEST(a_link_in_its_place_is_not_followed)
{
	struct root root;

	root_new(&root);
	ck_assert_int_eq(make_directories_at(root.fd, "viod/lock", 0700), 0);
	root_write_bytes(&root, "other", "", 0);
	ck_assert_int_eq(symlinkat("../../other", root.fd, "viod/lock/pci"), 0);
	ck_assert_int_eq(lock_file_open(root.fd, "pci"), -ELOOP);
	root_clear(&root);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		only_root_can_take_a_lock,
		files_of_an_earlier_version_become_private,
		a_umask_hides_no_directory,
		a_link_in_its_place_is_not_followed,
	};

	return run_tests("lock-file", tests, ARRAY_SIZE(tests));
}
