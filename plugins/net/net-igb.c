/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel 82576 and I350, driver igb. */
#include <errno.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "link-state", "query-rss", "min-tx-rate", NULL };

static const struct viod_advice advice[] = {
	{ "max-tx-rate", EINVAL, "igb takes rates while its link is up, up to the link's speed" },
	{ "vfs", EPERM, "igb needs MSI-X interrupts for VFs, and has 7 of them at most" },
	{ NULL, 0, NULL },
};

/* igbvf takes the address that the PF holds for it only if the PF is up when it probes; otherwise
 * it makes one up, and the two disagree. */
static const struct viod_quirk igb_quirk = {
	.size = sizeof(igb_quirk),
	.flags = VIOD_QUIRK_PF_MUST_BE_UP,
	.max_vfs = 7,
	.lacks = lacks,
	.advice = advice,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("igb"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-igb", .kind = "net", .version = "1",
		   .summary = "Intel 82576 and I350", .match = match, .quirk = &igb_quirk);
