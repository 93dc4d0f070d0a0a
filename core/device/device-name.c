/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/device-name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device/device.h"
#include "model/pf-name.h"
#include "model/value.h"

/* What the kernel says of something that is not there. */
static int absent_or_error(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EINVAL ? -ENODEV : r;
}

static int address_of(const struct roots *roots, const char *interface, char *ret_address,
		      size_t size)
{
	return absent_or_error(
		link_device(roots->trees[VIOD_TREE_SYS], interface, ret_address, size));
}

/* A VF may have any address, also that of its PF. 1, 0 or -errno. */
static int is_vf(const struct roots *roots, const char *interface)
{
	char path[64];

	snprintf(path, sizeof(path), "class/net/%s/device/physfn", interface);
	if (faccessat(roots->trees[VIOD_TREE_SYS], path, F_OK, 0) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

/* The permanent address is that of one device, whichever address is set now. A link without a
 * permanent address is found by the one that it has. */
static int find_mac(const struct roots *roots, const struct link_table *links, const uint8_t *mac,
		    bool permanent, char *ret_address, size_t size)
{
	for (size_t i = 0; i < links->count; i++) {
		const struct link_entry *link = &links->items[i];
		const uint8_t *address = permanent ? link->permanent : link->address;
		int r;

		if (memcmp(address, mac, sizeof(link->address)) != 0)
			continue;
		r = is_vf(roots, link->name);
		if (r == 0)
			r = address_of(roots, link->name, ret_address, size);
		else if (r > 0)
			r = -ENODEV;
		if (r != -ENODEV)
			return r;
	}
	return -ENODEV;
}

static int resolve_mac(const struct roots *roots, struct link_table *links,
		       const struct pf_name *name, char *ret_address, size_t size)
{
	int r = link_table_read(links);

	if (r == 0)
		r = find_mac(roots, links, name->mac.octets, true, ret_address, size);
	if (r == -ENODEV)
		r = find_mac(roots, links, name->mac.octets, false, ret_address, size);
	return r;
}

static int resolve_interface(const struct roots *roots, struct link_table *links, const char *name,
			     char *ret_address, size_t size)
{
	const struct link_entry *link;
	char bus[32];
	int r = device_find_bus(roots, name, bus, sizeof(bus));

	if (r == 0)
		return copy_text(ret_address, size, name);
	if (r == -ENODEV)
		r = address_of(roots, name, ret_address, size);
	if (r != -ENODEV)
		return r;
	/* A name that sysfs does not list may be an alternative name. */
	r = link_table_read(links);
	link = r == 0 ? link_table_altname(links, name) : NULL;
	if (!link)
		return r < 0 ? r : -ENODEV;
	return address_of(roots, link->name, ret_address, size);
}

int resolve_name(const struct roots *roots, struct link_table *links, const char *text,
		 char *ret_address, size_t size)
{
	struct pf_name name;
	char address[20];

	if (pf_name_parse(text, &name, NULL) < 0)
		return -ENODEV;
	switch (name.type) {
	case PF_NAME_ADDRESS:
		bdf_format(&name.address, address);
		return copy_text(ret_address, size, address);
	case PF_NAME_MAC:
		return resolve_mac(roots, links, &name, ret_address, size);
	case PF_NAME_INTERFACE:
		break;
	}
	return resolve_interface(roots, links, text, ret_address, size);
}
