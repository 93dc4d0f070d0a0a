/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused beside finer.so: brings the same key to the same kind, with other values. */
#include <viod/plugin.h>

static const struct viod_match match[] = { VIOD_MATCH_ALL, { 0 } };
static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_INT,
	  .max = 1,
	  .phase = VIOD_PHASE_PREPARE,
	  .key = "finesse",
	  .size = sizeof(int64_t),
	  .help = "Clashes with the key of finer.so." },
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "finest", .kind = "good", .match = match,
		   .options = rows, .pf_size = sizeof(int64_t));
