/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/value-set.h"

#include <errno.h>
#include <string.h>

static const struct viod_where nowhere;

static bool is_known(const struct viod_object *object, const struct schema_row *row)
{
	return object->known[row->index / 64] >> (row->index % 64) & 1;
}

struct viod_object *object_new(const struct schema *schema, enum viod_scope scope)
{
	return calloc(1, sizeof(struct viod_object) + schema->scopes[scope].size);
}

struct viod_object *object_free(struct viod_object *object)
{
	while (object && object->records) {
		struct object_records *records = object->records;

		object->records = records->next;
		free(records);
	}
	if (object)
		free(object->where);
	free(object);
	return NULL;
}

static void drop_records(struct viod_object *object, size_t row)
{
	for (struct object_records **at = &object->records; *at; at = &(*at)->next)
		if ((*at)->row == row) {
			struct object_records *records = *at;

			*at = records->next;
			free(records);
			return;
		}
}

/* Replace the records of a row. The table may be the one that is there. */
static int put_table(struct viod_object *object, const struct schema_row *row,
		     const struct viod_table *table)
{
	size_t size = (size_t)table->count * row->option->record_size;
	struct object_records *records;

	if (table->count > TABLE_RECORDS_MAX)
		return -E2BIG;
	records = malloc(sizeof(*records) + size);
	if (!records)
		return -ENOMEM;
	if (size)
		memcpy(records->data, table->records, size);
	drop_records(object, row->index);
	records->row = row->index;
	records->next = object->records;
	object->records = records;
	memcpy(object->data + row->offset,
	       &(struct viod_table){ .records = records->data, .count = table->count },
	       sizeof(*table));
	return 0;
}

static struct viod_object *object_copy(const struct schema *schema, enum viod_scope scope,
				       const struct viod_object *source)
{
	struct viod_object *copy = object_new(schema, scope);
	size_t n_rows = schema->scopes[scope].n_rows;

	if (!copy)
		return NULL;
	if (source->where) {
		copy->where = calloc(n_rows, sizeof(struct viod_where *));
		if (!copy->where)
			return object_free(copy);
		memcpy(copy->where, source->where, n_rows * sizeof(struct viod_where *));
	}
	memcpy(copy->known, source->known, sizeof(copy->known));
	memcpy(copy->data, source->data, schema->scopes[scope].size);
	for (const struct object_records *records = source->records; records;
	     records = records->next) {
		const struct schema_row *row = &schema->scopes[scope].rows[records->row];

		if (put_table(copy, row, (const struct viod_table *)(source->data + row->offset)) <
		    0)
			return object_free(copy);
	}
	return copy;
}

int values_new(const struct schema *schema, size_t n_vfs, struct viod_values **ret_values)
{
	_cleanup_values_ struct viod_values *values = calloc(1, sizeof(*values));
	int r;

	if (!values)
		return -ENOMEM;
	values->schema = schema;
	values->pf = object_new(schema, VIOD_SCOPE_PF);
	if (!values->pf)
		return -ENOMEM;
	r = values_resize(values, n_vfs);
	if (r < 0)
		return r;
	*ret_values = TAKE_PTR(values);
	return 0;
}

int values_copy(const struct viod_values *values, struct viod_values **ret_values)
{
	_cleanup_values_ struct viod_values *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	copy->schema = values->schema;
	copy->pf = object_copy(values->schema, VIOD_SCOPE_PF, values->pf);
	copy->vfs = calloc(MAX(values->n_vfs, 1u), sizeof(struct viod_object *));
	if (!copy->pf || !copy->vfs)
		return -ENOMEM;
	for (; copy->n_vfs < values->n_vfs; copy->n_vfs++) {
		copy->vfs[copy->n_vfs] =
			object_copy(values->schema, VIOD_SCOPE_VF, values->vfs[copy->n_vfs]);
		if (!copy->vfs[copy->n_vfs])
			return -ENOMEM;
	}
	*ret_values = TAKE_PTR(copy);
	return 0;
}

struct viod_values *values_free(struct viod_values *values)
{
	if (!values)
		return NULL;
	for (size_t i = 0; i < values->n_vfs; i++)
		object_free(values->vfs[i]);
	free(values->vfs);
	object_free(values->pf);
	free(values);
	return NULL;
}

int values_resize(struct viod_values *values, size_t n_vfs)
{
	size_t have = values->n_vfs;
	struct viod_object **vfs;

	if (n_vfs > have) {
		vfs = reallocarray(values->vfs, n_vfs, sizeof(*vfs));
		if (!vfs)
			return -ENOMEM;
		values->vfs = vfs;
		for (; have < n_vfs; have++) {
			vfs[have] = object_new(values->schema, VIOD_SCOPE_VF);
			if (!vfs[have]) {
				while (have > values->n_vfs)
					object_free(vfs[--have]);
				return -ENOMEM;
			}
		}
	}
	while (have > n_vfs)
		object_free(values->vfs[--have]);
	values->n_vfs = n_vfs;
	return 0;
}

