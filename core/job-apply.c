/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carrying the steps out, and the question that comes before each disruptive one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "holders.h"
#include "host.h"
#include "job-run.h"
#include "managed.h"
#include "quirk.h"
#include "sriov.h"

/* Back-off of a retried step: doubles from the first to the last. */
#define RETRY_FIRST_MSEC 10
#define RETRY_LAST_MSEC 500

/* --- holders --------------------------------------------------------------------------------- */

/* Of one VF, or of all (VIOD_PF). */
static int ask_holders(struct job_run *run, int vf)
{
	struct viod_holders *holders;
	int r;

	holders_free(run->holders, run->n_holders);
	run->holders = NULL;
	run->n_holders = run->pf.n_vfs;
	run->some_asked = vf != VIOD_PF;
	r = vf == VIOD_PF ? holders_find(&run->pf, &holders)
			  : holders_find_of(&run->pf, vf, &holders);
	if (r < 0) {
		diag_add(&run->pf.diags, VIOD_ERROR, VIOD_PF, NULL, -r,
			 "cannot find out who uses the VFs, so all count as used: %s",
			 strerror(-r));
		return r;
	}
	run->holders = holders;
	return 0;
}

int job_ask_holders(struct job_run *run)
{
	return ask_holders(run, VIOD_PF);
}

bool job_is_held(const struct job_run *run, int vf)
{
	return vf >= 0 && (size_t)vf < run->n_holders && run->holders && run->holders[vf].count > 0;
}

static void report_held(struct job_run *run, int vf)
{
	const struct viod_holders *holders =
		&run->holders[vf == VIOD_PF ? run->n_holders : (size_t)vf];
	const struct viod_function *function = device_function(&run->pf, vf);
	char text[256], number[16] = "the device";

	if (vf != VIOD_PF)
		snprintf(number, sizeof(number), "VF %d", vf);
	for (size_t i = 0; i < holders->count; i++) {
		holder_text(&holders->items[i], text, sizeof(text));
		diag_add(&run->pf.diags, VIOD_WARNING, vf, NULL, 0, "%s (%s) is used by %s%s",
			 number, function ? function->address : "?", text,
			 holders->flags[i] & VIOD_HOLDER_YIELDS
				 ? "; 'force = yes' in [pf] takes it all the same"
				 : "");
	}
}

void job_report_holders(struct job_run *run)
{
	for (size_t vf = 0; run->holders && vf < run->n_holders; vf++)
		report_held(run, (int)vf);
	if (run->holders)
		report_held(run, VIOD_PF);
}

static bool is_forced(const struct job_run *run)
{
	const struct config *config = run->request->config;
	const bool *force = config ? config_pf_value(config, "force") : NULL;

	return force && *force;
}

/* The PF itself, which loses its driver. */
static bool self_held_back(struct job_run *run)
{
	if (!holders_object(&run->holders[run->n_holders], is_forced(run) ? VIOD_HOLDER_YIELDS : 0))
		return false;
	if (!run->self_blocked)
		report_held(run, VIOD_PF);
	run->self_blocked = true;
	return true;
}

/* Whether a disruptive step may not go ahead. The answer is asked for anew each time: only what is
 * true right before the write counts. */
static bool held_back(struct job_run *run, const struct viod_step *step)
{
	bool all = step->flags & VIOD_STEP_ALL_VFS, self = step->flags & VIOD_STEP_SELF;
	bool held = false;
	int r;

	if (!(step->flags & VIOD_STEP_DISRUPTIVE) || (!run->pf.n_vfs && !self))
		return false;
	run->pf.takes_vfs = true;
	run->pf.takes_self = self;
	r = ask_holders(run, all ? VIOD_PF : step->vf);
	run->pf.takes_vfs = run->pf.takes_self = false;
	if (r < 0)
		return true;
	for (size_t vf = 0; vf < run->pf.n_vfs; vf++) {
		if (!all && (int)vf != step->vf)
			continue;
		if (holders_object(&run->holders[vf], all ? 0 : VIOD_HOLDER_REMOVAL)) {
			if (!run->blocked[vf])
				report_held(run, (int)vf);
			run->blocked[vf] = held = true;
		}
	}
	return (self && self_held_back(run)) || held;
}

/* Before anything is touched: one held VF keeps a PF-wide step, and with it the whole plan, back.
 */
static int check_first(struct job_run *run)
{
	run->n_holders = run->pf.n_vfs;
	run->blocked = calloc(MAX(run->pf.n_vfs, run->wanted->n_vfs) + 1, sizeof(*run->blocked));
	if (!run->blocked)
		return -ENOMEM;
	for (size_t i = 0; i < run->plan.n_steps; i++) {
		const struct viod_step *step = &run->plan.steps[i].step;

		if (!(step->flags & VIOD_STEP_ALL_VFS) || !held_back(run, step))
			continue;
		run->pf_blocked = true;
		return 0;
	}
	return 0;
}

