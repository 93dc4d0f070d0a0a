/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values that a device rounded, such as 1000M to 1002M. The record keeps both, so that the file's
 * value counts as set while the device has the rounded one.
 */
#ifndef VIOD_RECORD_ROUNDING_H
#define VIOD_RECORD_ROUNDING_H

#include "device/device.h"
#include "model/value-set.h"

/**
 * Replace wanted values by those that the device rounded them to. rounded is an array of {"vf",
 * "key", "wanted", "is"}, or NULL; other entries are ignored.
 */
void rounded_replace(const json_t *rounded, struct viod_values *wanted);

/**
 * Add the rows marked ROW_ROUNDED in this job, with their state, and drop those that are no
 * longer wanted. A new reference, or NULL without memory.
 */
json_t *rounded_remember(const struct viod_pf *pf, const json_t *rounded,
			 const struct viod_values *wanted, const struct viod_values *state);

#endif
