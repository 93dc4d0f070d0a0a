/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "name =" can be: the address of a PCI device, the name of an interface, or its address. */
#ifndef VIOD_PF_NAME_H
#define VIOD_PF_NAME_H

#include "model/value.h"

struct pf_name {
	enum { PF_NAME_ADDRESS, PF_NAME_MAC, PF_NAME_INTERFACE } type;
	struct bdf address;
	struct viod_mac mac;
};

/**
 * Parse a name. An interface name may be an alternative one; the name of a device of another bus
 * than PCI counts as one, too. -EINVAL if no device can have the name, with *ret_why, malloc()ed or
 * NULL without memory: "what is wrong; what would be right". ret_why may be NULL.
 */
int pf_name_parse(const char *text, struct pf_name *ret_name, char **ret_why);

#endif
