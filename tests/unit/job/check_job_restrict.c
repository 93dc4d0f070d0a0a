/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job that only looks can still do: each test is such a process. */
#include "job/job-restrict.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../fakesys.h"
#include "base/capabilities.h"

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

static uint64_t capabilities(void)
{
	char text[4096], *line;

	ck_assert_int_eq(sysfs_read_all(AT_FDCWD, "/proc/self/status", text, sizeof(text)), 0);
	line = strstr(text, "CapPrm:");
	ck_assert_ptr_nonnull(line);
	return strtoull(line + 7, NULL, 16);
}

START_TEST(a_job_that_checks_writes_nothing)
{
	struct root root;
	struct roots roots;
	int fd;

	fake_machine(&root, &roots, 1);
	fake_text(&root, "dev", "node", "");
	job_restrict(JOB_CHECK, &roots);
	fd = openat(root.fd, "sys/kernel/uevent_seqnum", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(fd);
	if (has_landlock()) {
		ck_assert_int_eq(
			sysfs_write(roots.trees[VIOD_TREE_SYS], "kernel/uevent_seqnum", "1"),
			-EACCES);
		ck_assert_int_eq(make_directories_at(roots.trees[VIOD_TREE_RUN], "viod", 0755),
				 -EACCES);
	}
	fd = openat(roots.trees[VIOD_TREE_DEV], "node", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(fd);
	/* CAP_SYS_MODULE, CAP_CHOWN, CAP_DAC_OVERRIDE */
	ck_assert_uint_eq(capabilities() & (1ULL << 16 | 1ULL << 0 | 1ULL << 1), 0);
}
END_TEST

START_TEST(a_job_that_looks_for_holders_has_no_other_right)
{
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 1);
	job_restrict(JOB_LOOK, &roots);
	/* CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_RAWIO */
	ck_assert_uint_eq(capabilities() & ~(1ULL << 19 | 1ULL << 2 | 1ULL << 17), 0);
	fake_clear(&root, &roots);
}
END_TEST

START_TEST(a_job_that_writes_keeps_all)
{
	uint64_t before = capabilities();
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 1);
	job_restrict(JOB_APPLY, &roots);
	job_restrict(JOB_DRIFT, &roots);
	job_restrict(JOB_RELEASE, &roots);
	ck_assert_uint_eq(capabilities(), before);
	ck_assert_int_eq(sysfs_write(roots.trees[VIOD_TREE_SYS], "kernel/uevent_seqnum", "1"), 0);
	fake_clear(&root, &roots);
}
END_TEST

static uint64_t effective(void)
{
	char text[4096];

	ck_assert_int_eq(sysfs_read_all(AT_FDCWD, "/proc/self/status", text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, "CapEff:"));
	return strtoull(strstr(text, "CapEff:") + 7, NULL, 16);
}

START_TEST(the_daemon_rests_and_its_jobs_use_what_they_have)
{
	uint64_t before = capabilities();

	capabilities_rest();
	ck_assert_uint_eq(effective(), 0);
	ck_assert_uint_eq(capabilities(), before);
	capabilities_use();
	ck_assert_uint_eq(effective(), before);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_job_that_checks_writes_nothing,
		a_job_that_looks_for_holders_has_no_other_right,
		a_job_that_writes_keeps_all,
		the_daemon_rests_and_its_jobs_use_what_they_have,
	};

	return run_tests("job-restrict", tests, ARRAY_SIZE(tests));
}
