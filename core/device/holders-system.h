/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host itself does with a device, which no descriptor of a process shows: mounts, swap,
 * volumes on top of a disk; the default route. */
#ifndef VIOD_HOLDERS_SYSTEM_H
#define VIOD_HOLDERS_SYSTEM_H

#include "device/holder.h"
#include "device/nodes.h"

/** Add what a block device is used for. Nodes that are none, and idle ones, add nothing. -errno. */
int holders_check_disk(struct viod_pf *pf, const struct device_node *node, uint32_t flags,
		       struct viod_holders *holders);

/** Add the PF if the host's default route goes through an interface of it, be it through a bridge
 * or VLAN on top. -errno. */
int holders_check_route(struct viod_pf *pf, struct viod_holders *holders);

#endif
