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

static void send_text(struct job_run *run, struct json_text *text)
{
	/* If the daemon has ended, the job continues without a reader. */
	if (!text->failed && fwrite(text->text, 1, text->size, run->out) == text->size)
		(void)fflush(run->out);
	json_text_clear(text);
}

static void send(struct job_run *run, json_t *message)
{
	struct json_text text = { 0 };

	if (message) {
		json_text_value(&text, message, 0);
		json_text_add(&text, "\n");
		send_text(run, &text);
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

/* --- VFs ------------------------------------------------------------------------------------- */

static void add_text(struct json_text *out, const char *key, const char *text)
{
	json_text_key(out, key);
	json_text_string(out, text);
}

static void add_number(struct json_text *out, const char *key, int number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", number);
	json_text_key(out, key);
	json_text_add(out, number < 0 ? "null" : text);
}

static bool is_first(const struct device_nodes *nodes, size_t number)
{
	const struct device_node *node = &nodes->items[number];

	for (size_t i = 0; i < number; i++)
		if (nodes->items[i].vf == node->vf && streq(nodes->items[i].path, node->path))
			return false;
	return true;
}

static void add_nodes(const struct device_nodes *nodes, int vf, struct json_text *out)
{
	bool any = false;

	json_text_key(out, "nodes");
	json_text_add(out, "[");
	for (size_t i = 0; i < nodes->count; i++) {
		if (nodes->items[i].vf != vf || !nodes->items[i].path[0] || !is_first(nodes, i))
			continue;
		json_text_add(out, any ? "," : "");
		json_text_string(out, nodes->items[i].path);
		any = true;
	}
	json_text_add(out, "]");
}

static void add_holder(const struct job_run *run, int vf, struct json_text *out)
{
	char text[256];

	if (job_is_held(run, vf))
		holder_text(&run->holders[vf].items[0], text, sizeof(text));
	add_text(out, "held_by", job_is_held(run, vf) ? text : NULL);
}

static void add_lent(const struct job_run *run, int vf, struct json_text *out)
{
	const json_t *entry = job_is_lent(run, vf) ? job_lent_entry(run, vf) : NULL;
	char since[64];

	if (entry)
		job_lent_since(entry, since, sizeof(since));
	add_text(out, "state",
		 diag_first_error(&run->pf.diags, vf) ? "failed"
		 : entry			      ? "lent"
		 : job_is_held(run, vf)		      ? "held"
						      : "free");
	add_text(out, "lent", entry ? job_lent_what(entry) : NULL);
	add_text(out, "lent_since", entry ? since : NULL);
}

static void add_error(const struct job_run *run, int vf, struct json_text *out)
{
	const struct diag *diag = diag_first_error(&run->pf.diags, vf);
	_cleanup_free_ char *text = diag ? diag_text(diag) : NULL;

	add_text(out, "error", text);
}

/* One line for each VF, which the daemon copies to the state file. */
static void add_vf(struct job_run *run, int vf, struct json_text *out)
{
	/* These are members of their own. */
	static const char *const without[] = { "driver", "driver-override", NULL };
	const struct viod_function *function = device_known(&run->pf, vf);

	json_text_add(out, "{\"vf\":{");
	add_number(out, "index", vf);
	add_text(out, "address", function ? function->address : NULL);
	add_text(out, "driver", function ? function->driver : NULL);
	add_number(out, "iommu_group", function ? function->iommu_group : -1);
	add_nodes(&run->nodes, vf, out);
	add_holder(run, vf, out);
	add_lent(run, vf, out);
	add_error(run, vf, out);
	json_text_key(out, "attributes");
	if ((size_t)vf < run->state->n_vfs)
		values_add_json(run->state, vf, without, out);
	else
		json_text_add(out, "{}");
	json_text_add(out, "}}\n");
}

static json_t *addresses_json(struct job_run *run)
{
	json_t *addresses = json_array();

	for (size_t vf = 0; vf < run->pf.n_vfs; vf++) {
		const struct viod_function *function = device_known(&run->pf, (int)vf);

		(void)json_array_append_new(addresses, function ? json_string(function->address)
								: json_null());
	}
	return addresses;
}

static json_t *vfs_json(struct job_run *run)
{
	struct json_text lines = { 0 };
	json_int_t held = 0, failed = 0, lent = 0;

	for (size_t vf = 0; vf < run->pf.n_vfs; vf++) {
		add_vf(run, (int)vf, &lines);
		held += job_is_held(run, (int)vf);
		lent += job_is_lent(run, (int)vf);
		failed += diag_first_error(&run->pf.diags, (int)vf) != NULL;
	}
	/* All at once: each write would wake the daemon. */
	if (lines.size)
		send_text(run, &lines);
	return json_pack("{s:I, s:I, s:I, s:o}", "held", held, "lent", lent, "failed", failed,
			 "addresses", addresses_json(run));
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Whether the next job waits for a holder of this VF, or of the PF itself. */
static bool is_in_the_way(const struct job_run *run, int vf)
{
	if (vf == VIOD_PF)
		return run->self_blocked;
	return job_is_lent(run, vf) || job_is_blocked(run, vf);
}

static json_t *holders_json(const struct job_run *run)
{
	json_t *pids = json_array();

	for (size_t vf = 0; run->holders && vf <= run->n_holders; vf++)
		for (size_t i = 0; i < run->holders[vf].count; i++)
			if (run->holders[vf].items[i].pid > 0 &&
			    is_in_the_way(run, vf == run->n_holders ? VIOD_PF : (int)vf))
				(void)json_array_append_new(
					pids, json_integer(run->holders[vf].items[i].pid));
	for (size_t i = 0; run->pf.blocked_by && i < run->pf.blocked_by->count; i++)
		if (run->pf.blocked_by->items[i].pid > 0)
			(void)json_array_append_new(pids,
						    json_integer(run->pf.blocked_by->items[i].pid));
	return pids;
}

/* Nodes of VFs that are in the way: a holder may close one and live on. */
static json_t *nodes_json(const struct job_run *run)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < run->nodes.count; i++)
		if (is_in_the_way(run, run->nodes.items[i].vf) &&
		    strncmp(run->nodes.items[i].path, "/dev/", 5) == 0 && is_first(&run->nodes, i))
			(void)json_array_append_new(nodes, json_string(run->nodes.items[i].path));
	return nodes;
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
	json_t *pf = run->state ? values_pf_to_json(run->state) : NULL;

	return pf ? pf : json_object();
}

void job_send_result(struct job_run *run, enum job_verdict verdict)
{
	bool looked = run->state && goal_writes(run->request->goal);

	/* Holders are part of the report, and those found before the writes may be outdated. */
	if (looked && run->pf.present && run->pf.n_vfs)
		(void)job_find_vf_holders(run);
	send(run, json_pack("{s:{s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}}",
			    "result", "verdict", job_verdict_names[verdict], "seqnum",
			    (json_int_t)run->seqnum, "looked", (json_int_t)run->looked, "writes",
			    (json_int_t)run->writes, "look", (json_int_t)run->look, "diags",
			    diags_json(run), "holders", holders_json(run), "nodes", nodes_json(run),
			    "steps", steps_json(run), "print", print_json(run), "pf", pf_json(run),
			    "facts", run->pf.facts ? json_incref(run->pf.facts) : json_object(),
			    "vfs", looked ? vfs_json(run) : json_object()));
}
