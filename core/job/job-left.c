/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each VF as viod left it, so that a later job knows what another program has changed. The record
 * has an array by VF of
 *
 *   {"id": 4711, "driver": "igbvf", "native": true, "differs": {"vlan": "7"}}
 *
 * id is the inode of its directory in sysfs, which is another one once the VF was removed and
 * created again. driver is the bound driver, whatever the file says, and native whether "default"
 * stands for it. differs has the rows that do
 * not have the value that viod wanted, although no other program has changed them: the device
 * refused it, or something is in the way.
 */
#include <errno.h>
#include <string.h>

#include "job/job-run.h"
#include "sriov/sriov.h"

static json_int_t identity_of(struct job_run *run, int vf)
{
	return (json_int_t)device_identity(&run->pf, vf);
}

static const json_t *left_of(const struct job_run *run, int vf)
{
	return run->record ? json_array_get(run->record->left, (size_t)vf) : NULL;
}

static const char *left_driver(const struct job_run *run, int vf)
{
	return json_string_value(json_object_get(left_of(run, vf), "driver"));
}

static bool left_native(const struct job_run *run, int vf)
{
	return json_is_true(json_object_get(left_of(run, vf), "native"));
}

bool job_is_replaced(struct job_run *run, int vf, const json_t *entry)
{
	json_int_t id = json_integer_value(json_object_get(entry, "id"));
	json_int_t now = identity_of(run, vf);

	return id && now && id != now;
}

static bool is_new(struct job_run *run, int vf)
{
	return job_is_replaced(run, vf, left_of(run, vf));
}

static const struct viod_driver *driver_now(const struct job_run *run, int vf)
{
	return values_get(run->state, vf,
			  schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]));
}

static bool is_unloaded(const struct job_run *run, const char *driver)
{
	char path[160];

	snprintf(path, sizeof(path), "bus/pci/drivers/%s", driver);
	return faccessat(run->pf.roots->trees[VIOD_TREE_SYS], path, F_OK, 0) < 0 && errno == ENOENT;
}

static bool has_lost_driver(const struct job_run *run, int vf)
{
	const struct viod_driver *now = driver_now(run, vf);
	const char *left = left_driver(run, vf);

	return now && left && driver_is_none(now) && !streq(left, DRIVER_NONE) &&
	       is_unloaded(run, left);
}

void job_forget_lost(struct job_run *run, struct viod_values *last)
{
	const struct schema_row *driver = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];

	for (size_t vf = 0; vf < last->n_vfs && vf < run->state->n_vfs; vf++) {
		bool all = is_new(run, (int)vf);

		for (size_t i = 0; all && i < rows->n_rows; i++)
			values_forget(last, (int)vf, &rows->rows[i]);
		if (!all && has_lost_driver(run, (int)vf))
			values_forget(last, (int)vf, driver);
	}
}

bool job_left_done(const struct job_run *run, int vf, const char *key)
{
	const json_t *left = left_of(run, vf);

	return left && !json_object_get(json_object_get(left, "differs"), key);
}

/* --- what another program has changed -------------------------------------------------------- */

/* The row of the driver is compared with the driver that viod left, since a file that sets none
 * leaves the choice to the kernel. */
static bool driver_was_changed(const struct job_run *run, int vf, char *ret_what, size_t size)
{
	const struct schema_row *row = schema_row_of(run->schema, &sriov_rows[SRIOV_ROW_DRIVER]);
	const struct viod_driver *wanted = values_get(run->wanted, vf, row);
	const struct viod_driver *now = driver_now(run, vf);
	const char *left = left_driver(run, vf);

	if (!now || !left || streq(left, now->name) || has_lost_driver(run, vf))
		return false;
	/* The driver that the file names, or else the kernel's own choice in place of another. */
	if (wanted && !driver_is_default(wanted) ? value_satisfied(row->option, wanted, now)
						 : now->native && !left_native(run, vf))
		return false;
	snprintf(ret_what, size, "driver: %s -> %s", left, now->name);
	return true;
}

