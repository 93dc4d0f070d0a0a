/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text to value and back, for each type of an option row. Pure. */
#ifndef VIOD_VALUE_H
#define VIOD_VALUE_H

#include <viod/plugin.h>

#include "base/util.h"

/** VFs that any PF may have: sriov_numvfs has 16 bits, and 0xffff is no VF index. */
#define VIOD_VF_MAX 65535

/** Bytes that any value formats into, the NUL included. */
#define VALUE_TEXT_MAX 1024

/** Bytes the C type of a row takes, 0 where size may be chosen (strings and lists). */
size_t value_type_size(enum viod_type type);

/**
 * Parse a value as written after "key =". On success option->size bytes are stored at ret_value
 * (strings and lists are zero-padded, so that equal values have equal bytes).
 * -EINVAL (or -ERANGE) with *ret_why, malloc()ed or NULL without memory:
 * "what is wrong; what would be right", without the key's name.
 */
int value_parse(const struct viod_option *option, const char *text, void *ret_value,
		char **ret_why);

/** The text that value_parse() reads back to an equal value. 0, or -EMSGSIZE. */
int value_format(const struct viod_option *option, const void *value, char *ret_text, size_t size);

/** Whether a state satisfies what is wanted. Equal bytes, but for drivers: "default" is satisfied
 * by a native state, and a name by that name. */
bool value_satisfied(const struct viod_option *option, const void *wanted, const void *state);

/** A PCI address, short ("05:00.0") or full, hexadecimal in any case. 0 or -EINVAL. */
int bdf_parse(const char *text, struct viod_bdf *ret_bdf);
/** "0000:05:00.0", as sysfs spells it. */
void bdf_format(const struct viod_bdf *bdf, char ret_text[static 20]);

#endif
