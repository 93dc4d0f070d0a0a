/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job wants beyond the rows that the file sets. */
#include <errno.h>
#include <string.h>

#include "device/plugin-call.h"
#include "job/job-run.h"
#include "sriov/sriov.h"

/* How many VFs the file wants on this device: its number, the maximum, or the existing ones. */
static int wanted_count(struct job_run *run, size_t *ret_count)
{
	const int64_t *vfs = config_pf_value(run->request->config, "vfs");
	struct sriov_limits limits;
	int r;

	*ret_count = run->pf.n_vfs;
	if (!vfs)
		return 0;
	r = sriov_limits(&run->pf, &limits);
	*ret_count = r < 0 ? 0 : sriov_count(&run->pf, &limits, *vfs);
	return r == -ENOENT ? 0 : r;
}

int job_want_file(struct job_run *run)
{
	size_t count, named = config_vfs_named(run->request->config);
	int r = wanted_count(run, &count);

	if (r < 0)
		return r;
	/* The line that says how many may be one of those with errors. */
	if (named > count && !run->request->rest &&
	    (!config_pf_value(run->request->config, "vfs") ||
	     *(const int64_t *)config_pf_value(run->request->config, "vfs") == SRIOV_VFS_MAX)) {
		diag_add(&run->pf.diags, VIOD_ERROR, VIOD_PF,
			 config_pf_where(run->request->config, "name"), 0,
			 "the file has a section for VF %zu, but there are only %zu VFs; set 'vfs'",
			 named - 1, count);
		return -EINVAL;
	}
	return config_expand(run->request->config, count, &run->wanted);
}

/* VFs that another program has removed have nothing to restore, unless they are re-created. What is
 * kept needs only what every job restores at its end (job_want_autoprobe()). */
int job_want_record(struct job_run *run)
{
	int r = run->record->keep && !run->request->next
			? values_new(run->schema, 0, &run->wanted)
			: record_wanted(run->record, run->schema, run->request->next, &run->wanted);

	if (r == 0 && run->wanted->n_vfs > run->pf.n_vfs && !job_recreates(run))
		r = values_resize(run->wanted, run->pf.n_vfs);
	return r;
}

int job_want_absent(struct job_run *run)
{
	const int64_t *vfs = config_pf_value(run->request->config, "vfs");
	size_t named = config_vfs_named(run->request->config);

	/* One VF stands for those of [vf*]. */
	return config_expand(run->request->config,
			     vfs && *vfs > 0 ? (size_t)*vfs : MAX(named, (size_t)1), &run->wanted);
}

/* Autoprobe is switched off while VFs are created. It is restored afterwards, also if the job that
 * switched it off died before. */
void job_want_autoprobe(struct job_run *run)
{
	/* What another program switches is its own business. */
	if (run->record && run->request->config && !run->record->unfinished && job_lends(run))
		return;
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_AUTOPROBE]);
	_cleanup_values_ struct viod_values *baseline = NULL;
	const void *value = values_get(run->state, VIOD_PF, row);

	if (run->record &&
	    values_pf_from_json(run->schema, run->record->baseline, &baseline) == 0 &&
	    values_get(baseline, VIOD_PF, row))
		value = values_get(baseline, VIOD_PF, row);
	if (value && !values_get(run->wanted, VIOD_PF, row))
		values_put(run->wanted, VIOD_PF, row, value, NULL);
}

/* Rows that a plugin set beside those of the file, and no longer wants, are restored. */
void job_want_returns(struct job_run *run)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_PF];
	_cleanup_values_ struct viod_values *baseline = NULL, *set = NULL;

	if (!run->record ||
	    values_pf_from_json(run->schema, run->record->baseline, &baseline) < 0 ||
	    values_pf_from_json(run->schema, run->record->set, &set) < 0)
		return;
	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct schema_row *row = &rows->rows[i];
		const void *before = values_get(baseline, VIOD_PF, row);

		if ((row->option->flags & VIOD_OPTION_RETURNS) && before &&
		    values_get(set, VIOD_PF, row) && !values_get(run->wanted, VIOD_PF, row))
			values_put(run->wanted, VIOD_PF, row, before, NULL);
	}
}

/* Whether rows that the file does not set get their values for new VFs. */
static bool is_created(const struct job_run *run, bool recreates)
{
	return recreates ||
	       (run->record && record_may_have_created(run->record) && run->request->config);
}

/* A VF that has not been probed yet looks like one that stays unbound. The override that keeps it
 * unbound is part of "none", also if the job that was to write it died before. */
void job_want_unbound(struct job_run *run, bool recreates)
{
	const struct schema_row *driver = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct schema_row *override =
		schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_OVERRIDE]);
	static const char none[VIOD_NAME_MAX] = DRIVER_NONE;

	for (size_t vf = 0; vf < run->wanted->n_vfs && is_created(run, recreates); vf++) {
		const struct viod_driver *wanted = values_get(run->wanted, (int)vf, driver);

		if (wanted && driver_is_none(wanted) && !values_get(run->wanted, (int)vf, override))
			values_put(run->wanted, (int)vf, override, none, NULL);
	}
}

/* What the file does not say is chosen once for a VF. Another program may choose otherwise since.
 */
static bool was_chosen(const struct job_run *run, bool recreates, int vf,
		       const struct schema_row *row, const void *value)
{
	const void *set = recreates || !job_lends(run) ? NULL : values_get(run->last, vf, row);

	return set && memcmp(set, value, row->option->size) == 0 &&
	       job_left_done(run, vf, row->option->key);
}

