/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: a quirk for a kind that nothing serves. */
#include <viod/plugin.h>

static const struct viod_match match[] = { VIOD_MATCH_ALL, { 0 } };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "bad-home", .kind = "nowhere", .match = match);
