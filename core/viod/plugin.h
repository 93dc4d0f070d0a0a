/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract between viod and its plugins. A plugin includes this header and nothing else of
 * viod; it links nothing of viod either: it calls core through a table, viod_host.
 *
 * A plugin is one shared object that exports one symbol, viod_plugin, written with
 * VIOD_PLUGIN_DEFINE() at the end of its main file:
 *
 *	VIOD_PLUGIN_DEFINE(
 *		.role = VIOD_ROLE_KIND, .name = "dev", .kind = "dev", .version = "1",
 *		.summary = "any SR-IOV device", .match = dev_match);
 *
 * Its option rows say which keys it adds to a file of its kind and where their values live; its
 * ops observe and change the device. Every op is optional. Core parses, compares, plans what has
 * no plan() of its own, keeps baselines and prints, all from the rows.
 *
 * Ops run in a job: a process of its own that serves one PF once. A crash there costs that job and
 * nothing else. viod-plugin(7) has a table of what each op may call.
 *
 * In this order: what ops are given, the ops, the descriptor, what ops call; then what fewer
 * plugins need: holders and nodes, other files. Option rows are in option.h, match tables and
 * quirks in quirk.h, the table behind the calls in host.h.
 *
 * Compatibility: structs that begin with, or hold, their own size (viod_plugin, viod_ops,
 * viod_quirk, viod_host) are only ever appended to, which raises VIOD_ABI_MINOR: a plugin built
 * against an older minor reads as one that left the newer fields zero. All others are fixed; a
 * change of one of them raises VIOD_ABI_MAJOR.
 */
#ifndef VIOD_PLUGIN_H
#define VIOD_PLUGIN_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <viod/option.h>
#include <viod/quirk.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VIOD_ABI_MAGIC 0x76696f64u /* "viod" */
#define VIOD_ABI_MAJOR 1
#define VIOD_ABI_MINOR 0

struct viod_pf;	     /* the PF an op works on: identity, sysfs, reports; owned by core */
struct viod_values;  /* the rows of one PF and its VFs: what is wanted, or what is (the state) */
struct viod_plan;    /* the steps of one job, being collected */
struct viod_holders; /* the holders of a function, being collected */
struct viod_nodes;   /* what a consumer of a function opens, being collected */
struct viod_plugin;

/* --- what ops are given ----------------------------------------------------------------------- */

/** The identity of the PF (VIOD_PF) or a VF in sysfs. Strings are valid as long as the PF
 * handle. */
struct viod_function {
	const char *address; /* name of its sysfs directory: "0000:05:00.0" */
	const char
		*directory;  /* path of it below the root of /sys: "bus/pci/devices/0000:05:00.0" */
	const char *driver;  /* bound driver, or NULL */
	uint32_t class_code; /* 24 bits: base class, sub-class, interface */
	uint16_t vendor, device, subvendor, subdevice;
	int32_t iommu_group; /* -1: none */
};

/** One row of one function whose wanted value differs from the state. */
struct viod_change {
	const struct viod_option *option;
	const void *wanted;	 /* of the row's type */
	const void *state;	 /* NULL: not known */
	struct viod_where where; /* the line that set it */
	int32_t vf;		 /* VIOD_PF, or an index */
	uint32_t flags; /* enum viod_step_flags of every step that serves it; core sets them */
};

/**
 * What must be true before a step is carried out. Core sets them for each step from the flags of
 * the rows that it serves and from the quirk's lists; plan() only adds flags beyond those.
 */
enum viod_step_flags {
	VIOD_STEP_DISRUPTIVE = 1 << 0, /* no holder uses the function: checked right before it */
	VIOD_STEP_ALL_VFS = 1 << 1,    /* with DISRUPTIVE: none uses any VF of the PF either; every
					* disruptive step of the PF has it */
	VIOD_STEP_NO_VFS = 1 << 2,     /* the PF has no VFs; the phase is VIOD_PHASE_RESIZE */
	VIOD_STEP_UNBOUND = 1 << 3,    /* no driver is bound to the VF, or, in a step of the PF, to
					* any VF; the phase is VIOD_PHASE_RESIZE or CONFIGURE */
};

