/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: its ops are shorter than those of the first version. */
#include <viod/plugin.h>

static const struct viod_ops ops = { .size = 16 };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "bad-ops", .kind = "bad-ops", .ops = &ops);
