/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The newer back end: an IOAS of an iommufd, to which devices are bound through their own nodes. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define IOMMUFD_NODE "/dev/iommu"
#define RANGES_MAX 4096u
#define TRIES_MAX 8

/* --- the IOAS -------------------------------------------------------------------------------- */

static int adopt_iommufd(struct viod_vfio_ioas *ioas, int iommufd, struct viod_vfio_error *error)
{
	int r;

	if (iommufd < 0) {
		r = vfio_open_node(IOMMUFD_NODE, &ioas->fd, error);
		if (r == -ENOENT)
			vfio_advise(error, r,
				    "this kernel has no iommufd (CONFIG_IOMMUFD); a container does "
				    "without");
		return r;
	}
	r = vfio_system.duplicate(iommufd);
	if (r < 0)
		return vfio_call_failed(error, r, "fcntl", "iommufd %d", iommufd);
	ioas->fd = r;
	return 0;
}

static int make_ioas(struct viod_vfio_ioas *ioas, struct viod_vfio_error *error)
{
	struct uapi_ioas_alloc request = { .size = sizeof(request) };
	int r = vfio_system.ioctl(ioas->fd, UAPI_IOAS_ALLOC, &request);

	if (r < 0)
		return vfio_call_failed(error, r, "IOMMU_IOAS_ALLOC", "iommufd %d", ioas->fd);
	ioas->id = request.out_ioas_id;
	ioas->own_id = true;
	return 0;
}

int viod_vfio_ioas_new_iommufd(int iommufd, uint32_t id, struct viod_vfio_kvm *kvm,
			       struct viod_vfio_ioas **ret_ioas, struct viod_vfio_error *error)
{
	struct viod_vfio_ioas *ioas;
	int r;

	if (id && iommufd < 0)
		return vfio_refuse(error, -EINVAL,
				   "IOAS %" PRIu32 " of no iommufd: a new one has none yet", id);
	ioas = vfio_ioas_alloc(&vfio_iommufd_backend, kvm);
	if (!ioas)
		return vfio_no_memory(error);
	ioas->id = id;
	r = adopt_iommufd(ioas, iommufd, error);
	if (r == 0 && !id)
		r = make_ioas(ioas, error);
	if (r < 0) {
		viod_vfio_ioas_unref(ioas);
		return r;
	}
	*ret_ioas = ioas;
	return 0;
}

static void iommufd_release(struct viod_vfio_ioas *ioas)
{
	struct uapi_iommu_destroy request = { .size = sizeof(request), .id = ioas->id };

	if (ioas->own_id)
		(void)vfio_system.ioctl(ioas->fd, UAPI_IOMMU_DESTROY, &request);
}

/* --- devices --------------------------------------------------------------------------------- */

/* The octets of a UUID in the order of its text, as the kernel expects them. */
static void parse_token(const char *text, uint8_t *ret_octets)
{
	for (size_t i = 0; i < 16; i++) {
		text += *text == '-';
		(void)sscanf(text, "%2hhx", &ret_octets[i]);
		text += 2;
	}
}

static int bind_device(struct viod_vfio_device *device, const char *vf_token,
		       struct viod_vfio_error *error)
{
	struct uapi_bind_iommufd request = {
		.argsz = offsetof(struct uapi_bind_iommufd, token),
		.iommufd = device->ioas->fd,
	};
	uint8_t octets[16];
	int r;

	/* A kernel without support for tokens refuses their flag, and accepts the struct without
	 * it. */
	if (vf_token) {
		parse_token(vf_token, octets);
		request.argsz = sizeof(request);
		request.flags = UAPI_BIND_FLAG_TOKEN;
		request.token = (uintptr_t)octets;
	}
	r = vfio_system.ioctl(device->fd, UAPI_BIND_IOMMUFD, &request);
	if (r >= 0)
		return 0;
	(void)vfio_call_failed(error, r, "VFIO_DEVICE_BIND_IOMMUFD", "%s",
			       vfio_device_label(device));
	if (r == -ENOTTY)
		vfio_advise(error, r, "the descriptor must be of /dev/vfio/devices/...");
	else if (r == -EACCES)
		vfio_advise(error, r, "a VF whose PF is on a VFIO driver needs the right token");
	else if (r == -EINVAL && vf_token)
		vfio_advise(error, r,
			    "this device needs no token, or the kernel is older than 6.18");
	return r;
}

