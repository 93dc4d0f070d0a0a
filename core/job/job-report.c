/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job reports to the daemon: lines of JSON, of which the last holds the whole result. */
#include <errno.h>
#include <string.h>

#include "device/holders.h"
#include "job/job-run.h"
#include "sriov/sriov.h"

const char *const job_verdict_names[] = {
	[JOB_CONFIGURED] = "configured", [JOB_DEGRADED] = "degraded", [JOB_BLOCKED] = "blocked",
	[JOB_FAILED] = "failed",	 [JOB_INVALID] = "invalid",   [JOB_WAITING] = "waiting",
	[JOB_ABSENT] = "absent",	 [JOB_RELEASED] = "released", [JOB_CHANGED] = "changed",
};

static void send(struct job_run *run, json_t *message)
{
	/* If the daemon has ended, the job continues without a reader. */
	if (message && json_dumpf(message, run->out, JSON_COMPACT) == 0) {
		(void)fputc('\n', run->out);
		(void)fflush(run->out);
	}
	json_decref(message);
}

void job_send_progress(struct job_run *run, const char *state)
{
	json_t *progress = json_pack("{s:s, s:i, s:i}", "text", run->pf.progress->text, "done",
				     (int)run->pf.progress->vfs_done, "total",
				     (int)run->pf.progress->vfs_total);

	if (progress && state)
		(void)json_object_set_new(progress, "state", json_string(state));
	send(run, json_pack("{s:o}", "progress", progress));
}

static bool is_listed(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (streq(json_string_value(item), text))
			return true;
	return false;
}

static json_t *nodes_json(int vf, const struct device_nodes *table)
{
	json_t *list = json_array();

	for (size_t i = 0; i < table->count; i++)
		if (table->items[i].vf == vf && table->items[i].path[0] &&
		    !is_listed(list, table->items[i].path))
			(void)json_array_append_new(list, json_string(table->items[i].path));
	return list;
}

static json_t *held_by_json(const struct job_run *run, int vf)
{
	char text[256];

	if (!job_is_held(run, vf))
		return json_null();
	holder_text(&run->holders[vf].items[0], text, sizeof(text));
	return json_string(text);
}

static json_t *error_json(const struct job_run *run, int vf)
{
	const struct diag *diag = diag_first_error(&run->pf.diags, vf);
	_cleanup_free_ char *text = diag ? diag_text(diag) : NULL;

	return text ? json_string(text) : json_null();
}

static json_t *attributes_json(const json_t *state, size_t vf)
{
	json_t *attributes = json_copy(json_array_get(json_object_get(state, "vfs"), vf));

	if (!attributes)
		return json_object();
	/* These are members of their own. */
	(void)json_object_del(attributes, "driver");
	(void)json_object_del(attributes, "driver.native");
	(void)json_object_del(attributes, "driver-override");
	return attributes;
}

static json_t *vf_json(struct job_run *run, int vf, const json_t *state,
		       const struct device_nodes *table)
{
	const struct viod_function *function = device_function(&run->pf, vf);

	return json_pack("{s:i, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o}", "index", vf, "address",
			 function ? function->address : NULL, "driver",
			 function ? function->driver : NULL, "iommu_group",
			 function && function->iommu_group >= 0
				 ? json_integer(function->iommu_group)
				 : json_null(),
			 "nodes", nodes_json(vf, table), "held_by", held_by_json(run, vf), "error",
			 error_json(run, vf), "attributes", attributes_json(state, (size_t)vf));
}

static json_t *vfs_json(struct job_run *run)
{
	json_t *state = run->state ? values_to_json(run->state) : NULL;
	struct device_nodes table = { 0 };
	json_t *vfs = json_array();

	(void)device_nodes_find(&run->pf, &table);
	for (size_t vf = 0; vf < run->pf.n_vfs; vf++)
		(void)json_array_append_new(vfs, vf_json(run, (int)vf, state, &table));
	device_nodes_clear(&table);
	json_decref(state);
	return vfs;
}

static json_t *holders_json(const struct job_run *run)
{
	json_t *pids = json_array();

	for (size_t vf = 0; run->holders && vf <= run->n_holders; vf++)
		for (size_t i = 0; i < run->holders[vf].count; i++)
			if (run->blocked && run->holders[vf].items[i].pid > 0 &&
			    (vf == run->n_holders ? run->self_blocked : run->blocked[vf]))
				(void)json_array_append_new(
					pids, json_integer(run->holders[vf].items[i].pid));
	for (size_t i = 0; run->pf.blocked_by && i < run->pf.blocked_by->count; i++)
		if (run->pf.blocked_by->items[i].pid > 0)
			(void)json_array_append_new(pids,
						    json_integer(run->pf.blocked_by->items[i].pid));
	return pids;
}

static json_t *steps_json(const struct job_run *run)
{
	json_t *steps = json_array();

	if (run->request->goal != JOB_CHECK)
		return steps;
	for (size_t i = 0; i < run->plan.n_steps; i++)
		(void)json_array_append_new(steps, json_string(run->plan.steps[i].step.text));
	return steps;
}

static json_t *diags_json(const struct job_run *run)
{
	json_t *diags = json_array();

	for (size_t i = 0; i < run->pf.diags.count; i++)
		(void)json_array_append_new(diags, diag_to_json(&run->pf.diags.items[i]));
	return diags;
}

static json_t *print_json(const struct job_run *run)
{
	_cleanup_free_ char *text = NULL;

	if (run->request->goal != JOB_PRINT || !run->state ||
	    values_print(run->state, run->pf.self.address, &text) < 0)
		return json_null();
	return json_string(text);
}

/* The rows of the PF, for its state file; those of its VFs are in "vfs". */
static json_t *pf_json(struct job_run *run)
{
	json_t *state = run->state ? values_to_json(run->state) : NULL;
	json_t *pf = json_incref(json_object_get(state, "pf"));

	json_decref(state);
	return pf ? pf : json_object();
}

void job_send_result(struct job_run *run, enum job_verdict verdict)
{
	bool looked = run->state && goal_writes(run->request->goal);

	/* Holders are part of the report, and those found before the writes may be outdated. */
	if (looked && run->pf.present && run->pf.n_vfs &&
	    (run->writes || run->holders_partial || !run->holders))
		(void)job_find_holders(run);
	send(run,
	     json_pack("{s:{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}}", "result",
		       "verdict", job_verdict_names[verdict], "seqnum", (json_int_t)run->seqnum,
		       "looked", (json_int_t)run->looked, "writes", (json_int_t)run->writes,
		       "diags", diags_json(run), "holders", holders_json(run), "steps",
		       steps_json(run), "print", print_json(run), "pf", pf_json(run), "facts",
		       run->pf.facts ? json_incref(run->pf.facts) : json_object(), "vfs",
		       looked ? vfs_json(run) : json_array()));
}
