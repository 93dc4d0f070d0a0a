/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lending, "drift = on-return". Other programs bind a VF to a driver of theirs, or set its
 * attributes, seconds or minutes before they open it. So a VF that another program has changed
 * (job-left.c) is lent: its rows are left alone, and it counts as held for a change of the VF
 * count. It returns when it was used and has then been free for "grace" seconds, when it is again
 * as viod left it, or when a person asks for it by an edit of its rows or a reload. Then it is
 * reset unless a driver does that, and its rows are restored by the same plan as any others.
 *
 * The record has an array of
 *
 *   {"vf": 1, "id": 4711, "what": "driver: igbvf -> vfio-pci", "since": 1790000000, "used": true,
 *    "driver": "vfio-pci", "free": 81234567, "file": "{\"vlan\":\"5\"}"}
 *
 * since is in seconds of CLOCK_REALTIME, free in microseconds of CLOCK_MONOTONIC (0: it is in use,
 * or was not used yet), driver is the last one that it was used with, and file has the rows that
 * the file set when the VF was lent.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "job/job-run.h"
#include "sriov/sriov.h"

#define USEC_PER_SEC_ 1000000ULL

enum fate {
	FATE_OWN,     /* not lent, or no longer */
	FATE_LENT,    /* all its rows are left alone */
	FATE_RETURNS, /* its rows are restored */
};

/* --- the record ------------------------------------------------------------------------------ */

static void set_member(json_t *entry, const char *key, json_t *value)
{
	(void)json_object_set_new(entry, key, value);
}

static uint64_t number_of(const json_t *entry, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(entry, key));

	return number > 0 ? (uint64_t)number : 0;
}

/* --- what the file says ---------------------------------------------------------------------- */

static uint64_t grace_of(const struct job_run *run)
{
	const int64_t *grace = run->request->config ? config_pf_value(run->request->config, "grace")
						    : NULL;

	return grace ? (uint64_t)*grace * USEC_PER_SEC_ : 0;
}

/* The rows that the file sets, before anything completes them. The caller frees the text. */
static char *file_rows(const struct job_run *run, int vf)
{
	_cleanup_values_ struct viod_values *rows = NULL;
	struct json_text text = { 0 };

	if (!run->request->config ||
	    config_expand(run->request->config, MAX((size_t)vf + 1, run->wanted->n_vfs), &rows) < 0)
		return NULL;
	values_add_json(rows, vf, NULL, &text);
	return text.text;
}

static bool was_edited(const struct job_run *run, const json_t *entry, int vf)
{
	_cleanup_free_ char *rows = NULL;

	if (run->request->goal != JOB_APPLY)
		return false;
	rows = file_rows(run, vf);
	return rows && !streq(rows, json_string_value(json_object_get(entry, "file")));
}

/* --- decisions ------------------------------------------------------------------------------- */

static void report_lent(struct job_run *run, int vf, const char *what)
{
	const struct viod_function *function = device_known(&run->pf, vf);

	diag_add(&run->pf.diags, VIOD_INFO, vf, NULL, 0,
		 "VF %d (%s) is lent: another program changed it (%s); it is restored after it was "
		 "used, or by 'systemctl reload viod' or an edit of its section",
		 vf, function ? function->address : "?", what);
}

static void report_return(struct job_run *run, const json_t *entry, int vf, const char *why)
{
	const struct viod_function *function = device_known(&run->pf, vf);
	char since[64];

	job_lent_since(entry, since, sizeof(since));
	diag_add(&run->pf.diags, VIOD_INFO, vf, NULL, 0, "VF %d (%s), lent since %s (%s), %s", vf,
		 function ? function->address : "?", since, job_lent_what(entry), why);
}

/* Who uses the VF decides about an entry, new or old. */
static enum fate fate_of(struct job_run *run, int vf, json_t *entry, bool changed)
{
	const struct viod_function *function = device_known(&run->pf, vf);
	bool edited = was_edited(run, entry, vf), used;
	uint64_t now = now_usec(), since = number_of(entry, "free");

	if (job_is_held(run, vf)) {
		set_member(entry, "used", json_true());
		set_member(entry, "free", json_integer(0));
		if (function && function->driver)
			set_member(entry, "driver", json_string(function->driver));
		return edited || !changed ? FATE_OWN : FATE_LENT;
	}
	if (run->request->reclaims || edited)
		return FATE_RETURNS;
	if (!changed)
		return FATE_OWN;
	used = json_is_true(json_object_get(entry, "used"));
	if (!used)
		return FATE_LENT;
	if (!since)
		set_member(entry, "free", json_integer((json_int_t)(since = now)));
	if (now >= since + grace_of(run))
		return FATE_RETURNS;
	since += grace_of(run) - now;
	run->look = run->look ? MIN(run->look, since) : since;
	return FATE_LENT;
}

static json_t *new_entry(struct job_run *run, int vf, const char *what)
{
	_cleanup_free_ char *rows = file_rows(run, vf);
	struct timespec now = { 0 };
	json_t *entry;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	entry = json_pack("{s:i, s:O*, s:s, s:I, s:b, s:s?, s:I, s:s?}", "vf", vf, "id",
			  json_object_get(json_array_get(run->record->left, (size_t)vf), "id"),
			  "what", what, "since", (json_int_t)now.tv_sec, "used", 0, "driver", NULL,
			  "free", (json_int_t)0, "file", rows);
	if (!entry || json_array_append_new(run->record->lent, entry) < 0)
		return NULL;
	run->record->changed = true;
	return entry;
}

