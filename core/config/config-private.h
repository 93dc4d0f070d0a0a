/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files that implement config.h; no other file includes it. */
#ifndef VIOD_CONFIG_PRIVATE_H
#define VIOD_CONFIG_PRIVATE_H

#include <sys/stat.h>

#include "config/config.h"

/** No section: statements below an unknown header are ignored. */
#define NO_SECTION SIZE_MAX

/** A statement and its value. "key =" has none: it means that the key is not set, and overrides the
 * value of a less specific section or an earlier drop-in, as any other value does. */
struct config_value {
	const struct ini_statement *statement;
	const struct schema_row *row; /* NULL: the key is unknown */
	void *data;		      /* option->size bytes; NULL: not set */
	size_t section;		      /* index into the sections of the configuration */
	size_t scan;		      /* index of the file */
};

/** All headers of a file and its drop-ins that name the same VFs. The first section is [pf]. */
struct config_section {
	const struct ini_section *header;    /* the first; NULL if there is no [pf] */
	bool broken;			     /* one of the headers is broken */
	size_t width;			     /* number of VFs; SIZE_MAX for [vf*] */
	size_t first_value, n_values;	     /* of the configuration's; sorted by key */
	uint64_t rows[SCHEMA_ROWS_MAX / 64]; /* the rows that are set here, also to nothing */
};

/** One run of config_parse(). */
struct config_parse {
	struct config *config;
	struct diag_list diags; /* in the order of discovery */
	size_t errors;		/* all that were found, also those beyond the limit of the list */
	int unread;		/* -errno: one of the files cannot be read now */
	size_t **sections_of;	/* by file and header: index of the section, or NO_SECTION */
	const char *kind;
};

/** Add an error; beyond CONFIG_ERRORS_MAX it is only counted. */
void parse_error(struct config_parse *parse, const struct viod_where *where, const char *format,
		 ...) PRINTF_LIKE(3, 4);

/** Open, or stat, a path as seen from the root: links are resolved below it, too. A file descriptor
 * or 0; -errno. */
int config_open_in_root(int root, const char *path, int flags);
int config_stat_in_root(int root, const char *path, struct stat *ret_status);

/** The path of NAME in the first tree that has it; NULL if none has it, or it is masked. -errno if
 * that is not known now. */
int config_tree_file(int root, const char *name, char **ret_path);

/** Bytes of a section or a place in messages. */
#define SECTION_TEXT_MAX 64
#define PLACE_TEXT_MAX 320
/** "[vf0-3,8]", shortened if it is long. */
const char *section_text(const struct ini_section *section, char ret_text[static SECTION_TEXT_MAX]);
/** "line 5", or "line 5 of FILE" if it is in another file than from. */
const char *place_text(const struct viod_where *place, const struct viod_where *from,
		       char ret_text[static PLACE_TEXT_MAX]);

/* config-sections.c: headers and keys. Errors are added; 0 or -ENOMEM. */
int parse_sections(struct config_parse *parse);
int parse_statements(struct config_parse *parse);
void parse_rows(struct config_parse *parse);
/** Sort the values, report duplicates, and keep the last value of each key. */
void parse_duplicates(struct config_parse *parse);

/* config-convert.c: text to values, by libconfuse. */
int parse_values(struct config_parse *parse);

/* config-check.c: checks between sections. */
int parse_checks(struct config_parse *parse);

#endif
