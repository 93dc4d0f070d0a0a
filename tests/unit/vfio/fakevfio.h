/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A simulated kernel for libviod-vfio: it records each call with the bytes of its argument, answers
 * from tables, and fails a selected call. */
#ifndef VIOD_TEST_FAKEVFIO_H
#define VIOD_TEST_FAKEVFIO_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../plugins/vfio/lib/internal.h"

#define CALLS_MAX 128
#define BYTES_MAX 8192

struct fake_call {
	const char *name;
	int fd;
	uint64_t value; /* of an argument that is a number */
	uint8_t bytes[BYTES_MAX];
};

struct fake_region {
	struct vfio_region_info info;
	const void *caps; /* behind the struct; info.cap_offset says where the first is */
	size_t caps_size;
	int error;
};

static struct {
	struct fake_call calls[CALLS_MAX];
	size_t n_calls;
	char log[8192]; /* the names of all calls, each followed by a space */
	const char *fail;
	int code;
	unsigned fail_after; /* so many calls of that name succeed first */
	int next_fd, open_fds;
	/* answers */
	int api_version, extension;
	uint32_t group_flags;
	struct vfio_device_info device;
	const void *device_caps;
	size_t device_caps_size;
	struct fake_region regions[16];
	struct vfio_irq_info irqs[8];
	uint64_t unmapped; /* UINT64_MAX: as requested */
	const void *iommu_info;
	size_t iommu_info_size;
	struct uapi_iova_range ranges[64];
	uint32_t n_ranges;
	uint64_t alignment;
	size_t short_io; /* bytes that one pread() or pwrite() does at most; 0 = all */
	bool end_of_file;
	uint8_t memory[65536]; /* what pread() finds, by offset within the first region */
} kernel;

