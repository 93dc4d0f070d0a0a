/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: has a key that viod itself has. */
#include <viod/plugin.h>

static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_BOOL,
	  .phase = VIOD_PHASE_CONFIGURE,
	  .key = "vfs",
	  .size = sizeof(bool),
	  .help = "Clashes with the key of the same name that every kind has." },
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "bad-clash", .kind = "bad-clash",
		   .options = rows, .pf_size = sizeof(bool));
