/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A well-formed kind that crashes in the op its file names. */
#include <signal.h>

#include "misbehave-rows.h"

/* raise() and not a bad pointer: no compiler may reason it away, no sanitizer may catch it. */
static void misbehave(const struct misbehave_pf *pf)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

#include "misbehave.h"

static const struct viod_option rows[] = { MISBEHAVE_IN, { 0 } };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "crash", .kind = "crash", .version = "1",
		   .summary = "crashes in the op that in= names", .options = rows,
		   .pf_size = sizeof(struct misbehave_pf), .ops = &bad_ops);
