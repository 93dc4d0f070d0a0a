/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libviod-vfio: use a device that is bound to a VFIO driver, from C. For virtual machine monitors
 * and user-space drivers; how the device came to its VFIO driver, and who may open its nodes, is
 * somebody else's work, such as viod's with "driver = vfio".
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
 * An I/O address space (IOAS) says which memory devices reach by DMA, and where. It comes from one
 * of two back ends: a VFIO container with IOMMU groups, which every kernel has, or an iommufd, to
 * which devices are bound one by one through their own nodes (Linux 6.6). All that follows is the
 * same with both.
 *
 * Conventions:
 * - A function returns 0 or a negative errno. An errno that the kernel gave arrives unchanged;
 *where the library itself refuses something it is told below.
 * - Every function that can fail takes a struct viod_vfio_error, or NULL. On failure it says which
 *   call failed, with what, and what would be right; on success it is left alone.
 * - Results (ret_...) are written on success only.
 * - Sizes, offsets and addresses are in bytes.
 * - Nothing is global. A handle serves one thread at a time; an IOAS and its devices count as one
 *   handle while devices are opened and closed.
 * - Descriptors that are passed in stay the caller's; those handed out stay the library's.
 * - The kernel's answers are checked as input is: one that contradicts itself is -EPROTO.
 *
 * Sources: the kernel's Documentation/driver-api/vfio.rst, Documentation/userspace-api/iommufd.rst,
 * Documentation/virt/kvm/devices/vfio.rst, include/uapi/linux/vfio.h, iommufd.h and kvm.h. The
 * calls of these that a function makes are named with it.
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

/** What went wrong. code is what the function returned; call is the kernel's call that failed,
 *  such as "VFIO_GROUP_SET_CONTAINER" or "open", and empty where the library itself refused; text
 *  is the whole story in one line, for a person. */
struct viod_vfio_error {
	int code;
	char call[48];
	char text[460];
};

/* --- KVM ------------------------------------------------------------------------------------- */

/** Make the VFIO device of a virtual machine, which lets KVM know the groups and devices in use:
 *  it needs that for devices with DMA that does not snoop, and for some mediated devices.
 *
 *  vm_fd: of the virtual machine (KVM_CREATE_VM). A machine has one VFIO device.
 *  ret_kvm: to be dropped with viod_vfio_kvm_unref().
 *
 *  Errors: -EBADF vm_fd is not open; -ENOTTY it is no virtual machine; -EEXIST or -EBUSY the
 *  machine has such a device; -ENODEV the kernel's KVM has none (CONFIG_KVM_VFIO); -ENOMEM.
 *  Kernel: KVM_CREATE_DEVICE with KVM_DEV_TYPE_VFIO. */
int viod_vfio_kvm_new(int vm_fd, struct viod_vfio_kvm **ret_kvm, struct viod_vfio_error *error);

/** The same with a VFIO device that was made before. device_fd is duplicated.
 *
 *  Errors: -EBADF; -EMFILE; -ENOMEM. */
int viod_vfio_kvm_new_from_fd(int device_fd, struct viod_vfio_kvm **ret_kvm,
			      struct viod_vfio_error *error);

/** The descriptor of the VFIO device. It stays the library's. */
int viod_vfio_kvm_fd(const struct viod_vfio_kvm *kvm);

/** Drop a reference; an IOAS that was made with it has one of its own. NULL is fine. */
void viod_vfio_kvm_unref(struct viod_vfio_kvm *kvm);

/* --- I/O address spaces ---------------------------------------------------------------------- */

enum viod_vfio_backend {
	VIOD_VFIO_CONTAINER = 1, /* /dev/vfio/vfio and /dev/vfio/GROUP */
	VIOD_VFIO_IOMMUFD = 2,	 /* /dev/iommu and /dev/vfio/devices/vfioN */
};

/** An IOAS that is a VFIO container. It can map memory only while a device is open in it: the
 *  IOMMU's driver comes with the first group and goes with the last, and its mappings with it.
 *
 *  kvm: is told of each group; NULL where there is no virtual machine.
 *  ret_ioas: to be dropped with viod_vfio_ioas_unref().
 *
 *  Errors: -ENOENT no /dev/vfio/vfio (module vfio); -EACCES it may not be opened; -ENODEV its API
 *  has another version than 0; -EOPNOTSUPP no type 1 IOMMU, version 2 (module vfio_iommu_type1);
 *  -ENOMEM.
 *  Kernel: VFIO_GET_API_VERSION, VFIO_CHECK_EXTENSION. */
