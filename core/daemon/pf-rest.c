/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-rest.h"

#include "job/job-result.h"

/* A plugin that hangs costs no more than this process. */
#define CHECK_TIMEOUT_SEC 30

static void on_rest_checked(void *userdata, const struct job_outcome *outcome)
{
	struct managed_pf *pf = userdata;
	_cleanup_diags_ struct diag_list errors = { 0 };

	/* The file may have been edited meanwhile. */
	if (outcome->result && pf->versions.refusal == REFUSED_TEXT)
		job_result_line_errors(outcome->result, &errors);
	if (errors.count) {
		_cleanup_free_ char *text = diag_text(&errors.items[0]);

		pf->environment->report(pf->environment->userdata, pf, &errors);
		if (text)
			pf_add_error(pf, text);
	}
	pf->looker = job_free(pf->looker);
}

static void on_rest_progress(void *userdata, const json_t *progress)
{
}

static void on_rest_overdue(void *userdata, const char *where, bool ended)
{
}

void pf_rest_check(struct managed_pf *pf, const struct config *rest)
{
	static const struct job_handlers handlers = {
		.progress = on_rest_progress,
		.overdue = on_rest_overdue,
		.done = on_rest_checked,
	};
	const struct job_request request = {
		.goal = JOB_CHECK,
		.roots = pf->environment->roots,
		.loader = pf->environment->loader,
		.address = pf->address ? pf->address : "",
		.file = pf->file.path,
		.config = rest,
		.rest = true,
	};

	if (!pf->looker)
		(void)job_start(pf->environment->event, &request, CHECK_TIMEOUT_SEC, &handlers, pf,
				&pf->looker);
}
