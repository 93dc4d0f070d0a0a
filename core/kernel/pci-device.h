/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libpci knows of a device: its name, and capabilities that the kernel does not show. */
#ifndef VIOD_PCI_DEVICE_H
#define VIOD_PCI_DEVICE_H

#include "kernel/sysfs.h"

struct pci_description {
	char name[256];	 /* vendor and device, of pci.ids; numbers if they are not in there */
	bool sriov, acs; /* the configuration space has this capability */
};

/**
 * Look at a device below the root that everything else is read from. function: its address, vendor
 * and device. -EIO if libpci gave up, or another -errno.
 */
int pci_describe(const struct roots *roots, const struct viod_function *function,
		 struct pci_description *ret_description);

#endif
