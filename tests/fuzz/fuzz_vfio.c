/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libviod-vfio with a kernel that answers anything: the input has the answer of each ioctl, a
 * length byte and the bytes that overwrite the argument (255: the ioctl fails). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/vfio/lib/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;

static int fuzz_ioctl(int fd, unsigned long request, void *argument)
{
	uint32_t room = *(uint32_t *)argument;
	size_t n;

	if (!left)
		return -EIO;
	n = *input++;
	left--;
	if (n == 255)
		return -EINVAL;
	n = n > left ? left : n;
	memcpy(argument, input, n > room ? room : n);
	input += n;
	left -= n;
	return 0;
}

static int fuzz_duplicate(int fd)
{
	return 100;
}

static int fuzz_close(int fd)
{
	return 0;
}

const struct vfio_system vfio_system = {
	.duplicate = fuzz_duplicate,
	.close = fuzz_close,
	.ioctl = fuzz_ioctl,
};

static unsigned sum(const void *data, size_t size)
{
	unsigned n = 0;

	for (size_t i = 0; i < size; i++)
		n += ((const uint8_t *)data)[i];
	return n;
}

/* Whatever the answers, the results are consistent. */
static void check_region(const struct viod_vfio_device *device, uint32_t index)
{
	const struct viod_vfio_region *region;
	uint16_t version;
	const void *data;
	size_t size;

	if (viod_vfio_device_region(device, index, &region, NULL) < 0)
		return;
	if (region->index != index || region->size > INT64_MAX ||
	    region->offset > INT64_MAX - region->size)
		abort();
	for (size_t i = 0; i < region->n_areas; i++)
		if (region->areas[i].offset > region->size ||
		    region->areas[i].size > region->size - region->areas[i].offset)
			abort();
	for (uint16_t id = 0; id < 8; id++)
		if (viod_vfio_region_capability(device, index, id, &version, &data, &size, NULL) ==
		    0)
			(void)sum(data, size);
}

static void check_device(void)
{
	struct viod_vfio_error error;
	struct viod_vfio_device *device;
	const struct viod_vfio_irq *irq;
	uint16_t version;
	const void *data;
	size_t size;

	if (viod_vfio_device_new_from_fd(NULL, 3, &device, &error) < 0) {
		if (!error.code || !*error.text || strlen(error.text) >= sizeof(error.text))
			abort();
		return;
	}
	for (uint32_t i = 0; i <= viod_vfio_device_n_regions(device); i++)
		check_region(device, i);
	for (uint32_t i = 0; i <= viod_vfio_device_n_irqs(device); i++)
		if (viod_vfio_device_irq(device, i, &irq, NULL) == 0 && irq->index != i)
			abort();
	for (uint16_t id = 0; id < 8; id++)
		if (viod_vfio_device_capability(device, id, &version, &data, &size, NULL) == 0)
			(void)sum(data, size);
	(void)viod_vfio_device_close(device, NULL);
}

static void check_limits(const struct vfio_backend *backend)
{
	struct viod_vfio_ioas *ioas = vfio_ioas_alloc(backend, NULL);
	struct viod_vfio_limits *limits;

	if (!ioas)
		return;
	if (ioas->ops->limits(ioas, &limits, NULL) == 0) {
		if (limits->page_size == 0)
			abort();
		for (uint32_t i = 0; i < limits->n_ranges; i++)
			if (limits->ranges[i].first > limits->ranges[i].last)
				abort();
		free(limits);
	}
	viod_vfio_ioas_unref(ioas);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	input = data + 1;
	left = size - 1;
	if (*data == 'c')
		check_limits(&vfio_container_backend);
	else if (*data == 'i')
		check_limits(&vfio_iommufd_backend);
	else
		check_device();
	return 0;
}
