/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other members of an IOMMU group: user space can use a whole group only. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

#define CLASS_BRIDGE 0x06

static unsigned read_base_class(struct viod_pf *pf, const char *address)
{
	char path[PATH_MAX], text[16];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/class", address);
	return viod_read_at(pf, VIOD_TREE_SYS, path, text, sizeof(text)) < 0
		       ? 0
		       : (unsigned)strtoul(text, NULL, 16) >> 16;
}

static int add_member(struct viod_pf *pf, const char *address, struct vfio_member **members,
		      size_t *count)
{
	struct vfio_member *grown = reallocarray(*members, *count + 1, sizeof(**members));
	struct vfio_member *member;

	if (!grown)
		return -ENOMEM;
	*members = grown;
	member = &grown[(*count)++];
	*member = (struct vfio_member){ 0 };
	snprintf(member->address, sizeof(member->address), "%s", address);
	member->is_bridge = read_base_class(pf, address) == CLASS_BRIDGE;
	return vfio_read_driver(pf, address, member->driver);
}

static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct vfio_member *)a)->address,
		      ((const struct vfio_member *)b)->address);
}

int vfio_members_find(struct viod_pf *pf, int vf, struct vfio_member **ret_members,
		      size_t *ret_count)
{
	const struct viod_function *function = viod_function(pf, vf);
	struct vfio_member *members = NULL;
	const struct dirent *entry;
	size_t count = 0;
	char path[64];
	DIR *directory;
	int r;

	if (!function || function->iommu_group < 0)
		return -ENODEV;
	snprintf(path, sizeof(path), "kernel/iommu_groups/%d/devices", function->iommu_group);
	r = viod_open_directory(pf, VIOD_TREE_SYS, path, &directory);
	if (r < 0)
		return r;
	while (r == 0 && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, function->address) != 0)
			r = add_member(pf, entry->d_name, &members, &count);
	closedir(directory);
	if (r < 0) {
		free(members);
		return r;
	}
	if (count)
		qsort(members, count, sizeof(*members), compare_members);
	*ret_members = members;
	*ret_count = count;
	return 0;
}

/* Drivers of bridges, and pci-stub, do no DMA of their own (vfio: drivers with driver_managed_dma).
 */
bool vfio_member_hinders(const struct vfio_member *member)
{
	return member->driver[0] && !member->is_bridge && !viod_is_vfio_driver(member->driver) &&
	       strcmp(member->driver, "pci-stub") != 0;
}
