/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of several plugins is refused, and with which reason. */
#include "loader/plugin-set.h"

#include "../fixture.h"

static const struct viod_plugin core = { .name = "core",
					 .options = core_rows,
					 .pf_size = sizeof(struct core_pf),
					 .vf_size = sizeof(struct core_vf) };

/* A set of copies, as the loader makes them; the last description has no name. */
static struct plugin_set set_new(const struct viod_plugin *plugins)
{
	struct plugin_set set = { 0 };

	while (plugins[set.count].name)
		set.count++;
	set.items = calloc(set.count + 1, sizeof(*set.items));
	for (size_t i = 0; i < set.count; i++) {
		set.items[i].fd = -1;
		set.items[i].name = strdup(plugins[i].name);
		set.items[i].plugin = calloc(1, sizeof(*plugins));
		*set.items[i].plugin = plugins[i];
	}
	return set;
}

/* The reasons are in the order of the plugins; NULL: it is not refused. */
static void assert_refusals(const struct viod_plugin *plugins, const char *const *reasons)
{
	struct plugin_set set = set_new(plugins);

	ck_assert_int_eq(plugin_set_check(&set, &core), 0);
	for (size_t i = 0; i < set.count; i++) {
		const char *why = set.items[i].why;

		if (reasons[i])
			ck_assert_msg(why && strcmp(why, reasons[i]) == 0, "'%s': '%s', not '%s'",
				      set.items[i].name, why ? why : "accepted", reasons[i]);
		else
			ck_assert_msg(!why, "'%s': '%s'", set.items[i].name, why);
	}
	plugin_set_clear(&set);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_ptr_null(set.items);
}

#define KIND(name_, kind_, ...)                                                   \
	{                                                                         \
		.role = VIOD_ROLE_KIND, .name = name_, .kind = kind_, __VA_ARGS__ \
	}
#define QUIRK(name_, kind_, ...)                                                   \
	{                                                                          \
		.role = VIOD_ROLE_QUIRK, .name = name_, .kind = kind_, __VA_ARGS__ \
	}
#define DRIVER(name_, ...)                                           \
	{                                                            \
		.role = VIOD_ROLE_DRIVER, .name = name_, __VA_ARGS__ \
	}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define REASONS(...) ((const char *const[]){ __VA_ARGS__ })

START_TEST(one_plugin_serves_a_kind)
{
	const struct viod_plugin by_name[] = { KIND("a", "net"), KIND("b", "net"), { 0 } };
	const struct viod_plugin by_kind[] = {
		KIND("a", "net"), KIND("net", "net"), KIND("z", "net"), KIND("y", "gpu"), { 0 }
	};

	assert_refusals(by_name, REASONS(NULL, "kind 'net' is already served by plugin 'a'; one "
					       "plugin serves one kind"));
	/* The one with the name of the kind wins, wherever it stands. */
	assert_refusals(by_kind, REASONS("kind 'net' is already served by plugin 'net'; one "
					 "plugin serves one kind",
					 NULL,
					 "kind 'net' is already served by plugin 'net'; one "
					 "plugin serves one kind",
					 NULL));
}
END_TEST

START_TEST(one_plugin_serves_a_driver)
{
	const struct viod_plugin plugins[] = { DRIVER("a", .serves = WORDS("one", "two")),
					       DRIVER("b", .serves = WORDS("three", "two")),
					       DRIVER("c", .serves = WORDS("four", "three")),
					       DRIVER("d", .serves = WORDS("five")),
					       KIND("e", "five"),
					       { 0 } };

	/* The second is refused, and so it is no obstacle to the third. */
	assert_refusals(plugins, REASONS(NULL, "'driver = two' is already served by plugin 'a'",
					 NULL, NULL, NULL));
}
END_TEST

START_TEST(many_quirks_extend_a_kind)
{
	const struct viod_plugin plugins[] = {
		KIND("net", "net"), QUIRK("net-a", "net"), QUIRK("net-b", "net"), { 0 }
	};

	assert_refusals(plugins, REASONS(NULL, NULL, NULL));
}
END_TEST

START_TEST(the_name_of_the_built_in_plugin)
{
	const struct viod_plugin plugins[] = { KIND("core", "net"), KIND("gpu", "gpu"), { 0 } };

	assert_refusals(plugins,
			REASONS("the name 'core' is reserved for viod's built-in plugin", NULL));
}
END_TEST

START_TEST(what_is_needed)
{
	const struct viod_plugin plugins[] = {
		KIND("a", "a", .needs = WORDS("core", "b")),
		KIND("b", "b"),
		KIND("c", "c", .needs = WORDS("b", "missing", "other")),
		KIND("d", "d", .needs = WORDS("c")),
		QUIRK("d-quirk", "d"),
		QUIRK("e-quirk", "e"),
		KIND("f", "f", .needs = WORDS("d-quirk")),
		{ 0 },
	};

#define MISSING \
	"it needs plugin 'missing', which is missing; install it, or remove '-missing' from plugins="
#define WITHOUT_C "it needs plugin 'c', which is not loaded: " MISSING
#define WITHOUT_D "it extends kind 'd', whose plugin is not loaded: " WITHOUT_C
	assert_refusals(plugins,
			REASONS(NULL, NULL, MISSING, WITHOUT_C, WITHOUT_D,
				"it extends kind 'e', which no plugin serves",
				"it needs plugin 'd-quirk', which is not loaded: " WITHOUT_D));
}
END_TEST

