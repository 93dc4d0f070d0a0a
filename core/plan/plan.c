/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include <errno.h>
#include <string.h>

#include "device/plugin-call.h"
#include "device/row-state.h"
#include "loader/quirk-match.h"

/* --- diff ------------------------------------------------------------------------------------ */

static bool differs(const struct schema_row *row, int vf, const struct viod_values *wanted,
		    const struct viod_values *state, const struct viod_values *last)
{
	const struct viod_option *option = row->option;
	const void *want = values_get(wanted, vf, row);
	const void *is = values_get(state, vf, row);

	if (!want || (option->flags & VIOD_OPTION_POLICY))
		return false;
	if (!is && last)
		is = values_get(last, vf, row);
	return !is || !value_satisfied(option, want, is);
}

/* A volatile row is not trusted if the driver differs: its value was lost, or is not set yet for
 * the new driver. */
static bool driver_differs(const struct schema_scope *rows, int vf,
			   const struct viod_values *wanted, const struct viod_values *state)
{
	for (size_t i = 0; i < rows->n_rows; i++)
		if (rows->rows[i].option->type == VIOD_TYPE_DRIVER &&
		    differs(&rows->rows[i], vf, wanted, state, NULL))
			return true;
	return false;
}

static int diff_object(enum viod_scope scope, int vf, const struct viod_values *wanted,
		       const struct viod_values *state, const struct viod_values *last,
		       struct plan_changes *changes)
{
	const struct schema_scope *rows = &wanted->schema->scopes[scope];
	bool rebinds = driver_differs(rows, vf, wanted, state);

	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct schema_row *row = &rows->rows[i];
		bool is_volatile = row->option->flags & VIOD_OPTION_VOLATILE;
		struct viod_change *change;

		if (!differs(row, vf, wanted, state, is_volatile ? NULL : last) &&
		    !(is_volatile && rebinds && values_get(wanted, vf, row)))
			continue;
		change = array_append((void **)&changes->items, &changes->count, sizeof(*change));
		if (!change)
			return -ENOMEM;
		*change = (struct viod_change){
			.option = row->option,
			.wanted = values_get(wanted, vf, row),
			.state = values_get(state, vf, row),
			.where = *values_where(wanted, vf, row),
			.vf = vf,
		};
	}
	return 0;
}

int plan_diff(const struct viod_values *wanted, const struct viod_values *state,
	      const struct viod_values *last, struct plan_changes *ret_changes)
{
	struct plan_changes changes = { 0 };
	int r;

	r = diff_object(VIOD_SCOPE_PF, VIOD_PF, wanted, state, last, &changes);
	for (size_t i = 0; i < wanted->n_vfs && r == 0; i++)
		r = diff_object(VIOD_SCOPE_VF, (int)i, wanted, state, last, &changes);
	if (r < 0)
		plan_changes_clear(&changes);
	else
		*ret_changes = changes;
	return r;
}

void plan_changes_clear(struct plan_changes *changes)
{
	free(changes->items);
	*changes = (struct plan_changes){ 0 };
}

bool plan_recreates(const struct viod_quirk *quirk, const struct viod_values *wanted,
		    const struct viod_values *state)
{
	const struct schema_scope *rows = &wanted->schema->scopes[VIOD_SCOPE_PF];

	for (size_t i = 0; i < rows->n_rows; i++)
		if (((rows->rows[i].option->flags & VIOD_OPTION_RECREATES) ||
		     (state->n_vfs && quirk_recreates(quirk, rows->rows[i].option->key))) &&
		    differs(&rows->rows[i], VIOD_PF, wanted, state, NULL))
			return true;
	return false;
}

void plan_changes_drop_vf(struct plan_changes *changes, int vf)
{
	size_t kept = 0;

	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].vf != vf)
			changes->items[kept++] = changes->items[i];
	changes->count = kept;
}

static bool among(const struct plan_changes *changes, const struct viod_option *option)
{
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].option == option)
			return true;
	return false;
}

void plan_changes_drop_unsupported(struct viod_pf *pf, bool report, struct plan_changes *changes)
{
	struct plan_changes lacking = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < changes->count; i++) {
		struct viod_change *change = &changes->items[i], *added;

		if (!row_is_unsupported(pf, change->option)) {
			changes->items[kept++] = *change;
			continue;
		}
		if (!report || among(&lacking, change->option))
			continue;
		added = array_append((void **)&lacking.items, &lacking.count, sizeof(*added));
		if (!added)
			continue;
		*added = *change;
		diag_add(&pf->diags, VIOD_WARNING, VIOD_PF, &change->where, 0,
			 "'%s' cannot be set with this driver and is left out",
			 change->option->key);
	}
	changes->count = kept;
	plan_changes_clear(&lacking);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void format_or_unknown(const struct viod_option *option, const void *value, char *ret_text,
			      size_t size)
{
	if (!value || value_format(option, value, ret_text, size) < 0)
		(void)copy_text(ret_text, size, "?");
}

