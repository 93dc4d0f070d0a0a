/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which modules an alias has, which of them is made for a device, and how they are loaded: on a
 * libkmod that knows a few modules, and none of this machine's. */
#include "kernel/kmod.h"

#include <errno.h>
#include <libkmod.h>

#include "../fixture.h"

/* --- a libkmod ------------------------------------------------------------------------------- */

#define NIC "pci:v00008086d00001520"
#define VFIO "vfio_pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00"

/* A list is a row of these, up to one without a name. */
struct kmod_module {
	const char *name;
	const char *info[4][2]; /* key and value */
	int error;		/* of loading it */
	unsigned loaded;
};

static struct kmod_module of_nic[] = { { .name = "igbvf" }, { .name = "igb_uio" }, { 0 } };
static struct kmod_module of_vfio[] = {
	{ .name = "vfio_pci",
	  .info = { { "license", VFIO }, { "alias", "vfio_pci:v*d*sv*sd*bc*sc*i*" } } },
	{ .name = "mlx5_vfio_pci",
	  .info = { { "alias", "vfio_pci:v*d*sv*sd*bc02sc*i*" },
		    { "alias", "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*" },
		    { "alias", "vfio_pci:v00008086d*sv*sd*bc*sc*i*" } } },
	{ .name = "other_vfio_pci", .info = { { "alias", "vfio_pci:v000015B3d*sv*sd*bc*sc*i*" } } },
	{ .name = "unfit_vfio_pci", .info = { { "alias", "vfio_pci:v00008086d*sv*sd*bc*sc*i*" } } },
	{ 0 },
};
static struct kmod_module of_pair[] = { { .name = "first" }, { .name = "second" }, { 0 } };
static struct kmod_module unfit[] = { { .name = "unfit", .info = { { "alias", "unfit:other" } } },
				      { 0 } };
static unsigned lookups;

struct kmod_ctx *kmod_new(const char *directory, const char *const *config)
{
	return (struct kmod_ctx *)of_nic;
}

int kmod_load_resources(struct kmod_ctx *ctx)
{
	return 0;
}

int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *alias, struct kmod_list **list)
{
	static const struct {
		const char *alias;
		struct kmod_module *modules;
	} known[] = { { NIC, of_nic }, { VFIO, of_vfio }, { "pair", of_pair }, { "unfit", unfit } };

	lookups++;
	*list = NULL;
	if (strcmp(alias, "damaged") == 0)
		return -EIO;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(alias, known[i].alias) == 0)
			*list = (struct kmod_list *)known[i].modules;
	return 0;
}

/* Of modules and of their info. */
struct kmod_list *kmod_list_next(const struct kmod_list *list, const struct kmod_list *item)
{
	const char *const(*info)[2] = (const char *const(*)[2])item;

	if (list == (void *)of_nic || list == (void *)of_vfio || list == (void *)of_pair ||
	    list == (void *)unfit) {
		const struct kmod_module *next = (const struct kmod_module *)item + 1;

		return next->name ? (struct kmod_list *)next : NULL;
	}
	return info[1][0] && info + 1 < (const char *const(*)[2])list + 3
		       ? (struct kmod_list *)(info + 1)
		       : NULL;
}

struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	return (struct kmod_module *)entry;
}

struct kmod_module *kmod_module_unref(struct kmod_module *module)
{
	return NULL;
}

const char *kmod_module_get_name(const struct kmod_module *module)
{
	return module->name;
}

int kmod_module_get_info(const struct kmod_module *module, struct kmod_list **list)
{
	*list = (struct kmod_list *)module->info;
	return module->info[0][0] ? 1 : -ENOENT;
}

const char *kmod_module_info_get_key(const struct kmod_list *entry)
{
	return ((const char *const *)entry)[0];
}

const char *kmod_module_info_get_value(const struct kmod_list *entry)
{
	return ((const char *const *)entry)[1];
}

void kmod_module_info_free_list(struct kmod_list *list)
{
}

int kmod_module_probe_insert_module(struct kmod_module *module, unsigned flags, const char *options,
				    int (*install)(struct kmod_module *, const char *, void *),
				    const void *data,
				    void (*print)(struct kmod_module *, bool, const char *))
{
	/* A module that the administrator has blacklisted by its alias is not loaded. */
	ck_assert(flags & KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY);
	if (module->error)
		return module->error;
	module->loaded++;
	return 0;
}

