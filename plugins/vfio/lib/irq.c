/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interrupts: all requests are one ioctl, whose argument is built in one place. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* MSI-X has 2048; an answer of the kernel must not cause an argument of any size. */
#define VECTORS_MAX 65536u

_Static_assert(VIOD_VFIO_IRQ_EVENTFD == VFIO_IRQ_INFO_EVENTFD &&
		       VIOD_VFIO_IRQ_MASKABLE == VFIO_IRQ_INFO_MASKABLE &&
		       VIOD_VFIO_IRQ_AUTOMASKED == VFIO_IRQ_INFO_AUTOMASKED &&
		       VIOD_VFIO_IRQ_NORESIZE == VFIO_IRQ_INFO_NORESIZE,
	       "flags of interrupts are the kernel's");

static int load_irq(struct viod_vfio_device *device, uint32_t index, struct viod_vfio_irq *ret_irq)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int r = vfio_system.ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);

	if (r < 0)
		return r;
	if (info.index != index || info.count > VECTORS_MAX)
		return -EPROTO;
	*ret_irq = (struct viod_vfio_irq){
		.index = index,
		.flags = info.flags,
		.count = info.count,
	};
	return 0;
}

int vfio_irqs_load(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	device->irqs = calloc(device->n_irqs ? device->n_irqs : 1, sizeof(*device->irqs));
	if (!device->irqs)
		return vfio_no_memory(error);
	/* As with regions, one that is not available keeps its index. */
	for (uint32_t i = 0; i < device->n_irqs; i++)
		device->irqs[i].error = load_irq(device, i, &device->irqs[i].info);
	return 0;
}

int viod_vfio_device_irq(const struct viod_vfio_device *device, uint32_t index,
			 const struct viod_vfio_irq **ret_irq, struct viod_vfio_error *error)
{
	if (index >= device->n_irqs)
		return vfio_refuse(error, -EINVAL,
				   "%s has no interrupt %" PRIu32 "; there are %" PRIu32,
				   vfio_device_label(device), index, device->n_irqs);
	if (device->irqs[index].error == -EPROTO)
		return vfio_contradiction(error, "VFIO_DEVICE_GET_IRQ_INFO",
					  "interrupt %" PRIu32 " of %s", index,
					  vfio_device_label(device));
	if (device->irqs[index].error < 0)
		return vfio_call_failed(error, device->irqs[index].error,
					"VFIO_DEVICE_GET_IRQ_INFO", "interrupt %" PRIu32 " of %s",
					index, vfio_device_label(device));
	*ret_irq = &device->irqs[index].info;
	return 0;
}

uint32_t viod_vfio_device_max_vectors(const struct viod_vfio_device *device)
{
	uint32_t most = 0, n = device->n_irqs;

	/* The following ones are not interrupts of the device: errors, and the host's request for
	 * it. */
	if (device->flags & VFIO_DEVICE_FLAGS_PCI && n > VFIO_PCI_MSIX_IRQ_INDEX + 1u)
		n = VFIO_PCI_MSIX_IRQ_INDEX + 1u;
	for (uint32_t i = 0; i < n; i++)
		if (device->irqs[i].error == 0 && device->irqs[i].info.count > most)
			most = device->irqs[i].info.count;
	return most;
}

/* --- VFIO_DEVICE_SET_IRQS -------------------------------------------------------------------- */

struct irq_request {
	const char *what; /* for errors: "trigger" */
	uint32_t action;  /* VFIO_IRQ_SET_ACTION_... */
	uint32_t data;	  /* VFIO_IRQ_SET_DATA_... */
	uint32_t needs;	  /* enum viod_vfio_irq_flags */
	uint32_t index, first, count;
	const void *items; /* an array of count elements, of the size that data determines */
};

static size_t item_size(uint32_t data)
{
	return data == VFIO_IRQ_SET_DATA_EVENTFD ? sizeof(int32_t)
	       : data == VFIO_IRQ_SET_DATA_BOOL	 ? sizeof(uint8_t)
						 : 0;
}

static int send_request(struct viod_vfio_device *device, const struct irq_request *request,
			struct viod_vfio_error *error)
{
	size_t items = item_size(request->data) * request->count;
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + items);
	int r;

	if (!set)
		return vfio_no_memory(error);
	*set = (struct vfio_irq_set){
		.argsz = (uint32_t)(sizeof(*set) + items),
		.flags = request->action | request->data,
		.index = request->index,
		.start = request->first,
		.count = request->count,
	};
	if (items)
		memcpy(set->data, request->items, items);
	r = vfio_system.ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_DEVICE_SET_IRQS",
					"%s %" PRIu32 " vectors from %" PRIu32
					" of interrupt %" PRIu32 " of %s",
					request->what, request->count, request->first,
					request->index, vfio_device_label(device));
	return 0;
}

