/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/suggest.h"
#include "loader/plugin-set.h"
#include "model/value.h"

#define SUFFIX ".so"

#define _cleanup_plugin_set_ _cleanup_(plugin_set_clear)

/* --- what there is --------------------------------------------------------------------------- */

static int add_candidate(struct plugin_set *set, const char *directory, const char *name)
{
	struct plugin_file *candidate;

	if (plugin_set_find(set, name))
		return 0;
	candidate = array_append((void **)&set->items, &set->count, sizeof(*candidate));
	if (!candidate)
		return -ENOMEM;
	candidate->name = strdup(name);
	if (!candidate->name || asprintf(&candidate->path, "%s/%s" SUFFIX, directory, name) < 0) {
		candidate->path = NULL;
		return -ENOMEM;
	}
	if (!plugin_name_valid(name, strlen(name)))
		return plugin_file_refuse(candidate, "this is not a plugin name; a name has a-z, "
						     "0-9, '-' and '_', and its file is NAME" SUFFIX
						     " in the plugin folder");
	return 0;
}

static int add_disabled(struct loader *loader, const char *name)
{
	char *copy = strdup(name), **slot = NULL;

	if (copy)
		slot = array_append((void **)&loader->disabled, &loader->n_disabled, sizeof(*slot));
	if (!slot) {
		free(copy);
		return -ENOMEM;
	}
	*slot = copy;
	return 0;
}

static int add_found(struct loader *loader, const char *file, bool enabled, struct plugin_set *set)
{
	_cleanup_free_ char *name = NULL;
	size_t length = strlen(file);

	if (file[0] == '.' || length <= strlen(SUFFIX) ||
	    !streq(file + length - strlen(SUFFIX), SUFFIX))
		return 0;
	name = strndup(file, length - strlen(SUFFIX));
	if (!name)
		return -ENOMEM;
	if (enabled)
		return add_candidate(set, loader->directory, name);
	return plugin_set_find(set, name) ? 0 : add_disabled(loader, name);
}

static int compare_candidates(const void *a, const void *b)
{
	return strcmp(((const struct plugin_file *)a)->name, ((const struct plugin_file *)b)->name);
}

/* Plugins that core needs to find holders are loaded if they are installed, whatever the list
 * names; otherwise a VF in use would look free. */
static int add_needed(const struct loader *loader, const struct viod_plugin *core,
		      struct plugin_set *set)
{
	int r = 0;

	for (size_t i = 0; core->needs && core->needs[i] && r == 0; i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s" SUFFIX, loader->directory, core->needs[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (access(path, F_OK) == 0)
			r = add_candidate(set, loader->directory, core->needs[i]);
	}
	return r;
}

static int collect(struct loader *loader, char *const *names, const struct viod_plugin *core,
		   struct diag_list *diags, struct plugin_set *set)
{
	_cleanup_closedir_ DIR *dir = opendir(loader->directory);
	const struct dirent *entry;
	int r = 0;

	for (size_t i = 0; names && names[i] && r == 0; i++)
		r = add_candidate(set, loader->directory, names[i]);
	if (names && r == 0)
		r = add_needed(loader, core, set);
	if (!dir && !names)
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, errno,
			 "the plugin folder %s cannot be read: %s", loader->directory,
			 strerror(errno));
	while (dir && r == 0 && (entry = readdir(dir)))
		r = add_found(loader, entry->d_name, names == NULL, set);
	/* The last one has no name where memory was short. */
	if (r == 0 && set->count)
		qsort(set->items, set->count, sizeof(*set->items), compare_candidates);
	return r;
}

static int load_all(struct plugin_set *set, const char *directory)
{
	_cleanup_free_ char *folder_why = NULL;
	int r;

	r = plugin_file_check_folder(directory, &folder_why);
	for (size_t i = 0; i < set->count && r == 0; i++) {
		struct plugin_file *candidate = &set->items[i];

		if (candidate->why)
			continue;
		r = folder_why ? plugin_file_refuse(candidate, "%s", folder_why)
			       : plugin_file_load(candidate);
	}
	return r;
}

/* --- order ----------------------------------------------------------------------------------- */

static bool is_placed(const struct plugin_set *set, const bool *placed, const char *name)
{
	const struct plugin_file *other = plugin_set_find(set, name);

	return !other || other->why || placed[other - set->items];
}

static bool may_run_now(const struct plugin_set *set, const bool *placed,
			const struct plugin_file *candidate)
{
	const char *need;

	for (size_t i = 0; (need = plugin_set_need(set, candidate, i)); i++)
		if (!is_placed(set, placed, need))
			return false;
	return true;
}

