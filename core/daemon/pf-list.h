/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PFs by their files: reads what changed, finds files in conflict, and PFs that no file asks
 * for any more. A part of the manager.
 */
#ifndef VIOD_PF_LIST_H
#define VIOD_PF_LIST_H

#include "config/config-watch.h"
#include "daemon/pf.h"

struct pf_list {
	const struct pf_environment *environment;
	struct managed_pf **pfs; /* by file name; those without a file last */
	size_t n_pfs;
};

/** Read the files that changed since the last time, or all of them. -ENOMEM. */
int pf_list_reload(struct pf_list *list, struct watch *watch, bool all);

/** The kernel may have got interfaces: resolve the names that it did not know. */
void pf_list_resolve(struct pf_list *list);

/** Start to release each PF that has a record and no file. -errno. */
int pf_list_release_unclaimed(struct pf_list *list);

/** Free dropped PFs whose job has ended; whether there were any. */
bool pf_list_collect(struct pf_list *list);

void pf_list_clear(struct pf_list *list);

#endif
