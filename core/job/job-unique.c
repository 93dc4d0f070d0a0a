/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows with VIOD_OPTION_UNIQUE: no two VFs of a file have the same value. config-conflicts.c
 * compares files. */
#include <errno.h>
#include <string.h>

#include "job/job-run.h"

struct use {
	const struct schema_row *row;
	const void *value;
	const struct viod_where *where;
	int vf;
};

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = memcmp(x->value, y->value, x->row->option->size);

	return order ? order : (x->vf > y->vf) - (x->vf < y->vf);
}

static void report_same(struct job_run *run, const struct use *first, const struct use *second)
{
	const char *key = first->row->option->key;
	char text[VALUE_TEXT_MAX];

	if (value_format(first->row->option, first->value, text, sizeof(text)) < 0)
		text[0] = '\0';
	if (diag_same_line(first->where, second->where))
		diag_add(&run->pf.diags, VIOD_ERROR, second->vf, second->where, 0,
			 "vf%d and vf%d would both get %s %s from this line; give each VF a "
			 "section and a %s of its own",
			 first->vf, second->vf, key, text, key);
	else
		diag_add(&run->pf.diags, VIOD_ERROR, second->vf, second->where, 0,
			 "vf%d already has %s %s (%s:%u); give vf%d another one", first->vf, key,
			 text, first->where->file ? first->where->file : "the file",
			 first->where->line, second->vf);
}

/* Sorted uses with the same value are adjacent. A line that gives a value to many VFs is reported
 * once. */
static int check_uses(struct job_run *run, const struct use *uses, size_t count)
{
	const struct use *first = uses;
	int r = 0;

	for (size_t i = 1; i < count; i++) {
		const struct use *use = &uses[i];

		if (memcmp(first->value, use->value, use->row->option->size) != 0) {
			first = use;
			continue;
		}
		r = -EINVAL;
		if (use - 1 == first || !diag_same_line(use[-1].where, use->where))
			report_same(run, first, use);
	}
	return r;
}

/* A line that has an error of its own is not compared with others. */
static bool has_error(const struct job_run *run, const struct viod_where *where)
{
	for (size_t i = 0; where->file && i < run->pf.diags.count; i++) {
		const struct diag *diag = &run->pf.diags.items[i];

		if (diag->severity == VIOD_ERROR && diag->line == where->line &&
		    streq(diag->file, where->file))
			return true;
	}
	return false;
}

static int check_row(struct job_run *run, const struct schema_row *row, struct use *uses)
{
	size_t count = 0;

	for (int vf = 0; vf < (int)run->wanted->n_vfs; vf++) {
		const struct viod_where *where = values_where(run->wanted, vf, row);
		const void *value = values_get(run->wanted, vf, row);

		if (value && !value_is_word(row->option, value) && !has_error(run, where))
			uses[count++] = (struct use){ row, value, where, vf };
	}
	if (count)
		qsort(uses, count, sizeof(*uses), compare_uses);
	return check_uses(run, uses, count);
}

int job_check_unique(struct job_run *run)
{
	_cleanup_free_ struct use *uses = calloc(run->wanted->n_vfs + 1, sizeof(*uses));
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];
	int r = uses ? 0 : -ENOMEM;

	for (size_t i = 0; uses && i < rows->n_rows; i++)
		if ((rows->rows[i].option->flags & VIOD_OPTION_UNIQUE) &&
		    check_row(run, &rows->rows[i], uses) < 0)
			r = -EINVAL;
	return r;
}
