/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: needs cycle-b, which needs cycle-a. */
#include <viod/plugin.h>

static const char *const needs[] = { "cycle-b", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "cycle-a", .kind = "cycle-a", .needs = needs);
