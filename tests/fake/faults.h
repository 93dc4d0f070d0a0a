/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One error at a time at the system calls of the daemon and its jobs, in six base scenarios; where
 * a process makes the same call again and again, at the first few. EVERY_ERROR=1: at each call, and
 * each error. */
#ifndef VIOD_FAKE_FAULTS_H
#define VIOD_FAKE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/** Whether an error of this call is known to change the end, so that random sequences spare it. */
bool faults_is_known(const char *role, const char *argument);
/** Play each scenario without an error, and note how it ends and how many calls it makes. The
 * number of all tests. */
uint64_t faults_prepare(bool every_error);
/** Test one of them: what is different in the end, or NULL. ret_known: why that is not counted. */
const char *faults_run(uint64_t number, const char **ret_name, const char **ret_known);

#endif