/* Refusals that depend on later ones in the list. */
START_TEST(what_is_needed_in_any_order)
{
	const struct viod_plugin plugins[] = { KIND("a", "a", .needs = WORDS("b")),
					       KIND("b", "b", .needs = WORDS("c")),
					       KIND("c", "c", .needs = WORDS("x")),
					       { 0 } };
	struct plugin_set set = set_new(plugins);

	ck_assert_int_eq(plugin_set_check(&set, &core), 0);
	for (size_t i = 0; i < set.count; i++)
		ck_assert_ptr_nonnull(set.items[i].why);
	plugin_set_clear(&set);
}
END_TEST

START_TEST(needs_in_a_circle)
{
	const struct viod_plugin plugins[] = {
		KIND("a", "a", .needs = WORDS("core", "f", "b")),
		KIND("b", "b", .needs = WORDS("c")),
		KIND("c", "c", .needs = WORDS("a")),
		KIND("d", "d", .needs = WORDS("a")),
		KIND("e", "e", .needs = WORDS("e")),
		KIND("f", "f"),
		{ 0 },
	};

	assert_refusals(plugins,
			REASONS("its needs form a cycle: a needs b needs c needs a",
				"its needs form a cycle: b needs c needs a needs b",
				"its needs form a cycle: c needs a needs b needs c",
				"it needs plugin 'a', which is not loaded: its needs form a cycle: "
				"a needs b needs c needs a",
				"its needs form a cycle: e needs e", NULL));
}
END_TEST

/* A quirk needs the plugin of its kind without a word. */
START_TEST(a_kind_that_needs_its_quirk)
{
	const struct viod_plugin plugins[] = { KIND("net", "net", .needs = WORDS("net-a")),
					       QUIRK("net-a", "net"),
					       { 0 } };
	struct plugin_set set = set_new(plugins);

	ck_assert_str_eq(plugin_set_need(&set, &set.items[0], 0), "net-a");
	ck_assert_ptr_null(plugin_set_need(&set, &set.items[0], 1));
	ck_assert_str_eq(plugin_set_need(&set, &set.items[1], 0), "net");
	ck_assert_ptr_null(plugin_set_need(&set, &set.items[1], 1));
	plugin_set_clear(&set);
	assert_refusals(plugins, REASONS("its needs form a cycle: net needs net-a needs net",
					 "its needs form a cycle: net-a needs net needs net-a"));
}
END_TEST

/* --- rows ------------------------------------------------------------------------------------ */

struct one {
	bool value;
};

#define ROWS(key_)                                                        \
	((const struct viod_option[]){ { .scope = VIOD_SCOPE_PF,          \
					 .type = VIOD_TYPE_BOOL,          \
					 .phase = VIOD_PHASE_PREPARE,     \
					 .key = key_,                     \
					 .help = "A row.",                \
					 VIOD_FIELD(struct one, value) }, \
				       { 0 } }),                          \
		.pf_size = sizeof(struct one)

START_TEST(a_key_belongs_to_one_plugin)
{
	const struct viod_plugin plugins[] = {
		DRIVER("a-driver", .serves = WORDS("a"), .options = ROWS("speed")),
		KIND("gpu", "gpu", .options = ROWS("speed")),
		QUIRK("gpu-a", "gpu", .options = ROWS("shine")),
		/* A device has one quirk of several. */
		QUIRK("gpu-b", "gpu", .options = ROWS("shine")),
		KIND("net", "net", .options = ROWS("vfs")),
		QUIRK("net-a", "net", .options = ROWS("shine")),
		KIND("dev", "dev", .options = ROWS("shine")),
		{ 0 },
	};
	struct plugin_set set = set_new(plugins);
	static const char *const keys[] = {
		"'speed'", NULL,    NULL,
		NULL,	   "'vfs'", "it extends kind 'net', whose plugin is not loaded",
		NULL,
	};

	ck_assert_int_eq(plugin_set_check(&set, &core), 0);
	for (size_t i = 0; i < set.count; i++) {
		const char *why = set.items[i].why;

		ck_assert_msg(keys[i] ? why && strstr(why, keys[i]) : !why, "'%s': %s",
			      set.items[i].name, why ? why : "accepted");
	}
	plugin_set_clear(&set);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_plugin_serves_a_kind,
		one_plugin_serves_a_driver,
		many_quirks_extend_a_kind,
		the_name_of_the_built_in_plugin,
		what_is_needed,
		what_is_needed_in_any_order,
		needs_in_a_circle,
		a_kind_that_needs_its_quirk,
		a_key_belongs_to_one_plugin,
	};

	return run_tests("plugin-set", tests, ARRAY_SIZE(tests));
}