/* Rows that the file does not set get their values for new VFs, where viod created the VFs. */
static int new_vf_values(struct job_run *run, bool recreates)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];
	unsigned char value[VALUE_TEXT_MAX];

	for (size_t i = 0; i < rows->n_rows && is_created(run, recreates); i++) {
		const struct schema_row *row = &rows->rows[i];

		if (!row->option->new_vf || (row->option->flags & VIOD_OPTION_POLICY) ||
		    row->option->size > sizeof(value))
			continue;
		if (!device_concerns(&run->pf, row->owner))
			continue;
		/* VFs that are not PCI devices have no driver. */
		if (row->option->type == VIOD_TYPE_DRIVER && !run->pf.vfs_are_devices)
			continue;
		if (value_parse(row->option, row->option->new_vf, value, NULL) < 0)
			return -EINVAL;
		for (size_t vf = 0; vf < run->wanted->n_vfs; vf++)
			if (!values_get(run->wanted, (int)vf, row) &&
			    !was_chosen(run, recreates, (int)vf, row, value))
				values_put(run->wanted, (int)vf, row, value, NULL);
	}
	return 0;
}

/* Rows of the PF that lose their value when the VFs are removed. */
static void forget_volatile(struct viod_values *values)
{
	const struct schema_scope *rows = &values->schema->scopes[VIOD_SCOPE_PF];

	for (size_t i = 0; i < rows->n_rows; i++)
		if (rows->rows[i].option->flags & VIOD_OPTION_VOLATILE)
			values_forget(values, VIOD_PF, &rows->rows[i]);
}

/* The state that is compared with what is wanted: no row is known of VFs that will be created. */
static int base_state(struct job_run *run, bool recreates, struct viod_values **ret_base)
{
	struct viod_values *base;
	int r;

	if (!recreates) {
		*ret_base = run->state;
		return 0;
	}
	r = values_copy(run->state, &base);
	if (r == 0) {
		forget_volatile(base);
		r = values_resize(base, 0);
	}
	if (r < 0) {
		values_free(base);
		return r;
	}
	*ret_base = base;
	return 0;
}

/* What the record has of a row of a VF, as text; NULL: nothing. */
static const char *recorded_text(const json_t *values, size_t vf, const char *key)
{
	const json_t *vfs = json_object_get(values, "vfs");

	return json_string_value(json_object_get(json_array_get(vfs, vf), key));
}

static void want_vf_return(struct job_run *run, size_t vf, const struct schema_row *row)
{
	_Alignas(max_align_t) unsigned char value[VALUE_TEXT_MAX];
	const char *key = row->option->key, *text = NULL;
	_cleanup_free_ char *why = NULL;

	if (values_get(run->wanted, (int)vf, row) || (!recorded_text(run->record->set, vf, key) &&
						      !recorded_text(run->record->about, vf, key)))
		return;
	/* The baseline has nothing of VFs that did not exist then. */
	if (!is_created(run, false))
		text = recorded_text(run->record->baseline, vf, key);
	if (!text)
		text = row->option->unset;
	if (text && value_parse(row->option, text, value, &why) == 0)
		values_put(run->wanted, (int)vf, row, value, NULL);
}

/* Rights of a VF that viod has granted, and its file no longer grants, are revoked: the next user
 * of the VF would have them. */
void job_want_vf_returns(struct job_run *run)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];

	for (size_t i = 0; run->record && run->request->config && i < rows->n_rows; i++)
		for (size_t vf = 0;
		     (rows->rows[i].option->flags & VIOD_OPTION_RETURNS) && vf < run->wanted->n_vfs;
		     vf++)
			want_vf_return(run, vf, &rows->rows[i]);
}

int job_want_defaults(struct job_run *run, bool recreates)
{
	int r;

	if (run->base != run->state)
		values_free(run->base);
	run->base = NULL;
	r = base_state(run, recreates, &run->base);
	return r < 0 ? r : new_vf_values(run, recreates);
}

/* Core's own part says how many VFs there will be, and with it whether they are re-created: the
 * other plugins are given what is wanted of new VFs, and no state of VFs that will be removed. */
int job_complete(struct job_run *run)
{
	int own = plugin_call_core(&run->pf, PLUGIN_COMPLETE, run->state, run->wanted), r;
	bool recreates = job_recreates(run);

	run->pf.set_elsewhere = job_set_elsewhere;
	if (!recreates)
		job_want_vf_returns(run);
	r = job_want_defaults(run, recreates);
	if (r < 0)
		return r;
	r = plugin_call_others(&run->pf, PLUGIN_COMPLETE, run->base, run->wanted);
	/* What a plugin has reported is wrong with the file; all else may be right the next time.
	 */
	if (run->pf.unexplained < 0)
		return run->pf.unexplained;
	return own < 0 || r < 0 ? 0 : 1;
}

/* --- rows of others -------------------------------------------------------------------------- */

int job_refuse_foreign(struct job_run *run)
{
	bool reported[VIOD_SCOPE_MAX_][SCHEMA_ROWS_MAX] = { 0 };
	int r = 0;

	for (int vf = VIOD_PF; vf < (int)run->wanted->n_vfs; vf++) {
		enum viod_scope scope = schema_scope_of(vf);
		const struct schema_scope *rows = &run->schema->scopes[scope];

		for (size_t i = 0; i < rows->n_rows; i++) {
			const struct schema_row *row = &rows->rows[i];

			if (!values_get(run->wanted, vf, row) ||
			    device_concerns(&run->pf, row->owner) ||
			    (row->option->flags & VIOD_OPTION_POLICY))
				continue;
			r = -EINVAL;
			if (!reported[scope][i])
				diag_add(&run->pf.diags, VIOD_ERROR, vf,
					 values_where(run->wanted, vf, row), 0,
					 "'%s' is a key for other devices (plugin '%s': %s); "
					 "remove it",
					 row->option->key, row->owner->name, row->owner->summary);
			reported[scope][i] = true;
		}
	}
	return r;
}
