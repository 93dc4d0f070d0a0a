/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/kmod.h"

#include <errno.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <string.h>

#include "base/util.h"

struct lookup {
	char *name_or_alias;
	struct kmod_list *modules;
	int error;
};

/* A PF and its VFs look up the same few aliases repeatedly, and the first lookup reads all of
 * modprobe.d: a job keeps its results, because the set of modules does not change while it runs.
 * The indexes are mapped, because libkmod reads them in pieces of a few bytes otherwise. */
static struct {
	struct kmod_ctx *kmod;
	struct lookup *lookups;
	size_t n_lookups;
	char *loaded; /* last module_load() that succeeded */
} cache;

static int look_up(struct lookup *lookup)
{
	int r;

	if (!cache.kmod) {
		cache.kmod = kmod_new(NULL, NULL);
		/* The mappings only save time, so a failure is ignored. */
		if (cache.kmod)
			(void)kmod_load_resources(cache.kmod);
	}
	if (!cache.kmod || !lookup->name_or_alias)
		return -ENOMEM;
	r = kmod_module_new_from_lookup(cache.kmod, lookup->name_or_alias, &lookup->modules);
	if (r < 0)
		lookup->modules = NULL;
	return MIN(r, 0);
}

static const struct kmod_list *modules_of(const char *name_or_alias, int *ret_error)
{
	struct lookup *lookup = NULL;

	for (size_t i = 0; i < cache.n_lookups; i++)
		if (streq(cache.lookups[i].name_or_alias, name_or_alias))
			lookup = &cache.lookups[i];
	if (!lookup)
		lookup = array_append((void **)&cache.lookups, &cache.n_lookups, sizeof(*lookup));
	if (lookup && !lookup->name_or_alias) {
		lookup->name_or_alias = strdup(name_or_alias);
		lookup->error = look_up(lookup);
	}
	if (ret_error)
		*ret_error = lookup ? lookup->error : -ENOMEM;
	return lookup ? lookup->modules : NULL;
}

int module_load(const char *name_or_alias)
{
	const struct kmod_list *modules, *item;
	int r;

	if (streq(cache.loaded, name_or_alias))
		return 0;
	modules = modules_of(name_or_alias, &r);
	if (r < 0)
		return r;
	if (!modules)
		return -ENOENT;
	kmod_list_foreach(item, modules)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		r = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
						    NULL, NULL, NULL, NULL);
		kmod_module_unref(module);
		if (r < 0)
			return r;
	}
	free(cache.loaded);
	cache.loaded = strdup(name_or_alias);
	return 0;
}

/* Module names have '_' where driver names often have '-'. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

bool module_alias_names(const char *alias, const char *driver)
{
	const struct kmod_list *modules = modules_of(alias, NULL), *item;
	bool names = false;

	kmod_list_foreach(item, modules)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		names = names || same_module(kmod_module_get_name(module), driver);
		kmod_module_unref(module);
	}
	return names;
}

bool module_exists(const char *name_or_alias)
{
	return modules_of(name_or_alias, NULL);
}

bool module_is_missing(const char *name_or_alias)
{
	int r = 0;

	/* A kernel without modules has no index of them. */
	return !modules_of(name_or_alias, &r) && (r >= 0 || r == -ENOENT || r == -ENOSYS);
}

/* --- the best of several --------------------------------------------------------------------- */

int module_wildcards(const char *pattern, const char *alias)
{
	int count = 0;

	if (fnmatch(pattern, alias, 0) != 0)
		return -1;
	for (; *pattern; pattern++)
		count += *pattern == '*';
	return count;
}

/* The fewest wildcards among all aliases of a module that match. */
static int fewest_wildcards(const struct kmod_module *module, const char *alias)
{
	struct kmod_list *info = NULL, *item;
	int fewest = -1;

	if (kmod_module_get_info(module, &info) < 0)
		return -1;
	kmod_list_foreach(item, info)
	{
		int count = -1;

		if (streq(kmod_module_info_get_key(item), "alias"))
			count = module_wildcards(kmod_module_info_get_value(item), alias);
		if (count >= 0 && (fewest < 0 || count < fewest))
			fewest = count;
	}
	kmod_module_info_free_list(info);
	return fewest;
}

int module_best(const char *alias, char *ret_name, size_t size)
{
	const struct kmod_list *modules, *item;
	int r, best = -1;

	modules = modules_of(alias, &r);
	if (r < 0)
		return r;
	r = -ENOENT;
	kmod_list_foreach(item, modules)
	{
		struct kmod_module *module = kmod_module_get_module(item);
		int count = fewest_wildcards(module, alias);

		if (count >= 0 && (best < 0 || count < best)) {
			best = count;
			r = copy_text(ret_name, size, kmod_module_get_name(module));
		}
		kmod_module_unref(module);
	}
	return r;
}
