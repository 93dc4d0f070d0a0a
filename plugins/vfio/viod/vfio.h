/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libviod-vfio: access from C to a device that is bound to a VFIO driver, for virtual machine
 * monitors and user-space drivers. The library neither binds the device to its VFIO driver nor sets
 * the owner of its nodes; viod does both with "driver = vfio".
 *
 *	struct viod_vfio_error error;
 *	struct viod_vfio_ioas *ioas;
 *	struct viod_vfio_device *vf;
 *
 *	r = viod_vfio_ioas_new_container(NULL, &ioas, &error);
 *	...
 *	r = viod_vfio_device_open(ioas, "/sys/bus/pci/devices/0000:01:10.0", NULL, &vf, &error);
 *	if (r < 0)
 *		errx(1, "%s", error.text);
 *
 * An I/O address space (IOAS) describes the memory that devices can access by DMA, and at which
 * addresses. It is created by one of two back ends: a VFIO container with IOMMU groups, which every
 * kernel supports, or an iommufd, to which devices are bound one by one through their own nodes
 * (Linux 6.6). All other functions are the same for both.
 *
 * Conventions:
 * - A function returns 0 or a negative errno: the kernel's, or one that is listed with it.
 * - Every function that can fail has a parameter error, which may be NULL. On failure it describes
 *   the call that failed, its arguments, and what would be right; on success it is not changed.
 * - Results (ret_...) are written on success only.
 * - Sizes, offsets and addresses are in bytes.
 * - There is no global state. A handle must be used by one thread at a time; an IOAS and its
 *   devices count as one handle while devices are opened and closed.
 * - Descriptors in parameters remain the caller's; returned descriptors remain the library's.
 * - Answers of the kernel are validated like input: one that contradicts itself is -EPROTO.
 *
 * Sources: the kernel's driver-api/vfio.rst, userspace-api/iommufd.rst, virt/kvm/devices/vfio.rst;
 * linux/vfio.h, iommufd.h and kvm.h. The system calls that a function makes are listed with it.
 */
#ifndef VIOD_VFIO_H
#define VIOD_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct viod_vfio_kvm;	 /* the VFIO device of a KVM virtual machine */
struct viod_vfio_ioas;	 /* an I/O address space */
struct viod_vfio_device; /* an open device */

/** An error. code is the value that the function returned; call is the system call that failed,
 *  such as "VFIO_GROUP_SET_CONTAINER" or "open", and empty if the library itself refused; text is a
 *  complete message of one line for the user. */
struct viod_vfio_error {
	int code;
	char call[48];
	char text[460];
};

/* --- KVM ------------------------------------------------------------------------------------- */

/** Create the VFIO device of a virtual machine, which informs KVM about the groups and devices in
 *  use: KVM needs this for devices with DMA that does not snoop, and for some mediated devices.
 *
 *  vm_fd: of the virtual machine (KVM_CREATE_VM). A machine has one VFIO device.
 *  ret_kvm: a reference; the caller releases it with viod_vfio_kvm_unref().
 *
 *  Errors: -EBADF vm_fd is not open; -ENOTTY it is not a virtual machine; -EEXIST or -EBUSY the
 *  machine already has a VFIO device; -ENODEV the kernel's KVM does not support it
 *  (CONFIG_KVM_VFIO); -ENOMEM.
 *  Kernel: KVM_CREATE_DEVICE with KVM_DEV_TYPE_VFIO. */
int viod_vfio_kvm_new(int vm_fd, struct viod_vfio_kvm **ret_kvm, struct viod_vfio_error *error);

/** The same for an existing VFIO device. device_fd is duplicated.
 *
 *  Errors: -EBADF; -EMFILE; -ENOMEM. */
int viod_vfio_kvm_new_from_fd(int device_fd, struct viod_vfio_kvm **ret_kvm,
			      struct viod_vfio_error *error);

/** The descriptor of the VFIO device, owned by the library. */
int viod_vfio_kvm_fd(const struct viod_vfio_kvm *kvm);

/** Release a reference. An IOAS that was created with kvm has one of its own. kvm may be NULL. */
void viod_vfio_kvm_unref(struct viod_vfio_kvm *kvm);

/* --- I/O address spaces ---------------------------------------------------------------------- */

enum viod_vfio_backend {
	VIOD_VFIO_CONTAINER = 1, /* /dev/vfio/vfio and /dev/vfio/GROUP */
	VIOD_VFIO_IOMMUFD = 2,	 /* /dev/iommu and /dev/vfio/devices/vfioN */
};

