/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device.h"
#include "value.h"

static int address_of(int interfaces, const char *interface, char *ret_address, size_t size)
{
	char path[320];

	if (!*interface || interface[0] == '.' || strchr(interface, '/'))
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/device", interface);
	return sysfs_link_name(interfaces, path, ret_address, size) < 0 ? -ENODEV : 0;
}

/* A VF may have been given any address, its PF's among them. */
static bool is_vf(int interfaces, const char *interface)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/device/physfn", interface);
	return faccessat(interfaces, path, F_OK, 0) == 0;
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
	struct viod_bdf bdf;
	char address[20], bus[32];

	if (bdf_parse(name, &bdf) == 0) {
		bdf_format(&bdf, address);
		return copy_text(ret_address, size, address);
	}
	if (strncmp(name, "mac:", 4) == 0)
		return find_mac(roots, name + 4, ret_address, size);
	if (device_find_bus(roots, name, bus, sizeof(bus)) == 0)
		return copy_text(ret_address, size, name);
	interfaces =
		openat(roots->trees[VIOD_TREE_SYS], "class/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return interfaces < 0 ? -ENODEV : address_of(interfaces, name, ret_address, size);
}
