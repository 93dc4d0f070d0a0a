/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One PF as a job sees it: its identity, its VFs, the quirk that fits, and the list that reports go
 * to. This is the struct behind the handle that every op of a plugin gets.
 */
#ifndef VIOD_DEVICE_H
#define VIOD_DEVICE_H

#include "base/diagnostic.h"
#include "device/progress.h"
#include "kernel/sysfs.h"
#include "loader/loader.h"

/** sysfs names of PCI devices and of netdevsim's; longer ones do not exist. */
#define DEVICE_NAME_MAX 64

struct device_function {
	char address[DEVICE_NAME_MAX];
	char directory[128];
	char driver[VIOD_NAME_MAX];
	char modalias[96]; /* "" where it has none; it stays the same while the device exists */
	bool known;	   /* driver and group have been read */
	unsigned look;	   /* when they were read; see device_look_again() */
	/* What a job that binds it anew found, and puts back if that fails. */
	bool taken;
	char was_driver[VIOD_NAME_MAX], was_override[VIOD_NAME_MAX];
	struct viod_function function;
};

/* Which plugin stands behind a kernel driver that a word of a file was resolved to. */
struct device_resolved {
	char driver[VIOD_NAME_MAX];
	const struct viod_plugin *plugin;
};

/* What became of a row; see row-state.h. */
enum row_mark {
	ROW_UNSUPPORTED, /* the driver does not have it */
	ROW_DEFERRED,	 /* not now */
	ROW_ROUNDED,	 /* the device made another value of it */
	ROW_ACCEPTED,	 /* the driver accepted a value */
};
struct device_mark {
	const struct viod_option *option;
	int vf; /* VIOD_PF for what holds for the driver */
	enum row_mark mark;
};

/* A line that was reported as wrong, so that it is not reported for each VF. */
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
	const struct schema *schema; /* NULL where only the device is looked at */
	struct device_function self;
	struct device_function *vfs;
	size_t n_vfs;
	unsigned look; /* counts device_look_again() */
	bool looking;  /* an op that writes nothing is running */
	bool present;
	bool vfs_are_devices; /* PCI; netdevsim's VFs exist in the PF alone, without drivers */
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
	/* A disruptive write to the VFs, or to the PF itself, follows the question who uses them:
	 * it may take a disk for a moment to get an answer. */
	bool takes_vfs, takes_self;
	const struct viod_values *wanted; /* while a plan is made and carried out */
	json_t *notes;			  /* of plugins, in the record; NULL: there is none */
	json_t *facts;			  /* what plugins told, by topic; NULL: nothing */
	struct viod_holders
		*blocked_by; /* holders of what a step had to leave in place; NULL: none */
	int (*save_notes)(void *userdata);
	void *save_userdata;
	const char *key;	      /* of the row being applied: whose advice fits an errno */
	unsigned kernel_depth;	      /* calls inside the kernel that must not be killed */
	struct progress *progress;    /* never NULL */
	struct progress own_progress; /* where nobody watches */
};

/**
 * Open a PF by its address (sysfs name). Where there is none, present is false, and only identity
 * and reports work. device_look() leaves its VFs for a later device_scan_vfs(). -errno.
 */
int device_open(const struct roots *roots, const struct loader *loader, const char *address,
		struct viod_pf *ret_pf);
int device_look(const struct roots *roots, const struct loader *loader, const char *address,
		struct viod_pf *ret_pf);
void device_close(struct viod_pf *pf);

/** The bus of the device of this name: "pci" if it is there, else any other that has such a device
 *  with sriov_numvfs. -ENODEV. */
int device_find_bus(const struct roots *roots, const char *name, char *ret_bus, size_t size);

/** Choose among the quirks of pf->schema; -EEXIST after reporting two that fit equally well. */
int device_choose_quirk(struct viod_pf *pf);

/** Read the VFs anew: virtfnN links, never sriov_numvfs (its read waits for a write that hangs),
 * but for devices that have no such links. -errno where the PF is gone. */
int device_scan_vfs(struct viod_pf *pf);

/** Take these for the VFs, by index; NULL where one has no address. A VF that is being removed is
 * no VF of its PF any more, but a device it is. -ENOMEM. */
int device_recall_vfs(struct viod_pf *pf, const char *const *addresses, size_t count);

/** The PF or a VF, its driver and group as they are now; NULL where it has no device. An op that
 * writes nothing sees the same throughout a look. */
const struct viod_function *device_function(struct viod_pf *pf, int vf);

/** The same, read at most once in each look. */
const struct viod_function *device_known(struct viod_pf *pf, int vf);

/** A new look at the device begins: what functions are bound to is read again, once. */
void device_look_again(struct viod_pf *pf);

/** What is kept of the PF or a VF; NULL beyond the VFs that there are. */
struct device_function *device_slot(struct viod_pf *pf, int vf);

/** The directory of the function below /sys; NULL where it has none. */
const char *device_path(const struct viod_pf *pf, int vf);

/** The plugins that have nodes() or holders(), those of the PF's schema first, then all others that
 *  are loaded. NULL at the end; the caller frees the array. NULL without memory. */
const struct viod_plugin **device_guards(const struct viod_pf *pf);

/** Whether one of them is asked about a function: driver plugins, those of the PF's kind, and those
 *  whose match table fits the function, whatever kind the file names. */
bool device_guarded_by(const struct viod_pf *pf, int vf, const struct viod_plugin *plugin);

/** Whether a plugin's ops apply to this PF: core's, its kind's, its own quirk's, driver plugins'.
 */
bool device_concerns(const struct viod_pf *pf, const struct viod_plugin *plugin);

#endif
