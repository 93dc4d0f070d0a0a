/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files: which ones are in force, and what they want. Reads files; touches no device.
 */
#ifndef VIOD_CONFIG_H
#define VIOD_CONFIG_H

#include "config/ini.h"
#include "model/schema.h"
#include "model/value-set.h"

/** A file that counts, after precedence and masks: /etc wins over /run over /usr/lib. */
struct config_file {
	char *name;	 /* "nic0.conf" */
	char *path;	 /* "/etc/vio.d/nic0.conf" */
	char **drop_ins; /* paths, sorted by name, NULL-terminated */
	char *identity;	 /* changes whenever the file or a drop-in was replaced or edited */
};

struct config_files {
	struct config_file *items; /* sorted by name */
	size_t count;
};

/** "etc", "run", "usr/lib", NULL: the trees that configuration is looked for in, first wins. */
extern const char *const config_trees[];

/**
 * List the files of a directory set: NAME ("vio.d") below etc, run and usr/lib of the root (a
 * directory fd; all paths in the result are absolute as seen from that root). Masked ones are left
 * out. Only names ending in ".conf" that do not start with a dot count. Unreadable directories are
 * reported and passed over; 0 or -ENOMEM.
 */
int config_list(int root, const char *name, struct diag_list *diags,
		struct config_files *ret_files);
void config_files_clear(struct config_files *files);

/**
 * Read a file, safely: regular (through symlinks), at most SCAN_FILE_MAX, owned by root (or by the
 * user viod runs as) and not writable by others. -EINVAL after adding an error that says what is
 * wrong; never blocks on a FIFO or device.
 */
int config_read(int root, const char *path, struct diag_list *diags, char **ret_text,
		size_t *ret_size);

/** What one file wants: the typed values of [pf], and of each [vf…] section until the number of VFs
 *  is known. Immutable. */
struct config {
	char *name; /* of the file: "nic0.conf" */
	char *path;
	struct scan **scans; /* the file and its drop-ins: all places point into these */
	size_t n_scans;
	const struct schema *schema;
	struct viod_object *pf;	       /* [pf] */
	struct viod_object *fallbacks; /* of the rows that [pf] does not set */
	/* [pf] first, then the others, the widest first: the order in which they apply. */
	struct config_section *sections;
	size_t n_sections;
	struct config_value *values; /* by section */
	size_t n_values;
};

/** Gives the schema of a kind, or NULL after adding an error to the list that says why. */
typedef const struct schema *(*config_schema_fn)(void *userdata, const char *kind,
						 const struct viod_where *where,
						 struct diag_list *diags);

/**
 * Parse and validate a file with its drop-ins: syntax, keys, types, bounds, VF indices. Everything
 * that is wrong is added to the list, then -EINVAL. Plugins' validate() is not called here.
 */
int config_parse(int root, const struct config_file *file, config_schema_fn schema_of,
		 void *userdata, struct diag_list *diags, struct config **ret_config);
struct config *config_free(struct config *config);

/** Core's own rows of a parsed file, in their C types; NULL where not set and without fallback. */
const void *config_pf_value(const struct config *config, const char *key);
const struct viod_where *config_pf_where(const struct config *config, const char *key);

/**
 * What the file wants of n VFs: for each row of each VF the most specific section that sets it wins
 * ([vf3] over [vf0-3] over [vf*]); for the same section a later drop-in wins. "key =" counts as a
 * value there: the key is not set, whatever wider sections or earlier files say. -ENOMEM.
 */
int config_expand(const struct config *config, size_t n_vfs, struct viod_values **ret_values);

/** A file that is to be in force, beside others. */
struct config_claim {
	const struct config *config; /* NULL: claims nothing */
	const char *path, *address;  /* the address may be NULL: not known */
};

/** Why a file cannot be, for the sake of one before it. Both unset where it can. */
struct config_conflict {
	char *text;   /* what to tell its user; the caller frees it */
	bool same_pf; /* the other file has this very PF */
};

/**
 * Find files that claim the PF of an earlier file, or give a VF what a VF of an earlier file has in
 * a row with VIOD_OPTION_UNIQUE; words do not count. ret_conflicts has a place for each of the n
 * claims, all unset. -ENOMEM.
 */
int config_find_conflicts(const struct config_claim *claims, size_t n_claims,
			  struct config_conflict *ret_conflicts);

/** One past the highest VF index that a section other than [vf*] names. */
size_t config_vfs_named(const struct config *config);

/** viod.conf and its drop-ins: the plugins= list. Lines add up, in the order of the files' names;
 *  an empty value makes it unset again. *ret_set says whether it is set. What is wrong is added to
 *  the list and passed over: 0 or -ENOMEM. NULL-terminated names; the caller frees them with
 *  words_free(). */
int config_plugins(int root, struct diag_list *diags, char ***ret_names, bool *ret_set);

#endif
