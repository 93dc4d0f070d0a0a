/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that cannot be in force together: two for one PF, or with a value that must be unique. */
#ifndef VIOD_PF_CONFLICTS_H
#define VIOD_PF_CONFLICTS_H

#include "daemon/pf-device.h"
#include "daemon/pf.h"

/** Refuse each file that is in conflict with another one, and allow those that are not any more. A
 * file that is in force stays in force, also if it has errors by now, and over restarts; of others
 * the first by name is. pfs are sorted by the names of their files. */
void pf_conflicts_settle(const struct pf_environment *environment, struct recorded_files *recorded,
			 struct managed_pf *const *pfs, size_t n_pfs);

#endif
