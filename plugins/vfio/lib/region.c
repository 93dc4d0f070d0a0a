/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of a device, identified only by their index. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

_Static_assert(VIOD_VFIO_REGION_READ == VFIO_REGION_INFO_FLAG_READ &&
		       VIOD_VFIO_REGION_WRITE == VFIO_REGION_INFO_FLAG_WRITE &&
		       VIOD_VFIO_REGION_MMAP == VFIO_REGION_INFO_FLAG_MMAP &&
		       VIOD_VFIO_REGION_CAPS == VFIO_REGION_INFO_FLAG_CAPS,
	       "flags of regions are the kernel's");

/* The flags of the kernel that are used here; those above are for capabilities. */
#define KERNEL_FLAGS 0xffffu

#define CALL "VFIO_DEVICE_GET_REGION_INFO"

/* --- capabilities ---------------------------------------------------------------------------- */

static int contradiction(const struct viod_vfio_region *region, const char *what,
			 struct viod_vfio_error *error)
{
	return vfio_contradiction(error, CALL, "region %" PRIu32 ": %s", region->index, what);
}

static int parse_sparse(struct viod_vfio_region *region, const struct vfio_cap *cap,
			struct viod_vfio_error *error)
{
	/* After the header: the number of areas, a reserved word, the areas. */
	const size_t head = 2 * sizeof(uint32_t);
	struct viod_vfio_area *areas;
	uint32_t n;

	if (cap->size < head)
		return contradiction(region, "its areas are cut off", error);
	memcpy(&n, cap->data, sizeof(n));
	if (n > (cap->size - head) / sizeof(struct vfio_region_sparse_mmap_area))
		return contradiction(region, "it has more areas than fit", error);
	if (region->areas)
		return contradiction(region, "it has its areas twice", error);
	areas = calloc(n ? n : 1, sizeof(*areas));
	if (!areas)
		return vfio_no_memory(error);
	region->areas = areas;
	region->n_areas = n;
	region->flags |= VIOD_VFIO_REGION_SPARSE;
	for (uint32_t i = 0; i < n; i++) {
		struct vfio_region_sparse_mmap_area area;

		memcpy(&area, cap->data + head + i * sizeof(area), sizeof(area));
		areas[i] = (struct viod_vfio_area){ area.offset, area.size };
		if (!vfio_within(area.offset, area.size, region->size))
			return contradiction(region, "an area is not within it", error);
	}
	return 0;
}

static int parse_type(struct viod_vfio_region *region, const struct vfio_cap *cap,
		      struct viod_vfio_error *error)
{
	if (cap->size < 2 * sizeof(uint32_t))
		return contradiction(region, "its type is cut off", error);
	memcpy(&region->type, cap->data, sizeof(region->type));
	memcpy(&region->subtype, cap->data + sizeof(uint32_t), sizeof(region->subtype));
	region->flags |= VIOD_VFIO_REGION_TYPED;
	return 0;
}

static int parse_msix_mappable(struct viod_vfio_region *region, const struct vfio_cap *cap,
			       struct viod_vfio_error *error)
{
	region->flags |= VIOD_VFIO_REGION_MSIX_MAPPABLE;
	return 0;
}

static int parse_nvlink2_target(struct viod_vfio_region *region, const struct vfio_cap *cap,
				struct viod_vfio_error *error)
{
	if (cap->size < sizeof(region->nvlink2_target))
		return contradiction(region, "its NVLink2 target is cut off", error);
	memcpy(&region->nvlink2_target, cap->data, sizeof(region->nvlink2_target));
	region->flags |= VIOD_VFIO_REGION_NVLINK2_TARGET;
	return 0;
}

