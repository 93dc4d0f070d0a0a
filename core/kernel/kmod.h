/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel modules, through libkmod. */
#ifndef VIOD_KMOD_H
#define VIOD_KMOD_H

#include <stdbool.h>
#include <stddef.h>

/** Load a kernel module by name or alias. 0, also if it is loaded already; -ENOENT if this kernel
 * has none. A blacklisted module is loaded by its name only, not by an alias, as modprobe does. */
int module_load(const char *name_or_alias);

/** True if a module (or built-in driver) of this kernel matches a name or alias. */
bool module_exists(const char *name_or_alias);

/** True if this kernel has none: false also if that is not known. */
bool module_is_missing(const char *name_or_alias);

/** True if a driver belongs to the modules that match an alias ("igbvf" for a VF's modalias). */
bool module_alias_names(const char *alias, const char *driver);

/** How many wildcards a pattern needs to match an alias; -1 if it does not match. The kernel's rule
 * for overlapping aliases: a pattern with fewer wildcards is more specific to the device. */
int module_wildcards(const char *pattern, const char *alias);

/** The module whose alias matches with the fewest wildcards. 0, -ENOENT, -EMSGSIZE, or the -errno
 * of libkmod. */
int module_best(const char *alias, char *ret_name, size_t size);

#endif
