/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a VF that a stuck job waits for. */
#ifndef VIOD_PF_STUCK_H
#define VIOD_PF_STUCK_H

#include "daemon/pf-state.h"

/** Find out who holds a VF of a stuck PF, in a job of its own, and add that to the PF's error. */
void pf_stuck_look(struct managed_pf *pf);

#endif