static int parse_nvlink2_speed(struct viod_vfio_region *region, const struct vfio_cap *cap,
			       struct viod_vfio_error *error)
{
	if (cap->size < sizeof(region->nvlink2_speed))
		return contradiction(region, "its NVLink2 speed is cut off", error);
	memcpy(&region->nvlink2_speed, cap->data, sizeof(region->nvlink2_speed));
	region->flags |= VIOD_VFIO_REGION_NVLINK2_SPEED;
	return 0;
}

/* All in version 1. Others, and newer ones, are available as raw data. */
static const struct {
	uint16_t id;
	int (*parse)(struct viod_vfio_region *region, const struct vfio_cap *cap,
		     struct viod_vfio_error *error);
} parsers[] = {
	{ VFIO_REGION_INFO_CAP_SPARSE_MMAP, parse_sparse },
	{ VFIO_REGION_INFO_CAP_TYPE, parse_type },
	{ VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, parse_msix_mappable },
	{ UAPI_REGION_CAP_NVLINK2_TARGET, parse_nvlink2_target },
	{ UAPI_REGION_CAP_NVLINK2_SPEED, parse_nvlink2_speed },
};

static int parse_capability(struct viod_vfio_region *region, const struct vfio_cap *cap,
			    struct viod_vfio_error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++)
		if (parsers[i].id == cap->id && cap->version == 1)
			return parsers[i].parse(region, cap, error);
	return 0;
}

int vfio_region_parse(const struct vfio_answer *answer, uint32_t index,
		      struct viod_vfio_region *ret_region, struct viod_vfio_error *error)
{
	struct viod_vfio_region region = { .index = index };
	struct vfio_cap cap = { .next = answer->first };
	struct vfio_region_info info;
	int r;

	memcpy(&info, answer->data, sizeof(info));
	region.flags = info.flags & KERNEL_FLAGS;
	region.size = info.size;
	region.offset = info.offset;
	if (info.index != index)
		return contradiction(&region, "it is another one", error);
	/* Offsets of pread() and mmap() are signed. */
	if (!vfio_within(info.offset, info.size, INT64_MAX))
		return contradiction(&region, "it ends behind the end of all files", error);
	for (;;) {
		r = vfio_cap_at(answer, cap.next, &cap);
		if (r > 0)
			r = parse_capability(&region, &cap, error);
		else
			break;
		if (r < 0)
			break;
	}
	if (r < 0) {
		free((void *)region.areas);
		return r;
	}
	*ret_region = region;
	return 0;
}

/* --- the table ------------------------------------------------------------------------------- */

/* One that is not available keeps its index, so that the indices of the others do not change. */
static int load_region(struct viod_vfio_device *device, uint32_t index,
		       struct viod_vfio_error *error)
{
	static const struct vfio_answer_shape shape = {
		.call = CALL,
		.request = VFIO_DEVICE_GET_REGION_INFO,
		.fixed = sizeof(struct vfio_region_info),
		.cap_offset = offsetof(struct vfio_region_info, cap_offset),
		.caps_flag = VFIO_REGION_INFO_FLAG_CAPS,
	};
	const struct vfio_region_info request = { .index = index };
	struct vfio_region_slot *slot = &device->regions[index];
	struct viod_vfio_error failure = { 0 };
	char what[128];
	int r;

	(void)snprintf(what, sizeof(what), "region %" PRIu32 " of %.80s", index,
		       vfio_device_label(device));
	r = vfio_ask(device->fd, &shape, &request, what, &slot->answer, &failure);
	if (r == 0)
		r = vfio_region_parse(&slot->answer, index, &slot->info, &failure);
	if (r == 0)
		return 0;
	slot->failure = malloc(sizeof(failure));
	if (!slot->failure)
		return vfio_no_memory(error);
	*slot->failure = failure;
	return 0;
}

int vfio_regions_load(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	device->regions =
		calloc(device->n_regions ? device->n_regions : 1, sizeof(*device->regions));
	if (!device->regions)
		return vfio_no_memory(error);
	for (uint32_t i = 0; i < device->n_regions; i++) {
		int r = load_region(device, i, error);

		if (r < 0)
			return r;
	}
	return 0;
}

