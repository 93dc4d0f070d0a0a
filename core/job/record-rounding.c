/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/record-rounding.h"

#include <string.h>

#include "device/row-state.h"
#include "model/schema.h"
#include "model/value.h"

struct entry {
	int vf;
	const char *key, *wanted, *is;
};

static bool read_entry(const json_t *json, struct entry *ret_entry)
{
	struct entry entry;

	if (json_unpack((json_t *)json, "{s:i, s:s, s:s, s:s}", "vf", &entry.vf, "key", &entry.key,
			"wanted", &entry.wanted, "is", &entry.is) < 0)
		return false;
	*ret_entry = entry;
	return true;
}

static const struct schema_row *rounding_row(const struct viod_values *values, int vf,
					     const char *key)
{
	if (vf < VIOD_PF || vf >= (int)values->n_vfs)
		return NULL;
	return schema_find(values->schema, schema_scope_of(vf), key);
}

static bool value_is(const struct viod_values *values, int vf, const struct schema_row *row,
		     const char *text)
{
	const void *value = row ? values_get(values, vf, row) : NULL;
	char now[VALUE_TEXT_MAX];

	return value && value_format(row->option, value, now, sizeof(now)) == 0 && streq(now, text);
}

void rounded_replace(const json_t *rounded, struct viod_values *wanted)
{
	_Alignas(max_align_t) unsigned char value[VALUE_TEXT_MAX];
	const json_t *json;
	size_t i;

	json_array_foreach(rounded, i, json) {
		_cleanup_free_ char *why = NULL;
		const struct schema_row *row;
		struct entry entry;

		if (!read_entry(json, &entry))
			continue;
		row = rounding_row(wanted, entry.vf, entry.key);
		if (value_is(wanted, entry.vf, row, entry.wanted) &&
		    value_parse(row->option, entry.is, value, &why) == 0)
			values_put(wanted, entry.vf, row, value,
				   values_where(wanted, entry.vf, row));
	}
}

/* wanted holds the replaced values by now, which the device may have rounded again. */
static int keep_old(const json_t *rounded, const struct viod_values *wanted,
		    const struct viod_values *state, const struct viod_pf *pf, json_t *kept)
{
	const json_t *json;
	size_t i;

	json_array_foreach(rounded, i, json) {
		const struct schema_row *row;
		struct entry entry;
		char is[VALUE_TEXT_MAX];
		const void *value;

		if (!read_entry(json, &entry))
			continue;
		row = rounding_row(wanted, entry.vf, entry.key);
		if (!value_is(wanted, entry.vf, row, entry.is))
			continue;
		value = row_is_rounded(pf, entry.vf, row->option) ? values_get(state, entry.vf, row)
								  : NULL;
		if (!value || value_format(row->option, value, is, sizeof(is)) < 0)
			(void)copy_text(is, sizeof(is), entry.is);
		if (json_array_append_new(kept, json_pack("{s:i, s:s, s:s, s:s}", "vf", entry.vf,
							  "key", entry.key, "wanted", entry.wanted,
							  "is", is)) < 0)
			return -1;
	}
	return 0;
}

static bool has_entry(const json_t *kept, int vf, const char *key)
{
	const json_t *json;
	size_t i;

	json_array_foreach(kept, i, json) {
		struct entry entry;

		if (read_entry(json, &entry) && entry.vf == vf && streq(entry.key, key))
			return true;
	}
	return false;
}

static int add_new(const struct viod_pf *pf, const struct viod_values *wanted,
		   const struct viod_values *state, json_t *kept)
{
	for (size_t i = 0; i < pf->n_marks; i++) {
		const struct device_mark *mark = &pf->marks[i];
		char text[VALUE_TEXT_MAX], is[VALUE_TEXT_MAX];
		const struct schema_row *row;
		const void *want, *now;

		if (mark->mark != ROW_ROUNDED || has_entry(kept, mark->vf, mark->option->key))
			continue;
		row = rounding_row(wanted, mark->vf, mark->option->key);
		want = row ? values_get(wanted, mark->vf, row) : NULL;
		now = rounding_row(state, mark->vf, mark->option->key)
			      ? values_get(state, mark->vf, row)
			      : NULL;
		if (!want || !now || value_format(row->option, want, text, sizeof(text)) < 0 ||
		    value_format(row->option, now, is, sizeof(is)) < 0)
			continue;
		if (json_array_append_new(kept, json_pack("{s:i, s:s, s:s, s:s}", "vf", mark->vf,
							  "key", mark->option->key, "wanted", text,
							  "is", is)) < 0)
			return -1;
	}
	return 0;
}

json_t *rounded_remember(const struct viod_pf *pf, const json_t *rounded,
			 const struct viod_values *wanted, const struct viod_values *state)
{
	json_t *kept = json_array();

	if (!kept || keep_old(rounded, wanted, state, pf, kept) < 0 ||
	    add_new(pf, wanted, state, kept) < 0) {
		json_decref(kept);
		return NULL;
	}
	return kept;
}