/** One kernel write. Core copies the struct, and size bytes of data with it. */
struct viod_step {
	uint8_t phase; /* enum viod_phase */
	uint8_t flags; /* enum viod_step_flags */
	uint16_t code; /* the plugin's own: what apply() is to do */
	int32_t vf;    /* VIOD_PF, or an index */
	struct viod_where where;
	char text[192];			  /* for a person: "vf3.vlan: 100 -> 200" */
	const struct viod_change *change; /* the row it serves; NULL where it serves several */
	const struct viod_change *const *changes; /* those, n_changes of them; not copied, and read
						   * by viod_step_add() alone */
	size_t n_changes;
	const void *data;
	size_t size;
};

/* --- ops ------------------------------------------------------------------------------------ */

/**
 * All optional. Return 0 or a negative errno; report what is wrong with viod_report() or
 * viod_error() unless the errno explains it; core then adds nothing. A kind's, a quirk's and a
 * driver plugin's ops have the same shape; for one PF core's own run first, then a kind's before
 * its quirk's.
 */
struct viod_ops {
	uint32_t size; /* sizeof(struct viod_ops) */

	/** Check wanted against itself. Pure, and called where the device is absent, too: then
	 *  viod_function() returns NULL. -EINVAL after reporting at least one VIOD_ERROR. */
	int (*validate)(struct viod_pf *pf, const struct viod_values *wanted);

	/** Read the kernel: viod_put() each row that it reports. Writes nothing. */
	int (*observe)(struct viod_pf *pf, struct viod_values *state);

	/** Check wanted against the device, and replace words that depend on it ("stable") by what
	 *  they stand for. wanted is whole, with the values of new VFs; state has no VFs where all
	 *  will be re-created. Writes nothing. */
	int (*complete)(struct viod_pf *pf, const struct viod_values *state,
			struct viod_values *wanted);

	/** Turn the changes of this plugin's rows into steps. Pure: no I/O, clock or randomness.
	 *  Absent: one step a row, in the row's phase. */
	int (*plan)(struct viod_pf *pf, const struct viod_values *state,
		    const struct viod_change *changes, size_t n_changes, struct viod_plan *plan);

	/** Carry one step out, and read back that the value is there. -EAGAIN and the like are
	 *  retried when the device's quirk says so. A step for many VFs reports each VF that failed
	 *  and returns 0. */
	int (*apply)(struct viod_pf *pf, const struct viod_step *step);

	/** Add each holder of the function, a VF or the PF, that its nodes do not show: a network
	 *  namespace, a bridge. An error counts as held. Of the kinds it is called for every
	 *  function that their match table fits, whatever kind the PF's file names; of driver
	 *  plugins for all; as is nodes(). */
	int (*holders)(struct viod_pf *pf, int vf, struct viod_holders *holders);

	/** Add what a consumer of the function opens. Core finds the device nodes that are
	 *  children of the function in sysfs, and what lies on top of disks; nodes() names those
	 *  that are not. An error counts as held. */
	int (*nodes)(struct viod_pf *pf, int vf, struct viod_nodes *nodes);

	/** Driver plugins: the kernel driver that a word of serves stands for on this function. */
	int (*choose_driver)(struct viod_pf *pf, int vf, const char *word,
			     char ret_driver[VIOD_NAME_MAX]);

	/** Driver plugins: load the modules that a driver named by choose_driver() needs, and check
	 *  what would keep it from working on the function. Called before the function loses the
	 *  driver that it has, and again before each further step: on an error, which should be
	 *  reported with an advice, it keeps that driver. --check calls it to foresee that, also
	 * for a VF that does not exist yet: then viod_function() returns NULL. */
	int (*prepare_driver)(struct viod_pf *pf, int vf, const char *driver,
			      const struct viod_values *wanted);

	/** Quirks: create so many VFs, or remove all, in the device's own way; sriov_numvfs is not
	 *  written then. Core checks the result. -EAGAIN and -EBUSY may be tried again. */
	int (*resize)(struct viod_pf *pf, unsigned count);
};

/* --- the descriptor ------------------------------------------------------------------------- */

