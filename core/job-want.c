/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job wants beside what the file says in so many words. */
#include <errno.h>

#include "job-run.h"
#include "sriov.h"

/* How many VFs the file means on this device: a number, all it can have, or those there are. */
static size_t wanted_count(struct job_run *run)
{
	const int64_t *vfs = config_pf_value(run->request->config, "vfs");
	unsigned total;
	int told;

	if (!vfs)
		return run->pf.n_vfs;
	told = sriov_total(&run->pf, &total);
	if (told < 0)
		return 0;
	if (told > 0 && *vfs == SRIOV_VFS_MAX)
		return run->pf.n_vfs;
	if (run->pf.quirk.max_vfs)
		total = MIN(total, run->pf.quirk.max_vfs);
	return *vfs == SRIOV_VFS_MAX ? total : MIN((size_t)*vfs, (size_t)total);
}

int job_want_file(struct job_run *run)
{
	size_t count = wanted_count(run), named = config_vfs_named(run->request->config);

	if (named > count &&
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

/* Autoprobe is switched while VFs are made. What it was before is what it must be afterwards, also
 * when the job that switched it did not live to switch it back. */
void job_want_autoprobe(struct job_run *run)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_AUTOPROBE]);
	_cleanup_values_ struct viod_values *baseline = NULL;
	const void *value = values_get(run->state, VIOD_PF, row);

	if (run->record && values_from_json(run->schema, run->record->baseline, &baseline) == 0 &&
	    values_get(baseline, VIOD_PF, row))
		value = values_get(baseline, VIOD_PF, row);
	if (value && !values_get(run->wanted, VIOD_PF, row))
		values_put(run->wanted, VIOD_PF, row, value, NULL);
}

/* A VF that nobody has probed yet looks like one that stays unbound. What keeps it so is part of
 * "none", also when the job that was to write it did not live to do it. */
static void hold_unbound(struct job_run *run)
{
	const struct schema_row *driver = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct schema_row *override =
		schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_OVERRIDE]);
	static const char none[VIOD_NAME_MAX] = "none";

	for (size_t vf = 0; vf < run->wanted->n_vfs; vf++) {
		const struct viod_driver *wanted = values_get(run->wanted, (int)vf, driver);

		if (wanted && streq(wanted->name, "none") &&
		    !values_get(run->wanted, (int)vf, override))
			values_put(run->wanted, (int)vf, override, none, NULL);
	}
}

/* VFs that viod made owe nothing to anybody: rows that the file leaves open get their fallback. */
int job_fall_back(struct job_run *run)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];
	unsigned char value[VALUE_TEXT_MAX];

	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct schema_row *row = &rows->rows[i];

		if (!row->option->fallback || (row->option->flags & VIOD_OPTION_POLICY) ||
		    row->option->size > sizeof(value))
			continue;
		/* Drivers do not apply where VFs are no devices. */
		if (row->option->type == VIOD_TYPE_DRIVER && !run->pf.vfs_are_devices)
			continue;
		if (value_parse(row->option, row->option->fallback, value, NULL) < 0)
			return -EINVAL;
		for (size_t vf = 0; vf < run->wanted->n_vfs; vf++)
			if (!values_get(run->wanted, (int)vf, row))
				values_put(run->wanted, (int)vf, row, value, NULL);
	}
	hold_unbound(run);
	return 0;
}