/** Create an IOAS that is a VFIO container. It can map memory only while a device is open in it:
 * the kernel assigns the driver of the IOMMU with the first group, and removes it, with all
 * mappings, with the last one.
 *
 *  kvm: each group is registered with it; NULL without a virtual machine.
 *  ret_ioas: a reference; the caller releases it with viod_vfio_ioas_unref().
 *
 *  Errors: -ENOENT no /dev/vfio/vfio (module vfio); -EACCES no permission to open it; -ENODEV its
 *  API has another version than 0; -EOPNOTSUPP no type 1 IOMMU, version 2 (module
 * vfio_iommu_type1); -ENOMEM. Kernel: VFIO_GET_API_VERSION, VFIO_CHECK_EXTENSION. */
int viod_vfio_ioas_new_container(struct viod_vfio_kvm *kvm, struct viod_vfio_ioas **ret_ioas,
				 struct viod_vfio_error *error);

/** Create an IOAS of an iommufd.
 *
 *  iommufd: an open /dev/iommu, which is duplicated; -1 opens it.
 *  id: of an existing IOAS, which then outlives the library's handle; 0 creates one.
 *  kvm: each device is registered with it; NULL without a virtual machine.
 *  ret_ioas: a reference; the caller releases it with viod_vfio_ioas_unref().
 *
 *  Errors: -ENOENT no /dev/iommu (CONFIG_IOMMUFD); -EACCES; -EINVAL an id without an iommufd;
 *  -EBADF; -ENOTTY iommufd is not an iommufd; -ENOMEM.
 *  Kernel: IOMMU_IOAS_ALLOC, and IOMMU_DESTROY at the end. */
int viod_vfio_ioas_new_iommufd(int iommufd, uint32_t id, struct viod_vfio_kvm *kvm,
			       struct viod_vfio_ioas **ret_ioas, struct viod_vfio_error *error);

/** Release a reference. Each open device has one of its own, so the IOAS exists as long as any
 *  device. ioas may be NULL. */
void viod_vfio_ioas_unref(struct viod_vfio_ioas *ioas);

enum viod_vfio_backend viod_vfio_ioas_backend(const struct viod_vfio_ioas *ioas);

/** The descriptor of the container or of the iommufd, owned by the library. */
int viod_vfio_ioas_fd(const struct viod_vfio_ioas *ioas);

/** The IOAS's number within its iommufd; 0 for a container. */
uint32_t viod_vfio_ioas_id(const struct viod_vfio_ioas *ioas);

/** Access of devices to mapped memory, and of a process to a mapped region. */
enum viod_vfio_access {
	VIOD_VFIO_READ = 1 << 0,
	VIOD_VFIO_WRITE = 1 << 1,
};

/** Memory of this process, and its address for devices. */
struct viod_vfio_memory {
	void *address;
	uint64_t size;
	uint64_t iova;	 /* the I/O virtual address of its first byte */
	uint32_t access; /* of the devices: enum viod_vfio_access */
	uint32_t reserved;
};

/** Make memory of this process accessible to the devices of an IOAS by DMA. The memory is pinned,
 *  and counts against RLIMIT_MEMLOCK of the process (container) or of all processes of the user
 *  (iommufd). It remains owned by the caller, who must not free it before it is unmapped here.
 *
 *  memory: address, size and iova must be multiples of the IOAS's page size (limits, below), and
 *  the IOVAs must be within its ranges and not mapped.
 *
 *  Errors: -EINVAL nothing or unknown bits in access, size 0, not aligned, or outside the ranges;
 *  or a container without an open device; -EOVERFLOW address or iova plus size wraps; -EEXIST
 *  IOVAs are mapped; -EFAULT no memory at address, or it is not writable; -ENOMEM
 *  RLIMIT_MEMLOCK is too low; -ENOSPC too many mappings.
 *  Kernel: VFIO_IOMMU_MAP_DMA; IOMMU_IOAS_MAP. */
int viod_vfio_ioas_map(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
		       struct viod_vfio_error *error);

/** Unmap memory. iova and size must be those of a mapping, or of several without a gap.
 *
 *  Errors: -EINVAL size 0, or a mapping is only partly within, or all 64 bits; -EOVERFLOW iova plus
 * size wraps; -ENOENT nothing is mapped there; -EIO only a part was mapped there; it is unmapped
 * now. Kernel: VFIO_IOMMU_UNMAP_DMA; IOMMU_IOAS_UNMAP. */
