/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds, checks and loads plugins; orders them; builds the schema of each kind. A plugin that is
 * refused is named with the precise reason, and the rest runs.
 */
#ifndef VIOD_LOADER_H
#define VIOD_LOADER_H

#include "model/schema.h"

struct loaded_plugin {
	const struct viod_plugin
		*plugin; /* a copy in core's size: fields an older one lacks are zero */
	const struct viod_plugin *descriptor; /* the plugin's own, which its macros pass to core */
	char *path;			      /* NULL for core's own, which is not copied */
	void *handle;
};

struct refused_plugin {
	char *name; /* file name without .so, or a word of plugins= */
	char *why;
};

struct loader {
	char *directory;
	struct loaded_plugin *plugins; /* core's own, then needs first, ties by name */
	size_t n_plugins;
	struct refused_plugin *refused;
	size_t n_refused;
	char **disabled; /* files found that plugins= does not name */
	size_t n_disabled;
	struct schema **schemas; /* one a kind */
	size_t n_schemas;
};

/**
 * Load what is enabled from a directory, beside core's own plugin.
 *
 * names: the plugins= list, or NULL for every file found. A name without a file is refused. What
 * core itself needs is loaded too, if it is there. host is
 * stored in each plugin before anything of it is called. A quirk needs the plugin of its kind, and
 * runs after it. Where two plugins claim the same kind, the one that is named like it stays, else
 * the first by name; where two have the same key, the kind's stays, then quirks, then drivers.
 * Every refusal is also added to the list as an error. 0, or -ENOMEM; refusals are no failure.
 *
 * Owners in schemas are the copies, but what a plugin passes to viod_struct() and viod_step_add()
 * is its own descriptor: loader_plugin_of() leads from one to the other.
 */
int loader_new(const char *directory, char *const *names, const struct viod_plugin *core,
	       const struct viod_host *host, struct diag_list *diags, struct loader **ret_loader);
struct loader *loader_free(struct loader *loader);

/** The schema of a kind, or NULL after adding "kind 'x' needs plugin 'x', which is not loaded:
 * why", with the known kinds and the nearest one. */
const struct schema *loader_schema(const struct loader *loader, const char *kind,
				   const struct viod_where *where, struct diag_list *diags);

/** The driver plugin that serves a word of "driver =", or NULL. */
const struct viod_plugin *loader_driver(const struct loader *loader, const char *word);

/** The loaded plugin of a plugin's own descriptor, or of its copy; NULL where it is neither. */
const struct viod_plugin *loader_plugin_of(const struct loader *loader,
					   const struct viod_plugin *descriptor);

/** Why a plugin of this name was refused, or NULL. */
const char *loader_refusal(const struct loader *loader, const char *name);

#endif
