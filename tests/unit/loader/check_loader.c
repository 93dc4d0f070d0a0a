/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "loader/loader.h"

static const struct viod_option core_rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_BOOL,
	  .phase = VIOD_PHASE_RESIZE,
	  .key = "vfs",
	  .size = sizeof(bool),
	  .help = "Stands for a key of core's." },
	{ 0 },
};
static const struct viod_plugin core_plugin = {
	.magic = VIOD_ABI_MAGIC,
	.abi_major = VIOD_ABI_MAJOR,
	.size = sizeof(core_plugin),
	.name = "core",
	.options = core_rows,
	.pf_size = sizeof(bool),
};
static const struct viod_host host = { .size = sizeof(host) };

static char bad_directory[PATH_MAX], good_directory[PATH_MAX], scratch[] = "/tmp/viod-check-XXXXXX";

static void loader_freep(struct loader **loader)
{
	loader_free(*loader);
}

#define _cleanup_loader_ _cleanup_(loader_freep)

static struct loader *load(const char *directory, char *const *names, struct diag_list *diags)
{
	const struct loader_choice choice = { .names = (const char *const *)names };
	struct loader *loader = NULL;

	ck_assert_int_eq(
		loader_new(directory, names ? &choice : NULL, &core_plugin, &host, diags, &loader),
		0);
	ck_assert_ptr_nonnull(loader);
	return loader;
}

static struct loader *load_quietly(const char *directory, char *const *names)
{
	_cleanup_diags_ struct diag_list diags = { 0 };

	return load(directory, names, &diags);
}

static bool is_loaded(const struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->n_plugins; i++)
		if (streq(loader->plugins[i].plugin->name, name))
			return true;
	return false;
}

static size_t position(const struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->n_plugins; i++)
		if (streq(loader->plugins[i].plugin->name, name))
			return i;
	ck_abort_msg("'%s' is not loaded", name);
	return 0;
}

static void assert_refused(const struct loader *loader, const char *name, const char *text)
{
	const char *why = loader_refusal(loader, name);

	ck_assert_msg(why != NULL, "'%s' was not refused", name);
	ck_assert_msg(strstr(why, text) != NULL, "'%s': '%s' does not say '%s'", name, why, text);
	ck_assert(!is_loaded(loader, name));
}

static bool has_text(const struct diag_list *diags, enum viod_severity severity, const char *text)
{
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity == severity && strstr(diags->items[i].text, text))
			return true;
	return false;
}

/* --- each refusal by its text ---------------------------------------------------------------- */

static const struct {
	const char *name, *text;
} refusals[] = {
	{ "bad-magic", "found magic 0x21746f6e, this viod supports 0x76696f64" },
	{ "bad-major", "found plugin ABI 2.0, this viod supports 1.0 to 1." },
	{ "bad-minor", "found plugin ABI 1." },
	{ "bad-size", "found a descriptor of" },
	{ "bad-claim", "claims 4096 bytes, found 16" },
	{ "bad-symbol", "is not a struct viod_plugin" },
	{ "bad-nothing", "does not export 'viod_plugin'" },
	{ "bad-name", "its name is 'good', so its file must be good.so" },
	{ "bad-nameless", "it has no name" },
	{ "bad-role", "found role 4711" },
	{ "bad-kind", "its role is kind, and it names no kind" },
	{ "also-good", "kind 'good' is already served by plugin 'good'" },
	{ "bad-ops", "found ops of 16 bytes, this viod supports" },
	{ "bad-rows", "'outside'" },
	{ "bad-clash", "'vfs'" },
	{ "bad-needs", "it needs plugin 'no-such-plugin', which is missing" },
	{ "bad-company",
	  "it needs plugin 'bad-magic', which is not loaded: it is not a viod plugin" },
	{ "cycle-a", "form a cycle: cycle-a needs cycle-b needs cycle-a" },
	{ "cycle-b", "form a cycle: cycle-b needs cycle-a needs cycle-b" },
	{ "cycle-c", "it needs plugin 'cycle-a', which is not loaded: its needs form a cycle" },
	{ "bad-home", "it extends kind 'nowhere', which no plugin serves" },
	{ "finest", "'finesse'" },
	{ "bad-driver", "it serves 'driver = default', which viod serves itself" },
};

