/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which plugin files of a folder are enabled, and what they bring along. */
#ifndef VIOD_PLUGIN_SEARCH_H
#define VIOD_PLUGIN_SEARCH_H

#include "loader/loader.h"
#include "loader/plugin-set.h"

/** Find and open the files that choice enables in loader->directory; NULL: all. Fills the set, and
 * what the loader says of others. A file that is not good has its reason in the set. 0 or -errno.
 */
int plugin_search(struct loader *loader, const struct loader_choice *choice,
		  const struct viod_plugin *core, struct diag_list *diags, struct plugin_set *set);

#endif