enum viod_role {
	VIOD_ROLE_KIND,	  /* serves one kind of PF */
	VIOD_ROLE_QUIRK,  /* adapts a kind to one driver or device */
	VIOD_ROLE_DRIVER, /* serves words of "driver =" */
	VIOD_ROLE_MAX_
};

struct viod_host;

struct viod_plugin {
	uint32_t magic;
	uint16_t abi_major, abi_minor;
	uint32_t size;	  /* sizeof(struct viod_plugin) the plugin was built with */
	uint32_t role;	  /* enum viod_role */
	const char *name; /* the file is NAME.so */
	const char *kind; /* the kind it serves or extends; NULL for a driver plugin */
	const char *version, *summary;
	const struct viod_option *options;
	uint32_t pf_size, vf_size; /* bytes of its structs that the rows point into */
	const struct viod_ops *ops;
	const struct viod_match
		*match; /* quirks: the devices they adapt; kinds: those they serve, by class as a
			 * rule: a file of the kind for another device is refused unless a quirk
			 * matches it. A kind without a table serves what its files name. */
	const struct viod_quirk *quirk; /* quirks only */
	const char *const *serves;	/* driver plugins only: words of "driver =" */
	const char *const *needs; /* plugins that must be there, and run before; NULL-terminated */
	const struct viod_host **host; /* core stores the table here before the first call */
	const struct viod_open_file *open_files; /* ends with an entry without link; or NULL */
};

extern const struct viod_host *viod_host __attribute__((visibility("hidden")));
extern const struct viod_plugin viod_plugin __attribute__((visibility("default")));

#define VIOD_PLUGIN_DEFINE(...)                                                      \
	const struct viod_host *viod_host;                                           \
	const struct viod_plugin viod_plugin = { .magic = VIOD_ABI_MAGIC,            \
						 .abi_major = VIOD_ABI_MAJOR,        \
						 .abi_minor = VIOD_ABI_MINOR,        \
						 .size = sizeof(struct viod_plugin), \
						 .host = &viod_host,                 \
						 __VA_ARGS__ }

/* --- values --------------------------------------------------------------------------------- */

/** The value of a row, of the row's C type, or NULL where it is not set or not known.
 *  vf must be VIOD_PF for rows of [pf], an index below viod_vf_count() for the others. */
#define viod_get(values_, vf_, option_) (viod_host->get((values_), (vf_), (option_)))

/** Set a row and mark it known; option->size bytes are copied from value, and the records of a
 *  table. 0, or -ENOMEM of a table, and then the row is not known. */
#define viod_put(values_, vf_, option_, value_) \
	(viod_host->put((values_), (vf_), (option_), (value_)))

/** Make a row as if it were not set or not known. */
#define viod_forget(values_, vf_, option_) (viod_host->forget((values_), (vf_), (option_)))

/** How many VFs the values describe. */
#define viod_vf_count(values_) (viod_host->vf_count((values_)))

/** The line that set a row of wanted; never NULL, but its file may be. */
#define viod_where(values_, vf_, option_) (viod_host->where((values_), (vf_), (option_)))

/** The row of a key, whichever plugin declared it ("driver" is core's), for viod_get() and
 *  viod_where(). NULL where [pf] (vf = VIOD_PF) or [vfN] has no such key. */
#define viod_option_of(values_, vf_, key_) (viod_host->option((values_), (vf_), (key_)))

/** This plugin's own struct of the PF or a VF; fields that viod_get() does not know are zero. */
#define viod_struct(values_, vf_) (viod_host->values((values_), (vf_), &viod_plugin))

/** A row's value as it is written in a file. 0, or -EMSGSIZE. */
#define viod_format(option_, value_, text_, size_) \
	(viod_host->format((option_), (value_), (text_), (size_)))

/** The word of a list that is closest to a misspelled one, or NULL if none is close. */
#define viod_nearest(word_, words_, n_words_) (viod_host->nearest((word_), (words_), (n_words_)))

/* --- steps ---------------------------------------------------------------------------------- */

/** Add a step to the plan; 0 or -ENOMEM. Steps of one phase keep the order they were added in. */
#define viod_step_add(plan_, step_) (viod_host->step((plan_), &viod_plugin, (step_)))

/** "vf3.vlan: 100 -> 200", as much as fits. */
#define viod_change_text(change_, text_, size_) \
	(viod_host->change_text((change_), (text_), (size_)))