static int find_slot(const struct viod_vfio_device *device, uint32_t index,
		     const struct vfio_region_slot **ret_slot, struct viod_vfio_error *error)
{
	if (index >= device->n_regions)
		return vfio_refuse(error, -EINVAL,
				   "%s has no region %" PRIu32 "; there are %" PRIu32,
				   vfio_device_label(device), index, device->n_regions);
	if (device->regions[index].failure) {
		if (error)
			*error = *device->regions[index].failure;
		return device->regions[index].failure->code;
	}
	*ret_slot = &device->regions[index];
	return 0;
}

int viod_vfio_device_region(const struct viod_vfio_device *device, uint32_t index,
			    const struct viod_vfio_region **ret_region,
			    struct viod_vfio_error *error)
{
	const struct vfio_region_slot *slot = NULL;
	int r = find_slot(device, index, &slot, error);

	if (r == 0)
		*ret_region = &slot->info;
	return r;
}

int viod_vfio_region_capability(const struct viod_vfio_device *device, uint32_t index, uint16_t id,
				uint16_t *ret_version, const void **ret_data, size_t *ret_size,
				struct viod_vfio_error *error)
{
	const struct vfio_region_slot *slot = NULL;
	struct vfio_cap cap;
	int r = find_slot(device, index, &slot, error);

	if (r < 0)
		return r;
	if (vfio_cap_find(&slot->answer, id, &cap) < 0)
		return vfio_refuse(error, -ENOENT, "region %" PRIu32 " of %s has no capability %u",
				   index, vfio_device_label(device), id);
	*ret_version = cap.version;
	*ret_data = cap.data;
	*ret_size = cap.size;
	return 0;
}

/* --- reading and writing --------------------------------------------------------------------- */

/* The region, if it permits the access in flag for all of offset and size. */
static int find_part(const struct viod_vfio_device *device, uint32_t index, uint64_t offset,
		     uint64_t size, uint32_t flag, const struct viod_vfio_region **ret_region,
		     struct viod_vfio_error *error)
{
	const struct viod_vfio_region *region = NULL;
	int r = viod_vfio_device_region(device, index, &region, error);

	if (r < 0)
		return r;
	if (!vfio_within(offset, size, region->size))
		return vfio_refuse(error, -EINVAL,
				   "0x%" PRIx64 " bytes at 0x%" PRIx64
				   " are not within region %" PRIu32 " of %s, which has 0x%" PRIx64,
				   size, offset, index, vfio_device_label(device), region->size);
	if (!(region->flags & flag))
		return vfio_refuse(error, -EACCES, "region %" PRIu32 " of %s cannot be %s", index,
				   vfio_device_label(device),
				   flag == VIOD_VFIO_REGION_READ ? "read" : "written");
	*ret_region = region;
	return 0;
}

/* Reads if from is NULL, otherwise writes. */
static int transfer(struct viod_vfio_device *device, uint32_t index, uint64_t offset, void *into,
		    const void *from, size_t size, struct viod_vfio_error *error)
{
	const char *call = from ? "pwrite" : "pread";
	const struct viod_vfio_region *region = NULL;
	size_t done = 0;
	int r;

	r = find_part(device, index, offset, size,
		      from ? VIOD_VFIO_REGION_WRITE : VIOD_VFIO_REGION_READ, &region, error);
	if (r < 0)
		return r;
	while (done < size) {
		off_t at = (off_t)(region->offset + offset + done);
		ssize_t n =
			from ? vfio_system.pwrite(device->fd, (const char *)from + done,
						  size - done, at)
			     : vfio_system.pread(device->fd, (char *)into + done, size - done, at);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return vfio_call_failed(error, (int)n, call,
						"%zu bytes at 0x%" PRIx64 " of region %" PRIu32
						" of %s",
						size, offset, index, vfio_device_label(device));
		if (n == 0 || (size_t)n > size - done)
			return vfio_refuse(error, -EIO,
					   "%s: only %zu of %zu bytes at 0x%" PRIx64
					   " of region %" PRIu32 " of %s",
					   call, done, size, offset, index,
					   vfio_device_label(device));
		done += (size_t)n;
	}
	return 0;
}

