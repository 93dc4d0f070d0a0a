/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least a kind can be: a name. */
#include <viod/plugin.h>

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "good", .kind = "good", .version = "1",
		   .summary = "does nothing, well");
