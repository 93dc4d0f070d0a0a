/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports that configuration files may have changed, 100 ms after the last event. It does not
 * report which file: the receiver compares identities, so that a lost event does no harm.
 */
#ifndef VIOD_CONFIG_WATCH_H
#define VIOD_CONFIG_WATCH_H

#include <systemd/sd-event.h>

#include "config/config.h"

struct watch;

typedef void (*watch_handler)(void *userdata);

/** root as for config_list(). -errno. */
int watch_new(sd_event *loop, int root, const char *name, watch_handler handler, void *userdata,
	      struct watch **ret_watch);
struct watch *watch_free(struct watch *watch);

/** Watch the directories and files that are in force now. Called before the files are read, so that
 * no change is missed between. Missing directories are watched for by their parents. -errno. */
int watch_refresh(struct watch *watch, const struct config_files *files);

#endif
