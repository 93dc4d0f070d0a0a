/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the result of a job. The job may have been corrupted, so nothing in it is trusted. */
#ifndef VIOD_JOB_RESULT_H
#define VIOD_JOB_RESULT_H

#include "job/job-run.h"

/** The verdict of a result; JOB_FAILED if it names no known one. */
enum job_verdict job_result_verdict(const json_t *result);

/** Append the diagnostics of a result; malformed ones are ignored. */
void job_result_diags(const json_t *result, struct diag_list *diags);

/** Append the errors of a result that name a line of a file. */
void job_result_line_errors(const json_t *result, struct diag_list *errors);

/** The most important diagnostic, for the state file: an error of the PF, an error of a VF, else a
 * warning. The caller frees it; NULL if there is none. */
char *job_result_worst(const struct diag_list *diags);

/** Add those of diags that *reported does not contain to ret_news, in their order, and replace
 * *reported by all of diags: a diagnostic that disappears and occurs again is new again. *reported
 * is malloc()ed, or NULL at first. */
void job_result_news(const struct diag_list *diags, char **reported, struct diag_list *ret_news);

#endif
