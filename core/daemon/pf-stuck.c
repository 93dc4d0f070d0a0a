/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-stuck.h"

#include "job/job-result.h"

/* The look may hang where the stuck job does. */
#define LOOK_TIMEOUT_SEC 30

static void on_looked(void *userdata, const struct job_outcome *outcome)
{
	struct managed_pf *pf = userdata;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *holder = NULL;

	if (outcome->result && pf->state == PF_STUCK) {
		job_result_diags(outcome->result, &diags);
		holder = job_result_worst(&diags);
	}
	if (holder) {
		pf->environment->report(pf->environment->userdata, pf, &diags);
		pf_add_error(pf, holder);
	}
	pf->looker = job_free(pf->looker);
	pf->environment->idle(pf->environment->userdata, pf);
}

static void on_look_progress(void *userdata, const json_t *progress)
{
}

static void on_look_overdue(void *userdata, const char *where, bool ended)
{
}

void pf_stuck_look(struct managed_pf *pf)
{
	static const struct job_handlers handlers = {
		.progress = on_look_progress,
		.overdue = on_look_overdue,
		.done = on_looked,
	};
	const struct job_request request = {
		.goal = JOB_LOOK,
		.roots = pf->environment->roots,
		.loader = pf->environment->loader,
		.address = pf->address,
		.file = pf->file.path,
		.config = versions_in_force(&pf->versions),
		.vfs = (const char *const *)pf->report.addresses,
		.n_vfs = pf->report.n_vfs,
	};

	if (!pf->looker && pf->address)
		(void)job_start(pf->environment->event, &request, LOOK_TIMEOUT_SEC, &handlers, pf,
				&pf->looker);
}