int viod_vfio_ioas_new_container(struct viod_vfio_kvm *kvm, struct viod_vfio_ioas **ret_ioas,
				 struct viod_vfio_error *error);

/** An IOAS of an iommufd.
 *
 *  iommufd: an open /dev/iommu, which is duplicated; -1 opens it.
 *  id: of an IOAS that is there, which then outlives the library's handle; 0 makes one.
 *  kvm: is told of each device; NULL where there is no virtual machine.
 *  ret_ioas: to be dropped with viod_vfio_ioas_unref().
 *
 *  Errors: -ENOENT no /dev/iommu (CONFIG_IOMMUFD); -EACCES; -EINVAL an id without an iommufd;
 *  -EBADF; -ENOTTY iommufd is something else; -ENOMEM.
 *  Kernel: IOMMU_IOAS_ALLOC, and IOMMU_DESTROY in the end. */
int viod_vfio_ioas_new_iommufd(int iommufd, uint32_t id, struct viod_vfio_kvm *kvm,
			       struct viod_vfio_ioas **ret_ioas, struct viod_vfio_error *error);

/** Drop a reference; each open device has one of its own, so the IOAS ends with the last device.
 *  NULL is fine. */
void viod_vfio_ioas_unref(struct viod_vfio_ioas *ioas);

enum viod_vfio_backend viod_vfio_ioas_backend(const struct viod_vfio_ioas *ioas);

/** The descriptor of the container or of the iommufd. It stays the library's. */
int viod_vfio_ioas_fd(const struct viod_vfio_ioas *ioas);

/** The IOAS's number within its iommufd; 0 for a container. */
uint32_t viod_vfio_ioas_id(const struct viod_vfio_ioas *ioas);

/** What devices may do with mapped memory, and a process with a mapped region. */
enum viod_vfio_access {
	VIOD_VFIO_READ = 1 << 0,
	VIOD_VFIO_WRITE = 1 << 1,
};

/** A piece of this process's memory and where devices see it. */
struct viod_vfio_memory {
	void *address;
	uint64_t size;
	uint64_t iova;	 /* the I/O virtual address of its first byte */
	uint32_t access; /* of the devices: enum viod_vfio_access */
	uint32_t reserved;
};

/** Let the devices of an IOAS reach memory of this process by DMA. The memory is pinned, and
 *  counts against RLIMIT_MEMLOCK of the process (container) or of all processes of the user
 *  (iommufd). It stays the caller's, who must not return it to the system before it is unmapped
 *  here.
 *
 *  memory: address, size and iova must be multiples of the IOAS's page size (limits, below), and
 *  the IOVAs must be within its ranges and not mapped.
 *
 *  Errors: -EINVAL nothing or unknown bits in access, size 0, not aligned, or outside the ranges;
 *  or a container without an open device; -EOVERFLOW address or iova plus size wraps; -EEXIST
 *  IOVAs are mapped; -EFAULT no memory at address, or it may not be written; -ENOMEM
 *  RLIMIT_MEMLOCK is too low; -ENOSPC too many mappings.
 *  Kernel: VFIO_IOMMU_MAP_DMA; IOMMU_IOAS_MAP. */
int viod_vfio_ioas_map(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
		       struct viod_vfio_error *error);

/** End a mapping. iova and size must be those of a mapping, or of several without a gap.
 *
 *  Errors: -EINVAL size 0, or a mapping is only partly within; -EOVERFLOW iova plus size wraps;
 *  -ENOENT nothing is mapped there; -EIO less was mapped there, which now is unmapped.
 *  Kernel: VFIO_IOMMU_UNMAP_DMA; IOMMU_IOAS_UNMAP. */
int viod_vfio_ioas_unmap(struct viod_vfio_ioas *ioas, uint64_t iova, uint64_t size,
			 struct viod_vfio_error *error);

/** Map several pieces, such as the whole memory of a virtual machine: all of them, or none.
 *  Errors are those of viod_vfio_ioas_map(); what was mapped before the failure is unmapped
 *  again. */
