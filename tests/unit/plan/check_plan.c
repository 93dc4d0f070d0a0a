/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The three laws of the design, for every kind there is, and the order of steps. */
#include "plan/plan.h"

#include "../fakesys.h"
#include "config/config.h"
#include "loader/loader.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

#define ROUNDS 200
#define VFS 3

static struct loader *real_loader(void)
{
	struct diag_list diags = { 0 };
	struct loader *loader = NULL;
	char directory[256];

	snprintf(directory, sizeof(directory), "%s/plugins", getenv("VIOD_TEST_BUILD"));
	ck_assert_int_eq(loader_new(directory, NULL, &sriov_plugin, &host_table, &diags, &loader),
			 0);
	assert_no_diags(&diags);
	ck_assert_uint_ge(loader->n_schemas, 3);
	return loader;
}

/* --- random values of any row ---------------------------------------------------------------- */

static uint64_t random_below(uint64_t n)
{
	return n ? ((uint64_t)rand() << 31 ^ (uint64_t)rand()) % n : 0;
}

static void random_text(const struct viod_option *option, char *ret_text, size_t size)
{
	const struct viod_name *name = option->names;
	uint64_t span = (uint64_t)(option->max - option->min) + 1;

	for (; name && name->word; name++)
		if (random_below(3) == 0 || option->type == VIOD_TYPE_ENUM) {
			snprintf(ret_text, size, "%s", name->word);
			if (random_below(2))
				return;
		}
	switch (option->type) {
	case VIOD_TYPE_BOOL:
		snprintf(ret_text, size, "%s", random_below(2) ? "on" : "off");
		break;
	case VIOD_TYPE_INT:
		snprintf(ret_text, size, "%lld",
			 (long long)(option->min + (int64_t)random_below(span)));
		break;
	case VIOD_TYPE_RATE:
	case VIOD_TYPE_SIZE:
		snprintf(ret_text, size, "%llu", (unsigned long long)random_below(1 << 20));
		break;
	case VIOD_TYPE_MAC:
		snprintf(ret_text, size, "02:00:00:00:%02x:%02x", rand() & 0xff, rand() & 0xff);
		break;
	case VIOD_TYPE_GUID:
		snprintf(ret_text, size, "0x%llx", (unsigned long long)random_below(1 << 30));
		break;
	case VIOD_TYPE_DRIVER:
	case VIOD_TYPE_STRING:
	case VIOD_TYPE_LIST:
		snprintf(ret_text, size, "text%llu", (unsigned long long)random_below(5));
		break;
	default:
		break;
	}
}

/* Policies, which no device has, and internal rows, which no file has, are omitted. */
static void fill(struct viod_values *values, int vf)
{
	enum viod_scope scope = vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF;
	const struct schema_scope *rows = &values->schema->scopes[scope];
	unsigned char value[VALUE_TEXT_MAX];
	char text[VALUE_TEXT_MAX];

	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct viod_option *option = rows->rows[i].option;

		if ((option->flags & (VIOD_OPTION_POLICY | VIOD_OPTION_INTERNAL)) ||
		    random_below(3) == 0)
			continue;
		if (option == &sriov_rows[SRIOV_ROW_VFS]) {
			snprintf(text, sizeof(text), "%d", VFS);
		} else {
			random_text(option, text, sizeof(text));
		}
		ck_assert_msg(value_parse(option, text, value, NULL) == 0, "%s = %s", option->key,
			      text);
		values_put(values, vf, &rows->rows[i], value, NULL);
	}
}

static struct viod_values *random_values(const struct schema *schema)
{
	struct viod_values *values;

	ck_assert_int_eq(values_new(schema, VFS, &values), 0);
	for (int vf = VIOD_PF; vf < VFS; vf++)
		fill(values, vf);
	return values;
}

/* --- the laws -------------------------------------------------------------------------------- */

