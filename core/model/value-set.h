/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of the rows of one PF and its VFs: what is wanted, or what the kernel reports. Both are
 * the same struct, and each row is known or not.
 */
#ifndef VIOD_VALUE_SET_H
#define VIOD_VALUE_SET_H

#include <jansson.h>

#include "base/json-text.h"
#include "model/schema.h"
#include "model/value.h"

/* The records of a table of an object. */
struct object_records {
	struct object_records *next;
	size_t row; /* its index in the scope */
	_Alignas(max_align_t) unsigned char data[];
};

struct viod_object {
	uint64_t known[SCHEMA_ROWS_MAX / 64];
	struct object_records *records;	 /* of the tables that are known */
	const struct viod_where **where; /* by row; NULL: the values come from no file */
	_Alignas(max_align_t) unsigned char data[];
};

struct viod_values {
	const struct schema *schema;
	struct viod_object *pf;
	struct viod_object **vfs;
	size_t n_vfs;
};

#define _cleanup_values_ _cleanup_(values_freep)

/** An object of one scope with no row known; freed with object_free(). NULL: no memory. */
struct viod_object *object_new(const struct schema *schema, enum viod_scope scope);
struct viod_object *object_free(struct viod_object *object);

/** Values of a PF and n_vfs VFs with no row known. The schema must outlive them. -ENOMEM. */
int values_new(const struct schema *schema, size_t n_vfs, struct viod_values **ret_values);
int values_copy(const struct viod_values *values, struct viod_values **ret_values);
struct viod_values *values_free(struct viod_values *values);
static inline void values_freep(struct viod_values **values)
{
	values_free(*values);
}

/** Change the number of VFs: no row of a new VF is known, surplus VFs are removed. -ENOMEM leaves
 * the values unchanged. */
int values_resize(struct viod_values *values, size_t n_vfs);

/** The object of the PF (VIOD_PF) or a VF; NULL if the index is out of range. */
struct viod_object *values_object(const struct viod_values *values, int vf);

/** The value of a row; NULL if it is not known or the VF does not exist. */
const void *values_get(const struct viod_values *values, int vf, const struct schema_row *row);
/** Store option->size bytes, and of a table a copy of its records, and mark the row known; where
 * may be NULL and must outlive the values. A VF that does not exist is ignored. 0; or of a table
 * -ENOMEM or -E2BIG, and then the row is not known. */
int values_put(struct viod_values *values, int vf, const struct schema_row *row, const void *value,
	       const struct viod_where *where);
void values_forget(struct viod_values *values, int vf, const struct schema_row *row);
/** The line that set a row. Never NULL; its file is NULL if no file did. */
const struct viod_where *values_where(const struct viod_values *values, int vf,
				      const struct schema_row *row);

/** {"pf": {key: text, …}, "vfs": [{key: text, …}, …]}: the known rows, as written in a file,
 * without policy rows; a table is [{column: text, …}, …]. A new reference, or NULL without memory.
 */
json_t *values_to_json(const struct viod_values *values);
/** {key: text, …} of the PF only. */
json_t *values_pf_to_json(const struct viod_values *values);
/** Add the known rows of the PF or a VF as values_to_json() writes them, except those whose keys
 * are in without (NULL-terminated, or NULL). */
void values_add_json(const struct viod_values *values, int vf, const char *const *without,
		     struct json_text *out);
/** Inverse of values_to_json(). Keys that the schema lacks (their plugin was removed) and texts
 * that do not parse are ignored. -EBADMSG if the structure is wrong, -ENOMEM. */
int values_from_json(const struct schema *schema, const json_t *json,
		     struct viod_values **ret_values);
/** The same for the PF only: the values have no VFs. */
int values_pf_from_json(const struct schema *schema, const json_t *json,
			struct viod_values **ret_values);

/** The known rows as a configuration file, which begins with [pf], name = NAME and the schema's
 * kind; INTERNAL rows are left out. -ENOMEM. The caller frees *ret_text. */
int values_print(const struct viod_values *values, const char *name, char **ret_text);

#endif