int viod_vfio_ioas_unmap(struct viod_vfio_ioas *ioas, uint64_t iova, uint64_t size,
			 struct viod_vfio_error *error);

/** Map several areas, such as the whole memory of a virtual machine: either all of them or none.
 *  Errors are those of viod_vfio_ioas_map(); what was mapped before the failure is unmapped
 *  again. */
int viod_vfio_ioas_map_all(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			   size_t count, struct viod_vfio_error *error);

/** Unmap several areas. After a failure the rest is still unmapped, and the first failure is
 *  returned. Errors are those of viod_vfio_ioas_unmap(). */
int viod_vfio_ioas_unmap_all(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			     size_t count, struct viod_vfio_error *error);

/** IOVAs from first to last, both included. */
struct viod_vfio_range {
	uint64_t first, last;
};

/** Limits of mappings. They change when devices are opened or closed. */
struct viod_vfio_limits {
	uint64_t page_size; /* the smallest; sizes and IOVAs must be multiples of it */
	uint32_t
		mappings; /* that are still possible; UINT32_MAX if the kernel does not report it */
	uint32_t n_ranges; /* 0 if the kernel does not report them */
	struct viod_vfio_range ranges[];
};

/** Get the limits of an IOAS. The caller releases *ret_limits with free().
 *
 *  Errors: -EINVAL a container without an open device; -EPROTO; -ENOMEM.
 *  Kernel: VFIO_IOMMU_GET_INFO and its capabilities; IOMMU_IOAS_IOVA_RANGES. */
int viod_vfio_ioas_limits(struct viod_vfio_ioas *ioas, struct viod_vfio_limits **ret_limits,
			  struct viod_vfio_error *error);

/* --- devices --------------------------------------------------------------------------------- */

/** Open a device in an IOAS.
 *
 *  path: of the device's directory in sysfs, or a link to it: /sys/bus/pci/devices/0000:01:10.0,
 *  /sys/bus/pci/devices/0000:01:00.0/virtfn0, /sys/bus/mdev/devices/UUID.
 *  vf_token: the UUID that a VF needs if its PF is bound to a VFIO driver too; otherwise NULL. With
 *  an iommufd it requires Linux 6.18.
 *  ret_device: the caller closes it with viod_vfio_device_close().
 *
 *  With a container this opens the group of the device, unless another device of this IOAS has
 *  opened it; groups are reference counted, and closed with the last of their devices.
 *
 *  Errors: -ENOENT no such device, or it has no VFIO driver; -ENODEV it has no IOMMU group, or is
 *  not bound to a VFIO driver; -EACCES no permission to open the node, or the token is wrong;
 *  -EBUSY another process uses the group or device; -EPERM the group is not viable: a device in
 *  it is bound to another driver, which error names; -EAGAIN it is being reset or unbound, try
 *  again; -EINVAL path is not in sysfs, or the token is no UUID, or the device or kernel does not
 *  support it; -EPROTO; -ENOMEM.
 *  Kernel: VFIO_GROUP_GET_STATUS, VFIO_GROUP_SET_CONTAINER, VFIO_SET_IOMMU,
 *  KVM_DEV_VFIO_GROUP_ADD, VFIO_GROUP_GET_DEVICE_FD; or KVM_DEV_VFIO_FILE_ADD,
 *  VFIO_DEVICE_BIND_IOMMUFD, VFIO_DEVICE_ATTACH_IOMMUFD_PT; then VFIO_DEVICE_GET_INFO,
 *  VFIO_DEVICE_GET_REGION_INFO and VFIO_DEVICE_GET_IRQ_INFO for each region and interrupt. */
int viod_vfio_device_open(struct viod_vfio_ioas *ioas, const char *path, const char *vf_token,
			  struct viod_vfio_device **ret_device, struct viod_vfio_error *error);

/** Use a device whose node another process has opened, such as a privileged one that passed the
 *  descriptor. fd is duplicated.
 *
 *  ioas: of an iommufd, and fd is an open /dev/vfio/devices/vfioN that is not bound; or NULL, and
 *  fd is a device that is ready to use (VFIO_GROUP_GET_DEVICE_FD, or bound and attached), whose DMA
 *  is managed by the process that prepared it.
 *
 *  Errors: -EINVAL ioas is a container; -EBADF; -ENOTTY fd is not a VFIO device; and those of
 *  viod_vfio_device_open(). */
