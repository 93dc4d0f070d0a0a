/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host that only records calls, for the pure parts of the net plugin. */
#ifndef VIOD_TEST_FAKENET_H
#define VIOD_TEST_FAKENET_H

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/net/interface.h"
#include "../../../plugins/net/mac.h"
#include "../../../plugins/net/message.h"
#include "../../../plugins/net/ops.h"
#include "../../../plugins/net/quirk.h"
#include "../../../plugins/net/rows.h"
#include "../../../plugins/net/steps.h"
#include "../../../plugins/net/update.h"
#include "../../../plugins/net/util.h"

#define VFS_MAX 600
#define STEPS_MAX 700
#define REPORTS_MAX 8

/* --- a host ---------------------------------------------------------------------------------- */

struct viod_values {
	unsigned n_vfs;
	struct net_vf vfs[VFS_MAX];
	uint32_t known[VFS_MAX]; /* bits of enum net_row */
	struct viod_where where[VFS_MAX];
};

struct viod_plan {
	struct viod_step steps[STEPS_MAX];
	void *data[STEPS_MAX];
	size_t n_named[STEPS_MAX]; /* changes that the step names */
	size_t n_steps;
};

struct viod_pf {
	struct viod_quirk quirk;
	struct {
		int vf;
		unsigned line;
		char text[256];
	} reports[REPORTS_MAX];
	size_t n_reports;
};

static struct viod_values state, wanted;
static struct viod_plan plan;
static struct viod_pf pf;
static struct viod_change changes[VFS_MAX * 2];
static size_t n_changes;

static inline const void *fake_get(const struct viod_values *values, int vf,
				   const struct viod_option *option)
{
	if (!(values->known[vf] & (1u << (option - net_options))))
		return NULL;
	return (const uint8_t *)&values->vfs[vf] + option->offset;
}

static inline const struct viod_where *fake_where(const struct viod_values *values, int vf,
						  const struct viod_option *option)
{
	return &values->where[vf];
}

static inline const void *fake_values(const struct viod_values *values, int vf,
				      const struct viod_plugin *plugin)
{
	return &values->vfs[vf];
}

static inline unsigned fake_vf_count(const struct viod_values *values)
{
	return values->n_vfs;
}

static inline int fake_step(struct viod_plan *into, const struct viod_plugin *plugin,
			    const struct viod_step *step)
{
	void *data = malloc(step->size);

	ck_assert_uint_lt(into->n_steps, STEPS_MAX);
	ck_assert_ptr_nonnull(data);
	ck_assert_ptr_eq(plugin, &viod_plugin);
	memcpy(data, step->data, step->size);
	into->steps[into->n_steps] = *step;
	into->n_named[into->n_steps] = step->n_changes;
	into->data[into->n_steps++] = data;
	return 0;
}

static inline void __attribute__((format(printf, 7, 8)))
fake_report(struct viod_pf *to, enum viod_severity severity, int vf,
	    const struct viod_option *option, const struct viod_where *where, int error,
	    const char *format, ...)
{
	va_list arguments;

	ck_assert_uint_lt(to->n_reports, REPORTS_MAX);
	to->reports[to->n_reports].vf = vf;
	to->reports[to->n_reports].line = where ? where->line : 0;
	va_start(arguments, format);
	vsnprintf(to->reports[to->n_reports].text, sizeof(to->reports[0].text), format, arguments);
	va_end(arguments);
	to->n_reports++;
}

static inline const struct viod_quirk *fake_quirk(struct viod_pf *of)
{
	return &of->quirk;
}

static inline int fake_format(const struct viod_option *option, const void *value, char *ret_text,
			      size_t size)
{
	const struct viod_mac *mac = value;

	if (option->type == VIOD_TYPE_BOOL)
		snprintf(ret_text, size, "%s", *(const bool *)value ? "on" : "off");
	else if (option->type == VIOD_TYPE_STRING)
		snprintf(ret_text, size, "%s", (const char *)value);
	else if (option->type == VIOD_TYPE_RATE)
		snprintf(ret_text, size, "%llu", (unsigned long long)*(const uint64_t *)value);
	else if (option->type != VIOD_TYPE_MAC)
		snprintf(ret_text, size, "%lld", (long long)*(const int64_t *)value);
	else if (mac->word)
		snprintf(ret_text, size, "none");
	else
		snprintf(ret_text, size, "%02x:..:%02x", mac->octets[0], mac->octets[5]);
	return 0;
}

