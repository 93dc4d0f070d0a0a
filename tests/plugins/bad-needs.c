/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: needs a plugin that does not exist. */
#include <viod/plugin.h>

static const char *const needs[] = { "no-such-plugin", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "bad-needs", .kind = "bad-needs",
		   .needs = needs);