static void assert_no_changes(const struct viod_values *wanted, const struct viod_values *state,
			      const char *about)
{
	struct plan_changes changes;
	char text[256] = "";

	ck_assert_int_eq(plan_diff(wanted, state, NULL, &changes), 0);
	if (changes.count)
		plan_change_text(&changes.items[0], text, sizeof(text));
	ck_assert_msg(changes.count == 0, "%s: %zu changes, the first is %s", about, changes.count,
		      text);
	plan_changes_clear(&changes);
}

START_TEST(an_applied_change_is_no_change_any_more)
{
	struct loader *loader = real_loader();

	srand(1);
	for (size_t i = 0; i < loader->n_schemas * ROUNDS; i++) {
		const struct schema *schema = loader->schemas[i % loader->n_schemas];
		struct viod_values *wanted = random_values(schema), *state = random_values(schema);
		struct plan_changes changes;

		ck_assert_int_eq(plan_diff(wanted, state, NULL, &changes), 0);
		for (size_t c = 0; c < changes.count; c++)
			values_put(state, changes.items[c].vf,
				   schema_row_of(schema, changes.items[c].option),
				   changes.items[c].wanted, NULL);
		assert_no_changes(wanted, state, schema->kind);
		plan_changes_clear(&changes);
		values_free(wanted);
		values_free(state);
	}
	loader_free(loader);
}
END_TEST

static const struct schema *schema_of(void *userdata, const char *kind,
				      const struct viod_where *where, struct diag_list *diags)
{
	return loader_schema(userdata, kind, where, diags);
}

static void assert_reads_back(const struct root *root, struct loader *loader,
			      const struct viod_values *state)
{
	char name[] = "a.conf", path[] = "/a.conf", identity[] = "", *none[] = { NULL };
	struct config_file file = { name, path, none, identity };
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = NULL;
	struct viod_values *wanted;
	struct config *config;

	ck_assert_int_eq(values_print(state, FAKE_PF, &text), 0);
	root_write(root, "a.conf", text);
	(void)config_parse(root->fd, &file, schema_of, loader, &diags, &config);
	assert_no_diags(&diags);
	ck_assert_int_eq(config_expand(config, VFS, &wanted), 0);
	assert_no_changes(wanted, state, text);
	values_free(wanted);
	config_free(config);
}

START_TEST(a_printed_state_plans_nothing)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	struct loader *loader = real_loader();

	srand(2);
	root_new(&root);
	for (size_t i = 0; i < loader->n_schemas * ROUNDS / 4; i++) {
		struct viod_values *state = random_values(loader->schemas[i % loader->n_schemas]);

		assert_reads_back(&root, loader, state);
		values_free(state);
	}
	loader_free(loader);
}
END_TEST

/* --- diff ------------------------------------------------------------------------------------ */

struct pair {
	struct kinds kinds;
	struct viod_values *wanted, *state, *last;
};

static void pair_new(struct pair *pair)
{
	ck_assert_int_eq(kinds_new(&pair->kinds), 0);
	ck_assert_int_eq(values_new(pair->kinds.net, 2, &pair->wanted), 0);
	ck_assert_int_eq(values_new(pair->kinds.net, 2, &pair->state), 0);
	ck_assert_int_eq(values_new(pair->kinds.net, 2, &pair->last), 0);
}

static void pair_clear(struct pair *pair)
{
	values_free(pair->wanted);
	values_free(pair->state);
	values_free(pair->last);
	kinds_clear(&pair->kinds);
}

static void put_vlan(struct viod_values *values, int vf, int64_t vlan)
{
	values_put(values, vf, schema_find(values->schema, VIOD_SCOPE_VF, "vlan"), &vlan, NULL);
}

static size_t count_changes(const struct pair *pair)
{
	struct plan_changes changes;
	size_t count;

	ck_assert_int_eq(plan_diff(pair->wanted, pair->state, pair->last, &changes), 0);
	count = changes.count;
	plan_changes_clear(&changes);
	return count;
}

