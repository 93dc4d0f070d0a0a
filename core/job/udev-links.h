/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /run/viod/managed/ADDRESS for each VF that viod manages. The udev rule that keeps other tools
 * from them tests for it. Each is a link to the PF's state file, so that it dangles once that is
 * removed. The PF's record lists its links, so that those of other PFs need not be read.
 */
#ifndef VIOD_UDEV_LINKS_H
#define VIOD_UDEV_LINKS_H

#include "device/device.h"
#include "job/record.h"

/** Create the links of the PF's VFs, and remove those of VFs that no longer exist. Existing
 * interfaces of a VF get a uevent when its link is created or removed. The record is saved.
 * -errno. */
int udev_links_update(struct viod_pf *pf, struct record *record);

/** Remove all links of the PF. notify: the VFs' interfaces get a uevent. Missing links are
 * ignored. */
void udev_links_remove(const struct roots *roots, const struct record *record, bool notify);

#endif
