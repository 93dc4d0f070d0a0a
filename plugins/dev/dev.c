/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any SR-IOV device: only the VF count and the drivers, which every kind has. */
#include <viod/plugin.h>

static const struct viod_match dev_match[] = {
	VIOD_MATCH_ALL,
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "dev", .kind = "dev", .version = "1",
		   .summary = "any SR-IOV device", .match = dev_match);
