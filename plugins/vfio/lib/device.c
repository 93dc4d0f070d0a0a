/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices: opening one by its directory in sysfs or from a descriptor, and its properties. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* No device has nearly as many; a larger answer is invalid. */
#define INDICES_MAX 1024u

/* What vfio-pci has always had: BARs, ROM and configuration space; INTx, MSI and MSI-X. */
#define PCI_REGIONS_MIN (VFIO_PCI_CONFIG_REGION_INDEX + 1u)
#define PCI_IRQS_MIN (VFIO_PCI_MSIX_IRQ_INDEX + 1u)

_Static_assert(VIOD_VFIO_DEVICE_RESET == VFIO_DEVICE_FLAGS_RESET &&
		       VIOD_VFIO_DEVICE_PCI == VFIO_DEVICE_FLAGS_PCI &&
		       VIOD_VFIO_DEVICE_PLATFORM == VFIO_DEVICE_FLAGS_PLATFORM &&
		       VIOD_VFIO_DEVICE_AMBA == VFIO_DEVICE_FLAGS_AMBA &&
		       VIOD_VFIO_DEVICE_CCW == VFIO_DEVICE_FLAGS_CCW &&
		       VIOD_VFIO_DEVICE_AP == VFIO_DEVICE_FLAGS_AP &&
		       VIOD_VFIO_DEVICE_FSL_MC == VFIO_DEVICE_FLAGS_FSL_MC &&
		       VIOD_VFIO_DEVICE_CAPS == VFIO_DEVICE_FLAGS_CAPS,
	       "flags of devices are the kernel's");

static int load_info(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	static const struct vfio_answer_shape shape = {
		.call = "VFIO_DEVICE_GET_INFO",
		.request = VFIO_DEVICE_GET_INFO,
		.fixed = sizeof(struct vfio_device_info),
		.cap_offset = offsetof(struct vfio_device_info, cap_offset),
		.caps_flag = VFIO_DEVICE_FLAGS_CAPS,
	};
	struct vfio_device_info info = { 0 };
	int r;

	r = vfio_ask(device->fd, &shape, &info, vfio_device_label(device), &device->answer, error);
	if (r == -ENOTTY)
		vfio_advise(error, r, "the descriptor must be of a VFIO device");
	if (r < 0)
		return r;
	memcpy(&info, device->answer.data, sizeof(info));
	if (info.num_regions > INDICES_MAX || info.num_irqs > INDICES_MAX)
		return vfio_contradiction(
			error, shape.call, "%s has %" PRIu32 " regions and %" PRIu32 " interrupts",
			vfio_device_label(device), info.num_regions, info.num_irqs);
	if (info.flags & VFIO_DEVICE_FLAGS_PCI &&
	    (info.num_regions < PCI_REGIONS_MIN || info.num_irqs < PCI_IRQS_MIN))
		return vfio_contradiction(error, shape.call,
					  "%s is a PCI device with only %" PRIu32
					  " regions and %" PRIu32 " interrupts",
					  vfio_device_label(device), info.num_regions,
					  info.num_irqs);
	device->flags = info.flags;
	device->n_regions = info.num_regions;
	device->n_irqs = info.num_irqs;
	return 0;
}

static int load(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	int r;

	r = load_info(device, error);
	if (r == 0)
		r = vfio_regions_load(device, error);
	if (r == 0)
		r = vfio_irqs_load(device, error);
	return r;
}

static void free_device(struct viod_vfio_device *device)
{
	if (device->regions)
		for (uint32_t i = 0; i < device->n_regions; i++) {
			free((void *)device->regions[i].info.areas);
			free(device->regions[i].answer.data);
			free(device->regions[i].failure);
		}
	free(device->regions);
	free(device->irqs);
	free(device->answer.data);
	free(device->path);
	viod_vfio_ioas_unref(device->ioas);
	free(device);
}

/* --- open ------------------------------------------------------------------------------------ */

static struct viod_vfio_device *alloc_device(struct viod_vfio_ioas *ioas)
{
	struct viod_vfio_device *device = calloc(1, sizeof(*device));

	if (device)
		*device = (struct viod_vfio_device){ .ioas = vfio_ioas_ref(ioas),
						     .name = "",
						     .fd = -1 };
	return device;
}

/* A token must not contain anything else: it becomes a part of the argument. */
static int check_token(const char *token, struct viod_vfio_error *error)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i = 0;

	if (!token)
		return 0;
	while (token[i] && i < sizeof(shape) - 1 &&
	       (shape[i] == 'x' ? strchr("0123456789abcdefABCDEF", token[i]) != NULL
				: token[i] == '-'))
		i++;
	if (token[i] || i != sizeof(shape) - 1)
		return vfio_refuse(error, -EINVAL, "the token '%.64s' is no UUID", token);
	return 0;
}

