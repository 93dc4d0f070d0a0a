/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faults.h"

#include <stdio.h>
#include <string.h>

#include "regression.h"

/* Long enough for every retry after the error. */
#define SETTLE (150 * SIM_SEC)
/* Most errors that one system call can return. */
#define ERRORS_MAX 6

struct scenario {
	const char *name;
	void (*before)(void); /* no call of it fails */
	void (*play)(void);
	uint64_t calls; /* of play() */
	char outcome[512];
};

#define TWO PF0 "vfs = 2\n[vf0]\nlevel = 5\ndriver = othervf\n[vf1]\nlevel = 6\nquiet = 7\n"

/* --- the scenarios --------------------------------------------------------------------------- */

static void start(void)
{
	daemon_start();
	machine_run(5 * SIM_SEC);
}

static void with_two(void)
{
	file_write("a.conf", TWO);
	start();
}

static void with_two_held(void)
{
	with_two();
	(void)kernel_hold(0, 0, HOLDER_NODE);
}

static void create(void)
{
	file_write("a.conf", TWO);
	start();
}

/* The values of a held VF change, its driver does not. */
static void edit(void)
{
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 8\ndriver = othervf\n"
				 "[vf1]\nlevel = 9\nquiet = 3\ndriver = othervf\n");
	machine_run(5 * SIM_SEC);
}

static void change_count(void)
{
	file_write("a.conf", PF0 "vfs = 1\n[vf0]\nlevel = 5\ndriver = othervf\n");
	machine_run(2 * SIM_SEC);
	if (kernel_holder_of(0, 0))
		kernel_end_holder(kernel_holder_of(0, 0));
	machine_run(5 * SIM_SEC);
}

static void delete_file(void)
{
	file_remove("a.conf");
	machine_run(2 * SIM_SEC);
	if (kernel_holder_of(0, 0))
		kernel_end_holder(kernel_holder_of(0, 0));
	machine_run(5 * SIM_SEC);
}

static void restart(void)
{
	daemon_stop();
	start();
}

static void replug(void)
{
	kernel_unplug(0);
	machine_run(SIM_SEC);
	kernel_plug(0);
	machine_run(5 * SIM_SEC);
}

static void nothing(void)
{
}

static struct scenario scenarios[] = {
	{ .name = "create VFs", .before = nothing, .play = create },
	{ .name = "edit attributes", .before = with_two_held, .play = edit },
	{ .name = "change the count", .before = with_two_held, .play = change_count },
	{ .name = "delete the file", .before = with_two_held, .play = delete_file },
	{ .name = "restart", .before = with_two_held, .play = restart },
	{ .name = "unplug and plug", .before = with_two, .play = replug },
};
#define SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

/* --- how it ends ----------------------------------------------------------------------------- */

/* Everything of the PF that can be seen, apart from when it happened. */
static void describe(char *ret_text, size_t size)
{
	const struct kernel_pf *pf = &kernel->pfs[0];
	size_t n = (size_t)snprintf(ret_text, size, "%u VFs, autoprobe %d, %s record, state '%s'",
				    pf->numvfs, pf->autoprobe, has_record(0) ? "a" : "no",
				    state_of(0));

	for (unsigned vf = 0; vf < pf->numvfs; vf++)
		n += (size_t)snprintf(ret_text + n, size - n,
				      "; VF %u: driver %s, override '%s', level %d, quiet %d", vf,
				      pf->vfs[vf].driver ? kernel_drivers[pf->vfs[vf].driver]
							 : "none",
				      pf->vfs[vf].override, pf->vfs[vf].level, pf->vfs[vf].quiet);
}

/* The number of the call that fails, from 1; 0: none. */
static uint64_t play(const struct scenario *scenario, uint64_t call, unsigned choice,
		     char *ret_outcome, size_t size)
{
	uint64_t begin;

	machine_reset(1);
	scenario->before();
	begin = sim->calls;
	if (call)
		sim->fault = (struct sim_fault){ .at = begin + call, .choice = choice };
	scenario->play();
	begin = sim->calls - begin;
	machine_run(SETTLE);
	describe(ret_outcome, size);
	return begin;
}

