/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that the driver does not support according to its quirk. */
#include <errno.h>
#include <string.h>

#include "job/job-run.h"
#include "loader/quirk-match.h"

static int64_t limit_number(const struct viod_option *option, const void *value)
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

static void report_limit(struct job_run *run, int vf, const struct schema_row *row,
			 const struct viod_limit *limit, int64_t rounded_to)
{
	char text[VALUE_TEXT_MAX];

	if (value_format(row->option, values_get(run->wanted, vf, row), text, sizeof(text)) < 0)
		text[0] = '\0';
	if (rounded_to)
		diag_add(&run->pf.diags, VIOD_WARNING, vf, values_where(run->wanted, vf, row), 0,
			 "'%s = %s' is rounded to %lld on this device: %s", row->option->key, text,
			 (long long)rounded_to, limit->text);
	else
		diag_add(&run->pf.diags, VIOD_ERROR, vf, values_where(run->wanted, vf, row), 0,
			 "this device cannot do '%s = %s': %s", row->option->key, text,
			 limit->text);
}

static int check_row(struct job_run *run, const struct schema_row *row, int first, int end)
{
	const struct viod_limit *limit =
		quirk_limit(&run->pf.quirk, device_known(&run->pf, VIOD_PF), row->option->key);
	const struct viod_where *reported = NULL;
	int r = 0;

	for (int vf = first; limit && vf < end; vf++) {
		const void *value = values_get(run->wanted, vf, row);
		const struct viod_where *where = values_where(run->wanted, vf, row);
		int64_t number = value ? limit_number(row->option, value) : 0;
		bool wrong = number && (number < limit->min || number > limit->max);
		bool rounds = !wrong && limit->step && number % limit->step;

		if (wrong)
			r = -EINVAL;
		/* One line that is wrong for many VFs is one error. */
		if ((!wrong && !rounds) || diag_same_line(reported, where))
			continue;
		report_limit(run, vf, row, limit,
			     wrong ? 0 : MAX(number - number % limit->step, limit->step));
		reported = where;
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