int viod_vfio_ioas_map_all(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			   size_t count, struct viod_vfio_error *error);

/** Unmap several pieces. A failure does not keep the rest from being unmapped; the first is
 *  returned. Errors are those of viod_vfio_ioas_unmap(). */
int viod_vfio_ioas_unmap_all(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			     size_t count, struct viod_vfio_error *error);

/** IOVAs from first to last, both included. */
struct viod_vfio_range {
	uint64_t first, last;
};

/** What an IOAS can map. Devices that are opened or closed change it. */
struct viod_vfio_limits {
	uint64_t page_size; /* the smallest; what is mapped is a multiple of it, and so is its IOVA
			     */
	uint32_t mappings;  /* that can still be made; UINT32_MAX where the kernel does not say */
	uint32_t n_ranges;  /* 0 where the kernel does not say */
	struct viod_vfio_range ranges[];
};

/** Ask for the limits of an IOAS. *ret_limits is the caller's, to be given back with free().
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
 *  vf_token: the UUID that a VF needs whose PF is itself on a VFIO driver; else NULL. With an
 *  iommufd it takes Linux 6.18.
 *  ret_device: to be closed with viod_vfio_device_close().
 *
 *  Through a container this opens the device's group, unless another device of this IOAS has done
 *  so; groups are counted, and a group is given back when the last of its devices is closed.
 *
 *  Errors: -ENOENT no such device, or it is on no VFIO driver; -ENODEV it has no IOMMU group, or
 *  is not bound to a VFIO driver; -EACCES the node may not be opened, or the token is wrong;
 *  -EBUSY another process uses the group or device; -EPERM the group is not viable: a device in
 *  it is bound to another driver, which error names; -EAGAIN it is being reset or unbound, try
 *  again; -EINVAL a token that is no UUID, or that device or kernel do not know; -EPROTO;
 *  -ENOMEM.
 *  Kernel: VFIO_GROUP_GET_STATUS, VFIO_GROUP_SET_CONTAINER, VFIO_SET_IOMMU,
 *  KVM_DEV_VFIO_GROUP_ADD, VFIO_GROUP_GET_DEVICE_FD; or KVM_DEV_VFIO_FILE_ADD,
 *  VFIO_DEVICE_BIND_IOMMUFD, VFIO_DEVICE_ATTACH_IOMMUFD_PT; then VFIO_DEVICE_GET_INFO,
 *  VFIO_DEVICE_GET_REGION_INFO and VFIO_DEVICE_GET_IRQ_INFO for each region and interrupt. */
int viod_vfio_device_open(struct viod_vfio_ioas *ioas, const char *path, const char *vf_token,
			  struct viod_vfio_device **ret_device, struct viod_vfio_error *error);

/** A device whose node somebody else has opened, such as a privileged process that passed the
 *  descriptor on. fd is duplicated.
 *
 *  ioas: of an iommufd, and fd is an open /dev/vfio/devices/vfioN that is not bound; or NULL, and
 *  fd is a device that is ready to use (VFIO_GROUP_GET_DEVICE_FD, or bound and attached), whose
 *  DMA is the affair of whoever made it so.
 *
 *  Errors: -EINVAL ioas is a container; -EBADF; -ENOTTY fd is no VFIO device; and those of
 *  viod_vfio_device_open(). */
int viod_vfio_device_new_from_fd(struct viod_vfio_ioas *ioas, int fd,
				 struct viod_vfio_device **ret_device,
				 struct viod_vfio_error *error);

/** Close a device and drop its references to its group and its IOAS. The handle is gone whatever
 *  is returned, and all is given back that can be; the first error is returned. NULL is fine.
 *
 *  Mappings of regions keep the device in use in the kernel until they are unmapped.
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

/** What kind of device this is: enum viod_vfio_device_flags, and bits that newer kernels know. */
uint32_t viod_vfio_device_flags(const struct viod_vfio_device *device);

/** The name in sysfs: a PCI address, or the UUID of a mediated device; "" of one made from an fd.
 */
const char *viod_vfio_device_name(const struct viod_vfio_device *device);

/** The descriptor of the device. It stays the library's. */
int viod_vfio_device_fd(const struct viod_vfio_device *device);

/** The descriptor of the device's group, -1 without one. It stays the library's. */
int viod_vfio_device_group_fd(const struct viod_vfio_device *device);

