/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that have a device node open, from /proc. */
#ifndef VIOD_HOLDERS_PROCESS_H
#define VIOD_HOLDERS_PROCESS_H

#include "device/holder.h"
#include "device/nodes.h"

/** One pass over all processes: what it looks for, and what it finds. */
struct holder_search {
	struct viod_pf *pf;
	struct device_nodes nodes;
	struct viod_holders *by_vf;  /* the PF's own come last */
	struct viod_holders unnamed; /* who has a VFIO device open, and nothing tells which */
};

struct viod_holders *holders_of_function(struct holder_search *search, int vf);

/** What the host itself does with a PF, an administrator may override; a process that drives the
 *  function itself would keep the kernel waiting whatever the file says. */
uint32_t holder_flags_of(const struct device_node *node);

/** Look at each open file of each process. -errno where one cannot be looked at: nothing is known
 *  then. */
int holders_scan_processes(struct holder_search *search);

#endif