static uint64_t choices = 1;

uint64_t faults_prepare(bool every_error)
{
	uint64_t total = 0;

	choices = every_error ? ERRORS_MAX : 1;
	for (size_t i = 0; i < SCENARIOS; i++) {
		struct scenario *s = &scenarios[i];

		s->calls = play(s, 0, 0, s->outcome, sizeof(s->outcome));
		machine_end();
		total += s->calls * choices;
	}
	return total;
}

/* --- one of them ----------------------------------------------------------------------------- */

/* Copy an outcome without the values of one field. */
static void leave_out(const char *outcome, const char *field, char *ret_text)
{
	size_t length = strlen(field);

	while (*outcome) {
		if (strncmp(outcome, field, length) == 0) {
			outcome += length;
			outcome += strcspn(outcome, "';");
		}
		*ret_text++ = *outcome;
		outcome += *outcome != '\0';
	}
	*ret_text = '\0';
}

static bool differ_only_in(const char *field, const char *a, const char *b)
{
	char rest_a[512], rest_b[512];

	leave_out(a, field, rest_a);
	leave_out(b, field, rest_b);
	return strcmp(rest_a, rest_b) == 0;
}

/* Errors that change the end, for bugs that are known and not cured yet; the names are those of
 * known.c. The end may differ in no more than the field. */
static const struct {
	const char *role, *argument, *field, *why;
} known_errors[] = {
	{ "daemon: ", "(viod/state)", "state '",
	  "D7: a state file stays that could not be removed" },
	{ "daemon: ", "(0000:01:00.0.json)", "state '",
	  "D7: a state file stays that could not be removed" },
	{ "job: ", "", "quiet ", "A11: a value that is not reported" },
	{ "job: ", "/driver)", "override '", "D6: an override is left over" },
};

static const char *known(const char *call, const char *outcome, const char *expected)
{
	for (size_t i = 0; i < sizeof(known_errors) / sizeof(*known_errors); i++) {
		if (strncmp(call, known_errors[i].role, strlen(known_errors[i].role)) != 0 ||
		    !strstr(call, known_errors[i].argument))
			continue;
		if (!known_errors[i].field ||
		    differ_only_in(known_errors[i].field, outcome, expected))
			return known_errors[i].why;
	}
	return NULL;
}

bool faults_is_known(const char *role, const char *argument)
{
	char call[128];

	snprintf(call, sizeof(call), "%s: (%.90s)", role, argument);
	for (size_t i = 0; i < sizeof(known_errors) / sizeof(*known_errors); i++)
		if (strncmp(call, known_errors[i].role, strlen(known_errors[i].role)) == 0 &&
		    *known_errors[i].argument && strstr(call, known_errors[i].argument))
			return true;
	return false;
}

const char *faults_run(uint64_t number, const char **ret_name, const char **ret_known)
{
	static char wrong[1024], name[256];
	struct scenario *s = scenarios;
	char outcome[512];
	unsigned choice;
	uint64_t call;

	while (number >= s->calls * choices) {
		number -= s->calls * choices;
		s++;
	}
	call = number / choices + 1;
	choice = choices > 1 ? (unsigned)(number % choices) : (unsigned)call;
	(void)play(s, call, choice, outcome, sizeof(outcome));
	snprintf(name, sizeof(name), "%s, call %llu: %s: %s", s->name, (unsigned long long)call,
		 sim->fault.call, strerror(sim->fault.error));
	*ret_name = name;
	*ret_known = NULL;
	if (sim->failure[0])
		snprintf(wrong, sizeof(wrong), "%s", sim->failure);
	else if (strcmp(outcome, s->outcome) != 0)
		snprintf(wrong, sizeof(wrong), "%s; without it: %s", outcome, s->outcome);
	else
		return NULL;
	*ret_known = sim->failure[0] ? NULL : known(sim->fault.call, outcome, s->outcome);
	return wrong;
}
