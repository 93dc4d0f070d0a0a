/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/quirk-match.h"

#include <errno.h>
#include <string.h>

/* The score of each part of a row: each line outweighs the sum of the lines below it. */
enum {
	SCORE_DRIVER = 1, /* or class */
	SCORE_VENDOR = 2,
	SCORE_SUBSYSTEM = 4,
	SCORE_DEVICE = 8,
};

static bool is_end(const struct viod_match *row)
{
	return !row->vendor && !row->device && !row->subvendor && !row->subdevice &&
	       !row->class_code && !row->class_mask && !row->driver;
}

static bool id_matches(uint16_t wanted, uint16_t found)
{
	return wanted == VIOD_ANY || wanted == found;
}

static int row_score(const struct viod_match *row, const struct viod_function *function)
{
	int score = 0;

	if (!id_matches(row->vendor, function->vendor) ||
	    !id_matches(row->device, function->device) ||
	    !id_matches(row->subvendor, function->subvendor) ||
	    !id_matches(row->subdevice, function->subdevice) ||
	    ((row->class_code ^ function->class_code) & row->class_mask) ||
	    (row->driver && !streq(row->driver, function->driver)))
		return -1;
	if (row->driver || row->class_mask)
		score += SCORE_DRIVER;
	if (row->vendor != VIOD_ANY)
		score += SCORE_VENDOR;
	if (row->subvendor != VIOD_ANY || row->subdevice != VIOD_ANY)
		score += SCORE_SUBSYSTEM;
	if (row->device != VIOD_ANY)
		score += SCORE_DEVICE;
	return score;
}

int quirk_score(const struct viod_match *rows, const struct viod_function *function)
{
	int best = -1;

	for (; rows && !is_end(rows); rows++)
		best = MAX(best, row_score(rows, function));
	return best;
}

int quirk_best(const struct viod_plugin *const *plugins, size_t n_plugins, enum viod_role role,
	       const struct viod_function *function, struct diag_list *diags,
	       const struct viod_plugin **ret_plugin)
{
	const struct viod_plugin *best = NULL, *rival = NULL;
	int best_score = -1;

	for (size_t i = 0; i < n_plugins; i++) {
		int score;

		if (plugins[i]->role != role)
			continue;
		score = quirk_score(plugins[i]->match, function);
		if (score < 0 || score < best_score)
			continue;
		rival = score == best_score ? best : NULL;
		best = plugins[i];
		best_score = score;
	}
	if (rival) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, EEXIST,
			 "plugins '%s' and '%s' match %s equally well; enable only one of them",
			 rival->name, best->name, function->address);
		return -EEXIST;
	}
	*ret_plugin = best;
	return 0;
}

bool quirk_lacks(const struct viod_quirk *quirk, const char *key)
{
	return quirk->lacks && words_have(quirk->lacks, key);
}

bool quirk_disruptive(const struct viod_quirk *quirk, const char *key)
{
	return quirk->disruptive && words_have(quirk->disruptive, key);
}

bool quirk_recreates(const struct viod_quirk *quirk, const char *key)
{
	return quirk->recreates && words_have(quirk->recreates, key);
}

bool quirk_unbound(const struct viod_quirk *quirk, const char *key)
{
	return quirk->unbound && words_have(quirk->unbound, key);
}

const struct viod_limit *quirk_limit(const struct viod_quirk *quirk,
				     const struct viod_function *function, const char *key)
{
	for (const struct viod_limit *row = quirk->limits; row && row->key; row++)
		if (streq(row->key, key) && (!row->only || quirk_score(row->only, function) >= 0))
			return row;
	return NULL;
}

const char *quirk_advice(const struct viod_quirk *quirk, const char *key, int error)
{
	for (const struct viod_advice *row = quirk->advice; row && row->text; row++)
		if (row->error == error && (!row->key || streq(row->key, key)))
			return row->text;
	return NULL;
}