/* A row that the file has given another value, or no longer sets, is a person's change. */
static bool is_still_wanted(const struct job_run *run, int vf, const struct schema_row *row,
			    const void *set)
{
	const void *wanted = values_get(run->wanted, vf, row);

	return wanted && memcmp(wanted, set, row->option->size) == 0;
}

/* The text of a row that does not have the value of this set. */
static bool differs_from_set(const struct job_run *run, const struct viod_values *set, int vf,
			     const struct schema_row *row, char ret_is[static VALUE_TEXT_MAX])
{
	const void *wanted = values_get(set, vf, row), *is = values_get(run->state, vf, row);

	return wanted && is &&
	       !(row->option->flags & (VIOD_OPTION_INTERNAL | VIOD_OPTION_POLICY)) &&
	       !value_satisfied(row->option, wanted, is) &&
	       value_format(row->option, is, ret_is, VALUE_TEXT_MAX) == 0;
}

static bool is_of_new_vf(const struct viod_option *option, const char *text)
{
	static const char *const empty[] = { "", "0", "off", "none", "auto", NULL };

	return option->new_vf ? streq(text, option->new_vf) : words_have(empty, text);
}

/* True if each of several VFs has lost this row: drivers forget attributes, for example rates when
 * the speed of the link changes. Another program changes those of the VF that it uses. */
static bool row_was_lost(const struct job_run *run, const struct schema_row *row)
{
	char was[VALUE_TEXT_MAX], is[VALUE_TEXT_MAX];
	size_t count = 0;

	for (size_t vf = 0; vf < run->last->n_vfs && vf < run->state->n_vfs; vf++) {
		const void *set = values_get(run->last, (int)vf, row);
		const void *now = values_get(run->state, (int)vf, row);

		if (!set || !now || job_lent_entry(run, (int)vf) ||
		    value_format(row->option, set, was, sizeof(was)) < 0 ||
		    value_format(row->option, now, is, sizeof(is)) < 0 ||
		    is_of_new_vf(row->option, was))
			continue;
		if (!is_of_new_vf(row->option, is))
			return false;
		count++;
	}
	return count > 1;
}

static bool row_was_changed(const struct job_run *run, int vf, const struct schema_row *row,
			    char *ret_what, size_t size)
{
	const json_t *known = json_object_get(left_of(run, vf), "differs");
	char is[VALUE_TEXT_MAX], was[VALUE_TEXT_MAX];

	/* A volatile row was lost with the driver, and is restored when that is the same again. */
	if (row->option->type == VIOD_TYPE_DRIVER || (row->option->flags & VIOD_OPTION_VOLATILE) ||
	    !differs_from_set(run, run->last, vf, row, is) ||
	    !is_still_wanted(run, vf, row, values_get(run->last, vf, row)) ||
	    streq(json_string_value(json_object_get(known, row->option->key)), is) ||
	    (is_of_new_vf(row->option, is) &&
	     (row->option->type == VIOD_TYPE_RATE || row_was_lost(run, row))))
		return false;
	if (value_format(row->option, values_get(run->last, vf, row), was, sizeof(was)) < 0)
		was[0] = '\0';
	snprintf(ret_what, size, "%s: %s -> %s", row->option->key, was, is);
	return true;
}

bool job_was_changed(struct job_run *run, int vf, char *ret_what, size_t size)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];

	if (!run->last || (size_t)vf >= run->state->n_vfs || is_new(run, vf))
		return false;
	if (driver_was_changed(run, vf, ret_what, size))
		return true;
	for (size_t i = 0; i < rows->n_rows; i++)
		if (row_was_changed(run, vf, &rows->rows[i], ret_what, size))
			return true;
	return false;
}

/* --- a reset of the PF ----------------------------------------------------------------------- */

enum loss { KEPT, LOST, EITHER };

/* Whether a value that differs from the one viod set is that of a new VF. A new VF may have any
 * address, and a switch or a choice has only a few values. */
static enum loss loss_of(const struct viod_option *option, const void *set, const char *is)
{
	char was[VALUE_TEXT_MAX];
	bool may_be_any = option->type == VIOD_TYPE_BOOL || option->type == VIOD_TYPE_ENUM ||
			  option->type == VIOD_TYPE_MAC || option->phase == VIOD_PHASE_SETTLE;

