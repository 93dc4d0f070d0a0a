/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All plugin files of a folder, and whether they go together. */
#ifndef VIOD_PLUGIN_SET_H
#define VIOD_PLUGIN_SET_H

#include "loader/plugin-file.h"

struct candidates {
	struct candidate *items; /* sorted by name */
	size_t count;
};

/** The candidate of a name, or NULL. */
struct candidate *candidates_find(const struct candidates *set, const char *name);

/** The names a plugin needs, by index: its needs, then the plugin of a quirk's kind. NULL at the
 * end.
 */
const char *candidates_need(const struct candidates *set, const struct candidate *candidate,
			    size_t index);

/** Refuse those that do not go together: second ones of a name, kind or driver word, those whose
 *  needs are not met or go in a circle, and those whose rows clash. 0, or -ENOMEM. */
int candidates_check(struct candidates *set, const struct viod_plugin *core);

/** Clear all candidates and free the array. */
void candidates_clear(struct candidates *candidates);

#endif
