/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a function now. The kernel protects nobody: removing, unbinding or resetting a VF that a
 * virtual machine has open blocks without limit, and one in a container goes silently. So viod asks
 * first, and what it cannot find out counts as held.
 */
#ifndef VIOD_HOLDERS_H
#define VIOD_HOLDERS_H

#include "device/holder.h"
#include "device/nodes.h"

/**
 * Ask for all VFs and the PF in one pass over /proc. ret_holders has one entry for each VF of
 * pf->n_vfs, and one more for the PF itself. The caller frees with holders_free(), which takes the
 * number of VFs. -errno where nothing can be said at all: count that as held.
 */
int holders_find(struct viod_pf *pf, struct viod_holders **ret_holders);
/** The same, where only one function counts: of the others most holders are not found. */
int holders_find_of(struct viod_pf *pf, int vf, struct viod_holders **ret_holders);
/** The same for all VFs; for the PF where self is set, else its entry stays empty. ret_nodes: the
 * nodes that were looked for; the caller frees them with device_nodes_clear(). */
int holders_find_vfs(struct viod_pf *pf, bool self, struct viod_holders **ret_holders,
		     struct device_nodes *ret_nodes);

/** What host->holder_of() and host->node_user() do. */
int holders_of_other(struct viod_pf *pf, const char *address, struct viod_holder *ret_holder);
int holders_of_node(struct viod_pf *pf, const struct viod_node *node,
		    struct viod_holder *ret_holder);

#endif
