/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netronome Agilio, driver nfp. */
#include <errno.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "query-rss", NULL };

static const struct viod_advice advice[] = {
	{ "vfs", EINVAL,
	  "the loaded firmware has fewer VFs; request fewer, or load another firmware" },
	{ "vlan-proto", EPROTONOSUPPORT, "the loaded firmware supports only 802.1Q" },
	{ "max-tx-rate", EOPNOTSUPP, "the loaded firmware has no rates" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk nfp_quirk = {
	.size = sizeof(nfp_quirk),
	.lacks = lacks,
	.advice = advice,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("nfp"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-nfp", .kind = "net", .version = "1",
		   .summary = "Netronome Agilio", .match = match, .quirk = &nfp_quirk);
