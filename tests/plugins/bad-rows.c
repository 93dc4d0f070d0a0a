/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: a row whose field lies outside of the struct. */
#include <viod/plugin.h>

static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_VF,
	  .type = VIOD_TYPE_INT,
	  .phase = VIOD_PHASE_CONFIGURE,
	  .key = "outside",
	  .offset = 4,
	  .size = 8,
	  .max = 10,
	  .help = "Lies half outside of the struct." },
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "bad-rows", .kind = "bad-rows", .options = rows,
		   .vf_size = 8);
