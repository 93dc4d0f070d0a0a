/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Validate and complete a file for this controller. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nvme.h"

/* Of a VF: the value of a row, and whether a file gave it. */
static const void *value_of(const struct viod_values *values, int vf, enum nvme_row row)
{
	return viod_get(values, vf, &nvme_rows[row]);
}

static int64_t number_of(const struct viod_values *values, int vf, enum nvme_row row,
			 int64_t otherwise)
{
	const int64_t *number = value_of(values, vf, row);

	return number ? *number : otherwise;
}

#define REFUSE(pf_, values_, vf_, row_, ...)                    \
	viod_report((pf_), VIOD_ERROR, (vf_), &nvme_rows[row_], \
		    viod_where((values_), (vf_), &nvme_rows[row_]), 0, __VA_ARGS__)

/* --- validate -------------------------------------------------------------------------------- */

static int validate_vf(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	int64_t queues = number_of(wanted, vf, NVME_ROW_QUEUES, -1);
	int64_t interrupts = number_of(wanted, vf, NVME_ROW_INTERRUPTS, -1);
	const bool *online = value_of(wanted, vf, NVME_ROW_ONLINE);
	const char *namespaces = value_of(wanted, vf, NVME_ROW_NAMESPACES);
	struct nvme_wish wish;
	int r = 0;

	if (queues == 1) {
		REFUSE(pf, wanted, vf, NVME_ROW_QUEUES,
		       "queues = 1 is an admin queue and none for data; write 2 or more, or 0");
		r = -EINVAL;
	}
	if (online && *online && (queues == 0 || interrupts == 0)) {
		REFUSE(pf, wanted, vf, NVME_ROW_ONLINE,
		       "a VF without %s cannot be online; set them, or write 'online = no'",
		       queues == 0 ? "queues" : "interrupts");
		r = -EINVAL;
	}
	if (namespaces && nvme_wish_parse(namespaces, &wish) < 0) {
		REFUSE(pf, wanted, vf, NVME_ROW_NAMESPACES,
		       "'%s' names no namespaces; write 'attach 1, 2', 'create 10G' or 'none'",
		       namespaces);
		r = -EINVAL;
	}
	return r;
}

int nvme_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	int r = 0;

	for (unsigned vf = 0; vf < viod_vf_count(wanted); vf++)
		if (validate_vf(pf, wanted, (int)vf) < 0)
			r = -EINVAL;
	return r;
}

/* --- what is left open ----------------------------------------------------------------------- */

static bool is_written(const struct viod_values *wanted, int vf, enum nvme_row row)
{
	return value_of(wanted, vf, row) && viod_where(wanted, vf, &nvme_rows[row])->file;
}

/* A VF with queues is meant to be online, whatever a new VF has otherwise. */
static void fill_in(const struct nvme_device *device, struct viod_values *wanted, int vf)
{
	const struct nvme_pool *pool = &device->primary.interrupts;
	int64_t queues = number_of(wanted, vf, NVME_ROW_QUEUES, 0);
	int64_t interrupts = queues < pool->most ? queues : pool->most;
	const bool on = true;

	if (queues == 0)
		return;
	if (pool->flexible && !is_written(wanted, vf, NVME_ROW_INTERRUPTS))
		viod_put(wanted, vf, &nvme_rows[NVME_ROW_INTERRUPTS], &interrupts);
	if (!is_written(wanted, vf, NVME_ROW_ONLINE))
		viod_put(wanted, vf, &nvme_rows[NVME_ROW_ONLINE], &on);
}

/* If the VF already has a private namespace of this size, from before viod or before a reboot, it
 * keeps that one. */
static void spell_namespaces(struct viod_pf *pf, const struct nvme_device *device,
			     struct viod_values *wanted, int vf)
{
	const char *namespaces = value_of(wanted, vf, NVME_ROW_NAMESPACES);
	char text[NVME_TEXT_MAX];
	struct nvme_wish wish;
	uint64_t bytes;
	uint32_t nsid;

	if (!namespaces || nvme_wish_parse(namespaces, &wish) < 0)
		return;
	if (wish.create && !nvme_own(pf, device, (size_t)vf, &nsid, &bytes) &&
	    nvme_has_one_of(device, (size_t)vf, wish.create))
		nvme_wish_of(device, (size_t)vf, &wish);
	if (nvme_wish_format(&wish, text) == 0)
		viod_put(wanted, vf, &nvme_rows[NVME_ROW_NAMESPACES], text);
}

/* --- whether it can be ----------------------------------------------------------------------- */

