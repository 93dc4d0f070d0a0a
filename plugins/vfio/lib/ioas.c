/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* I/O address spaces, common to both back ends: references, and checks of mappings. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "internal.h"

int vfio_open_node(const char *path, int *ret_fd, struct viod_vfio_error *error)
{
	int fd = vfio_system.open(path);

	if (fd < 0)
		return vfio_call_failed(error, fd, "open", "%s", path);
	*ret_fd = fd;
	return 0;
}

struct viod_vfio_ioas *vfio_ioas_alloc(const struct vfio_backend *ops, struct viod_vfio_kvm *kvm)
{
	struct viod_vfio_ioas *ioas = calloc(1, sizeof(*ioas));

	if (!ioas)
		return NULL;
	*ioas = (struct viod_vfio_ioas){
		.refs = 1,
		.backend = ops->id,
		.ops = ops,
		.fd = -1,
		.kvm = vfio_kvm_ref(kvm),
	};
	return ioas;
}

struct viod_vfio_ioas *vfio_ioas_ref(struct viod_vfio_ioas *ioas)
{
	if (ioas)
		ioas->refs++;
	return ioas;
}

void viod_vfio_ioas_unref(struct viod_vfio_ioas *ioas)
{
	if (!ioas || --ioas->refs)
		return;
	ioas->ops->release(ioas);
	if (ioas->fd >= 0)
		(void)vfio_system.close(ioas->fd);
	viod_vfio_kvm_unref(ioas->kvm);
	free(ioas);
}

enum viod_vfio_backend viod_vfio_ioas_backend(const struct viod_vfio_ioas *ioas)
{
	return ioas->backend;
}

int viod_vfio_ioas_fd(const struct viod_vfio_ioas *ioas)
{
	return ioas->fd;
}

uint32_t viod_vfio_ioas_id(const struct viod_vfio_ioas *ioas)
{
	return ioas->id;
}

/* --- mapping --------------------------------------------------------------------------------- */

/* A container has no IOMMU before its first group; the kernel's EINVAL would not say that. */
static int check_ready(const struct viod_vfio_ioas *ioas, struct viod_vfio_error *error)
{
	if (ioas->backend == VIOD_VFIO_CONTAINER && !ioas->groups)
		return vfio_refuse(error, -EINVAL,
				   "the container has no IOMMU yet; open a device in it first");
	return 0;
}

static int check_range(const char *what, uint64_t start, uint64_t size,
		       struct viod_vfio_error *error)
{
	if (size == 0)
		return vfio_refuse(error, -EINVAL, "%s 0x%" PRIx64 ": the size is 0", what, start);
	if (vfio_wraps(start, size))
		return vfio_refuse(error, -EOVERFLOW,
				   "%s 0x%" PRIx64 " plus size 0x%" PRIx64
				   " is beyond the end of 64 bits",
				   what, start, size);
	return 0;
}

static int map_advice(int r, struct viod_vfio_error *error)
{
	struct rlimit limit;

	if (r == -ENOMEM && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		vfio_advise(error, r,
			    "RLIMIT_MEMLOCK is %llu bytes, and all mapped memory must be within it",
			    (unsigned long long)limit.rlim_cur);
	else if (r == -EINVAL)
		vfio_advise(error, r,
			    "address, size and IOVA must be multiples of the page size, and the "
			    "IOVAs within the ranges of the IOMMU");
	return r;
}

int viod_vfio_ioas_map(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
		       struct viod_vfio_error *error)
{
	const uint32_t known = VIOD_VFIO_READ | VIOD_VFIO_WRITE;
	int r;

	r = check_range("address", (uintptr_t)memory->address, memory->size, error);
	if (r == 0)
		r = check_range("IOVA", memory->iova, memory->size, error);
	if (r < 0)
		return r;
	if (!(memory->access & known) || memory->access & ~known)
		return vfio_refuse(error, -EINVAL,
				   "access 0x%" PRIx32
				   ": neither VIOD_VFIO_READ nor _WRITE, or more",
				   memory->access);
	r = check_ready(ioas, error);
	if (r < 0)
		return r;
	r = ioas->ops->map(ioas, memory, error);
	return r < 0 ? map_advice(r, error) : 0;
}

int viod_vfio_ioas_unmap(struct viod_vfio_ioas *ioas, uint64_t iova, uint64_t size,
			 struct viod_vfio_error *error)
{
	uint64_t unmapped = size;
	int r;

	r = check_range("IOVA", iova, size, error);
	if (r < 0)
		return r;
	/* To an iommufd this means all mappings, whatever they are (kernel: iommufd_ioas_unmap()).
	 */
	if (iova == 0 && size == UINT64_MAX)
		return vfio_refuse(
			error, -EINVAL,
			"all 64 bits of IOVAs at once; unmap what was mapped, by its own "
			"IOVAs and sizes");
	if (check_ready(ioas, NULL) < 0)
		unmapped = 0; /* the mappings of a container end with its last device */
	else
		r = ioas->ops->unmap(ioas, iova, &unmapped, error);
	if (r < 0 || unmapped == size)
		return r;
	/* One back end returns success for this, the other ENOENT. */
	if (unmapped == 0)
		return vfio_refuse(error, -ENOENT,
				   "nothing is mapped within 0x%" PRIx64
				   " bytes at IOVA 0x%" PRIx64,
				   size, iova);
	return vfio_refuse(error, -EIO,
			   "only 0x%" PRIx64 " of 0x%" PRIx64 " bytes at IOVA 0x%" PRIx64
			   " were mapped, and are no longer",
			   unmapped, size, iova);
}

int viod_vfio_ioas_map_all(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			   size_t count, struct viod_vfio_error *error)
{
	for (size_t i = 0; i < count; i++) {
		int r = viod_vfio_ioas_map(ioas, &memory[i], error);

		if (r < 0) {
			(void)viod_vfio_ioas_unmap_all(ioas, memory, i, NULL);
			return r;
		}
	}
	return 0;
}

int viod_vfio_ioas_unmap_all(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			     size_t count, struct viod_vfio_error *error)
{
	int r = 0;

	for (size_t i = 0; i < count; i++)
		r = vfio_first(r, viod_vfio_ioas_unmap(ioas, memory[i].iova, memory[i].size,
						       r < 0 ? NULL : error));
	return r;
}

/* --- limits ---------------------------------------------------------------------------------- */

struct viod_vfio_limits *vfio_limits_alloc(size_t n_ranges)
{
	struct viod_vfio_limits *limits;

	limits = calloc(1, sizeof(*limits) + n_ranges * sizeof(limits->ranges[0]));
	if (limits)
		limits->mappings = UINT32_MAX;
	return limits;
}

int viod_vfio_ioas_limits(struct viod_vfio_ioas *ioas, struct viod_vfio_limits **ret_limits,
			  struct viod_vfio_error *error)
{
	int r = check_ready(ioas, error);

	return r < 0 ? r : ioas->ops->limits(ioas, ret_limits, error);
}
