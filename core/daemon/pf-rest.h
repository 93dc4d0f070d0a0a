/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What else is wrong with a file that has errors: plugins check what is right in it. */
#ifndef VIOD_PF_REST_H
#define VIOD_PF_REST_H

#include "daemon/pf-state.h"

/** Check the lines of a refused file that have no errors, and report what is wrong with them. rest
 * is only used inside this call. */
void pf_rest_check(struct managed_pf *pf, const struct config *rest);

#endif
