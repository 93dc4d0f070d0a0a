/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/row-state.h"

#include <string.h>

#include "loader/quirk-match.h"
#include "model/schema.h"

static const struct device_mark *find_mark(const struct viod_pf *pf, int vf,
					   const struct viod_option *option, enum row_mark mark)
{
	for (size_t i = 0; i < pf->n_marks; i++)
		if (pf->marks[i].vf == vf && pf->marks[i].option == option &&
		    pf->marks[i].mark == mark)
			return &pf->marks[i];
	return NULL;
}

static bool add_mark(struct viod_pf *pf, int vf, const struct viod_option *option,
		     enum row_mark mark)
{
	struct device_mark *added;

	if (find_mark(pf, vf, option, mark))
		return false;
	added = array_append((void **)&pf->marks, &pf->n_marks, sizeof(*added));
	if (added)
		*added = (struct device_mark){ .option = option, .vf = vf, .mark = mark };
	return added;
}

bool row_mark_add(struct viod_pf *pf, int vf, const struct viod_option *option, enum row_mark mark)
{
	return add_mark(pf, vf, option, mark);
}

bool row_is_refused(const struct viod_pf *pf, int vf, const struct viod_option *option)
{
	return find_mark(pf, vf, option, ROW_UNSUPPORTED);
}

void row_mark_accepted(struct viod_pf *pf, const struct viod_option *option)
{
	(void)add_mark(pf, VIOD_PF, option, ROW_ACCEPTED);
}

bool row_is_accepted(const struct viod_pf *pf, const struct viod_option *option)
{
	return find_mark(pf, VIOD_PF, option, ROW_ACCEPTED);
}

bool row_is_unsupported(const struct viod_pf *pf, const struct viod_option *option)
{
	return quirk_lacks(&pf->quirk, option->key) ||
	       find_mark(pf, VIOD_PF, option, ROW_UNSUPPORTED);
}

bool row_is_deferred(const struct viod_pf *pf, int vf, const struct viod_option *option)
{
	return find_mark(pf, vf, option, ROW_DEFERRED);
}

bool row_is_rounded(const struct viod_pf *pf, int vf, const struct viod_option *option)
{
	return find_mark(pf, vf, option, ROW_ROUNDED);
}

bool row_any_deferred(const struct viod_pf *pf)
{
	for (size_t i = 0; i < pf->n_marks; i++)
		if (pf->marks[i].mark == ROW_DEFERRED)
			return true;
	return false;
}

void row_marks_clear(struct viod_pf *pf)
{
	free(pf->marks);
	pf->marks = NULL;
	pf->n_marks = 0;
}

void row_settle_refused(struct viod_pf *pf)
{
	size_t kept = 0;

	for (size_t i = 0; i < pf->n_marks; i++)
		if (pf->marks[i].mark != ROW_UNSUPPORTED || pf->marks[i].vf == VIOD_PF)
			pf->marks[kept++] = pf->marks[i];
	pf->n_marks = kept;
}

/* --- in the record --------------------------------------------------------------------------- */

static const char *scope_name(const struct viod_option *option)
{
	return option->scope == VIOD_SCOPE_PF ? "pf" : "vf";
}

static json_t *keys_of(const struct viod_pf *pf, enum row_mark mark)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < pf->n_marks; i++) {
		const struct viod_option *option = pf->marks[i].option;

		if (pf->marks[i].mark == mark && pf->marks[i].vf == VIOD_PF)
			(void)json_array_append_new(
				keys, json_sprintf("%s.%s", scope_name(option), option->key));
	}
	return keys;
}

json_t *row_marks_to_json(struct viod_pf *pf)
{
	const struct viod_function *self = device_function(pf, VIOD_PF);

	return json_pack("{s:s?, s:o, s:o}", "driver", self ? self->driver : NULL, "keys",
			 keys_of(pf, ROW_UNSUPPORTED), "takes", keys_of(pf, ROW_ACCEPTED));
}

static void add_key(struct viod_pf *pf, const char *key, enum row_mark mark)
{
	for (enum viod_scope scope = 0; scope < VIOD_SCOPE_MAX_; scope++) {
		const struct schema_row *row = NULL;

		if (key && strncmp(key, scope == VIOD_SCOPE_PF ? "pf." : "vf.", 3) == 0)
			row = schema_find(pf->schema, scope, key + 3);
		if (row)
			(void)add_mark(pf, VIOD_PF, row->option, mark);
	}
}

void row_marks_from_json(struct viod_pf *pf, const json_t *json, bool lacks)
{
	const struct viod_function *self = device_function(pf, VIOD_PF);
	const char *driver = json_string_value(json_object_get(json, "driver"));
	const json_t *key;
	size_t i;

	if (!self || !streq(self->driver, driver))
		return;
	json_array_foreach(json_object_get(json, "takes"), i, key)
		add_key(pf, json_string_value(key), ROW_ACCEPTED);
	if (!lacks)
		return;
	json_array_foreach(json_object_get(json, "keys"), i, key)
		add_key(pf, json_string_value(key), ROW_UNSUPPORTED);
}