	if (value_format(option, set, was, sizeof(was)) < 0 || streq(was, is))
		return EITHER;
	if (is_of_new_vf(option, is))
		return LOST;
	return may_be_any ? EITHER : KEPT;
}

/* A value that viod set, and that is not the one of a new VF, shows that there was no reset. */
static enum loss loss_of_row(const struct job_run *run, int vf, const struct schema_row *row)
{
	const void *set = values_get(run->last, vf, row), *is = values_get(run->state, vf, row);
	const struct viod_option *option = row->option;
	char text[VALUE_TEXT_MAX];

	if (!set || !is || option->type == VIOD_TYPE_DRIVER ||
	    (option->flags & (VIOD_OPTION_INTERNAL | VIOD_OPTION_POLICY)) ||
	    value_format(option, is, text, sizeof(text)) < 0)
		return EITHER;
	if (!value_satisfied(option, set, is))
		return loss_of(option, set, text);
	if (option->phase == VIOD_PHASE_SETTLE || is_of_new_vf(option, text))
		return EITHER;
	return option->type == VIOD_TYPE_INT || option->type == VIOD_TYPE_RATE ||
			       option->type == VIOD_TYPE_SIZE || option->type == VIOD_TYPE_MAC
		       ? KEPT
		       : EITHER;
}

bool job_was_reset(const struct job_run *run)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];
	bool lost = false;

	for (size_t vf = 0; run->last && vf < run->last->n_vfs && vf < run->state->n_vfs; vf++) {
		for (size_t i = 0; i < rows->n_rows && !job_lent_entry(run, (int)vf); i++) {
			enum loss loss = loss_of_row(run, (int)vf, &rows->rows[i]);

			if (loss == KEPT)
				return false;
			lost = lost || loss == LOST;
		}
	}
	return lost;
}

/* --- remembering ----------------------------------------------------------------------------- */

static bool is_planned(const struct job_run *run, int vf)
{
	if (run->plan.recreates)
		return true;
	for (size_t i = 0; i < run->plan.changes.count; i++)
		if (run->plan.changes.items[i].vf == vf)
			return true;
	return false;
}

static json_t *differences_of(const struct job_run *run, int vf)
{
	const struct schema_scope *rows = &run->schema->scopes[VIOD_SCOPE_VF];
	char is[VALUE_TEXT_MAX];
	json_t *differs = NULL;

	for (size_t i = 0; run->wanted && i < rows->n_rows; i++) {
		if (!differs_from_set(run, run->wanted, vf, &rows->rows[i], is))
			continue;
		differs = differs ? differs : json_object();
		if (json_object_set_new(differs, rows->rows[i].option->key, json_string(is)) < 0)
			break;
	}
	return differs;
}

static json_t *entry_of(struct job_run *run, int vf)
{
	const struct viod_driver *driver = driver_now(run, vf);

	return json_pack("{s:I, s:s?, s:b, s:o*}", "id", identity_of(run, vf), "driver",
			 driver ? driver->name : NULL, "native", driver && driver->native,
			 "differs", differences_of(run, vf));
}

int job_remember_left(struct job_run *run, bool all)
{
	json_t *left, *entry;

	if (!run->record || !run->state)
		return 0;
	left = json_array();
	for (size_t vf = 0; left && vf < run->state->n_vfs; vf++) {
		const json_t *old = left_of(run, (int)vf);
		bool keeps = old && !is_new(run, (int)vf) &&
			     (job_is_lent(run, (int)vf) || (!all && !is_planned(run, (int)vf)));

		entry = keeps ? json_incref((json_t *)old) : entry_of(run, (int)vf);
		if (json_array_append_new(left, entry) < 0) {
			json_decref(left);
			return -ENOMEM;
		}
	}
	if (!left)
		return -ENOMEM;
	run->record->changed = run->record->changed || !json_equal(left, run->record->left);
	json_decref(run->record->left);
	run->record->left = left;
	return 0;
}