/* --- steps ----------------------------------------------------------------------------------- */

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
	host_enter(&run->pf, plugin, "apply");
	r = plugin->ops->apply(&run->pf, step);
	host_leave(&run->pf);
	run->pf.key = NULL;
	run->writes++;
	return r;
}

static int apply_step(struct job_run *run, const struct plan_step *planned)
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

		diag_add(&run->pf.diags, VIOD_ERROR, step->vf, &step->where, -r, "%s: %s%s%s",
			 step->text, strerror(-r), advice ? "; " : "", advice ? advice : "");
	}
	return r;
}

/* The PCI core serialises count writes of the whole host under one lock, and waits for good when
 * one of them does: viod queues for its own lock instead, where a job can be seen and told apart.
 */
static void take_pci_lock(struct job_run *run, const struct viod_step *step, int *lock)
{
	if (!(step->flags & VIOD_STEP_PCI_LOCK)) {
		closep(lock);
		*lock = -1;
		return;
	}
	if (*lock >= 0)
		return;
	(void)copy_text(run->pf.progress->text, sizeof(run->pf.progress->text),
			"waiting until another PF has changed its VFs");
	*lock = openat(run->pf.roots->trees[VIOD_TREE_RUN], "viod/pci.lock",
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (*lock >= 0)
		(void)flock(*lock, LOCK_EX);
}

/* A VF that could not be configured must not reach its driver: a machine would get it without the
 * VLAN that was to contain it. */
static bool failed(const struct job_run *run, const struct viod_step *step)
{
	return step->vf != VIOD_PF &&
	       (step->phase == VIOD_PHASE_DETACH || step->phase >= VIOD_PHASE_ATTACH) &&
	       diag_first_error(&run->pf.diags, step->vf);
}

/* Nor may it get one by accident, when the module of another is loaded. */
static void hold_failed(struct job_run *run, const struct viod_step *step)
{
	if (run->pf_failed || run->pf_blocked || run->stopped || !run->pf.vfs_are_devices ||
	    step->phase != VIOD_PHASE_ATTACH || !failed(run, step))
		return;
	if (sriov_hold(&run->pf, step->vf) > 0)
		run->writes++;
}

static bool skipped(struct job_run *run, const struct viod_step *step)
{
	if (step->flags & VIOD_STEP_ALWAYS)
		return false;
	if (run->pf_failed || run->pf_blocked || run->stopped)
		return true;
	if (step->vf == VIOD_PF)
		return false;
	if (run->blocked[step->vf] &&
	    (step->phase == VIOD_PHASE_DETACH || step->phase >= VIOD_PHASE_ATTACH))
		return true;
	return failed(run, step);
}

static void count_vfs(struct job_run *run)
{
	uint32_t total = 0;

	for (size_t i = 0; i < run->plan.n_steps; i++)
		if (run->plan.steps[i].step.vf != VIOD_PF &&
		    (i == 0 || run->plan.steps[i].step.vf != run->plan.steps[i - 1].step.vf))
			total++;
	run->pf.progress->vfs_done = 0;
	run->pf.progress->vfs_total = total;
}

void job_attach_step(struct job_run *run, const struct plan_step *planned)
{
	if (skipped(run, &planned->step))
		hold_failed(run, &planned->step);
	else
		(void)apply_step(run, planned);
}

void job_execute(struct job_run *run)
{
	uint64_t told = now_usec();
	int lock = -1;

	if (check_first(run) < 0) {
		run->pf_failed = true;
		return;
	}
	if (run->pf_blocked)
		return;
	count_vfs(run);
	for (size_t i = 0, together; i < run->plan.n_steps; i++) {
		const struct plan_step *planned = &run->plan.steps[i];
		const struct viod_step *step = &planned->step;

		run->stopped = run->stopped || run->pf.progress->stop;
		if (skipped(run, step)) {
			hold_failed(run, step);
			continue;
		}
		take_pci_lock(run, step, &lock);
		together = job_attach(run, i);
		if (together) {
			i += together - 1;
			continue;
		}
		if (held_back(run, step)) {
			run->pf_blocked = run->pf_blocked || (step->flags & VIOD_STEP_ALL_VFS);
			continue;
		}
		if (apply_step(run, planned) < 0 && step->vf == VIOD_PF &&
		    step->phase <= VIOD_PHASE_RESIZE)
			run->pf_failed = true;
		/* Before a driver makes interfaces that others would take. */
		if (step->phase == VIOD_PHASE_RESIZE && run->request->config)
			(void)managed_update(&run->pf);
		if (step->vf != VIOD_PF &&
		    (i + 1 == run->plan.n_steps || run->plan.steps[i + 1].step.vf != step->vf))
			run->pf.progress->vfs_done++;
		if (now_usec() - told > 200000) {
			told = now_usec();
			job_send_progress(run, NULL);
		}
	}
	closep(&lock);
}
