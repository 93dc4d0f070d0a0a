/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes that first need something else: the VFs removed, or their drivers unbound. */
#include <errno.h>
#include <string.h>

#include "job/job-run.h"
#include "loader/quirk-match.h"
#include "sriov/sriov.h"

/* --- rows that need the VFs removed
 * ----------------------------------------------------------------- */

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

/* Add a change that changes nothing, so that the row is planned again. */
static int add_no_op(struct job_run *run, struct plan_changes *changes, int vf,
		     enum sriov_row which, const struct viod_where *where)
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
		r = add_no_op(run, changes, VIOD_PF, SRIOV_ROW_VFS, &by.where);
	}
	return r;
}

/* --- rows that need a VF unbound ------------------------------------------------------------- */

/* Make the VF's current driver the wanted one, unless the file names another. False if it has
 * none. */
static bool want_driver_again(struct job_run *run, int vf)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct viod_driver *now = values_get(run->base, vf, row);
	struct viod_driver again;

	if (!now || driver_is_none(now))
		return false;
	if (!values_get(run->wanted, vf, row)) {
		again = *now;
		if (now->native)
			(void)copy_text(again.name, sizeof(again.name), DRIVER_DEFAULT);
		values_put(run->wanted, vf, row, &again, NULL);
	}
	return true;
}

static int unbind_for(struct job_run *run, const struct viod_change *by, int vf,
		      struct plan_changes *changes)
{
	if ((size_t)vf >= run->base->n_vfs || find_change(changes, vf, SRIOV_ROW_DRIVER) ||
	    !want_driver_again(run, vf))
		return 0;
	return add_no_op(run, changes, vf, SRIOV_ROW_DRIVER, &by->where);
}

int job_unbind_vf(struct job_run *run, int vf, struct plan_changes *changes)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct viod_where nowhere = { 0 };

	if (find_change(changes, vf, SRIOV_ROW_DRIVER))
		return 0;
	if (!want_driver_again(run, vf) && !values_get(run->wanted, vf, row))
		return 0;
	return add_no_op(run, changes, vf, SRIOV_ROW_DRIVER, &nowhere);
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
