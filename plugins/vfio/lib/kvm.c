/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VFIO device of a virtual machine. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>

#include "internal.h"

static int kvm_wrap(int fd, struct viod_vfio_kvm **ret_kvm, struct viod_vfio_error *error)
{
	struct viod_vfio_kvm *kvm = calloc(1, sizeof(*kvm));

	if (!kvm) {
		(void)vfio_system.close(fd);
		return vfio_no_memory(error);
	}
	*kvm = (struct viod_vfio_kvm){ .refs = 1, .fd = fd };
	*ret_kvm = kvm;
	return 0;
}

int viod_vfio_kvm_new(int vm_fd, struct viod_vfio_kvm **ret_kvm, struct viod_vfio_error *error)
{
	struct kvm_create_device request = { .type = KVM_DEV_TYPE_VFIO };
	int r = vfio_system.ioctl(vm_fd, KVM_CREATE_DEVICE, &request);

	if (r < 0) {
		(void)vfio_call_failed(error, r, "KVM_CREATE_DEVICE", "virtual machine %d", vm_fd);
		if (r == -ENOTTY)
			vfio_advise(error, r, "the descriptor must be one of KVM_CREATE_VM");
		else if (r == -ENODEV)
			vfio_advise(error, r,
				    "this kernel's KVM does not support VFIO (CONFIG_KVM_VFIO)");
		return r;
	}
	return kvm_wrap((int)request.fd, ret_kvm, error);
}

int viod_vfio_kvm_new_from_fd(int device_fd, struct viod_vfio_kvm **ret_kvm,
			      struct viod_vfio_error *error)
{
	int fd = vfio_system.duplicate(device_fd);

	if (fd < 0)
		return vfio_call_failed(error, fd, "fcntl", "KVM device %d", device_fd);
	return kvm_wrap(fd, ret_kvm, error);
}

int viod_vfio_kvm_fd(const struct viod_vfio_kvm *kvm)
{
	return kvm->fd;
}

struct viod_vfio_kvm *vfio_kvm_ref(struct viod_vfio_kvm *kvm)
{
	if (kvm)
		kvm->refs++;
	return kvm;
}

void viod_vfio_kvm_unref(struct viod_vfio_kvm *kvm)
{
	if (!kvm || --kvm->refs)
		return;
	(void)vfio_system.close(kvm->fd);
	free(kvm);
}

static int kvm_set(struct viod_vfio_kvm *kvm, uint64_t what, const char *name, int fd,
		   struct viod_vfio_error *error)
{
	int32_t file = fd;
	struct kvm_device_attr attribute = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = what,
		.addr = (uintptr_t)&file,
	};
	int r;

	if (!kvm)
		return 0;
	r = vfio_system.ioctl(kvm->fd, KVM_SET_DEVICE_ATTR, &attribute);
	if (r < 0)
		return vfio_call_failed(error, r, "KVM_SET_DEVICE_ATTR", "%s of descriptor %d",
					name, fd);
	return 0;
}

int vfio_kvm_add(struct viod_vfio_kvm *kvm, int fd, struct viod_vfio_error *error)
{
	return kvm_set(kvm, KVM_DEV_VFIO_GROUP_ADD, "KVM_DEV_VFIO_FILE_ADD", fd, error);
}

int vfio_kvm_remove(struct viod_vfio_kvm *kvm, int fd, struct viod_vfio_error *error)
{
	return kvm_set(kvm, KVM_DEV_VFIO_GROUP_DEL, "KVM_DEV_VFIO_FILE_DEL", fd, error);
}