int viod_vfio_device_new_from_fd(struct viod_vfio_ioas *ioas, int fd,
				 struct viod_vfio_device **ret_device,
				 struct viod_vfio_error *error);

/** Close a device, and release its references to its group and its IOAS. The handle is invalid
 * after any result. After an error the rest is still released, and the first error is returned.
 * device may be NULL.
 *
 *  As long as regions are mapped, the device remains in use in the kernel.
 *
 *  Errors: those of VFIO_DEVICE_DETACH_IOMMUFD_PT, KVM_DEV_VFIO_GROUP_DEL and
 *  VFIO_GROUP_UNSET_CONTAINER. */
int viod_vfio_device_close(struct viod_vfio_device *device, struct viod_vfio_error *error);

enum viod_vfio_device_flags {
	VIOD_VFIO_DEVICE_RESET = 1 << 0, /* can be reset */
	VIOD_VFIO_DEVICE_PCI = 1 << 1,
	VIOD_VFIO_DEVICE_PLATFORM = 1 << 2,
	VIOD_VFIO_DEVICE_AMBA = 1 << 3,
	VIOD_VFIO_DEVICE_CCW = 1 << 4,
	VIOD_VFIO_DEVICE_AP = 1 << 5,
	VIOD_VFIO_DEVICE_FSL_MC = 1 << 6,
	VIOD_VFIO_DEVICE_CAPS = 1 << 7,
	VIOD_VFIO_DEVICE_CDX = 1 << 8,
};

/** The kind of device: enum viod_vfio_device_flags, and bits of newer kernels. */
uint32_t viod_vfio_device_flags(const struct viod_vfio_device *device);

/** The name in sysfs: a PCI address, or the UUID of a mediated device; "" after
 *  viod_vfio_device_new_from_fd(). */
const char *viod_vfio_device_name(const struct viod_vfio_device *device);

/** The descriptor of the device, owned by the library. */
int viod_vfio_device_fd(const struct viod_vfio_device *device);

/** The descriptor of the device's group, owned by the library; -1 without one. */
int viod_vfio_device_group_fd(const struct viod_vfio_device *device);

/** Reset the device's function to its state after power-on.
 *
 *  Errors: -EOPNOTSUPP it has no reset; -EAGAIN another program resets or unbinds it, try again;
 * and those of the device's reset itself. Kernel: VFIO_DEVICE_RESET. */
int viod_vfio_device_reset(struct viod_vfio_device *device, struct viod_vfio_error *error);

/** A capability of the device: the data that follows its header in the answer of the kernel (struct
 *  vfio_device_info).
 *
 *  id: VFIO_DEVICE_INFO_CAP_... of linux/vfio.h.
 *  ret_version: of its layout.
 *  ret_data, ret_size: valid as long as the device is open. The size is an upper bound: the kernel
 *  does not report where the last capability ends.
 *
 *  Errors: -ENOENT the device has no such capability. */
int viod_vfio_device_capability(const struct viod_vfio_device *device, uint16_t id,
				uint16_t *ret_version, const void **ret_data, size_t *ret_size,
				struct viod_vfio_error *error);

/* --- regions --------------------------------------------------------------------------------- */

/** Region indices of PCI devices. Further regions are described by type and subtype. */
enum viod_vfio_pci_region {
	VIOD_VFIO_PCI_BAR0 = 0,
	VIOD_VFIO_PCI_BAR1 = 1,
	VIOD_VFIO_PCI_BAR2 = 2,
	VIOD_VFIO_PCI_BAR3 = 3,
	VIOD_VFIO_PCI_BAR4 = 4,
	VIOD_VFIO_PCI_BAR5 = 5,
	VIOD_VFIO_PCI_ROM = 6,
	VIOD_VFIO_PCI_CONFIG = 7,
	VIOD_VFIO_PCI_VGA = 8,
};

