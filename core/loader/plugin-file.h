/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One plugin file on its way in: looked at before it is opened, its descriptor checked before
 * anything of it is believed, and copied into structs of core's own size.
 */
#ifndef VIOD_PLUGIN_FILE_H
#define VIOD_PLUGIN_FILE_H

#include <viod/plugin.h>

#include "base/util.h"

/** Bytes of the structs as ABI 1.0 had them. These never change, whatever is appended later: less
 *  than this cannot have been built against any released header. */
#define PLUGIN_SIZE_MIN (offsetof(struct viod_plugin, host) + sizeof(void *))
#define OPS_SIZE_MIN (offsetof(struct viod_ops, resize) + sizeof(void (*)(void)))
#define QUIRK_SIZE_MIN (offsetof(struct viod_quirk, kind) + sizeof(void *))

struct candidate {
	char *name; /* file name without .so, or the word of plugins= */
	char *path;
	void *handle;
	const struct viod_plugin *descriptor; /* the plugin's own, inside its object */
	struct viod_plugin *plugin;	      /* the copy; its ops and quirk are copies too */
	char *why;			      /* refused because; NULL: not so far */
};

/** Refuse it, for the first reason that is found. 0, or -ENOMEM. */
int candidate_refuse(struct candidate *candidate, const char *format, ...) PRINTF_LIKE(2, 3);

/**
 * Whether a folder may hold plugins: it belongs to root (or to the user viod runs as), and nobody
 * else can write to it. *ret_why is NULL where it may; malloc()ed otherwise. 0, or -ENOMEM.
 */
int candidate_check_folder(const char *directory, char **ret_why);

/** Open the file of a candidate that has a name and a path, and check everything that can be told
 *  from it alone. A candidate that does not pass has a why afterwards. 0, or -ENOMEM. */
int candidate_load(struct candidate *candidate);

/** Close and free; the plugin's object is unmapped unless handle is NULL. */
void candidate_clear(struct candidate *candidate);

#endif
