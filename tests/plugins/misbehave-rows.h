/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of the kinds that misbehave on request. */
#ifndef TESTS_MISBEHAVE_ROWS_H
#define TESTS_MISBEHAVE_ROWS_H

#include <viod/plugin.h>

enum misbehave_op {
	IN_NO_OP,
	IN_VALIDATE,
	IN_OBSERVE,
	IN_COMPLETE,
	IN_PLAN,
	IN_APPLY,
	IN_HOLDERS,
	IN_NODES,
	IN_ATTACH,
};

enum misbehave_how { HOW_SLEEP, HOW_SPIN };

struct misbehave_pf {
	int64_t in;  /* enum misbehave_op */
	int64_t how; /* enum misbehave_how */
};

static const struct viod_name misbehave_ops[] = {
	{ "validate", IN_VALIDATE }, { "observe", IN_OBSERVE }, { "complete", IN_COMPLETE },
	{ "plan", IN_PLAN },	     { "apply", IN_APPLY },	{ "holders", IN_HOLDERS },
	{ "nodes", IN_NODES },	     { "attach", IN_ATTACH },	{ NULL, 0 },
};

#define MISBEHAVE_IN                                                                         \
	{                                                                                    \
		.scope = VIOD_SCOPE_PF, .type = VIOD_TYPE_ENUM, .phase = VIOD_PHASE_PREPARE, \
		VIOD_FIELD(struct misbehave_pf, in), .key = "in", .names = misbehave_ops,    \
		.help = "The op that misbehaves."                                            \
	}

#endif
