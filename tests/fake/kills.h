/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIGKILL in front of each write of the daemon and its jobs, in all base scenarios. */
#ifndef VIOD_FAKE_KILLS_H
#define VIOD_FAKE_KILLS_H

#include <stdbool.h>
#include <stdint.h>

/** Play each scenario without a kill, and note how it ends and how much it writes. The number of
 * all tests. every_call: in front of each system call instead of each write. */
uint64_t kills_prepare(bool every_call);
/** Test one of them: what is different in the end, or NULL. ret_known: why that is not counted. */
const char *kills_run(uint64_t number, const char **ret_name, const char **ret_known);

#endif
