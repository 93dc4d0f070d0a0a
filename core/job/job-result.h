/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what a job said of itself in the end; it may have gone wild before, so nothing is
 * trusted. */
#ifndef VIOD_JOB_RESULT_H
#define VIOD_JOB_RESULT_H

#include "job/job-run.h"

/** JOB_FAILED where the result names no verdict there is. */
enum job_verdict outcome_verdict(const json_t *result);

/** Append the diagnostics; what is none is passed over. */
void outcome_diags(const json_t *result, struct diag_list *diags);

/** The most telling diagnostic, for the state file: an error of the PF, of a VF, then a warning.
 * The caller frees; NULL where there is none. */
char *outcome_worst(const struct diag_list *diags);

/** Those of diags that *told does not have, in their order. Afterwards it has all of diags, and
 * nothing else: what comes back is news again. *told is malloc()ed, or NULL for nothing yet. */
void outcome_news(const struct diag_list *diags, char **told, struct diag_list *ret_news);

#endif
