/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One PF as a job sees it: its identity, its VFs, its quirk, and its list of reports. This is the
 * struct behind the handle that each op of a plugin receives.
 */
#ifndef VIOD_DEVICE_H
#define VIOD_DEVICE_H

#include "base/diagnostic.h"
#include "device/progress.h"
#include "kernel/sysfs.h"
#include "loader/loader.h"

/** Bytes of the sysfs name of a PCI or netdevsim device. */
#define DEVICE_NAME_MAX 64

struct device_function {
	char address[DEVICE_NAME_MAX];
	char directory[128];
	char driver[VIOD_NAME_MAX];
	char modalias[96]; /* "" if it has none; fixed while the device exists */
	bool known;	   /* driver and group have been read */
	unsigned look;	   /* when they were read; see device_look_again() */
	uint64_t identity; /* see device_identity(); 0: not read yet */
	/* What a job that rebinds it found before, to be restored if that fails. */
	bool saved;
	char was_driver[VIOD_NAME_MAX], was_override[VIOD_NAME_MAX];
	struct viod_function function;
};

/* The plugin that resolved a word of a file to a kernel driver. */
struct device_resolved {
	char driver[VIOD_NAME_MAX];
	const struct viod_plugin *plugin;
};

/* What became of a row; see row-state.h. */
enum row_mark {
	ROW_UNSUPPORTED, /* the driver does not support it */
	ROW_DEFERRED,	 /* to be tried again later */
	ROW_ROUNDED,	 /* the device set another value */
	ROW_ACCEPTED,	 /* the driver accepted a value */
};
struct device_mark {
	const struct viod_option *option;
	int vf; /* VIOD_PF: for the driver as a whole */
	enum row_mark mark;
};

/* A line that was reported as wrong, so that it is reported for one VF only. */
struct device_reported {
	const char *format;
	struct viod_where where;
};

/* What a plugin keeps for the PF. */
struct device_scratch {
	const struct viod_plugin *plugin;
	void *data;
};

struct viod_pf {
	const struct roots *roots;
	const struct loader *loader;
	const struct schema *schema; /* NULL if only the device is read */
	struct device_function self;
	struct device_function *vfs;
	size_t n_vfs;
	unsigned look;	      /* counts device_look_again() */
	bool looking;	      /* an op that writes nothing is running */
	bool changes_nothing; /* --check: not even a module is loaded */
	bool present;
	bool vfs_are_devices; /* PCI; VFs of netdevsim are not devices and have no drivers */
	const struct viod_plugin *quirk_plugin;
	struct viod_quirk quirk;
	struct diag_list diags;
	struct device_mark *marks;
	size_t n_marks;
	struct device_reported *reported;
	size_t n_reported;
	struct device_scratch *scratch;
	size_t n_scratch;
	struct device_resolved *resolved;
	size_t n_resolved;
	/* A disruptive write to the VFs, or to the PF itself, follows: the search for holders asks
	 * the kernel too, which may claim a disk or a VFIO group for a moment. */
	bool disrupts_vfs, disrupts_self;
	struct processes *processes; /* the last pass over /proc; NULL: none yet */
	bool *returned; /* by VF: it was lent, and is reset before its driver is bound; NULL: none
			 */
	const struct viod_values *wanted; /* set while a plan is made and carried out */
	json_t *notes;			  /* notes of plugins in the record; NULL: no record */
	int unexplained; /* -errno of an op that reported nothing: the reason may pass */
	json_t *facts;	 /* facts that plugins published, by topic; NULL: none */
	struct viod_holders
		*blocked_by; /* holders of what a step had to leave in place; NULL: none */
	/* Behind viod_set_elsewhere(); NULL: not known. */
	int (*set_elsewhere)(struct viod_pf *pf, const char *address, const char *key,
			     char *ret_text, size_t size);
	int (*save_notes)(void *userdata);
	void *save_userdata;
	const char *key;	      /* the row being applied, for the advice of the quirk */
	unsigned kernel_depth;	      /* calls inside the kernel that must not be killed */
	struct progress *progress;    /* never NULL */
	struct progress own_progress; /* used without a daemon */
};

/**
 * Open a PF by its address (sysfs name). If it does not exist, present is false, and only identity
 * and reports work. device_look() leaves the VFs to a later device_scan_vfs(). -errno.
 */
int device_open(const struct roots *roots, const struct loader *loader, const char *address,
		struct viod_pf *ret_pf);
int device_look(const struct roots *roots, const struct loader *loader, const char *address,
		struct viod_pf *ret_pf);
void device_close(struct viod_pf *pf);

/** The bus of the device of this name: "pci" if it has one, else another bus with such a device
 * that has sriov_numvfs. -ENODEV if there is none; another -errno if that is not known now. */
int device_find_bus(const struct roots *roots, const char *name, char *ret_bus, size_t size);

/** Choose the best quirk of pf->schema; -EEXIST after reporting two that match equally well. */
int device_choose_quirk(struct viod_pf *pf);

/** Read the VFs again, from the virtfnN links. sriov_numvfs is read only for devices without such
 * links, because a read waits for a write that hangs. -errno if the PF was removed. */
int device_scan_vfs(struct viod_pf *pf);

/** Use these addresses as those of the VFs, by index; NULL for a VF without one. A VF that is being
 * removed no longer belongs to its PF but still exists as a device. -ENOMEM. */
int device_recall_vfs(struct viod_pf *pf, const char *const *addresses, size_t count);

/** The PF or a VF with its current driver and group; NULL if it is not a device. During an op that
 * writes nothing they are read once. */
const struct viod_function *device_function(struct viod_pf *pf, int vf);

/** The same, read at most once between two calls of device_look_again(). */
const struct viod_function *device_known(struct viod_pf *pf, int vf);

/** Read the driver and group of each function again at its next use. */
void device_look_again(struct viod_pf *pf);

/** The slot of the PF or a VF; NULL beyond the existing VFs. */
struct device_function *device_slot(struct viod_pf *pf, int vf);

/** The directory of the function below /sys; NULL if it has none. */
const char *device_path(const struct viod_pf *pf, int vf);

/** The inode of the function's directory in sysfs, read once between two calls of
 * device_scan_vfs(): a function that was removed and created again has another one. 0 if it is not
 * known. */
uint64_t device_identity(struct viod_pf *pf, int vf);

/** The plugins that have nodes() or holders(): those of the PF's schema, then all other loaded
 * ones, then NULL. The caller frees the array. NULL without memory. */
const struct viod_plugin **device_guards(const struct viod_pf *pf);

/** True if one of them is called for a function: driver plugins, those of the PF's kind, and those
 * whose match table matches the function, whatever kind the file names. */
bool device_guarded_by(const struct viod_pf *pf, int vf, const struct viod_plugin *plugin);

/** True if a plugin's ops apply to this PF: those of core, of its kind, of its quirk, and of driver
 * plugins. */
bool device_concerns(const struct viod_pf *pf, const struct viod_plugin *plugin);

#endif
