/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network interfaces of a function, and which of them is the PF's own. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interface.h"
#include "rtnl.h"
#include "util.h"
#include "vfinfo.h"

/* udev renames a new interface once or twice. */
#define LOOKS_MAX 5

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* --- names ----------------------------------------------------------------------------------- */

static const char *skip_number(const char *text, char letter)
{
	size_t digits = *text == letter ? strspn(text + 1, "0123456789") : 0;

	return digits ? text + 1 + digits : NULL;
}

/*
 * A port of the device is p0, or p0s1 where it is split. Everything else that has a name stands for
 * the far end of a function: pf0vf3, pf0sf7, c1pf0, pf0.
 */
int net_port_rank(const char *phys_port_name)
{
	const char *rest;

	if (!*phys_port_name)
		return 1;
	rest = skip_number(phys_port_name, 'p');
	if (rest && *rest)
		rest = skip_number(rest, 's');
	return rest && !*rest ? 2 : 0;
}

/* --- listing --------------------------------------------------------------------------------- */

static long read_number(struct viod_pf *pf, int vf, const char *folder, const char *name,
			const char *attribute, long otherwise)
{
	char path[128], text[32], *end;
	long number;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, name, attribute);
	if (viod_read(pf, vf, path, text, sizeof(text)) < 0)
		return otherwise;
	errno = 0;
	number = strtol(text, &end, 0);
	return errno || end == text || *end ? otherwise : number;
}

/* 1 if it no longer exists. */
static int add_interface(struct viod_pf *pf, int vf, const char *folder, const char *name,
			 struct net_interfaces *interfaces)
{
	struct net_interface *items;
	long index;

	if (name[0] == '.' || strlen(name) >= IFNAMSIZ)
		return 0;
	index = read_number(pf, vf, folder, name, "ifindex", 0);
	if (index <= 0 || index > INT_MAX)
		return 1;
	items = reallocarray(interfaces->items, interfaces->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	interfaces->items = items;
	items += interfaces->count++;
	snprintf(items->name, sizeof(items->name), "%s", name);
	snprintf(items->folder, sizeof(items->folder), "%s", folder);
	items->index = (int)index;
	return 0;
}

static int compare_interfaces(const void *a, const void *b)
{
	return ((const struct net_interface *)a)->index - ((const struct net_interface *)b)->index;
}

static int open_directory(struct viod_pf *pf, int vf, const char *folder, DIR **ret_directory)
{
	const struct viod_function *function = viod_function(pf, vf);
	char path[PATH_MAX];

	if (!function)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/%s", function->directory, folder);
	return viod_open_directory(pf, VIOD_TREE_SYS, path, ret_directory);
}

/* 1 if an interface no longer exists. A folder that does not exist is no error. */
static int list_folder(struct viod_pf *pf, int vf, const char *folder,
		       struct net_interfaces *interfaces)
{
	_cleanup_(closedirp) DIR *directory = NULL;
	bool any = false, moved = false;
	const struct dirent *entry;
	int r;

	r = open_directory(pf, vf, folder, &directory);
	while (r >= 0 && (entry = readdir(directory))) {
		any = any || entry->d_name[0] != '.';
		r = add_interface(pf, vf, folder, entry->d_name, interfaces);
		moved = moved || r == 1;
	}
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	/* sysfs keeps the folder for as long as any namespace has an interface in it. */
	interfaces->elsewhere = interfaces->elsewhere || (directory && !any);
	return moved;
}

/* The interface of a virtio function belongs to its child device, "virtio0". */
static int list_virtio(struct viod_pf *pf, int vf, struct net_interfaces *interfaces)
{
	const char *prefix = "virtio";
	_cleanup_(closedirp) DIR *directory = NULL;
	const struct dirent *entry;
	bool moved = false;
	int r;

	r = open_directory(pf, vf, ".", &directory);
	while (r >= 0 && (entry = readdir(directory))) {
		char folder[NET_FOLDER_MAX];

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    snprintf(folder, sizeof(folder), "%s/net", entry->d_name) >=
			    (int)sizeof(folder))
			continue;
		r = list_folder(pf, vf, folder, interfaces);
		moved = moved || r == 1;
	}
	return r < 0 && r != -ENOENT && r != -ENODEV ? r : moved;
}

static int list_interfaces(struct viod_pf *pf, int vf, bool *ret_moved,
			   struct net_interfaces *ret_interfaces)
{
	struct net_interfaces interfaces = { 0 };
	int r = list_folder(pf, vf, "net", &interfaces), deeper = 0;

