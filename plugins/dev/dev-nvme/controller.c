/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VFs of the primary controller and their namespaces. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nvme.h"

/* --- secondary controllers ------------------------------------------------------------------- */

static int add_vf(struct nvme_device *device, const struct nvme_secondary *secondary)
{
	size_t index = (size_t)secondary->vf - 1;
	struct nvme_secondary *grown;

	if (secondary->vf == 0)
		return 0;
	if (index >= NVME_VFS_MAX)
		return -EBADMSG;
	if (index >= device->n_vfs) {
		grown = reallocarray(device->vfs, index + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + device->n_vfs, 0, (index + 1 - device->n_vfs) * sizeof(*grown));
		device->vfs = grown;
		device->n_vfs = index + 1;
	}
	device->vfs[index] = *secondary;
	return 0;
}

static int read_secondaries(struct nvme_device *device)
{
	struct nvme_secondary list[NVME_SECONDARIES_MAX];
	uint8_t data[NVME_IDENTIFY_SIZE];
	uint16_t from = 0;
	int count, r;

	do {
		r = nvme_identify(device, NVME_CNS_SECONDARIES, 0, from, data);
		if (r != 0)
			return nvme_status_errno(r);
		count = nvme_parse_secondaries(data, sizeof(data), list);
		if (count < 0)
			return count;
		for (int i = 0; i < count; i++) {
			/* The order must be ascending, or the next page could repeat entries. */
			if (list[i].controller < from)
				return -EBADMSG;
			from = (uint16_t)(list[i].controller + 1);
			r = add_vf(device, &list[i]);
			if (r < 0)
				return r;
		}
	} while (count == NVME_SECONDARIES_MAX && from != 0);
	return 0;
}

const struct nvme_secondary *nvme_vf_of(const struct nvme_device *device, size_t vf)
{
	return vf < device->n_vfs && device->vfs[vf].vf ? &device->vfs[vf] : NULL;
}

/* --- namespaces ------------------------------------------------------------------------------ */

