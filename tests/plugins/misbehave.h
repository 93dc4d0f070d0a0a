/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kind whose file says in which op it misbehaves: "in = apply", or
 * "in = attach", which is apply() for VF 1, while others are at the other VFs. A plugin includes
 * this after its own static void misbehave(const struct misbehave_pf *), and defines the rows.
 */
#ifndef TESTS_MISBEHAVE_H
#define TESTS_MISBEHAVE_H

#include <stdio.h>
#include <viod/plugin.h>

#include "misbehave-rows.h"

/* Not every op is handed what is wanted; all ops for one PF run in one process. */
static struct misbehave_pf remembered;

static void remember(const struct viod_values *wanted)
{
	const struct misbehave_pf *pf = viod_struct(wanted, VIOD_PF);

	if (pf)
		remembered = *pf;
}

static void enter(enum misbehave_op op)
{
	if (remembered.in == op)
		misbehave(&remembered);
}

static int bad_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	remember(wanted);
	enter(IN_VALIDATE);
	return 0;
}

static int bad_observe(struct viod_pf *pf, struct viod_values *state)
{
	enter(IN_OBSERVE);
	return 0;
}

static int bad_complete(struct viod_pf *pf, const struct viod_values *state,
			struct viod_values *wanted)
{
	remember(wanted);
	enter(IN_COMPLETE);
	return 0;
}

static int bad_plan(struct viod_pf *pf, const struct viod_values *state,
		    const struct viod_change *changes, size_t n_changes, struct viod_plan *plan)
{
	struct viod_step step = { .phase = VIOD_PHASE_PREPARE, .vf = VIOD_PF };
	int r;

	enter(IN_PLAN);
	snprintf(step.text, sizeof(step.text), "do what the file says");
	r = viod_step_add(plan, &step);
	step.phase = VIOD_PHASE_ATTACH;
	while (r == 0 && ++step.vf < (int)viod_vf_count(state))
		r = viod_step_add(plan, &step);
	return r;
}

static int bad_apply(struct viod_pf *pf, const struct viod_step *step)
{
	enter(step->vf == VIOD_PF ? IN_APPLY : step->vf == 1 ? IN_ATTACH : IN_NO_OP);
	return 0;
}

static int bad_holders(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	enter(IN_HOLDERS);
	return 0;
}

static int bad_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes)
{
	enter(IN_NODES);
	return 0;
}

static const struct viod_ops bad_ops = {
	.size = sizeof(bad_ops),
	.validate = bad_validate,
	.observe = bad_observe,
	.complete = bad_complete,
	.plan = bad_plan,
	.apply = bad_apply,
	.holders = bad_holders,
	.nodes = bad_nodes,
};

#endif
