/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/device-name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device/device.h"
#include "kernel/netif.h"
#include "model/value.h"

static int address_of(int interfaces, const char *interface, char *ret_address, size_t size)
{
	char path[320];

	if (!*interface || interface[0] == '.' || strchr(interface, '/'))
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/device", interface);
	return sysfs_link_name(interfaces, path, ret_address, size) < 0 ? -ENODEV : 0;
}

/* A VF may have any address, also that of its PF. */
static bool is_vf(int interfaces, const char *interface)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/device/physfn", interface);
	return faccessat(interfaces, path, F_OK, 0) == 0;
}

struct mac_search {
	int interfaces;
	const uint8_t *octets;
	char *address;
	size_t size;
};

static int match_permanent(void *userdata, const struct link_event *event)
{
	const struct mac_search *search = userdata;

	return memcmp(event->permanent, search->octets, sizeof(event->permanent)) == 0 &&
	       !is_vf(search->interfaces, event->name) &&
	       address_of(search->interfaces, event->name, search->address, search->size) == 0;
}

/* Search by the permanent address, whichever address is set now. */
static int find_permanent(const struct roots *roots, const char *mac, char *ret_address,
			  size_t size)
{
	static const struct viod_option row = { .type = VIOD_TYPE_MAC,
						.size = sizeof(struct viod_mac),
						.key = "name" };
	_cleanup_close_ int interfaces =
		openat(roots->trees[VIOD_TREE_SYS], "class/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *why = NULL;
	struct viod_mac wanted;
	struct mac_search search = { interfaces, wanted.octets, ret_address, size };

	if (interfaces < 0 || value_parse(&row, mac, &wanted, &why) < 0)
		return -ENODEV;
	return link_for_each(match_permanent, &search) == 1 ? 0 : -ENODEV;
}

static int find_mac(const struct roots *roots, const char *mac, char *ret_address, size_t size)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int fd;

	if (open_directory(roots->trees[VIOD_TREE_SYS], "class/net", &dir) < 0)
		return -ENODEV;
	fd = dirfd(dir);
	while ((entry = readdir(dir))) {
		char path[320], text[64];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/address", entry->d_name);
		if (sysfs_read(fd, path, text, sizeof(text)) < 0 || strcasecmp(text, mac) != 0 ||
		    is_vf(fd, entry->d_name))
			continue;
		if (address_of(fd, entry->d_name, ret_address, size) == 0)
			return 0;
	}
	return -ENODEV;
}

int resolve_name(const struct roots *roots, const char *name, char *ret_address, size_t size)
{
	_cleanup_close_ int interfaces = -1;
	struct bdf bdf;
	char address[20], bus[32], interface[IFNAMSIZ];

	if (bdf_parse(name, &bdf) == 0) {
		bdf_format(&bdf, address);
		return copy_text(ret_address, size, address);
	}
	if (strncmp(name, "mac:", 4) == 0)
		return find_permanent(roots, name + 4, ret_address, size) == 0
			       ? 0
			       : find_mac(roots, name + 4, ret_address, size);
	if (device_find_bus(roots, name, bus, sizeof(bus)) == 0)
		return copy_text(ret_address, size, name);
	interfaces =
		openat(roots->trees[VIOD_TREE_SYS], "class/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (interfaces < 0)
		return -ENODEV;
	if (address_of(interfaces, name, ret_address, size) == 0)
		return 0;
	/* A name that sysfs does not list may be an alternative name. */
	if (link_find_altname(name, interface) < 0)
		return -ENODEV;
	return address_of(interfaces, interface, ret_address, size);
}
