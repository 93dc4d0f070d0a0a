/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job-restrict.h"

#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/capabilities.h"

/* Kernel headers of Debian 12 end with ABI 2. */
#define ACCESS_FS_TRUNCATE (1ULL << 14)

/* By goal; none for those that write, which keep what they have. */
static const uint64_t kept[] = {
	[JOB_CHECK] = CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_SYS_ADMIN) |
		      CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_SYS_PTRACE) |
		      CAPABILITY(CAP_SYS_RAWIO),
	[JOB_PRINT] = CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_SYS_ADMIN) |
		      CAPABILITY(CAP_DAC_READ_SEARCH),
	[JOB_LOOK] = CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_DAC_READ_SEARCH) |
		     CAPABILITY(CAP_SYS_RAWIO),
};

static uint64_t writes_of(long abi)
{
	uint64_t writes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
			  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			  LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			  LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

	writes |= abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
	return writes | (abi >= 3 ? ACCESS_FS_TRUNCATE : 0);
}

/* Questions to a device need its node open for writing. */
static void keep_from_writing(const struct roots *roots)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attributes = { .handled_access_fs = writes_of(abi) };
	struct landlock_path_beneath_attr nodes = { .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE,
						    .parent_fd = roots->trees[VIOD_TREE_DEV] };
	_cleanup_close_ int rules = -1;

	if (abi < 1)
		return;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (rules < 0 ||
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &nodes, 0) < 0)
		return;
	(void)syscall(SYS_landlock_restrict_self, rules, 0);
}

void job_restrict(enum job_goal goal, const struct roots *roots)
{
	if (goal_writes(goal))
		return;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* The kernel shows a process with Landlock no files of processes without. */
	if (goal == JOB_PRINT)
		keep_from_writing(roots);
	capabilities_keep(kept[goal]);
}
