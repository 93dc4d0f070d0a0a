/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Core's own rows: the VF count and the driver of each function. They are declared and served like
 * those of a plugin, so that no other code treats them specially.
 */
#ifndef VIOD_SRIOV_H
#define VIOD_SRIOV_H

#include "device/device.h"

extern const struct viod_plugin sriov_plugin;

/** The value of vfs for "max", until complete() replaces it. */
#define SRIOV_VFS_MAX (-1)

enum sriov_on_remove { SRIOV_RELEASE, SRIOV_KEEP };
enum sriov_drift { SRIOV_ON_RETURN, SRIOV_ENFORCE, SRIOV_REPORT, SRIOV_IGNORE };

/** Core's struct of a PF and of a VF. */
struct sriov_pf {
	char name[256], kind[VIOD_NAME_MAX];
	int64_t vfs, on_remove, drift, grace, timeout;
	struct viod_driver driver;
	bool drivers_autoprobe, force;
	char driver_override[VIOD_NAME_MAX];
};
struct sriov_vf {
	struct viod_driver driver;
	char driver_override[VIOD_NAME_MAX];
};

/** Indices of core's rows in sriov_rows. */
enum sriov_row {
	SRIOV_ROW_NAME,
	SRIOV_ROW_KIND,
	SRIOV_ROW_VFS,
	SRIOV_ROW_PF_DRIVER,
	SRIOV_ROW_ON_REMOVE,
	SRIOV_ROW_DRIFT,
	SRIOV_ROW_GRACE,
	SRIOV_ROW_TIMEOUT,
	SRIOV_ROW_FORCE,
	SRIOV_ROW_AUTOPROBE,
	SRIOV_ROW_PF_OVERRIDE,
	SRIOV_ROW_DRIVER,
	SRIOV_ROW_OVERRIDE,
	SRIOV_ROW_END,
};
extern const struct viod_option sriov_rows[];

/** The plugin that resolved a driver or serves its name; NULL if there is none. */
const struct viod_plugin *sriov_plugin_of(const struct viod_pf *pf, const char *driver);

/** Prevent any driver from being bound to a VF that has none. 1 if that needed a write. */
int sriov_hold(struct viod_pf *pf, int vf);

/** True if a driver resets the function itself whenever a user opens and closes it, as VFIO drivers
 * do. */
bool sriov_driver_resets(const struct viod_pf *pf, const char *driver);

/** The VF counts that a device can have. */
struct sriov_limits {
	unsigned most;	/* by sriov_totalvfs and the quirk */
	bool unlimited; /* it reports no maximum: most is VIOD_VF_MAX, and "max" means nothing */
	bool fixed;	/* only the present count */
};

/** 0; -ENOENT if it is not an SR-IOV PF; another -errno if that is not known now. Never blocks. */
int sriov_limits(struct viod_pf *pf, struct sriov_limits *ret_limits);

/** How many VFs there will be with this value of vfs, a number or SRIOV_VFS_MAX. Of a number that
 * is too large, the most that are possible. */
unsigned sriov_count(const struct viod_pf *pf, const struct sriov_limits *limits, int64_t vfs);

#endif
