/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds, checks, loads and orders plugins, and builds the schema of each kind. A refused plugin is
 * reported with the precise reason, and the others run.
 */
#ifndef VIOD_LOADER_H
#define VIOD_LOADER_H

#include "model/schema.h"

struct loaded_plugin {
	const struct viod_plugin
		*plugin; /* a copy of core's size: fields that an older plugin lacks are zero */
	const struct viod_plugin
		*descriptor; /* the plugin's own descriptor, which its macros pass to core */
	char *path;	     /* NULL for core's own plugin, which is not copied */
	int fd;		     /* of its file; -1 for core's own */
	void *handle;
};

struct refused_plugin {
	char *name; /* file name without .so, or a word of plugins= */
	char *why;
};

struct loader {
	char *directory;
	struct loaded_plugin
		*plugins; /* core's own first, each after those it needs, ties by name */
	size_t n_plugins;
	struct refused_plugin *refused;
	size_t n_refused;
	char **disabled; /* files found that are not enabled; NULL-terminated, or NULL */
	size_t n_disabled;
	char **left_out; /* the same of those that are left out by name */
	size_t n_left_out;
	struct schema **schemas; /* one a kind */
	size_t n_schemas;
};

/** Which plugins are enabled. NULL-terminated lists, or NULL for an empty one. */
struct loader_choice {
	const char *const *names;    /* one that is not installed is refused */
	const char *const *defaults; /* enabled where they are installed */
	const char *const *without;  /* left out, whatever else would enable them */
};

/**
 * Load the enabled plugins from a directory, beside core's own plugin.
 *
 * choice: NULL for every file found. A kind brings the files KIND-*, and each plugin what it needs,
 * if they are installed and not left out. Plugins that core itself needs are loaded in any case, if
 * they are installed. What is found and neither enabled nor left out is reported. host is stored in
 * each plugin before anything of it is called. A quirk needs the plugin of its kind and runs after
 * it. If two plugins claim the same kind, the one with the kind's name stays, else the first by
 * name; if two have the same key, that of the kind stays, then quirks, then drivers. Each refusal
 * is also added to the list as an error. 0, or -errno if the folder or a file
 * cannot be read now; a refusal is not a failure.
 *
 * Owners in schemas are the copies, but a plugin passes its own descriptor to viod_struct() and
 * viod_step_add(): loader_plugin_of() maps one to the other.
 */
int loader_new(const char *directory, const struct loader_choice *choice,
	       const struct viod_plugin *core, const struct viod_host *host,
	       struct diag_list *diags, struct loader **ret_loader);
struct loader *loader_free(struct loader *loader);

/** The schema of a kind, or NULL after adding "kind 'x' needs plugin 'x', which is not loaded:
 * reason", with the known kinds and the closest one. */
const struct schema *loader_schema(const struct loader *loader, const char *kind,
				   const struct viod_where *where, struct diag_list *diags);

/** The same, as config_parse() calls it: userdata is the loader. */
const struct schema *loader_schema_of(void *userdata, const char *kind,
				      const struct viod_where *where, struct diag_list *diags);

/** In the schema of a kind, give rows that several plugins declare to this quirk; NULL: to none.
 * Only for a process that serves one PF. */
void loader_choose_quirk(const struct loader *loader, const char *kind,
			 const struct viod_plugin *quirk);

/** The kind whose match table fits a device best, or NULL; one that matches every device serves
 * those that no other kind does. */
const char *loader_kind_of(const struct loader *loader, const struct viod_function *function);

/** The driver plugin that serves a word of "driver =", or NULL. */
const struct viod_plugin *loader_driver(const struct loader *loader, const char *word);

/** The loaded plugin of a plugin's own descriptor or of its copy; NULL if it is neither. */
const struct viod_plugin *loader_plugin_of(const struct loader *loader,
					   const struct viod_plugin *descriptor);

/** Why a plugin of this name was refused, or NULL. */
const char *loader_refusal(const struct loader *loader, const char *name);

/** Why a plugin of this name is not loaded: its refusal; or it is not enabled, is left out, or is
 * not installed, which ret_installed says. The text is the loader's or constant. */
const char *loader_why_absent(const struct loader *loader, const char *name, bool *ret_installed);

#endif
