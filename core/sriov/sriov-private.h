/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of the built-in plugin; no other file includes it. */
#ifndef VIOD_SRIOV_PRIVATE_H
#define VIOD_SRIOV_PRIVATE_H

#include "sriov/sriov.h"

/** Codes of core's steps; their data is text: the count, "0" or "1", a driver's name or "". */
enum sriov_step {
	SRIOV_STEP_COUNT,
	SRIOV_STEP_AUTOPROBE,
	SRIOV_STEP_OVERRIDE,
	SRIOV_STEP_UNBIND,
	SRIOV_STEP_RESET,
	SRIOV_STEP_PROBE, /* data is the driver that must be bound afterwards, "" for any */
};

int sriov_observe(struct viod_pf *pf, struct viod_values *state);
int sriov_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
int sriov_plan(struct viod_pf *pf, const struct viod_values *state,
	       const struct viod_change *changes, size_t n_changes, struct viod_plan *plan);
int sriov_apply(struct viod_pf *pf, const struct viod_step *step);

/** sriov-short-count.c: note how many VFs exist after a count was requested; and want the existing
 * number once the driver has repeatedly created no other. */
void sriov_note_count(struct viod_pf *pf, size_t requested);
void sriov_settle_for_less(struct viod_pf *pf, const struct viod_values *state,
			   struct viod_values *wanted);

/** driver_override of a function; "" if it has none. */
void sriov_read_override(struct viod_pf *pf, int vf, char ret_name[static VIOD_NAME_MAX]);

#endif
