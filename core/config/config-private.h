/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that make up config.h share; nobody else includes it. */
#ifndef VIOD_CONFIG_PRIVATE_H
#define VIOD_CONFIG_PRIVATE_H

#include "config/config.h"

/** No section: what stands below an unknown header counts nowhere. */
#define NO_SECTION SIZE_MAX

/** A statement on its way to a value. "key =" has none: it means that the key is not set, and hides
 *  the value of a less specific section and of an earlier drop-in as any other value would. */
struct config_value {
	const struct scan_statement *statement;
	const struct schema_row *row; /* NULL: the key is unknown */
	void *data;		      /* option->size bytes; NULL: not set */
	size_t section;		      /* index into the sections of the configuration */
	size_t scan;		      /* index of the file */
};

/** All headers, of a file and its drop-ins, that name the same VFs; the first section is [pf]. */
struct config_section {
	const struct scan_section *header;   /* the first; NULL where there is no [pf] */
	bool broken;			     /* one of the headers is */
	size_t width;			     /* number of VFs; SIZE_MAX for [vf*] */
	size_t first_value, n_values;	     /* of the configuration's; sorted by key */
	uint64_t rows[SCHEMA_ROWS_MAX / 64]; /* that have a value here, even an empty one */
};

/** One run of config_parse(). */
struct config_parse {
	struct config *config;
	struct diag_list diags; /* in the order of discovery */
	size_t errors;		/* found by these functions; more than are in the list */
	size_t **sections_of;	/* by file and header: index of the section, or NO_SECTION */
	const char *kind;
};

/** Add an error; past SCAN_ERRORS_MAX it is only counted. */
void parse_error(struct config_parse *parse, const struct viod_where *where, const char *format,
		 ...) PRINTF_LIKE(3, 4);

/** The path of NAME in the first tree that has it; NULL where none has, or where it is masked. */
int config_tree_file(int root, const char *name, char **ret_path);

/** Bytes of a section or a place in messages. */
#define SECTION_TEXT_MAX 64
#define PLACE_TEXT_MAX 320
/** "[vf0-3,8]", with the end left out where it is long. */
const char *section_text(const struct scan_section *section,
			 char ret_text[static SECTION_TEXT_MAX]);
/** "line 5", or "line 5 of FILE" where it is another file than the message is about. */
const char *place_text(const struct viod_where *place, const struct viod_where *from,
		       char ret_text[static PLACE_TEXT_MAX]);

/* config-sections.c: headers and keys. 0 or -ENOMEM; errors are added. */
int parse_sections(struct config_parse *parse);
int parse_statements(struct config_parse *parse);
void parse_rows(struct config_parse *parse);
/** Sort the values, complain about duplicates, and keep the last of each key. */
void parse_duplicates(struct config_parse *parse);

/* config-convert.c: text to values, by libconfuse. */
int parse_values(struct config_parse *parse);

/* config-check.c: what is wrong between sections. */
int parse_checks(struct config_parse *parse);

#endif
