/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The back end that every kernel supports: a container with the IOMMU groups of its devices. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define CONTAINER_NODE "/dev/vfio/vfio"

/* --- the container --------------------------------------------------------------------------- */

static int check_container(int fd, struct viod_vfio_error *error)
{
	int r = vfio_system.ioctl(fd, VFIO_GET_API_VERSION, NULL);

	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_GET_API_VERSION", CONTAINER_NODE);
	if (r != VFIO_API_VERSION)
		return vfio_refuse(error, -ENODEV,
				   "%s has version %d of the API; this library needs %d",
				   CONTAINER_NODE, r, VFIO_API_VERSION);
	r = vfio_system.ioctl(fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_CHECK_EXTENSION", CONTAINER_NODE);
	if (r == 0)
		return vfio_refuse(error, -EOPNOTSUPP,
				   "%s has no type 1 IOMMU, version 2; the module vfio_iommu_type1 "
				   "must be loaded",
				   CONTAINER_NODE);
	return 0;
}

int viod_vfio_ioas_new_container(struct viod_vfio_kvm *kvm, struct viod_vfio_ioas **ret_ioas,
				 struct viod_vfio_error *error)
{
	struct viod_vfio_ioas *ioas = vfio_ioas_alloc(&vfio_container_backend, kvm);
	int r;

	if (!ioas)
		return vfio_no_memory(error);
	r = vfio_open_node(CONTAINER_NODE, &ioas->fd, error);
	if (r == -ENOENT || r == -ENODEV)
		vfio_advise(error, r, "the module vfio must be loaded");
	if (r == 0)
		r = check_container(ioas->fd, error);
	if (r < 0) {
		viod_vfio_ioas_unref(ioas);
		return r;
	}
	*ret_ioas = ioas;
	return 0;
}

static void container_release(struct viod_vfio_ioas *ioas)
{
	/* Each device holds a reference, so there are no groups left. */
}

/* --- groups ---------------------------------------------------------------------------------- */

/* The other members that prevent a group from being viable. This only improves the message: members
 * that cannot be read are omitted. PCIe ports do not matter. */
static void name_offenders(const struct viod_vfio_device *device, int r,
			   struct viod_vfio_error *error)
{
	char path[PATH_MAX], link[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/iommu_group/devices", device->path) >=
	    (int)sizeof(path))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		const char *driver;
		ssize_t n;

		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/iommu_group/devices/%s/driver", device->path,
			     entry->d_name) >= (int)sizeof(path))
			continue;
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		driver = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
		if (!strstr(driver, "vfio") && strcmp(driver, "pcieport") != 0)
			vfio_advise(error, r, "%s is bound to %s", entry->d_name, driver);
	}
	closedir(dir);
}

static int check_group(const struct viod_vfio_device *device, const struct vfio_group *group,
		       struct viod_vfio_error *error)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int r = vfio_system.ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status);

	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_GROUP_GET_STATUS", "group %u",
					group->number);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		r = vfio_refuse(error, -EPERM,
				"group %u of %s is not viable: all of its devices must be on VFIO "
				"drivers or on none",
				group->number, device->name);
		name_offenders(device, r, error);
		return r;
	}
	return 0;
}

/* Add the group to the container; a failure reverts the steps in reverse order. */
static int join(struct viod_vfio_ioas *ioas, struct vfio_group *group,
		struct viod_vfio_error *error)
{
	int r;

	r = vfio_system.ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &ioas->fd);
	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_GROUP_SET_CONTAINER", "group %u",
					group->number);
	if (!ioas->groups) {
		r = vfio_system.ioctl(ioas->fd, VFIO_SET_IOMMU,
				      (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
		if (r < 0)
			(void)vfio_call_failed(error, r, "VFIO_SET_IOMMU", "type 1 for group %u",
					       group->number);
	}
	if (r >= 0)
		r = vfio_kvm_add(ioas->kvm, group->fd, error);
	if (r < 0)
		(void)vfio_system.ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
	return r;
}

static int leave(struct viod_vfio_ioas *ioas, struct vfio_group *group,
		 struct viod_vfio_error *error)
{
	int r = vfio_kvm_remove(ioas->kvm, group->fd, error);
	int next = vfio_system.ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);

	if (next < 0)
		next = vfio_call_failed(r < 0 ? NULL : error, next, "VFIO_GROUP_UNSET_CONTAINER",
					"group %u", group->number);
	return vfio_first(r, next);
}

static int open_group(const struct viod_vfio_device *device, struct vfio_group *group,
		      struct viod_vfio_error *error)
{
	char node[32];
	int r;

