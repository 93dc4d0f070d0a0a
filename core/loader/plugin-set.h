/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All plugin files of a folder, and the checks between them. */
#ifndef VIOD_PLUGIN_SET_H
#define VIOD_PLUGIN_SET_H

#include "loader/plugin-file.h"

struct plugin_set {
	struct plugin_file *items; /* sorted by name */
	size_t count;
};

/** The candidate of a name, or NULL. */
struct plugin_file *plugin_set_find(const struct plugin_set *set, const char *name);

/** The names a plugin needs, by index: its needs, then the plugin of a quirk's kind. NULL at the
 * end.
 */
const char *plugin_set_need(const struct plugin_set *set, const struct plugin_file *candidate,
			    size_t index);

/** Refuse incompatible plugins: the second of a name, kind or driver word, those whose needs are
 * not met or form a cycle, and those whose rows clash. 0, or -ENOMEM. */
int plugin_set_check(struct plugin_set *set, const struct viod_plugin *core);

/** Clear all candidates and free the array. */
void plugin_set_clear(struct plugin_set *candidates);

#endif