enum viod_vfio_region_flags {
	VIOD_VFIO_REGION_READ = 1 << 0,
	VIOD_VFIO_REGION_WRITE = 1 << 1,
	VIOD_VFIO_REGION_MMAP = 1 << 2,
	VIOD_VFIO_REGION_CAPS = 1 << 3,
	/* From bit 16 up: the capabilities of the region. */
	VIOD_VFIO_REGION_SPARSE = 1 << 16,	  /* only its areas can be mapped */
	VIOD_VFIO_REGION_TYPED = 1 << 17,	  /* it has type and subtype */
	VIOD_VFIO_REGION_MSIX_MAPPABLE = 1 << 18, /* the MSI-X table may be mapped too */
	VIOD_VFIO_REGION_NVLINK2_TARGET = 1 << 19,
	VIOD_VFIO_REGION_NVLINK2_SPEED = 1 << 20,
};

/** A part of a region. */
struct viod_vfio_area {
	uint64_t offset; /* from the region's first byte */
	uint64_t size;
};

/** A region of a device, owned by the library and valid as long as the device is open. Later
 * versions append fields. */
struct viod_vfio_region {
	uint32_t index;
	uint32_t flags;	 /* enum viod_vfio_region_flags */
	uint64_t size;	 /* 0: the device does not implement it */
	uint64_t offset; /* of its first byte in the descriptor of the device */
	uint32_t type;	 /* VFIO_REGION_TYPE_... of linux/vfio.h */
	uint32_t subtype;
	const struct viod_vfio_area *areas; /* of a sparse region */
	size_t n_areas;
	uint64_t nvlink2_target; /* an address; kernels before 5.13 on POWER9 */
	uint32_t nvlink2_speed;
	uint32_t reserved;
};

/** The number of region indices; they start at 0. */
uint32_t viod_vfio_device_n_regions(const struct viod_vfio_device *device);

/** A region by its index. Some indices have no region, such as that of VGA on other devices.
 *
 *  Errors: -EINVAL there is no such index; -EPROTO; and the error of the kernel for this region at
 *  the time when the device was opened.
 *  Kernel: VFIO_DEVICE_GET_REGION_INFO and its capabilities. */
int viod_vfio_device_region(const struct viod_vfio_device *device, uint32_t index,
			    const struct viod_vfio_region **ret_region,
			    struct viod_vfio_error *error);

/** A capability of a region: the data that follows its header. Parameters are those of
 *  viod_vfio_device_capability().
 *
 *  id: VFIO_REGION_INFO_CAP_... of linux/vfio.h.
 *
 *  Errors: -ENOENT the region has no such capability; and those of viod_vfio_device_region(). */
int viod_vfio_region_capability(const struct viod_vfio_device *device, uint32_t index, uint16_t id,
				uint16_t *ret_version, const void **ret_data, size_t *ret_size,
				struct viod_vfio_error *error);

/** Read from a region: all of size bytes, or an error. Registers are little-endian; read a
 *  register with side effects alone, aligned and in its own size.
 *
 *  Errors: -EACCES the region cannot be read; -EINVAL offset and size are not within it; -EIO the
 *  kernel returned less; those of viod_vfio_device_region(); and those of pread(). */
int viod_vfio_region_read(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			  void *data, size_t size, struct viod_vfio_error *error);

/** Write to a region: all of size bytes, or an error, after which some may have been written.
 *
 *  Errors: -EACCES the region cannot be written; otherwise those of viod_vfio_region_read() and of
 *  pwrite(). */
int viod_vfio_region_write(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			   const void *data, size_t size, struct viod_vfio_error *error);

/** Map a part of a region into this process.
 *
 *  offset, size: multiples of the system's page size, within the region, and within one area of a
 *  sparse one.
 *  access: enum viod_vfio_access.
 *  ret_address: the caller unmaps it with viod_vfio_region_unmap(), also after the device is
 * closed.
 *
 *  Errors: -EOPNOTSUPP the region cannot be mapped; -EACCES not with this access; -EINVAL not
 *  aligned, or not within the region or one of its areas; those of viod_vfio_device_region(); and
 *  those of mmap(). */
int viod_vfio_region_map(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			 size_t size, uint32_t access, void **ret_address,
			 struct viod_vfio_error *error);

/** Unmap a region. Errors are those of munmap(). */
int viod_vfio_region_unmap(void *address, size_t size, struct viod_vfio_error *error);

/* --- interrupts ------------------------------------------------------------------------------ */

/** Interrupt indices of PCI devices. */
enum viod_vfio_pci_irq {
	VIOD_VFIO_PCI_INTX = 0,
	VIOD_VFIO_PCI_MSI = 1,
	VIOD_VFIO_PCI_MSIX = 2,
	VIOD_VFIO_PCI_ERR = 3, /* the device has failed */
	VIOD_VFIO_PCI_REQ = 4, /* the host requests the device */
};