/** Reset the device's function. What drives it finds it as after power-on.
 *
 *  Errors: -EOPNOTSUPP it has no reset; -EAGAIN it is being reset or unbound by another, try
 *  again; what the device's reset itself returned.
 *  Kernel: VFIO_DEVICE_RESET. */
int viod_vfio_device_reset(struct viod_vfio_device *device, struct viod_vfio_error *error);

/** A capability of the device, as the kernel wrote it behind its header (struct
 *  vfio_device_info).
 *
 *  id: VFIO_DEVICE_INFO_CAP_... of linux/vfio.h.
 *  ret_version: of its layout.
 *  ret_data, ret_size: lives as long as the device. The size is an upper bound: the kernel does
 *  not say where the last capability ends.
 *
 *  Errors: -ENOENT the device has no such capability. */
int viod_vfio_device_capability(const struct viod_vfio_device *device, uint16_t id,
				uint16_t *ret_version, const void **ret_data, size_t *ret_size,
				struct viod_vfio_error *error);

/* --- regions --------------------------------------------------------------------------------- */

/** Region indices of PCI devices; more may follow, which tell what they are by type and subtype.
 */
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
	/* What its capabilities say, from bit 16 up. */
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

/** A region of a device. The library's, as long as the device is open; later versions append. */
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

/** How many region indices there are: they go from 0 to this less one. */
uint32_t viod_vfio_device_n_regions(const struct viod_vfio_device *device);

/** A region by its index. Some indices have none: that of VGA, of devices that are no VGA.
 *
 *  Errors: -EINVAL there is no such index; -EPROTO; and what the kernel said when it was asked
 *  for this region as the device was opened.
 *  Kernel: VFIO_DEVICE_GET_REGION_INFO and its capabilities. */
int viod_vfio_device_region(const struct viod_vfio_device *device, uint32_t index,
			    const struct viod_vfio_region **ret_region,
			    struct viod_vfio_error *error);

/** A capability of a region, as the kernel wrote it behind its header; parameters are those of
 *  viod_vfio_device_capability().
 *
 *  id: VFIO_REGION_INFO_CAP_... of linux/vfio.h.
 *
 *  Errors: -ENOENT the region has no such capability; and those of viod_vfio_device_region(). */
int viod_vfio_region_capability(const struct viod_vfio_device *device, uint32_t index, uint16_t id,
				uint16_t *ret_version, const void **ret_data, size_t *ret_size,
				struct viod_vfio_error *error);

/** Read from a region: all of size bytes, or an error. Registers are little-endian; one whose
 *  reading has side effects is read alone, aligned and in its own size.
 *
 *  Errors: -EACCES the region cannot be read; -EINVAL offset and size are not within it; -EIO the
 *  kernel gave less; those of viod_vfio_device_region(); and those of pread(). */
int viod_vfio_region_read(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			  void *data, size_t size, struct viod_vfio_error *error);

/** Write to a region: all of size bytes, or an error, after which some may have been written.
 *
 *  Errors: -EACCES the region cannot be written; else those of viod_vfio_region_read() and of
 *  pwrite(). */
int viod_vfio_region_write(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			   const void *data, size_t size, struct viod_vfio_error *error);

/** Map a part of a region into this process.
 *
 *  offset, size: multiples of the system's page size, within the region, and within one area of a
 *  sparse one.
 *  access: enum viod_vfio_access.
 *  ret_address: to be given back with viod_vfio_region_unmap(), also after the device was closed.
 *
 *  Errors: -EOPNOTSUPP the region cannot be mapped; -EACCES not with this access; -EINVAL not
 *  aligned, or not within the region or one of its areas; those of viod_vfio_device_region(); and
 *  those of mmap(). */
int viod_vfio_region_map(struct viod_vfio_device *device, uint32_t index, uint64_t offset,
			 size_t size, uint32_t access, void **ret_address,
			 struct viod_vfio_error *error);

/** End such a mapping. Errors are those of munmap(). */
int viod_vfio_region_unmap(void *address, size_t size, struct viod_vfio_error *error);

/* --- interrupts ------------------------------------------------------------------------------ */

