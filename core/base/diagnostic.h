/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What went wrong, collected where it happens and logged once, at the top. A diagnostic crosses
 * from a job to the daemon as one JSON object.
 */
#ifndef VIOD_DIAGNOSTIC_H
#define VIOD_DIAGNOSTIC_H

#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <viod/plugin.h>

#include "base/util.h"

struct diag {
	enum viod_severity severity;
	int error;	       /* positive errno, or 0 */
	int vf;		       /* VIOD_PF, or an index */
	char *file;	       /* NULL: not about a file */
	unsigned line, column; /* 0: not about a line */
	char *text;	       /* "what is wrong; what would be right" */
};

struct diag_list {
	struct diag *items;
	size_t count;
};

#define _cleanup_diags_ _cleanup_(diag_list_clear)

/** Add a diagnostic; its text is formatted here. Without memory the list stays as it is. */
void diag_add(struct diag_list *list, enum viod_severity severity, int vf,
	      const struct viod_where *where, int error, const char *format, ...) PRINTF_LIKE(6, 7);
void diag_add_v(struct diag_list *list, enum viod_severity severity, int vf,
		const struct viod_where *where, int error, const char *format, va_list arguments)
	PRINTF_LIKE(6, 0);

/** True for the same line of the same file. NULL, or a place in no file, is like no other. */
bool diag_same_line(const struct viod_where *a, const struct viod_where *b);

/** Number of VIOD_ERROR entries. */
size_t diag_errors(const struct diag_list *list);

/** The first VIOD_ERROR of the VF (VIOD_PF: of the PF itself), or NULL. */
const struct diag *diag_first_error(const struct diag_list *list, int vf);

/** "FILE:LINE:COL: text", without the parts that are unknown. The caller frees it. NULL: no
 * memory. */
char *diag_text(const struct diag *diag);

/** Move all of source to the end of list; source is empty afterwards. */
void diag_list_move(struct diag_list *list, struct diag_list *source);
void diag_list_clear(struct diag_list *list);

/** A new reference, or NULL without memory. */
json_t *diag_to_json(const struct diag *diag);
/** Append a diagnostic that diag_to_json() wrote. -EBADMSG if the object is not one, -ENOMEM. */
int diag_from_json(struct diag_list *list, const json_t *json);

#endif
