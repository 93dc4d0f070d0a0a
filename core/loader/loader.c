/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/suggest.h"
#include "loader/plugin-search.h"
#include "loader/plugin-set.h"
#include "loader/quirk-match.h"
#include "model/value.h"

#define _cleanup_plugin_set_ _cleanup_(plugin_set_clear)

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
		.fd = TAKE_FD(candidate->fd),
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
	*own = (struct loaded_plugin){ .plugin = core, .descriptor = core, .fd = -1 };
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

int loader_new(const char *directory, const struct loader_choice *choice,
	       const struct viod_plugin *core, const struct viod_host *host,
	       struct diag_list *diags, struct loader **ret_loader)
{
	_cleanup_(loader_freep) struct loader *loader = calloc(1, sizeof(*loader));
	_cleanup_plugin_set_ struct plugin_set set = { 0 };
	int r;

	if (!loader)
		return -ENOMEM;
	loader->directory = strdup(directory);
	if (!loader->directory)
		return -ENOMEM;
	r = plugin_search(loader, choice, core, diags, &set);
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
	for (size_t i = 0; i < loader->n_plugins; i++) {
		struct loaded_plugin *loaded = &loader->plugins[i];

		if (!loaded->handle)
			continue;
		free((void *)loaded->plugin);
		free(loaded->path);
		dlclose(loaded->handle);
		closep(&loaded->fd);
	}
	free(loader->schemas);
	free(loader->refused);
	words_free(loader->disabled);
	words_free(loader->left_out);
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

const char *loader_kind_of(const struct loader *loader, const struct viod_function *function)
{
	const char *kind = NULL;
	int best = -1;

	for (size_t i = 0; i < loader->n_plugins; i++) {
		const struct viod_plugin *plugin = loader->plugins[i].plugin;
		int score = plugin->role == VIOD_ROLE_KIND && plugin->match
				    ? quirk_score(plugin->match, function)
				    : -1;

		if (score > best) {
			best = score;
			kind = plugin->kind;
		}
	}
	return kind;
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

const char *loader_why_absent(const struct loader *loader, const char *name, bool *ret_installed)
{
	const char *why = loader_refusal(loader, name);

	*ret_installed = true;
	if (why)
		return why;
	if (loader->left_out && words_have((const char *const *)loader->left_out, name))
		return "it is installed, but left out by 'plugins = -NAME' in viod.conf";
	if (loader->disabled && words_have((const char *const *)loader->disabled, name))
		return "it is installed, but not enabled; add it to 'plugins =' in viod.conf or "
		       "in a file of viod.conf.d";
	*ret_installed = false;
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
	bool installed;

	for (size_t i = 0; i < loader->n_schemas; i++)
		if (streq(loader->schemas[i]->kind, kind))
			return loader->schemas[i];
	kinds = kinds_text(loader, kind);
	diag_add(diags, VIOD_ERROR, VIOD_PF, where, 0,
		 "kind '%s' needs plugin '%s', which is not loaded: %s%s", kind, kind,
		 loader_why_absent(loader, kind, &installed), kinds ? kinds : "");
	return NULL;
}

const struct schema *loader_schema_of(void *userdata, const char *kind,
				      const struct viod_where *where, struct diag_list *diags)
{
	return loader_schema(userdata, kind, where, diags);
}
