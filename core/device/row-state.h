/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows that could not be set as wanted although the file is right: those that the driver does not
 * support, which the record remembers, and those that are deferred or rounded.
 */
#ifndef VIOD_ROW_STATE_H
#define VIOD_ROW_STATE_H

#include "device/device.h"

/** Implements host->row_unsupported() and its siblings: true if the mark is new. Without memory it
 * is not added, and false is returned. */
bool row_mark_add(struct viod_pf *pf, int vf, const struct viod_option *option, enum row_mark mark);

/** True if the driver rejected the row for this VF; row_settle_refused() removes these marks. */
bool row_is_refused(const struct viod_pf *pf, int vf, const struct viod_option *option);
void row_settle_refused(struct viod_pf *pf);

/** Note that the driver accepted a value of a row for a VF. */
void row_mark_accepted(struct viod_pf *pf, const struct viod_option *option);
bool row_is_accepted(const struct viod_pf *pf, const struct viod_option *option);

/** True if the driver does not support a row, according to its quirk or to an earlier error. */
bool row_is_unsupported(const struct viod_pf *pf, const struct viod_option *option);
bool row_is_deferred(const struct viod_pf *pf, int vf, const struct viod_option *option);
bool row_any_deferred(const struct viod_pf *pf);
/** True if the device set another value than the one written. */
bool row_is_rounded(const struct viod_pf *pf, int vf, const struct viod_option *option);

/** {"driver": …, "keys": […], "takes": […]}: rows that the PF's driver does not support, and rows
 * that it accepted. A new reference, or NULL without memory. */
json_t *row_marks_to_json(struct viod_pf *pf);
/** Inverse of row_marks_to_json(); ignored if it was recorded for another driver. lacks: also load
 * unsupported rows. */
void row_marks_from_json(struct viod_pf *pf, const json_t *json, bool lacks);

/** Remove all marks, because new VFs may support more. */
void row_marks_clear(struct viod_pf *pf);

#endif
