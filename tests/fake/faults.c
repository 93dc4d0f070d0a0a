/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faults.h"

#include <stdio.h>
#include <string.h>

#include "base.h"

/* Most errors that one system call can return. */
#define ERRORS_MAX 6

/* Of each scenario without an error: how many calls it makes, and how it ends. */
static struct {
	uint64_t calls;
	char outcome[512];
} unfaulted[BASE_FAULTED];

/* --- one run -----------------------------------------------------------------------------------
 */

/* The number of the call that fails, from 1; 0: none. */
static uint64_t play(const struct base_scenario *scenario, uint64_t call, unsigned choice,
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
	machine_run(BASE_SETTLE);
	base_describe(ret_outcome, size);
	return begin;
}

static uint64_t choices = 1;

uint64_t faults_prepare(bool every_error)
{
	uint64_t total = 0;

	choices = every_error ? ERRORS_MAX : 1;
	for (size_t i = 0; i < BASE_FAULTED; i++) {
		unfaulted[i].calls = play(&base_scenarios[i], 0, 0, unfaulted[i].outcome,
					  sizeof(unfaulted[i].outcome));
		machine_end();
		total += unfaulted[i].calls * choices;
	}
	return total;
}

/* --- one of them ----------------------------------------------------------------------------- */

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
		    base_differ_only_in(known_errors[i].field, outcome, expected))
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
	char outcome[512];
	size_t i = 0;
	unsigned choice;
	uint64_t call;

	while (number >= unfaulted[i].calls * choices)
		number -= unfaulted[i++].calls * choices;
	call = number / choices + 1;
	choice = choices > 1 ? (unsigned)(number % choices) : (unsigned)call;
	(void)play(&base_scenarios[i], call, choice, outcome, sizeof(outcome));
	snprintf(name, sizeof(name), "%s, call %llu: %s: %s", base_scenarios[i].name,
		 (unsigned long long)call, sim->fault.call, strerror(sim->fault.error));
	*ret_name = name;
	*ret_known = NULL;
	if (sim->failure[0])
		snprintf(wrong, sizeof(wrong), "%s", sim->failure);
	else if (strcmp(outcome, unfaulted[i].outcome) != 0)
		snprintf(wrong, sizeof(wrong), "%s; without it: %s", outcome, unfaulted[i].outcome);
	else
		return NULL;
	*ret_known = sim->failure[0] ? NULL : known(sim->fault.call, outcome, unfaulted[i].outcome);
	return wrong;
}
