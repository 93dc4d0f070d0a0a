/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: needs one of a circle, without being in it. */
#include <viod/plugin.h>

static const char *const needs[] = { "cycle-a", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "cycle-c", .kind = "cycle-c", .needs = needs);
