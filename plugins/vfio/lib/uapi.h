/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel interface of VFIO, and those parts that are newer than the headers of the oldest
 * supported system (Linux 6.1): iommufd.h (6.2) and the related calls of VFIO (6.6). They have
 * names of the library, so that they do not conflict with newer headers. */
#ifndef VIOD_VFIO_UAPI_H
#define VIOD_VFIO_UAPI_H

#include <linux/vfio.h>
#include <stdint.h>

/* include/uapi/linux/iommufd.h */

struct uapi_iommu_destroy {
	uint32_t size;
	uint32_t id;
};

struct uapi_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

struct uapi_iova_range {
	uint64_t start;
	uint64_t last;
};

struct uapi_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas; /* address of an array of num_iovas ranges */
	uint64_t out_iova_alignment;
};

struct uapi_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova;
};

struct uapi_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length;
};

#define UAPI_IOAS_MAP_FIXED_IOVA (1u << 0)
#define UAPI_IOAS_MAP_WRITEABLE (1u << 1)
#define UAPI_IOAS_MAP_READABLE (1u << 2)

#define UAPI_IOMMU_DESTROY _IO(';', 0x80)
#define UAPI_IOAS_ALLOC _IO(';', 0x81)
#define UAPI_IOAS_IOVA_RANGES _IO(';', 0x84)
#define UAPI_IOAS_MAP _IO(';', 0x85)
#define UAPI_IOAS_UNMAP _IO(';', 0x86)

/* include/uapi/linux/vfio.h */

struct uapi_bind_iommufd {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token; /* address of the 16 octets of a UUID; Linux 6.18 */
};

#define UAPI_BIND_FLAG_TOKEN (1u << 0)

struct uapi_attach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
};

struct uapi_detach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
};

#define UAPI_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#define UAPI_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
#define UAPI_DETACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 20)

/* Capabilities of regions that newer headers call deprecated. */
#define UAPI_REGION_CAP_NVLINK2_TARGET 4
#define UAPI_REGION_CAP_NVLINK2_SPEED 5

#endif