static const struct {
	unsigned long request;
	const char *name;
	size_t size; /* of the argument; 0: a number or none; 1: its first word says */
} fake_requests[] = {
	{ VFIO_GET_API_VERSION, "VFIO_GET_API_VERSION", 0 },
	{ VFIO_CHECK_EXTENSION, "VFIO_CHECK_EXTENSION", 0 },
	{ VFIO_SET_IOMMU, "VFIO_SET_IOMMU", 0 },
	{ VFIO_GROUP_GET_STATUS, "VFIO_GROUP_GET_STATUS", 1 },
	{ VFIO_GROUP_SET_CONTAINER, "VFIO_GROUP_SET_CONTAINER", sizeof(int) },
	{ VFIO_GROUP_UNSET_CONTAINER, "VFIO_GROUP_UNSET_CONTAINER", 0 },
	{ VFIO_GROUP_GET_DEVICE_FD, "VFIO_GROUP_GET_DEVICE_FD", 0 },
	{ VFIO_DEVICE_GET_INFO, "VFIO_DEVICE_GET_INFO", 1 },
	{ VFIO_DEVICE_GET_REGION_INFO, "VFIO_DEVICE_GET_REGION_INFO", 1 },
	{ VFIO_DEVICE_GET_IRQ_INFO, "VFIO_DEVICE_GET_IRQ_INFO", 1 },
	{ VFIO_DEVICE_SET_IRQS, "VFIO_DEVICE_SET_IRQS", 1 },
	{ VFIO_DEVICE_RESET, "VFIO_DEVICE_RESET", 0 },
	{ VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO", 1 },
	{ VFIO_IOMMU_MAP_DMA, "VFIO_IOMMU_MAP_DMA", 1 },
	{ VFIO_IOMMU_UNMAP_DMA, "VFIO_IOMMU_UNMAP_DMA", 1 },
	{ KVM_CREATE_DEVICE, "KVM_CREATE_DEVICE", sizeof(struct kvm_create_device) },
	{ KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR", sizeof(struct kvm_device_attr) },
	{ UAPI_IOMMU_DESTROY, "IOMMU_DESTROY", 1 },
	{ UAPI_IOAS_ALLOC, "IOMMU_IOAS_ALLOC", 1 },
	{ UAPI_IOAS_IOVA_RANGES, "IOMMU_IOAS_IOVA_RANGES", 1 },
	{ UAPI_IOAS_MAP, "IOMMU_IOAS_MAP", 1 },
	{ UAPI_IOAS_UNMAP, "IOMMU_IOAS_UNMAP", 1 },
	{ UAPI_BIND_IOMMUFD, "VFIO_DEVICE_BIND_IOMMUFD", 1 },
	{ UAPI_ATTACH_IOMMUFD_PT, "VFIO_DEVICE_ATTACH_IOMMUFD_PT", 1 },
	{ UAPI_DETACH_IOMMUFD_PT, "VFIO_DEVICE_DETACH_IOMMUFD_PT", 1 },
};

/* --- the calls ------------------------------------------------------------------------------- */

static struct fake_call *fake_note(const char *name, int fd)
{
	struct fake_call *call = &kernel.calls[kernel.n_calls++];
	size_t used = strlen(kernel.log);

	ck_assert_uint_lt(kernel.n_calls, CALLS_MAX);
	*call = (struct fake_call){ .name = name, .fd = fd };
	ck_assert_int_lt(snprintf(kernel.log + used, sizeof(kernel.log) - used, "%s ", name),
			 (int)(sizeof(kernel.log) - used));
	return call;
}

/* Whether this call is the one to fail. */
static bool fake_fails(const char *name)
{
	if (!kernel.fail || strcmp(kernel.fail, name) != 0)
		return false;
	return kernel.fail_after == 0 || kernel.fail_after-- == 0;
}

static int fake_new_fd(void)
{
	kernel.open_fds++;
	return kernel.next_fd++;
}

static int fake_open(const char *path)
{
	static char names[16][64];
	static unsigned n;
	char *name = names[n++ % 16];

	snprintf(name, sizeof(names[0]), "open:%s", path);
	fake_note(name, -1);
	return fake_fails(name) ? kernel.code : fake_new_fd();
}

/* Everything below the root of the test is its sysfs. */
static char fake_root[64];

static int fake_sysfs_path(const char *path, char **ret_path)
{
	char *real = realpath(path, NULL);

	if (!real)
		return -errno;
	if (strncmp(real, fake_root, strlen(fake_root)) != 0) {
		free(real);
		return -EXDEV;
	}
	*ret_path = real;
	return 0;
}

static int fake_duplicate(int fd)
{
	fake_note("dup", fd);
	return fake_fails("dup") ? kernel.code : fake_new_fd();
}

static int fake_close(int fd)
{
	ck_assert_int_ge(fd, 0);
	fake_note("close", fd);
	kernel.open_fds--;
	ck_assert_int_ge(kernel.open_fds, 0);
	return 0;
}

/* An answer with capabilities, as the kernel gives one: only what there is room for. */
static int fake_answer(uint32_t *argument, const void *fixed, size_t fixed_size, size_t cap_offset,
		       const void *caps, size_t caps_size)
{
	uint32_t room = argument[0], whole = (uint32_t)(fixed_size + caps_size);

	ck_assert_uint_ge(room, fixed_size);
	memcpy(argument, fixed, fixed_size);
	argument[0] = caps_size ? whole : room;
	if (room < whole)
		argument[cap_offset / 4] = 0;
	else if (caps_size)
		memcpy((uint8_t *)argument + fixed_size, caps, caps_size);
	return 0;
}

static int fake_region_info(uint32_t *argument)
{
	const struct vfio_region_info *asked = (void *)argument;
	const struct fake_region *region;

	ck_assert_uint_lt(asked->index, ARRAY_SIZE(kernel.regions));
	region = &kernel.regions[asked->index];
	if (region->error)
		return region->error;
	return fake_answer(argument, &region->info, sizeof(region->info),
			   offsetof(struct vfio_region_info, cap_offset), region->caps,
			   region->caps_size);
}

static int fake_ranges(struct uapi_ioas_iova_ranges *asked)
{
	uint32_t room = asked->num_iovas;

	asked->num_iovas = kernel.n_ranges;
	asked->out_iova_alignment = kernel.alignment;
	if (room < kernel.n_ranges)
		return -EMSGSIZE;
	memcpy((void *)(uintptr_t)asked->allowed_iovas, kernel.ranges,
	       kernel.n_ranges * sizeof(kernel.ranges[0]));
	return 0;
}

static int fake_reply(unsigned long request, void *argument)
{
	struct vfio_iommu_type1_dma_unmap *unmap = argument;
	struct uapi_ioas_unmap *ioas_unmap = argument;
	struct vfio_irq_info *irq = argument;

	switch (request) {
	case VFIO_GET_API_VERSION:
		return kernel.api_version;
	case VFIO_CHECK_EXTENSION:
		return kernel.extension;
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)argument)->flags = kernel.group_flags;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return fake_new_fd();
	case VFIO_DEVICE_GET_INFO:
		return fake_answer(argument, &kernel.device, sizeof(kernel.device),
				   offsetof(struct vfio_device_info, cap_offset),
				   kernel.device_caps, kernel.device_caps_size);
	case VFIO_DEVICE_GET_REGION_INFO:
		return fake_region_info(argument);
	case VFIO_DEVICE_GET_IRQ_INFO:
		*irq = kernel.irqs[irq->index];
		return 0;
	case VFIO_IOMMU_GET_INFO:
		if (((uint32_t *)argument)[0] < kernel.iommu_info_size)
			((uint32_t *)argument)[0] = (uint32_t)kernel.iommu_info_size;
		else
			memcpy(argument, kernel.iommu_info, kernel.iommu_info_size);
		return 0;
	case VFIO_IOMMU_UNMAP_DMA:
		unmap->size = kernel.unmapped == UINT64_MAX ? unmap->size : kernel.unmapped;
		return 0;
	case UAPI_IOAS_UNMAP:
		ioas_unmap->length = kernel.unmapped == UINT64_MAX ? ioas_unmap->length
								   : kernel.unmapped;
		return 0;
	case UAPI_IOAS_ALLOC:
		((struct uapi_ioas_alloc *)argument)->out_ioas_id = 7;
		return 0;
	case UAPI_IOAS_IOVA_RANGES:
		return fake_ranges(argument);
	case KVM_CREATE_DEVICE:
		((struct kvm_create_device *)argument)->fd = (uint32_t)fake_new_fd();
		return 0;
	default:
		return 0;
	}
}

