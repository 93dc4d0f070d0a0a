/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The line scanner: a file's text becomes statements, each with its place. It knows the syntax of
 * design 5 and no key. libconfuse never sees the file itself (it exits the process on read errors
 * and guesses at characters that mean something to it); config.c hands it quoted text made from
 * these.
 */
#ifndef VIOD_INI_H
#define VIOD_INI_H

#include "base/diagnostic.h"

/** Bytes of a configuration file at most. */
#define SCAN_FILE_MAX (1024 * 1024)
/** Errors of one file that are listed; past that only their number is told. */
#define SCAN_ERRORS_MAX 200

struct scan_range {
	unsigned first, last; /* both included */
};

/** One [section] header. A vf section that is neither all nor has ranges is a broken one. */
struct scan_section {
	const char *name;	   /* "pf", "vf", or whatever was written before the first digit */
	bool all;		   /* [vf*] */
	struct scan_range *ranges; /* [vf0-3,8]: sorted, merged */
	size_t n_ranges;
	bool broken; /* the header or a line below it could not be read: keys may be missing */
	struct viod_where where;
};

/** One "key = value". */
struct scan_statement {
	size_t section;		       /* index; SIZE_MAX in files without sections (viod.conf) */
	char *key;		       /* '_' read as '-', lower case kept as written otherwise */
	char *value;		       /* trimmed, comment removed; "" where empty */
	struct viod_where where;       /* of the key */
	struct viod_where value_where; /* of the value */
};

struct scan {
	char *file; /* the name that all places point to; owned */
	char *text; /* what names, keys and values point into; owned */
	struct scan_section *sections;
	size_t n_sections;
	struct scan_statement *statements;
	size_t n_statements;
};

/**
 * Scan text (size bytes, may hold NULs, which are errors). All errors are added to the list, the
 * good lines are kept, so that a caller can find more errors in them. 0, -EBADMSG where there was
 * an error (*ret_scan is set then, too), -ENOMEM. sections says whether [sections] are allowed;
 * where they are, a key before the first one is an error.
 */
int scan_text(const char *file, const char *text, size_t size, bool sections,
	      struct diag_list *diags, struct scan **ret_scan);
struct scan *scan_free(struct scan *scan);

/** Whether a vf section names the index, and how many indices it names (SIZE_MAX for [vf*]). */
bool scan_section_has(const struct scan_section *section, unsigned vf);
size_t scan_section_width(const struct scan_section *section);

#endif