/* The first by name whose needs are placed. */
static struct plugin_file *next_to_run(const struct plugin_set *set, const bool *placed)
{
	for (size_t i = 0; i < set->count; i++)
		if (!set->items[i].why && !placed[i] && may_run_now(set, placed, &set->items[i]))
			return &set->items[i];
	return NULL;
}

static int accept_plugin(struct loader *loader, struct plugin_file *candidate)
{
	struct loaded_plugin *loaded =
		array_append((void **)&loader->plugins, &loader->n_plugins, sizeof(*loaded));

	if (!loaded)
		return -ENOMEM;
	*loaded = (struct loaded_plugin){
		.plugin = TAKE_PTR(candidate->plugin),
		.descriptor = candidate->descriptor,
		.path = TAKE_PTR(candidate->path),
		.handle = TAKE_PTR(candidate->handle),
	};
	return 0;
}

static int accept_all(struct loader *loader, struct plugin_set *set, const struct viod_plugin *core,
		      const struct viod_host *host)
{
	_cleanup_free_ bool *placed = calloc(set->count + 1, sizeof(*placed));
	_cleanup_free_ struct plugin_file **order = calloc(set->count + 1, sizeof(*order));
	struct loaded_plugin *own =
		array_append((void **)&loader->plugins, &loader->n_plugins, sizeof(*own));
	struct plugin_file *next;
	size_t n = 0;
	int r = 0;

	if (!placed || !order || !own)
		return -ENOMEM;
	*own = (struct loaded_plugin){ .plugin = core, .descriptor = core };
	while ((next = next_to_run(set, placed))) {
		placed[next - set->items] = true;
		order[n++] = next;
	}
	for (size_t i = 0; i < n && r == 0; i++)
		r = accept_plugin(loader, order[i]);
	for (size_t i = 0; i < loader->n_plugins && r == 0; i++)
		if (loader->plugins[i].plugin->host)
			*loader->plugins[i].plugin->host = host;
	return r;
}

static int take_refusals(struct loader *loader, struct plugin_set *set, struct diag_list *diags)
{
	for (size_t i = 0; i < set->count; i++) {
		struct plugin_file *candidate = &set->items[i];
		struct refused_plugin *refused;

		if (!candidate->why)
			continue;
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, 0, "plugin '%s' (%s) is not loaded: %s",
			 candidate->name, candidate->path, candidate->why);
		refused = array_append((void **)&loader->refused, &loader->n_refused,
				       sizeof(*refused));
		if (!refused)
			return -ENOMEM;
		*refused = (struct refused_plugin){ .name = TAKE_PTR(candidate->name),
						    .why = TAKE_PTR(candidate->why) };
	}
	return 0;
}

/* --- schemas --------------------------------------------------------------------------------- */

static int add_schema(struct loader *loader, const char *kind, struct diag_list *diags)
{
	_cleanup_free_ const struct viod_plugin **plugins =
		calloc(loader->n_plugins, sizeof(*plugins));
	struct schema *schema, **slot;
	size_t n = 0;
	int r;

	if (!plugins)
		return -ENOMEM;
	for (size_t i = 0; i < loader->n_plugins; i++) {
		const struct viod_plugin *plugin = loader->plugins[i].plugin;

		if (i == 0 || plugin->role == VIOD_ROLE_DRIVER || streq(plugin->kind, kind))
			plugins[n++] = plugin;
	}
	r = schema_new(kind, plugins, n, diags, &schema);
	if (r < 0)
		return r;
	slot = array_append((void **)&loader->schemas, &loader->n_schemas, sizeof(*slot));
	if (!slot) {
		schema_free(schema);
		return -ENOMEM;
	}
	*slot = schema;
	return 0;
}

static int add_schemas(struct loader *loader, struct diag_list *diags)
{
	int r = 0;

	for (size_t i = 1; i < loader->n_plugins && r == 0; i++)
		if (loader->plugins[i].plugin->role == VIOD_ROLE_KIND)
			r = add_schema(loader, loader->plugins[i].plugin->kind, diags);
	/* A ring, so that the error for a misplaced key can name its kind. */
	for (size_t i = 0; i < loader->n_schemas && loader->n_schemas > 1; i++)
		loader->schemas[i]->next = loader->schemas[(i + 1) % loader->n_schemas];
	return r;
}

/* --- all of it ------------------------------------------------------------------------------- */

static void loader_freep(struct loader **loader)
{
	loader_free(*loader);
}