static int check_pool(struct viod_pf *pf, const struct nvme_pool *pool,
		      const struct viod_values *wanted, enum nvme_row row)
{
	uint64_t sum = 0, left = pool->total - pool->primary;
	const char *key = nvme_rows[row].key;
	int r = 0;

	for (unsigned vf = 0; vf < viod_vf_count(wanted); vf++) {
		int64_t number = number_of(wanted, (int)vf, row, 0);

		if (number == 0)
			continue;
		sum += (uint64_t)number;
		if (!pool->flexible)
			REFUSE(pf, wanted, (int)vf, row,
			       "this controller has no %s for VFs; remove '%s'", key, key);
		else if (number > pool->most)
			REFUSE(pf, wanted, (int)vf, row,
			       "%s = %" PRId64 " is more than one VF of this controller can have; "
			       "it is 0 to %u",
			       key, number, pool->most);
		else if (sum > left && sum - (uint64_t)number <= left)
			REFUSE(pf, wanted, (int)vf, row,
			       "with this VF the %s are used up: the controller has %" PRIu64
			       " for all VFs%s",
			       key, left,
			       pool->primary
				       ? ", and keeps others for itself; \"nvme virt-mgmt\" can release them"
				       : "");
		else
			continue;
		r = -ERANGE;
	}
	return r;
}

static bool exists(const struct nvme_device *device, uint32_t nsid)
{
	for (size_t i = 0; i < device->n_nsids; i++)
		if (device->nsids[i] == nsid)
			return true;
	return false;
}

static int check_namespaces(struct viod_pf *pf, const struct nvme_device *device,
			    const struct viod_values *wanted, int vf)
{
	const char *namespaces = value_of(wanted, vf, NVME_ROW_NAMESPACES);
	struct nvme_wish wish = { 0 };
	int r = 0;

	if (!namespaces || nvme_wish_parse(namespaces, &wish) < 0)
		return 0;
	if (!device->controller.namespace_management && (wish.create || wish.n_nsids)) {
		REFUSE(pf, wanted, vf, NVME_ROW_NAMESPACES,
		       "this controller cannot attach namespaces; remove 'namespaces'");
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < wish.n_nsids; i++) {
		if (exists(device, wish.nsids[i]))
			continue;
		REFUSE(pf, wanted, vf, NVME_ROW_NAMESPACES,
		       "this device has no namespace %" PRIu32
		       "; \"nvme list-ns --all\" shows those it has",
		       wish.nsids[i]);
		r = -ENOENT;
	}
	return r;
}

/* Values of a baseline were valid before, so only the controller itself can refuse them. */
static bool is_from_file(const struct viod_values *wanted)
{
	for (unsigned vf = 0; vf < viod_vf_count(wanted); vf++)
		for (enum nvme_row row = NVME_ROW_QUEUES; row < NVME_ROW_END; row++)
			if (value_of(wanted, (int)vf, row) &&
			    viod_where(wanted, (int)vf, &nvme_rows[row])->file)
				return true;
	return false;
}

static int check(struct viod_pf *pf, const struct nvme_device *device,
		 const struct viod_values *wanted)
{
	int r, n;

	r = check_pool(pf, &device->primary.queues, wanted, NVME_ROW_QUEUES);
	n = check_pool(pf, &device->primary.interrupts, wanted, NVME_ROW_INTERRUPTS);
	r = r < 0 ? r : n;
	for (unsigned vf = 0; vf < viod_vf_count(wanted); vf++) {
		n = check_namespaces(pf, device, wanted, (int)vf);
		r = r < 0 ? r : n;
	}
	return r;
}

/* --- complete -------------------------------------------------------------------------------- */

static int complete_vfs(struct viod_pf *pf, struct viod_values *wanted)
{
	struct nvme_device device;
	int r;

	if (!is_from_file(wanted))
		return 0;
	r = nvme_look(pf, &device);
	if (r == -EOPNOTSUPP || r == -ENODEV) {
		viod_report(
			pf, VIOD_ERROR, VIOD_PF, NULL, NULL, 0,
			r == -ENODEV
				? "the nvme driver is not bound to the PF, and queues can be assigned to VFs only through it"
				: "this NVMe controller has no resources for VFs; remove "
				  "'queues', 'interrupts', 'namespaces' and 'online'");
		return r;
	}
	if (r < 0)
		return r;
	for (unsigned vf = 0; vf < viod_vf_count(wanted); vf++) {
		fill_in(&device, wanted, (int)vf);
		spell_namespaces(pf, &device, wanted, (int)vf);
	}
	r = check(pf, &device, wanted);
	nvme_device_clear(&device);
	return r;
}

int nvme_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	int r = complete_vfs(pf, wanted);

	return r < 0 ? r : nvme_complete_drivers(pf, state, wanted);
}
