/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that no two VFs of any files may share: addresses, names of interfaces. */
#include <errno.h>
#include <string.h>

#include "config.h"

struct claim {
	const struct schema_row *row;
	const void *value;
	const struct viod_where *where;
	size_t owner; /* place of the configuration */
	int vf;
};

struct claims {
	struct claim *items;
	size_t count;
};

static bool is_word(const struct viod_option *option, const void *value)
{
	if (option->type == VIOD_TYPE_MAC)
		return ((const struct viod_mac *)value)->word;
	for (const struct viod_name *name = option->names; name && name->word; name++)
		if (*(const int64_t *)value == name->value)
			return true;
	return false;
}

static int add_claims(const struct viod_values *values, size_t owner, struct claims *claims)
{
	const struct schema_scope *rows = &values->schema->scopes[VIOD_SCOPE_VF];

	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct schema_row *row = &rows->rows[i];

		if (!(row->option->flags & VIOD_OPTION_UNIQUE))
			continue;
		for (int vf = 0; vf < (int)values->n_vfs; vf++) {
			const void *value = values_get(values, vf, row);
			struct claim *claim;

			if (!value || is_word(row->option, value))
				continue;
			claim = array_append((void **)&claims->items, &claims->count,
					     sizeof(*claim));
			if (!claim)
				return -ENOMEM;
			*claim = (struct claim){ row, value, values_where(values, vf, row), owner,
						 vf };
		}
	}
	return 0;
}

/* By row, value, and who came first. A row is the plugin's, whatever the kind's schema. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order;

	if (x->row->option != y->row->option)
		return x->row->option < y->row->option ? -1 : 1;
	order = memcmp(x->value, y->value, x->row->option->size);
	if (order == 0)
		order = (x->owner > y->owner) - (x->owner < y->owner);
	return order ? order : (x->vf > y->vf) - (x->vf < y->vf);
}

static bool same_value(const struct claim *a, const struct claim *b)
{
	return a->row->option == b->row->option &&
	       memcmp(a->value, b->value, a->row->option->size) == 0;
}

static int describe(const struct claim *claim, const struct claim *first, char **ret_text)
{
	char value[VALUE_TEXT_MAX];
	int n;

	if (value_format(claim->row->option, claim->value, value, sizeof(value)) < 0)
		value[0] = '\0';
	n = asprintf(ret_text,
		     "%s:%u:%u: vf%d would get %s %s, which vf%d of %s:%u has; give it another one",
		     claim->where->file ? claim->where->file : "", claim->where->line,
		     claim->where->column, claim->vf, claim->row->option->key, value, first->vf,
		     first->where->file ? first->where->file : "another file", first->where->line);
	return n < 0 ? -ENOMEM : 0;
}

/* Inside one file it is for the plugin to say what is wrong. */
static int find_shared(const struct claims *claims, char **texts)
{
	const struct claim *first = claims->items;
	int r = 0;

	for (size_t i = 1; i < claims->count && r == 0; i++) {
		const struct claim *claim = &claims->items[i];

		if (!same_value(first, claim))
			first = claim;
		else if (claim->owner != first->owner && !texts[claim->owner])
			r = describe(claim, first, &texts[claim->owner]);
	}
	return r;
}

static size_t count_vfs(const struct config *config)
{
	const int64_t *vfs = config_pf_value(config, "vfs");
	size_t named = config_vfs_named(config);

	return vfs && *vfs > (int64_t)named ? (size_t)*vfs : named;
}

int config_find_shared(const struct config *const *configs, size_t n_configs, char **ret_texts)
{
	struct viod_values **values = calloc(n_configs + 1, sizeof(struct viod_values *));
	struct claims claims = { 0 };
	int r = values ? 0 : -ENOMEM;

	for (size_t i = 0; i < n_configs && r == 0; i++) {
		if (configs[i])
			r = config_expand(configs[i], count_vfs(configs[i]), &values[i]);
		if (r == 0 && values[i])
			r = add_claims(values[i], i, &claims);
	}
	if (r == 0 && claims.count) {
		qsort(claims.items, claims.count, sizeof(*claims.items), compare_claims);
		r = find_shared(&claims, ret_texts);
	}
	for (size_t i = 0; values && i < n_configs; i++)
		values_free(values[i]);
	free(values);
	free(claims.items);
	return r;
}