START_TEST(what_the_driver_does_not_report_equals_what_was_set)
{
	struct pair pair;

	pair_new(&pair);
	ck_assert_uint_eq(count_changes(&pair), 0);
	put_vlan(pair.wanted, 1, 100);
	ck_assert_uint_eq(count_changes(&pair), 1);
	put_vlan(pair.last, 1, 100);
	ck_assert_uint_eq(count_changes(&pair), 0);
	put_vlan(pair.last, 1, 200);
	ck_assert_uint_eq(count_changes(&pair), 1);
	/* What the kernel does report outweighs the record. */
	put_vlan(pair.last, 1, 100);
	put_vlan(pair.state, 1, 300);
	ck_assert_uint_eq(count_changes(&pair), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(unset_is_not_zero_and_policy_is_no_state)
{
	struct pair pair;
	char name[64] = "05:00.0";

	pair_new(&pair);
	put_vlan(pair.state, 0, 100);
	values_put(pair.wanted, VIOD_PF, schema_find(pair.kinds.net, VIOD_SCOPE_PF, "name"), name,
		   NULL);
	ck_assert_uint_eq(count_changes(&pair), 0);
	put_vlan(pair.wanted, 0, 0);
	ck_assert_uint_eq(count_changes(&pair), 1);
	pair_clear(&pair);
}
END_TEST

/* --- steps ----------------------------------------------------------------------------------- */

START_TEST(steps_of_rows_without_a_plan_say_what_they_change)
{
	struct viod_pf pf = { .progress = &pf.own_progress };
	struct viod_plan plan = { 0 };
	struct plan_changes changes;
	struct pair pair;

	pair_new(&pair);
	pf.schema = pair.kinds.net;
	put_vlan(pair.state, 1, 100);
	put_vlan(pair.wanted, 1, 200);
	put_vlan(pair.wanted, 0, 7);
	ck_assert_int_eq(plan_diff(pair.wanted, pair.state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&pf, pair.state, &changes, &plan), 0);
	ck_assert_uint_eq(plan.n_steps, 2);
	ck_assert_str_eq(plan.steps[0].step.text, "vf0.vlan: 7");
	ck_assert_str_eq(plan.steps[1].step.text, "vf1.vlan: 100 -> 200");
	plan_clear(&plan);
	pair_clear(&pair);
}
END_TEST

START_TEST(steps_are_ordered_by_phase_and_then_as_added)
{
	static const uint8_t phases[] = { VIOD_PHASE_SETTLE, VIOD_PHASE_RESIZE,
					  VIOD_PHASE_CONFIGURE, VIOD_PHASE_RESIZE,
					  VIOD_PHASE_PREPARE };
	static const char *const sorted[] = { "4", "1", "3", "2", "0" };
	struct viod_pf pf = { .progress = &pf.own_progress };
	struct viod_plan plan = { 0 }, made;
	struct plan_changes none = { 0 };
	struct pair pair;

	pair_new(&pair);
	pf.schema = pair.kinds.net;
	ck_assert_int_eq(plan_make(&pf, pair.state, &none, &made), 0);
	ck_assert_uint_eq(made.n_steps, 0);
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		struct viod_step step = { .phase = phases[i], .vf = VIOD_PF };

		snprintf(step.text, sizeof(step.text), "%zu", i);
		ck_assert_int_eq(plan_add(&plan, &core_plugin, &step), 0);
	}
	plan_sort(&plan);
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		ck_assert_str_eq(plan.steps[i].step.text, sorted[i]);
	plan_clear(&plan);
	pair_clear(&pair);
}
END_TEST

/* VFs are removed, then come the steps that need zero VFs, then the new VFs, in any order of
 * planning. */
START_TEST(steps_that_want_no_vfs_come_between)
{
	static const struct {
		uint8_t phase, flags;
	} steps[] = {
		{ VIOD_PHASE_RESIZE, PLAN_STEP_MAKES_VFS },
		{ VIOD_PHASE_RESIZE, VIOD_STEP_NO_VFS },
		{ VIOD_PHASE_RESIZE, 0 },
		{ VIOD_PHASE_CONFIGURE, VIOD_STEP_NO_VFS },
		{ VIOD_PHASE_RESIZE, VIOD_STEP_NO_VFS | VIOD_STEP_DISRUPTIVE },
		{ VIOD_PHASE_PREPARE, PLAN_STEP_MAKES_VFS },
	};
	static const char *const sorted[] = { "5", "2", "1", "4", "0", "3" };
	struct viod_plan plan = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct viod_step step = { .phase = steps[i].phase,
					  .flags = steps[i].flags,
					  .vf = VIOD_PF };

		snprintf(step.text, sizeof(step.text), "%zu", i);
		ck_assert_int_eq(plan_add(&plan, &core_plugin, &step), 0);
	}
	plan_sort(&plan);
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		ck_assert_str_eq(plan.steps[i].step.text, sorted[i]);
	plan_clear(&plan);
}
END_TEST

