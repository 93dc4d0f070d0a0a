/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of plugins' ops. */
#ifndef VIOD_PLUGIN_CALL_H
#define VIOD_PLUGIN_CALL_H

#include "device/device.h"
#include "model/value-set.h"

/* Around each op: progress names the plugin and the op while it runs, for the report of a crash. */
void plugin_enter(struct viod_pf *pf, const struct viod_plugin *plugin, const char *op);
void plugin_leave(struct viod_pf *pf);

/** Report an op that failed without reporting an error itself. Returns r. */
int plugin_explain(struct viod_pf *pf, const struct viod_plugin *plugin, const char *op, int r,
		   size_t errors_before);

enum plugin_op {
	PLUGIN_VALIDATE, /* wanted */
	PLUGIN_OBSERVE,	 /* state */
	PLUGIN_COMPLETE, /* both */
};

/** Call an op of every plugin that concerns the PF, in their order, and continue after an error, so
 * that all errors are reported at once. 0, or the first error. */
int plugin_call_all(struct viod_pf *pf, enum plugin_op op, struct viod_values *state,
		    struct viod_values *wanted);

/** The same for core's own plugin only, which is the first, and for all others. */
int plugin_call_core(struct viod_pf *pf, enum plugin_op op, struct viod_values *state,
		     struct viod_values *wanted);
int plugin_call_others(struct viod_pf *pf, enum plugin_op op, struct viod_values *state,
		       struct viod_values *wanted);

#endif
