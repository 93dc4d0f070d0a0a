/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libpci knows of a device: its name, and capabilities that the kernel does not show. */
#ifndef VIOD_PCI_DEVICE_H
#define VIOD_PCI_DEVICE_H

#include "kernel/sysfs.h"

struct pci_description {
	char name[256];	 /* vendor and device, of pci.ids; numbers if they are not in there */
	bool sriov, acs; /* the configuration space has this capability */
	bool partial;	 /* its extended part could not be read: neither is known */
};

/**
 * Look at a device below the root that everything else is read from. function: its address, vendor
 * and device. -EIO if libpci gave up, or another -errno.
 */
int pci_describe(const struct roots *roots, const struct viod_function *function,
		 struct pci_description *ret_description);

/** The nearest PCI port or bridge above a device that has no ACS: what is below it shares an IOMMU
 * group. directory: of the device, below the root of /sys. 1 with its address; 0 if all have ACS,
 * or there is none; -errno where that is not known. */
int pci_port_without_acs(const struct roots *roots, const char *directory, char *ret_address,
			 size_t size);

#endif
