/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base.h"

/* Most errors that one system call can return. */
#define ERRORS_MAX 6
/* Calls of one process with one argument are often repeated: these many fail, one at a time. */
#define REPEATS_MAX 3
#define CALLS_MAX 8192

/* Of each scenario without an error: how many calls it makes, and how it ends. */
static struct {
	uint64_t calls;
	char outcome[512];
} unfaulted[BASE_FAULTED];

/* One system call of a scenario that is to fail. */
struct fault {
	size_t scenario;
	uint64_t call; /* from 1 */
};

/* In memory that all processes of a sequence share: what each call is, as a hash; 0: it cannot
 * fail. */
static uint64_t *noted;
static struct fault *faults;
static uint64_t n_faults;

/* --- one run -----------------------------------------------------------------------------------
 */

/* The number of the call that fails, from 1; 0: none. How many calls it makes, and how many there
 * were before. */
static uint64_t play(const struct base_scenario *scenario, uint64_t call, unsigned choice,
		     char *ret_outcome, size_t size, uint64_t *ret_begin)
{
	uint64_t begin, calls;

	machine_reset(1);
	scenario->before();
	begin = sim->calls;
	if (call)
		sim->fault = (struct sim_fault){ .at = begin + call, .choice = choice };
	scenario->play();
	calls = sim->calls - begin;
	machine_run(BASE_SETTLE);
	base_describe(ret_outcome, size);
	*ret_begin = begin;
	return calls;
}

static uint64_t choices = 1;

static uint64_t hash(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	while (*text++);
	return hash;
}

static void note(const char *role, const char *name, const char *argument)
{
	if (sim->calls < CALLS_MAX)
		noted[sim->calls] = hash(hash(hash(0xcbf29ce484222325, role), name), argument);
}

/* Whether so many calls before this one, from begin on, are the same. */
static bool is_repeated(uint64_t begin, uint64_t call)
{
	unsigned repeats = 0;

	for (uint64_t i = begin; i < call; i++)
		repeats += noted[i] == noted[call];
	return repeats >= REPEATS_MAX;
}

static void add_faults(size_t scenario, uint64_t begin, bool all)
{
	uint64_t calls = unfaulted[scenario].calls;
	struct fault *more = realloc(faults, (n_faults + calls) * sizeof(*faults));

	if (!more || begin + calls >= CALLS_MAX) {
		sim_fail("'%s' has too many calls", base_scenarios[scenario].name);
		return;
	}
	faults = more;
	for (uint64_t i = 1; i <= calls; i++)
		if (noted[begin + i] && (all || !is_repeated(begin + 1, begin + i)))
			faults[n_faults++] = (struct fault){ scenario, i };
}

uint64_t faults_prepare(bool every_error)
{
	choices = every_error ? ERRORS_MAX : 1;
	noted = mmap(NULL, CALLS_MAX * sizeof(*noted), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (noted == MAP_FAILED)
		return 0;
	sim_noted = note;
	for (size_t i = 0; i < BASE_FAULTED; i++) {
		uint64_t begin;

		memset(noted, 0, CALLS_MAX * sizeof(*noted));
		unfaulted[i].calls = play(&base_scenarios[i], 0, 0, unfaulted[i].outcome,
					  sizeof(unfaulted[i].outcome), &begin);
		add_faults(i, begin, every_error);
		machine_end();
	}
	sim_noted = NULL;
	return n_faults * choices;
}

/* --- one of them ----------------------------------------------------------------------------- */

/* Errors that change the end, for bugs that are known and not cured yet; the names are those of
 * known.c. The end may differ in no more than the field. */
static const struct {
	const char *role, *argument, *field, *why;
} known_errors[] = {
	{ NULL, NULL, NULL, NULL },
};

static const char *known(const char *call, const char *outcome, const char *expected)
{
	for (size_t i = 0; known_errors[i].role; i++) {
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
	for (size_t i = 0; known_errors[i].role; i++)
		if (strncmp(call, known_errors[i].role, strlen(known_errors[i].role)) == 0 &&
		    *known_errors[i].argument && strstr(call, known_errors[i].argument))
			return true;
	return false;
}

const char *faults_run(uint64_t number, const char **ret_name, const char **ret_known)
{
	static char wrong[1024], name[256];
	char outcome[512];
	const struct fault *fault = &faults[number / choices];
	size_t i = fault->scenario;
	uint64_t call = fault->call, begin;
	unsigned choice = (unsigned)(choices > 1 ? number % choices : call);

	(void)play(&base_scenarios[i], call, choice, outcome, sizeof(outcome), &begin);
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
