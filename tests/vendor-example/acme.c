/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices of a vendor that viod has never heard of: a kind of its own, with one key. It builds
 * against the installed header alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <viod/plugin.h>

struct acme_vf {
	int64_t power;
};

static const struct viod_name powers[] = { { "on", 1 }, { "auto", 0 }, { NULL, 0 } };

static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_VF,
	  .type = VIOD_TYPE_ENUM,
	  .phase = VIOD_PHASE_CONFIGURE,
	  .key = "power",
	  VIOD_FIELD(struct acme_vf, power),
	  .names = powers,
	  .new_vf = "on",
	  .help = "Whether the VF may be put to sleep." },
	{ 0 },
};

static int observe(struct viod_pf *pf, struct viod_values *state)
{
	for (int vf = 0; vf < (int)viod_vf_count(state); vf++) {
		char text[16];
		int64_t power;

		if (viod_read(pf, vf, "power/control", text, sizeof(text)) < 0)
			continue;
		power = strcmp(text, "on") == 0;
		viod_put(state, vf, &rows[0], &power);
	}
	return 0;
}

static int apply(struct viod_pf *pf, const struct viod_step *step)
{
	const int64_t *power = step->change->wanted;

	return viod_write(pf, step->vf, "power/control", *power ? "on" : "auto");
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.observe = observe,
	.apply = apply,
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "acme", .kind = "acme", .version = "1",
		   .summary = "devices of Acme", .options = rows, .vf_size = sizeof(struct acme_vf),
		   .ops = &ops);
