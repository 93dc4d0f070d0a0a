/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holders of the interfaces of a function, and the names of these interfaces. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interface.h"
#include "ops.h"
#include "rtnl.h"
#include "util.h"

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int add_holder(struct viod_holders *holders, uint32_t flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int add_holder(struct viod_holders *holders, uint32_t flags, const char *format, ...)
{
	struct viod_holder holder = { .flags = flags };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(holder.what, sizeof(holder.what), format, arguments);
	va_end(arguments);
	return viod_holder_add(holders, &holder);
}

/* 1, 0 if the function has no such directory, or -errno. */
static int open_below(struct viod_pf *pf, int vf, const char *name, DIR **ret_directory)
{
	const struct viod_function *function = viod_function(pf, vf);
	char path[PATH_MAX];
	int r;

	if (!function)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", function->directory, name);
	r = viod_open_directory(pf, VIOD_TREE_SYS, path, ret_directory);
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	return r < 0 ? r : 1;
}

/* Bridges, bonds, VLANs, macvtaps: whatever lies on top is an upper_NAME link of the interface. */
static int check_uppers(struct viod_pf *pf, int vf, const struct net_interface *interface,
			struct viod_holders *holders)
{
	_cleanup_(closedirp) DIR *directory = NULL;
	const struct dirent *entry;
	char name[128];
	int r;

	snprintf(name, sizeof(name), "%s/%s", interface->folder, interface->name);
	r = open_below(pf, vf, name, &directory);
	if (r <= 0)
		return r;
	r = 0;
	while (r == 0 && (entry = readdir(directory)))
		if (strncmp(entry->d_name, "upper_", 6) == 0)
			r = add_holder(holders, 0, "%s, which its network interface %s is part of",
				       entry->d_name + 6, interface->name);
	return r;
}

static int check_address(struct viod_pf *pf, int vf, const struct net_interface *interface,
			 struct viod_holders *holders)
{
	char path[128], text[64];
	_cleanup_close_ int fd = -1;
	int r;

	snprintf(path, sizeof(path), "%s/%s/flags", interface->folder, interface->name);
	r = viod_read(pf, vf, path, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	if (!(strtoul(text, NULL, 0) & IFF_UP))
		return 0;
	fd = net_rtnl_open();
	if (fd < 0)
		return fd;
	r = net_rtnl_address(fd, interface->index, text, sizeof(text));
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (!text[0])
		return 0;
	/* A file that sets another driver takes the VF from the host on purpose. */
	return add_holder(holders, VIOD_HOLDER_REMOVAL, "the host: %s is up with address %s",
			  interface->name, text);
}

/* sysfs keeps the folder of a class for as long as any namespace has a device in it. */
static int check_rdma(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	_cleanup_(closedirp) DIR *directory = NULL;
	const struct dirent *entry;
	int r;

	r = open_below(pf, vf, "infiniband", &directory);
	if (r <= 0)
		return r;
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			return 0;
	return add_holder(holders, 0,
			  "another network namespace (its RDMA device was moved there)");
}

int net_holders(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	_cleanup_interfaces_ struct net_interfaces interfaces = { 0 };
	int r;

	r = net_interfaces_find(pf, vf, &interfaces);
	if (r == 0 && interfaces.elsewhere)
		r = add_holder(holders, 0,
			       "another network namespace (its interface was moved there)");
	if (r == 0)
		r = check_rdma(pf, vf, holders);
	/* What lies on the PF's own interface is how its VFs are used. */
	for (size_t i = 0; i < interfaces.count && r == 0 && vf != VIOD_PF; i++) {
		r = check_uppers(pf, vf, &interfaces.items[i], holders);
		if (r == 0)
			r = check_address(pf, vf, &interfaces.items[i], holders);
	}
	return r;
}

int net_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes)
{
	_cleanup_interfaces_ struct net_interfaces interfaces = { 0 };
	int r;

	r = net_interfaces_find(pf, vf, &interfaces);
	for (size_t i = 0; i < interfaces.count && r == 0; i++) {
		const struct viod_node node = { .path = interfaces.items[i].name };

		r = viod_node_add(nodes, &node);
	}
	return r;
}
