/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files that implement value.h; no other file includes it. */
#ifndef VIOD_VALUE_PRIVATE_H
#define VIOD_VALUE_PRIVATE_H

#include "model/value.h"

/* How a refused text is quoted: enough bytes to recognise it, short enough for a log line. */
#define QUOTED "%.80s"

/** Store the formatted reason in *ret_why, or NULL without memory. Always returns -EINVAL. */
int value_refuse(char **ret_why, const char *format, ...) PRINTF_LIKE(2, 3);

int value_parse_rate(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why);
int value_parse_size(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why);
/** The value of a hexadecimal digit, or -1. */
int value_hex_digit(char c);
/** Decimal, without printf(): a job formats thousands of numbers. */
void value_format_digits(uint64_t number, char *ret_text);
int value_format_rate(const struct viod_option *option, const void *value, char *ret_text);
int value_format_size(const struct viod_option *option, const void *value, char *ret_text);

typedef bool (*value_equal_fn)(const struct viod_option *option, const void *wanted,
			       const void *state);
typedef int (*value_format_fn)(const struct viod_option *option, const void *value, char *ret_text,
			       size_t size);

/** True if both have the same records in the same order. */
bool value_tables_equal(const struct viod_option *option, const struct viod_table *a,
			const struct viod_table *b, value_equal_fn cells_equal);

/** "0000:05:00.1 snd_hda_intel, 0000:05:00.2 xhci_hcd": the columns of each record, as much as
 * fits. For a person: no function reads it back. */
void value_table_text(const struct viod_option *option, const struct viod_table *table,
		      value_format_fn format_cell, char *ret_text, size_t size);

#endif
