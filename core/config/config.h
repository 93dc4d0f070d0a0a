/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files: which ones are in force, and what they want. Reads files and no device.
 */
#ifndef VIOD_CONFIG_H
#define VIOD_CONFIG_H

#include "config/ini.h"
#include "model/schema.h"
#include "model/value-set.h"

/** A file in force, after precedence and masks: /etc wins over /run over /usr/lib. */
struct config_file {
	char *name;	 /* "nic0.conf" */
	char *path;	 /* "/etc/vio.d/nic0.conf" */
	char **drop_ins; /* paths, sorted by name, NULL-terminated */
	char *identity;	 /* changes whenever the file or a drop-in was replaced or edited */
	int error;	 /* -errno: its drop-ins, or whether it is masked, are not known now */
};

struct config_files {
	struct config_file *items; /* sorted by name */
	size_t count;
};

/** "etc", "run", "usr/lib", NULL: the trees with configuration; the first wins. */
extern const char *const config_trees[];

/**
 * List the files of a directory set: NAME ("vio.d") below etc, run and usr/lib of the root (a
 * directory fd; all paths in the result are absolute as seen from that root). Masked files are left
 * out. Only names that end in ".conf" and do not start with a dot count. 0; or -errno if the list
 * is not complete: a directory cannot be read, or belongs to another user, or others may write to
 * it. That is reported. ret_files is set in any case: what it has is certain, and nothing says that
 * another file does not exist.
 */
int config_list(int root, const char *name, struct diag_list *diags,
		struct config_files *ret_files);
void config_files_clear(struct config_files *files);

/**
 * Read a file safely: regular (also through symbolic links), at most CONFIG_FILE_MAX bytes, owned
 * by root (or by the user viod runs as) and not writable by others. -EINVAL after adding an error;
 * another -errno, also after adding one, if it cannot be read now and may be read later. Never
 * blocks on a FIFO or device. The caller frees *ret_text.
 */
int config_read(int root, const char *path, struct diag_list *diags, char **ret_text,
		size_t *ret_size);

/** A parsed file: the typed values of [pf] and of each [vf…] section, which config_expand() applies
 * to a number of VFs. Immutable. */
struct config {
	char *name; /* of the file: "nic0.conf" */
	char *path;
	struct ini_file *
		*scans; /* the file and its drop-ins: struct viod_where points into these */
	size_t n_scans;
	const struct schema *schema;
	struct viod_object *pf;	      /* [pf] */
	struct viod_object *defaults; /* of the rows of [pf] that the file does not set */
	/* In the order in which they apply: [pf], then the others, the widest first. */
	struct config_section *sections;
	size_t n_sections;
	struct config_value *values; /* by section */
	size_t n_values;
};

/** Returns the schema of a kind, or NULL after adding an error. */
typedef const struct schema *(*config_schema_fn)(void *userdata, const char *kind,
						 const struct viod_where *where,
						 struct diag_list *diags);

/**
 * Parse and validate a file with its drop-ins: syntax, keys, types, bounds, VF indices. -EINVAL
 * after adding all errors; another -errno if one of the files cannot be read now. Plugins'
 * validate() is not called here.
 */
int config_parse(int root, const struct config_file *file, config_schema_fn schema_of,
		 void *userdata, struct diag_list *diags, struct config **ret_config);

/** The same; with -EINVAL *ret_rest is what is right in the file, in which more may be wrong, or
 * NULL if its kind is not known. It is for checks alone. */
int config_parse_rest(int root, const struct config_file *file, config_schema_fn schema_of,
		      void *userdata, struct diag_list *diags, struct config **ret_config,
		      struct config **ret_rest);
struct config *config_free(struct config *config);

/** A row of core in [pf], in its C type; NULL if it is neither set nor has a value for that case.
 */
const void *config_pf_value(const struct config *config, const char *key);
const struct viod_where *config_pf_where(const struct config *config, const char *key);

/**
 * What the file wants of n VFs: for each row of each VF, the most specific section that sets it
 * wins ([vf3] over [vf0-3] over [vf*]); for the same section, a later drop-in wins. "key =" counts
 * as setting it: the key is then not set, whatever wider sections or earlier files set. -ENOMEM.
 */
int config_expand(const struct config *config, size_t n_vfs, struct viod_values **ret_values);

/** A file that may come into force beside others. */
struct config_claim {
	const struct config *config; /* NULL: claims nothing */
	const char *path, *address;  /* address is NULL if it is not known */
	bool holds;		     /* the PF is this file's even where config is NULL */
};

/** Why a file is rejected in favour of an earlier one. Zero if it is not rejected. */
struct config_conflict {
	char *text;   /* the error; the caller frees it */
	bool same_pf; /* the other file configures the same PF */
};

/**
 * Find files that claim the PF of an earlier file, or set a row with VIOD_OPTION_UNIQUE to the
 * value that a VF of an earlier file has; words do not count. ret_conflicts has n_claims elements,
 * all zero. -ENOMEM.
 */
int config_find_conflicts(const struct config_claim *claims, size_t n_claims,
			  struct config_conflict *ret_conflicts);

/** The highest VF index that a section other than [vf*] names, plus one; 0 if there is none. */
size_t config_vfs_named(const struct config *config);

/** What viod.conf says of plugins. The lists are NULL-terminated, and have no name in common. */
struct config_plugins {
	char **names;	/* enabled beside those that viod ships */
	char **without; /* left out */
	bool reset;	/* those that viod ships are not enabled unless they are among the names */
};

/** Read plugins= of viod.conf and its drop-ins. Lines add up, in the order of the files' names: the
 * last word for a plugin counts, and an empty value resets all before it. Errors are added and the
 * words concerned ignored. 0; -errno if a file cannot be read now, so that the plugins are not
 * known. */
int config_plugins(int root, struct diag_list *diags, struct config_plugins *ret_plugins);
void config_plugins_clear(struct config_plugins *plugins);

#endif