/* A request for some vectors of an index. It must not be for none: to the kernel, a trigger of no
 * vectors disables the index. */
static int set_vectors(struct viod_vfio_device *device, const struct irq_request *request,
		       struct viod_vfio_error *error)
{
	const struct viod_vfio_irq *irq = NULL;
	int r;

	r = viod_vfio_device_irq(device, request->index, &irq, error);
	if (r < 0)
		return r;
	if (item_size(request->data) && !request->items)
		return vfio_refuse(error, -EINVAL,
				   "cannot %s vectors of interrupt %" PRIu32
				   " of %s without a list of eventfds",
				   request->what, request->index, vfio_device_label(device));
	if (request->count == 0 || !vfio_within(request->first, request->count, irq->count))
		return vfio_refuse(error, -EINVAL,
				   "cannot %s %" PRIu32 " vectors from %" PRIu32
				   " of interrupt %" PRIu32 " of %s, which has %" PRIu32,
				   request->what, request->count, request->first, request->index,
				   vfio_device_label(device), irq->count);
	if ((irq->flags & request->needs) != request->needs)
		return vfio_refuse(error, -EOPNOTSUPP,
				   "cannot %s vectors of interrupt %" PRIu32 " of %s",
				   request->what, request->index, vfio_device_label(device));
	return send_request(device, request, error);
}

int viod_vfio_irq_enable(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			 const int *eventfds, uint32_t count, struct viod_vfio_error *error)
{
	const struct irq_request request = {
		.what = "enable",
		.action = VFIO_IRQ_SET_ACTION_TRIGGER,
		.data = VFIO_IRQ_SET_DATA_EVENTFD,
		.needs = VIOD_VFIO_IRQ_EVENTFD,
		.index = index,
		.first = first,
		.count = count,
		.items = eventfds,
	};

	_Static_assert(sizeof(*eventfds) == sizeof(int32_t), "the kernel takes them as they are");
	return set_vectors(device, &request, error);
}

int viod_vfio_irq_disable(struct viod_vfio_device *device, uint32_t index,
			  struct viod_vfio_error *error)
{
	const struct irq_request request = {
		.what = "disable",
		.action = VFIO_IRQ_SET_ACTION_TRIGGER,
		.data = VFIO_IRQ_SET_DATA_NONE,
		.index = index,
	};
	const struct viod_vfio_irq *irq = NULL;
	int r = viod_vfio_device_irq(device, index, &irq, error);

	return r < 0 ? r : send_request(device, &request, error);
}

int viod_vfio_irq_trigger(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			  const uint8_t *which, uint32_t count, struct viod_vfio_error *error)
{
	const struct irq_request request = {
		.what = "trigger",
		.action = VFIO_IRQ_SET_ACTION_TRIGGER,
		.data = which ? VFIO_IRQ_SET_DATA_BOOL : VFIO_IRQ_SET_DATA_NONE,
		.index = index,
		.first = first,
		.count = count,
		.items = which,
	};

	return set_vectors(device, &request, error);
}

static int mask(struct viod_vfio_device *device, const char *what, uint32_t action, uint32_t index,
		uint32_t first, uint32_t count, struct viod_vfio_error *error)
{
	const struct irq_request request = {
		.what = what,
		.action = action,
		.data = VFIO_IRQ_SET_DATA_NONE,
		.needs = VIOD_VFIO_IRQ_MASKABLE,
		.index = index,
		.first = first,
		.count = count,
	};

	return set_vectors(device, &request, error);
}

int viod_vfio_irq_mask(struct viod_vfio_device *device, uint32_t index, uint32_t first,
		       uint32_t count, struct viod_vfio_error *error)
{
	return mask(device, "mask", VFIO_IRQ_SET_ACTION_MASK, index, first, count, error);
}

int viod_vfio_irq_unmask(struct viod_vfio_device *device, uint32_t index, uint32_t first,
			 uint32_t count, struct viod_vfio_error *error)
{
	return mask(device, "unmask", VFIO_IRQ_SET_ACTION_UNMASK, index, first, count, error);
}

int viod_vfio_irq_resample(struct viod_vfio_device *device, uint32_t index, uint32_t vector,
			   int eventfd, struct viod_vfio_error *error)
{
	const struct irq_request request = {
		.what = "resample",
		.action = VFIO_IRQ_SET_ACTION_UNMASK,
		.data = VFIO_IRQ_SET_DATA_EVENTFD,
		.needs = VIOD_VFIO_IRQ_EVENTFD | VIOD_VFIO_IRQ_MASKABLE,
		.index = index,
		.first = vector,
		.count = 1,
		.items = &eventfd,
	};

	return set_vectors(device, &request, error);
}
