/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: calls itself something else than its file. */
#include <viod/plugin.h>

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "good", .kind = "good");
