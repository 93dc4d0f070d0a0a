/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows of one PF and its VFs with values: what is wanted, or what the kernel says. The same
 * struct for both, and each row is known or not.
 */
#ifndef VIOD_VALUE_SET_H
#define VIOD_VALUE_SET_H

#include <jansson.h>

#include "model/schema.h"
#include "model/value.h"

struct viod_object {
	uint64_t known[SCHEMA_ROWS_MAX / 64];
	const struct viod_where **where; /* by row; NULL: no line gave the values */
	_Alignas(max_align_t) unsigned char data[];
};

struct viod_values {
	const struct schema *schema;
	struct viod_object *pf;
	struct viod_object **vfs;
	size_t n_vfs;
};

#define _cleanup_values_ _cleanup_(values_freep)

/** An object of one scope with nothing known; free() it with object_free(). NULL: no memory. */
struct viod_object *object_new(const struct schema *schema, enum viod_scope scope);
struct viod_object *object_free(struct viod_object *object);

/** Nothing known. The schema must outlive the values. -ENOMEM. */
int values_new(const struct schema *schema, size_t n_vfs, struct viod_values **ret_values);
int values_copy(const struct viod_values *values, struct viod_values **ret_values);
struct viod_values *values_free(struct viod_values *values);
static inline void values_freep(struct viod_values **values)
{
	values_free(*values);
}

/** Make it n VFs: new ones know nothing, surplus ones go. -ENOMEM leaves the values as they were.
 */
int values_resize(struct viod_values *values, size_t n_vfs);

/** The object of VIOD_PF or a VF; NULL where the index is out of range. */
struct viod_object *values_object(const struct viod_values *values, int vf);

/** NULL where the row is not known (or the VF does not exist). */
const void *values_get(const struct viod_values *values, int vf, const struct schema_row *row);
/** Store option->size bytes and mark the row known; where may be NULL and must outlive the values.
 *  A VF that does not exist is passed over. */
void values_put(struct viod_values *values, int vf, const struct schema_row *row, const void *value,
		const struct viod_where *where);
void values_forget(struct viod_values *values, int vf, const struct schema_row *row);
/** Never NULL. */
const struct viod_where *values_where(const struct viod_values *values, int vf,
				      const struct schema_row *row);

/** {"pf": {key: text, …}, "vfs": [{key: text, …}, …]}: the known rows, as written in a file. Policy
 *  rows are left out. A new reference, or NULL without memory. */
json_t *values_to_json(const struct viod_values *values);
/** The reverse. Keys that the schema does not know (a plugin is gone) and texts that do not parse
 *  are passed over. -EBADMSG where the shape is wrong, -ENOMEM. */
int values_from_json(const struct schema *schema, const json_t *json,
		     struct viod_values **ret_values);

/** The known rows as a configuration file: "[pf]", "name = …" and "kind = …" come from the caller's
 *  name; INTERNAL rows are left out. -ENOMEM. The caller frees. */
int values_print(const struct viod_values *values, const char *name, char **ret_text);

#endif