enum viod_vfio_irq_flags {
	VIOD_VFIO_IRQ_EVENTFD = 1 << 0,	   /* can signal eventfds */
	VIOD_VFIO_IRQ_MASKABLE = 1 << 1,   /* can be masked and unmasked */
	VIOD_VFIO_IRQ_AUTOMASKED = 1 << 2, /* is masked by each interrupt until it is unmasked */
	VIOD_VFIO_IRQ_NORESIZE = 1 << 3,   /* all vectors must be enabled at once */
};

/** An interrupt index, owned by the library and valid as long as the device is open. Later versions
 *  append fields. */
struct viod_vfio_irq {
	uint32_t index;
	uint32_t flags; /* enum viod_vfio_irq_flags */
	uint32_t count; /* of vectors; 0: the device does not implement it */
	uint32_t reserved;
};

/** The number of interrupt indices. */
uint32_t viod_vfio_device_n_irqs(const struct viod_vfio_device *device);

/** An interrupt index. Errors: as viod_vfio_device_region().
 *  Kernel: VFIO_DEVICE_GET_IRQ_INFO. */
int viod_vfio_device_irq(const struct viod_vfio_device *device, uint32_t index,
			 const struct viod_vfio_irq **ret_irq, struct viod_vfio_error *error);

/** The maximum of the vectors of INTx, MSI and MSI-X; on other devices, of any interrupt index. */
uint32_t viod_vfio_device_max_vectors(const struct viod_vfio_device *device);

/** Connect vectors to eventfds, and enable the index if it is not enabled. On a PCI device only one
 * of INTx, MSI and MSI-X can be enabled at a time.
 *
 *  first, count: the vectors; within the index.
 *  eventfds: an array of count descriptors, owned by the caller, who may close them afterwards; -1
 *  disconnects a vector.
 *
 *  Errors: -EINVAL no vectors or eventfds, or not within the index, or another index is enabled;
 *  -EOPNOTSUPP the index does not support eventfds; -EBADF; -ENOSPC the host has too few vectors;
 * -ENOMEM; and those of viod_vfio_device_irq(). Kernel: VFIO_DEVICE_SET_IRQS with ACTION_TRIGGER
 * and DATA_EVENTFD. */
int viod_vfio_irq_enable(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			 const int *eventfds, uint32_t count, struct viod_vfio_error *error);

/** Disable an index with all its vectors.
 *
 *  Errors: those of viod_vfio_device_irq(); -EINVAL it is not enabled.
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_TRIGGER, DATA_NONE and no vectors. */
int viod_vfio_irq_disable(struct viod_vfio_device *device, uint32_t index,
			  struct viod_vfio_error *error);

/** Trigger enabled vectors as if the device had signalled them, to test the path to the eventfds.
 *
 *  which: an array of count bytes; vectors with 0 are omitted. NULL means all.
 *
 *  Errors: -EINVAL no vectors, or not within the index, or not enabled; and those of
 *  viod_vfio_device_irq().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_TRIGGER and DATA_BOOL or DATA_NONE. */
int viod_vfio_irq_trigger(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			  const uint8_t *which, uint32_t count, struct viod_vfio_error *error);

/** Mask vectors. On PCI devices the kernel supports this for INTx alone.
 *
 *  Errors: -EOPNOTSUPP the index cannot be masked; otherwise those of viod_vfio_irq_trigger().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_MASK and DATA_NONE. */
int viod_vfio_irq_mask(struct viod_vfio_device *device, uint32_t index, uint32_t first,
		       uint32_t count, struct viod_vfio_error *error);

/** Unmask vectors. An automasked vector needs this after each interrupt.
 *
 *  Errors: as viod_vfio_irq_mask().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_UNMASK and DATA_NONE. */
int viod_vfio_irq_unmask(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			 uint32_t count, struct viod_vfio_error *error);

/** Set an eventfd that unmasks a vector (a "resample" eventfd, which KVM signals when the guest has
 *  handled a level-triggered interrupt).
 *
 *  eventfd: owned by the caller; -1 disconnects it.
 *
 *  Errors: as viod_vfio_irq_mask(), and -EBADF.
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_UNMASK and DATA_EVENTFD. */
int viod_vfio_irq_resample(struct viod_vfio_device *device, uint32_t index, uint32_t vector,
			   int eventfd, struct viod_vfio_error *error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