START_TEST(refusal)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_loader_ struct loader *loader = load(bad_directory, NULL, &diags);
	size_t reported = 0;

	assert_refused(loader, refusals[_i].name, refusals[_i].text);
	for (size_t i = 0; i < diags.count; i++) {
		ck_assert_int_eq(diags.items[i].severity, VIOD_ERROR);
		if (strstr(diags.items[i].text, refusals[_i].text) &&
		    strstr(diags.items[i].text, refusals[_i].name))
			reported++;
	}
	ck_assert_uint_ge(reported, 1);
	ck_assert_uint_eq(loader->n_refused, ARRAY_SIZE(refusals));
	ck_assert_uint_eq(diags.count, ARRAY_SIZE(refusals));
}
END_TEST

START_TEST(the_rest_runs)
{
	static const char *const good[] = { "core",  "good", "finer", "coachman",
					    "crash", "hang", "leak",  "refuse" };
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(is_loaded(loader, good[i]), "'%s' is not loaded: %s", good[i],
			      loader_refusal(loader, good[i]));
	ck_assert_uint_eq(loader->n_plugins, ARRAY_SIZE(good));
}
END_TEST

/* --- what is loaded -------------------------------------------------------------------------- */

START_TEST(order_of_needs)
{
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, NULL);

	ck_assert_uint_eq(position(loader, "core"), 0);
	ck_assert_uint_lt(position(loader, "good"), position(loader, "coachman"));
	ck_assert_uint_lt(position(loader, "good"), position(loader, "finer"));
	ck_assert_uint_lt(position(loader, "crash"), position(loader, "good"));
	ck_assert_uint_lt(position(loader, "good"), position(loader, "hang"));
}
END_TEST

START_TEST(copies_and_descriptors)
{
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, NULL);
	const struct loaded_plugin *finer = &loader->plugins[position(loader, "finer")];

	ck_assert_ptr_ne(finer->plugin, finer->descriptor);
	ck_assert_ptr_eq(finer->plugin->options, finer->descriptor->options);
	ck_assert_ptr_ne(finer->plugin->quirk, finer->descriptor->quirk);
	ck_assert_uint_eq(finer->plugin->quirk->max_vfs, 7);
	ck_assert_ptr_eq(*finer->plugin->host, &host);
	ck_assert_ptr_eq(loader_plugin_of(loader, finer->descriptor), finer->plugin);
	ck_assert_ptr_eq(loader_plugin_of(loader, finer->plugin), finer->plugin);
	ck_assert_ptr_eq(loader_plugin_of(loader, &core_plugin), &core_plugin);
	ck_assert_ptr_null(loader_plugin_of(loader, NULL));
}
END_TEST

START_TEST(schema_has_all_that_concern_a_kind)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, NULL);
	const struct schema *schema = loader_schema(loader, "good", NULL, &diags);
	const struct schema_row *row;

	ck_assert_ptr_nonnull(schema);
	ck_assert_uint_eq(schema->n_plugins, 4);
	ck_assert_ptr_eq(schema->plugins[0], &core_plugin);
	ck_assert_str_eq(schema->plugins[1]->name, "good");
	ck_assert_str_eq(schema->plugins[2]->name, "coachman");
	ck_assert_str_eq(schema->plugins[3]->name, "finer");
	row = schema_find(schema, VIOD_SCOPE_PF, "finesse");
	ck_assert_ptr_nonnull(row);
	ck_assert_ptr_eq(row->owner, schema->plugins[3]);
	ck_assert_uint_eq(diags.count, 0);

	ck_assert_uint_eq(loader->n_schemas, 5);
	ck_assert_ptr_eq(schema->next->next->next->next->next, schema);
	ck_assert_ptr_ne(schema->next, schema);

	schema = loader_schema(loader, "leak", NULL, &diags);
	ck_assert_ptr_nonnull(schema);
	ck_assert_uint_eq(schema->n_plugins, 3);
	ck_assert_ptr_null(schema_find(schema, VIOD_SCOPE_PF, "finesse"));
}
END_TEST

