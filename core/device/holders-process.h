/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that have a device node open, from /proc. */
#ifndef VIOD_HOLDERS_PROCESS_H
#define VIOD_HOLDERS_PROCESS_H

#include "device/holder.h"
#include "device/nodes.h"

/** One pass over all processes: what it searches for, and what it finds. */
struct holder_search {
	struct viod_pf *pf;
	struct device_nodes nodes;
	struct viod_holders *by_vf; /* the PF's own are last */
	struct viod_holders
		unnamed; /* processes with a file open whose function the kernel does not name */
};

struct viod_holders *holders_of_function(struct holder_search *search, int vf);

/** 'force = yes' overrides uses of a PF by the host, but not a process that drives the function
 * itself: the kernel would wait for it without limit. */
uint32_t holder_flags_of(const struct device_node *node);

/** Find the processes that use a node of the search. All searches of a job share one pass over
 * /proc, pf->processes, until it is old. -errno if a process cannot be read: the holders are then
 * unknown. */
int holders_scan_processes(struct holder_search *search);

#endif
