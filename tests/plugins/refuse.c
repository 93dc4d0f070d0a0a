/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kind whose driver does not have 'trust' for the VFs whose digits are in the PF's "refuses". It
 * has no plan(): core makes the steps. */
#include <errno.h>
#include <string.h>
#include <viod/plugin.h>

struct refuse_pf {
	int64_t mode, reset;
};

struct refuse_vf {
	bool trust;
};

static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_INT,
	  .key = "mode",
	  .phase = VIOD_PHASE_PREPARE,
	  .max = 9,
	  VIOD_FIELD(struct refuse_pf, mode),
	  .help = "What the PF may have another of." },
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_INT,
	  .key = "reset",
	  .flags = VIOD_OPTION_DISRUPTIVE,
	  .phase = VIOD_PHASE_PREPARE,
	  .max = 9,
	  VIOD_FIELD(struct refuse_pf, reset),
	  .help = "What resets the PF, and with it all VFs." },
	{ .scope = VIOD_SCOPE_VF,
	  .type = VIOD_TYPE_BOOL,
	  .key = "trust",
	  .phase = VIOD_PHASE_CONFIGURE,
	  VIOD_FIELD(struct refuse_vf, trust),
	  .help = "What some VFs have." },
	{ 0 },
};

static int refuse_apply(struct viod_pf *pf, const struct viod_step *step)
{
	char refuses[32];
	int r;

	if (step->vf == VIOD_PF)
		return step->change->option == &rows[1] ? viod_write(pf, VIOD_PF, "reset", "1") : 0;
	r = viod_read(pf, VIOD_PF, "refuses", refuses, sizeof(refuses));
	if (r == 0 && strchr(refuses, '0' + step->vf))
		viod_row_unsupported(pf, step->vf, step->change->option);
	return r;
}

static const struct viod_ops ops = { .size = sizeof(ops), .apply = refuse_apply };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "refuse", .kind = "refuse", .version = "1",
		   .summary = "does not have everything for all VFs", .options = rows,
		   .pf_size = sizeof(struct refuse_pf), .vf_size = sizeof(struct refuse_vf),
		   .ops = &ops);
