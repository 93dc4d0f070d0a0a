/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/plugin-search.h"

#include <errno.h>
#include <string.h>

#include "model/value.h"

#define SUFFIX ".so"

struct search {
	struct loader *loader;
	const struct loader_choice *choice; /* NULL: all */
	const struct viod_plugin *core;
	struct diag_list *diags;
	struct plugin_set *set;
	char **found; /* names of all files; NULL-terminated, or NULL */
	size_t n_found;
	int folder;
	char *folder_why; /* why nothing of the folder is loaded, or NULL */
};

/* --- the folder ------------------------------------------------------------------------------- */

static bool in_list(const char *const *list, const char *name)
{
	return list && words_have(list, name);
}

static bool is_found(const struct search *search, const char *name)
{
	return in_list((const char *const *)search->found, name);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(struct search *search)
{
	_cleanup_closedir_ DIR *dir = opendir(search->loader->directory);
	const struct dirent *entry;
	int r = 0;

	if (!dir && errno != ENOENT && errno != ENOTDIR)
		return -errno;
	if (!dir) {
		if (!search->choice || search->choice->defaults)
			diag_add(search->diags, VIOD_ERROR, VIOD_PF, NULL, errno,
				 "the plugin folder %s cannot be read: %s",
				 search->loader->directory, strerror(errno));
		return 0;
	}
	while (r == 0 && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && length > strlen(SUFFIX) &&
		    streq(entry->d_name + length - strlen(SUFFIX), SUFFIX))
			r = words_append(&search->found, &search->n_found, entry->d_name,
					 length - strlen(SUFFIX));
	}
	if (search->n_found)
		qsort(search->found, search->n_found, sizeof(*search->found), compare_words);
	return r;
}

/* --- what is enabled -------------------------------------------------------------------------- */

