/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/plugin-call.h"

#include <errno.h>
#include <string.h>

/* Ops that run while nothing is written. In all others a driver may have changed since the last
 * look: the op itself, or a tool that it starts, changes it. */
static const char *const looking_ops[] = { "validate", "observe", "complete", "resolve",
					   "plan",     "holders", "nodes",    NULL };

void plugin_enter(struct viod_pf *pf, const struct viod_plugin *plugin, const char *op)
{
	(void)copy_text(pf->progress->op, sizeof(pf->progress->op), op);
	(void)copy_text(pf->progress->plugin, sizeof(pf->progress->plugin), plugin->name);
	pf->looking = words_have(looking_ops, op);
}

void plugin_leave(struct viod_pf *pf)
{
	pf->progress->plugin[0] = '\0';
	pf->looking = false;
}

int plugin_explain(struct viod_pf *pf, const struct viod_plugin *plugin, const char *op, int r,
		   size_t errors_before)
{
	if (r < 0 && diag_errors(&pf->diags) == errors_before) {
		pf->unexplained = r;
		diag_add(&pf->diags, VIOD_ERROR, VIOD_PF, NULL, -r, "plugin '%s' failed to %s: %s",
			 plugin->name, op, strerror(-r));
	}
	return r;
}

static int call_op(struct viod_pf *pf, const struct viod_ops *ops, enum plugin_op op,
		   struct viod_values *state, struct viod_values *wanted)
{
	switch (op) {
	case PLUGIN_VALIDATE:
		return ops->validate ? ops->validate(pf, wanted) : 0;
	case PLUGIN_OBSERVE:
		return ops->observe ? ops->observe(pf, state) : 0;
	case PLUGIN_COMPLETE:
		return ops->complete ? ops->complete(pf, state, wanted) : 0;
	}
	return -EINVAL;
}

static int call_some(struct viod_pf *pf, enum plugin_op op, size_t first, size_t end,
		     struct viod_values *state, struct viod_values *wanted)
{
	static const char *const names[] = {
		[PLUGIN_VALIDATE] = "validate",
		[PLUGIN_OBSERVE] = "observe",
		[PLUGIN_COMPLETE] = "complete",
	};
	int r = 0;

	for (size_t i = first; i < end; i++) {
		const struct viod_plugin *plugin = pf->schema->plugins[i];
		size_t errors = diag_errors(&pf->diags);
		int one;

		if (!plugin->ops || !device_concerns(pf, plugin))
			continue;
		plugin_enter(pf, plugin, names[op]);
		one = call_op(pf, plugin->ops, op, state, wanted);
		plugin_leave(pf);
		one = plugin_explain(pf, plugin, names[op], one, errors);
		if (one < 0 && r == 0)
			r = one;
	}
	return r;
}

int plugin_call_all(struct viod_pf *pf, enum plugin_op op, struct viod_values *state,
		    struct viod_values *wanted)
{
	return call_some(pf, op, 0, pf->schema->n_plugins, state, wanted);
}

int plugin_call_core(struct viod_pf *pf, enum plugin_op op, struct viod_values *state,
		     struct viod_values *wanted)
{
	return call_some(pf, op, 0, 1, state, wanted);
}

int plugin_call_others(struct viod_pf *pf, enum plugin_op op, struct viod_values *state,
		       struct viod_values *wanted)
{
	return call_some(pf, op, 1, pf->schema->n_plugins, state, wanted);
}
