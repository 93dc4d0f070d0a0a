/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holders of mdevs, which are separate devices in IOMMU groups of their own. An mdev whose use
 * cannot be determined counts as in use.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "profile.h"

/* --- one mdev -------------------------------------------------------------------------------- */

static int check_owner(struct viod_pf *pf, const char *path, const char *uuid,
		       struct viod_holder *holder)
{
	int64_t end, left;

	if (!gpu_mdev_is_own(pf, path, uuid, &end)) {
		snprintf(holder->what, sizeof(holder->what), "mdev %s, which viod did not make",
			 uuid);
		return 1;
	}
	left = end - gpu_seconds();
	if (left <= 0)
		return 0;
	snprintf(holder->what, sizeof(holder->what),
		 "mdev %s, just created and reserved %" PRId64 " s for its user", uuid, left);
	return 1;
}

/* The node of an mdev's group, which exists for as long as the mdev does. -ENOENT where it has
 * none.
 */
static int find_node(struct viod_pf *pf, const char *path, char name[static 32],
		     struct viod_node *ret_node)
{
	struct stat status;
	int r;

	r = gpu_mdev_node(pf, path, name, 32);
	if (r == 0)
		r = viod_stat_at(pf, VIOD_TREE_DEV, name + strlen("/dev"), &status);
	if (r < 0)
		return r;
	*ret_node = (struct viod_node){ .path = name,
					.device = status.st_rdev,
					.flags = VIOD_NODE_EXCLUSIVE | VIOD_NODE_DRIVES };
	return 0;
}

static int check_opened(struct viod_pf *pf, const char *path, const char *uuid,
			struct viod_holder *holder)
{
	struct viod_node node;
	char name[32];
	int r;

	r = find_node(pf, path, name, &node);
	/* An mdev without a group cannot be opened. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = viod_node_user(pf, &node, holder);
	if (r > 0)
		snprintf(holder->what, sizeof(holder->what), "%s of mdev %s", name, uuid);
	return r;
}

int gpu_mdev_user(struct viod_pf *pf, const char *path, struct viod_holder *ret_holder)
{
	char uuid[GPU_UUID_MAX];
	int r;

	*ret_holder = (struct viod_holder){ 0 };
	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	/* A process that has it open is reported rather than its grace or creator. */
	r = check_opened(pf, path, uuid, ret_holder);
	return r != 0 ? r : check_owner(pf, path, uuid, ret_holder);
}

/* Core finds the processes that have a group's node open, for all groups at once. */
static int check_mdev(struct viod_pf *pf, const char *path, void *data)
{
	struct viod_holder holder = { 0 };
	char uuid[GPU_UUID_MAX];

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	return check_owner(pf, path, uuid, &holder) > 0 ? viod_holder_add(data, &holder) : 0;
}

int gpu_holders(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	return vf == VIOD_PF ? 0 : gpu_each_mdev(pf, vf, check_mdev, holders);
}

static int add_node(struct viod_pf *pf, const char *path, void *data)
{
	char name[32], uuid[GPU_UUID_MAX];
	struct viod_node node;
	int r;

	if (gpu_uuid_parse(strrchr(path, '/') + 1, uuid) < 0)
		return 0;
	r = find_node(pf, path, name, &node);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return viod_node_add(data, &node);
}

int gpu_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes)
{
	const struct viod_function *function = viod_function(pf, vf);
	char path[GPU_PATH_MAX];

	if (!function)
		return 0;
	snprintf(path, sizeof(path), "%s/mdev_supported_types", function->directory);
	return gpu_exists(pf, path) ? gpu_each_mdev(pf, vf, add_node, nodes) : 0;
}
