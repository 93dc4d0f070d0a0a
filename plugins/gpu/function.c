/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PF or VF as sysfs shows it: how it becomes a vGPU, and the mdevs below it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mdev.h"

/* Vendors that program the VF itself have their files in a directory of the VF. */
static const char *const vendors[] = { "nvidia", NULL };

enum gpu_mode gpu_mode_of(struct viod_pf *pf, int vf, const char **ret_directory)
{
	const struct viod_function *function = viod_function(pf, vf);
	char path[GPU_PATH_MAX];

	if (!function)
		return GPU_PLAIN;
	for (size_t i = 0; vendors[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s/current_vgpu_type", function->directory,
			 vendors[i]);
		if (!gpu_exists(pf, path))
			continue;
		if (ret_directory)
			*ret_directory = vendors[i];
		return GPU_VENDOR;
	}
	snprintf(path, sizeof(path), "%s/mdev_supported_types", function->directory);
	return gpu_exists(pf, path) ? GPU_MDEV : GPU_PLAIN;
}

/* The mdevs of a parent are directories in it, each with a link to its type. */
int gpu_each_mdev(struct viod_pf *pf, int vf,
		  int (*found)(struct viod_pf *pf, const char *path, void *data), void *data)
{
	const struct viod_function *function = viod_function(pf, vf);
	char pattern[GPU_PATH_MAX];

	if (!function)
		return 0;
	snprintf(pattern, sizeof(pattern), "%s/*-*-*-*-*", function->directory);
	return gpu_glob(pf, pattern, found, data);
}

/* --- VFs with a profile of their own ---------------------------------------------------------- */

bool gpu_mdev_reserved(struct viod_pf *pf, int vf)
{
	const struct gpu_memory *memory = gpu_memory(pf);

	if (vf < 0 || vf >= GPU_VFS_MAX)
		return false;
	return !memory || (memory->reserved[vf / 8] >> (vf % 8) & 1);
}

int gpu_mdev_reserve(struct viod_pf *pf, int vf, bool is_reserved)
{
	struct gpu_memory *memory = gpu_memory(pf);

	if (!memory)
		return -ENOMEM;
	if (vf < 0 || vf >= GPU_VFS_MAX)
		return 0;
	if (is_reserved)
		memory->reserved[vf / 8] |= (unsigned char)(1 << (vf % 8));
	else
		memory->reserved[vf / 8] &= (unsigned char)~(1 << (vf % 8));
	return 0;
}
