/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QuickAssist: its services are chosen while it is down and has no VFs, which a simulated kernel
 * enforces. */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <viod/plugin.h>

struct viod_values {
	_Alignas(max_align_t) char data[256];
	bool known[2];
};

struct viod_plan {
	struct viod_step steps[4];
	size_t n_steps;
};

struct viod_pf {
	const char *driver;
	char services[64];
	bool up, no_choice, from_file;
	unsigned n_vfs, writes, dies_at;
	char report[512];
};

static struct viod_pf pf;
static struct viod_values state, wanted;
static struct viod_change changes[2];
static size_t n_changes;
static struct viod_plan plan;

/* --- a kernel -------------------------------------------------------------------------------- */

static int fake_read(struct viod_pf *of, int vf, const char *attribute, char *ret_text, size_t size)
{
	if (strcmp(attribute, "qat/state") == 0 && !of->no_choice)
		snprintf(ret_text, size, "%s", of->up ? "up" : "down");
	else if (strcmp(attribute, "qat/cfg_services") == 0 && !of->no_choice)
		snprintf(ret_text, size, "%s", of->services);
	else
		return -ENOENT;
	return 0;
}

static int fake_write(struct viod_pf *of, int vf, const char *attribute, const char *text)
{
	bool up = strcmp(text, "up") == 0;

	if (of->dies_at && of->writes >= of->dies_at)
		return -EIO;
	of->writes++;
	if (strcmp(attribute, "qat/state") == 0) {
		if (up == of->up)
			return -EINVAL;
		if (!up && of->n_vfs)
			return -EBUSY;
		of->up = up;
		return 0;
	}
	ck_assert_str_eq(attribute, "qat/cfg_services");
	if (of->up || strcmp(text, "asym;dcc") == 0)
		return -EINVAL;
	snprintf(of->services, sizeof(of->services), "%s", text);
	return 0;
}

/* --- a host ---------------------------------------------------------------------------------- */

static size_t row_of(const struct viod_option *option)
{
	return (size_t)(option - viod_plugin.options);
}

static const void *fake_get(const struct viod_values *values, int vf,
			    const struct viod_option *option)
{
	return values->known[row_of(option)] ? values->data + option->offset : NULL;
}

static int fake_put(struct viod_values *values, int vf, const struct viod_option *option,
		    const void *value)
{
	memcpy(values->data + option->offset, value, option->size);
	values->known[row_of(option)] = true;
	return 0;
}

static const struct viod_where *fake_where(const struct viod_values *values, int vf,
					   const struct viod_option *option)
{
	static const struct viod_where nowhere, where = { .file = "qat.conf", .line = 5 };

	return pf.from_file ? &where : &nowhere;
}

static const struct viod_function *fake_function(struct viod_pf *of, int vf)
{
	static struct viod_function function;

	ck_assert_int_eq(vf, VIOD_PF);
	function.driver = of->driver;
	return &function;
}

static const char *fake_nearest(const char *word, const char *const *words, size_t n_words)
{
	ck_assert_uint_eq(n_words, 5);
	return strcmp(word, "symm") == 0 ? words[0] : NULL;
}

static int fake_step(struct viod_plan *into, const struct viod_plugin *plugin,
		     const struct viod_step *step)
{
	into->steps[into->n_steps++] = *step;
	return 0;
}

static void __attribute__((format(printf, 7, 8)))
fake_report(struct viod_pf *to, enum viod_severity severity, int vf,
	    const struct viod_option *option, const struct viod_where *where, int error,
	    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(to->report, sizeof(to->report), format, arguments);
	va_end(arguments);
}

static int fake_format(const struct viod_option *option, const void *value, char *ret_text,
		       size_t size)
{
	if (option->type == VIOD_TYPE_STRING)
		snprintf(ret_text, size, "%s", (const char *)value);
	else
		snprintf(ret_text, size, "%s", option->names[*(const int64_t *)value].word);
	return 0;
}

static void fake_change_text(const struct viod_change *change, char *ret_text, size_t size)
{
	char from[64] = "", to[64];

	fake_format(change->option, change->wanted, to, sizeof(to));
	if (change->state)
		fake_format(change->option, change->state, from, sizeof(from));
	snprintf(ret_text, size, "%s: %s%s%s", change->option->key, from,
		 change->state ? " -> " : "", to);
}