/* A kernel of a test's own. */
static int (*fake_ioctl_hook)(int fd, unsigned long request, void *argument);

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	const char *name = NULL;
	struct fake_call *call;
	size_t size = 0;

	if (fake_ioctl_hook)
		return fake_ioctl_hook(fd, request, argument);
	for (size_t i = 0; i < ARRAY_SIZE(fake_requests); i++)
		if (fake_requests[i].request == request) {
			name = fake_requests[i].name;
			size = fake_requests[i].size;
		}
	ck_assert_msg(name, "an unknown call: 0x%lx", request);
	call = fake_note(name, fd);
	call->value = (uintptr_t)argument;
	if (request == VFIO_GROUP_GET_DEVICE_FD)
		size = strlen(argument) + 1;
	else if (size == 1)
		size = *(uint32_t *)argument;
	ck_assert_uint_le(size, BYTES_MAX);
	if (size)
		memcpy(call->bytes, argument, size);
	return fake_fails(name) ? kernel.code : fake_reply(request, argument);
}

static ssize_t fake_io(const char *name, int fd, size_t size, off_t offset)
{
	fake_note(name, fd)->value = (uint64_t)offset;
	if (fake_fails(name))
		return kernel.code;
	if (kernel.end_of_file)
		return 0;
	return (ssize_t)(kernel.short_io && size > kernel.short_io ? kernel.short_io : size);
}

static ssize_t fake_pread(int fd, void *data, size_t size, off_t offset)
{
	ssize_t n = fake_io("pread", fd, size, offset);

	if (n > 0)
		memcpy(data, kernel.memory + (offset & 0xffff), (size_t)n);
	return n;
}

static ssize_t fake_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	ssize_t n = fake_io("pwrite", fd, size, offset);

	if (n > 0)
		memcpy(kernel.memory + (offset & 0xffff), data, (size_t)n);
	return n;
}

