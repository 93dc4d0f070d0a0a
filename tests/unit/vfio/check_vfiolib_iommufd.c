/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libviod-vfio: iommufds, devices from descriptors, and KVM: which calls, in which order, and what
 * is undone when one of them fails. */
#include "fakevfio.h"

/* Where the system's headers are new enough, they must agree with the library's. */
#if __has_include(<linux/iommufd.h>)
#include <linux/iommufd.h>

#define SAME(ours_, theirs_) \
	_Static_assert(sizeof(struct ours_) == sizeof(struct theirs_), #ours_ " has another size")
#define SAME_AT(ours_, our_field_, theirs_, their_field_)              \
	_Static_assert(offsetof(struct ours_, our_field_) ==           \
			       offsetof(struct theirs_, their_field_), \
		       #ours_ "." #our_field_ " is elsewhere")

SAME(uapi_iommu_destroy, iommu_destroy);
SAME_AT(uapi_iommu_destroy, id, iommu_destroy, id);
SAME(uapi_ioas_alloc, iommu_ioas_alloc);
SAME_AT(uapi_ioas_alloc, out_ioas_id, iommu_ioas_alloc, out_ioas_id);
SAME(uapi_iova_range, iommu_iova_range);
SAME_AT(uapi_iova_range, last, iommu_iova_range, last);
SAME(uapi_ioas_iova_ranges, iommu_ioas_iova_ranges);
SAME_AT(uapi_ioas_iova_ranges, num_iovas, iommu_ioas_iova_ranges, num_iovas);
SAME_AT(uapi_ioas_iova_ranges, allowed_iovas, iommu_ioas_iova_ranges, allowed_iovas);
SAME_AT(uapi_ioas_iova_ranges, out_iova_alignment, iommu_ioas_iova_ranges, out_iova_alignment);
SAME(uapi_ioas_map, iommu_ioas_map);
SAME_AT(uapi_ioas_map, ioas_id, iommu_ioas_map, ioas_id);
SAME_AT(uapi_ioas_map, user_va, iommu_ioas_map, user_va);
SAME_AT(uapi_ioas_map, iova, iommu_ioas_map, iova);
SAME(uapi_ioas_unmap, iommu_ioas_unmap);
SAME_AT(uapi_ioas_unmap, iova, iommu_ioas_unmap, iova);
SAME_AT(uapi_ioas_unmap, length, iommu_ioas_unmap, length);
_Static_assert(UAPI_IOMMU_DESTROY == IOMMU_DESTROY && UAPI_IOAS_ALLOC == IOMMU_IOAS_ALLOC &&
		       UAPI_IOAS_IOVA_RANGES == IOMMU_IOAS_IOVA_RANGES &&
		       UAPI_IOAS_MAP == IOMMU_IOAS_MAP && UAPI_IOAS_UNMAP == IOMMU_IOAS_UNMAP,
	       "a request has another number");
_Static_assert(UAPI_IOAS_MAP_FIXED_IOVA == IOMMU_IOAS_MAP_FIXED_IOVA &&
		       UAPI_IOAS_MAP_WRITEABLE == IOMMU_IOAS_MAP_WRITEABLE &&
		       UAPI_IOAS_MAP_READABLE == IOMMU_IOAS_MAP_READABLE,
	       "a flag is another");
#endif

#ifdef VFIO_DEVICE_BIND_IOMMUFD
_Static_assert(UAPI_BIND_IOMMUFD == VFIO_DEVICE_BIND_IOMMUFD &&
		       UAPI_ATTACH_IOMMUFD_PT == VFIO_DEVICE_ATTACH_IOMMUFD_PT &&
		       UAPI_DETACH_IOMMUFD_PT == VFIO_DEVICE_DETACH_IOMMUFD_PT,
	       "a request has another number");
_Static_assert(offsetof(struct uapi_bind_iommufd, iommufd) ==
			       offsetof(struct vfio_device_bind_iommufd, iommufd) &&
		       offsetof(struct uapi_attach_iommufd_pt, pt_id) ==
			       offsetof(struct vfio_device_attach_iommufd_pt, pt_id),
	       "a field is elsewhere");
#endif

/* --- iommufd --------------------------------------------------------------------------------- */

START_TEST(an_iommufd_has_an_ioas_created_and_destroyed)
{
	const struct uapi_iommu_destroy *destroy;

	new_iommufd(NULL);
	ck_assert_str_eq(kernel.log, "open:/dev/iommu IOMMU_IOAS_ALLOC ");
	ck_assert_uint_eq(viod_vfio_ioas_id(ioas), 7);
	ck_assert_int_eq(viod_vfio_ioas_backend(ioas), VIOD_VFIO_IOMMUFD);
	fake_forget();
	viod_vfio_ioas_unref(ioas);
	ck_assert_str_eq(kernel.log, "IOMMU_DESTROY close ");
	destroy = (const void *)fake_last("IOMMU_DESTROY")->bytes;
	ck_assert_uint_eq(destroy->size, 8);
	ck_assert_uint_eq(destroy->id, 7);
}
END_TEST

START_TEST(an_iommufd_and_an_ioas_of_the_caller_stay_the_caller_s)
{
	ck_assert_int_eq(viod_vfio_ioas_new_iommufd(55, 3, NULL, &ioas, &error), 0);
	ck_assert_str_eq(kernel.log, "dup ");
	ck_assert_int_eq(kernel.calls[0].fd, 55);
	ck_assert_uint_eq(viod_vfio_ioas_id(ioas), 3);
	fake_forget();
	viod_vfio_ioas_unref(ioas);
	ck_assert_str_eq(kernel.log, "close ");
	ck_assert_int_ne(kernel.calls[0].fd, 55);
	ck_assert_int_eq(viod_vfio_ioas_new_iommufd(-1, 3, NULL, &ioas, &error), -EINVAL);
	expect_error("", "IOAS 3 of no iommufd");
}
END_TEST

START_TEST(an_iommufd_that_cannot_be_opened_is_reported)
{
	fake_fail("open:/dev/iommu", -ENOENT, 0);
	ck_assert_int_eq(viod_vfio_ioas_new_iommufd(-1, 0, NULL, &ioas, &error), -ENOENT);
	expect_error("open", "no iommufd (CONFIG_IOMMUFD); a container does without");
	fake_fail("dup", -EBADF, 0);
	ck_assert_int_eq(viod_vfio_ioas_new_iommufd(55, 0, NULL, &ioas, &error), -EBADF);
	expect_error("fcntl", "iommufd 55");
	fake_fail("IOMMU_IOAS_ALLOC", -ENOTTY, 0);
	ck_assert_int_eq(viod_vfio_ioas_new_iommufd(55, 0, NULL, &ioas, &error), -ENOTTY);
	expect_error("IOMMU_IOAS_ALLOC", "iommufd");
	ck_assert_ptr_null(strstr(kernel.log, "IOMMU_DESTROY"));
}
END_TEST

START_TEST(a_device_is_bound_to_its_iommufd)
{
	const struct uapi_bind_iommufd *bind;
	const struct uapi_attach_iommufd_pt *attach;

	new_iommufd(NULL);
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_str_eq(kernel.log, "open:/dev/vfio/devices/vfio3 VFIO_DEVICE_BIND_IOMMUFD "
				     "VFIO_DEVICE_ATTACH_IOMMUFD_PT " INFO);
	bind = (const void *)fake_last("VFIO_DEVICE_BIND_IOMMUFD")->bytes;
	ck_assert_uint_eq(bind->argsz, 16);
	ck_assert_uint_eq(bind->flags, 0);
	ck_assert_int_eq(bind->iommufd, 10);
	attach = (const void *)fake_last("VFIO_DEVICE_ATTACH_IOMMUFD_PT")->bytes;
	ck_assert_uint_eq(attach->argsz, 12);
	ck_assert_uint_eq(attach->flags, 0);
	ck_assert_uint_eq(attach->pt_id, 7);
	ck_assert_int_eq(viod_vfio_device_group_fd(device), -1);
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "VFIO_DEVICE_DETACH_IOMMUFD_PT close IOMMU_DESTROY close ");
	ck_assert_uint_eq(((const uint32_t *)kernel.calls[0].bytes)[0], 8);
}
END_TEST

START_TEST(a_binding_that_fails_half_way_is_undone)
{
	static const struct {
		const char *fail;
		int code;
		const char *call, *text, *undone;
	} cases[] = {
		{ "open:/dev/vfio/devices/vfio3", -EACCES, "open", "readable and writable", "" },
		{ "open:/dev/vfio/devices/vfio3", -ENOENT, "open", "CONFIG_VFIO_DEVICE_CDEV", "" },
		{ "KVM_SET_DEVICE_ATTR", -ENXIO, "KVM_SET_DEVICE_ATTR", "KVM_DEV_VFIO_FILE_ADD",
		  "close " },
		{ "VFIO_DEVICE_BIND_IOMMUFD", -EPERM, "VFIO_DEVICE_BIND_IOMMUFD", "0000:01:10.0",
		  "KVM_SET_DEVICE_ATTR close " },
		{ "VFIO_DEVICE_ATTACH_IOMMUFD_PT", -EBUSY, "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
		  "0000:01:10.0 to IOAS 7", "KVM_SET_DEVICE_ATTR close " },
		{ "VFIO_DEVICE_GET_INFO", -EIO, "VFIO_DEVICE_GET_INFO", "0000:01:10.0",
		  "VFIO_DEVICE_DETACH_IOMMUFD_PT KVM_SET_DEVICE_ATTR close " },
	};
	struct viod_vfio_kvm *kvm;

	ck_assert_int_eq(viod_vfio_kvm_new_from_fd(60, &kvm, &error), 0);
	new_iommufd(kvm);
	viod_vfio_kvm_unref(kvm);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_forget();
		fake_fail(cases[i].fail, cases[i].code, 0);
		ck_assert_int_eq(open_device("0000:01:10.0"), cases[i].code);
		expect_error(cases[i].call, cases[i].text);
		ck_assert_str_eq(strstr(kernel.log, cases[i].fail) + strlen(cases[i].fail) + 1,
				 cases[i].undone);
		ck_assert_int_eq(kernel.open_fds, 2);
	}
	fake_forget();
	close_all();
}
END_TEST

