/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens devices that are bound to a VFIO driver, in one I/O address space, and shows their
 * properties. On request it triggers an interrupt of each, and resets them.
 *
 *	cc -o viod-vfio-probe viod-vfio-probe.c $(pkg-config --cflags --libs libviod-vfio)
 *	viod-vfio-probe -r 0:8 -t -R /sys/bus/pci/devices/0000:01:10.0
 */
#include <endian.h>
#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <viod/vfio.h>

static struct viod_vfio_error error;

static void need(int r)
{
	if (r < 0)
		errx(EXIT_FAILURE, "%s", error.text);
}

static void show(struct viod_vfio_device *device)
{
	const struct viod_vfio_region *region;
	const struct viod_vfio_irq *irq;
	uint32_t flags = viod_vfio_device_flags(device);

	printf("%s: %s%s\n", viod_vfio_device_name(device),
	       flags & VIOD_VFIO_DEVICE_PCI ? "PCI" : "not PCI",
	       flags & VIOD_VFIO_DEVICE_RESET ? ", can be reset" : "");
	for (uint32_t i = 0; i < viod_vfio_device_n_regions(device); i++) {
		/* Some indices have no region; this is not an error. */
		if (viod_vfio_device_region(device, i, &region, NULL) < 0 || region->size == 0)
			continue;
		printf("region %" PRIu32 ": %" PRIu64 " bytes%s%s%s\n", i, region->size,
		       region->flags & VIOD_VFIO_REGION_READ ? ", read" : "",
		       region->flags & VIOD_VFIO_REGION_WRITE ? ", write" : "",
		       region->flags & VIOD_VFIO_REGION_MMAP ? ", map" : "");
	}
	for (uint32_t i = 0; i < viod_vfio_device_n_irqs(device); i++)
		if (viod_vfio_device_irq(device, i, &irq, NULL) == 0 && irq->count > 0)
			printf("interrupt %" PRIu32 ": %" PRIu32 " vectors\n", i, irq->count);
}

/* where is REGION:OFFSET. A region that can be mapped is read both ways. */
static void read_register(struct viod_vfio_device *device, const char *where)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct viod_vfio_region *region;
	uint32_t index, value;
	uint64_t offset;
	void *mapped;

	if (sscanf(where, "%" SCNu32 ":%" SCNi64, &index, &offset) != 2)
		errx(EXIT_FAILURE, "'%s' is not REGION:OFFSET", where);
	need(viod_vfio_region_read(device, index, offset, &value, sizeof(value), &error));
	printf("register %s: 0x%08" PRIx32 "\n", where, le32toh(value));
	need(viod_vfio_device_region(device, index, &region, &error));
	if (!(region->flags & VIOD_VFIO_REGION_MMAP) || offset % sizeof(value))
		return;
	need(viod_vfio_region_map(device, index, offset - offset % page, page, VIOD_VFIO_READ,
				  &mapped, &error));
	value = *(volatile uint32_t *)((char *)mapped + offset % page);
	printf("register %s, mapped: 0x%08" PRIx32 "\n", where, le32toh(value));
	need(viod_vfio_region_unmap(mapped, page, &error));
}

/* Enable all vectors of MSI-X, and trigger the last one as the device would. */
static void test_interrupt(struct viod_vfio_device *device)
{
	const struct viod_vfio_irq *irq;
	struct pollfd poller;
	uint64_t signals;
	int *eventfds;

	need(viod_vfio_device_irq(device, VIOD_VFIO_PCI_MSIX, &irq, &error));
	if (irq->count == 0)
		errx(EXIT_FAILURE, "%s has no MSI-X", viod_vfio_device_name(device));
	eventfds = calloc(irq->count, sizeof(*eventfds));
	if (!eventfds)
		err(EXIT_FAILURE, NULL);
	for (uint32_t i = 0; i < irq->count; i++) {
		eventfds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (eventfds[i] < 0)
			err(EXIT_FAILURE, "eventfd");
	}
	need(viod_vfio_irq_enable(device, irq->index, 0, eventfds, irq->count, &error));
	need(viod_vfio_irq_trigger(device, irq->index, irq->count - 1, NULL, 1, &error));
	poller = (struct pollfd){ .fd = eventfds[irq->count - 1], .events = POLLIN };
	if (poll(&poller, 1, 5000) != 1 ||
	    read(poller.fd, &signals, sizeof(signals)) != sizeof(signals))
		errx(EXIT_FAILURE, "no interrupt within 5 seconds");
	printf("MSI-X: vector %" PRIu32 " of %" PRIu32 " has signalled %" PRIu64 " times\n",
	       irq->count - 1, irq->count, signals);
	need(viod_vfio_irq_disable(device, irq->index, &error));
	for (uint32_t i = 0; i < irq->count; i++)
		close(eventfds[i]);
	free(eventfds);
}

