/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of the steps of a plan. */
#ifndef VIOD_NET_STEPS_H
#define VIOD_NET_STEPS_H

#include "update.h"

enum net_step_code {
	NET_STEP_VFS, /* data: struct net_batch; of all others struct net_setting */
	NET_STEP_FLAGS,
	NET_STEP_MTU,
	NET_STEP_NAME,
	NET_STEP_OFFLOAD,
	NET_STEP_ESWITCH,
	NET_STEP_INLINE_MODE,
	NET_STEP_ENCAP,
	NET_STEP_PORT_CAP,
};

/** What to set of an interface, or of the eswitch. */
struct net_setting {
	unsigned flags, change; /* IFF_* */
	int64_t number;
	char name[IFNAMSIZ];
};

/** The data of a step for VFs: the updates, followed by the complete message except for the index
 * of the interface, so that there is no pause between steps, even with many VFs.
 */
struct net_batch {
	size_t n_updates, message_size;
	struct net_update updates[];
};

#endif
