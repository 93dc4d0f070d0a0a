/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text to value and back, for each type of an option row. Pure. */
#ifndef VIOD_VALUE_H
#define VIOD_VALUE_H

#include <viod/plugin.h>

#include "base/util.h"

/** The most VFs of a PF: sriov_numvfs has 16 bits, and 0xffff is not a VF index. */
#define VIOD_VF_MAX 65535

/** The most records of a table. */
#define TABLE_RECORDS_MAX 65536

/** The most bytes of a formatted value, including its NUL. */
#define VALUE_TEXT_MAX 1024

/** Size of a row's C type in bytes; 0 if the row chooses it (strings and lists). */
size_t value_type_size(enum viod_type type);

/**
 * Parse a value as written after "key =". On success option->size bytes are stored at ret_value
 * (strings and lists are zero-padded, so that equal values have equal bytes).
 * -EINVAL (or -ERANGE) with *ret_why, malloc()ed or NULL without memory:
 * "what is wrong; what would be right", without the key's name.
 */
int value_parse(const struct viod_option *option, const char *text, void *ret_value,
		char **ret_why);

/** The text that value_parse() reads back to an equal value; of a table as much as fits, and it is
 * not read back. 0, or -EMSGSIZE. */
int value_format(const struct viod_option *option, const void *value, char *ret_text, size_t size);

/** True if a state satisfies what is wanted: equal bytes, except for drivers, where a native state
 * satisfies "default" and a bound driver satisfies its own name. */
bool value_satisfied(const struct viod_option *option, const void *wanted, const void *state);

/** Words of "driver =" that core resolves: the native driver, and no driver. A state has the latter
 * for an unbound function. */
#define DRIVER_DEFAULT "default"
#define DRIVER_NONE "none"

static inline bool driver_is_default(const struct viod_driver *driver)
{
	return streq(driver->name, DRIVER_DEFAULT);
}

static inline bool driver_is_none(const struct viod_driver *driver)
{
	return streq(driver->name, DRIVER_NONE);
}

/** A PCI address; domains have up to 32 bits (VMD, Hyper-V). */
struct bdf {
	uint32_t domain;
	uint8_t bus, device, function;
};

/** A PCI address, short ("05:00.0") or full, hexadecimal in any case. 0 or -EINVAL. */
int bdf_parse(const char *text, struct bdf *ret_bdf);
/** "0000:05:00.0", as sysfs spells it. */
void bdf_format(const struct bdf *bdf, char ret_text[static 20]);

/** Whether a value is one of the words of its row ("none"): they are not compared with those of
 * other VFs. */
bool value_is_word(const struct viod_option *option, const void *value);

#endif
