/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Execution of the plan, one step after the other. */
#include <string.h>

#include "job/job-run.h"
#include "job/udev-links.h"

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

/* The lock is needed up to the last step that has its flag. */
static bool keeps_pci_lock(const struct job_run *run, size_t step)
{
	for (; step < run->plan.n_steps; step++)
		if (run->plan.steps[step].step.flags & PLAN_STEP_PCI_LOCK)
			return true;
	return false;
}

/* A count that the kernel refused may have been changed in part. */
static bool vfs_are_others(const struct job_run *run, size_t n_before, const char *first_before)
{
	return run->pf.n_vfs != n_before ||
	       (n_before && !streq(run->pf.vfs[0].address, first_before));
}

/* Removes or creates VFs: what was about to be done is recorded before, what was done after it. */
static int change_count(struct job_run *run, const struct plan_step *planned)
{
	size_t n_before = run->pf.n_vfs;
	char first[DEVICE_NAME_MAX] = "";
	int r;

	if (n_before)
		(void)copy_text(first, sizeof(first), run->pf.vfs[0].address);
	r = job_note_creation(run);
	if (r < 0) {
		diag_add(&run->pf.diags, VIOD_ERROR, VIOD_PF, NULL, -r,
			 "cannot write the record of the PF, so its VFs are left alone: %s",
			 strerror(-r));
		return r;
	}
	r = job_apply_step(run, planned);
	job_settle_creation(run, r == 0 || device_scan_vfs(&run->pf) < 0 ||
					 vfs_are_others(run, n_before, first));
	return r;
}

static void carry_out(struct job_run *run, const struct plan_step *planned)
{
	const struct viod_step *step = &planned->step;
	int r = step->flags & PLAN_STEP_PCI_LOCK ? change_count(run, planned)
						 : job_apply_step(run, planned);

	if (r < 0 && step->vf == VIOD_PF && step->phase <= VIOD_PHASE_RESIZE)
		run->pf_failed = true;
	/* Before a driver creates interfaces that other tools would manage. */
	if (step->phase == VIOD_PHASE_RESIZE && run->request->config)
		(void)udev_links_update(&run->pf, run->record);
}

static bool is_last_of_vf(const struct job_run *run, size_t i)
{
	int vf = run->plan.steps[i].step.vf;

	return vf != VIOD_PF &&
	       (i + 1 == run->plan.n_steps || run->plan.steps[i + 1].step.vf != vf);
}

/* How many steps beyond the first were carried out. */
static size_t next_steps(struct job_run *run, size_t i)
{
	const struct plan_step *planned = &run->plan.steps[i];
	size_t together;

	/* Before drivers are bound to the VFs concerned. */
	if (planned->step.phase >= VIOD_PHASE_ATTACH)
		job_report_refused(run);
	if (job_skip_step(run, &planned->step))
		return 0;
	if (!keeps_pci_lock(run, i))
		job_unlock_pci(run);
	together = job_attach(run, i);
	if (together)
		return together - 1;
	if (job_held_back(run, &planned->step)) {
		run->pf_blocked = run->pf_blocked || (planned->step.flags & VIOD_STEP_ALL_VFS);
		return 0;
	}
	carry_out(run, planned);
	if (is_last_of_vf(run, i))
		run->pf.progress->vfs_done++;
	return 0;
}

void job_execute(struct job_run *run)
{
	uint64_t reported = now_usec();

	count_planned_vfs(run);
	for (size_t i = 0; i < run->plan.n_steps; i++) {
		run->stopped = run->stopped || run->pf.progress->stop;
		/* Nothing has begun that has to be completed. */
		if (run->stopped && !run->writes)
			break;
		i += next_steps(run, i);
		if (now_usec() - reported > 200000) {
			reported = now_usec();
			job_send_progress(run, NULL);
		}
	}
	job_unlock_pci(run);
	job_report_refused(run);
}
