/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of VIOD_TYPE_TABLE: records whose columns are values of other types. */
#ifndef VIOD_VALUE_TABLE_H
#define VIOD_VALUE_TABLE_H

#include <jansson.h>
#include <viod/plugin.h>

/** The most records of a table. */
#define TABLE_RECORDS_MAX 65536

/** True if both have the same records in the same order. */
bool table_equal(const struct viod_option *option, const struct viod_table *a,
		 const struct viod_table *b);

/** "0000:05:00.1 snd_hda_intel, 0000:05:00.2 xhci_hcd": the columns of each record, as much as
 * fits. For a person: no function reads it back. */
void table_text(const struct viod_option *option, const struct viod_table *table, char *ret_text,
		size_t size);

/** [{column: text, …}, …]. A new reference, or NULL without memory. A column that cannot be JSON
 * (its bytes are not UTF-8) makes the whole table null. */
json_t *table_to_json(const struct viod_option *option, const struct viod_table *table);

/** Inverse of table_to_json(). The caller frees *ret_records. -EBADMSG if it is not a table of
 * these columns, -E2BIG beyond TABLE_RECORDS_MAX, -ENOMEM. */
int table_from_json(const struct viod_option *option, const json_t *json, void **ret_records,
		    uint32_t *ret_count);

#endif
