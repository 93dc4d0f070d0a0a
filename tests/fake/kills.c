/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kills.h"

#include <stdio.h>
#include <string.h>

#include "base.h"

/* The process that is about to write; and the daemon, with all that it has started. */
#define VICTIMS 2

/* Of each scenario without a kill: how much it writes, and how it ends. */
static struct {
	uint64_t places;
	char outcome[512];
} expected[BASE_SCENARIOS];

static bool calls;

static uint64_t places_so_far(void)
{
	return calls ? sim->calls : sim->changes;
}

/* The number of the write that is not made, from 1; 0: none. */
static uint64_t play(const struct base_scenario *scenario, uint64_t place, bool daemon,
		     char *ret_outcome, size_t size)
{
	uint64_t begin;

	machine_reset(1);
	scenario->before();
	begin = places_so_far();
	if (place)
		sim->kill = (struct sim_kill){ .at_change = calls ? 0 : begin + place,
					       .at_call = calls ? begin + place : 0,
					       .daemon = daemon };
	scenario->play();
	begin = places_so_far() - begin;
	machine_run(BASE_SETTLE);
	base_describe(ret_outcome, size);
	return begin;
}

uint64_t kills_prepare(bool every_call)
{
	uint64_t total = 0;

	calls = every_call;
	for (size_t i = 0; i < BASE_SCENARIOS; i++) {
		expected[i].places = play(&base_scenarios[i], 0, false, expected[i].outcome,
					  sizeof(expected[i].outcome));
		machine_end();
		total += expected[i].places * VICTIMS;
	}
	return total;
}

/* A bug that is known and not cured yet; the name is that of known.c. VFs that were created again
 * have no values that are not reported, and the record says that they do. */
static const char *known(const struct base_scenario *scenario, const char *outcome,
			 const char *wanted)
{
	return strcmp(scenario->name, "unplug and plug") == 0 &&
			       base_differ_only_in("quiet ", outcome, wanted)
		       ? "A11: a value that is not reported"
		       : NULL;
}

const char *kills_run(uint64_t number, const char **ret_name, const char **ret_known)
{
	static char wrong[1200], name[256];
	char outcome[512];
	uint64_t place;
	bool daemon;
	size_t i = 0;

	while (number >= expected[i].places * VICTIMS)
		number -= expected[i++].places * VICTIMS;
	place = number / VICTIMS + 1;
	daemon = number % VICTIMS;
	(void)play(&base_scenarios[i], place, daemon, outcome, sizeof(outcome));
	snprintf(name, sizeof(name), "%s, %s %llu, %s: %s", base_scenarios[i].name,
		 calls ? "call" : "write", (unsigned long long)place,
		 daemon ? "the daemon is killed" : "its process is killed", sim->kill.change);
	*ret_name = name;
	*ret_known = NULL;
	if (sim->failure[0])
		snprintf(wrong, sizeof(wrong), "%s", sim->failure);
	else if (!sim->kill.slot)
		snprintf(wrong, sizeof(wrong), "it does not come so far");
	else if (strcmp(outcome, expected[i].outcome) == 0)
		return NULL;
	else
		snprintf(wrong, sizeof(wrong), "%s; without it: %s", outcome, expected[i].outcome);
	if (!sim->failure[0] && sim->kill.slot)
		*ret_known = known(&base_scenarios[i], outcome, expected[i].outcome);
	return wrong;
}
