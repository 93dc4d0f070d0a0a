/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operations of the plugin. */
#ifndef VIOD_NET_OPS_H
#define VIOD_NET_OPS_H

#include <viod/plugin.h>

int net_validate(struct viod_pf *pf, const struct viod_values *wanted);
int net_observe(struct viod_pf *pf, struct viod_values *state);
int net_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
int net_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan);
int net_apply(struct viod_pf *pf, const struct viod_step *step);
int net_holders(struct viod_pf *pf, int vf, struct viod_holders *holders);
int net_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);

/** What net_apply() calls for a step that does not set a VF through its PF. */
int net_apply_setting(struct viod_pf *pf, const struct viod_step *step);

#endif