/** Interrupt indices of PCI devices. */
enum viod_vfio_pci_irq {
	VIOD_VFIO_PCI_INTX = 0,
	VIOD_VFIO_PCI_MSI = 1,
	VIOD_VFIO_PCI_MSIX = 2,
	VIOD_VFIO_PCI_ERR = 3, /* the device has failed */
	VIOD_VFIO_PCI_REQ = 4, /* somebody wants the device back */
};

enum viod_vfio_irq_flags {
	VIOD_VFIO_IRQ_EVENTFD = 1 << 0,	   /* can signal eventfds */
	VIOD_VFIO_IRQ_MASKABLE = 1 << 1,   /* can be masked and unmasked */
	VIOD_VFIO_IRQ_AUTOMASKED = 1 << 2, /* is masked by each interrupt until it is unmasked */
	VIOD_VFIO_IRQ_NORESIZE = 1 << 3,   /* vectors are enabled at once, not one after another */
};

/** An interrupt index. The library's, as long as the device is open; later versions append. */
struct viod_vfio_irq {
	uint32_t index;
	uint32_t flags; /* enum viod_vfio_irq_flags */
	uint32_t count; /* of vectors; 0: the device does not implement it */
	uint32_t reserved;
};

/** How many interrupt indices there are. */
uint32_t viod_vfio_device_n_irqs(const struct viod_vfio_device *device);

/** An interrupt index. Errors: as viod_vfio_device_region().
 *  Kernel: VFIO_DEVICE_GET_IRQ_INFO. */
int viod_vfio_device_irq(const struct viod_vfio_device *device, uint32_t index,
			 const struct viod_vfio_irq **ret_irq, struct viod_vfio_error *error);

/** The most vectors that any of INTx, MSI and MSI-X has; of other devices, any interrupt index.
 */
uint32_t viod_vfio_device_max_vectors(const struct viod_vfio_device *device);

/** Let vectors signal eventfds, and enable the index if it is not. Of a PCI device one of INTx,
 *  MSI and MSI-X can be enabled at a time.
 *
 *  first, count: the vectors; within the index.
 *  eventfds: count of them, which stay the caller's and may be closed afterwards; -1 leaves a
 *  vector without one, or takes it away.
 *
 *  Errors: -EINVAL no vectors, or not within the index, or another index is enabled; -EOPNOTSUPP
 *  the index knows no eventfds; -EBADF; -ENOSPC the host has too few vectors; -ENOMEM; and those
 *  of viod_vfio_device_irq().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_TRIGGER and DATA_EVENTFD. */
int viod_vfio_irq_enable(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			 const int *eventfds, uint32_t count, struct viod_vfio_error *error);

/** Disable an index with all its vectors.
 *
 *  Errors: those of viod_vfio_device_irq(); -EINVAL it is not enabled.
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_TRIGGER, DATA_NONE and no vectors. */
int viod_vfio_irq_disable(struct viod_vfio_device *device, uint32_t index,
			  struct viod_vfio_error *error);

/** Have vectors that are enabled signal as if the device had: a test of the way to the eventfds.
 *
 *  which: count of bytes, vectors with 0 are left out; NULL means all.
 *
 *  Errors: -EINVAL no vectors, or not within the index, or not enabled; and those of
 *  viod_vfio_device_irq().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_TRIGGER and DATA_BOOL or DATA_NONE. */
int viod_vfio_irq_trigger(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			  const uint8_t *which, uint32_t count, struct viod_vfio_error *error);

/** Keep vectors from signalling. Of PCI devices the kernel can do this for INTx alone.
 *
 *  Errors: -EOPNOTSUPP the index cannot be masked; else as viod_vfio_irq_trigger().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_MASK and DATA_NONE. */
int viod_vfio_irq_mask(struct viod_vfio_device *device, uint32_t index, uint32_t first,
		       uint32_t count, struct viod_vfio_error *error);

/** Let masked vectors signal again; an automasked one needs it after each interrupt.
 *
 *  Errors: as viod_vfio_irq_mask().
 *  Kernel: VFIO_DEVICE_SET_IRQS with ACTION_UNMASK and DATA_NONE. */
int viod_vfio_irq_unmask(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			 uint32_t count, struct viod_vfio_error *error);

/** Have an eventfd unmask a vector (a "resample" eventfd, which KVM signals when the guest has
 *  handled a level-triggered interrupt).
 *
 *  eventfd: stays the caller's; -1 ends it.
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
