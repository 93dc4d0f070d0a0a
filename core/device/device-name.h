/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what "name =" says to the address of a device. */
#ifndef VIOD_DEVICE_NAME_H
#define VIOD_DEVICE_NAME_H

#include "kernel/sysfs.h"

/**
 * A PCI address (whether or not there is such a device), an interface name, or "mac:" and an
 * address of a network function that is no VF. 0, -ENODEV where no device has that name now.
 */
int resolve_name(const struct roots *roots, const char *name, char *ret_address, size_t size);

#endif
