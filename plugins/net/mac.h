/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses that viod derives. */
#ifndef VIOD_NET_MAC_H
#define VIOD_NET_MAC_H

#include <viod/plugin.h>

/** The addresses of the words "stable", derived from the machine, the PF and the VF's number, and
 * "legacy", derived from the PF's address alone as in the earlier program of this name. */
int net_mac_stable(struct viod_pf *pf, const char *device, int vf, struct viod_mac *ret_mac);
void net_mac_legacy(const char *device, int vf, struct viod_mac *ret_mac);

#endif