/* --- reports -------------------------------------------------------------------------------- */

enum viod_severity {
	VIOD_ERROR,   /* what was wanted is not reached */
	VIOD_WARNING, /* it is reached as far as this device can; the user should know */
	VIOD_INFO,
	VIOD_SEVERITY_MAX_
};

/** Report to the user. vf: VIOD_PF or an index; option: the row it is about, whose advice of the
 *  quirk fits the errno, or NULL; where: the line that set the row, or NULL; error: positive errno
 *  or 0, its text is appended; format: what is wrong; what would be right. */
#define viod_report(pf_, severity_, vf_, option_, where_, error_, ...) \
	(viod_host->report((pf_), (severity_), (vf_), (option_), (where_), (error_), __VA_ARGS__))

/** A VIOD_ERROR about a row of wanted, with the line that set it. A line that is wrong in the same
 *  way for many VFs is reported for the first. */
#define viod_error(pf_, wanted_, vf_, option_, ...) \
	(viod_host->error((pf_), (wanted_), (vf_), (option_), __VA_ARGS__))

/**
 * Report a row that could not be set as wanted although the file is right. Only for apply();
 * viod_row_deferred() also for complete(). True if it is reported for the first time.
 *
 * unsupported: the driver does not support it. Call it for every VF that the driver rejects, and
 * report nothing else. If it rejects all VFs, core warns once and never plans the row again; if
 * only some, core reports an error for those and tries again.
 *
 * deferred: not now. Report a warning. The job ends degraded, and it is tried again later, at once
 * when the device changes. The VF's driver is bound nevertheless.
 *
 * rounded: the device set the nearest value that it supports. The value that the next observe()
 * reports counts as wanted.
 */
#define viod_row_unsupported(pf_, vf_, option_) \
	(viod_host->row_unsupported((pf_), (vf_), (option_)))
#define viod_row_deferred(pf_, vf_, option_) (viod_host->row_deferred((pf_), (vf_), (option_)))
#define viod_row_rounded(pf_, vf_, option_) (viod_host->row_rounded((pf_), (vf_), (option_)))

/** Only for observe(): publish a fact about the device that no row expresses, such as the profiles
 * it offers. In the PF's state file it is facts.TOPIC.ABOUT.WHAT, a text. 0 or -ENOMEM; -EINVAL if
 * it is not UTF-8. */
#define viod_publish(pf_, topic_, about_, what_, text_) \
	(viod_host->publish((pf_), (topic_), (about_), (what_), (text_)))

/* --- the device ----------------------------------------------------------------------------- */

/** Identity of the PF or a VF; NULL if there is no such device, also if it was removed. */
#define viod_function(pf_, vf_) (viod_host->function((pf_), (vf_)))

/** The limits of this device; never NULL, all-zero where no quirk matches. */
#define viod_quirk(pf_) (viod_host->quirk((pf_)))

/** The nearest PCI port or bridge above a function that has no ACS: what is below it shares an
 * IOMMU group. 1 with its address; 0 if all have ACS, or there is none; -errno where that is not
 * known.
 */
#define viod_port_without_acs(pf_, vf_, address_, size_) \
	(viod_host->port_without_acs((pf_), (vf_), (address_), (size_)))

/** Read a sysfs attribute, relative to the function's directory, without its trailing newline.
 *  0, or -errno; -EMSGSIZE where it does not fit into size bytes. */
#define viod_read(pf_, vf_, attribute_, text_, size_) \
	(viod_host->read((pf_), (vf_), (attribute_), (text_), (size_)))

/** Write a sysfs attribute in one write(). 0, or -errno. Only for apply() and resize(). */
#define viod_write(pf_, vf_, attribute_, text_) \
	(viod_host->write((pf_), (vf_), (attribute_), (text_)))

/** Load a kernel module by name or alias (libkmod). 0 also where it is loaded or built in. -EROFS
 * where nothing may be changed (--check): whether it would work is not known. */
#define viod_load_module(pf_, name_) (viod_host->load_module((pf_), (name_)))

/** Of the kernel's modules that have this alias, the one that has it with the fewest wildcards. 0,
 * -ENOENT where there is none, -EMSGSIZE, or another -errno of libkmod. */
