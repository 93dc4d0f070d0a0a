/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file asks for which PF: reads what changed, settles two files that want one PF, and finds
 * PFs that no file asks for any more. A part of the manager.
 */
#ifndef VIOD_PF_LIST_H
#define VIOD_PF_LIST_H

#include "config/config-watch.h"
#include "daemon/pf.h"

struct files {
	const struct pf_environment *environment;
	struct pf **pfs; /* by file name; those without a file last */
	size_t n_pfs;
};

/** Read the files that changed since the last time, or all of them. -ENOMEM. */
int files_reload(struct files *files, struct watch *watch, bool all);

/** Of several files for one PF only the first by name counts. */
void files_find_conflicts(struct files *files);

/** Start to give back each PF that has a record and no file. -errno. */
int files_release_unclaimed(struct files *files);

/** Free PFs that are gone; whether there were any. */
bool files_collect(struct files *files);

void files_clear(struct files *files);

#endif