	(void)snprintf(node, sizeof(node), "/dev/vfio/%u", group->number);
	r = vfio_open_node(node, &group->fd, error);
	if (r == -ENOENT)
		vfio_advise(error, r, "no device of this group is bound to a VFIO driver");
	else if (r == -EBUSY)
		vfio_advise(error, r, "another process, or another container, uses this group");
	else if (r == -EACCES || r == -EPERM)
		vfio_advise(error, r, "the node must be readable and writable for this process");
	return r < 0 ? r : check_group(device, group, error);
}

/* The device's group in the container, with one more reference. */
static int group_get(const struct viod_vfio_device *device, unsigned number,
		     struct vfio_group **ret_group, struct viod_vfio_error *error)
{
	struct viod_vfio_ioas *ioas = device->ioas;
	struct vfio_group *group;
	int r;

	for (group = ioas->groups; group; group = group->next)
		if (group->number == number) {
			group->refs++;
			*ret_group = group;
			return 0;
		}
	group = calloc(1, sizeof(*group));
	if (!group)
		return vfio_no_memory(error);
	*group = (struct vfio_group){ .number = number, .refs = 1, .fd = -1 };
	r = open_group(device, group, error);
	if (r == 0)
		r = join(ioas, group, error);
	if (r < 0) {
		if (group->fd >= 0)
			(void)vfio_system.close(group->fd);
		free(group);
		return r;
	}
	group->next = ioas->groups;
	ioas->groups = group;
	*ret_group = group;
	return 0;
}

static int group_put(struct viod_vfio_ioas *ioas, struct vfio_group *group,
		     struct viod_vfio_error *error)
{
	struct vfio_group **link = &ioas->groups;
	int r;

	if (--group->refs)
		return 0;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	r = leave(ioas, group, error);
	(void)vfio_system.close(group->fd);
	free(group);
	return r;
}

/* --- devices --------------------------------------------------------------------------------- */

static int find_group(const struct viod_vfio_device *device, unsigned *ret_number,
		      struct viod_vfio_error *error)
{
	char path[PATH_MAX], link[PATH_MAX], *end;
	const char *text;
	unsigned long number;
	ssize_t n = -1;

	if (snprintf(path, sizeof(path), "%s/iommu_group", device->path) < (int)sizeof(path))
		n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return vfio_refuse(error, -ENODEV,
				   "%s has no IOMMU group; the IOMMU must be on (intel_iommu=on or "
				   "amd_iommu=on, and in the firmware)",
				   device->name);
	link[n] = '\0';
	text = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number > UINT_MAX)
		return vfio_contradiction(error, "readlink", "%s: group '%s' is no number",
					  device->name, text);
	*ret_number = (unsigned)number;
	return 0;
}

static int get_device(struct viod_vfio_device *device, const char *vf_token,
		      struct viod_vfio_error *error)
{
	char request[512];
	int fd;

	if (snprintf(request, sizeof(request), "%s%s%s", device->name, vf_token ? " vf_token=" : "",
		     vf_token ? vf_token : "") >= (int)sizeof(request))
		return vfio_refuse(error, -EINVAL,
				   "the name of the device or the token is too long");
	fd = vfio_system.ioctl(device->group->fd, VFIO_GROUP_GET_DEVICE_FD, request);
	if (fd >= 0) {
		device->fd = fd;
		return 0;
	}
	(void)vfio_call_failed(error, fd, "VFIO_GROUP_GET_DEVICE_FD", "%s of group %u",
			       device->name, device->group->number);
	if (fd == -ENODEV)
		vfio_advise(error, fd, "it must be bound to a VFIO driver");
	else if (fd == -EACCES)
		vfio_advise(error, fd, "a VF whose PF is on a VFIO driver needs the right token");
	else if (fd == -EAGAIN)
		vfio_advise(error, fd, "it is being reset or unbound; try again");
	return fd;
}

static int container_open(struct viod_vfio_device *device, const char *vf_token,
			  struct viod_vfio_error *error)
{
	unsigned number;
	int r;

	r = find_group(device, &number, error);
	if (r == 0)
		r = group_get(device, number, &device->group, error);
	if (r < 0)
		return r;
	r = get_device(device, vf_token, error);
	if (r < 0) {
		(void)group_put(device->ioas, device->group, NULL);
		device->group = NULL;
	}
	return r;
}

static int container_close(struct viod_vfio_device *device, struct viod_vfio_error *error)
{
	/* The group can leave its container only without open devices. */
	(void)vfio_system.close(device->fd);
	return device->group ? group_put(device->ioas, device->group, error) : 0;
}

/* --- mapping --------------------------------------------------------------------------------- */

