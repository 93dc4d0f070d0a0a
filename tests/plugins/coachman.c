/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A driver plugin that runs before the kinds by name, but wants to run after one. */
#include <viod/plugin.h>

static const char *const after[] = { "good", "not-here", NULL };
static const char *const serves[] = { "carriage", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_DRIVER, .name = "coachman", .after = after, .serves = serves);
