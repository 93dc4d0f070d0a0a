/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows that could not be set as wanted, and are no fault of the file: those that a driver turned
 * out not to have, which the record remembers, and those that have to wait.
 */
#ifndef VIOD_ROW_STATE_H
#define VIOD_ROW_STATE_H

#include "device/device.h"

/** What host->row_unsupported() and its like do: true where the mark is new. Where memory is short
 * it is not. */
bool mark_add(struct viod_pf *pf, int vf, const struct viod_option *option, enum row_mark mark);

/** Whether the driver said that it does not have the row, for this VF; mark_settle_refused()
 * forgets that. */
bool mark_refused(const struct viod_pf *pf, int vf, const struct viod_option *option);
void mark_settle_refused(struct viod_pf *pf);

/** The driver took a value of a row of some VF. */
void mark_taken(struct viod_pf *pf, const struct viod_option *option);
bool mark_takes(const struct viod_pf *pf, const struct viod_option *option);

/** Whether the driver is known not to have a row: by its quirk, or because it has said so. */
bool mark_lacks(const struct viod_pf *pf, const struct viod_option *option);
bool mark_deferred(const struct viod_pf *pf, int vf, const struct viod_option *option);
bool mark_any_deferred(const struct viod_pf *pf);
/** Whether the device took another value than it was given. */
bool mark_rounded(const struct viod_pf *pf, int vf, const struct viod_option *option);

/** {"driver": …, "keys": […], "takes": […]}: what the PF's driver was found not to have, and what
 * it was seen to take. A new reference, or NULL without memory. */
json_t *mark_to_json(struct viod_pf *pf);
/** The reverse; of another driver's answers nothing is taken over. lacks: also what it does not
 *  have. */
void mark_from_json(struct viod_pf *pf, const json_t *json, bool lacks);

/** Forget them: new VFs may know more. */
void mark_clear(struct viod_pf *pf);

#endif