struct viod_object *values_object(const struct viod_values *values, int vf)
{
	if (vf == VIOD_PF)
		return values->pf;
	return vf >= 0 && (size_t)vf < values->n_vfs ? values->vfs[vf] : NULL;
}

/* A plugin that reads a row of [pf] from a VF gets NULL instead of the bytes of another row. */
static struct viod_object *object_of(const struct viod_values *values, int vf,
				     const struct schema_row *row)
{
	return row->option->scope == schema_scope_of(vf) ? values_object(values, vf) : NULL;
}

const void *values_get(const struct viod_values *values, int vf, const struct schema_row *row)
{
	const struct viod_object *object = object_of(values, vf, row);

	return object && is_known(object, row) ? object->data + row->offset : NULL;
}

int values_put(struct viod_values *values, int vf, const struct schema_row *row, const void *value,
	       const struct viod_where *where)
{
	struct viod_object *object = object_of(values, vf, row);
	int r = 0;

	if (!object)
		return 0;
	if (row->option->type == VIOD_TYPE_TABLE)
		r = put_table(object, row, value);
	else
		memcpy(object->data + row->offset, value, row->option->size);
	if (r < 0) {
		values_forget(values, vf, row);
		return r;
	}
	object->known[row->index / 64] |= 1ull << (row->index % 64);
	/* Only values of a file have a line; states need no array. */
	if (where && !object->where)
		object->where = calloc(values->schema->scopes[schema_scope_of(vf)].n_rows,
				       sizeof(struct viod_where *));
	if (object->where)
		object->where[row->index] = where;
	return 0;
}

void values_forget(struct viod_values *values, int vf, const struct schema_row *row)
{
	struct viod_object *object = object_of(values, vf, row);

	if (!object)
		return;
	/* viod_struct() promises that fields that are not known are zero. */
	memset(object->data + row->offset, 0, row->option->size);
	if (row->option->type == VIOD_TYPE_TABLE)
		drop_records(object, row->index);
	object->known[row->index / 64] &= ~(1ull << (row->index % 64));
	if (object->where)
		object->where[row->index] = NULL;
}

const struct viod_where *values_where(const struct viod_values *values, int vf,
				      const struct schema_row *row)
{
	const struct viod_object *object = object_of(values, vf, row);

	if (!object || !object->where || !object->where[row->index])
		return &nowhere;
	return object->where[row->index];
}

/* --- as a file ---------------------------------------------------------------------------------
 */

/* True if the scanner reads the text back unchanged: a file has neither quotes nor escapes. */
static bool can_be_written(const char *text)
{
	size_t length = strlen(text);

	if (printable_prefix(text, length) < length || strstr(text, " #") || strstr(text, "\t#") ||
	    *text == '#' || strchr(" \t", text[length - 1]) || strchr(" \t", *text))
		return false;
	return length < 2 || !strchr("\"'", *text) || text[length - 1] != *text;
}

static void print_row(FILE *file, const struct schema_row *row, const void *value)
{
	char text[VALUE_TEXT_MAX];

	if (value_format(row->option, value, text, sizeof(text)) < 0)
		return;
	/* "key =" means not set, which is equivalent to an empty string: neither wants anything. */
	if (*text && can_be_written(text))
		fprintf(file, "%s = %s\n", row->option->key, text);
	else
		fprintf(file, "# %s: %s\n", row->option->key,
			*text ? "its value cannot be written in a file" : "empty");
}

static void print_function(FILE *file, const struct viod_values *values, int vf)
{
	const struct schema_scope *scope = &values->schema->scopes[schema_scope_of(vf)];
	bool header = vf == VIOD_PF;

	for (size_t i = 0; i < scope->n_rows; i++) {
		const struct schema_row *row = &scope->rows[i];
		const void *value = values_get(values, vf, row);

		if (!value || (row->option->flags & VIOD_OPTION_INTERNAL))
			continue;
		if (vf == VIOD_PF &&
		    (streq(row->option->key, "name") || streq(row->option->key, "kind")))
			continue;
		if (!header)
			fprintf(file, "\n[vf%d]\n", vf);
		header = true;
		print_row(file, row, value);
	}
}

int values_print(const struct viod_values *values, const char *name, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool failed;

	if (!file)
		return -ENOMEM;
	fprintf(file, "[pf]\nname = %s\nkind = %s\n", name, values->schema->kind);
	print_function(file, values, VIOD_PF);
	for (size_t i = 0; i < values->n_vfs; i++)
		print_function(file, values, (int)i);
	failed = ferror(file);
	if (fclose(file) != 0 || failed)
		return -ENOMEM;
	*ret_text = TAKE_PTR(text);
	return 0;
}