static int read_namespaces(struct nvme_device *device)
{
	uint32_t list[NVME_NAMESPACES_MAX], after = 0, *grown;
	uint8_t data[NVME_IDENTIFY_SIZE];
	int count, r;

	do {
		r = nvme_identify(device, NVME_CNS_ALLOCATED_NAMESPACES, after, 0, data);
		if (r != 0)
			return nvme_status_errno(r);
		count = nvme_parse_namespaces(data, sizeof(data), list);
		if (count < 0)
			return count;
		if (count == 0)
			break;
		if (list[0] <= after)
			return -EBADMSG;
		grown = reallocarray(device->nsids, device->n_nsids + (size_t)count,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memcpy(grown + device->n_nsids, list, (size_t)count * sizeof(*grown));
		device->nsids = grown;
		device->n_nsids += (size_t)count;
		after = list[count - 1];
	} while (count == NVME_NAMESPACES_MAX);
	return 0;
}

static int append_number(uint32_t **numbers, size_t *n, uint32_t number)
{
	uint32_t *grown = reallocarray(*numbers, *n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[(*n)++] = number;
	*numbers = grown;
	return 0;
}

static int add_attachment(struct nvme_device *device, uint32_t nsid, size_t vf)
{
	struct nvme_attachment *grown =
		reallocarray(device->attachments, device->n_attachments + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[device->n_attachments++] =
		(struct nvme_attachment){ .nsid = nsid, .vf = (int64_t)vf };
	device->attachments = grown;
	return 0;
}

static int sort_out(struct nvme_device *device, uint32_t nsid, const uint16_t *controllers, int n)
{
	int r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		if (controllers[i] == device->primary.controller)
			r = append_number(&device->shared, &device->n_shared, nsid);
		for (size_t vf = 0; vf < device->n_vfs && r == 0; vf++)
			if (device->vfs[vf].vf && device->vfs[vf].controller == controllers[i])
				r = add_attachment(device, nsid, vf);
	}
	return r;
}

static int read_attachments(struct nvme_device *device)
{
	uint16_t controllers[NVME_CONTROLLERS_MAX];
	uint8_t data[NVME_IDENTIFY_SIZE];
	int r = 0;

	for (size_t i = 0; i < device->n_nsids && r == 0; i++) {
		r = nvme_identify(device, NVME_CNS_ATTACHED_CONTROLLERS, device->nsids[i], 0, data);
		if (r != 0)
			return nvme_status_errno(r);
		r = nvme_parse_controllers(data, sizeof(data), controllers);
		if (r >= 0)
			r = sort_out(device, device->nsids[i], controllers, r);
	}
	return r;
}

void nvme_wish_of(const struct nvme_device *device, size_t vf, struct nvme_wish *ret_wish)
{
	struct nvme_wish wish = { 0 };

	for (size_t i = 0; i < device->n_attachments; i++)
		if (device->attachments[i].vf == (int64_t)vf &&
		    wish.n_nsids < sizeof(wish.nsids) / sizeof(*wish.nsids))
			wish.nsids[wish.n_nsids++] = (uint32_t)device->attachments[i].nsid;
	*ret_wish = wish;
}

bool nvme_is_shared(const struct nvme_device *device, uint32_t nsid)
{
	for (size_t i = 0; i < device->n_shared; i++)
		if (device->shared[i] == nsid)
			return true;
	return false;
}

/* --- all of it ------------------------------------------------------------------------------- */

void nvme_device_clear(struct nvme_device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	free(device->vfs);
	free(device->attachments);
	free(device->nsids);
	free(device->shared);
	*device = (struct nvme_device){ .fd = -1 };
}

static int read_controller(struct nvme_device *device)
{
	uint8_t data[NVME_IDENTIFY_SIZE];
	int r;

	r = nvme_identify(device, NVME_CNS_CONTROLLER, 0, 0, data);
	if (r == 0)
		r = nvme_parse_controller(data, sizeof(data), &device->controller);
	if (r != 0)
		return nvme_status_errno(r);
	if (!device->controller.virtualization)
		return -EOPNOTSUPP;
	r = nvme_identify(device, NVME_CNS_PRIMARY, 0, 0, data);
	if (r == 0)
		r = nvme_parse_primary(data, sizeof(data), &device->primary);
	return nvme_status_errno(r);
}

static int look(struct viod_pf *pf, bool all, struct nvme_device *ret_device)
{
	struct nvme_device device = { .pf = pf, .fd = nvme_open(pf) };
	int r;

	if (device.fd < 0)
		return device.fd;
	r = read_controller(&device);
	if (r == 0)
		r = read_secondaries(&device);
	if (r == 0 && all && device.controller.namespace_management)
		r = read_namespaces(&device);
	if (r == 0)
		r = read_attachments(&device);
	if (r < 0)
		nvme_device_clear(&device);
	*ret_device = device;
	return r;
}

int nvme_look(struct viod_pf *pf, struct nvme_device *ret_device)
{
	return look(pf, true, ret_device);
}

int nvme_look_at_vfs(struct viod_pf *pf, struct nvme_device *ret_device)
{
	return look(pf, false, ret_device);
}

/* --- whether the host uses a namespace ------------------------------------------------------- */

/* "nvme0n1" or, with multipath, "nvme0c3n1", a path of nvme0n1. */
static bool block_name(const char *entry, char *ret_name, size_t size)
{
	unsigned subsystem, controller, head;
	char end;

	if (sscanf(entry, "nvme%uc%un%u%c", &subsystem, &controller, &head, &end) != 3 &&
	    sscanf(entry, "nvme%un%u%c", &subsystem, &head, &end) != 2)
		return false;
	snprintf(ret_name, size, "nvme%un%u", subsystem, head);
	return true;
}

static bool has_nsid(struct viod_pf *pf, const char *controller, const char *entry, uint32_t nsid)
{
	char attribute[NAME_MAX + 64], text[16];

	snprintf(attribute, sizeof(attribute), "nvme/%s/%s/nsid", controller, entry);
	return viod_read(pf, VIOD_PF, attribute, text, sizeof(text)) == 0 &&
	       strtoul(text, NULL, 10) == nsid;
}

static DIR *open_list(struct viod_pf *pf, const char *below)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	char path[256];
	DIR *dir;

	if (!function)
		return NULL;
	snprintf(path, sizeof(path), "%s/nvme/%s", function->directory, below);
	return viod_open_directory(pf, VIOD_TREE_SYS, path, &dir) < 0 ? NULL : dir;
}

static bool find_block(struct viod_pf *pf, uint32_t nsid, char *ret_name, size_t size)
{
	const struct dirent *controller, *entry;
	DIR *controllers = open_list(pf, ""), *entries;
	bool found = false;

	while (controllers && !found && (controller = readdir(controllers))) {
		if (strncmp(controller->d_name, "nvme", 4) != 0 || strlen(controller->d_name) > 16)
			continue;
		entries = open_list(pf, controller->d_name);
		while (entries && !found && (entry = readdir(entries)))
			found = block_name(entry->d_name, ret_name, size) &&
				has_nsid(pf, controller->d_name, entry->d_name, nsid);
		if (entries)
			closedir(entries);
	}
	if (controllers)
		closedir(controllers);
	return found;
}

/* A mounted block device, or one that is a part of another, is claimed exclusively; this open does
 * the same for a moment. A claim of a partition counts for its disk. */
int nvme_in_use(struct viod_pf *pf, uint32_t nsid, char *ret_name, size_t size)
{
	int fd;

	if (!find_block(pf, nsid, ret_name, size))
		return 0;
	fd = viod_open(pf, VIOD_TREE_DEV, ret_name, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd == -EBUSY ? 1 : fd;
}
