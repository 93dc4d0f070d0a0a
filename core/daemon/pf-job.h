/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job of a PF: starts it when something is wanted, and reports what becomes of it. */
#ifndef VIOD_PF_JOB_H
#define VIOD_PF_JOB_H

#include "daemon/pf-state.h"

/** Start the next job, if one is wanted, its time has come and it may run. */
void pf_pump(struct managed_pf *pf);

#endif
