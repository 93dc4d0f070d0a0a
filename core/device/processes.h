/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The open files of all processes that a function may be used by: device nodes, and files without a
 * node that a plugin knows. One pass over /proc serves all searches of a job.
 */
#ifndef VIOD_PROCESSES_H
#define VIOD_PROCESSES_H

#include "device/holder.h"
#include "kernel/sysfs.h"

/** An open device node. */
struct process_file {
	pid_t pid;
	int number; /* of the descriptor */
	dev_t device;
	bool block;
};

/** An open file without a node; see struct viod_open_file. */
struct process_object {
	pid_t pid;
	const char *what;
	char address[64]; /* the function that it uses; "" if the kernel does not say */
};

struct processes {
	struct process_file *files;
	size_t n_files;
	struct process_object *objects;
	size_t n_objects;
	uint64_t began, ended; /* of the pass, CLOCK_MONOTONIC in microseconds */
};

/** Read all open files of all processes. known: tables of plugins, each ends with an entry without
 * link; the list ends with NULL. The caller frees *ret_processes. -errno if a process cannot be
 * read: its files are then unknown. */
int processes_read(const struct roots *roots, const struct viod_open_file *const *known,
		   struct processes **ret_processes);
/** NULL is ignored. Returns NULL. */
struct processes *processes_free(struct processes *processes);

/** Whether /proc shows the processes of the whole host. 0: it is that of a container's PID
 * namespace, and shows that container's processes only. 1, or -errno. */
int processes_are_of_host(const struct roots *roots);

/** True if so much time has passed since the pass that it must be repeated: a second, or four times
 * as long as its duration, so that passes never take more than a fifth of a job's time. */
bool processes_are_old(const struct processes *processes);

/** True if the process still has this node open, by a descriptor that can use it: one that was
 * opened with O_PATH cannot. If that cannot be determined, it counts as open. */
bool process_uses_file(const struct roots *roots, const struct process_file *file);

/** A holder with the name and the unit of a process, printable. */
void process_describe(const struct roots *roots, pid_t pid, const char *what, uint32_t flags,
		      struct viod_holder *ret_holder);

/** The unit or container of a process, from the text of its cgroup file: the innermost service or
 * scope; "" if there is none. The text is overwritten. */
void process_unit_of(char *cgroup, char *ret_unit, size_t size);

/** The value of "flags:" in the text of a fdinfo file, octal. -ENOENT if it is missing. */
int process_flags_of(const char *fdinfo, unsigned *ret_flags);

/** The last component of the path in the line of fdinfo that begins with key. -ENOENT if there is
 * no such line, -EMSGSIZE if it is longer than size. */
int process_address_of(const char *fdinfo, const char *key, char *ret_address, size_t size);

#endif
