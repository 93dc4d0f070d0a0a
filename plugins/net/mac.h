/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses that viod derives. */
#ifndef VIOD_NET_MAC_H
#define VIOD_NET_MAC_H

#include <viod/plugin.h>

/** Addresses that a VF gets from words: derived from the machine, the PF and the VF's number; and
 *  as the earlier program of this name did, from the PF's address alone. */
void net_mac_stable(const char *machine, const char *device, int vf, struct viod_mac *ret_mac);
void net_mac_legacy(const char *device, int vf, struct viod_mac *ret_mac);

#endif