/* Memory for DMA, at the first IOVA that the IOMMU allows. */
static void map_memory(struct viod_vfio_ioas *ioas, size_t size, struct viod_vfio_memory *memory)
{
	struct viod_vfio_limits *limits;

	need(viod_vfio_ioas_limits(ioas, &limits, &error));
	*memory = (struct viod_vfio_memory){
		.address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0),
		.size = size,
		.iova = limits->n_ranges ? limits->ranges[0].first : 0,
		.access = VIOD_VFIO_READ | VIOD_VFIO_WRITE,
	};
	printf("IOMMU: pages of %" PRIu64 ", %" PRIu32 " ranges of IOVAs\n", limits->page_size,
	       limits->n_ranges);
	free(limits);
	if (memory->address == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	need(viod_vfio_ioas_map(ioas, memory, &error));
	printf("DMA: %zu bytes at IOVA 0x%" PRIx64 "\n", size, memory->iova);
}

static void __attribute__((noreturn)) usage(void)
{
	fprintf(stderr,
		"usage: viod-vfio-probe [-i] [-d BYTES] [-r REGION:OFFSET] [-t] [-R] DEVICE...\n"
		"  -i  through an iommufd, and not a container\n"
		"  -d  memory to map for DMA; 4096\n"
		"  -r  print a register of 32 bits\n"
		"  -t  test the last vector of MSI-X\n"
		"  -R  reset\n"
		"  DEVICE is a directory of sysfs, /sys/bus/pci/devices/ADDRESS\n");
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	bool iommufd = false, interrupt = false, reset = false;
	const char *where = NULL;
	struct viod_vfio_device **devices;
	struct viod_vfio_memory memory;
	struct viod_vfio_ioas *ioas;
	size_t size = 4096;
	int n, option;

	while ((option = getopt(argc, argv, "id:r:tR")) != -1)
		switch (option) {
		case 'i':
			iommufd = true;
			break;
		case 'd':
			size = strtoul(optarg, NULL, 0);
			break;
		case 'r':
			where = optarg;
			break;
		case 't':
			interrupt = true;
			break;
		case 'R':
			reset = true;
			break;
		default:
			usage();
		}
	n = argc - optind;
	if (n < 1)
		usage();
	devices = calloc((size_t)n, sizeof(struct viod_vfio_device *));
	if (!devices)
		err(EXIT_FAILURE, NULL);

	need(iommufd ? viod_vfio_ioas_new_iommufd(-1, 0, NULL, &ioas, &error)
		     : viod_vfio_ioas_new_container(NULL, &ioas, &error));
	for (int i = 0; i < n; i++)
		need(viod_vfio_device_open(ioas, argv[optind + i], NULL, &devices[i], &error));
	map_memory(ioas, size, &memory);
	for (int i = 0; i < n; i++) {
		show(devices[i]);
		if (where)
			read_register(devices[i], where);
		if (interrupt)
			test_interrupt(devices[i]);
		if (reset) {
			need(viod_vfio_device_reset(devices[i], &error));
			printf("reset\n");
		}
	}
	/* The mapping belongs to the address space: it exists until the last device is closed. */
	for (int i = 0; i < n - 1; i++)
		need(viod_vfio_device_close(devices[i], &error));
	need(viod_vfio_ioas_unmap(ioas, memory.iova, memory.size, &error));
	need(viod_vfio_device_close(devices[n - 1], &error));
	viod_vfio_ioas_unref(ioas);
	free(devices);
	return EXIT_SUCCESS;
}
