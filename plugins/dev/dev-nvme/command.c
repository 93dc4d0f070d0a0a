/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Admin commands to the primary controller through its character device; sysfs has no equivalent.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "nvme.h"

enum opcode {
	OPCODE_IDENTIFY = 0x06,
	OPCODE_NAMESPACE_MANAGEMENT = 0x0d,
	OPCODE_NAMESPACE_ATTACHMENT = 0x15,
	OPCODE_VIRTUALIZATION_MANAGEMENT = 0x1c,
};

/* A controller that is being reset answers late; the job has a deadline of its own. */
#define TIMEOUT_MSEC 30000

/* Statuses without "do not retry", "more" and the retry delay: status code type and code. */
#define STATUS_MASK 0x7ff

static const struct {
	int status, error;
	const char *text;
} statuses[] = {
	{ 0x001, EOPNOTSUPP, "this controller does not support the command" },
	{ 0x002, EINVAL, "the controller refuses a field of the command" },
	{ 0x00b, ENOENT, "there is no such namespace" },
	{ 0x115, ENOSPC, "not enough capacity is left for the namespace" },
	{ 0x116, ENOSPC, "the controller has no identifier left for another namespace" },
	{ 0x118, EEXIST, "the namespace is attached to this controller already" },
	{ 0x119, EBUSY,
	  "the namespace is private and attached to another controller; detach it there first" },
	{ 0x11a, ENOENT, "the namespace is not attached to this controller" },
	{ 0x11c, EINVAL, "the controller cannot have namespaces attached" },
	{ 0x11f, ENODEV, "there is no such controller" },
	{ 0x120, EBUSY,
	  "not in this state of the VF: it must be offline to get resources, and enabled, with enough of them, to go online" },
	{ 0x121, ERANGE,
	  "more than one VF can have, or than is left; \"nvme primary-ctrl-caps\" shows both" },
	{ 0x122, EINVAL, "this controller has no such resource" },
	{ 0x127, EBUSY, "the namespaces of this VF cannot be changed in its state" },
};

const char *nvme_status_text(int status)
{
	if (status < 0)
		return strerror(-status);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == (status & STATUS_MASK))
			return statuses[i].text;
	return "the controller refuses it";
}

int nvme_status_errno(int status)
{
	if (status <= 0)
		return status;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == (status & STATUS_MASK))
			return -statuses[i].error;
	return -EIO;
}

/* --- the way out ----------------------------------------------------------------------------- */

/* "nvme3", and not "nvme3n1" or "nvme3c3n1". */
static bool is_controller(const char *name)
{
	size_t digits;

	if (strncmp(name, "nvme", 4) != 0)
		return false;
	digits = strspn(name + 4, "0123456789");
	return digits > 0 && digits < 6 && name[4 + digits] == '\0';
}

static int find_controller(struct viod_pf *pf, char *ret_name, size_t size)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	const struct dirent *entry;
	char path[256];
	DIR *dir;
	int r;

	if (!function)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/nvme", function->directory);
	r = viod_open_directory(pf, VIOD_TREE_SYS, path, &dir);
	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	r = -ENODEV;
	while (r < 0 && (entry = readdir(dir)))
		if (is_controller(entry->d_name) &&
		    snprintf(ret_name, size, "%s", entry->d_name) < (int)size)
			r = 0;
	closedir(dir);
	return r;
}

/* The node must be the device in sysfs: a stale node, as in a container, may be of another device.
 */
static int check_node(struct viod_pf *pf, const char *name, int fd)
{
	char attribute[64], text[32];
	unsigned major, minor;
	struct stat status;
	int r;

	snprintf(attribute, sizeof(attribute), "nvme/%s/dev", name);
	r = viod_read(pf, VIOD_PF, attribute, text, sizeof(text));
	if (r < 0)
		return r;
	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return -EBADMSG;
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISCHR(status.st_mode) && status.st_rdev == makedev(major, minor) ? 0 : -ENXIO;
}

