/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the device's quirk says in the words of this kind. */
#ifndef NET_QUIRK_H
#define NET_QUIRK_H

#include <viod/net.h>
#include <viod/plugin.h>

/** All zero where no quirk matches, or where it says nothing of the kind. */
struct viod_net_quirk net_quirk(struct viod_pf *pf);

#endif
