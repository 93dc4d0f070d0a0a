/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin that is linked into its test, on core's own host and a machine of files. */
#ifndef TESTS_PLUGINBENCH_H
#define TESTS_PLUGINBENCH_H

#include "fakesys.h"
#include "model/value-set.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

struct bench {
	struct root root;
	struct roots roots;
	struct loader loader;
	struct schema *schema;
	struct viod_pf pf;
	struct viod_values *wanted, *state;
};

/* The machine alone; a test adds what else it needs before bench_open(). */
static inline void bench_machine(struct bench *bench, unsigned there)
{
	viod_host = &host_table;
	*bench = (struct bench){ 0 };
	fake_machine(&bench->root, &bench->roots, there);
}

static inline void bench_open(struct bench *bench, const char *kind, unsigned there,
			      unsigned wanted)
{
	const struct viod_plugin *plugins[] = { &sriov_plugin, &viod_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(schema_new(kind, plugins, 2, &diags, &bench->schema), 0);
	ck_assert_int_eq(device_open(&bench->roots, &bench->loader, FAKE_PF, &bench->pf), 0);
	bench->pf.schema = bench->schema;
	bench->pf.progress = &bench->pf.own_progress;
	ck_assert_int_eq(values_new(bench->schema, wanted, &bench->wanted), 0);
	ck_assert_int_eq(values_new(bench->schema, there, &bench->state), 0);
}

static inline void bench_new(struct bench *bench, const char *kind, unsigned there, unsigned wanted)
{
	bench_machine(bench, there);
	bench_open(bench, kind, there, wanted);
}

static inline void bench_clear(struct bench *bench)
{
	values_free(bench->wanted);
	values_free(bench->state);
	schema_free(bench->schema);
	device_close(&bench->pf);
	fake_clear(&bench->root, &bench->roots);
}

/* A key of a file, on its line; 0: of no file. */
static inline void put(struct bench *bench, struct viod_values *values, int vf, const char *key,
		       const char *text, uint32_t line)
{
	static struct viod_where lines[32];
	const struct schema_row *row =
		schema_find(bench->schema, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, key);
	_cleanup_free_ char *why = NULL;
	_Alignas(max_align_t) unsigned char value[512] = { 0 };

	ck_assert_msg(row, "no key %s", key);
	ck_assert_int_eq(value_parse(row->option, text, value, &why), 0);
	/* Values point to their place. */
	ck_assert_uint_lt(line, ARRAY_SIZE(lines));
	lines[line] = (struct viod_where){ .file = line ? "test.conf" : NULL, .line = line };
	values_put(values, vf, row, value, &lines[line]);
}

#endif