START_TEST(a_node_must_be_the_only_one)
{
	fake_device("0000:07:00.0", "40", "igb", NULL);
	ck_assert_int_eq(mkdir(fake_path("0000:01:10.2/vfio-dev/vfio9"), 0755), 0);
	new_iommufd(NULL);
	ck_assert_int_eq(open_device("0000:07:00.0"), -ENODEV);
	expect_error("", "0000:07:00.0 is not bound to a VFIO driver");
	ck_assert_int_eq(open_device("0000:01:10.2"), -EPROTO);
	expect_error("readdir", "has 2 VFIO devices, and not one");
	close_all();
}
END_TEST

/* What a token's address pointed at. */
static uint8_t shown[16];

static int show_token(int fd, unsigned long request, void *argument)
{
	const struct uapi_bind_iommufd *bind = argument;

	if (request == UAPI_BIND_IOMMUFD) {
		ck_assert_uint_eq(bind->argsz, 24);
		ck_assert_uint_eq(bind->flags, 1);
		ck_assert_int_eq(bind->iommufd, viod_vfio_ioas_fd(ioas));
		memcpy(shown, (const void *)(uintptr_t)bind->token, sizeof(shown));
	}
	return -EINVAL;
}

START_TEST(a_token_is_handed_over)
{
	static const uint8_t octets[16] = { 0x12, 0x34, 0x56, 0x78, 0xab, 0xcd, 0xef, 0x00,
					    0x12, 0x34, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab };
	static const char token[] = "12345678-abcd-EF00-1234-0123456789ab";

	new_iommufd(NULL);
	fake_ioctl_hook = show_token;
	ck_assert_int_eq(
		viod_vfio_device_open(ioas, fake_path("0000:01:10.0"), token, &device, &error),
		-EINVAL);
	fake_ioctl_hook = NULL;
	ck_assert_mem_eq(shown, octets, 16);
	expect_error("VFIO_DEVICE_BIND_IOMMUFD",
		     "needs no token, or the kernel is older than 6.18");
	fake_fail("VFIO_DEVICE_BIND_IOMMUFD", -EACCES, 0);
	ck_assert_int_eq(open_device("0000:01:10.0"), -EACCES);
	expect_error("VFIO_DEVICE_BIND_IOMMUFD", "needs the right token");
	close_all();
}
END_TEST

