/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of a record: what there was, what was about to be done, and what was done. */
#include <errno.h>
#include <string.h>

#include "job/record.h"

static json_t *object_of(const json_t *values, int vf)
{
	return vf == VIOD_PF ? json_object_get(values, "pf")
			     : json_array_get(json_object_get(values, "vfs"), (size_t)vf);
}

static bool has_key(const json_t *values, int vf, const char *key)
{
	return json_object_get(object_of(values, vf), key) != NULL;
}

static void replace_values(json_t **slot, json_t *values)
{
	json_decref(*slot);
	*slot = values;
}

bool record_is_unfinished(const struct record *record)
{
	const json_t *vfs = json_object_get(record->about, "vfs"), *vf;
	size_t i;

	json_array_foreach(vfs, i, vf)
		if (json_object_size(vf))
			return true;
	return record->creating || record->unfinished ||
	       json_object_size(json_object_get(record->about, "pf"));
}

static int replace_text(char **slot, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*slot);
	*slot = copy;
	return 0;
}

int record_follow(struct record *record, const char *config, const char *name, bool keep)
{
	int r;

	if (streq(record->config, config) && streq(record->name, name) && record->keep == keep)
		return 0;
	record->keep = keep;
	record->changed = true;
	r = replace_text(&record->config, config);
	return r < 0 ? r : replace_text(&record->name, name);
}

/* --- baseline -------------------------------------------------------------------------------- */

/* Without the rows that viod has set: the state shows them, and it is not what there was before. */
static int extend_object(const struct record *record, json_t *baseline, int vf, const json_t *state)
{
	json_t *value;
	const char *key;

	json_object_foreach((json_t *)state, key, value)
		if (!json_object_get(baseline, key) && !has_key(record->set, vf, key) &&
		    !has_key(record->about, vf, key) && json_object_set(baseline, key, value) < 0)
			return -ENOMEM;
	return 0;
}

static int extend_vfs(const struct record *record, const json_t *state)
{
	json_t *vfs = json_object_get(record->baseline, "vfs"), *vf;
	size_t i;
	int r = 0;

	json_array_foreach(state, i, vf) {
		if (i >= json_array_size(vfs) && json_array_append_new(vfs, json_object()) < 0)
			return -ENOMEM;
		r = extend_object(record, json_array_get(vfs, i), (int)i, vf);
		if (r < 0)
			return r;
	}
	return 0;
}

int record_extend_baseline(struct record *record, const struct viod_values *state)
{
	json_t *now = values_to_json(state);
	int r;

	if (!now)
		return -ENOMEM;
	if (json_object_size(record->baseline) == 0) {
		replace_values(&record->baseline, now);
		return 0;
	}
	r = extend_object(record, json_object_get(record->baseline, "pf"), VIOD_PF,
			  json_object_get(now, "pf"));
	if (r == 0 && !record_may_have_created(record))
		r = extend_vfs(record, json_object_get(now, "vfs"));
	json_decref(now);
	return r;
}

/* --- what to restore ------------------------------------------------------------------------- */

/* A job may have created VFs and failed or died before it could record that. */
static bool may_be_set(const struct record *record, const struct viod_option *option)
{
	return record_may_have_created(record) && (option->flags & VIOD_OPTION_RECREATES) &&
	       option->phase == VIOD_PHASE_RESIZE;
}

static bool is_to_restore(const struct record *record, const struct viod_values *set, int vf,
			  const struct schema_row *row, const struct schema *next)
{
	if (next && schema_row_of(next, row->option))
		return false;
	return values_get(set, vf, row) || has_key(record->about, vf, row->option->key) ||
	       (row->option->flags & VIOD_OPTION_INTERNAL) || may_be_set(record, row->option);
}

static void keep_rows_set(const struct record *record, struct viod_values *wanted,
			  const struct viod_values *set, int vf, const struct schema *next)
{
	const struct schema_scope *rows = &wanted->schema->scopes[schema_scope_of(vf)];

	for (size_t i = 0; i < rows->n_rows; i++)
		if (!is_to_restore(record, set, vf, &rows->rows[i], next))
			values_forget(wanted, vf, &rows->rows[i]);
}

int record_wanted(const struct record *record, const struct schema *schema,
		  const struct schema *next, struct viod_values **ret_wanted)
{
	/* VFs that are re-created have lost all values that the baseline has of them. */
	bool all = record_may_have_created(record) && !next;
	_cleanup_values_ struct viod_values *wanted = NULL, *set = NULL;
	int r;

	r = values_from_json(schema, record->baseline, &wanted);
	if (r == 0)
		r = values_from_json(schema, record->set, &set);
	if (r < 0)
		return r;
	keep_rows_set(record, wanted, set, VIOD_PF, next);
	for (size_t i = 0; !all && i < wanted->n_vfs; i++)
		keep_rows_set(record, wanted, set, (int)i, next);
	*ret_wanted = TAKE_PTR(wanted);
	return 0;
}

int record_known(const struct record *record, const struct schema *schema,
		 struct viod_values **ret_known)
{
	_cleanup_values_ struct viod_values *known = NULL;
	int r;

