/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job that only looks can still do: each is tried in a process of its own, which ends with
 * the line of what is wrong. */
#include "job/job-restrict.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../fakesys.h"
#include "base/capabilities.h"

#define REQUIRE(condition_)              \
	do {                             \
		if (!(condition_))       \
			_exit(__LINE__); \
	} while (0)

static struct place {
	struct root root;
	struct roots roots;
} place;

static void try(void (*what)(void))
{
	int status;
	pid_t pid;

	fake_machine(&place.root, &place.roots, 1);
	fake_text(&place.root, "dev", "node", "");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_msg(WEXITSTATUS(status) == 0, "line %d", WEXITSTATUS(status));
	fake_clear(&place.root, &place.roots);
}

static uint64_t read_capabilities(const char *key)
{
	char text[4096], *line;

	REQUIRE(sysfs_read_all(AT_FDCWD, "/proc/self/status", text, sizeof(text)) == 0);
	line = strstr(text, key);
	REQUIRE(line);
	return strtoull(line + strlen(key), NULL, 16);
}

static int write_to_sysfs(void)
{
	return sysfs_write(place.roots.trees[VIOD_TREE_SYS], "kernel/uevent_seqnum", "1");
}

static void print(void)
{
	bool landlock =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
	uint64_t number;

	job_restrict(JOB_PRINT, &place.roots);
	REQUIRE(sysfs_read_number(place.roots.trees[VIOD_TREE_SYS], "kernel/uevent_seqnum",
				  UINT64_MAX, &number) == 0);
	/* Questions to a device need its node. */
	REQUIRE(openat(place.roots.trees[VIOD_TREE_DEV], "node", O_RDWR | O_CLOEXEC) >= 0);
	REQUIRE(!(read_capabilities("CapPrm:") &
		  (CAPABILITY(CAP_SYS_MODULE) | CAPABILITY(CAP_CHOWN) |
		   CAPABILITY(CAP_DAC_OVERRIDE))));
	if (!landlock)
		return;
	REQUIRE(write_to_sysfs() == -EACCES);
	REQUIRE(make_directories_at(place.roots.trees[VIOD_TREE_RUN], "viod", 0755) == -EACCES);
}

START_TEST(a_job_that_prints_writes_nothing)
{
	try(print);
}
END_TEST

static void look(void)
{
	job_restrict(JOB_LOOK, &place.roots);
	REQUIRE(!(read_capabilities("CapPrm:") &
		  ~(CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_DAC_READ_SEARCH) |
		    CAPABILITY(CAP_SYS_RAWIO))));
}

START_TEST(a_job_that_looks_for_holders_has_no_other_right)
{
	try(look);
}
END_TEST

static int read_link_of_other(void)
{
	char text[16];

	return sysfs_link_name(place.roots.trees[VIOD_TREE_PROC], "1/cwd", text, sizeof(text));
}

/* It must see the files of other processes, as far as this one does. */
static void check(void)
{
	int before = read_link_of_other();

	job_restrict(JOB_CHECK, &place.roots);
	REQUIRE(read_link_of_other() == before);
	REQUIRE(!(read_capabilities("CapPrm:") &
		  (CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_DAC_OVERRIDE))));
}

START_TEST(a_job_that_checks_sees_other_processes)
{
	try(check);
}
END_TEST

static void write_(void)
{
	uint64_t before = read_capabilities("CapPrm:");

	job_restrict(JOB_APPLY, &place.roots);
	job_restrict(JOB_DRIFT, &place.roots);
	job_restrict(JOB_RELEASE, &place.roots);
	REQUIRE(read_capabilities("CapPrm:") == before);
	REQUIRE(write_to_sysfs() == 0);
}

START_TEST(a_job_that_writes_keeps_all)
{
	try(write_);
}
END_TEST

static void rest(void)
{
	uint64_t before = read_capabilities("CapPrm:");

	capabilities_rest();
	REQUIRE(read_capabilities("CapEff:") == 0);
	REQUIRE(read_capabilities("CapPrm:") == before);
	capabilities_use();
	REQUIRE(read_capabilities("CapEff:") == before);
}

START_TEST(the_daemon_rests_and_its_jobs_use_what_they_have)
{
	try(rest);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_job_that_prints_writes_nothing,
		a_job_that_looks_for_holders_has_no_other_right,
		a_job_that_checks_sees_other_processes,
		a_job_that_writes_keeps_all,
		the_daemon_rests_and_its_jobs_use_what_they_have,
	};

	return run_tests("job-restrict", tests, ARRAY_SIZE(tests));
}
