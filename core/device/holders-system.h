/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uses of a device by the host that no descriptor of a process shows: mounts, swap, volumes on top
 * of a disk, the default route. */
#ifndef VIOD_HOLDERS_SYSTEM_H
#define VIOD_HOLDERS_SYSTEM_H

#include "device/holder.h"
#include "device/nodes.h"

/** Add the uses of a block device. Other nodes and idle ones add nothing. -errno. */
int holders_check_disk(struct viod_pf *pf, const struct device_node *node, uint32_t flags,
		       struct viod_holders *holders);

/** Add the host if its default route uses an interface of the PF, also through a bridge or VLAN on
 * top. -errno. */
int holders_check_route(struct viod_pf *pf, struct viod_holders *holders);

#endif
