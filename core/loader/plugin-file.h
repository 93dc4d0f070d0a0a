/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One plugin file being loaded: it is checked before it is opened, its descriptor is checked before
 * it is used, and copied into structs of core's size.
 */
#ifndef VIOD_PLUGIN_FILE_H
#define VIOD_PLUGIN_FILE_H

#include <viod/plugin.h>

#include "base/util.h"

/** Sizes of the structs in ABI 1.0. They never change, whatever is appended later: no released
 * header has smaller ones. */
#define PLUGIN_SIZE_MIN (offsetof(struct viod_plugin, host) + sizeof(void *))
#define OPS_SIZE_MIN (offsetof(struct viod_ops, resize) + sizeof(void (*)(void)))
#define QUIRK_SIZE_MIN (offsetof(struct viod_quirk, kind) + sizeof(void *))

struct plugin_file {
	char *name; /* file name without .so, or the word of plugins= */
	char *path;
	int fd; /* the file that was checked; open as long as the object is loaded, -1: not opened
		 */
	void *handle;
	const struct viod_plugin *descriptor; /* the plugin's own descriptor, inside its object */
	struct viod_plugin *plugin;	      /* the copy; its ops and quirk are copies too */
	char *why;			      /* why it is refused; NULL: it is not */
};

/** Refuse the plugin; the first reason is kept. 0, or -ENOMEM. */
int plugin_file_refuse(struct plugin_file *candidate, const char *format, ...) PRINTF_LIKE(2, 3);

/**
 * Open a folder, and check that it and each folder above it belong to root (or to the user viod
 * runs as), and that no other user can write to them or, where the folder above is sticky, replace
 * them. *ret_why is NULL if so, else the malloc()ed reason. The caller closes *ret_fd; it is -1 if
 * the folder cannot be opened. 0, or -errno: -ENOMEM, or a reason that may pass.
 */
int plugin_folder_open(const char *directory, int *ret_fd, char **ret_why);

/** Open the file of a candidate that has a name and a path in an open folder, and check all that
 * does not depend on other plugins. What is loaded is the file that was checked. A refused
 * candidate has a reason in why afterwards. 0, or -errno: -ENOMEM, or a reason that may pass. */
int plugin_file_load(struct plugin_file *candidate, int folder);

/** Close and free; the plugin's object is unmapped unless handle is NULL. */
void plugin_file_clear(struct plugin_file *candidate);

#endif
