/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Execution of the plan, one step after the other. */
#include <string.h>
#include <sys/file.h>

#include "base/lock-file.h"
#include "job/job-run.h"
#include "job/udev-links.h"

/* The PCI core serialises all count writes of the host under one lock, and one write that blocks
 * blocks all others. viod waits for a lock of its own first, where a waiting job is visible as
 * such. */
static void lock_pci(struct job_run *run, const struct viod_step *step, int *lock)
{
	if (!(step->flags & PLAN_STEP_PCI_LOCK)) {
		closep(lock);
		*lock = -1;
		return;
	}
	if (*lock >= 0)
		return;
	(void)copy_text(run->pf.progress->text, sizeof(run->pf.progress->text),
			"waiting until another PF has changed its VFs");
	*lock = lock_file_open(run->pf.roots->trees[VIOD_TREE_RUN], "pci");
	if (*lock >= 0)
		(void)flock(*lock, LOCK_EX);
}

static void count_planned_vfs(struct job_run *run)
{
	uint32_t total = 0;

	for (size_t i = 0; i < run->plan.n_steps; i++)
		if (run->plan.steps[i].step.vf != VIOD_PF &&
		    (i == 0 || run->plan.steps[i].step.vf != run->plan.steps[i - 1].step.vf))
			total++;
	run->pf.progress->vfs_done = 0;
	run->pf.progress->vfs_total = total;
}

void job_execute(struct job_run *run)
{
	uint64_t reported = now_usec();
	int lock = -1;

	if (job_check_holders(run) < 0) {
		run->pf_failed = true;
		return;
	}
	if (run->pf_blocked)
		return;
	count_planned_vfs(run);
	for (size_t i = 0, together; i < run->plan.n_steps; i++) {
		const struct plan_step *planned = &run->plan.steps[i];
		const struct viod_step *step = &planned->step;

		run->stopped = run->stopped || run->pf.progress->stop;
		/* Before drivers are bound to the VFs concerned. */
		if (step->phase >= VIOD_PHASE_ATTACH)
			job_report_refused(run);
		if (job_skip_step(run, step))
			continue;
		lock_pci(run, step, &lock);
		together = job_attach(run, i);
		if (together) {
			i += together - 1;
			continue;
		}
		if (job_held_back(run, step)) {
			run->pf_blocked = run->pf_blocked || (step->flags & VIOD_STEP_ALL_VFS);
			continue;
		}
		if (job_apply_step(run, planned) < 0 && step->vf == VIOD_PF &&
		    step->phase <= VIOD_PHASE_RESIZE)
			run->pf_failed = true;
		/* Before a driver creates interfaces that other tools would manage. */
		if (step->phase == VIOD_PHASE_RESIZE && run->request->config)
			(void)udev_links_update(&run->pf, run->record);
		if (step->vf != VIOD_PF &&
		    (i + 1 == run->plan.n_steps || run->plan.steps[i + 1].step.vf != step->vf))
			run->pf.progress->vfs_done++;
		if (now_usec() - reported > 200000) {
			reported = now_usec();
			job_send_progress(run, NULL);
		}
	}
	job_report_refused(run);
	closep(&lock);
}