/* --- descriptors ----------------------------------------------------------------------------- */

START_TEST(a_device_from_a_descriptor)
{
	ck_assert_int_eq(viod_vfio_device_new_from_fd(NULL, 77, &device, &error), 0);
	ck_assert_str_eq(kernel.log, "dup " INFO);
	ck_assert_int_eq(kernel.calls[0].fd, 77);
	ck_assert_int_eq(viod_vfio_device_fd(device), 10);
	ck_assert_str_eq(viod_vfio_device_name(device), "");
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "close ");
	ck_assert_int_eq(kernel.calls[0].fd, 10);
}
END_TEST

START_TEST(a_device_from_a_descriptor_is_bound)
{
	new_iommufd(NULL);
	fake_forget();
	ck_assert_int_eq(viod_vfio_device_new_from_fd(ioas, 77, &device, &error), 0);
	ck_assert_str_eq(kernel.log,
			 "dup VFIO_DEVICE_BIND_IOMMUFD VFIO_DEVICE_ATTACH_IOMMUFD_PT " INFO);
	ck_assert_int_eq(fake_last("VFIO_DEVICE_BIND_IOMMUFD")->fd, viod_vfio_device_fd(device));
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "VFIO_DEVICE_DETACH_IOMMUFD_PT close IOMMU_DESTROY close ");
}
END_TEST

