/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks between plugins: duplicates, needs, clashing rows. */
#include <errno.h>
#include <string.h>

#include "loader/plugin-set.h"
#include "model/schema.h"

struct plugin_file *plugin_set_find(const struct plugin_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (streq(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

/* The plugin of a kind among those that are not refused. */
static struct plugin_file *find_kind(const struct plugin_set *set, const char *kind)
{
	for (size_t i = 0; i < set->count; i++)
		if (!set->items[i].why && set->items[i].plugin->role == VIOD_ROLE_KIND &&
		    streq(set->items[i].plugin->kind, kind))
			return &set->items[i];
	return NULL;
}

/* --- one of each ----------------------------------------------------------------------------- */

/* The plugin with the name of the kind wins over another that claims the kind. */
static bool outranks(const struct plugin_file *a, const struct plugin_file *b)
{
	const char *kind = a->plugin->kind;

	if (streq(a->name, kind) != streq(b->name, kind))
		return streq(a->name, kind);
	return strcmp(a->name, b->name) < 0;
}

static const char *common_word(const char *const *words, const char *const *others)
{
	for (size_t i = 0; words[i]; i++)
		if (words_have(others, words[i]))
			return words[i];
	return NULL;
}

static int refuse_second(struct plugin_file *candidate, const struct plugin_file *other)
{
	const struct viod_plugin *a = candidate->plugin, *b = other->plugin;
	const char *word;

	if (a->role != b->role || a->role == VIOD_ROLE_QUIRK)
		return 0;
	if (a->role == VIOD_ROLE_KIND)
		return !streq(a->kind, b->kind) || outranks(candidate, other)
			       ? 0
			       : plugin_file_refuse(
					 candidate,
					 "kind '%s' is already served by plugin '%s'; one "
					 "plugin serves one kind",
					 a->kind, other->name);
	word = common_word(a->serves, b->serves);
	return !word || strcmp(candidate->name, other->name) < 0
		       ? 0
		       : plugin_file_refuse(candidate,
					    "'driver = %s' is already served by plugin '%s'", word,
					    other->name);
}

static int refuse_duplicates(struct plugin_set *set, const struct viod_plugin *core)
{
	int r = 0;

	for (size_t i = 0; i < set->count && r == 0; i++) {
		struct plugin_file *candidate = &set->items[i];

		if (streq(candidate->name, core->name))
			r = plugin_file_refuse(candidate,
					       "the name '%s' is reserved for viod's "
					       "built-in plugin",
					       core->name);
		for (size_t j = 0; j < set->count && r == 0 && !candidate->why; j++)
			if (j != i && !set->items[j].why)
				r = refuse_second(candidate, &set->items[j]);
	}
	return r;
}

/* --- needs ----------------------------------------------------------------------------------- */

/* The names that a plugin needs, by index: its needs, then a quirk's kind. NULL at the end. */
const char *plugin_set_need(const struct plugin_set *set, const struct plugin_file *candidate,
			    size_t index)
{
	const char *const *needs = candidate->plugin->needs;
	const struct plugin_file *kind;
	size_t n = 0;

	while (needs && needs[n])
		n++;
	if (index < n)
		return needs[index];
	if (index > n || candidate->plugin->role != VIOD_ROLE_QUIRK)
		return NULL;
	kind = find_kind(set, candidate->plugin->kind);
	return kind ? kind->name : NULL;
}

static int refuse_homeless_quirk(struct plugin_set *set, struct plugin_file *candidate)
{
	const char *kind = candidate->plugin->kind;
	const struct plugin_file *refused;

	if (candidate->plugin->role != VIOD_ROLE_QUIRK || find_kind(set, kind))
		return 0;
	refused = plugin_set_find(set, kind);
	if (refused && refused->why)
		return plugin_file_refuse(candidate,
					  "it extends kind '%s', whose plugin is not loaded: %s",
					  kind, refused->why);
	return plugin_file_refuse(candidate, "it extends kind '%s', which no plugin serves", kind);
}

static int refuse_unmet(struct plugin_set *set, const struct viod_plugin *core,
			struct plugin_file *candidate)
{
	const char *const *needs = candidate->plugin->needs;

	for (size_t i = 0; needs && needs[i]; i++) {
		const struct plugin_file *other = plugin_set_find(set, needs[i]);

		if (streq(needs[i], core->name))
			continue;
		if (!other)
			return plugin_file_refuse(candidate,
						  "it needs plugin '%s', which is missing; install "
						  "it, or remove '-%s' from plugins=",
						  needs[i], needs[i]);
		if (other->why)
			return plugin_file_refuse(candidate,
						  "it needs plugin '%s', which is not loaded: %s",
						  needs[i], other->why);
	}
	return refuse_homeless_quirk(set, candidate);
}

/* One refusal can cause the next: repeat until no more are refused. */
static int refuse_all_unmet(struct plugin_set *set, const struct viod_plugin *core)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < set->count; i++) {
			struct plugin_file *candidate = &set->items[i];
			int r;

			if (candidate->why)
				continue;
			r = refuse_unmet(set, core, candidate);
			if (r < 0)
				return r;
			again = again || candidate->why;
		}
	}
	return 0;
}

