/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused beside good.so: claims the same kind, without bearing its name. */
#include <viod/plugin.h>

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "also-good", .kind = "good");