static const struct viod_host host = {
	.size = sizeof(host),
	.read = fake_read,
	.write = fake_write,
	.get = fake_get,
	.put = fake_put,
	.where = fake_where,
	.step = fake_step,
	.report = fake_report,
	.format = fake_format,
	.change_text = fake_change_text,
	.function = fake_function,
	.nearest = fake_nearest,
};

/* --- what core does -------------------------------------------------------------------------- */

static void set_up(void)
{
	*viod_plugin.host = &host;
	memset(&state, 0, sizeof(state));
	memset(&wanted, 0, sizeof(wanted));
	pf = (struct viod_pf){
		.driver = "4xxx", .services = "sym;asym", .up = true, .from_file = true
	};
}

static void make_plan(void)
{
	memset(&state, 0, sizeof(state));
	memset(&plan, 0, sizeof(plan));
	n_changes = 0;
	ck_assert_int_eq(viod_plugin.ops->observe(&pf, &state), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct viod_option *option = &viod_plugin.options[i];
		const void *want = fake_get(&wanted, VIOD_PF, option);
		const void *is = fake_get(&state, VIOD_PF, option);

		if (want && (!is || memcmp(want, is, option->size) != 0))
			changes[n_changes++] = (struct viod_change){
				.option = option, .wanted = want, .state = is, .vf = VIOD_PF
			};
	}
	ck_assert_int_eq(viod_plugin.ops->plan(&pf, &state, changes, n_changes, &plan), 0);
}

static int want_services(const char *text)
{
	char padded[64] = "";
	int r;

	snprintf(padded, sizeof(padded), "%s", text);
	memset(&wanted, 0, sizeof(wanted));
	fake_put(&wanted, VIOD_PF, &viod_plugin.options[0], padded);
	memset(&state, 0, sizeof(state));
	ck_assert_int_eq(viod_plugin.ops->observe(&pf, &state), 0);
	r = viod_plugin.ops->validate(&pf, &wanted);
	return r < 0 ? r : viod_plugin.ops->complete(&pf, &state, &wanted);
}

static int apply(void)
{
	int r = 0;

	make_plan();
	for (size_t i = 0; i < plan.n_steps && r == 0; i++) {
		ck_assert_int_eq(plan.steps[i].phase, VIOD_PHASE_RESIZE);
		ck_assert(plan.steps[i].flags & VIOD_STEP_NO_VFS);
		r = viod_plugin.ops->apply(&pf, &plan.steps[i]);
	}
	return r;
}

/* --- tests ----------------------------------------------------------------------------------- */

START_TEST(services_are_chosen_while_it_is_down)
{
	ck_assert_int_eq(want_services("dc"), 0);
	ck_assert_int_eq(apply(), 0);
	ck_assert_str_eq(plan.steps[0].text, "services: sym;asym -> dc");
	ck_assert_str_eq(pf.services, "dc");
	ck_assert(pf.up);
	ck_assert_uint_eq(pf.writes, 3);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 0);
	ck_assert(viod_plugin.options[0].flags & VIOD_OPTION_RECREATES);
	ck_assert(viod_plugin.quirk->flags & VIOD_QUIRK_COUNT_IGNORED);
}
END_TEST

