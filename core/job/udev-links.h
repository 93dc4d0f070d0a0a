/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /run/viod/managed/ADDRESS of each VF of a PF that viod manages: what the udev rule looks for that
 * keeps other tools from them. A link to the PF's state file, so that none counts once that is
 * gone. The PF's record lists them, so that nobody has to look through those of the whole machine.
 */
#ifndef VIOD_UDEV_LINKS_H
#define VIOD_UDEV_LINKS_H

#include "device/device.h"
#include "job/record.h"

/** Make the links of the PF's VFs, and remove those of VFs that are no longer there. Interfaces
 * that a VF has already get an event when its link comes or goes. The record is saved. -errno. */
int managed_update(struct viod_pf *pf, struct record *record);

/** Remove all links of the PF; tell: interfaces get an event. What is not there is passed over. */
void managed_remove(const struct roots *roots, const struct record *record, bool tell);

#endif