	r = record->creating ? values_pf_from_json(schema, record->set, &known)
			     : values_from_json(schema, record->set, &known);
	if (r < 0)
		return r;
	for (int vf = VIOD_PF; vf < (int)known->n_vfs && record_is_unfinished(record); vf++) {
		const struct schema_scope *rows = &schema->scopes[schema_scope_of(vf)];

		for (size_t i = 0; i < rows->n_rows; i++)
			if (has_key(record->about, vf, rows->rows[i].option->key))
				values_forget(known, vf, &rows->rows[i]);
	}
	*ret_known = TAKE_PTR(known);
	return 0;
}

/* --- what is done ---------------------------------------------------------------------------- */

/* Add the members of from that into lacks and other has not, as it is by now. */
static int add_missing(json_t *into, const json_t *from, const json_t *other)
{
	json_t *value;
	const char *key;

	json_object_foreach((json_t *)from, key, value)
		if (!json_object_get(into, key) && !json_object_get(other, key) &&
		    json_object_set(into, key, value) < 0)
			return -ENOMEM;
	return 0;
}

/* What earlier jobs have set, or were about to set, and this one has not changed. */
static int carry_over(json_t *into, const json_t *before, const json_t *other, bool recreated)
{
	json_t *vfs = json_object_get(into, "vfs"), *entry;
	const json_t *old = recreated ? NULL : json_object_get(before, "vfs");
	size_t i;
	int r = add_missing(object_of(into, VIOD_PF), object_of(before, VIOD_PF),
			    object_of(other, VIOD_PF));

	json_array_foreach((json_t *)old, i, entry) {
		if (r == 0 && i >= json_array_size(vfs) &&
		    json_array_append_new(vfs, json_object()) < 0)
			r = -ENOMEM;
		if (r == 0)
			r = add_missing(json_array_get(vfs, i), entry, object_of(other, (int)i));
	}
	return r;
}

static json_t *no_values(void)
{
	return json_pack("{s:{}, s:[]}", "pf", "vfs");
}

int record_intend(struct record *record, const struct viod_values *about)
{
	json_t *now = values_to_json(about);
	int r = now ? carry_over(now, record->about, NULL, false) : -ENOMEM;

	if (r < 0) {
		json_decref(now);
		return r;
	}
	replace_values(&record->about, now);
	record->changed = true;
	return 0;
}

int record_remember(struct record *record, const struct viod_values *done,
		    const struct viod_values *doubtful, bool recreated)
{
	json_t *set = values_to_json(done);
	json_t *about = doubtful ? values_to_json(doubtful) : no_values();
	int r = set && about ? carry_over(about, record->about, set, recreated) : -ENOMEM;

	if (r == 0)
		r = carry_over(set, record->set, about, recreated);
	if (r < 0) {
		json_decref(set);
		json_decref(about);
		return r;
	}
	replace_values(&record->set, set);
	replace_values(&record->about, about);
	record->changed = true;
	return 0;
}

void record_forget_vfs(struct record *record)
{
	json_t *pf = json_object_get(record->baseline, "pf");

	/* What was set is to be restored, but none of it can be relied on. */
	(void)json_object_update_missing(object_of(record->about, VIOD_PF),
					 object_of(record->set, VIOD_PF));
	(void)json_object_clear(object_of(record->set, VIOD_PF));
	(void)json_array_clear(json_object_get(record->set, "vfs"));
	(void)json_array_clear(json_object_get(record->about, "vfs"));
	(void)json_array_clear(json_object_get(record->baseline, "vfs"));
	(void)json_array_clear(record->left);
	(void)json_array_clear(record->lent);
	if (json_object_get(pf, "vfs"))
		(void)json_object_set_new(pf, "vfs", json_string("0"));
	record->changed = true;
}

/* --- another kind ---------------------------------------------------------------------------- */

static void forget_rows(json_t *values, int vf, const struct schema *schema,
			const struct schema *next)
{
	const struct schema_scope *rows = &schema->scopes[schema_scope_of(vf)];
	json_t *object = object_of(values, vf);

	for (size_t i = 0; object && i < rows->n_rows; i++)
		if (!schema_row_of(next, rows->rows[i].option))
			(void)json_object_del(object, rows->rows[i].option->key);
}

int record_change_kind(struct record *record, const struct schema *schema,
		       const struct schema *next)
{
	json_t *const values[] = { record->baseline, record->set, record->about };
	char *kind = strdup(next->kind);

	if (!kind)
		return -ENOMEM;
	free(record->kind);
	record->kind = kind;
	record->changed = true;
	for (size_t i = 0; schema && i < ARRAY_SIZE(values); i++) {
		size_t n_vfs = json_array_size(json_object_get(values[i], "vfs"));

		for (int vf = VIOD_PF; vf < (int)n_vfs; vf++)
			forget_rows(values[i], vf, schema, next);
	}
	(void)json_object_clear(record->row_states);
	(void)json_array_clear(record->rounded);
	return 0;
}
