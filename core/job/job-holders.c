/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The check before each disruptive step: who uses what the step would remove or unbind. */
#include <errno.h>
#include <string.h>

#include "device/holders.h"
#include "job/job-run.h"

/* Holders of one function that are reported by name. */
#define REPORTED_MAX 8

static void forget_holders(struct job_run *run)
{
	holders_free(run->holders, run->n_holders);
	run->holders = NULL;
	run->n_holders = run->pf.n_vfs;
}

static int store_holders(struct job_run *run, struct viod_holders *holders, int r)
{
	if (r < 0) {
		diag_add(&run->pf.diags, VIOD_ERROR, VIOD_PF, NULL, -r,
			 "cannot determine who uses the VFs, so all count as in use: %s",
			 strerror(-r));
		return r;
	}
	run->holders = holders;
	return 0;
}

/* Look up the holders of one VF, or of all (VIOD_PF). */
static int find_holders(struct job_run *run, int vf)
{
	struct viod_holders *holders = NULL;
	int r;

	forget_holders(run);
	r = vf == VIOD_PF ? holders_find(&run->pf, &holders)
			  : holders_find_of(&run->pf, vf, &holders);
	return store_holders(run, holders, r);
}

int job_find_holders(struct job_run *run)
{
	return find_holders(run, VIOD_PF);
}

int job_find_vf_holders(struct job_run *run)
{
	struct viod_holders *holders = NULL;
	int r;

	forget_holders(run);
	device_nodes_clear(&run->nodes);
	r = holders_find_vfs(&run->pf, run->self_blocked, &holders, &run->nodes);
	return store_holders(run, holders, r);
}

bool job_is_held(const struct job_run *run, int vf)
{
	return vf >= 0 && (size_t)vf < run->n_holders && run->holders && run->holders[vf].count > 0;
}

bool job_is_blocked(const struct job_run *run, int vf)
{
	return vf >= 0 && (size_t)vf < run->n_blocked && run->blocked[vf];
}

/* There may be more VFs than the plan was made for. */
static int make_room(struct job_run *run)
{
	size_t n = MAX(run->pf.n_vfs, run->wanted->n_vfs) + 1;
	bool *blocked;

	if (run->n_blocked >= n)
		return 0;
	blocked = reallocarray(run->blocked, n, sizeof(*blocked));
	if (!blocked)
		return -ENOMEM;
	memset(blocked + run->n_blocked, 0, (n - run->n_blocked) * sizeof(*blocked));
	run->blocked = blocked;
	run->n_blocked = n;
	return 0;
}

static void report_held(struct job_run *run, int vf)
{
	const struct viod_holders *holders =
		&run->holders[vf == VIOD_PF ? run->n_holders : (size_t)vf];
	const struct viod_function *function = device_known(&run->pf, vf);
	char text[256], number[16] = "the device";

	if (vf != VIOD_PF)
		snprintf(number, sizeof(number), "VF %d", vf);
	for (size_t i = 0; i < holders->count && i < REPORTED_MAX; i++) {
		holder_text(&holders->items[i], text, sizeof(text));
		diag_add(&run->pf.diags, VIOD_WARNING, vf, NULL, 0, "%s (%s) is used by %s%s",
			 number, function ? function->address : "?", text,
			 holders->items[i].flags & VIOD_HOLDER_YIELDS
				 ? "; set 'force = yes' in [pf] to override"
				 : "");
	}
	if (holders->count > REPORTED_MAX)
		diag_add(&run->pf.diags, VIOD_WARNING, vf, NULL, 0, "%s (%s) is used by %zu more",
			 number, function ? function->address : "?", holders->count - REPORTED_MAX);
}

static void report_lent(struct job_run *run, int vf)
{
	const struct viod_function *function = device_known(&run->pf, vf);
	const json_t *entry = job_lent_entry(run, vf);
	char since[64];

	job_lent_since(entry, since, sizeof(since));
	diag_add(&run->pf.diags, VIOD_WARNING, vf, NULL, 0,
		 "VF %d (%s) has been lent since %s (%s)%s; 'systemctl reload viod' or an edit of "
		 "its section reclaims it",
		 vf, function ? function->address : "?", since, job_lent_what(entry),
		 job_is_held(run, vf) ? "" : " and nothing has it open");
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

/* Like job_held_back(), for the PF itself, which the step unbinds. */
static bool self_held_back(struct job_run *run)
{
	if (!holders_object(&run->holders[run->n_holders], is_forced(run) ? VIOD_HOLDER_YIELDS : 0))
		return false;
	if (!run->self_blocked)
		report_held(run, VIOD_PF);
	run->self_blocked = true;
	return true;
}

/* Holders are looked up each time, because only those right before the write count; before VFs are
 * removed, also those of VFs that another program created meanwhile. */
static int look_before(struct job_run *run, const struct viod_step *step)
{
	bool all = step->flags & VIOD_STEP_ALL_VFS;
	int r = run->writes && (step->flags & PLAN_STEP_PCI_LOCK) ? device_scan_vfs(&run->pf) : 0;

	if (r == 0)
		r = make_room(run);
	run->pf.disrupts_vfs = true;
	run->pf.disrupts_self = step->flags & PLAN_STEP_SELF;
	if (r == 0)
		r = find_holders(run, all ? VIOD_PF : step->vf);
	run->pf.disrupts_vfs = run->pf.disrupts_self = false;
	return r;
}

bool job_held_back(struct job_run *run, const struct viod_step *step)
{
	bool all = step->flags & VIOD_STEP_ALL_VFS, self = step->flags & PLAN_STEP_SELF;
	bool held = false;

	if (!(step->flags & VIOD_STEP_DISRUPTIVE) ||
	    (!run->pf.n_vfs && !self && !(step->flags & PLAN_STEP_PCI_LOCK)))
		return false;
	if (look_before(run, step) < 0)
		return true;
	for (size_t vf = 0; vf < run->pf.n_vfs; vf++) {
		if (!all && (int)vf != step->vf)
			continue;
		if (!job_is_lent(run, (int)vf) &&
		    !holders_object(&run->holders[vf], all ? 0 : VIOD_HOLDER_REMOVAL))
			continue;
		if (!run->blocked[vf] && job_is_lent(run, (int)vf))
			report_lent(run, (int)vf);
		if (!run->blocked[vf])
			report_held(run, (int)vf);
		run->blocked[vf] = held = true;
	}
	return (self && self_held_back(run)) || held;
}

/* One held VF blocks a step that concerns all VFs, and with it the whole plan. Nothing changes
 * between the steps here, so each kind of holder is looked up once. */
int job_check_holders(struct job_run *run)
{
	bool checked[2] = { false };

	int r = make_room(run);

	run->n_holders = run->pf.n_vfs;
	for (size_t i = 0; i < run->plan.n_steps && r == 0; i++) {
		const struct viod_step *step = &run->plan.steps[i].step;

		bool self = step->flags & PLAN_STEP_SELF;

		if (!(step->flags & VIOD_STEP_DISRUPTIVE) || !(step->flags & VIOD_STEP_ALL_VFS) ||
		    checked[self])
			continue;
		checked[self] = true;
		if (!job_held_back(run, step))
			continue;
		run->pf_blocked = true;
		break;
	}
	return r;
}