static void assert_no_schema(const struct loader *loader, const char *kind, const char *text)
{
	static const struct viod_where where = { .file = "a.conf", .line = 3, .column = 8 };
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_ptr_null(loader_schema(loader, kind, &where, &diags));
	ck_assert_uint_eq(diag_errors(&diags), 1);
	ck_assert_uint_eq(diags.items[0].line, 3);
	ck_assert_msg(strstr(diags.items[0].text, text) != NULL, "'%s' does not say '%s'",
		      diags.items[0].text, text);
}

START_TEST(unknown_kinds)
{
	char *names[] = { (char *)"good", (char *)"leak", (char *)"bad-magic", NULL };
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, names);

	assert_no_schema(loader, "goood",
			 "kind 'goood' needs plugin 'goood', which is not loaded: there is no such "
			 "plugin; did you mean 'good'?");
	assert_no_schema(loader, "goood", "good, leak");
	assert_no_schema(loader, "bad-magic", "which is not loaded: it is not a viod plugin");
	assert_no_schema(loader, "crash",
			 "it is installed, but not enabled; add it to 'plugins ='");
}
END_TEST

START_TEST(names_enable)
{
	char *names[] = { (char *)"leak",    (char *)"leak",	(char *)"absent",
			  (char *)"../good", (char *)"good.so", NULL };
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, names);

	ck_assert_uint_eq(loader->n_plugins, 2);
	ck_assert_str_eq(loader->plugins[1].plugin->name, "leak");
	ck_assert_uint_eq(loader->n_refused, 3);
	assert_refused(loader, "absent", "there is no such file");
	assert_refused(loader, "../good", "this is not a plugin name");
	assert_refused(loader, "good.so", "this is not a plugin name");
}
END_TEST

START_TEST(what_core_needs_is_loaded_where_it_is)
{
	static const char *const needs[] = { "coachman", "absent", NULL };
	static const char *const names[] = { "good", "crash", NULL };
	static const char *const without[] = { "coachman", "no-such", NULL };
	const struct loader_choice choice = { .names = names, .without = without };
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_loader_ struct loader *loader = NULL;
	struct viod_plugin core = core_plugin;

	core.needs = needs;
	ck_assert_int_eq(loader_new(bad_directory, &choice, &core, &host, &diags, &loader), 0);
	ck_assert(is_loaded(loader, "coachman"));
	ck_assert_uint_eq(loader->n_plugins, 4);
	ck_assert_uint_eq(diag_errors(&diags), 0);
	ck_assert(has_text(&diags, VIOD_WARNING, "'plugins = -coachman' has no effect: without"));
	ck_assert(has_text(&diags, VIOD_WARNING, "'plugins = -no-such' has no effect: no such"));
}
END_TEST

