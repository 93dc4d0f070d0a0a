/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which device a file is about: the one that its name stands for, and as long as its name line is
 * the same, the one that it has configured. Also over restarts, by what records say.
 */
#ifndef VIOD_PF_DEVICE_H
#define VIOD_PF_DEVICE_H

#include "daemon/pf-state.h"
#include "kernel/link-table.h"

/** Of one record: which PF, which file configured it, and how that file calls it. */
struct recorded_file {
	char *address, *config, *name;
};

/** All-zero at first: not read yet. Read when it is needed, and cleared after that, because jobs
 * write records. */
struct recorded_files {
	struct recorded_file *items;
	size_t count;
	bool read;
	int error; /* -errno of the reading: not tried again until it is cleared */
};

void recorded_files_clear(struct recorded_files *files);

/** Whether a record says that this PF's file has configured the device. Where records cannot be
 * read, files->error is set and the answer says nothing. */
bool pf_is_recorded(const struct pf_environment *environment, struct recorded_files *files,
		    const struct managed_pf *pf, const char *address);

/**
 * The address of the device that a file is about, which calls it name. It is the one that pf has
 * under that name, or that a record of that file has under that name, while that device exists;
 * else the one that has the name now. 0; -ENODEV if there is none; another -errno if that is not
 * known now.
 */
int pf_find_device(const struct pf_environment *environment, struct link_table *links,
		   struct recorded_files *files, const struct managed_pf *pf, const char *name,
		   char *ret_address, size_t size);

/** Whether the name may stand for another device later: it is no address. */
bool pf_name_can_move(const char *name);

#endif