static inline void fake_change_text(const struct viod_change *change, char *ret_text, size_t size)
{
	char from[64] = "", to[64];

	fake_format(change->option, change->wanted, to, sizeof(to));
	if (change->state)
		fake_format(change->option, change->state, from, sizeof(from));
	if (change->vf == VIOD_PF)
		snprintf(ret_text, size, "%s: %s%s%s", change->option->key, from,
			 change->state ? " -> " : "", to);
	else
		snprintf(ret_text, size, "vf%d.%s: %s%s%s", change->vf, change->option->key, from,
			 change->state ? " -> " : "", to);
}

static inline void __attribute__((format(printf, 5, 6)))
fake_error(struct viod_pf *to, const struct viod_values *values, int vf,
	   const struct viod_option *option, const char *format, ...)
{
	const struct viod_where *where = fake_where(values, vf, option);
	va_list arguments;

	/* A line that is wrong for many VFs is reported once. */
	for (size_t i = 0; i < to->n_reports; i++)
		if (to->reports[i].line == where->line)
			return;
	ck_assert_uint_lt(to->n_reports, REPORTS_MAX);
	to->reports[to->n_reports].vf = vf;
	to->reports[to->n_reports].line = where->line;
	va_start(arguments, format);
	vsnprintf(to->reports[to->n_reports++].text, sizeof(to->reports[0].text), format,
		  arguments);
	va_end(arguments);
}

static const struct viod_host fake_host = {
	.size = sizeof(fake_host),
	.get = fake_get,
	.where = fake_where,
	.values = fake_values,
	.vf_count = fake_vf_count,
	.step = fake_step,
	.report = fake_report,
	.quirk = fake_quirk,
	.format = fake_format,
	.change_text = fake_change_text,
	.error = fake_error,
};

static inline void set_up(void)
{
	viod_host = &fake_host;
	memset(&state, 0, sizeof(state));
	memset(&wanted, 0, sizeof(wanted));
	memset(&plan, 0, sizeof(plan));
	memset(&pf, 0, sizeof(pf));
	n_changes = 0;
	for (unsigned vf = 0; vf < VFS_MAX; vf++)
		wanted.where[vf] =
			(struct viod_where){ .file = "a.conf", .line = 10 + vf, .column = 1 };
}

static inline void tear_down(void)
{
	for (size_t i = 0; i < plan.n_steps; i++)
		free(plan.data[i]);
}

static inline void want_mac(unsigned vf, uint8_t last)
{
	wanted.vfs[vf].mac = (struct viod_mac){ .octets = { 2, 0, 0, 0, 0, last } };
	wanted.known[vf] |= 1u << NET_ROW_MAC;
	if (wanted.n_vfs <= vf)
		wanted.n_vfs = vf + 1;
}

static inline void change(unsigned vf, enum net_row row, bool known)
{
	const struct viod_option *option = &net_options[row];

	changes[n_changes++] = (struct viod_change){
		.option = option,
		.wanted = (const uint8_t *)&wanted.vfs[vf] + option->offset,
		.state = known ? (const uint8_t *)&state.vfs[vf] + option->offset : NULL,
		.where = wanted.where[vf],
		.vf = (int32_t)vf,
	};
}

static inline void change_mac(unsigned vf)
{
	want_mac(vf, (uint8_t)vf);
	change(vf, NET_ROW_MAC, false);
}

static inline void change_vlan(unsigned vf, int64_t vlan)
{
	wanted.vfs[vf].vlan = vlan;
	change(vf, NET_ROW_VLAN, true);
}

static inline void make_plan(void)
{
	ck_assert_int_eq(net_plan(&pf, &state, changes, n_changes, &plan), 0);
}

/* --- running ------------------------------------------------------------------------------------
 */

static inline int run_net_tests(const char *name, const TTest *const *tests, size_t n_tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	for (size_t i = 0; i < n_tests; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
