/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only way to log: structured fields to the journal if stderr is connected to it, else plain
 * lines on stderr. Only daemon/ logs. */
#ifndef VIOD_LOG_H
#define VIOD_LOG_H

#include <syslog.h>

#include "base/diagnostic.h"

/* One identifier for each event that an administrator may want to look up; etc/viod.catalog
 * explains them. */
#define LOG_ID_CONFIGURED "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a01"
#define LOG_ID_INVALID "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a02"
#define LOG_ID_DEGRADED "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a03"
#define LOG_ID_BLOCKED "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a04"
#define LOG_ID_STUCK "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a05"
#define LOG_ID_CRASHED "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a06"
#define LOG_ID_DRIFT "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a07"
#define LOG_ID_PLUGIN "5b1e3c4f0a6d4f0b9d6f4a7f3f0c2a08"

/** What a line is about; parts that do not apply are NULL (vf: VIOD_PF). */
struct log_about {
	const char *pf, *kind, *state, *file, *message_id;
	int vf;
};

/** Choose where to log: the journal if stderr is connected to it, else stderr. */
void log_open(void);

/** Log one line. */
void log_line(int priority, const struct log_about *about, const char *format, ...)
	PRINTF_LIKE(3, 4);

/** Log a diagnostic, with its place in CONFIG_FILE and CONFIG_LINE. */
void log_diag(const struct log_about *about, const struct diag *diag);
/** Log all of a list. */
void log_diag_list(const struct log_about *about, const struct diag_list *diags);

#endif
