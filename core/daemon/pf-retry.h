/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes a PF look at its device again, for pf.c: why, and how soon. */
#ifndef VIOD_PF_RETRY_H
#define VIOD_PF_RETRY_H

#include "daemon/pf.h"

/** The same job again, each time after twice as long; nothing, where a newer file waits. */
void pf_back_off(struct pf *pf);

/** The same job again before long, and at once when any of these processes ends. pids: array of
 * numbers. */
void pf_wait_for_holders(struct pf *pf, const json_t *pids);
void pf_forget_holders(struct pf *pf);

/** A carrier came, and something may have waited for it. */
void pf_retry_with_carrier(struct pf *pf);

#endif
