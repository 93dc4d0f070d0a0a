/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-stuck.h"

#include "job/job-result.h"

/* Seconds; what looks may hang where the stuck job does. */
#define LOOK_TIMEOUT 30

static void add_to_error(struct pf *pf, const struct diag_list *diags)
{
	_cleanup_free_ char *holder = job_result_worst(diags);
	char *error;

	if (!holder || asprintf(&error, "%s%s%s", pf->error ? pf->error : "", pf->error ? "; " : "",
				holder) < 0)
		return;
	free(pf->error);
	pf->error = error;
	pf->environment->report(pf->environment->userdata, pf, diags);
	pf->environment->changed(pf->environment->userdata, pf);
}

static void on_looked(void *userdata, const struct job_outcome *outcome)
{
	struct pf *pf = userdata;
	_cleanup_diags_ struct diag_list diags = { 0 };

	if (outcome->result && pf->state == PF_STUCK) {
		job_result_diags(outcome->result, &diags);
		add_to_error(pf, &diags);
	}
	pf->looker = job_free(pf->looker);
}

static void on_progress(void *userdata, const json_t *progress)
{
}

static void on_overdue(void *userdata, const char *where, bool ended)
{
}

void pf_stuck_look(struct pf *pf)
{
	static const struct job_handlers handlers = {
		.progress = on_progress,
		.overdue = on_overdue,
		.done = on_looked,
	};
	const struct job_request request = {
		.goal = JOB_LOOK,
		.roots = pf->environment->roots,
		.loader = pf->environment->loader,
		.address = pf->address,
		.file = pf->path,
		.config = pf->config,
		.vfs = (const char *const *)pf->report.addresses,
		.n_vfs = pf->report.n_vfs,
	};

	if (!pf->looker && pf->address)
		(void)job_start(pf->environment->event, &request, LOOK_TIMEOUT, &handlers, pf,
				&pf->looker);
}