static int add_candidate(struct plugin_set *set, const char *directory, const char *name)
{
	struct plugin_file *candidate;

	if (plugin_set_find(set, name))
		return 0;
	candidate = array_append((void **)&set->items, &set->count, sizeof(*candidate));
	if (!candidate)
		return -ENOMEM;
	candidate->fd = -1;
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

static bool is_left_out(const struct search *search, const char *name)
{
	return search->choice && in_list(search->choice->without, name) &&
	       !in_list(search->core->needs, name);
}

static int add_if_found(struct search *search, const char *name)
{
	return is_found(search, name) && !is_left_out(search, name)
		       ? add_candidate(search->set, search->loader->directory, name)
		       : 0;
}

static int add_all(struct search *search, const char *const *names)
{
	int r = 0;

	for (size_t i = 0; names && names[i] && r == 0; i++)
		r = add_if_found(search, names[i]);
	return r;
}

/* Plugins that core needs to find holders are loaded if they are installed, whatever the list
 * names; otherwise a VF in use would look free. */
static int add_enabled(struct search *search)
{
	const struct loader_choice *choice = search->choice;
	int r = 0;

	if (!choice)
		return add_all(search, (const char *const *)search->found);
	for (size_t i = 0; choice->names && choice->names[i] && r == 0; i++)
		r = add_candidate(search->set, search->loader->directory, choice->names[i]);
	if (r == 0)
		r = add_all(search, choice->defaults);
	return r < 0 ? r : add_all(search, search->core->needs);
}

/* --- what comes along ------------------------------------------------------------------------- */

static bool is_quirk_name(const char *name, const char *kind)
{
	size_t length = strlen(kind);

	return strncmp(name, kind, length) == 0 && name[length] == '-';
}

static int add_companions(struct search *search, const struct viod_plugin *plugin)
{
	int r = add_all(search, plugin->needs);

	if (r == 0 && plugin->role == VIOD_ROLE_QUIRK)
		r = add_if_found(search, plugin->kind);
	for (size_t i = 0; r == 0 && plugin->role == VIOD_ROLE_KIND && i < search->n_found; i++)
		if (is_quirk_name(search->found[i], plugin->kind))
			r = add_if_found(search, search->found[i]);
	return r;
}

/* Each plugin that is opened may add others at the end of the set. */
static int load_all(struct search *search)
{
	struct plugin_set *set = search->set;
	int r = 0;

	for (size_t i = 0; i < set->count && r == 0; i++) {
		if (!set->items[i].why)
			r = search->folder_why
				    ? plugin_file_refuse(&set->items[i], "%s", search->folder_why)
				    : plugin_file_load(&set->items[i], search->folder);
		if (r == 0 && !set->items[i].why)
			r = add_companions(search, set->items[i].plugin);
	}
	return r;
}

static int compare_candidates(const void *a, const void *b)
{
	return strcmp(((const struct plugin_file *)a)->name, ((const struct plugin_file *)b)->name);
}

/* --- what is not enabled ---------------------------------------------------------------------- */

/* The quirks of a kind that is not loaded are not worth a word. */
static bool belongs_to_absent(const struct search *search, const char *name)
{
	for (size_t i = 0; i < search->n_found; i++)
		if (is_quirk_name(name, search->found[i]) &&
		    !plugin_set_find(search->set, search->found[i]))
			return true;
	return false;
}

static int note_rest(struct search *search)
{
	struct loader *loader = search->loader;
	int r = 0;

	for (size_t i = 0; i < search->n_found && r == 0; i++) {
		const char *name = search->found[i];

		if (plugin_set_find(search->set, name))
			continue;
		if (is_left_out(search, name)) {
			r = words_append(&loader->left_out, &loader->n_left_out, name,
					 strlen(name));
			continue;
		}
		r = words_append(&loader->disabled, &loader->n_disabled, name, strlen(name));
		if (!belongs_to_absent(search, name))
			diag_add(
				search->diags, VIOD_INFO, VIOD_PF, NULL, 0,
				"plugin '%s' is installed in %s but not enabled; to enable it, write "
				"'plugins = %s' to a file such as /etc/viod.conf.d/%s.conf",
				name, loader->directory, name, name);
	}
	return r;
}

static void warn_of_without(struct search *search)
{
	const char *const *without = search->choice ? search->choice->without : NULL;

	for (size_t i = 0; without && without[i]; i++) {
		if (in_list(search->core->needs, without[i]))
			diag_add(
				search->diags, VIOD_WARNING, VIOD_PF, NULL, 0,
				"'plugins = -%s' has no effect: without that plugin viod could not "
				"see that a virtual machine uses a VF; remove the word",
				without[i]);
		else if (!is_found(search, without[i]))
			diag_add(search->diags, VIOD_WARNING, VIOD_PF, NULL, 0,
				 "'plugins = -%s' has no effect: no such plugin is installed in %s",
				 without[i], search->loader->directory);
	}
}

int plugin_search(struct loader *loader, const struct loader_choice *choice,
		  const struct viod_plugin *core, struct diag_list *diags, struct plugin_set *set)
{
	struct search search = {
		.loader = loader,
		.choice = choice,
		.core = core,
		.diags = diags,
		.set = set,
		.folder = -1,
	};
	int r = list_folder(&search);

	if (r == 0)
		r = plugin_folder_open(loader->directory, &search.folder, &search.folder_why);
	if (r == 0)
		r = add_enabled(&search);
	if (r == 0)
		r = load_all(&search);
	/* The last one has no name where memory was short. */
	if (r == 0 && set->count)
		qsort(set->items, set->count, sizeof(*set->items), compare_candidates);
	if (r == 0)
		r = note_rest(&search);
	if (r == 0)
		warn_of_without(&search);
	if (r < 0)
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, -r,
			 "the plugins in %s cannot be read now: %s", loader->directory,
			 strerror(-r));
	words_free(search.found);
	closep(&search.folder);
	free(search.folder_why);
	return r;
}
