/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of a file that is wrong for many VFs is one line of the log. */
#ifndef VIOD_DIAG_FOLD_H
#define VIOD_DIAG_FOLD_H

#include "base/diagnostic.h"

/** Copy a list: of the diagnostics of several VFs about one place of a file that differ only in
 * numbers and addresses, the first, with the other VFs named. Without memory some are missing. */
void diag_fold(const struct diag_list *diags, struct diag_list *ret_folded);

#endif
