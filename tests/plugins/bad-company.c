/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: needs a plugin that is itself refused. */
#include <viod/plugin.h>

static const char *const needs[] = { "bad-magic", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "bad-company", .kind = "bad-company",
		   .needs = needs);