START_TEST(a_descriptor_of_something_else_is_refused)
{
	new_container(NULL);
	ck_assert_int_eq(viod_vfio_device_new_from_fd(ioas, 77, &device, &error), -EINVAL);
	expect_error("", "cannot be put into a container");
	viod_vfio_ioas_unref(ioas);
	new_iommufd(NULL);
	fake_fail("dup", -EBADF, 0);
	ck_assert_int_eq(viod_vfio_device_new_from_fd(ioas, 77, &device, &error), -EBADF);
	fake_fail("VFIO_DEVICE_BIND_IOMMUFD", -ENOTTY, 0);
	ck_assert_int_eq(viod_vfio_device_new_from_fd(ioas, 77, &device, &error), -ENOTTY);
	expect_error("VFIO_DEVICE_BIND_IOMMUFD", "must be of /dev/vfio/devices/");
	fake_forget();
	fake_fail("VFIO_DEVICE_GET_INFO", -ENOTTY, 0);
	ck_assert_int_eq(viod_vfio_device_new_from_fd(NULL, 77, &device, &error), -ENOTTY);
	expect_error("VFIO_DEVICE_GET_INFO", "must be of a VFIO device");
	close_all();
}
END_TEST

/* --- KVM ------------------------------------------------------------------------------------- */

static void expect_attribute(size_t call, uint64_t what, int fd)
{
	const struct kvm_device_attr *attribute = (const void *)kernel.calls[call].bytes;

	ck_assert_str_eq(kernel.calls[call].name, "KVM_SET_DEVICE_ATTR");
	ck_assert_uint_eq(attribute->flags, 0);
	ck_assert_uint_eq(attribute->group, 1);
	ck_assert_uint_eq(attribute->attr, what);
	ck_assert_int_eq(kernel.calls[call].fd, fd);
}

START_TEST(kvm_is_notified_of_groups)
{
	struct viod_vfio_kvm *kvm;

	ck_assert_int_eq(viod_vfio_kvm_new(60, &kvm, &error), 0);
	ck_assert_int_eq(fake_last("KVM_CREATE_DEVICE")->fd, 60);
	ck_assert_uint_eq(((const uint32_t *)fake_last("KVM_CREATE_DEVICE")->bytes)[0],
			  KVM_DEV_TYPE_VFIO);
	ck_assert_int_eq(viod_vfio_kvm_fd(kvm), 10);
	new_container(kvm);
	viod_vfio_kvm_unref(kvm);
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_ptr_nonnull(strstr(kernel.log, "VFIO_SET_IOMMU KVM_SET_DEVICE_ATTR "
						 "VFIO_GROUP_GET_DEVICE_FD"));
	expect_attribute(4, KVM_DEV_VFIO_GROUP_ADD, 10);
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "close KVM_SET_DEVICE_ATTR VFIO_GROUP_UNSET_CONTAINER close "
				     "close close ");
	expect_attribute(1, KVM_DEV_VFIO_GROUP_DEL, 10);
}
END_TEST