/* --- what a step needs -------------------------------------------------------------------------
 */

struct needy_values {
	bool reset, anew, off, plain;
};

#define NEEDY(scope_, key_, field_, ...)                                                     \
	{                                                                                    \
		.scope = (scope_), .type = VIOD_TYPE_BOOL, .phase = VIOD_PHASE_SETTLE,       \
		.key = (key_), VIOD_FIELD(struct needy_values, field_), .help = "A switch.", \
		__VA_ARGS__                                                                  \
	}

static const struct viod_option needy_rows[] = {
	NEEDY(VIOD_SCOPE_PF, "pf-reset", reset, .flags = VIOD_OPTION_DISRUPTIVE),
	NEEDY(VIOD_SCOPE_PF, "pf-anew", anew, .flags = VIOD_OPTION_RECREATES),
	NEEDY(VIOD_SCOPE_PF, "pf-off", off, .flags = VIOD_OPTION_UNBOUND),
	NEEDY(VIOD_SCOPE_PF, "pf-plain", plain),
	NEEDY(VIOD_SCOPE_VF, "reset", reset, .flags = VIOD_OPTION_DISRUPTIVE),
	NEEDY(VIOD_SCOPE_VF, "off", off, .flags = VIOD_OPTION_UNBOUND),
	NEEDY(VIOD_SCOPE_VF, "plain", plain),
	{ 0 },
};

static const struct {
	const char *key;
	uint8_t flags, phase;
} needs[] = {
	{ "pf-reset", VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS, VIOD_PHASE_SETTLE },
	{ "pf-anew", VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS | VIOD_STEP_NO_VFS,
	  VIOD_PHASE_RESIZE },
	{ "pf-off", VIOD_STEP_UNBOUND, VIOD_PHASE_CONFIGURE },
	{ "pf-plain", 0, VIOD_PHASE_SETTLE },
	{ "reset", VIOD_STEP_DISRUPTIVE, VIOD_PHASE_SETTLE },
	{ "off", VIOD_STEP_UNBOUND, VIOD_PHASE_CONFIGURE },
	{ "plain", 0, VIOD_PHASE_SETTLE },
};

/* How a plan() names the rows that its steps serve. */
enum naming { BY_CHANGE, BY_CHANGES, BY_NOTHING };
static enum naming naming;

static int careless_plan(struct viod_pf *pf, const struct viod_values *state,
			 const struct viod_change *changes, size_t n_changes,
			 struct viod_plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < n_changes && r == 0; i++) {
		const struct viod_change *change = &changes[i];
		struct viod_step step = { .phase = change->option->phase, .vf = change->vf };

		if (naming == BY_CHANGE)
			step.change = change;
		if (naming == BY_CHANGES) {
			step.changes = &change;
			step.n_changes = 1;
		}
		snprintf(step.text, sizeof(step.text), "%s", change->option->key);
		r = viod_step_add(plan, &step);
	}
	return r;
}

static const struct viod_ops careless_ops = { .size = sizeof(careless_ops), .plan = careless_plan };

