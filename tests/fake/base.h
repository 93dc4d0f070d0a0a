/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scenarios that are played again and again, each time with one thing that goes wrong. */
#ifndef VIOD_FAKE_BASE_H
#define VIOD_FAKE_BASE_H

#include "regression.h"

struct base_scenario {
	const char *name;
	void (*before)(void); /* nothing goes wrong in it */
	void (*play)(void);
};

/** Errors are tried in the first of them; kills in all of them. */
#define BASE_FAULTED 6
#define BASE_SCENARIOS 10
extern const struct base_scenario base_scenarios[BASE_SCENARIOS];

/** Long enough for every retry. */
#define BASE_SETTLE (150 * SIM_SEC)

/** Everything of the first PF that can be seen, apart from when it happened. */
void base_describe(char *ret_text, size_t size);
/** True if the descriptions are the same apart from the values of this field. */
bool base_differ_only_in(const char *field, const char *a, const char *b);

#endif