/* The plugins that viod ships: a kind brings its quirks, unless they are left out. */
START_TEST(a_kind_brings_its_quirks)
{
	static const char *const names[] = { "net", NULL }, *const none[] = { NULL };
	static const char *const without[] = { "net-igb", NULL };
	static const char *const shipped[] = { "dev", "gpu", "net", "vfio", "not-there", NULL };
	static const struct {
		struct loader_choice choice;
		const char *loaded, *absent;
	} cases[] = {
		{ { .names = names }, "net-igb", "gpu" },
		{ { .names = names }, "net-mlx5", "dev-nvme" },
		{ { .names = names, .without = without }, "net-mlx5", "net-igb" },
		{ { .names = none, .defaults = shipped }, "dev-nvme", "not-there" },
		{ { .names = names, .defaults = shipped, .without = without },
		  "gpu-xe",
		  "net-igb" },
		{ { .names = none }, "core", "net" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_diags_ struct diag_list diags = { 0 };
		_cleanup_loader_ struct loader *loader = NULL;

		ck_assert_int_eq(loader_new(good_directory, &cases[i].choice, &core_plugin, &host,
					    &diags, &loader),
				 0);
		ck_assert_uint_eq(diag_errors(&diags), 0);
		ck_assert_msg(is_loaded(loader, cases[i].loaded), "%zu: %s", i, cases[i].loaded);
		ck_assert_msg(!is_loaded(loader, cases[i].absent), "%zu: %s", i, cases[i].absent);
	}
}
END_TEST

/* What a plugin needs comes along, and so does the kind of a quirk. */
START_TEST(needs_come_along)
{
	static const char *const names[] = { "finer", NULL };
	static const char *const without[] = { "crash", NULL };
	struct loader_choice choice = { .names = names };
	_cleanup_loader_ struct loader *loader = NULL, *less = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 }, more = { 0 };
	bool installed;

	ck_assert_int_eq(loader_new(bad_directory, &choice, &core_plugin, &host, &diags, &loader),
			 0);
	ck_assert(is_loaded(loader, "finer") && is_loaded(loader, "good"));
	ck_assert(!is_loaded(loader, "leak"));
	/* Once for each that is not enabled. */
	ck_assert(has_text(&diags, VIOD_INFO, "plugin 'leak' is installed in"));
	ck_assert(has_text(&diags, VIOD_INFO, "write 'plugins = leak' to a file such as"));
	ck_assert(strstr(loader_why_absent(loader, "leak", &installed), "but not enabled"));
	ck_assert(installed);
	ck_assert(strstr(loader_why_absent(loader, "nothing", &installed), "no such plugin"));
	ck_assert(!installed);
	choice.without = without;
	ck_assert_int_eq(loader_new(bad_directory, &choice, &core_plugin, &host, &more, &less), 0);
	ck_assert(strstr(loader_why_absent(less, "crash", &installed), "left out"));
	ck_assert(!has_text(&more, VIOD_INFO, "plugin 'crash' is installed"));
}
END_TEST

START_TEST(driver_words)
{
	_cleanup_loader_ struct loader *loader = load_quietly(bad_directory, NULL);
	const struct viod_plugin *plugin = loader_driver(loader, "carriage");

	ck_assert_ptr_nonnull(plugin);
	ck_assert_str_eq(plugin->name, "coachman");
	ck_assert_ptr_null(loader_driver(loader, "coach"));
}
END_TEST

START_TEST(own_plugins)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_loader_ struct loader *loader = load(good_directory, NULL, &diags);

	for (size_t i = 0; i < diags.count; i++)
		ck_abort_msg("%s", diags.items[i].text);
	ck_assert(is_loaded(loader, "net"));
	ck_assert(is_loaded(loader, "gpu"));
	ck_assert(is_loaded(loader, "dev"));
}
END_TEST

START_TEST(no_folder)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_loader_ struct loader *loader = load("/nonexistent/viod", NULL, &diags);

	ck_assert_uint_eq(loader->n_plugins, 1);
	ck_assert_uint_eq(diag_errors(&diags), 1);
	ck_assert_ptr_nonnull(strstr(diags.items[0].text, "/nonexistent/viod cannot be read"));
}
END_TEST

/* --- whose file it is ------------------------------------------------------------------------ */

static void copy_plugin(const char *directory, const char *name)
{
	char from[PATH_MAX + 32], to[PATH_MAX];
	_cleanup_fclose_ FILE *source = NULL, *target = NULL;
	char buffer[65536];
	size_t n;

	snprintf(from, sizeof(from), "%s/%s.so", bad_directory, name);
	snprintf(to, sizeof(to), "%s/%s.so", directory, name);
	source = fopen(from, "re");
	target = fopen(to, "we");
	ck_assert_ptr_nonnull(source);
	ck_assert_ptr_nonnull(target);
	while ((n = fread(buffer, 1, sizeof(buffer), source)) > 0)
		ck_assert_uint_eq(fwrite(buffer, 1, n, target), n);
	ck_assert_int_eq(fchmod(fileno(target), 0644), 0);
}

