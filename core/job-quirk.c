/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a quirk says about what is wanted: values that its driver cannot do, and what has to go out
 * of the way before something can change. */
#include <errno.h>
#include <string.h>

#include "job-run.h"
#include "quirk.h"
#include "sriov.h"

/* --- limits ---------------------------------------------------------------------------------- */

static int64_t number_of(const struct viod_option *option, const void *value)
{
	switch ((enum viod_type)option->type) {
	case VIOD_TYPE_BOOL:
		return *(const bool *)value;
	case VIOD_TYPE_RATE:
	case VIOD_TYPE_SIZE:
		return (int64_t)MIN(*(const uint64_t *)value, (uint64_t)INT64_MAX);
	case VIOD_TYPE_INT:
	case VIOD_TYPE_ENUM:
		return *(const int64_t *)value;
	default:
		return 0;
	}
}

/* A line for many VFs is one mistake. */
static bool same_line(const struct viod_where *a, const struct viod_where *b)
{
	return a && a->file && b->file && streq(a->file, b->file) && a->line == b->line;
}

static void report_limit(struct job_run *run, int vf, const struct schema_row *row,
			 const struct viod_limit *limit, int64_t works_as)
{
	char text[VALUE_TEXT_MAX];

	if (value_format(row->option, values_get(run->wanted, vf, row), text, sizeof(text)) < 0)
		text[0] = '\0';
	if (works_as)
		diag_add(&run->pf.diags, VIOD_WARNING, vf, values_where(run->wanted, vf, row), 0,
			 "'%s = %s' works as %lld on this device: %s", row->option->key, text,
			 (long long)works_as, limit->text);
	else
		diag_add(&run->pf.diags, VIOD_ERROR, vf, values_where(run->wanted, vf, row), 0,
			 "this device cannot do '%s = %s': %s", row->option->key, text,
			 limit->text);
}

static int check_row(struct job_run *run, const struct schema_row *row, int first, int end)
{
	const struct viod_limit *limit =
		quirk_limit(&run->pf.quirk, device_function(&run->pf, VIOD_PF), row->option->key);
	const struct viod_where *told = NULL;
	int r = 0;

	for (int vf = first; limit && vf < end; vf++) {
		const void *value = values_get(run->wanted, vf, row);
		const struct viod_where *where = values_where(run->wanted, vf, row);
		int64_t number = value ? number_of(row->option, value) : 0;
		bool wrong = number && (number < limit->min || number > limit->max);
		bool rounds = !wrong && limit->step && number % limit->step;

		if (wrong)
			r = -EINVAL;
		if ((!wrong && !rounds) || same_line(told, where))
			continue;
		report_limit(run, vf, row, limit,
			     wrong ? 0 : MAX(number - number % limit->step, limit->step));
		told = where;
	}
	return r;
}

int job_check_limits(struct job_run *run)
{
	const struct schema_scope *pf = &run->schema->scopes[VIOD_SCOPE_PF];
	const struct schema_scope *vfs = &run->schema->scopes[VIOD_SCOPE_VF];
	int r = 0;

	if (!run->pf.quirk.limits)
		return 0;
	for (size_t i = 0; i < pf->n_rows; i++)
		r = check_row(run, &pf->rows[i], VIOD_PF, VIOD_PF + 1) < 0 ? -EINVAL : r;
	for (size_t i = 0; i < vfs->n_rows; i++)
		r = check_row(run, &vfs->rows[i], 0, (int)run->wanted->n_vfs) < 0 ? -EINVAL : r;
	return r;
}

/* --- VFs that are in the way ----------------------------------------------------------------- */

bool job_recreates(const struct job_run *run)
{
	return plan_recreates(&run->pf.quirk, run->wanted, run->state);
}

static const struct viod_change *find_change(const struct plan_changes *changes, int vf,
					     enum sriov_row row)
{
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].vf == vf && changes->items[i].option == &sriov_rows[row])
			return &changes->items[i];
	return NULL;
}

/* A change of a row from what it is to what it is. */
static int add_same(struct job_run *run, struct plan_changes *changes, int vf, enum sriov_row which,
		    const struct viod_where *where)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[which]);
	struct viod_change *added;

	added = array_append((void **)&changes->items, &changes->count, sizeof(*added));
	if (!added)
		return -ENOMEM;
	*added = (struct viod_change){
		.option = row->option,
		.wanted = values_get(run->wanted, vf, row),
		.state = values_get(run->base, vf, row),
		.where = *where,
		.vf = vf,
	};
	return 0;
}

int job_recreate_for(struct job_run *run, struct plan_changes *changes)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_VFS]);
	const void *now = values_get(run->base, VIOD_PF, row);
	int r = 0;

	for (size_t i = 0; i < changes->count && r == 0; i++) {
		const struct viod_change by = changes->items[i];

		if (by.vf != VIOD_PF || !run->pf.n_vfs || !now ||
		    (!(by.option->flags & VIOD_OPTION_RECREATES) &&
		     !quirk_recreates(&run->pf.quirk, by.option->key)) ||
		    find_change(changes, VIOD_PF, SRIOV_ROW_VFS))
			continue;
		if (!values_get(run->wanted, VIOD_PF, row))
			values_put(run->wanted, VIOD_PF, row, now, NULL);
		r = add_same(run, changes, VIOD_PF, SRIOV_ROW_VFS, &by.where);
	}
	return r;
}

/* --- drivers that are in the way ------------------------------------------------------------- */

/* The driver that the VF has now, as it is to have it again. */
static bool driver_again(struct job_run *run, int vf)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct viod_driver *now = values_get(run->base, vf, row);
	struct viod_driver again;

	if (!now || streq(now->name, "none"))
		return false;
	if (!values_get(run->wanted, vf, row)) {
		again = *now;
		if (now->native)
			(void)copy_text(again.name, sizeof(again.name), "default");
		values_put(run->wanted, vf, row, &again, NULL);
	}
	return true;
}

static int unbind_for(struct job_run *run, const struct viod_change *by, int vf,
		      struct plan_changes *changes)
{
	if ((size_t)vf >= run->base->n_vfs || find_change(changes, vf, SRIOV_ROW_DRIVER) ||
	    !driver_again(run, vf))
		return 0;
	return add_same(run, changes, vf, SRIOV_ROW_DRIVER, &by->where);
}

int job_unbind_for(struct job_run *run, struct plan_changes *changes)
{
	size_t count = changes->count;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct viod_change by = changes->items[i];

		if (!(by.option->flags & VIOD_OPTION_UNBOUND) &&
		    !quirk_unbound(&run->pf.quirk, by.option->key))
			continue;
		if (by.vf != VIOD_PF)
			r = unbind_for(run, &by, by.vf, changes);
		for (int vf = 0; by.vf == VIOD_PF && vf < (int)run->base->n_vfs && r == 0; vf++)
			r = unbind_for(run, &by, vf, changes);
	}
	return r;
}