int viod_vfio_region_read(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			  void *data, size_t size, struct viod_vfio_error *error)
{
	return transfer(device, index, offset, data, NULL, size, error);
}

int viod_vfio_region_write(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			   const void *data, size_t size, struct viod_vfio_error *error)
{
	return transfer(device, index, offset, NULL, data ? data : "", size, error);
}

/* --- mapping --------------------------------------------------------------------------------- */

static int check_areas(const struct viod_vfio_device *device, const struct viod_vfio_region *region,
		       uint64_t offset, uint64_t size, struct viod_vfio_error *error)
{
	if (!(region->flags & VIOD_VFIO_REGION_SPARSE))
		return 0;
	for (size_t i = 0; i < region->n_areas; i++) {
		const struct viod_vfio_area *area = &region->areas[i];

		if (offset >= area->offset && vfio_within(offset - area->offset, size, area->size))
			return 0;
	}
	return vfio_refuse(error, -EINVAL,
			   "0x%" PRIx64 " bytes at 0x%" PRIx64
			   " are not within one of the %zu areas "
			   "of region %" PRIu32 " of %s that can be mapped",
			   size, offset, region->n_areas, region->index, vfio_device_label(device));
}

int viod_vfio_region_map(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			 size_t size, uint32_t access, void **ret_address,
			 struct viod_vfio_error *error)
{
	const uint32_t known = VIOD_VFIO_READ | VIOD_VFIO_WRITE;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct viod_vfio_region *region = NULL;
	int protection = (access & VIOD_VFIO_READ ? PROT_READ : 0) |
			 (access & VIOD_VFIO_WRITE ? PROT_WRITE : 0);
	int r;

	r = viod_vfio_device_region(device, index, &region, error);
	for (uint32_t flag = VIOD_VFIO_READ; r == 0 && flag <= VIOD_VFIO_WRITE; flag <<= 1)
		if (access & flag)
			r = find_part(device, index, offset, size, flag, &region, error);
	if (r < 0)
		return r;
	if (!(access & known) || access & ~known)
		return vfio_refuse(
			error, -EINVAL,
			"access 0x%" PRIx32 ": neither VIOD_VFIO_READ nor _WRITE, or more", access);
	if (!(region->flags & VIOD_VFIO_REGION_MMAP))
		return vfio_refuse(error, -EOPNOTSUPP, "region %" PRIu32 " of %s cannot be mapped",
				   index, vfio_device_label(device));
	if (size == 0 || size % page || offset % page || region->offset % page)
		return vfio_refuse(error, -EINVAL,
				   "0x%zx bytes at 0x%" PRIx64 " of region %" PRIu32
				   " of %s are not whole pages of 0x%" PRIx64,
				   size, offset, index, vfio_device_label(device), page);
	r = check_areas(device, region, offset, size, error);
	if (r < 0)
		return r;
	r = vfio_system.mmap(size, protection, device->fd, (off_t)(region->offset + offset),
			     ret_address);
	if (r < 0)
		return vfio_call_failed(error, r, "mmap",
					"0x%zx bytes at 0x%" PRIx64 " of region %" PRIu32 " of %s",
					size, offset, index, vfio_device_label(device));
	return 0;
}

int viod_vfio_region_unmap(void *address, size_t size, struct viod_vfio_error *error)
{
	int r = vfio_system.munmap(address, size);

	if (r < 0)
		return vfio_call_failed(error, r, "munmap", "0x%zx bytes at %p", size, address);
	return 0;
}
