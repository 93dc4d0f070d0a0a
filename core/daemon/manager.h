/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns everything the daemon has: the PFs, the watches, the loop's sources. It logs. */
#ifndef VIOD_MANAGER_H
#define VIOD_MANAGER_H

#include "daemon/pf.h"

struct manager;

/** The plugins and the roots must outlive the manager. SIGCHLD, SIGTERM, SIGINT and SIGHUP must be
 *  blocked. -EBUSY where another viod runs on the same /run. */
int manager_new(const struct roots *roots, const struct loader *loader,
		struct manager **ret_manager);
struct manager *manager_free(struct manager *manager);

/** Read all files, then serve until SIGTERM. 0 or -errno. */
int manager_run(struct manager *manager);

#endif
