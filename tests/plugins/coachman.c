/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A driver plugin that comes before the kinds by name, but needs one of them. */
#include <viod/plugin.h>

static const char *const needs[] = { "good", NULL };
static const char *const serves[] = { "carriage", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_DRIVER, .name = "coachman", .needs = needs, .serves = serves);
