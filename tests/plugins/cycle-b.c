/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: needs cycle-a, which needs cycle-b. */
#include <viod/plugin.h>

static const char *const needs[] = { "cycle-a", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "cycle-b", .kind = "cycle-b", .needs = needs);