static int container_map(struct viod_vfio_ioas *ioas, const struct viod_vfio_memory *memory,
			 struct viod_vfio_error *error)
{
	struct vfio_iommu_type1_dma_map request = {
		.argsz = sizeof(request),
		.flags = (memory->access & VIOD_VFIO_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (memory->access & VIOD_VFIO_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)memory->address,
		.iova = memory->iova,
		.size = memory->size,
	};
	int r = vfio_system.ioctl(ioas->fd, VFIO_IOMMU_MAP_DMA, &request);

	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_IOMMU_MAP_DMA",
					"0x%" PRIx64 " bytes at %p to IOVA 0x%" PRIx64,
					memory->size, memory->address, memory->iova);
	return 0;
}

static int container_unmap(struct viod_vfio_ioas *ioas, uint64_t iova, uint64_t *size,
			   struct viod_vfio_error *error)
{
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request),
		.iova = iova,
		.size = *size,
	};
	int r = vfio_system.ioctl(ioas->fd, VFIO_IOMMU_UNMAP_DMA, &request);

	if (r < 0)
		return vfio_call_failed(error, r, "VFIO_IOMMU_UNMAP_DMA",
					"0x%" PRIx64 " bytes at IOVA 0x%" PRIx64, *size, iova);
	*size = request.size;
	return 0;
}

static int container_limits(struct viod_vfio_ioas *ioas, struct viod_vfio_limits **ret_limits,
			    struct viod_vfio_error *error)
{
	static const struct vfio_answer_shape shape = {
		.call = "VFIO_IOMMU_GET_INFO",
		.request = VFIO_IOMMU_GET_INFO,
		.fixed = sizeof(struct vfio_iommu_type1_info),
		.cap_offset = offsetof(struct vfio_iommu_type1_info, cap_offset),
		.caps_flag = VFIO_IOMMU_INFO_CAPS,
	};
	const struct vfio_iommu_type1_info request = { 0 };
	struct vfio_answer answer;
	int r;

	r = vfio_ask(ioas->fd, &shape, &request, CONTAINER_NODE, &answer, error);
	if (r < 0)
		return r;
	r = vfio_limits_parse(&answer, ret_limits, error);
	free(answer.data);
	return r;
}

int vfio_limits_parse(const struct vfio_answer *answer, struct viod_vfio_limits **ret_limits,
		      struct viod_vfio_error *error)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	const size_t before = sizeof(struct vfio_info_cap_header); /* which a vfio_cap is without */
	struct viod_vfio_limits *limits;
	struct vfio_iommu_type1_info info;
	struct vfio_cap cap;
	uint32_t n = 0;

	memcpy(&info, answer->data, sizeof(info));
	if (vfio_cap_find(answer, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &cap) == 0 &&
	    cap.version == 1) {
		if (cap.size < sizeof(head) - before)
			return vfio_contradiction(error, "VFIO_IOMMU_GET_INFO", "no IOVA ranges");
		memcpy((char *)&head + before, cap.data, sizeof(head) - before);
		n = head.nr_iovas;
		if (n > (cap.size - (sizeof(head) - before)) / sizeof(struct vfio_iova_range))
			return vfio_contradiction(error, "VFIO_IOMMU_GET_INFO",
						  "%" PRIu32 " IOVA ranges do not fit", n);
	}
	limits = vfio_limits_alloc(n);
	if (!limits)
		return vfio_no_memory(error);
	limits->n_ranges = n;
	for (uint32_t i = 0; i < n; i++) {
		struct vfio_iova_range range;

		memcpy(&range, cap.data + sizeof(head) - before + i * sizeof(range), sizeof(range));
		limits->ranges[i] = (struct viod_vfio_range){ range.start, range.end };
		if (range.start > range.end) {
			free(limits);
			return vfio_contradiction(error, "VFIO_IOMMU_GET_INFO",
						  "IOVA range %" PRIu32 " ends before it begins",
						  i);
		}
	}
	/* The lowest bit of the sizes; if the kernel does not report them, the page size of the
	 * system. */
	if (info.flags & VFIO_IOMMU_INFO_PGSIZES && info.iova_pgsizes)
		limits->page_size = info.iova_pgsizes & -info.iova_pgsizes;
	else
		limits->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (vfio_cap_find(answer, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap) == 0 && cap.version == 1 &&
	    cap.size >= sizeof(limits->mappings))
		memcpy(&limits->mappings, cap.data, sizeof(limits->mappings));
	*ret_limits = limits;
	return 0;
}

const struct vfio_backend vfio_container_backend = {
	.id = VIOD_VFIO_CONTAINER,
	.map = container_map,
	.unmap = container_unmap,
	.limits = container_limits,
	.open = container_open,
	.close = container_close,
	.release = container_release,
};