START_TEST(any_spelling)
{
	static const char *const same[] = { "sym;asym", "asym;sym", "asym, sym", "sym asym",
					    "sym;asym;" };
	static const char *const bad[] = { "", ";", "sym;sym", "Sym", "crypto", "symasym", "dc;x" };

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		ck_assert_msg(want_services(same[i]) == 0, "'%s'", same[i]);
		make_plan();
		ck_assert_uint_eq(plan.n_steps, 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(want_services(bad[i]) == -EINVAL, "'%s'", bad[i]);
	ck_assert_ptr_nonnull(strstr(pf.report, "write one or more of sym, asym, dc"));
	ck_assert_int_eq(want_services("dc;symm"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(pf.report, "'symm' is no service; did you mean 'sym'? There"));
	ck_assert_int_eq(want_services("dc;dc"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(pf.report, "'dc' is there twice; write one or more of"));
	/* An older kernel's own order. */
	strcpy(pf.services, "asym;sym");
	ck_assert_int_eq(want_services("sym;asym"), 0);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 0);
}
END_TEST

/* After a job dies between any two writes, the next one completes the work and brings the device
 * up. */
START_TEST(interrupted)
{
	for (unsigned n = 1; n <= 2; n++) {
		set_up();
		ck_assert_int_eq(want_services("dc"), 0);
		pf.dies_at = n;
		ck_assert_int_lt(apply(), 0);
		ck_assert(!pf.up);
		pf.dies_at = 0;
		ck_assert_int_eq(want_services("dc"), 0);
		ck_assert_int_eq(apply(), 0);
		ck_assert(pf.up);
		ck_assert_str_eq(pf.services, "dc");
		make_plan();
		ck_assert_uint_eq(plan.n_steps, 0);
	}
}
END_TEST

START_TEST(what_it_cannot_do_leaves_it_up)
{
	/* The valid combinations of this generation are not known. */
	pf.driver = "7xxx";
	ck_assert_int_eq(want_services("asym;dcc"), 0);
	ck_assert_int_eq(apply(), -EINVAL);
	ck_assert(pf.up);
	ck_assert_str_eq(pf.services, "sym;asym");
	pf.n_vfs = 16;
	ck_assert_int_eq(want_services("dc"), 0);
	ck_assert_int_eq(apply(), -EBUSY);
	ck_assert(pf.up);
}
END_TEST

/* Before it is down, and has lost its VFs. */
START_TEST(what_does_not_go_together_is_refused)
{
	static const struct {
		const char *driver, *good[8], *bad[8];
	} devices[] = {
		{ "4xxx",
		  { "sym", "asym", "dc", "dcc", "sym;asym", "sym;dc", "asym;dc" },
		  { "sym;asym;dc", "dcc;sym", "decomp", "dc;decomp" } },
		{ "420xx", { "dcc", "asym;dc" }, { "asym;dcc", "decomp" } },
		{ "6xxx",
		  { "decomp", "sym;asym;dc", "dc;decomp", "dcc" },
		  { "sym;asym;dc;decomp", "dcc;sym" } },
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		pf.driver = devices[i].driver;
		for (size_t j = 0; devices[i].good[j]; j++)
			ck_assert_msg(want_services(devices[i].good[j]) == 0, "%s: %s", pf.driver,
				      devices[i].good[j]);
		for (size_t j = 0; devices[i].bad[j]; j++) {
			ck_assert_msg(want_services(devices[i].bad[j]) == -EINVAL, "%s: %s",
				      pf.driver, devices[i].bad[j]);
			ck_assert_ptr_nonnull(strstr(pf.report, "this device cannot do '"));
		}
	}
	/* The previous services are restored, whatever they are. */
	pf.from_file = false;
	ck_assert_int_eq(want_services("dcc;sym"), 0);
}
END_TEST

START_TEST(devices_without_a_choice)
{
	pf.no_choice = true;
	ck_assert_int_eq(want_services("dc"), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(pf.report, "does not support choosing services"));
	memset(&wanted, 0, sizeof(wanted));
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 0);
}
END_TEST

/* A device that was down before viod is down again afterwards. */
START_TEST(released)
{
	struct viod_values baseline;

	pf.up = false;
	memset(&state, 0, sizeof(state));
	ck_assert_int_eq(viod_plugin.ops->observe(&pf, &state), 0);
	baseline = state;
	ck_assert_int_eq(want_services("dc"), 0);
	ck_assert_int_eq(apply(), 0);
	ck_assert(pf.up);
	wanted = baseline;
	ck_assert_int_eq(apply(), 0);
	ck_assert(!pf.up);
	ck_assert_str_eq(pf.services, "sym;asym");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qat");
	TCase *tcase = tcase_create("qat");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, services_are_chosen_while_it_is_down);
	tcase_add_test(tcase, any_spelling);
	tcase_add_test(tcase, interrupted);
	tcase_add_test(tcase, what_it_cannot_do_leaves_it_up);
	tcase_add_test(tcase, what_does_not_go_together_is_refused);
	tcase_add_test(tcase, devices_without_a_choice);
	tcase_add_test(tcase, released);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
