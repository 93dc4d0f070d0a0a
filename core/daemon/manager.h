/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the PFs, the watches and the sources of the event loop; logs; talks to systemd. */
#ifndef VIOD_MANAGER_H
#define VIOD_MANAGER_H

#include "daemon/pf.h"

struct manager;

/** The plugins and the roots must outlive the manager. SIGCHLD, SIGTERM, SIGINT and SIGHUP must be
 *  blocked. -EBUSY if another viod uses the same /run. */
int manager_new(const struct roots *roots, const struct loader *loader,
		struct manager **ret_manager);
struct manager *manager_free(struct manager *manager);

/** Read all files, then serve until SIGTERM. 0 or -errno. */
int manager_run(struct manager *manager);

#endif
