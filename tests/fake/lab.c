/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kind of the fake kernel's devices: rows that a device reports, and rows that it does not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <viod/plugin.h>

struct lab_pf {
	int64_t hush;
};

struct lab_vf {
	int64_t level, quiet;
};

enum { ROW_HUSH, ROW_LEVEL, ROW_QUIET };

static const struct viod_option rows[] = {
	[ROW_HUSH] = { .scope = VIOD_SCOPE_PF,
		       .type = VIOD_TYPE_INT,
		       .max = 99,
		       .phase = VIOD_PHASE_PREPARE,
		       .key = "hush",
		       VIOD_FIELD(struct lab_pf, hush),
		       .help = "A number that is not reported." },
	[ROW_LEVEL] = { .scope = VIOD_SCOPE_VF,
			.type = VIOD_TYPE_INT,
			.max = 99,
			.phase = VIOD_PHASE_CONFIGURE,
			.key = "level",
			VIOD_FIELD(struct lab_vf, level),
			.help = "A number that is reported." },
	[ROW_QUIET] = { .scope = VIOD_SCOPE_VF,
			.type = VIOD_TYPE_INT,
			.max = 99,
			.phase = VIOD_PHASE_CONFIGURE,
			.key = "quiet",
			VIOD_FIELD(struct lab_vf, quiet),
			.help = "A number that is not reported." },
	{ 0 },
};

static int observe(struct viod_pf *pf, struct viod_values *state)
{
	for (int vf = 0; vf < (int)viod_vf_count(state); vf++) {
		char text[16];
		int64_t level;

		if (viod_read(pf, vf, "level", text, sizeof(text)) < 0)
			continue;
		level = strtol(text, NULL, 10);
		viod_put(state, vf, &rows[ROW_LEVEL], &level);
	}
	return 0;
}

static int apply(struct viod_pf *pf, const struct viod_step *step)
{
	char text[16];

	snprintf(text, sizeof(text), "%lld", (long long)*(const int64_t *)step->change->wanted);
	return viod_write(pf, step->vf, step->change->option->key, text);
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.observe = observe,
	.apply = apply,
};

static const struct viod_match match[] = { VIOD_MATCH_CLASS(0x020000, 0xff0000), { 0 } };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "lab", .kind = "lab", .version = "1",
		   .summary = "devices of the fake kernel", .options = rows,
		   .pf_size = sizeof(struct lab_pf), .vf_size = sizeof(struct lab_vf), .ops = &ops,
		   .match = match);
