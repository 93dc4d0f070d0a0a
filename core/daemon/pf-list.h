/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PFs by their files: reads what changed, and finds files in conflict. A part of the manager.
 */
#ifndef VIOD_PF_LIST_H
#define VIOD_PF_LIST_H

#include "config/config-watch.h"
#include "daemon/pf-device.h"
#include "daemon/pf.h"

struct pf_list {
	const struct pf_environment *environment;
	struct managed_pf **pfs; /* by file name; those without a file last */
	size_t n_pfs;
	bool complete; /* the last listing of the directories was: a file that it lacks was deleted
			*/
	bool again;    /* a file, a record or a name could not be read: look again later */
	struct link_table links;
	struct recorded_files recorded;
	char *reported; /* what was last wrong with the directories */
	bool unswept;	/* a state file could not be removed: status_sweep() is to do it */
};

/** Read the files that changed since the last time, or all of them. -errno, and list->again, if
 * that is not all that there is. */
int pf_list_reload(struct pf_list *list, struct watch *watch, bool all);

/** The kernel may have got interfaces: look for the devices that are not there. True if any was
 * found. */
bool pf_list_resolve(struct pf_list *list);

/** Add a PF; the list owns it then. -ENOMEM. */
int pf_list_insert(struct pf_list *list, struct managed_pf *pf);

/** Free dropped PFs whose job has ended; whether there were any. */
bool pf_list_collect(struct pf_list *list);

void pf_list_clear(struct pf_list *list);

#endif
