/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A quirk of good.so, with a row; its name sorts before that of its kind. */
#include <viod/plugin.h>

static const struct viod_match match[] = { VIOD_MATCH_ALL, { 0 } };
static const struct viod_quirk quirk = { .size = sizeof(quirk), .max_vfs = 7 };
static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_BOOL,
	  .phase = VIOD_PHASE_PREPARE,
	  .key = "finesse",
	  .size = sizeof(bool),
	  .help = "A key that only this quirk has." },
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "finer", .kind = "good", .match = match,
		   .quirk = &quirk, .options = rows, .pf_size = sizeof(bool));