	if (r >= 0 && !interfaces.count)
		deeper = list_virtio(pf, vf, &interfaces);
	if (r < 0 || deeper < 0) {
		net_interfaces_clear(&interfaces);
		return r < 0 ? r : deeper;
	}
	*ret_moved = r || deeper;
	*ret_interfaces = interfaces;
	return 0;
}

int net_interfaces_find(struct viod_pf *pf, int vf, struct net_interfaces *ret_interfaces)
{
	struct net_interfaces interfaces = { 0 };
	bool moved = true;
	int r = 0;

	/* One that disappears meanwhile may have been renamed. */
	for (unsigned i = 0; i < LOOKS_MAX && moved && r == 0; i++) {
		net_interfaces_clear(&interfaces);
		r = list_interfaces(pf, vf, &moved, &interfaces);
	}
	if (r < 0)
		return r;
	if (interfaces.count)
		qsort(interfaces.items, interfaces.count, sizeof(*interfaces.items),
		      compare_interfaces);
	*ret_interfaces = interfaces;
	return 0;
}

void net_interfaces_clear(struct net_interfaces *interfaces)
{
	free(interfaces->items);
	*interfaces = (struct net_interfaces){ 0 };
}

/* --- the PF's own ---------------------------------------------------------------------------- */

static int rank_of(struct viod_pf *pf, int vf, const struct net_interface *interface)
{
	char path[128], name[64];

	snprintf(path, sizeof(path), "%s/%s/phys_port_name", interface->folder, interface->name);
	/* Most drivers have no port name, and then reading fails. */
	if (viod_read(pf, vf, path, name, sizeof(name)) < 0)
		name[0] = '\0';
	return net_port_rank(name);
}

/* The best by rank; the first port where there are several; the oldest where that is the same. */
static const struct net_interface *choose(struct viod_pf *pf, int vf,
					  const struct net_interfaces *interfaces)
{
	const struct net_interface *best = NULL;
	long best_port = 0;
	int best_rank = 0;

	for (size_t i = 0; i < interfaces->count; i++) {
		const struct net_interface *interface = &interfaces->items[i];
		long port = read_number(pf, vf, interface->folder, interface->name, "dev_port", 0);
		int rank = rank_of(pf, vf, interface);

		if (rank == 0 || rank < best_rank || (rank == best_rank && port >= best_port))
			continue;
		best = interface;
		best_rank = rank;
		best_port = port;
	}
	return best;
}

/* The index is from sysfs, which in tests is not that of the kernel. The name may have changed
 * since, but not the function. */
static bool is_own(const struct viod_function *function, const struct net_interface *own,
		   const struct net_link *link)
{
	size_t child = strcspn(own->folder, "/");

	/* The parent of an interface of virtio is the child device. */
	if (link->parent[0] && own->folder[child])
		return strlen(link->parent) == child &&
		       strncmp(link->parent, own->folder, child) == 0;
	if (link->parent[0])
		return function && strcmp(link->parent, function->address) == 0;
	return strcmp(link->name, own->name) == 0;
}

int net_interface_read(struct viod_pf *pf, int vf, bool with_vfs, int fd, struct net_link *ret_link)
{
	_cleanup_interfaces_ struct net_interfaces interfaces = { 0 };
	_cleanup_link_ struct net_link link = { 0 };
	const struct net_interface *own;
	int r;

	r = net_interfaces_find(pf, vf, &interfaces);
	if (r < 0)
		return r;
	own = choose(pf, vf, &interfaces);
	if (!own)
		return -ENODEV;
	r = net_rtnl_link(fd, own->index, with_vfs, &link);
	if (r < 0)
		return r;
	if (!is_own(viod_function(pf, vf), own, &link))
		return -ENODEV;
	*ret_link = link;
	link = (struct net_link){ 0 };
	return 0;
}

int net_interface_open(struct viod_pf *pf, int vf, bool with_vfs, int *ret_fd,
		       struct net_link *ret_link)
{
	_cleanup_close_ int fd = net_rtnl_open();
	int r;

	if (fd < 0)
		return fd;
	r = net_interface_read(pf, vf, with_vfs, fd, ret_link);
	if (r < 0)
		return r;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

void net_bus_of(const struct viod_function *function, char *ret_bus, size_t size)
{
	const char *bus = strchr(function->directory, '/');

	bus = bus ? bus + 1 : "";
	snprintf(ret_bus, size, "%.*s", (int)strcspn(bus, "/"), bus);
}
