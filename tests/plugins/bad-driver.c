/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: serves a word of "driver =" that viod answers itself. */
#include <viod/plugin.h>

static const char *const serves[] = { "default", NULL };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_DRIVER, .name = "bad-driver", .serves = serves);