void plan_change_text(const struct viod_change *change, char *ret_text, size_t size)
{
	char from[VALUE_TEXT_MAX], to[VALUE_TEXT_MAX], vf[16] = "";

	format_or_unknown(change->option, change->state, from, sizeof(from));
	format_or_unknown(change->option, change->wanted, to, sizeof(to));
	if (change->vf != VIOD_PF)
		snprintf(vf, sizeof(vf), "vf%d.", change->vf);
	if (change->state)
		snprintf(ret_text, size, "%s%s: %s -> %s", vf, change->option->key, from, to);
	else
		snprintf(ret_text, size, "%s%s: %s", vf, change->option->key, to);
}

int plan_add(struct viod_plan *plan, const struct viod_plugin *owner, const struct viod_step *step)
{
	_cleanup_free_ void *data = NULL;
	struct plan_step *added;

	if (step->phase >= VIOD_PHASE_MAX_)
		return -EINVAL;
	if (step->size) {
		data = malloc(step->size);
		if (!data)
			return -ENOMEM;
		memcpy(data, step->data, step->size);
	}
	added = array_append((void **)&plan->steps, &plan->n_steps, sizeof(*added));
	if (!added)
		return -ENOMEM;
	added->step = *step;
	added->step.text[sizeof(added->step.text) - 1] = '\0';
	added->step.data = TAKE_PTR(data);
	added->owner = owner;
	added->order = plan->n_steps;
	return 0;
}

/* --- what a step needs, in any plan ----------------------------------------------------------- */

/* The flags of each step for a change of this row, by its option and by the quirk. */
static uint32_t flags_of_row(const struct viod_quirk *quirk, const struct viod_option *option)
{
	uint32_t all = option->scope == VIOD_SCOPE_PF ? VIOD_STEP_ALL_VFS : 0, flags = 0;

	if ((option->flags & VIOD_OPTION_DISRUPTIVE) || quirk_disruptive(quirk, option->key))
		flags |= VIOD_STEP_DISRUPTIVE | all;
	if ((option->flags & VIOD_OPTION_RECREATES) || quirk_recreates(quirk, option->key))
		flags |= VIOD_STEP_DISRUPTIVE | all | VIOD_STEP_NO_VFS;
	if ((option->flags & VIOD_OPTION_UNBOUND) || quirk_unbound(quirk, option->key))
		flags |= VIOD_STEP_UNBOUND;
	return flags;
}

static void guard_step(struct viod_step *step, uint32_t flags)
{
	flags |= step->flags;
	/* Without it, the check before the step would concern no function. */
	if ((flags & VIOD_STEP_DISRUPTIVE) && step->vf == VIOD_PF)
		flags |= VIOD_STEP_ALL_VFS;
	if (flags & VIOD_STEP_NO_VFS)
		step->phase = VIOD_PHASE_RESIZE;
	else if ((flags & VIOD_STEP_UNBOUND) && step->phase != VIOD_PHASE_RESIZE)
		step->phase = VIOD_PHASE_CONFIGURE;
	step->flags = (uint8_t)flags;
}

static uint32_t flags_of_served(struct viod_plan *plan, const struct viod_change *change)
{
	const struct plan_changes *changes = &plan->changes;

	if (plan->served && change >= changes->items && change < changes->items + changes->count)
		plan->served[change - changes->items] = true;
	return change->flags;
}

int plan_add_guarded(struct viod_plan *plan, const struct viod_plugin *owner,
		     const struct viod_step *step)
{
	const uint8_t own = VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS | VIOD_STEP_NO_VFS |
			    VIOD_STEP_UNBOUND;
	struct viod_step guarded = *step;
	uint32_t flags = 0;

	guarded.flags &= own;
	if (step->change)
		flags |= flags_of_served(plan, step->change);
	for (size_t i = 0; i < step->n_changes; i++)
		flags |= flags_of_served(plan, step->changes[i]);
	guard_step(&guarded, flags);
	return plan_add(plan, owner, &guarded);
}

/* A change that no step names is served by a step that names none. Which one is unknown, so each
 * such step gets the flags. */
static void guard_unnamed(struct viod_plan *plan, size_t first_step, size_t first, size_t end)
{
	for (size_t i = first_step; i < plan->n_steps; i++) {
		struct viod_step *step = &plan->steps[i].step;
		uint32_t flags = 0;

		if (step->change || step->n_changes)
			continue;
		for (size_t c = first; c < end; c++)
			if (!plan->served[c] &&
			    (step->vf == VIOD_PF || step->vf == plan->changes.items[c].vf))
				flags |= plan->changes.items[c].flags;
		guard_step(step, flags);
	}
}

