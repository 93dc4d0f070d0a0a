/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One step: whether it is skipped, and how it is carried out and repeated. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "device/plugin-call.h"
#include "job/job-run.h"
#include "loader/quirk-match.h"
#include "sriov/sriov.h"

/* Back-off of a retried step: doubles from the first to the last. */
#define RETRY_FIRST_MSEC 10
#define RETRY_LAST_MSEC 500

static uint32_t retry_limit(const struct viod_pf *pf, const struct viod_step *step, int error)
{
	for (const struct viod_retry *retry = pf->quirk.retries; retry && retry->error; retry++)
		if (retry->error == error && retry->phase == step->phase)
			return retry->milliseconds;
	return 0;
}

static void wait_msec(unsigned msec)
{
	struct timespec time = { .tv_sec = msec / 1000, .tv_nsec = (msec % 1000) * 1000000L };

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

static const struct viod_plugin *loaded(const struct job_run *run, const struct viod_plugin *owner)
{
	for (size_t i = 0; i < run->schema->n_plugins; i++)
		if (streq(run->schema->plugins[i]->name, owner->name))
			return run->schema->plugins[i];
	return NULL;
}

static int apply_once(struct job_run *run, const struct viod_plugin *plugin,
		      const struct viod_step *step)
{
	int r;

	if (!plugin || !plugin->ops || !plugin->ops->apply)
		return -EOPNOTSUPP;
	run->pf.key = step->change ? step->change->option->key : NULL;
	(void)copy_text(run->pf.progress->text, sizeof(run->pf.progress->text), step->text);
	plugin_enter(&run->pf, plugin, "apply");
	r = plugin->ops->apply(&run->pf, step);
	plugin_leave(&run->pf);
	run->pf.key = NULL;
	run->writes++;
	return r;
}

int job_apply_step(struct job_run *run, const struct plan_step *planned)
{
	const struct viod_step *step = &planned->step;
	const struct viod_plugin *plugin = loaded(run, planned->owner);
	size_t errors = diag_errors(&run->pf.diags);
	unsigned waited = 0, pause = RETRY_FIRST_MSEC;
	int r;

	while ((r = apply_once(run, plugin, step)) < 0 &&
	       waited < retry_limit(&run->pf, step, -r) && !run->pf.progress->stop) {
		wait_msec(pause);
		waited += pause;
		pause = MIN(pause * 2, RETRY_LAST_MSEC);
	}
	if (r < 0 && diag_errors(&run->pf.diags) == errors) {
		const char *key = step->change ? step->change->option->key : NULL;
		const char *advice = quirk_advice(&run->pf.quirk, key, -r);

		diag_add(&run->pf.diags, VIOD_ERROR, step->vf, &step->where, -r,
			 "%s: %s" ADVICE_FORMAT, step->text, strerror(-r), ADVICE(advice));
	}
	return r;
}

/* The driver must not be bound to a VF that could not be configured: a virtual machine would use it
 * without the VLAN that was to isolate it. */
static bool failed(const struct job_run *run, const struct viod_step *step)
{
	return step->vf != VIOD_PF &&
	       (step->phase == VIOD_PHASE_DETACH || step->phase >= VIOD_PHASE_ATTACH) &&
	       diag_first_error(&run->pf.diags, step->vf);
}

/* Nor may the kernel bind another driver when its module is loaded. */
static void hold_failed(struct job_run *run, const struct viod_step *step)
{
	if (run->pf_failed || run->pf_blocked || run->stopped || !run->pf.vfs_are_devices ||
	    step->phase != VIOD_PHASE_ATTACH || !failed(run, step))
		return;
	if (sriov_hold(&run->pf, step->vf) > 0)
		run->writes++;
}

static bool is_skipped(struct job_run *run, const struct viod_step *step)
{
	if (step->flags & PLAN_STEP_ALWAYS)
		return false;
	if (run->pf_failed || run->pf_blocked || run->stopped)
		return true;
	if (step->vf == VIOD_PF)
		return false;
	if (job_is_blocked(run, step->vf) &&
	    (step->phase == VIOD_PHASE_DETACH || step->phase >= VIOD_PHASE_ATTACH))
		return true;
	return failed(run, step);
}

bool job_skip_step(struct job_run *run, const struct viod_step *step)
{
	if (!is_skipped(run, step))
		return false;
	hold_failed(run, step);
	return true;
}