int loader_new(const char *directory, char *const *names, const struct viod_plugin *core,
	       const struct viod_host *host, struct diag_list *diags, struct loader **ret_loader)
{
	_cleanup_(loader_freep) struct loader *loader = calloc(1, sizeof(*loader));
	_cleanup_plugin_set_ struct plugin_set set = { 0 };
	int r;

	if (!loader)
		return -ENOMEM;
	loader->directory = strdup(directory);
	if (!loader->directory)
		return -ENOMEM;
	r = collect(loader, names, core, diags, &set);
	if (r == 0)
		r = load_all(&set, directory);
	if (r == 0)
		r = plugin_set_check(&set, core);
	if (r == 0)
		r = accept_all(loader, &set, core, host);
	if (r == 0)
		r = take_refusals(loader, &set, diags);
	if (r == 0)
		r = add_schemas(loader, diags);
	if (r < 0)
		return r;
	*ret_loader = TAKE_PTR(loader);
	return 0;
}

struct loader *loader_free(struct loader *loader)
{
	if (!loader)
		return NULL;
	for (size_t i = 0; i < loader->n_schemas; i++)
		schema_free(loader->schemas[i]);
	for (size_t i = 0; i < loader->n_refused; i++) {
		free(loader->refused[i].name);
		free(loader->refused[i].why);
	}
	for (size_t i = 0; i < loader->n_disabled; i++)
		free(loader->disabled[i]);
	for (size_t i = 0; i < loader->n_plugins; i++) {
		struct loaded_plugin *loaded = &loader->plugins[i];

		if (!loaded->handle)
			continue;
		free((void *)loaded->plugin);
		free(loaded->path);
		dlclose(loaded->handle);
	}
	free(loader->schemas);
	free(loader->refused);
	free(loader->disabled);
	free(loader->plugins);
	free(loader->directory);
	free(loader);
	return NULL;
}

/* --- questions ------------------------------------------------------------------------------- */

const char *loader_refusal(const struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->n_refused; i++)
		if (streq(loader->refused[i].name, name))
			return loader->refused[i].why;
	return NULL;
}

const struct viod_plugin *loader_driver(const struct loader *loader, const char *word)
{
	for (size_t i = 0; i < loader->n_plugins; i++)
		if (loader->plugins[i].plugin->role == VIOD_ROLE_DRIVER &&
		    words_have(loader->plugins[i].plugin->serves, word))
			return loader->plugins[i].plugin;
	return NULL;
}

const struct viod_plugin *loader_plugin_of(const struct loader *loader,
					   const struct viod_plugin *descriptor)
{
	for (size_t i = 0; i < loader->n_plugins; i++)
		if (loader->plugins[i].descriptor == descriptor ||
		    loader->plugins[i].plugin == descriptor)
			return loader->plugins[i].plugin;
	return NULL;
}

static const char *why_absent(const struct loader *loader, const char *kind)
{
	const char *why = loader_refusal(loader, kind);

	if (why)
		return why;
	for (size_t i = 0; i < loader->n_disabled; i++)
		if (streq(loader->disabled[i], kind))
			return "it is installed, but plugins= does not name it";
	return "there is no such plugin";
}

/* "; did you mean 'net'? Kinds known here: dev, gpu, net" */
static char *kinds_text(const struct loader *loader, const char *kind)
{
	_cleanup_free_ const char **kinds = calloc(loader->n_schemas + 1, sizeof(*kinds));
	const char *nearest;
	char *text = NULL;
	size_t size = 0;
	FILE *stream;

	if (!kinds || !(stream = open_memstream(&text, &size)))
		return NULL;
	for (size_t i = 0; i < loader->n_schemas; i++)
		kinds[i] = loader->schemas[i]->kind;
	nearest = nearest_word(kind, kinds, loader->n_schemas);
	if (nearest)
		fprintf(stream, "; did you mean '%s'?", nearest);
	for (size_t i = 0; i < loader->n_schemas; i++)
		fprintf(stream, "%s%s",
			i	  ? ", "
			: nearest ? " Kinds known here: "
				  : "; kinds known here: ",
			kinds[i]);
	if (fclose(stream) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void loader_choose_quirk(const struct loader *loader, const char *kind,
			 const struct viod_plugin *quirk)
{
	for (size_t i = 0; i < loader->n_schemas; i++)
		if (streq(loader->schemas[i]->kind, kind))
			schema_choose(loader->schemas[i], quirk);
}

const struct schema *loader_schema(const struct loader *loader, const char *kind,
				   const struct viod_where *where, struct diag_list *diags)
{
	_cleanup_free_ char *kinds = NULL;

	for (size_t i = 0; i < loader->n_schemas; i++)
		if (streq(loader->schemas[i]->kind, kind))
			return loader->schemas[i];
	kinds = kinds_text(loader, kind);
	diag_add(diags, VIOD_ERROR, VIOD_PF, where, 0,
		 "kind '%s' needs plugin '%s', which is not loaded: %s%s", kind, kind,
		 why_absent(loader, kind), kinds ? kinds : "");
	return NULL;
}
