/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel that the daemon sees: PCI devices with SR-IOV, their drivers, what sysfs, uevents,
 * rtnetlink and /proc show of them. Its memory is shared by all processes of a sequence; its files
 * are real ones in a directory that stands for /.
 */
#ifndef VIOD_FAKE_KERNEL_H
#define VIOD_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* So many are plugged in at first, and there may be so many. */
#define KERNEL_PFS 2
#define KERNEL_PFS_MAX 20
#define KERNEL_VFS 8
#define KERNEL_HOLDERS 16
#define KERNEL_LOG 512
#define KERNEL_RING 256
/* Process numbers of holders are larger than those of real processes (PID_MAX_LIMIT). */
#define KERNEL_PID_FIRST 5000000

enum kernel_driver {
	DRIVER_NONE,
	DRIVER_PF,    /* "fakepf": makes VFs */
	DRIVER_VF,    /* "fakevf": the native driver of VFs; makes network interfaces */
	DRIVER_OTHER, /* "othervf": another driver of VFs; binds with an override only */
	DRIVER_VFIO,  /* "vfio-pci": binds anything with an override, and makes a group's node */
	DRIVER_MAX_
};

enum holder_kind { HOLDER_NONE, HOLDER_VFIO, HOLDER_NETNS, HOLDER_NODE };

struct kernel_function {
	bool present;
	char address[16];
	int pf, vf; /* vf: -1 of a PF */
	enum kernel_driver driver;
	char override[32];
	int level, quiet; /* what the test plugin sets */
	unsigned resets;
	unsigned generation; /* counts the devices that have been here */
};

struct kernel_pf {
	struct kernel_function self, vfs[KERNEL_VFS];
	unsigned total, numvfs, offset;
	bool autoprobe;
	int hush;	 /* of the test plugin */
	uint16_t device; /* PCI device id */
	uint8_t base_class;
	char interface[16];
	bool carrier;
	/* What its driver does next. */
	int count_error; /* errno of so many writes of the count */
	unsigned count_errors;
	unsigned short_counts; /* so many times one VF less than was asked for */
	uint64_t count_delay;  /* ns inside of the kernel */
	unsigned probe_errors; /* so many VFs are not bound */
	unsigned level_errors; /* so many writes of a level fail */
};

struct kernel_holder {
	pid_t pid; /* 0: free */
	bool ended;
	bool closed; /* its process lives, and uses no VF any more */
	int pf, vf;
	enum holder_kind kind;
	uint64_t since; /* sim->calls */
};

struct kernel_write {
	uint64_t now;
	char role[12], path[112], text[32];
	long result;
};

struct kernel_message {
	uint16_t size;
	char data[510];
};

/** Messages of a multicast socket of the daemon, which are lost when there are too many. */
struct kernel_ring {
	unsigned first, count;
	bool open, lost;
	struct kernel_message items[KERNEL_RING];
};

struct kernel {
	struct kernel_pf pfs[KERNEL_PFS_MAX];
	struct kernel_holder holders[KERNEL_HOLDERS];
	struct kernel_write log[KERNEL_LOG];
	unsigned n_writes; /* also of those that are not in the log any more */
	bool loaded[DRIVER_MAX_];
	bool loadable[DRIVER_MAX_]; /* there is a module of it */
	uint64_t seqnum;
	struct kernel_ring uevents, links;
	bool lose_events;
	unsigned dumps; /* of all links */
	pid_t next_pid;
};

extern struct kernel *kernel;

extern const char *const kernel_drivers[DRIVER_MAX_];

/* --- kernel.c: what the machine is made of --------------------------------------------------- */

/** Map the shared memory, once in each runner. */
void kernel_open(void);
/** A machine with KERNEL_PFS PFs on their drivers and no VFs, in an empty directory. */
void kernel_reset(void);
struct kernel_function *kernel_function(int pf, int vf);
/** The holder of a VF, or NULL. */
struct kernel_holder *kernel_holder_of(int pf, int vf);

/** A process, or a container, begins to use this VF. False where it could not. */
bool kernel_hold(int pf, int vf, enum holder_kind kind);
void kernel_end_holder(struct kernel_holder *holder);
/** The process uses the VF no more, and lives on. */
void kernel_holder_closes(struct kernel_holder *holder);
/** Whether this holder's process has ended; true also for one that never was. */
bool kernel_has_ended(pid_t pid);

void kernel_plug(int pf);
void kernel_unplug(int pf);
void kernel_pf_bind(int pf);
void kernel_pf_unbind(int pf);
void kernel_load_driver(enum kernel_driver driver);
void kernel_unload_driver(enum kernel_driver driver);
void kernel_set_carrier(int pf, bool carrier);
/** Another program's write; its result as the kernel's. It is not in the log. */
long kernel_other_write(const char *path, const char *text);

/* --- kernel-attributes.c: what a write to an attribute does ---------------------------------- */

/** path is below /sys and has no links in it. The result is that of write(2), or -errno. */
long kernel_write(const char *path, const char *text, size_t size);
/** Make so many VFs, as the PF's driver does. 0 or -errno. */
int kernel_set_count(int pf, unsigned count);
int kernel_attach(struct kernel_function *f);
void kernel_detach(struct kernel_function *f);

/* --- kernel-tree.c: what sysfs shows --------------------------------------------------------- */

void tree_reset(void);
void tree_directory(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tree_text(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tree_link(const char *target, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tree_mode(const char *path, int mode);
void tree_remove(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** With all that is in it. */
void tree_remove_all(const char *path);
bool tree_read(const char *path, char *ret_text, size_t size);
#define TREE_NODE 987654321
/** Nanoseconds of a file whose file system never answers: a server that is not reachable. */
#define TREE_HUNG 987654322
/** A process of another user that has such a file open. */
void tree_add_hung(int pid);
/** A file that fstatat() shows as a device node. */
void tree_node(const char *path, bool block, unsigned major, unsigned minor);
void tree_add_pf(int pf);
void tree_remove_pf(int pf);
void tree_add_vf(int pf, int vf);
void tree_remove_vf(int pf, int vf);
void tree_bind(const struct kernel_function *f, enum kernel_driver driver);
void tree_unbind(const struct kernel_function *f, enum kernel_driver driver);
void tree_add_driver(enum kernel_driver driver);
void tree_remove_driver(enum kernel_driver driver);
void tree_hold(const struct kernel_holder *holder);
void tree_end_holder(const struct kernel_holder *holder);
/** It closes the VF's node. */
void tree_close_node(const struct kernel_holder *holder);

/* --- kernel-events.c: what it sends ---------------------------------------------------------- */

void events_device(const char *action, const struct kernel_function *f);
void events_object(const char *action, const char *devpath, const char *subsystem);
void events_link(int pf);
/** The interface is no more. */
void events_link_removed(int pf);
void events_lose(void);
/** Socket calls of the daemon and its jobs; calls.c. */
ssize_t ring_pop(struct kernel_ring *ring, void *ret_data, size_t size);
bool ring_ready(const struct kernel_ring *ring);
/** The kernel's answer to a request of rtnetlink; its size. */
size_t rtnetlink_answer(const void *request, size_t size, void *ret_answer, size_t max);

#endif