#define viod_best_module(pf_, alias_, name_, size_) \
	(viod_host->best_module((pf_), (alias_), (name_), (size_)))

/* --- what a plugin keeps -------------------------------------------------------------------- */

/** Memory of the plugin for this PF: size_ bytes, zero at first, the same at each call; freed with
 * the job. NULL without memory. */
#define viod_scratch(pf_, size_) (viod_host->scratch((pf_), &viod_plugin, (size_)))

/** Note what no device reports and a later job must know, such as that viod created something. A
 *  note exists as long as viod's record of the PF: until the file is deleted, or a reboot. key is
 *  the plugin's own; a text of NULL removes the note. Only for apply(). It is on the disk when this
 *  returns 0; -ENOENT where the PF has no record. */
#define viod_note(pf_, key_, text_) (viod_host->note((pf_), &viod_plugin, (key_), (text_)))

/** What was noted. 0, -ENOENT, or -EMSGSIZE where it does not fit into size bytes. */
#define viod_noted(pf_, key_, text_, size_) \
	(viod_host->noted((pf_), &viod_plugin, (key_), (text_), (size_)))

/** What viod has set for a function of another PF, by the file of that PF: the value of key as
 * text. address: of the function. 0, or -ENOENT where viod has set nothing; another -errno where
 * that is not known now. Only for complete(). */
#define viod_set_elsewhere(pf_, address_, key_, text_, size_) \
	(viod_host->set_elsewhere((pf_), (address_), (key_), (text_), (size_)))

/** Bytes that are constant for this machine, purpose and text, and reveal nothing about the
 *  machine: HMAC-SHA256 of "viod PURPOSE TEXT", keyed with the text of /etc/machine-id. One purpose
 *  for each use. size: up to 32. 0, or -errno where there is no usable machine-id. */
#define viod_derive(pf_, purpose_, text_, ret_bytes_, size_) \
	(viod_host->derive((pf_), (purpose_), (text_), (ret_bytes_), (size_)))

/* --- holders and nodes ---------------------------------------------------------------------- */

/** What a holder keeps viod from doing. 0: from every disruptive step. */
enum viod_holder_flags {
	VIOD_HOLDER_REMOVAL = 1 << 0, /* from removing the VF; another driver may be bound to it */
	VIOD_HOLDER_YIELDS = 1 << 1,  /* of a PF: 'force = yes' in its file overrides it */
};

/** A process, or a part of the system, that uses a function now. Strings are empty and pid is 0
 *  where they are not known. */
struct viod_holder {
	pid_t pid;
	char process[32]; /* comm of the process */
	char unit[64];	  /* its systemd unit or container, from its cgroup */
	char what[96];	  /* what it uses: "/dev/vfio/12", "the bridge br0" */
	uint32_t flags;	  /* enum viod_holder_flags */
};

enum viod_node_flags {
	VIOD_NODE_BLOCK = 1 << 0,     /* a block device; otherwise a character device */
	VIOD_NODE_EXCLUSIVE = 1 << 1, /* a second open() fails with EBUSY while it is in use */
	VIOD_NODE_DRIVES = 1 << 2, /* the process that opens it drives the function, so 'force' does
				      not override it */
};

/**
 * An open file that uses a function and is no device node, as descriptors that a driver returns:
 * core looks for them among the files of all processes.
 */
struct viod_open_file {
	const char *link; /* target of its link in /proc/PID/fd: "anon_inode:[vfio-device]" */
	const char *line; /* beginning of the line of its fdinfo whose value is a path that ends
			   * with the address of the function; NULL: none. Where the line is
			   * missing, the nodes with VIOD_NODE_EXCLUSIVE are asked. */
	const char *what; /* what the process uses: "an open VFIO device" */
};

/** What a consumer of a function opens. */
struct viod_node {
	const char *path; /* "/dev/nvme1", or the name of a network interface; copied */
	dev_t device;	  /* 0: not a device node, so that no holder is found by it */
	uint32_t flags;	  /* enum viod_node_flags */
};

/** Only for holders() and nodes(): add a holder, or a node, a copy. One that is there already is
 * not added again. 0 or -ENOMEM. */
