/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel modules, through libkmod. */
#ifndef VIOD_KMOD_H
#define VIOD_KMOD_H

#include <stdbool.h>
#include <stddef.h>

/** Load a kernel module by name or alias; 0 also where it is there already, -ENOENT where this
 * kernel has none. A blacklisted module is loaded by its name and not by an alias, as modprobe
 * does. */
int module_load(const char *name_or_alias);

/** Whether some module (or built-in driver) of this kernel answers to an alias. */
bool module_exists(const char *name_or_alias);

/** Whether a driver belongs to the modules that answer to an alias ("igbvf" to a VF's modalias). */
bool module_alias_names(const char *alias, const char *driver);

/** How many wildcards a pattern needs to match an alias; -1 where it does not. The kernel's rule
 * for aliases that overlap: fewer are made for the device, only wildcards for all of them. */
int module_wildcards(const char *pattern, const char *alias);

/** The module whose own alias fits with the fewest wildcards. 0, -ENOENT, -EMSGSIZE, or libkmod's
 *  -errno. */
int module_best(const char *alias, char *ret_name, size_t size);

#endif
