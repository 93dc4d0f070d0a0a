/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libkmod, of a machine whose modules are the drivers of the fake kernel: the real one would read,
 * and load, those of the machine that runs the test. */
#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "sim.h"

#pragma GCC visibility push(default)

/* A list has one entry, and the entry is its module. */
struct kmod_module {
	enum kernel_driver driver;
};

static struct kmod_module modules[DRIVER_MAX_];

struct kmod_ctx *kmod_new(const char *directory, const char *const *config)
{
	return (struct kmod_ctx *)modules;
}

int kmod_load_resources(struct kmod_ctx *ctx)
{
	return 0;
}

int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *alias, struct kmod_list **list)
{
	static const int errors[] = { ENOMEM, EIO, 0 };
	int error = sim_call("kmod lookup", alias, errors);
	enum kernel_driver driver = DRIVER_NONE;

	*list = NULL;
	if (error)
		return -error;
	for (int i = DRIVER_PF; i < DRIVER_MAX_; i++)
		if (strcmp(alias, kernel_drivers[i]) == 0)
			driver = (enum kernel_driver)i;
	if (strncmp(alias, "pci:", 4) == 0)
		driver = strstr(alias, "d000010FF") ? DRIVER_VF : DRIVER_PF;
	if (driver && kernel->loadable[driver]) {
		modules[driver].driver = driver;
		*list = (struct kmod_list *)&modules[driver];
	}
	return 0;
}

struct kmod_list *kmod_list_next(const struct kmod_list *list, const struct kmod_list *item)
{
	return NULL;
}

struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	return (struct kmod_module *)entry;
}

struct kmod_module *kmod_module_unref(struct kmod_module *module)
{
	return NULL;
}

int kmod_module_unref_list(struct kmod_list *list)
{
	return 0;
}

const char *kmod_module_get_name(const struct kmod_module *module)
{
	return kernel_drivers[module->driver];
}

int kmod_module_get_info(const struct kmod_module *module, struct kmod_list **list)
{
	*list = NULL;
	return -ENOENT;
}

const char *kmod_module_info_get_key(const struct kmod_list *entry)
{
	return "";
}

const char *kmod_module_info_get_value(const struct kmod_list *entry)
{
	return "";
}

void kmod_module_info_free_list(struct kmod_list *list)
{
}

int kmod_module_probe_insert_module(struct kmod_module *module, unsigned flags, const char *options,
				    int (*install)(struct kmod_module *, const char *, void *),
				    const void *data,
				    void (*print)(struct kmod_module *, bool, const char *))
{
	static const int errors[] = { ENOMEM, EPERM, 0 };
	int error = sim_call("init_module", kernel_drivers[module->driver], errors);

	if (error)
		return -error;
	kernel_load_driver(module->driver);
	return 0;
}