static int fake_mmap(size_t size, int protection, int fd, off_t offset, void **ret_address)
{
	struct fake_call *call = fake_note("mmap", fd);

	call->value = (uint64_t)offset;
	memcpy(call->bytes, &protection, sizeof(protection));
	if (fake_fails("mmap"))
		return kernel.code;
	*ret_address = kernel.memory + (offset & 0xffff);
	return 0;
}

static int fake_munmap(void *address, size_t size)
{
	fake_note("munmap", -1)->value = size;
	return fake_fails("munmap") ? kernel.code : 0;
}

const struct vfio_system vfio_system = {
	.open = fake_open,
	.sysfs_path = fake_sysfs_path,
	.duplicate = fake_duplicate,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.pread = fake_pread,
	.pwrite = fake_pwrite,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
};

/* --- what tests say -------------------------------------------------------------------------- */

/* A NIC's VF: BAR0, BAR3 and configuration space; INTx and three vectors of MSI-X. */
static inline void fake_kernel(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.next_fd = 10;
	kernel.extension = 1;
	kernel.group_flags = VFIO_GROUP_FLAGS_VIABLE;
	kernel.unmapped = UINT64_MAX;
	kernel.alignment = 4096;
	kernel.device = (struct vfio_device_info){
		.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		.num_regions = 9,
		.num_irqs = 5,
	};
	for (uint32_t i = 0; i < 9; i++)
		kernel.regions[i].info =
			(struct vfio_region_info){ .index = i, .offset = (uint64_t)i << 40 };
	for (uint32_t i = 0; i < 9; i += i == 0 ? 3 : 4) {
		kernel.regions[i].info.size = 16384;
		kernel.regions[i].info.flags = VFIO_REGION_INFO_FLAG_READ |
					       VFIO_REGION_INFO_FLAG_WRITE;
	}
	kernel.regions[0].info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	kernel.regions[VFIO_PCI_VGA_REGION_INDEX].error = -EINVAL;
	for (uint32_t i = 0; i < 5; i++)
		kernel.irqs[i] = (struct vfio_irq_info){ .argsz = 16, .index = i };
	kernel.irqs[0].flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			       VFIO_IRQ_INFO_AUTOMASKED;
	kernel.irqs[0].count = 1;
	kernel.irqs[2].flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	kernel.irqs[2].count = 3;
	kernel.irqs[4].flags = VFIO_IRQ_INFO_EVENTFD;
	kernel.irqs[4].count = 1;
}

/* Let a call fail from its (after + 1)th time on. */
static inline void fake_fail(const char *name, int code, unsigned after)
{
	kernel.fail = name;
	kernel.code = code;
	kernel.fail_after = after;
}

static inline void fake_forget(void)
{
	kernel.n_calls = 0;
	kernel.log[0] = '\0';
	kernel.fail = NULL;
}

/* The last call of a name. */
static inline const struct fake_call *fake_last(const char *name)
{
	for (size_t i = kernel.n_calls; i > 0; i--)
		if (strcmp(kernel.calls[i - 1].name, name) == 0)
			return &kernel.calls[i - 1];
	ck_abort_msg("no call of %s in: %s", name, kernel.log);
	return NULL;
}

/* --- a sysfs --------------------------------------------------------------------------------- */

static inline const char *fake_path(const char *name)
{
	static char path[8][256];
	static unsigned n;
	char *text = path[n++ % 8];

	snprintf(text, sizeof(path[0]), "%s/%s", fake_root, name);
	return text;
}

