/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: a kind plugin that does not say which kind. */
#include <viod/plugin.h>

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "bad-kind");