int vfio_iommufd_attach(struct viod_vfio_device *device, const char *vf_token,
			struct viod_vfio_error *error)
{
	struct uapi_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = device->ioas->id,
	};
	int r;

	r = vfio_kvm_add(device->ioas->kvm, device->fd, error);
	if (r < 0)
		return r;
	r = bind_device(device, vf_token, error);
	if (r == 0) {
		r = vfio_system.ioctl(device->fd, UAPI_ATTACH_IOMMUFD_PT, &attach);
		if (r < 0)
			(void)vfio_call_failed(error, r, "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
					       "%s to IOAS %" PRIu32, vfio_device_label(device),
					       device->ioas->id);
	}
	/* A device that was bound is unbound when its descriptor is closed. */
	if (r < 0)
		(void)vfio_kvm_remove(device->ioas->kvm, device->fd, NULL);
	else
		device->attached = true;
	return r < 0 ? r : 0;
}

/* The one entry of the device's directory vfio-dev. */
static int find_node(const struct viod_vfio_device *device, char *node, size_t size,
		     struct viod_vfio_error *error)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned n = 0;
	DIR *dir = NULL;

	if (snprintf(path, sizeof(path), "%s/vfio-dev", device->path) < (int)sizeof(path))
		dir = opendir(path);
	if (!dir)
		return vfio_refuse(error, -ENODEV, "%s is not bound to a VFIO driver",
				   device->name);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4) != 0)
			continue;
		if (snprintf(node, size, "/dev/vfio/devices/%s", entry->d_name) < (int)size)
			n++;
	}
	closedir(dir);
	if (n != 1)
		return vfio_contradiction(error, "readdir", "%s has %u VFIO devices, and not one",
					  device->name, n);
	return 0;
}

static int iommufd_open(struct viod_vfio_device *device, const char *vf_token,
			struct viod_vfio_error *error)
{
	char node[PATH_MAX];
	int r;

	r = find_node(device, node, sizeof(node), error);
	if (r < 0)
		return r;
	r = vfio_open_node(node, &device->fd, error);
	if (r == -ENOENT)
		vfio_advise(error, r, "this kernel has no such nodes (CONFIG_VFIO_DEVICE_CDEV)");
	else if (r == -EACCES || r == -EPERM)
		vfio_advise(error, r, "the node must be readable and writable for this process");
	if (r < 0)
		return r;
	r = vfio_iommufd_attach(device, vf_token, error);
	if (r < 0) {
		(void)vfio_system.close(device->fd);
		device->fd = -1;
	}
	return r;
}

static int iommufd_close(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	struct uapi_detach_iommufd_pt request = { .argsz = sizeof(request) };
	int r = 0;

	if (device->attached) {
		r = vfio_system.ioctl(device->fd, UAPI_DETACH_IOMMUFD_PT, &request);
		if (r < 0)
			(void)vfio_call_failed(error, r, "VFIO_DEVICE_DETACH_IOMMUFD_PT", "%s",
					       vfio_device_label(device));
		r = vfio_first(
			r, vfio_kvm_remove(device->ioas->kvm, device->fd, r < 0 ? NULL : error));
	}
	(void)vfio_system.close(device->fd);
	return r < 0 ? r : 0;
}

/* --- mapping --------------------------------------------------------------------------------- */

static int iommufd_map(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
		       struct viod_vfio_error *error)
{
	struct uapi_ioas_map request = {
		.size = sizeof(request),
		.flags = UAPI_IOAS_MAP_FIXED_IOVA |
			 (memory->access & VIOD_VFIO_READ ? UAPI_IOAS_MAP_READABLE : 0) |
			 (memory->access & VIOD_VFIO_WRITE ? UAPI_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = ioas->id,
		.user_va = (uintptr_t)memory->address,
		.length = memory->size,
		.iova = memory->iova,
	};
	int r = vfio_system.ioctl(ioas->fd, UAPI_IOAS_MAP, &request);

