/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs of mdevs: derived from their purpose, and recognised by it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdev.h"

/* The same for the same machine, purpose and text. */
static int derive(struct viod_pf *pf, const char *purpose, const char *text,
		  char ret_uuid[static GPU_UUID_MAX])
{
	uint8_t bytes[16];
	int r;

	r = viod_derive(pf, purpose, text, bytes, sizeof(bytes));
	if (r < 0)
		return r;
	gpu_uuid_format(bytes, ret_uuid);
	return 0;
}

int gpu_uuid_of(struct viod_pf *pf, int vf, char ret_uuid[static GPU_UUID_MAX])
{
	const struct viod_function *function = viod_function(pf, vf);

	return function ? derive(pf, "mdev", function->address, ret_uuid) : -ENODEV;
}

/* Digits at the end of a UUID that hold the number. */
#define NUMBER_DIGITS 3

int gpu_mdev_uuid(struct viod_pf *pf, const char *id, unsigned number,
		  char ret_uuid[static GPU_UUID_MAX])
{
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	char name[160];
	int r;

	snprintf(name, sizeof(name), "%s/%s", self ? self->address : "", id);
	r = derive(pf, "placed-mdev", name, ret_uuid);
	if (r == 0)
		snprintf(ret_uuid + GPU_UUID_MAX - 1 - NUMBER_DIGITS, NUMBER_DIGITS + 1, "%0*x",
			 NUMBER_DIGITS, number & 0xfff);
	return r;
}

int gpu_mdev_number(struct viod_pf *pf, const char *id, const char *uuid)
{
	const size_t same = GPU_UUID_MAX - 1 - NUMBER_DIGITS;
	char first[GPU_UUID_MAX];
	unsigned long number;

	if (gpu_mdev_uuid(pf, id, 0, first) < 0 || strncmp(first, uuid, same) != 0)
		return -1;
	number = strtoul(uuid + same, NULL, 16);
	return number < GPU_MDEVS_OF_TYPE ? (int)number : -1;
}

/* --- all of them ------------------------------------------------------------------------------ */

struct walk {
	int vf;
	int (*found)(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data);
	void *data;
};

static int look_at(struct viod_pf *pf, const char *path, void *data)
{
	const struct walk *walk = data;
	struct gpu_mdev mdev = { .vf = walk->vf, .path = path };
	char link[GPU_PATH_MAX], uuid[GPU_UUID_MAX];

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0 ||
	    snprintf(link, sizeof(link), "%s/mdev_type", path) >= (int)sizeof(link) ||
	    viod_link_at(pf, VIOD_TREE_SYS, link, mdev.id, sizeof(mdev.id)) < 0)
		return 0;
	mdev.uuid = uuid;
	mdev.number = gpu_mdev_number(pf, mdev.id, uuid);
	return walk->found(pf, &mdev, walk->data);
}

int gpu_mdevs_each(struct viod_pf *pf,
		   int (*found)(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data),
		   void *data)
{
	struct walk walk = { .vf = VIOD_PF, .found = found, .data = data };
	int r = 0;

	for (; r == 0 && viod_function(pf, walk.vf); walk.vf++)
		if (gpu_mode_of(pf, walk.vf, NULL) == GPU_MDEV)
			r = gpu_each_mdev(pf, walk.vf, look_at, &walk);
	return r;
}
