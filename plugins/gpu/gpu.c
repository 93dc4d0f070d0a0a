/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphics and compute devices. What they offer beyond VFs and drivers is up to their quirks. */
#include <viod/plugin.h>

static const struct viod_match gpu_match[] = {
	VIOD_MATCH_CLASS(0x030000, 0xff0000), /* display controller */
	VIOD_MATCH_CLASS(0x120000, 0xff0000), /* processing accelerator */
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "gpu", .kind = "gpu", .version = "1",
		   .summary = "graphics and compute devices", .match = gpu_match);
