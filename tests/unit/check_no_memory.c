/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that runs out: each allocation of an operation fails once, one after the other. The
 * operation says so, or did its work nevertheless; it neither crashes nor leaks. The linker leads
 * the calls of core here (tests/module.mk); those inside of libraries succeed.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>

#include "config/config-watch.h"
#include "config/config.h"
#include "device/device.h"
#include "device/holders.h"
#include "device/nodes.h"
#include "fakesys.h"
#include "job/record.h"
#include "loader/loader.h"
#include "model/value-set.h"
#include "plan/host-table.h"
#include "plan/plan.h"
#include "sriov/sriov.h"

/* --- an allocator that fails ------------------------------------------------------------------ */

static unsigned long countdown; /* the allocation that fails; 0: none */
static bool failed;

static bool fails(void)
{
	if (!countdown || --countdown)
		return false;
	failed = true;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__real_reallocarray(void *pointer, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void *__wrap_reallocarray(void *pointer, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size)
{
	return fails() ? NULL : __real_realloc(pointer, size);
}

void *__wrap_reallocarray(void *pointer, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(pointer, count, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

/* --- what is tried ---------------------------------------------------------------------------- */

struct place {
	struct root root;
	struct roots roots;
	struct kinds kinds;
	struct loader loader;
	char directory[256];
};

static void place_new(struct place *place)
{
	*place = (struct place){ 0 };
	fake_machine(&place->root, &place->roots, 3);
	/* One process with one file: each pass is repeated for each allocation. */
	fake_proc(&place->root, &place->roots);
	fake_link(&place->root, "proc/1/fd/3", "/dev/full");
	ck_assert_int_eq(kinds_new(&place->kinds), 0);
	snprintf(place->directory, sizeof(place->directory), "%s/plugins",
		 getenv("VIOD_TEST_BUILD"));
	root_write(
		&place->root, "etc/vio.d/a.conf",
		"[pf]\nname = 01:00.0\nkind = net\nvfs = 3\n[vf*]\nmac = random\n[vf0-1]\nvlan = 5\n"
		"trust = on\n[vf2]\nqueues = 1 2\ntag = x\n");
	root_write(&place->root, "etc/vio.d/a.conf.d/1.conf", "[vf1]\nvlan = 6\n");
}

static void place_clear(struct place *place)
{
	kinds_clear(&place->kinds);
	fake_clear(&place->root, &place->roots);
}

typedef int (*operation)(struct place *place);

/* Check allocates, too: it is called only to say what is wrong. */
#define EXPECT(condition_)                                       \
	do {                                                     \
		if (!(condition_)) {                             \
			countdown = 0;                           \
			ck_abort_msg("not so: %s", #condition_); \
		}                                                \
	} while (0)

/* Until an attempt in which no allocation was left to fail. */
static void try_all(operation run)
{
	unsigned long attempts = 0;
	struct place place;
	int r;

	place_new(&place);
	do {
		ck_assert_uint_lt(attempts, 10000);
		countdown = ++attempts;
		failed = false;
		r = run(&place);
		countdown = 0;
		ck_assert_msg(r == 0 || (failed && r == -ENOMEM), "attempt %lu: %d", attempts, r);
	} while (failed);
	ck_assert_uint_gt(attempts, 1);
	place_clear(&place);
}

static int parse(struct place *place)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct viod_values *values = NULL;
	struct config *config = NULL;
	int r = config_list(place->root.fd, "vio.d", &diags, &files);

	if (r < 0)
		return r;
	EXPECT(files.count == 1);
	r = config_parse(place->root.fd, &files.items[0], kinds_schema, &place->kinds, &diags,
			 &config);
	EXPECT((r == 0) == (config != NULL));
	if (r == 0) {
		EXPECT(streq(config_pf_value(config, "name"), "01:00.0"));
		r = config_expand(config, 3, &values);
	}
	if (r == 0) {
		const int64_t *vlan =
			values_get(values, 1, schema_find(place->kinds.net, VIOD_SCOPE_VF, "vlan"));

		EXPECT(vlan && *vlan == 6);
	}
	values_free(values);
	config_free(config);
	/* The text alone describes the error to the user. */
	return r == -EINVAL && failed ? -ENOMEM : r;
}

static int make_schema(struct place *place)
{
	const struct viod_plugin *plugins[] = { &core_plugin, &net_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct schema *schema = NULL;
	int r = schema_new("net", plugins, 2, &diags, &schema);

	if (r == 0)
		EXPECT(schema_find(schema, VIOD_SCOPE_VF, "tag"));
	schema_free(schema);
	return r;
}

static int use_values(struct place *place)
{
	const struct schema_row *row = schema_find(place->kinds.net, VIOD_SCOPE_VF, "tag");
	const char tag[16] = "x";
	_cleanup_values_ struct viod_values *values = NULL, *copy = NULL, *back = NULL;
	json_t *json = NULL;
	int r = values_new(place->kinds.net, 2, &values);

	if (r == 0) {
		values_put(values, 1, row, tag, NULL);
		r = values_resize(values, 4);
	}
	if (r == 0)
		r = values_copy(values, &copy);
	if (r == 0) {
		EXPECT(copy->n_vfs == 4);
		EXPECT(streq(values_get(copy, 1, row), "x"));
		json = values_to_json(copy);
		r = json ? values_from_json(place->kinds.net, json, &back) : -ENOMEM;
	}
	if (r == 0)
		EXPECT(streq(values_get(back, 1, row), "x"));
	json_decref(json);
	return r;
}

static int look_at_device(struct place *place)
{
	struct viod_holders *holders = NULL;
	struct device_nodes nodes = { 0 };
	struct viod_pf pf = { 0 };
	int r = device_open(&place->roots, &place->loader, FAKE_PF, &pf);

	if (r < 0) {
		device_close(&pf);
		return r;
	}
	EXPECT(pf.n_vfs == 3);
	pf.progress = &pf.own_progress;
	r = device_nodes_find(&pf, VIOD_PF, INT_MAX, &nodes);
	if (r == 0)
		device_nodes_clear(&nodes);
	if (r == 0)
		r = holders_find(&pf, &holders);
	if (r == 0)
		holders_free(holders, pf.n_vfs);
	device_close(&pf);
	return r;
}

static int keep_record(struct place *place)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct record *record = record_new(FAKE_PF, "net", "a.conf"), *again = NULL;
	struct viod_values *values = NULL, *back = NULL;
	char **list = NULL;
	int r = record ? values_new(place->kinds.net, 2, &values) : -ENOMEM;

	if (r == 0)
		r = record_extend_baseline(record, values);
	if (r == 0)
		r = record_remember(record, values, NULL, false);
	if (r == 0)
		r = record_wanted(record, place->kinds.net, NULL, &back);
	if (r == 0)
		r = record_save(&place->roots, record);
	if (r == 0)
		r = record_load(&place->roots, FAKE_PF, true, &diags, &again);
	if (r == 0)
		r = record_list(&place->roots, &list);
	for (char **name = list; name && *name; name++)
		free(*name);
	free(list);
	values_free(back);
	values_free(values);
	record_free(again);
	record_free(record);
	return r;
}

static int load(struct place *place)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct loader *loader = NULL;
	int r = loader_new(place->directory, NULL, &sriov_plugin, &host_table, &diags, &loader);

	if (r == 0)
		EXPECT(loader->n_plugins >= 1);
	loader_free(loader);
	return r;
}

static void on_change(void *userdata)
{
}

static int watch(struct place *place)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct watch *watch = NULL;
	sd_event *event = NULL;
	int r = config_list(place->root.fd, "vio.d", &diags, &files);

	if (r == 0)
		r = sd_event_new(&event);
	if (r >= 0)
		r = watch_new(event, place->root.fd, "vio.d", on_change, NULL, &watch);
	if (r == 0)
		r = watch_refresh(watch, &files);
	watch_free(watch);
	sd_event_unref(event);
	return r;
}

START_TEST(operations)
{
	static const operation all[] = { make_schema, use_values, parse, look_at_device,
					 keep_record, watch,	  load };

	try_all(all[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("no-memory");
	TCase *tests = tcase_create("no-memory");
	SRunner *runner = srunner_create(suite);
	int failures;

	tcase_add_loop_test(tests, operations, 0, 7);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
