/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plugins other than vfio know of its drivers. */
#ifndef VIOD_VFIO_DRIVER_H
#define VIOD_VFIO_DRIVER_H

#include <stdbool.h>
#include <string.h>

/** True for a kernel driver that gives the function to user space: vfio-pci and its variants, all
 *  of which have "vfio" in their name. name: viod_function.driver, or NULL for no driver. */
static inline bool viod_is_vfio_driver(const char *name)
{
	return name && strstr(name, "vfio");
}

#endif
