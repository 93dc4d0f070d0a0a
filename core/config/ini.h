/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The line scanner: it splits the text of a file into statements, each with its position. It knows
 * the syntax and no key. libconfuse never sees the file itself (it exits the process on read errors
 * and interprets special characters); config-convert.c gives it quoted text printed from the
 * statements.
 */
#ifndef VIOD_INI_H
#define VIOD_INI_H

#include "base/diagnostic.h"

/** The most bytes of a configuration file. */
#define CONFIG_FILE_MAX (1024 * 1024)
/** The most errors of one file that are listed; beyond that they are only counted. */
#define CONFIG_ERRORS_MAX 200

struct ini_range {
	unsigned first, last; /* both included */
};

/** One [section] header. A vf section that is neither all nor has ranges has a broken header. */
struct ini_section {
	const char *name;	  /* "pf", "vf", or whatever was written before the first digit */
	bool all;		  /* [vf*] */
	struct ini_range *ranges; /* [vf0-3,8]: sorted, merged */
	size_t n_ranges;
	bool broken; /* the header or a line below it could not be read, so keys may be missing */
	struct viod_where where;
};

/** One "key = value". */
struct ini_statement {
	size_t section;		       /* index; SIZE_MAX in files without sections (viod.conf) */
	char *key;		       /* with '-' for each '_', otherwise as written */
	char *value;		       /* trimmed, comment removed; "" if empty */
	struct viod_where where;       /* of the key */
	struct viod_where value_where; /* of the value */
};

struct ini_file {
	char *file; /* the name that all positions point to; owned */
	char *text; /* the text that names, keys and values point into; owned */
	struct ini_section *sections;
	size_t n_sections;
	struct ini_statement *statements;
	size_t n_statements;
};

/**
 * Scan text of size bytes, which may contain NULs, which are errors. All errors are added to the
 * list. Valid lines are kept, so that the caller can find more errors in them. 0, -EBADMSG after an
 * error (*ret_scan is then set, too), or -ENOMEM. sections: [sections] are allowed, and a key
 * before the first one is an error.
 */
int ini_scan(const char *file, const char *text, size_t size, bool sections,
	     struct diag_list *diags, struct ini_file **ret_scan);
struct ini_file *ini_free(struct ini_file *scan);

/** True if a vf section names the index; how many indices it names (SIZE_MAX for [vf*]). */
bool ini_section_has(const struct ini_section *section, unsigned vf);
size_t ini_section_width(const struct ini_section *section);

#endif
