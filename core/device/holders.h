/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The current holders of functions. The kernel does not protect them: removing, unbinding or
 * resetting a VF that a virtual machine has open blocks without limit, and one in a container
 * disappears silently. So viod searches first, and an unknown answer counts as held.
 */
#ifndef VIOD_HOLDERS_H
#define VIOD_HOLDERS_H

#include "device/holder.h"
#include "device/nodes.h"

/**
 * Find the holders of all VFs and the PF in one pass over /proc. *ret_holders has one entry for
 * each VF of pf->n_vfs, and one more for the PF itself. The caller frees it with holders_free() and
 * the number of VFs. -errno if the answer is unknown, which counts as held.
 */
int holders_find(struct viod_pf *pf, struct viod_holders **ret_holders);
/** The same for one function: most holders of the others are not found. */
int holders_find_of(struct viod_pf *pf, int vf, struct viod_holders **ret_holders);
/** The same for all VFs, and for the PF if self is set, else its entry stays empty. ret_nodes: the
 * nodes that were searched for; the caller frees them with device_nodes_clear(). */
int holders_find_vfs(struct viod_pf *pf, bool self, struct viod_holders **ret_holders,
		     struct device_nodes *ret_nodes);

/** Implement host->holder_of() and host->node_user(). */
int holders_of_other(struct viod_pf *pf, const char *address, struct viod_holder *ret_holder);
int holders_of_node(struct viod_pf *pf, const struct viod_node *node,
		    struct viod_holder *ret_holder);

#endif