/* The name becomes a part of the argument, like the token. */
static int find_directory(struct viod_vfio_device *device, const char *path,
			  struct viod_vfio_error *error)
{
	int r = vfio_system.sysfs_path(path, &device->path);

	if (r == -EXDEV)
		return vfio_refuse(error, -EINVAL,
				   "%s is not in sysfs; give the directory of a device, such as "
				   "/sys/bus/pci/devices/0000:01:10.1",
				   path);
	if (r < 0)
		return vfio_call_failed(error, r, "open", "%s", path);
	device->name = strrchr(device->path, '/') + 1;
	if (!*device->name || strpbrk(device->name, " \t\n"))
		return vfio_refuse(error, -EINVAL, "'%s' is no name of a device", device->name);
	return 0;
}

int viod_vfio_device_open(struct viod_vfio_ioas *ioas, const char *path, const char *vf_token,
			  struct viod_vfio_device **ret_device, struct viod_vfio_error *error)
{
	struct viod_vfio_device *device;
	int r;

	r = check_token(vf_token, error);
	if (r < 0)
		return r;
	device = alloc_device(ioas);
	if (!device)
		return vfio_no_memory(error);
	r = find_directory(device, path, error);
	if (r == 0)
		r = ioas->ops->open(device, vf_token, error);
	if (r < 0) {
		free_device(device);
		return r;
	}
	r = load(device, error);
	if (r < 0) {
		(void)viod_vfio_device_close(device, NULL);
		return r;
	}
	*ret_device = device;
	return 0;
}

int viod_vfio_device_new_from_fd(struct viod_vfio_ioas *ioas, int fd,
				 struct viod_vfio_device **ret_device,
				 struct viod_vfio_error *error)
{
	struct viod_vfio_device *device;
	int r;

	if (ioas && ioas->backend != VIOD_VFIO_IOMMUFD)
		return vfio_refuse(error, -EINVAL,
				   "a device cannot be put into a container by its descriptor; its "
				   "group can, or pass no IOAS");
	device = alloc_device(ioas);
	if (!device)
		return vfio_no_memory(error);
	device->fd = vfio_system.duplicate(fd);
	r = device->fd;
	if (r < 0) {
		(void)vfio_call_failed(error, r, "fcntl", "descriptor %d of a device", fd);
		free_device(device);
		return r;
	}
	r = ioas ? vfio_iommufd_attach(device, NULL, error) : 0;
	if (r == 0)
		r = load(device, error);
	if (r < 0) {
		(void)viod_vfio_device_close(device, NULL);
		return r;
	}
	*ret_device = device;
	return 0;
}

int viod_vfio_device_close(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	int r = 0;

	if (!device)
		return 0;
	if (device->ioas)
		r = device->ioas->ops->close(device, error);
	else
		(void)vfio_system.close(device->fd);
	free_device(device);
	return r;
}

/* --- what it is ------------------------------------------------------------------------------ */

uint32_t viod_vfio_device_flags(const struct viod_vfio_device *device)
{
	return device->flags;
}

const char *viod_vfio_device_name(const struct viod_vfio_device *device)
{
	return device->name;
}

int viod_vfio_device_fd(const struct viod_vfio_device *device)
{
	return device->fd;
}

int viod_vfio_device_group_fd(const struct viod_vfio_device *device)
{
	return device->group ? device->group->fd : -1;
}

uint32_t viod_vfio_device_n_regions(const struct viod_vfio_device *device)
{
	return device->n_regions;
}

uint32_t viod_vfio_device_n_irqs(const struct viod_vfio_device *device)
{
	return device->n_irqs;
}

int viod_vfio_device_reset(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	int r;

	if (!(device->flags & VFIO_DEVICE_FLAGS_RESET))
		return vfio_refuse(error, -EOPNOTSUPP, "%s has no reset of its own",
				   vfio_device_label(device));
	r = vfio_system.ioctl(device->fd, VFIO_DEVICE_RESET, NULL);
	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_DEVICE_RESET", "%s",
					vfio_device_label(device));
	return 0;
}

int viod_vfio_device_capability(const struct viod_vfio_device *device, uint16_t id,
				uint16_t *ret_version, const void **ret_data, size_t *ret_size,
				struct viod_vfio_error *error)
{
	struct vfio_cap cap;

	if (vfio_cap_find(&device->answer, id, &cap) < 0)
		return vfio_refuse(error, -ENOENT, "%s has no capability %u",
				   vfio_device_label(device), id);
	*ret_version = cap.version;
	*ret_data = cap.data;
	*ret_size = cap.size;
	return 0;
}