	if (r < 0)
		return vfio_call_failed(error, r, "IOMMU_IOAS_MAP",
					"0x%" PRIx64 " bytes at %p to IOVA 0x%" PRIx64
					" of IOAS %" PRIu32,
					memory->size, memory->address, memory->iova, ioas->id);
	return 0;
}

static int iommufd_unmap(struct viod_vfio_ioas *ioas, uint64_t iova, uint64_t *size,
			 struct viod_vfio_error *error)
{
	struct uapi_ioas_unmap request = {
		.size = sizeof(request),
		.ioas_id = ioas->id,
		.iova = iova,
		.length = *size,
	};
	int r = vfio_system.ioctl(ioas->fd, UAPI_IOAS_UNMAP, &request);

	if (r < 0)
		return vfio_call_failed(error, r, "IOMMU_IOAS_UNMAP",
					"0x%" PRIx64 " bytes at IOVA 0x%" PRIx64
					" of IOAS %" PRIu32,
					*size, iova, ioas->id);
	*size = request.length;
	return 0;
}

_Static_assert(sizeof(struct viod_vfio_range) == sizeof(struct uapi_iova_range) &&
		       offsetof(struct viod_vfio_range, last) ==
			       offsetof(struct uapi_iova_range, last),
	       "the kernel fills our ranges");

/* One attempt with room for n ranges: 0, or -EMSGSIZE and the required number in *n. */
static int ask_ranges(struct viod_vfio_ioas *ioas, uint32_t *n,
		      struct viod_vfio_limits **ret_limits, struct viod_vfio_error *error)
{
	struct viod_vfio_limits *limits = vfio_limits_alloc(*n);
	struct uapi_ioas_iova_ranges request = {
		.size = sizeof(request),
		.ioas_id = ioas->id,
		.num_iovas = *n,
	};
	int r;

	if (!limits)
		return vfio_no_memory(error);
	request.allowed_iovas = (uintptr_t)limits->ranges;
	r = vfio_system.ioctl(ioas->fd, UAPI_IOAS_IOVA_RANGES, &request);
	if (r < 0) {
		*n = request.num_iovas;
		free(limits);
		return vfio_call_failed(error, r, "IOMMU_IOAS_IOVA_RANGES", "IOAS %" PRIu32,
					ioas->id);
	}
	if (request.num_iovas > *n) {
		free(limits);
		return vfio_contradiction(error, "IOMMU_IOAS_IOVA_RANGES",
					  "%" PRIu32 " IOVA ranges in room for %" PRIu32,
					  request.num_iovas, *n);
	}
	limits->n_ranges = request.num_iovas;
	limits->page_size = request.out_iova_alignment;
	r = limits->page_size ? 0 : -EPROTO;
	for (uint32_t i = 0; i < limits->n_ranges; i++)
		if (limits->ranges[i].first > limits->ranges[i].last)
			r = -EPROTO;
	if (r < 0) {
		free(limits);
		return vfio_contradiction(error, "IOMMU_IOAS_IOVA_RANGES",
					  "no alignment, or a range that ends before it begins");
	}
	*ret_limits = limits;
	return 0;
}

static int iommufd_limits(struct viod_vfio_ioas *ioas, struct viod_vfio_limits **ret_limits,
			  struct viod_vfio_error *error)
{
	uint32_t room = 16;

	for (unsigned i = 0; i < TRIES_MAX; i++) {
		uint32_t n = room;
		int r = ask_ranges(ioas, &n, ret_limits, error);

		if (r != -EMSGSIZE)
			return r;
		if (n <= room || n > RANGES_MAX)
			return vfio_contradiction(error, "IOMMU_IOAS_IOVA_RANGES",
						  "%" PRIu32 " IOVA ranges, too many for %" PRIu32,
						  n, room);
		room = n;
	}
	return vfio_contradiction(error, "IOMMU_IOAS_IOVA_RANGES", "their number never settles");
}

const struct vfio_backend vfio_iommufd_backend = {
	.id = VIOD_VFIO_IOMMUFD,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.limits = iommufd_limits,
	.open = iommufd_open,
	.close = iommufd_close,
	.release = iommufd_release,
};
