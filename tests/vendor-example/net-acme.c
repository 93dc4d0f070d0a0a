/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same vendor's network cards: the kind "net" serves them, and this says what is different. */
#include <errno.h>
#include <stdio.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "link-state", NULL };

static const struct viod_limit limits[] = {
	{ "max-tx-rate", 1, 500, .text = "Acme's cards send 500 Mbit/s at most" },
	{ 0 },
};

static const struct viod_retry retries[] = { { EIO, 3000, VIOD_PHASE_CONFIGURE }, { 0 } };

static const struct viod_advice advice[] = {
	{ "vlan", ENOSPC, "there are 8 VLAN filters; use fewer" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk acme_quirk = {
	.size = sizeof(acme_quirk),
	.max_vfs = 6,
	.lacks = lacks,
	.retries = retries,
	.advice = advice,
	.limits = limits,
};

/* What no table can say. */
static int validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const struct viod_option *option = viod_option_of(wanted, vf, "vlan");
		const int64_t *vlan = option ? viod_get(wanted, vf, option) : NULL;

		if (!vlan || *vlan != 666)
			continue;
		viod_report(pf, VIOD_ERROR, vf, option, viod_where(wanted, vf, option), 0,
			    "VLAN 666 is for Acme's own use; choose another");
		return -EINVAL;
	}
	return 0;
}

static const struct viod_ops ops = { .size = sizeof(ops), .validate = validate };

static const struct viod_match match[] = { VIOD_MATCH_DRIVER("plain_nic"), { 0 } };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-acme", .kind = "net", .version = "1",
		   .summary = "network cards of Acme", .match = match, .quirk = &acme_quirk,
		   .ops = &ops);
