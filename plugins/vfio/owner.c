/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of an IOMMU group have one node, so they cannot have different owners. */
#include <errno.h>
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

int vfio_check_owner(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	const struct viod_function *function = viod_function(pf, vf), *peer;
	int group = function ? function->iommu_group : -1;

	if (group < 0 || !wants_vfio(wanted, vf))
		return 0;
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