#define viod_holder_add(holders_, holder_) (viod_host->holder((holders_), (holder_)))
#define viod_node_add(nodes_, node_) (viod_host->node((nodes_), (node_)))

/** Look for a holder of a PCI function that is neither the PF nor one of its VFs, as viod does for
 *  those. 0: there is none; 1: *ret_holder_ is the first; -errno, which counts as held. Holders
 * that 'force = yes' in the PF's file overrides do not count. */
#define viod_holder_of(pf_, address_, ret_holder_) \
	(viod_host->holder_of((pf_), (address_), (ret_holder_)))

/** "qemu-system-x86 (pid 812, machine-web1.scope): /dev/vfio/12", as much as fits. */
#define viod_holder_text(holder_, text_, size_) \
	(viod_host->holder_text((holder_), (text_), (size_)))

/** Look for a process that has a device node open. 0: there is none; 1: *ret_holder_ is the first,
 *  with the node's path as what; -errno, which counts as open. */
#define viod_node_user(pf_, node_, ret_holder_) \
	(viod_host->node_user((pf_), (node_), (ret_holder_)))

/** Only for apply(): the step would have removed something that is in use. The PF becomes blocked,
 *  and the step is planned again when the holder has released it. vf: VIOD_PF, or an index. 0 or
 *  -ENOMEM. */
#define viod_step_blocked_by(pf_, vf_, holder_) (viod_host->blocked_by((pf_), (vf_), (holder_)))

/* --- other files ---------------------------------------------------------------------------- */

/** The trees that paths are relative to; tests replace them */
enum viod_tree { VIOD_TREE_SYS, VIOD_TREE_DEV, VIOD_TREE_PROC, VIOD_TREE_ETC, VIOD_TREE_RUN };

/** viod_read() and viod_write() for any file below the root of a tree: another function's
 * attribute, debugfs. Every write() of a plugin goes through these: a process inside a write that
 * waits for a holder must not be killed, and they record when it is. */
#define viod_read_at(pf_, tree_, path_, text_, size_) \
	(viod_host->read_at((pf_), (tree_), (path_), (text_), (size_)))
#define viod_write_at(pf_, tree_, path_, text_) \
	(viod_host->write_at((pf_), (tree_), (path_), (text_)))

/** The last component of a symbolic link's target. 0, or -errno; -EINVAL if it is not a link,
 * -EMSGSIZE if the name does not fit into size bytes. */
#define viod_link_at(pf_, tree_, path_, name_, size_) \
	(viod_host->link_at((pf_), (tree_), (path_), (name_), (size_)))

/** stat(2) of a path below the root of a tree. 0, or -errno. */
#define viod_stat_at(pf_, tree_, path_, status_) \
	(viod_host->stat_at((pf_), (tree_), (path_), (status_)))

/** Wait until udev has processed a device that appeared: it sets names, owners and modes of its
 * own. entry_: the device's name in udev's database, "n5" for the network interface 5, "c511:0" for
 * a character device. An entry older than since_, a struct timespec or NULL, is of an earlier
 * device. 0, also where no udev runs; -ETIMEDOUT. Only for apply(). */
#define viod_udev_wait(pf_, entry_, since_, milliseconds_) \
	(viod_host->udev_wait((pf_), (entry_), (since_), (milliseconds_)))

/** Around each other call that changes the device: an ioctl, a netlink message. They nest. */
#define viod_kernel_enter(pf_) (viod_host->kernel_enter((pf_)))
#define viod_kernel_leave(pf_) (viod_host->kernel_leave((pf_)))

/** Open a file below the root of a tree; O_CLOEXEC is added. A file descriptor, or -errno. */
#define viod_open(pf_, tree_, path_, flags_) (viod_host->open_at((pf_), (tree_), (path_), (flags_)))

/** Open a directory below the root of a tree, to be read with readdir(); the caller closes it with
 *  closedir(). 0, or -errno, and then *ret_dir_ is left as it was. */
#define viod_open_directory(pf_, tree_, path_, ret_dir_) \
	(viod_host->open_directory((pf_), (tree_), (path_), (ret_dir_)))

#ifdef __cplusplus
}
#endif

#include <viod/host.h>

#endif
