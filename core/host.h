/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that core offers to plugins, and the way it calls theirs. */
#ifndef VIOD_HOST_H
#define VIOD_HOST_H

#include "device.h"
#include "values.h"

/** The table that the loader stores in each plugin. */
extern const struct viod_host host_table;

/* Around each op: progress names the plugin and the op while it runs, so that a crash can be told.
 */
void host_enter(struct viod_pf *pf, const struct viod_plugin *plugin, const char *op);
void host_leave(struct viod_pf *pf);

/** An op that failed without a word still owes the user one. Returns r. */
int host_explain(struct viod_pf *pf, const struct viod_plugin *plugin, const char *op, int r,
		 size_t errors_before);

enum host_op {
	HOST_VALIDATE, /* wanted */
	HOST_OBSERVE,  /* state */
	HOST_COMPLETE, /* both */
	HOST_INSPECT,  /* both */
};

/** Call an op of every plugin that concerns the PF, in their order, and go on after an error, so
 * that all of them are told at once. 0, or the first error. */
int host_run(struct viod_pf *pf, enum host_op op, struct viod_values *state,
	     struct viod_values *wanted);

#endif