#define NEEDY_PLUGIN(...)                                                                       \
	{                                                                                       \
		.name = "needy", .kind = "needy", .options = needy_rows,                        \
		.pf_size = sizeof(struct needy_values), .vf_size = sizeof(struct needy_values), \
		__VA_ARGS__                                                                     \
	}

static const struct viod_plugin needy_plugin = NEEDY_PLUGIN(.ops = NULL);
static const struct viod_plugin careless_plugin = NEEDY_PLUGIN(.ops = &careless_ops);
/* viod_step_add() passes the plugin that it is compiled into. */
const struct viod_host *viod_host;
const struct viod_plugin viod_plugin;

/* Only the rows that the bits name are changed: of the PF, or of VF 1. */
static void make_needy_plan(const struct viod_plugin *plugin, const struct viod_quirk *quirk,
			    unsigned rows, struct viod_plan *ret_plan)
{
	const struct viod_plugin *plugins[] = { &core_plugin, plugin };
	struct viod_pf pf = { .progress = &pf.own_progress };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct viod_values *wanted, *state;
	struct plan_changes changes;
	struct schema *schema;
	bool on = true;

	ck_assert_int_eq(schema_new("needy", plugins, 2, &diags, &schema), 0);
	ck_assert_int_eq(values_new(schema, 2, &wanted), 0);
	ck_assert_int_eq(values_new(schema, 2, &state), 0);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (rows & (1u << i))
			values_put(wanted, needy_rows[i].scope == VIOD_SCOPE_PF ? VIOD_PF : 1,
				   schema_row_of(schema, &needy_rows[i]), &on, NULL);
	pf.schema = schema;
	if (quirk)
		pf.quirk = *quirk;
	viod_host = &host_table;
	ck_assert_int_eq(plan_diff(wanted, state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&pf, state, &changes, ret_plan), 0);
	values_free(wanted);
	values_free(state);
	schema_free(schema);
}

static void assert_needs(const struct viod_plan *plan)
{
	ck_assert_uint_eq(plan->n_steps, ARRAY_SIZE(needs));
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct viod_step *step = &plan->steps[i].step;
		size_t n = 0;

		while (n < ARRAY_SIZE(needs) && strcmp(needs[n].key, step->text) != 0)
			n++;
		ck_assert_msg(n < ARRAY_SIZE(needs), "step '%s'", step->text);
		ck_assert_msg(step->flags == needs[n].flags, "%s: flags %x, not %x", step->text,
			      step->flags, needs[n].flags);
		ck_assert_msg(step->phase == needs[n].phase, "%s: phase %u", step->text,
			      step->phase);
	}
}

START_TEST(a_plan_cannot_forget_what_a_row_needs)
{
	struct viod_plan plan;

	for (naming = BY_CHANGE; naming <= BY_CHANGES; naming++) {
		make_needy_plan(&careless_plugin, NULL, (1u << ARRAY_SIZE(needs)) - 1, &plan);
		assert_needs(&plan);
		plan_clear(&plan);
	}
	/* A step that names no row may be for any of those that none names. */
	naming = BY_NOTHING;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		make_needy_plan(&careless_plugin, NULL, 1u << i, &plan);
		ck_assert_uint_eq(plan.n_steps, 1);
		ck_assert_uint_eq(plan.steps[0].step.flags, needs[i].flags);
		ck_assert_uint_eq(plan.steps[0].step.phase, needs[i].phase);
		plan_clear(&plan);
	}
}
END_TEST

START_TEST(without_plan_each_row_has_what_it_needs)
{
	struct viod_plan plan;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		make_needy_plan(&needy_plugin, NULL, 1u << i, &plan);
		ck_assert_uint_eq(plan.n_steps, 1);
		ck_assert_uint_eq(plan.steps[0].step.flags, needs[i].flags);
		ck_assert_uint_eq(plan.steps[0].step.phase, needs[i].phase);
		plan_clear(&plan);
	}
}
END_TEST

