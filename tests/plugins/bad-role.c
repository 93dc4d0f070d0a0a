/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: a role that does not exist. */
#include <viod/plugin.h>

VIOD_PLUGIN_DEFINE(.role = 4711, .name = "bad-role", .kind = "bad-role");
