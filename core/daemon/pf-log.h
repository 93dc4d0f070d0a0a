/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the log says of a PF. */
#ifndef VIOD_PF_LOG_H
#define VIOD_PF_LOG_H

#include "base/log.h"
#include "daemon/pf.h"

/** The journal fields of a PF; valid as long as the PF stays as it is. */
struct log_about pf_log_about(const struct managed_pf *pf);

/** Log the state that is shown, if it is news. */
void pf_log_state(struct managed_pf *pf);

#endif