/* True if needs lead from one plugin to another; trail lists the names in between, from's first. */
static bool leads_to(const struct plugin_set *set, const struct plugin_file *from,
		     const struct plugin_file *to, const char **trail, size_t depth, bool *seen)
{
	const char *need;

	trail[depth] = from->name;
	for (size_t i = 0; (need = plugin_set_need(set, from, i)); i++) {
		const struct plugin_file *next = plugin_set_find(set, need);

		trail[depth + 1] = NULL;
		if (next == to)
			return true;
		if (!next || seen[next - set->items])
			continue;
		seen[next - set->items] = true;
		if (leads_to(set, next, to, trail, depth + 1, seen))
			return true;
	}
	return false;
}

static int cycle_text(const char *const *trail, char **ret_text)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return -ENOMEM;
	for (size_t i = 0; trail[i]; i++)
		fprintf(stream, "%s needs ", trail[i]);
	fputs(trail[0], stream);
	if (fclose(stream) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}

/* All members are found before the first is refused, so that the reason of each is the whole
 * cycle. */
static int refuse_cycles(struct plugin_set *set)
{
	_cleanup_free_ const char **trail = calloc(set->count + 1, sizeof(*trail));
	_cleanup_free_ bool *seen = calloc(set->count + 1, sizeof(*seen));
	_cleanup_free_ char **texts = calloc(set->count + 1, sizeof(*texts));
	int r = 0;

	if (!trail || !seen || !texts)
		return -ENOMEM;
	for (size_t i = 0; i < set->count && r == 0; i++) {
		memset(seen, 0, set->count * sizeof(*seen));
		if (!set->items[i].why &&
		    leads_to(set, &set->items[i], &set->items[i], trail, 0, seen))
			r = cycle_text(trail, &texts[i]);
	}
	for (size_t i = 0; i < set->count; i++) {
		if (texts[i] && r == 0)
			r = plugin_file_refuse(&set->items[i], "its needs form a cycle: %s",
					       texts[i]);
		free(texts[i]);
	}
	return r;
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool belongs_to(const struct viod_plugin *plugin, const char *kind)
{
	return plugin->role == VIOD_ROLE_DRIVER || streq(plugin->kind, kind);
}

/* True if the rows of the candidate are compatible with those of all plugins before it. */
static int try_rows(const struct plugin_set *set, const bool *fits, const struct viod_plugin *core,
		    const char *kind, struct plugin_file *candidate)
{
	_cleanup_free_ const struct viod_plugin **plugins =
		calloc(set->count + 2, sizeof(*plugins));
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct schema *schema = NULL;
	const struct diag *first;
	size_t n = 0;
	int r;

	if (!plugins)
		return -ENOMEM;
	plugins[n++] = core;
	for (size_t i = 0; i < set->count; i++)
		if (fits[i] && belongs_to(set->items[i].plugin, kind))
			plugins[n++] = set->items[i].plugin;
	plugins[n++] = candidate->plugin;
	r = schema_new(kind, plugins, n, &diags, &schema);
	if (r == 0)
		schema_free(schema);
	if (r == 0 || r == -ENOMEM)
		return r;
	first = diag_first_error(&diags, VIOD_PF);
	return plugin_file_refuse(candidate, "%s", first ? first->text : strerror(-r));
}

static int refuse_clashes(struct plugin_set *set, const struct viod_plugin *core)
{
	static const enum viod_role ranks[] = { VIOD_ROLE_KIND, VIOD_ROLE_QUIRK, VIOD_ROLE_DRIVER };
	_cleanup_free_ bool *fits = calloc(set->count + 1, sizeof(*fits));
	int r = 0;

	if (!fits)
		return -ENOMEM;
	for (size_t rank = 0; rank < ARRAY_SIZE(ranks); rank++) {
		for (size_t i = 0; i < set->count; i++) {
			struct plugin_file *candidate = &set->items[i];

			if (candidate->why || candidate->plugin->role != ranks[rank])
				continue;
			if (ranks[rank] != VIOD_ROLE_DRIVER)
				r = try_rows(set, fits, core, candidate->plugin->kind, candidate);
			for (size_t j = 0; ranks[rank] == VIOD_ROLE_DRIVER && j < set->count; j++)
				if (fits[j] && set->items[j].plugin->role == VIOD_ROLE_KIND &&
				    r == 0)
					r = try_rows(set, fits, core, set->items[j].plugin->kind,
						     candidate);
			if (r < 0)
				return r;
			fits[i] = !candidate->why;
		}
	}
	return 0;
}

int plugin_set_check(struct plugin_set *set, const struct viod_plugin *core)
{
	int r;

	r = refuse_duplicates(set, core);
	if (r == 0)
		r = refuse_all_unmet(set, core);
	if (r == 0)
		r = refuse_cycles(set);
	if (r == 0)
		r = refuse_all_unmet(set, core);
	if (r == 0)
		r = refuse_clashes(set, core);
	return r < 0 ? r : refuse_all_unmet(set, core);
}

void plugin_set_clear(struct plugin_set *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		plugin_file_clear(&candidates->items[i]);
	free(candidates->items);
	*candidates = (struct plugin_set){ 0 };
}