static const char *scratch_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return path;
}

START_TEST(unsafe_files)
{
	const char *directory = scratch_path("files");
	_cleanup_free_ char *folder = strdup(directory);
	_cleanup_loader_ struct loader *loader = NULL;
	FILE *file;

	ck_assert_int_eq(mkdir(folder, 0755), 0);
	copy_plugin(folder, "good");
	copy_plugin(folder, "leak");
	copy_plugin(folder, "crash");
	ck_assert_int_eq(chmod(scratch_path("files/leak.so"), 0646), 0);
	ck_assert_int_eq(chmod(scratch_path("files/crash.so"), 0664), 0);
	ck_assert_int_eq(symlink("good.so", scratch_path("files/linked.so")), 0);
	ck_assert_int_eq(mkdir(scratch_path("files/folder.so"), 0755), 0);
	ck_assert_int_eq(mkfifo(scratch_path("files/pipe.so"), 0644), 0);
	file = fopen(scratch_path("files/text.so"), "we");
	ck_assert_ptr_nonnull(file);
	fputs("This is not an ELF file at all, and it says so at some length.\n", file);
	ck_assert_int_eq(fclose(file), 0);
	file = fopen(scratch_path("files/empty.so"), "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fclose(file), 0);
	file = fopen(scratch_path("files/Bad Name.so"), "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(scratch_path("files/text.so"), 0644), 0);
	ck_assert_int_eq(chmod(scratch_path("files/empty.so"), 0644), 0);

	loader = load_quietly(folder, NULL);
	ck_assert(is_loaded(loader, "good"));
	assert_refused(loader, "leak", "its file can be written by others (mode 0646)");
	assert_refused(loader, "crash", "its file can be written by others (mode 0664)");
	assert_refused(loader, "linked", "its file is a symbolic link");
	assert_refused(loader, "folder", "its file is not a regular one");
	assert_refused(loader, "pipe", "its file is not a regular one");
	assert_refused(loader, "text", "it cannot be loaded: ");
	assert_refused(loader, "empty", "it cannot be loaded: ");
	assert_refused(loader, "Bad Name", "this is not a plugin name");
}
END_TEST

START_TEST(file_of_another_user)
{
	_cleanup_free_ char *folder = strdup(scratch_path("others"));
	_cleanup_loader_ struct loader *loader = NULL;

	ck_assert_int_eq(mkdir(folder, 0755), 0);
	copy_plugin(folder, "hang");
	ck_assert_int_eq(chown(scratch_path("others/hang.so"), 4711, 0), 0);
	loader = load_quietly(folder, NULL);
	assert_refused(loader, "hang", "its file belongs to user 4711; it must belong to root");
}
END_TEST

START_TEST(unsafe_folder)
{
	_cleanup_free_ char *folder = strdup(scratch_path("folder"));
	_cleanup_loader_ struct loader *loader = NULL;

	ck_assert_int_eq(mkdir(folder, 0755), 0);
	copy_plugin(folder, "good");
	ck_assert_int_eq(chmod(folder, 0777), 0);
	loader = load_quietly(folder, NULL);
	assert_refused(loader, "good", "its folder can be written by others (mode 0777)");
	ck_assert_uint_eq(loader->n_plugins, 1);
}
END_TEST

/* A user who can rename a folder on the way can put another one in its place. */
START_TEST(unsafe_parent)
{
	_cleanup_free_ char *parent = strdup(scratch_path("parent"));
	_cleanup_free_ char *folder = strdup(scratch_path("parent/folder"));
	struct loader *loader;

	ck_assert_int_eq(mkdir(parent, 0755), 0);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	copy_plugin(folder, "good");
	ck_assert_int_eq(chmod(parent, 0775), 0);
	loader = load_quietly(folder, NULL);
	assert_refused(loader, "good", "can be written by others (mode 0775); give it mode 0755");
	loader_free(loader);
	/* In a sticky folder that user can rename only what is of that user. */
	ck_assert_int_eq(chmod(parent, 01777), 0);
	loader = load_quietly(folder, NULL);
	ck_assert_uint_eq(loader->n_plugins, 2);
	loader_free(loader);
	ck_assert_int_eq(chown(parent, 4711, 0), 0);
	loader = load_quietly(folder, NULL);
	assert_refused(loader, "good", "belongs to user 4711; it must belong to root");
	loader_free(loader);
}
END_TEST

/* After its file was checked, another one is renamed to its name. */
static const char *replacement, *replaced;

int fstat(int fd, struct stat *status)
{
	int r = fstatat(fd, "", status, AT_EMPTY_PATH);

	if (r == 0 && replacement && S_ISREG(status->st_mode)) {
		ck_assert_int_eq(rename(replacement, replaced), 0);
		replacement = NULL;
	}
	return r;
}

START_TEST(what_was_checked_is_what_is_loaded)
{
	_cleanup_free_ char *folder = strdup(scratch_path("swapped"));
	_cleanup_free_ char *from = strdup(scratch_path("leak.so"));
	_cleanup_free_ char *to = strdup(scratch_path("swapped/good.so"));
	_cleanup_loader_ struct loader *loader = NULL;

	ck_assert_int_eq(mkdir(folder, 0755), 0);
	copy_plugin(folder, "good");
	copy_plugin(scratch, "leak");
	replaced = to;
	replacement = from;
	loader = load_quietly(folder, NULL);
	ck_assert_ptr_null(replacement);
	ck_assert_ptr_null(loader_refusal(loader, "good"));
	ck_assert_uint_eq(loader->n_plugins, 2);
	ck_assert_str_eq(loader->plugins[1].plugin->name, "good");
}
END_TEST

static void remove_scratch(void)
{
	static const char *const left[] = {
		"files/good.so",     "files/leak.so",  "files/crash.so",	"others/hang.so",
		"files/linked.so",   "files/pipe.so",  "files/text.so",		"files/empty.so",
		"files/Bad Name.so", "folder/good.so", "parent/folder/good.so", "swapped/good.so",
	};
	static const char *const folders[] = { "files/folder.so", "files",  "others",  "folder",
					       "parent/folder",	  "parent", "swapped", "." };

	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		(void)unlink(scratch_path(left[i]));
	for (size_t i = 0; i + 1 < ARRAY_SIZE(folders); i++)
		(void)rmdir(scratch_path(folders[i]));
	(void)rmdir(scratch);
}

int main(void)
{
	const char *build = getenv("VIOD_TEST_BUILD");
	Suite *suite = suite_create("loader");
	TCase *tests = tcase_create("loader");
	SRunner *runner;
	int failed;

	if (!build || !mkdtemp(scratch))
		return EXIT_FAILURE;
	snprintf(bad_directory, sizeof(bad_directory), "%s/tests/plugins", build);
	snprintf(good_directory, sizeof(good_directory), "%s/plugins", build);
	tcase_add_loop_test(tests, refusal, 0, (int)ARRAY_SIZE(refusals));
	tcase_add_test(tests, unsafe_parent);
	tcase_add_test(tests, what_was_checked_is_what_is_loaded);
	tcase_add_test(tests, the_rest_runs);
	tcase_add_test(tests, order_of_needs);
	tcase_add_test(tests, copies_and_descriptors);
	tcase_add_test(tests, schema_has_all_that_concern_a_kind);
	tcase_add_test(tests, unknown_kinds);
	tcase_add_test(tests, names_enable);
	tcase_add_test(tests, what_core_needs_is_loaded_where_it_is);
	tcase_add_test(tests, a_kind_brings_its_quirks);
	tcase_add_test(tests, needs_come_along);
	tcase_add_test(tests, driver_words);
	tcase_add_test(tests, own_plugins);
	tcase_add_test(tests, no_folder);
	tcase_add_test(tests, unsafe_files);
	tcase_add_test(tests, unsafe_folder);
	if (geteuid() == 0)
		tcase_add_test(tests, file_of_another_user);
	else
		printf("left out: 1 of check_loader, for only root can run it\n");
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_scratch();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
