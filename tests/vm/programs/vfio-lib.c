/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libviod-vfio's example does not show, against the real kernel: vfio-lib TEST DEVICE. Prints
 * "TEST: ok", or fails with what is not as it should be. Linked with the library.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <viod/vfio.h>

/* Registers of an igb VF: one of the control registers of its first queue, with a bit that a reset
 * takes. */
#define STATUS 0x8
#define TXDCTL 0x3828
#define TXDCTL_ENABLE (1u << 25)

#define PAGE 4096u
#define NOBODY 65534

static struct viod_vfio_error error;
static struct viod_vfio_ioas *ioas;
static struct viod_vfio_device *device;

#define NEED(call_)                                                       \
	do {                                                              \
		if ((call_) < 0)                                          \
			errx(EXIT_FAILURE, "%s: %s", #call_, error.text); \
	} while (0)

/* The call must fail just so, and say so. */
#define REFUSED(call_, code_, text_)                                                         \
	do {                                                                                 \
		int r_ = (call_);                                                            \
                                                                                             \
		if (r_ != (code_))                                                           \
			errx(EXIT_FAILURE, "%s: %d and not %d: %s", #call_, r_, code_,       \
			     r_ < 0 ? error.text : "");                                      \
		if (error.code != r_ || !strstr(error.text, text_))                          \
			errx(EXIT_FAILURE, "%s: no '%s' in: %s", #call_, text_, error.text); \
	} while (0)

#define EXPECT(condition_)                                                        \
	do {                                                                      \
		if (!(condition_))                                                \
			errx(EXIT_FAILURE, "line %d: %s", __LINE__, #condition_); \
	} while (0)

static void open_device(const char *path)
{
	NEED(viod_vfio_ioas_new_container(NULL, &ioas, &error));
	NEED(viod_vfio_device_open(ioas, path, NULL, &device, &error));
}

static void close_device(void)
{
	NEED(viod_vfio_device_close(device, &error));
	viod_vfio_ioas_unref(ioas);
}

static uint32_t read_register(uint64_t offset)
{
	uint32_t value;

	NEED(viod_vfio_region_read(device, VIOD_VFIO_PCI_BAR0, offset, &value, sizeof(value),
				   &error));
	return value;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_dma(const char *path)
{
	struct viod_vfio_memory memory = { .size = 4 * PAGE,
					   .iova = 0x100000,
					   .access = VIOD_VFIO_READ };
	struct viod_vfio_limits *limits;
	struct viod_vfio_memory pieces[2];

	memory.address =
		mmap(NULL, memory.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(viod_vfio_ioas_new_container(NULL, &ioas, &error));
	REFUSED(viod_vfio_ioas_map(ioas, &memory, &error), -EINVAL, "open a device in it first");
	viod_vfio_ioas_unref(ioas);

	open_device(path);
	NEED(viod_vfio_ioas_limits(ioas, &limits, &error));
	EXPECT(limits->page_size == PAGE);
	EXPECT(limits->n_ranges > 0 && limits->mappings > 1 && limits->mappings < UINT32_MAX);
	NEED(viod_vfio_ioas_map(ioas, &memory, &error));
	REFUSED(viod_vfio_ioas_map(ioas, &memory, &error), -EEXIST,
		"VFIO_IOMMU_MAP_DMA: 0x4000 bytes");
	REFUSED(viod_vfio_ioas_unmap(ioas, memory.iova, PAGE, &error), -EINVAL,
		"VFIO_IOMMU_UNMAP_DMA");
	REFUSED(viod_vfio_ioas_unmap(ioas, memory.iova + memory.size, PAGE, &error), -ENOENT,
		"nothing is mapped");
	NEED(viod_vfio_ioas_unmap(ioas, memory.iova, memory.size, &error));

	/* The ranges are those that the kernel keeps to. */
	memory.iova = limits->ranges[limits->n_ranges - 1].last - PAGE + 1;
	REFUSED(viod_vfio_ioas_map(ioas, &memory, &error), -EINVAL,
		"within the ranges of the IOMMU");
	memory.iova = 0x100800;
	REFUSED(viod_vfio_ioas_map(ioas, &memory, &error), -EINVAL, "multiples of the page size");

	/* All or none: the second piece overlaps the first. */
	memory.iova = 0x100000;
	pieces[0] = pieces[1] = memory;
	pieces[1].iova += PAGE;
	REFUSED(viod_vfio_ioas_map_all(ioas, pieces, 2, &error), -EEXIST, "IOVA 0x101000");
	REFUSED(viod_vfio_ioas_unmap(ioas, memory.iova, memory.size, &error), -ENOENT, "");
	pieces[1].iova = 0x200000;
	NEED(viod_vfio_ioas_map_all(ioas, pieces, 2, &error));
	NEED(viod_vfio_ioas_unmap_all(ioas, pieces, 2, &error));
	free(limits);
	close_device();
	munmap(memory.address, memory.size);
}

static void test_regions(const char *path)
{
	const struct viod_vfio_region *region;
	uint32_t value = 0;
	uint16_t ids[2], command;
	void *mapped;

	open_device(path);
	/* There is no VGA region, and those around it are where they belong. */
	EXPECT(viod_vfio_device_n_regions(device) >= 9);
	REFUSED(viod_vfio_device_region(device, VIOD_VFIO_PCI_VGA, &region, &error), -EINVAL,
		"VFIO_DEVICE_GET_REGION_INFO: region 8");
	NEED(viod_vfio_device_region(device, VIOD_VFIO_PCI_CONFIG, &region, &error));
	EXPECT(region->index == VIOD_VFIO_PCI_CONFIG && region->size >= 256);
	NEED(viod_vfio_region_read(device, VIOD_VFIO_PCI_CONFIG, 0, ids, sizeof(ids), &error));
	printf("ids: 0x%04x 0x%04x\n", ids[0], ids[1]);

	/* Bus mastering is the one bit of a VF's command register. */
	command = 1u << 2;
	NEED(viod_vfio_region_write(device, VIOD_VFIO_PCI_CONFIG, 4, &command, sizeof(command),
				    &error));
	command = 0;
	NEED(viod_vfio_region_read(device, VIOD_VFIO_PCI_CONFIG, 4, &command, sizeof(command),
				   &error));
	EXPECT(command & 1u << 2);

	NEED(viod_vfio_device_region(device, VIOD_VFIO_PCI_BAR0, &region, &error));
	REFUSED(viod_vfio_region_read(device, VIOD_VFIO_PCI_BAR0, region->size - 2, &value, 4,
				      &error),
		-EINVAL, "are not within region 0");
	REFUSED(viod_vfio_region_read(device, VIOD_VFIO_PCI_BAR0, UINT64_MAX - 1, &value, 4,
				      &error),
		-EINVAL, "are not within region 0");
	REFUSED(viod_vfio_region_map(device, VIOD_VFIO_PCI_CONFIG, 0, PAGE, VIOD_VFIO_READ, &mapped,
				     &error),
		-EOPNOTSUPP, "region 7");
	/* A mapping outlives the device. */
	NEED(viod_vfio_region_map(device, VIOD_VFIO_PCI_BAR0, 0, PAGE, VIOD_VFIO_READ, &mapped,
				  &error));
	EXPECT(((volatile uint32_t *)mapped)[STATUS / 4] == read_register(STATUS));
	NEED(viod_vfio_region_unmap(mapped, PAGE, &error));
	close_device();
}

static uint64_t signals(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void test_interrupts(const char *path)
{
	const uint8_t which[] = { 1, 0, 1 };
	const int none[] = { -1 };
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	open_device(path);
	EXPECT(viod_vfio_device_max_vectors(device) == 3);
	/* A VF has no INTx. */
	REFUSED(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_INTX, 0, fds, 1, &error), -EINVAL,
		"which has 0");
	REFUSED(viod_vfio_irq_trigger(device, VIOD_VFIO_PCI_MSIX, 0, NULL, 1, &error), -EINVAL,
		"VFIO_DEVICE_SET_IRQS: trigger");
	NEED(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_MSIX, 0, fds, 3, &error));
	REFUSED(viod_vfio_irq_mask(device, VIOD_VFIO_PCI_MSIX, 0, 1, &error), -EOPNOTSUPP,
		"cannot mask");
	REFUSED(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_MSIX, 1, fds, 3, &error), -EINVAL,
		"which has 3");
	NEED(viod_vfio_irq_trigger(device, VIOD_VFIO_PCI_MSIX, 0, which, 3, &error));
	EXPECT(signals(fds[0]) == 1 && signals(fds[1]) == 0 && signals(fds[2]) == 1);
	NEED(viod_vfio_irq_trigger(device, VIOD_VFIO_PCI_MSIX, 1, NULL, 2, &error));
	EXPECT(signals(fds[0]) == 0 && signals(fds[1]) == 1 && signals(fds[2]) == 1);
	/* One vector alone loses its eventfd. */
	NEED(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_MSIX, 2, none, 1, &error));
	NEED(viod_vfio_irq_trigger(device, VIOD_VFIO_PCI_MSIX, 0, NULL, 3, &error));
	EXPECT(signals(fds[0]) == 1 && signals(fds[1]) == 1 && signals(fds[2]) == 0);
	NEED(viod_vfio_irq_disable(device, VIOD_VFIO_PCI_MSIX, &error));
	REFUSED(viod_vfio_irq_trigger(device, VIOD_VFIO_PCI_MSIX, 0, NULL, 3, &error), -EINVAL, "");
	close_device();
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_reset(const char *path)
{
	uint32_t value;

	open_device(path);
	value = read_register(TXDCTL) | TXDCTL_ENABLE;
	NEED(viod_vfio_region_write(device, VIOD_VFIO_PCI_BAR0, TXDCTL, &value, sizeof(value),
				    &error));
	EXPECT(read_register(TXDCTL) & TXDCTL_ENABLE);
	NEED(viod_vfio_device_reset(device, &error));
	EXPECT(!(read_register(TXDCTL) & TXDCTL_ENABLE));
	close_device();
}

/* KVM that is absent, and what is no virtual machine. */
static void test_kvm(const char *path)
{
	struct viod_vfio_kvm *kvm;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (access("/dev/kvm", F_OK) == 0)
		errx(EXIT_FAILURE, "this guest has KVM: prove more");
	REFUSED(viod_vfio_kvm_new(open("/dev/kvm", O_RDWR | O_CLOEXEC), &kvm, &error), -EBADF,
		"KVM_CREATE_DEVICE: virtual machine -1");
	REFUSED(viod_vfio_kvm_new(null, &kvm, &error), -ENOTTY, "must be one of KVM_CREATE_VM");
	/* A group that KVM refuses to register is closed: it can be opened again. */
	NEED(viod_vfio_kvm_new_from_fd(null, &kvm, &error));
	NEED(viod_vfio_ioas_new_container(kvm, &ioas, &error));
	viod_vfio_kvm_unref(kvm);
	REFUSED(viod_vfio_device_open(ioas, path, NULL, &device, &error), -ENOTTY,
		"KVM_SET_DEVICE_ATTR: KVM_DEV_VFIO_FILE_ADD");
	viod_vfio_ioas_unref(ioas);
	open_device(path);
	close_device();
	close(null);
}

/* --- a device that a privileged process has opened -------------------------------------------- */

static void send_fd(int channel, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header = (struct cmsghdr){
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	};
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	EXPECT(sendmsg(channel, &message, 0) == 1);
}

static int receive_fd(int channel)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	EXPECT(recvmsg(channel, &message, MSG_CMSG_CLOEXEC) == 1);
	EXPECT(control.header.cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static void use_received(int channel, const char *path)
{
	int vectors, fd = receive_fd(channel), event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	EXPECT(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
	NEED(viod_vfio_ioas_new_container(NULL, &ioas, &error));
	REFUSED(viod_vfio_device_open(ioas, path, NULL, &device, &error), -EACCES,
		"must be readable and writable for this process");
	REFUSED(viod_vfio_device_new_from_fd(ioas, fd, &device, &error), -EINVAL,
		"into a container");
	viod_vfio_ioas_unref(ioas);
	REFUSED(viod_vfio_device_new_from_fd(NULL, channel, &device, &error), -ENOTTY,
		"must be of a VFIO device");
	NEED(viod_vfio_device_new_from_fd(NULL, fd, &device, &error));
	close(fd);
	vectors = (int)viod_vfio_device_max_vectors(device);
	EXPECT(vectors == 3);
	EXPECT(read_register(STATUS) != 0 && read_register(STATUS) != UINT32_MAX);
	NEED(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_MSIX, 0, &event, 1, &error));
	NEED(viod_vfio_irq_trigger(device, VIOD_VFIO_PCI_MSIX, 0, NULL, 1, &error));
	EXPECT(signals(event) == 1);
	NEED(viod_vfio_device_close(device, &error));
}

static void test_passed(const char *path)
{
	int channel[2], status;
	pid_t child;

	EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0);
	child = fork();
	EXPECT(child >= 0);
	if (child == 0) {
		use_received(channel[1], path);
		exit(EXIT_SUCCESS);
	}
	open_device(path);
	send_fd(channel[0], viod_vfio_device_fd(device));
	EXPECT(waitpid(child, &status, 0) == child && status == 0);
	/* The child's handle was a second one of the same device, which is still open. */
	EXPECT(read_register(STATUS) != UINT32_MAX);
	close_device();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const char *path);
	} tests[] = {
		{ "dma", test_dma },
		{ "regions", test_regions },
		{ "interrupts", test_interrupts },
		{ "reset", test_reset },
		{ "kvm", test_kvm },
		{ "passed", test_passed },
	};

	if (argc != 3)
		errx(EXIT_FAILURE, "usage: vfio-lib TEST DEVICE");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (strcmp(tests[i].name, argv[1]) == 0) {
			tests[i].run(argv[2]);
			printf("%s: ok\n", argv[1]);
			return EXIT_SUCCESS;
		}
	errx(EXIT_FAILURE, "no test %s", argv[1]);
}
