/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of an IOMMU group have one node, so they cannot have different owners. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

static bool wants_vfio(const struct viod_values *wanted, int vf)
{
	const struct viod_option *row = viod_option_of(wanted, vf, "driver");
	const struct viod_driver *driver = row ? viod_get(wanted, vf, row) : NULL;

	return driver && viod_is_vfio_driver(driver->name);
}

/* The row in which two functions differ, or VFIO_NODE_ROWS_. */
static enum vfio_row differing_row(const struct viod_values *wanted, int vf, int other)
{
	for (enum vfio_row row = 0; row < VFIO_NODE_ROWS_; row++) {
		const char *a = viod_get(wanted, vf, vfio_row(vf, row));
		const char *b = viod_get(wanted, other, vfio_row(other, row));

		if (a && b && strcmp(a, b) != 0)
			return row;
	}
	return VFIO_NODE_ROWS_;
}

static int check_peers(struct viod_pf *pf, const struct viod_values *wanted, int vf, int group)
{
	const struct viod_function *peer;

	for (int other = VIOD_PF; other < vf; other++) {
		enum vfio_row row;

		peer = viod_function(pf, other);
		if (!peer || peer->iommu_group != group || !wants_vfio(wanted, other))
			continue;
		row = differing_row(wanted, vf, other);
		if (row == VFIO_NODE_ROWS_)
			continue;
		viod_error(
			pf, wanted, vf, vfio_row(vf, row),
			"%s is in IOMMU group %d with %s, and the group has one node: '%s' must be "
			"'%s' for both",
			viod_function(pf, vf)->address, group, viod_function(pf, other)->address,
			vfio_row(vf, row)->key,
			(const char *)viod_get(wanted, other, vfio_row(other, row)));
		return -EINVAL;
	}
	return 0;
}

/* --- functions of other PFs ------------------------------------------------------------------- */

/* The file that was first stays in force. */
static int check_member(struct viod_pf *pf, const struct viod_values *wanted, int vf,
			const char *address)
{
	for (enum vfio_row row = 0; row < VFIO_NODE_ROWS_; row++) {
		const struct viod_option *option = vfio_row(vf, row);
		const char *text = viod_get(wanted, vf, option);
		char other[64];
		int r;

		if (!text)
			continue;
		r = viod_set_elsewhere(pf, address, option->key, other, sizeof(other));
		if (r == -ENOENT || (r == 0 && strcmp(other, text) == 0))
			continue;
		if (r < 0)
			return r;
		viod_error(
			pf, wanted, vf, option,
			"%s is in one IOMMU group with %s of another file, and the group has one "
			"node: '%s' must be '%s' for both",
			viod_function(pf, vf)->address, address, option->key, other);
		return -EINVAL;
	}
	return 0;
}

static int check_members(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	struct vfio_member *members;
	size_t count;
	int r;

	r = vfio_members_find(pf, vf, &members, &count);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < count && r == 0; i++)
		if (viod_is_vfio_driver(members[i].driver))
			r = check_member(pf, wanted, vf, members[i].address);
	free(members);
	return r;
}

int vfio_check_owner(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	const struct viod_function *function = viod_function(pf, vf);
	int group = function ? function->iommu_group : -1, r;

	if (group < 0 || !wants_vfio(wanted, vf))
		return 0;
	r = check_peers(pf, wanted, vf, group);
	return r < 0 ? r : check_members(pf, wanted, vf);
}
