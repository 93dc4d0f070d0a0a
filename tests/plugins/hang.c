/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A well-formed kind that never returns from the op its file names. */
#include <unistd.h>

#include "misbehave-rows.h"

static void misbehave(const struct misbehave_pf *pf)
{
	volatile int64_t how = pf->how;

	for (;;)
		if (how == HOW_SLEEP)
			pause();
}

#include "misbehave.h"

static const struct viod_name hows[] = {
	{ "sleep", HOW_SLEEP },
	{ "spin", HOW_SPIN },
	{ NULL, 0 },
};

static const struct viod_option rows[] = {
	MISBEHAVE_IN,
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_ENUM,
	  .phase = VIOD_PHASE_PREPARE,
	  .flags = VIOD_OPTION_POLICY,
	  VIOD_FIELD(struct misbehave_pf, how),
	  .key = "how",
	  .names = hows,
	  .unset = "sleep",
	  .help = "Wait for a signal, or keep the processor busy." },
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "hang", .kind = "hang", .version = "1",
		   .summary = "hangs in the op that in= names", .options = rows,
		   .pf_size = sizeof(struct misbehave_pf), .ops = &bad_ops);
