/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon keeps of a job's result for as long as the PF lives: the state file's text, and
 * which VFs there are. A tree of JSON would need ten times the memory, for each VF of the machine.
 */
#ifndef VIOD_VF_REPORT_H
#define VIOD_VF_REPORT_H

#include <jansson.h>

#include "base/util.h"

struct report {
	char *pf, *facts; /* JSON: objects; NULL before the first result */
	char *vfs;	  /* JSON: an array, one line for each VF; NULL before the first result */
	char **addresses; /* by VF; NULL: it has none */
	const char **sorted; /* those that are not NULL */
	size_t n_vfs, n_sorted, n_held, n_lent, n_failed;
};

/** Replace the report by that of a job's result. vf_lines: the VFs as the job wrote them, one JSON
 * object a line with commas between; NULL for none. 1; 0 if it is the same as before; -ENOMEM:
 * nothing is replaced. */
int report_replace(struct report *report, const json_t *result, const char *vf_lines);
void report_clear(struct report *report);

/** Whether one of the VFs has this address. */
bool report_has_vf(const struct report *report, const char *address);

#endif
