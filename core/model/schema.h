/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All rows that a file of one kind may set: those of core, of the kind, of its quirks and of the
 * driver plugins. Each plugin's struct is one block of an object; a row's offset is relative to the
 * object.
 */
#ifndef VIOD_SCHEMA_H
#define VIOD_SCHEMA_H

#include <viod/plugin.h>

#include "base/diagnostic.h"

/** The most rows of one scope, and the most bytes of one plugin's struct. */
#define SCHEMA_ROWS_MAX 128
/** More than rows, so that an empty slot ends each search. */
#define SCHEMA_SLOTS 256
#define SCHEMA_BLOCK_MAX 65536

struct schema_row {
	const struct viod_option *option;
	const struct viod_plugin *owner;
	size_t offset; /* into the object */
	size_t index;  /* in its scope */
};

/* A quirk's own declaration of a key that its kind or another quirk declares too: one row, which is
 * the quirk's on its devices. */
struct schema_alias {
	const struct viod_option *option;
	const struct viod_plugin *owner;
	size_t index; /* of the row in its scope */
};

struct schema_block {
	const struct viod_plugin *owner;
	size_t offset, size;
	size_t first_row, n_rows;
};

struct schema_scope {
	struct schema_row *rows;
	size_t n_rows;
	struct schema_block *blocks;
	size_t n_blocks;
	struct schema_alias *aliases; /* the first declaration of a row stands before the others */
	size_t n_aliases;
	size_t size;		     /* bytes of one object */
	uint8_t slots[SCHEMA_SLOTS]; /* a hash of options: index of the row plus one, or 0 */
};

struct schema {
	char *kind;
	const struct viod_plugin **plugins; /* in the order their ops run */
	size_t n_plugins;
	struct schema_scope scopes[VIOD_SCOPE_MAX_];
	/* The next kind's schema, in a ring that the owner of all schemas closes, or NULL. Only
	 * read for the error that a key belongs to another kind. */
	const struct schema *next;
};

/** True for the name of a plugin, which is part of a file name: lower-case letters, digits, '-' and
 * '_', of which the first is a letter or digit. name has length bytes. */
bool plugin_name_valid(const char *name, size_t length);

/** The scope of the rows of the PF (VIOD_PF) or of a VF. */
static inline enum viod_scope schema_scope_of(int vf)
{
	return vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF;
}

/**
 * Check the rows of a single plugin: known types and scopes, keys well formed and unique, offset
 * and size inside the plugin's struct and right for the type. 0, or -EINVAL after adding precise
 * errors, which do not name the plugin.
 */
int schema_check_rows(const struct viod_plugin *plugin, struct diag_list *diags);

/**
 * Merge the rows of the plugins, core's own first. -EEXIST after an error that names both plugins
 * if two of them have the same key, unless the second is a quirk, the first is its kind or another
 * quirk, and both rows have the same values; -E2BIG beyond SCHEMA_ROWS_MAX. plugins is copied.
 */
int schema_new(const char *kind, const struct viod_plugin *const *plugins, size_t n_plugins,
	       struct diag_list *diags, struct schema **ret_schema);
struct schema *schema_free(struct schema *schema);

/** Rows that several plugins declare belong to this one from now on, where it is among them, and to
 * the first of them otherwise. NULL: no quirk fits the device. */
void schema_choose(struct schema *schema, const struct viod_plugin *quirk);

/** The row of a key; '_' in the key counts as '-'. NULL if there is none. */
const struct schema_row *schema_find(const struct schema *schema, enum viod_scope scope,
				     const char *key);
/** Make schema_row_of() find the rows as they are now. schema_new() and schema_choose() do it. */
void schema_index(struct schema *schema);
/** The row of an option that belongs to one of the schema's plugins, or NULL. */
const struct schema_row *schema_row_of(const struct schema *schema,
				       const struct viod_option *option);

#endif