static int open_node(struct viod_pf *pf)
{
	char name[16];
	int fd, r;

	r = find_controller(pf, name, sizeof(name));
	if (r < 0)
		return r;
	fd = viod_open(pf, VIOD_TREE_DEV, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fd;
	r = check_node(pf, name, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int submit_ioctl(struct viod_pf *pf, int fd, struct nvme_passthru_cmd *command)
{
	int r;

	viod_kernel_enter(pf);
	r = ioctl(fd, NVME_IOCTL_ADMIN_CMD, command);
	r = r < 0 ? -errno : r;
	viod_kernel_leave(pf);
	return r;
}

struct nvme_gate nvme_gate = { .reach = open_node, .submit = submit_ioctl };

int nvme_open(struct viod_pf *pf)
{
	return nvme_gate.reach(pf);
}

static int submit(const struct nvme_device *device, struct nvme_passthru_cmd *command)
{
	return nvme_gate.submit(device->pf, device->fd, command);
}

/* --- commands -------------------------------------------------------------------------------- */

int nvme_identify(const struct nvme_device *device, enum nvme_cns cns, uint32_t nsid,
		  uint16_t controller, uint8_t *ret_data)
{
	struct nvme_passthru_cmd command = {
		.opcode = OPCODE_IDENTIFY,
		.nsid = nsid,
		.addr = (uint64_t)(uintptr_t)ret_data,
		.data_len = NVME_IDENTIFY_SIZE,
		.cdw10 = (uint32_t)cns | (uint32_t)controller << 16,
		.timeout_ms = TIMEOUT_MSEC,
	};

	memset(ret_data, 0, NVME_IDENTIFY_SIZE);
	return submit(device, &command);
}

int nvme_virtualize(const struct nvme_device *device, uint16_t controller, enum nvme_action action,
		    enum nvme_resource resource, uint16_t count)
{
	struct nvme_passthru_cmd command = {
		.opcode = OPCODE_VIRTUALIZATION_MANAGEMENT,
		.cdw10 = (uint32_t)action | (uint32_t)resource << 8 | (uint32_t)controller << 16,
		.cdw11 = count,
		.timeout_ms = TIMEOUT_MSEC,
	};

	return submit(device, &command);
}

int nvme_attach(const struct nvme_device *device, uint32_t nsid, uint16_t controller, bool attach)
{
	uint8_t list[NVME_IDENTIFY_SIZE] = { 1, 0, (uint8_t)controller,
					     (uint8_t)(controller >> 8) };
	struct nvme_passthru_cmd command = {
		.opcode = OPCODE_NAMESPACE_ATTACHMENT,
		.nsid = nsid,
		.addr = (uint64_t)(uintptr_t)list,
		.data_len = sizeof(list),
		.cdw10 = attach ? 0 : 1,
		.timeout_ms = TIMEOUT_MSEC,
	};

	return submit(device, &command);
}

int nvme_create(const struct nvme_device *device, uint64_t blocks, unsigned format,
		uint32_t *ret_nsid)
{
	uint8_t data[NVME_IDENTIFY_SIZE] = { 0 };
	struct nvme_passthru_cmd command = {
		.opcode = OPCODE_NAMESPACE_MANAGEMENT,
		.addr = (uint64_t)(uintptr_t)data,
		.data_len = sizeof(data),
		.timeout_ms = TIMEOUT_MSEC,
	};
	int r;

	/* Its size, its capacity, and its format; for one controller at a time. */
	for (size_t i = 0; i < 8; i++)
		data[i] = data[8 + i] = (uint8_t)(blocks >> 8 * i);
	data[26] = (uint8_t)((format & 0xf) | (format & 0x30) << 1);
	r = submit(device, &command);
	if (r == 0)
		*ret_nsid = command.result;
	return r;
}

int nvme_delete(const struct nvme_device *device, uint32_t nsid)
{
	struct nvme_passthru_cmd command = {
		.opcode = OPCODE_NAMESPACE_MANAGEMENT,
		.nsid = nsid,
		.cdw10 = 1,
		.timeout_ms = TIMEOUT_MSEC,
	};

	return submit(device, &command);
}
