/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rights of a job that only looks. */
#ifndef VIOD_JOB_RESTRICT_H
#define VIOD_JOB_RESTRICT_H

#include "job/job-run.h"

/** Give up what a job of this goal does not need, before it reads anything. Jobs that write keep
 * all. JOB_PRINT loses the right to write files outside /dev (Landlock, if the kernel has it), and
 * all capabilities but those that drivers check for questions. JOB_CHECK and JOB_LOOK must read the
 * open files of other processes, which Landlock would hide: they keep the capabilities for that,
 * and JOB_CHECK those for questions. */
void job_restrict(enum job_goal goal, const struct roots *roots);

#endif