/* What the option does not say the quirk of this device may. */
START_TEST(the_quirk_adds_to_what_rows_need)
{
	static const char *const plain[] = { "plain", "pf-plain", NULL };
	static const struct {
		struct viod_quirk quirk;
		uint8_t vf_flags, pf_flags, phase;
	} quirks[] = {
		{ { .disruptive = plain },
		  VIOD_STEP_DISRUPTIVE,
		  VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS,
		  VIOD_PHASE_SETTLE },
		{ { .unbound = plain },
		  VIOD_STEP_UNBOUND,
		  VIOD_STEP_UNBOUND,
		  VIOD_PHASE_CONFIGURE },
	};
	struct viod_plan plan;

	naming = BY_CHANGE;
	for (size_t i = 0; i < ARRAY_SIZE(quirks); i++) {
		make_needy_plan(&careless_plugin, &quirks[i].quirk, 1u << 3 | 1u << 6, &plan);
		ck_assert_uint_eq(plan.n_steps, 2);
		for (size_t s = 0; s < 2; s++) {
			const struct viod_step *step = &plan.steps[s].step;

			ck_assert_uint_eq(step->flags, step->vf == VIOD_PF ? quirks[i].pf_flags
									   : quirks[i].vf_flags);
			ck_assert_uint_eq(step->phase, quirks[i].phase);
		}
		plan_clear(&plan);
	}
}
END_TEST

/* A check that asks about no function would let every step through. */
START_TEST(a_disruptive_step_of_the_pf_concerns_its_vfs)
{
	struct viod_step step = { .phase = VIOD_PHASE_PREPARE,
				  .flags = VIOD_STEP_DISRUPTIVE | PLAN_STEP_ALWAYS,
				  .vf = VIOD_PF };
	struct viod_plan plan = { 0 };

	ck_assert_int_eq(plan_add_guarded(&plan, &needy_plugin, &step), 0);
	ck_assert_uint_eq(plan.steps[0].step.flags, VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS);
	plan_clear(&plan);
}
END_TEST

START_TEST(a_key_the_driver_lacks_is_left_out_with_one_warning)
{
	static const char *const lacks[] = { "vlan", NULL };
	struct viod_pf pf = { .progress = &pf.own_progress, .quirk.lacks = lacks };
	struct plan_changes changes;
	struct pair pair;
	bool on = true;

	pair_new(&pair);
	put_vlan(pair.wanted, 0, 7);
	put_vlan(pair.wanted, 1, 7);
	values_put(pair.wanted, 1, schema_find(pair.kinds.net, VIOD_SCOPE_VF, "trust"), &on, NULL);
	ck_assert_int_eq(plan_diff(pair.wanted, pair.state, NULL, &changes), 0);
	plan_changes_drop_unsupported(&pf, true, &changes);
	ck_assert_uint_eq(changes.count, 1);
	ck_assert_str_eq(changes.items[0].option->key, "trust");
	assert_diag_count(&pf.diags, 1);
	ck_assert_int_eq(pf.diags.items[0].severity, VIOD_WARNING);
	plan_changes_clear(&changes);
	diag_list_clear(&pf.diags);
	pair_clear(&pair);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_applied_change_is_no_change_any_more,
		a_printed_state_plans_nothing,
		what_the_driver_does_not_report_equals_what_was_set,
		unset_is_not_zero_and_policy_is_no_state,
		steps_of_rows_without_a_plan_say_what_they_change,
		steps_are_ordered_by_phase_and_then_as_added,
		steps_that_want_no_vfs_come_between,
		a_plan_cannot_forget_what_a_row_needs,
		without_plan_each_row_has_what_it_needs,
		the_quirk_adds_to_what_rows_need,
		a_disruptive_step_of_the_pf_concerns_its_vfs,
		a_key_the_driver_lacks_is_left_out_with_one_warning,
	};

	return run_tests("plan", tests, ARRAY_SIZE(tests));
}
