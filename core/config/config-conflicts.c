/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conflicts between files: two files for one PF, and two VFs with the same value of a unique row,
 * such as an address. */
#include <errno.h>
#include <string.h>

#include "config/config.h"

/* One VF's value. */
struct use {
	const struct schema_row *row;
	const void *value;
	const struct viod_where *where;
	size_t owner; /* index of the claim */
	int vf;
};

struct uses {
	struct use *items;
	size_t count;
};

static int add_uses(const struct viod_values *values, size_t owner, struct uses *uses)
{
	const struct schema_scope *rows = &values->schema->scopes[VIOD_SCOPE_VF];

	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct schema_row *row = &rows->rows[i];

		if (!(row->option->flags & VIOD_OPTION_UNIQUE))
			continue;
		for (int vf = 0; vf < (int)values->n_vfs; vf++) {
			const void *value = values_get(values, vf, row);
			struct use *use;

			if (!value || value_is_word(row->option, value))
				continue;
			use = array_append((void **)&uses->items, &uses->count, sizeof(*use));
			if (!use)
				return -ENOMEM;
			*use = (struct use){ row, value, values_where(values, vf, row), owner, vf };
		}
	}
	return 0;
}

/* By row, value, and the order of files and VFs. Rows of one plugin are the same in the schema of
 * each kind. */
static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order;

	if (x->row->option != y->row->option)
		return x->row->option < y->row->option ? -1 : 1;
	order = memcmp(x->value, y->value, x->row->option->size);
	if (order == 0)
		order = (x->owner > y->owner) - (x->owner < y->owner);
	return order ? order : (x->vf > y->vf) - (x->vf < y->vf);
}

static bool same_value(const struct use *a, const struct use *b)
{
	return a->row->option == b->row->option &&
	       memcmp(a->value, b->value, a->row->option->size) == 0;
}

static int describe_conflict(const struct use *use, const struct use *first, char **ret_text)
{
	char value[VALUE_TEXT_MAX];
	int n;

	if (value_format(use->row->option, use->value, value, sizeof(value)) < 0)
		value[0] = '\0';
	n = asprintf(ret_text,
		     "%s:%u:%u: vf%d would get %s %s, which vf%d of %s:%u has; choose another "
		     "value",
		     use->where->file ? use->where->file : "", use->where->line, use->where->column,
		     use->vf, use->row->option->key, value, first->vf,
		     first->where->file ? first->where->file : "another file", first->where->line);
	return n < 0 ? -ENOMEM : 0;
}

/* Duplicates inside one file are found by its job. */
static int find_shared(const struct uses *uses, struct config_conflict *conflicts)
{
	const struct use *first = uses->items;
	int r = 0;

	for (size_t i = 1; i < uses->count && r == 0; i++) {
		const struct use *use = &uses->items[i];

		if (!same_value(first, use))
			first = use;
		else if (use->owner != first->owner && !conflicts[use->owner].text)
			r = describe_conflict(use, first, &conflicts[use->owner].text);
	}
	return r;
}

static size_t wanted_vfs(const struct config *config)
{
	const int64_t *vfs = config_pf_value(config, "vfs");
	size_t named = config_vfs_named(config);

	return vfs && *vfs > (int64_t)named ? (size_t)*vfs : named;
}

static int find_shared_values(const struct config_claim *claims, size_t n_claims,
			      struct config_conflict *conflicts)
{
	struct viod_values **values = calloc(n_claims + 1, sizeof(struct viod_values *));
	struct uses uses = { 0 };
	int r = values ? 0 : -ENOMEM;

	for (size_t i = 0; i < n_claims && r == 0; i++) {
		/* A file that does not get its PF sets no value of any VF. */
		if (!claims[i].config || conflicts[i].same_pf)
			continue;
		r = config_expand(claims[i].config, wanted_vfs(claims[i].config), &values[i]);
		if (r == 0)
			r = add_uses(values[i], i, &uses);
	}
	if (r == 0 && uses.count) {
		qsort(uses.items, uses.count, sizeof(*uses.items), compare_uses);
		r = find_shared(&uses, conflicts);
	}
	for (size_t i = 0; values && i < n_claims; i++)
		values_free(values[i]);
	free(values);
	free(uses.items);
	return r;
}

/* --- PFs ------------------------------------------------------------------------------------- */

static const struct config_claim *find_earlier_claim(const struct config_claim *claims, size_t i,
						     const struct config_conflict *conflicts)
{
	for (size_t j = 0; j < i && claims[i].address; j++)
		if ((claims[j].config || claims[j].holds) && !conflicts[j].same_pf &&
		    streq(claims[j].address, claims[i].address))
			return &claims[j];
	return NULL;
}

static int find_same_pfs(const struct config_claim *claims, size_t n_claims,
			 struct config_conflict *conflicts)
{
	for (size_t i = 0; i < n_claims; i++) {
		const struct config_claim *claim = &claims[i], *owner = NULL;
		const struct viod_where *where;

		if (claim->config)
			owner = find_earlier_claim(claims, i, conflicts);
		if (!owner)
			continue;
		where = config_pf_where(claim->config, "name");
		if (asprintf(
			    &conflicts[i].text,
			    "%s:%u:%u: %s is already configured by %s; remove one of the two files",
			    where->file ? where->file : claim->path, where->line, where->column,
			    claim->address, owner->path) < 0)
			return -ENOMEM;
		conflicts[i].same_pf = true;
	}
	return 0;
}

int config_find_conflicts(const struct config_claim *claims, size_t n_claims,
			  struct config_conflict *ret_conflicts)
{
	int r = find_same_pfs(claims, n_claims, ret_conflicts);

	return r < 0 ? r : find_shared_values(claims, n_claims, ret_conflicts);
}