START_TEST(kvm_is_notified_of_devices_of_an_iommufd)
{
	struct viod_vfio_kvm *kvm;

	ck_assert_int_eq(viod_vfio_kvm_new_from_fd(60, &kvm, &error), 0);
	ck_assert_int_eq(kernel.calls[0].fd, 60);
	new_iommufd(kvm);
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_ptr_nonnull(strstr(kernel.log, "vfio3 KVM_SET_DEVICE_ATTR "
						 "VFIO_DEVICE_BIND_IOMMUFD"));
	expect_attribute(1, KVM_DEV_VFIO_GROUP_ADD, 10);
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "VFIO_DEVICE_DETACH_IOMMUFD_PT KVM_SET_DEVICE_ATTR close "
				     "IOMMU_DESTROY close ");
	expect_attribute(1, KVM_DEV_VFIO_GROUP_DEL, 10);
	viod_vfio_kvm_unref(kvm);
	viod_vfio_kvm_unref(NULL);
}
END_TEST

START_TEST(a_group_that_kvm_refuses_is_released)
{
	struct viod_vfio_kvm *kvm;

	ck_assert_int_eq(viod_vfio_kvm_new(60, &kvm, &error), 0);
	new_container(kvm);
	viod_vfio_kvm_unref(kvm);
	fake_fail("KVM_SET_DEVICE_ATTR", -EINVAL, 0);
	ck_assert_int_eq(open_device("0000:01:10.0"), -EINVAL);
	expect_error("KVM_SET_DEVICE_ATTR", "KVM_DEV_VFIO_FILE_ADD");
	ck_assert_ptr_nonnull(strstr(kernel.log, "KVM_SET_DEVICE_ATTR VFIO_GROUP_UNSET_CONTAINER "
						 "close "));
	/* If KVM refuses to unregister, everything else is still released, and the refusal is
	 * reported. */
	fake_forget();
	fake_fail("KVM_SET_DEVICE_ATTR", -ENOENT, 1);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_int_eq(viod_vfio_device_close(device, &error), -ENOENT);
	expect_error("KVM_SET_DEVICE_ATTR", "KVM_DEV_VFIO_FILE_DEL");
	ck_assert_ptr_nonnull(strstr(kernel.log, "VFIO_GROUP_UNSET_CONTAINER close "));
	viod_vfio_ioas_unref(ioas);
}
END_TEST

START_TEST(a_missing_kvm_is_reported)
{
	struct viod_vfio_kvm *kvm = NULL;

	fake_fail("KVM_CREATE_DEVICE", -ENOTTY, 0);
	ck_assert_int_eq(viod_vfio_kvm_new(60, &kvm, &error), -ENOTTY);
	expect_error("KVM_CREATE_DEVICE", "must be one of KVM_CREATE_VM");
	fake_fail("KVM_CREATE_DEVICE", -ENODEV, 0);
	ck_assert_int_eq(viod_vfio_kvm_new(60, &kvm, &error), -ENODEV);
	expect_error("KVM_CREATE_DEVICE", "CONFIG_KVM_VFIO");
	fake_fail("dup", -EBADF, 0);
	ck_assert_int_eq(viod_vfio_kvm_new_from_fd(60, &kvm, &error), -EBADF);
	ck_assert_ptr_null(kvm);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_iommufd_has_an_ioas_created_and_destroyed,
		an_iommufd_and_an_ioas_of_the_caller_stay_the_caller_s,
		an_iommufd_that_cannot_be_opened_is_reported,
		a_device_is_bound_to_its_iommufd,
		a_binding_that_fails_half_way_is_undone,
		a_node_must_be_the_only_one,
		a_token_is_handed_over,
		a_device_from_a_descriptor,
		a_device_from_a_descriptor_is_bound,
		a_descriptor_of_something_else_is_refused,
		kvm_is_notified_of_groups,
		kvm_is_notified_of_devices_of_an_iommufd,
		a_group_that_kvm_refuses_is_released,
		a_missing_kvm_is_reported,
	};

	return fake_run("libviod-vfio, iommufd", tests, ARRAY_SIZE(tests));
}
