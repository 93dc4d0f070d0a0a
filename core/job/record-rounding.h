/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values that a device rounded: asked for 1000M it has 1002M ever after. The record keeps both, so
 * that the file's value counts as set for as long as the device has what it made of it.
 */
#ifndef VIOD_RECORD_ROUNDING_H
#define VIOD_RECORD_ROUNDING_H

#include "device/device.h"
#include "model/value-set.h"

/**
 * Replace what is wanted by what the device made of it when it was last asked. rounded is an array
 * of {"vf", "key", "wanted", "is"}, or NULL; of others nothing is taken over.
 */
void rounded_replace(const json_t *rounded, struct viod_values *wanted);

/**
 * Add what was marked VIOD_MARK_ROUNDED in this job, with the state it led to, and drop what is not
 * wanted any more. A new reference, or NULL without memory.
 */
json_t *rounded_remember(const struct viod_pf *pf, const json_t *rounded,
			 const struct viod_values *wanted, const struct viod_values *state);

#endif