static void remove_entry(struct job_run *run, const json_t *entry)
{
	json_t *one;
	size_t i;

	json_array_foreach(run->record->lent, i, one)
		if (one == entry)
			break;
	(void)json_array_remove(run->record->lent, i);
	run->record->changed = true;
}

/* Entries of VFs that were removed since, also if others were created in their place. */
static void forget_removed(struct job_run *run)
{
	json_t *entry;
	size_t i = 0;

	while ((entry = json_array_get(run->record->lent, i))) {
		json_int_t vf = json_integer_value(json_object_get(entry, "vf"));
		bool there = vf >= 0 && (size_t)vf < run->pf.n_vfs;

		if (there && !job_is_replaced(run, (int)vf, entry))
			i++;
		else
			remove_entry(run, entry);
	}
}

/* --- on return ------------------------------------------------------------------------------- */

static bool needs_reset(const struct job_run *run, const json_t *entry, int vf)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const char *had = json_string_value(json_object_get(entry, "driver"));
	const struct viod_driver *wanted = values_get(run->wanted, vf, row);
	const struct viod_driver *now = values_get(run->state, vf, row);

	if (!run->pf.vfs_are_devices || !now || !json_is_true(json_object_get(entry, "used")))
		return false;
	return !(had && sriov_driver_resets(&run->pf, had)) &&
	       !sriov_driver_resets(&run->pf, wanted ? wanted->name : now->name);
}

static int take_back(struct job_run *run, const json_t *entry, int vf, struct plan_changes *changes)
{
	bool reset = needs_reset(run, entry, vf);

	report_return(run, entry, vf,
		      run->request->reclaims ? "is restored, as a reload asks"
		      : json_integer_value(json_object_get(entry, "free"))
			      ? "has been free for 'grace' seconds and is restored"
			      : "is restored, as the edit of its section asks");
	remove_entry(run, entry);
	if (!reset || job_recreates(run))
		return 0;
	if (!run->pf.returned)
		run->pf.returned = calloc(run->pf.n_vfs + 1, sizeof(*run->pf.returned));
	if (!run->pf.returned)
		return -ENOMEM;
	run->pf.returned[vf] = true;
	return job_unbind_vf(run, vf, changes);
}

/* --- all of them ----------------------------------------------------------------------------- */

static int decide(struct job_run *run, int vf, bool detects, struct plan_changes *changes)
{
	json_t *entry = (json_t *)job_lent_entry(run, vf);
	char what[256];
	bool changed = job_was_changed(run, vf, what, sizeof(what)), is_new = false;

	if (!entry && changed && detects && (!run->request->reclaims || job_is_held(run, vf))) {
		entry = new_entry(run, vf, what);
		if (!entry)
			return -ENOMEM;
		is_new = true;
	}
	if (!entry)
		return 0;
	switch (fate_of(run, vf, entry, changed)) {
	case FATE_RETURNS:
		return take_back(run, entry, vf, changes);
	case FATE_OWN:
		if (!is_new)
			report_return(run, entry, vf, "is as it was");
		remove_entry(run, entry);
		return 0;
	case FATE_LENT:
		break;
	}
	run->lent[vf] = true;
	run->record->changed = true;
	if (is_new)
		report_lent(run, vf, what);
	return 0;
}

static bool any_was_changed(struct job_run *run)
{
	char what[256];

	for (size_t vf = 0; vf < run->state->n_vfs; vf++)
		if (job_was_changed(run, (int)vf, what, sizeof(what)))
			return true;
	return false;
}

/* What a job that died has half done is no other program's change; nor is a reset of the PF. */
static bool may_detect(struct job_run *run)
{
	return job_lends(run) && !run->record->unfinished && any_was_changed(run) &&
	       !job_was_reset(run);
}

void job_drop_changes_of_lent(struct job_run *run, struct plan_changes *changes)
{
	size_t count = changes->count;

	for (size_t vf = 0; vf < run->n_lent; vf++)
		if (run->lent[vf])
			plan_changes_drop_vf(changes, (int)vf);
	run->leaves = run->leaves || changes->count != count;
}

static int decide_all(struct job_run *run, struct plan_changes *changes)
{
	bool detects = may_detect(run);
	int r = 0;

	if (!detects && !json_array_size(run->record->lent))
		return 0;
	r = job_find_holders(run);
	for (size_t vf = 0; vf < run->n_lent && r == 0; vf++)
		r = decide(run, (int)vf, detects, changes);
	return r;
}

/* A job that writes nothing decides nothing. */
static void recall_lent(struct job_run *run)
{
	for (size_t vf = 0; vf < run->n_lent; vf++)
		run->lent[vf] = job_lent_entry(run, (int)vf);
}

int job_lend(struct job_run *run, struct plan_changes *changes)
{
	int r = 0;

	if (!run->record)
		return 0;
	free(run->lent);
	run->n_lent = 0;
	run->lent = calloc(run->pf.n_vfs + 1, sizeof(*run->lent));
	if (!run->lent)
		return -ENOMEM;
	run->n_lent = MIN(run->pf.n_vfs, run->state->n_vfs);
	/* What is lent at the release stays lent; another policy ends it. */
	if (run->request->config && !job_lends(run) && json_array_size(run->record->lent)) {
		(void)json_array_clear(run->record->lent);
		run->record->changed = true;
	}
	forget_removed(run);
	if (goal_writes(run->request->goal))
		r = decide_all(run, changes);
	else
		recall_lent(run);
	if (r == 0)
		r = job_remember_left(run, true);
	/* New VFs are planned as such; the step that removes the lent ones is held back. */
	if (r == 0 && !job_recreates(run))
		job_drop_changes_of_lent(run, changes);
	return r;
}
