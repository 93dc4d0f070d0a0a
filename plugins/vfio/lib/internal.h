/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handles, and the internal functions of the library. */
#ifndef VIOD_VFIO_INTERNAL_H
#define VIOD_VFIO_INTERNAL_H

#include "caps.h"
#include "system.h"
#include "uapi.h"

#define ARRAY_SIZE(a_) (sizeof(a_) / sizeof((a_)[0]))

/* --- small helpers --------------------------------------------------------------------------- */

/** Whether offset and size are within limit, without wrapping. */
static inline bool vfio_within(uint64_t offset, uint64_t size, uint64_t limit)
{
	return offset <= limit && size <= limit - offset;
}

/** Whether the last of size bytes from start on is beyond the range of 64 bits. */
static inline bool vfio_wraps(uint64_t start, uint64_t size)
{
	return size && start > UINT64_MAX - (size - 1);
}

/** The result of several releases that all run: the first error. */
static inline int vfio_first(int r, int next)
{
	return r < 0 ? r : next;
}

/** Open a node; 0, or -errno with advice. The caller closes *ret_fd. */
int vfio_open_node(const char *path, int *ret_fd, struct viod_vfio_error *error);

/* --- KVM ------------------------------------------------------------------------------------- */

struct viod_vfio_kvm {
	unsigned refs;
	int fd;
};

struct viod_vfio_kvm *vfio_kvm_ref(struct viod_vfio_kvm *kvm);

/** Register a group or device with KVM, or unregister it. With NULL for kvm nothing happens. */
int vfio_kvm_add(struct viod_vfio_kvm *kvm, int fd, struct viod_vfio_error *error);
int vfio_kvm_remove(struct viod_vfio_kvm *kvm, int fd, struct viod_vfio_error *error);

/* --- I/O address spaces ---------------------------------------------------------------------- */

/** A group in a container, with one reference of each device that is open in it. */
struct vfio_group {
	struct vfio_group *next;
	unsigned number, refs;
	int fd;
};

struct viod_vfio_ioas {
	unsigned refs;
	enum viod_vfio_backend backend;
	const struct vfio_backend *ops;
	int fd;
	uint32_t id; /* of an iommufd's IOAS */
	bool own_id; /* the IOAS is destroyed with this handle */
	struct vfio_group
		*groups; /* of a container, which has an IOMMU if and only if there are any */
	struct viod_vfio_kvm *kvm;
};

/** The differences between container and iommufd. The callers have checked sizes. */
struct vfio_backend {
	enum viod_vfio_backend id;
	int (*map)(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
		   struct viod_vfio_error *error);
	/* Sets *size to the number of bytes that were unmapped. */
	int (*unmap)(struct viod_vfio_ioas *ioas, uint64_t iova, uint64_t *size,
		     struct viod_vfio_error *error);
	int (*limits)(struct viod_vfio_ioas *ioas, struct viod_vfio_limits **ret_limits,
		      struct viod_vfio_error *error);
	/* Sets fd, and the fields that close() resets; device->path and name are set. */
	int (*open)(struct viod_vfio_device *device, const char *vf_token,
		    struct viod_vfio_error *error);
	int (*close)(struct viod_vfio_device *device, struct viod_vfio_error *error);
	void (*release)(struct viod_vfio_ioas *ioas);
};

extern const struct vfio_backend vfio_container_backend, vfio_iommufd_backend;

/** An IOAS whose back end is not open yet; it keeps a reference of kvm. NULL when memory is short.
 */
struct viod_vfio_ioas *vfio_ioas_alloc(const struct vfio_backend *ops, struct viod_vfio_kvm *kvm);

struct viod_vfio_ioas *vfio_ioas_ref(struct viod_vfio_ioas *ioas);

/** Limits with room for n ranges. NULL when memory is short. */
struct viod_vfio_limits *vfio_limits_alloc(size_t n_ranges);

/** Bind an open cdev to the iommufd of its IOAS and attach it; undone on failure. device->fd is set
 *  and stays the caller's. vf_token is a UUID, or NULL. */
int vfio_iommufd_attach(struct viod_vfio_device *device, const char *vf_token,
			struct viod_vfio_error *error);

/* --- devices --------------------------------------------------------------------------------- */

/** If there is no info, failure is the reason; otherwise NULL. */
struct vfio_region_slot {
	struct viod_vfio_region info;
	struct vfio_answer answer;
	struct viod_vfio_error *failure;
};

/** The same with the errno alone: 0, or the error of the kernel. */
struct vfio_irq_slot {
	struct viod_vfio_irq info;
	int error;
};

struct viod_vfio_device {
	struct viod_vfio_ioas *ioas; /* NULL: of another process */
	struct vfio_group *group;    /* a reference; NULL except with containers */
	char *path;		     /* in sysfs, without links; NULL of one from an fd */
	const char *name;	     /* its last part */
	int fd;
	bool attached; /* to the IOAS of an iommufd */
	struct vfio_answer answer;
	uint32_t flags, n_regions, n_irqs;
	struct vfio_region_slot *regions;
	struct vfio_irq_slot *irqs;
};

/** The name of a device in errors. */
static inline const char *vfio_device_label(const struct viod_vfio_device *device)
{
	return *device->name ? device->name : "the device";
}

/** Fill the slots, each with its info or its error; 0, -EPROTO or -ENOMEM. */
int vfio_regions_load(struct viod_vfio_device *device, struct viod_vfio_error *error);
int vfio_irqs_load(struct viod_vfio_device *device, struct viod_vfio_error *error);

/** Make a region of an answer to VFIO_DEVICE_GET_REGION_INFO. The caller frees its areas.
 *  0, -EPROTO or -ENOMEM. */
int vfio_region_parse(const struct vfio_answer *answer, uint32_t index,
		      struct viod_vfio_region *ret_region, struct viod_vfio_error *error);

/** Make limits of an answer to VFIO_IOMMU_GET_INFO. 0, -EPROTO or -ENOMEM. */
int vfio_limits_parse(const struct vfio_answer *answer, struct viod_vfio_limits **ret_limits,
		      struct viod_vfio_error *error);

#endif
