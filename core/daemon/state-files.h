/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What other programs can read of viod: state/ADDRESS.json, metrics.prom and the service manager's
 * status. */
#ifndef VIOD_STATE_FILES_H
#define VIOD_STATE_FILES_H

#include "daemon/pf.h"

/** Write /run/viod/state/ADDRESS.json of a PF, or NAME.json while its address is not known. A PF
 *  without either has no file. -errno. */
int status_write(const struct roots *roots, const struct managed_pf *pf);
/** Remove it. -errno. */
int status_remove(const struct roots *roots, const struct managed_pf *pf);
/** Remove the files of PFs that are not among these: they were written before a restart, or could
 * not be removed. -errno: some are left. */
int status_sweep(const struct roots *roots, struct managed_pf *const *pfs, size_t n_pfs);

/** Write /run/viod/metrics.prom for a textfile collector. -errno. */
int status_write_metrics(const struct roots *roots, struct managed_pf *const *pfs, size_t n_pfs);

/** "0000:05:00.0: 12/64 VFs", or how many PFs are in which state. The caller frees. */
char *status_line(struct managed_pf *const *pfs, size_t n_pfs);

#endif