/* --- names and patterns ---------------------------------------------------------------------- */

START_TEST(fewer_wildcards_are_a_better_fit)
{
	ck_assert_int_eq(module_wildcards("vfio_pci:v*d*sv*sd*bc*sc*i*", VFIO), 7);
	ck_assert_int_eq(module_wildcards("vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*", VFIO), 5);
	ck_assert_int_eq(module_wildcards("vfio_pci:v00008086d*sv*sd*bc*sc*i*", VFIO), -1);
	ck_assert_int_eq(module_wildcards("pci:v*d*sv*sd*bc*sc*i*", VFIO), -1);
}
END_TEST

START_TEST(the_module_that_fits_best)
{
	char name[64], small[4];

	ck_assert_int_eq(module_best(VFIO, name, sizeof(name)), 0);
	ck_assert_str_eq(name, "mlx5_vfio_pci");
	ck_assert_int_eq(module_best(VFIO, small, sizeof(small)), -EMSGSIZE);
	/* One that has no alias, or none that matches. */
	ck_assert_int_eq(module_best(NIC, name, sizeof(name)), -ENOENT);
	ck_assert_int_eq(module_best("unfit", name, sizeof(name)), -ENOENT);
}
END_TEST

START_TEST(a_driver_of_an_alias)
{
	ck_assert(module_alias_names(NIC, "igbvf"));
	ck_assert(module_alias_names(NIC, "igb_uio"));
	/* Names of drivers may have '-' where those of modules have '_'. */
	ck_assert(module_alias_names(NIC, "igb-uio"));
	ck_assert(!module_alias_names(NIC, "igb"));
	ck_assert(!module_alias_names(NIC, "igbvf2"));
	ck_assert(!module_alias_names(NIC, "igb+uio"));
	ck_assert(!module_alias_names("nothing", "igbvf"));
}
END_TEST

START_TEST(no_module_is_no_answer)
{
	char name[64];

	ck_assert_int_eq(module_best("nothing", name, sizeof(name)), -ENOENT);
	ck_assert(!module_exists("nothing"));
	ck_assert(module_exists(NIC));
	ck_assert_int_eq(module_load("nothing"), -ENOENT);
	/* An error is another answer than "none". */
	ck_assert_int_eq(module_best("damaged", name, sizeof(name)), -EIO);
	ck_assert_int_eq(module_load("damaged"), -EIO);
}
END_TEST

/* --- loading --------------------------------------------------------------------------------- */

START_TEST(all_modules_of_an_alias_are_loaded)
{
	of_pair[0].loaded = of_pair[1].loaded = 0;
	ck_assert_int_eq(module_load("pair"), 0);
	ck_assert_uint_eq(of_pair[0].loaded, 1);
	ck_assert_uint_eq(of_pair[1].loaded, 1);
	/* Once is enough, and one that fails is tried again. */
	ck_assert_int_eq(module_load("pair"), 0);
	ck_assert_uint_eq(of_pair[0].loaded, 1);
	of_nic[0].error = -EPERM;
	ck_assert_int_eq(module_load(NIC), -EPERM);
	ck_assert_uint_eq(of_nic[1].loaded, 0);
	of_nic[0].error = 0;
	ck_assert_int_eq(module_load(NIC), 0);
	ck_assert_uint_eq(of_nic[0].loaded, 1);
	ck_assert_uint_eq(of_nic[1].loaded, 1);
}
END_TEST

START_TEST(an_alias_is_looked_up_once)
{
	unsigned before;

	(void)module_exists("asked for twice");
	before = lookups;
	ck_assert(!module_exists("asked for twice"));
	ck_assert_uint_eq(lookups, before);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		fewer_wildcards_are_a_better_fit,
		the_module_that_fits_best,
		a_driver_of_an_alias,
		no_module_is_no_answer,
		all_modules_of_an_alias_are_loaded,
		an_alias_is_looked_up_once,
	};

	return run_tests("module", tests, ARRAY_SIZE(tests));
}