/* A device in a group, with a driver; with a node of its own where vfio_dev says its name. */
static inline void fake_device(const char *name, const char *group, const char *driver,
			       const char *vfio_dev)
{
	char path[512], target[256];

	ck_assert_int_eq(mkdir(fake_path(name), 0755), 0);
	if (group) {
		snprintf(target, sizeof(target), "../groups/%s", group);
		snprintf(path, sizeof(path), "%s/iommu_group", fake_path(name));
		ck_assert_int_eq(symlink(target, path), 0);
		(void)mkdir(fake_path("groups"), 0755);
		snprintf(path, sizeof(path), "%s/groups/%s", fake_root, group);
		(void)mkdir(path, 0755);
		strcat(path, "/devices");
		(void)mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s/groups/%s/devices/%s", fake_root, group, name);
		snprintf(target, sizeof(target), "../../../%s", name);
		ck_assert_int_eq(symlink(target, path), 0);
	}
	snprintf(target, sizeof(target), "../drivers/%s", driver);
	snprintf(path, sizeof(path), "%s/driver", fake_path(name));
	ck_assert_int_eq(symlink(target, path), 0);
	if (!vfio_dev)
		return;
	snprintf(path, sizeof(path), "%s/vfio-dev", fake_path(name));
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/vfio-dev/%s", fake_path(name), vfio_dev);
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static inline void fake_sysfs(void)
{
	strcpy(fake_root, "/tmp/viod-vfio-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fake_root));
	fake_device("0000:01:10.0", "26", "vfio-pci", "vfio3");
	fake_device("0000:01:10.2", "27", "vfio-pci", "vfio4");
	/* Two functions in a group. */
	fake_device("0000:05:00.0", "30", "vfio-pci", "vfio5");
	fake_device("0000:05:00.1", "30", "vfio-pci", "vfio6");
}

static inline int fake_remove(const char *path, const struct stat *status, int flag,
			      struct FTW *place)
{
	return remove(path);
}

static inline void fake_sysfs_clear(void)
{
	ck_assert_int_eq(nftw(fake_root, fake_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* --- what tests share ----------------------------------------------------------------------- */

/* The calls that query the device above. */
#define REGIONS_9                                                                              \
	"VFIO_DEVICE_GET_REGION_INFO VFIO_DEVICE_GET_REGION_INFO VFIO_DEVICE_GET_REGION_INFO " \
	"VFIO_DEVICE_GET_REGION_INFO VFIO_DEVICE_GET_REGION_INFO VFIO_DEVICE_GET_REGION_INFO " \
	"VFIO_DEVICE_GET_REGION_INFO VFIO_DEVICE_GET_REGION_INFO VFIO_DEVICE_GET_REGION_INFO "
#define IRQS_5                                                                        \
	"VFIO_DEVICE_GET_IRQ_INFO VFIO_DEVICE_GET_IRQ_INFO VFIO_DEVICE_GET_IRQ_INFO " \
	"VFIO_DEVICE_GET_IRQ_INFO VFIO_DEVICE_GET_IRQ_INFO "
#define INFO "VFIO_DEVICE_GET_INFO " REGIONS_9 IRQS_5

static struct viod_vfio_error error;
static struct viod_vfio_ioas *ioas;
static struct viod_vfio_device *device, *other;

static inline void setup(void)
{
	fake_kernel();
	fake_sysfs();
	memset(&error, 0, sizeof(error));
	ioas = NULL;
	device = other = NULL;
}

/* Whatever a test did, no descriptor may be left. */
static inline void teardown(void)
{
	ck_assert_int_eq(kernel.open_fds, 0);
	fake_sysfs_clear();
}

static inline void new_container(struct viod_vfio_kvm *kvm)
{
	ck_assert_int_eq(viod_vfio_ioas_new_container(kvm, &ioas, &error), 0);
}

static inline void new_iommufd(struct viod_vfio_kvm *kvm)
{
	ck_assert_int_eq(viod_vfio_ioas_new_iommufd(-1, 0, kvm, &ioas, &error), 0);
}

static inline int open_device(const char *name)
{
	return viod_vfio_device_open(ioas, fake_path(name), NULL, &device, &error);
}

static inline void close_all(void)
{
	ck_assert_int_eq(viod_vfio_device_close(device, &error), 0);
	ck_assert_int_eq(viod_vfio_device_close(other, &error), 0);
	viod_vfio_ioas_unref(ioas);
}

static inline void expect_error(const char *call, const char *text)
{
	ck_assert_str_eq(error.call, call);
	ck_assert_msg(strstr(error.text, text), "'%s' is not in: %s", text, error.text);
}

/* --- running --------------------------------------------------------------------------------- */

static inline int fake_run(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *set = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(set, setup, teardown);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(set, tests[i]);
	suite_add_tcase(suite, set);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
