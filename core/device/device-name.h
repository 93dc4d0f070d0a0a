/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the value of "name =" to the address of a device. */
#ifndef VIOD_DEVICE_NAME_H
#define VIOD_DEVICE_NAME_H

#include "kernel/link-table.h"
#include "kernel/sysfs.h"

/**
 * Resolve a PCI address (of an existing device or not), an interface name, or "mac:" and the
 * address of a network function that is not a VF. links: read if the name needs it. 0; -ENODEV if
 * no device has that name now; another -errno if that is not known now.
 */
int resolve_name(const struct roots *roots, struct link_table *links, const char *name,
		 char *ret_address, size_t size);

#endif
