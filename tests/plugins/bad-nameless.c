/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: has no name at all. */
#include <viod/plugin.h>

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .kind = "bad-nameless");