/* --- the plugins' steps ----------------------------------------------------------------------- */

static int default_steps(const struct viod_plugin *plugin, const struct viod_change *changes,
			 size_t n_changes, struct viod_plan *plan)
{
	for (size_t i = 0; i < n_changes; i++) {
		struct viod_step step = {
			.phase = changes[i].option->phase,
			.vf = changes[i].vf,
			.where = changes[i].where,
			.change = &changes[i],
		};
		int r;

		plan_change_text(&changes[i], step.text, sizeof(step.text));
		r = plan_add_guarded(plan, plugin, &step);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The changes of each plugin become one slice of the array, which its plan() receives. Steps may
 * point into it as long as the plan exists. */
static int group_by_plugin(const struct schema *schema, struct plan_changes *changes)
{
	struct plan_changes grouped = { 0 };

	if (!changes->count)
		return 0;
	grouped.items = calloc(changes->count, sizeof(*grouped.items));
	if (!grouped.items)
		return -ENOMEM;
	for (size_t p = 0; p < schema->n_plugins && grouped.count < changes->count; p++) {
		for (size_t i = 0; i < changes->count; i++) {
			const struct schema_row *row =
				schema_row_of(schema, changes->items[i].option);

			if (row && row->owner == schema->plugins[p])
				grouped.items[grouped.count++] = changes->items[i];
		}
	}
	plan_changes_clear(changes);
	*changes = grouped;
	return 0;
}

static int steps_of_plugin(struct viod_pf *pf, const struct viod_plugin *plugin,
			   const struct viod_values *state, size_t *first, struct viod_plan *plan)
{
	const struct viod_change *own = plan->changes.items + *first;
	size_t errors = diag_errors(&pf->diags), count = 0, n_steps = plan->n_steps;
	int r;

	while (*first + count < plan->changes.count &&
	       schema_row_of(pf->schema, own[count].option)->owner == plugin)
		count++;
	*first += count;
	if (!count)
		return 0;
	if (!plugin->ops || !plugin->ops->plan)
		return default_steps(plugin, own, count, plan);
	plugin_enter(pf, plugin, "plan");
	r = plugin->ops->plan(pf, state, own, count, plan);
	plugin_leave(pf);
	if (plugin != pf->schema->plugins[0])
		guard_unnamed(plan, n_steps, *first - count, *first);
	return plugin_explain(pf, plugin, "plan", r, errors);
}

/* Within RESIZE: remove the existing VFs, run the steps that need zero VFs, create the new ones. */
static int rank(const struct viod_step *step)
{
	if (step->phase != VIOD_PHASE_RESIZE)
		return 0;
	return step->flags & PLAN_STEP_MAKES_VFS ? 2 : step->flags & VIOD_STEP_NO_VFS ? 1 : 0;
}

static int compare_steps(const void *a, const void *b)
{
	const struct plan_step *x = a, *y = b;

	if (x->step.phase != y->step.phase)
		return x->step.phase < y->step.phase ? -1 : 1;
	if (rank(&x->step) != rank(&y->step))
		return rank(&x->step) - rank(&y->step);
	return (x->order > y->order) - (x->order < y->order);
}

void plan_sort(struct viod_plan *plan)
{
	if (plan->n_steps)
		qsort(plan->steps, plan->n_steps, sizeof(*plan->steps), compare_steps);
}

int plan_make(struct viod_pf *pf, const struct viod_values *state, struct plan_changes *changes,
	      struct viod_plan *ret_plan)
{
	struct viod_plan plan = { .changes = *changes };
	size_t first = 0;
	int r;

	*changes = (struct plan_changes){ 0 };
	for (size_t i = 0; i < plan.changes.count; i++)
		if (plan.changes.items[i].option->flags & VIOD_OPTION_RECREATES)
			plan.recreates = true;
	r = group_by_plugin(pf->schema, &plan.changes);
	for (size_t i = 0; i < plan.changes.count; i++)
		plan.changes.items[i].flags =
			flags_of_row(&pf->quirk, plan.changes.items[i].option);
	plan.served = calloc(plan.changes.count + 1, sizeof(*plan.served));
	if (!plan.served)
		r = -ENOMEM;
	for (size_t i = 0; i < pf->schema->n_plugins && r == 0; i++)
		r = steps_of_plugin(pf, pf->schema->plugins[i], state, &first, &plan);
	free(TAKE_PTR(plan.served));
	if (r < 0) {
		plan_clear(&plan);
		return r;
	}
	plan_sort(&plan);
	*ret_plan = plan;
	return 0;
}

void plan_clear(struct viod_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		free((void *)plan->steps[i].step.data);
	free(plan->steps);
	plan_changes_clear(&plan->changes);
	*plan = (struct viod_plan){ 0 };
}
