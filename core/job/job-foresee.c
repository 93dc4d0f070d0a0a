/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --check foresees without carrying out a step: who is in the way of the plan, and what keeps
 * a driver from being bound. */
#include <string.h>

#include "device/holders.h"
#include "device/plugin-call.h"
#include "job/job-run.h"
#include "sriov/sriov.h"

static bool disturbs(const struct job_run *run, int vf)
{
	for (size_t i = 0; i < run->plan.n_steps; i++) {
		const struct viod_step *step = &run->plan.steps[i].step;

		if ((step->flags & VIOD_STEP_DISRUPTIVE) &&
		    ((step->flags & VIOD_STEP_ALL_VFS) || step->vf == vf))
			return true;
	}
	return false;
}

static int foresee_holders(struct job_run *run)
{
	bool any = false;
	char text[256];
	int r;

	for (size_t vf = 0; vf < run->pf.n_vfs && !any; vf++)
		any = disturbs(run, (int)vf);
	if (!any)
		return 0;
	r = job_find_holders(run);
	for (size_t vf = 0; r == 0 && vf < run->pf.n_vfs; vf++) {
		const struct viod_function *function = device_known(&run->pf, (int)vf);

		if (!job_is_held(run, (int)vf) || !disturbs(run, (int)vf))
			continue;
		holder_text(&run->holders[vf].items[0], text, sizeof(text));
		diag_add(&run->pf.diags, VIOD_WARNING, (int)vf, NULL, 0,
			 "blocked by %s, which uses %s; viod waits until the VF is free", text,
			 function ? function->address : "it");
	}
	return r;
}

static void foresee_driver(struct job_run *run, const struct viod_change *change)
{
	const struct viod_driver *driver = change->wanted;
	const struct viod_plugin *plugin = sriov_plugin_of(&run->pf, driver->name);

	if (!plugin || !plugin->ops || !plugin->ops->prepare_driver)
		return;
	plugin_enter(&run->pf, plugin, "get ready");
	/* What is wrong is reported by the plugin. */
	(void)plugin->ops->prepare_driver(&run->pf, change->vf, driver->name, run->wanted);
	plugin_leave(&run->pf);
}

int job_foresee(struct job_run *run)
{
	const struct plan_changes *changes = &run->plan.changes;

	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].option == &sriov_rows[SRIOV_ROW_DRIVER] ||
		    changes->items[i].option == &sriov_rows[SRIOV_ROW_PF_DRIVER])
			foresee_driver(run, &changes->items[i]);
	return foresee_holders(run);
}
