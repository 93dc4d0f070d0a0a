/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libviod-vfio: containers, groups and devices: which calls, in which order, and what is undone
 * when one of them fails. */
#include "fakevfio.h"

/* --- containers ------------------------------------------------------------------------------ */

START_TEST(a_container_is_checked)
{
	new_container(NULL);
	ck_assert_str_eq(kernel.log,
			 "open:/dev/vfio/vfio VFIO_GET_API_VERSION VFIO_CHECK_EXTENSION ");
	ck_assert_uint_eq(fake_last("VFIO_CHECK_EXTENSION")->value, VFIO_TYPE1v2_IOMMU);
	ck_assert_int_eq(viod_vfio_ioas_backend(ioas), VIOD_VFIO_CONTAINER);
	ck_assert_int_eq(viod_vfio_ioas_fd(ioas), 10);
	ck_assert_uint_eq(viod_vfio_ioas_id(ioas), 0);
	viod_vfio_ioas_unref(ioas);
	viod_vfio_ioas_unref(NULL);
}
END_TEST

START_TEST(a_container_that_cannot_be_used_is_refused)
{
	fake_fail("open:/dev/vfio/vfio", -ENOENT, 0);
	ck_assert_int_eq(viod_vfio_ioas_new_container(NULL, &ioas, &error), -ENOENT);
	ck_assert_int_eq(error.code, -ENOENT);
	expect_error("open", "open: /dev/vfio/vfio: No such file or directory; the module vfio");
	fake_fail("VFIO_GET_API_VERSION", -EIO, 0);
	ck_assert_int_eq(viod_vfio_ioas_new_container(NULL, &ioas, &error), -EIO);
	expect_error("VFIO_GET_API_VERSION", "Input/output error");
	fake_fail("VFIO_CHECK_EXTENSION", -EPERM, 0);
	ck_assert_int_eq(viod_vfio_ioas_new_container(NULL, &ioas, &error), -EPERM);
	fake_forget();
	kernel.api_version = 1;
	ck_assert_int_eq(viod_vfio_ioas_new_container(NULL, &ioas, &error), -ENODEV);
	expect_error("", "has version 1 of the API; this library needs 0");
	kernel.api_version = 0;
	kernel.extension = 0;
	ck_assert_int_eq(viod_vfio_ioas_new_container(NULL, &ioas, NULL), -EOPNOTSUPP);
	ck_assert_int_eq(viod_vfio_ioas_new_container(NULL, &ioas, &error), -EOPNOTSUPP);
	expect_error("", "vfio_iommu_type1 must be loaded");
	ck_assert_ptr_null(ioas);
}
END_TEST

/* --- groups ---------------------------------------------------------------------------------- */

START_TEST(a_device_is_opened_through_its_group)
{
	new_container(NULL);
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_str_eq(kernel.log,
			 "open:/dev/vfio/26 VFIO_GROUP_GET_STATUS VFIO_GROUP_SET_CONTAINER "
			 "VFIO_SET_IOMMU VFIO_GROUP_GET_DEVICE_FD " INFO);
	ck_assert_int_eq(*(int *)fake_last("VFIO_GROUP_SET_CONTAINER")->bytes, 10);
	ck_assert_int_eq(fake_last("VFIO_SET_IOMMU")->fd, 10);
	ck_assert_uint_eq(fake_last("VFIO_SET_IOMMU")->value, VFIO_TYPE1v2_IOMMU);
	ck_assert_int_eq(fake_last("VFIO_GROUP_GET_DEVICE_FD")->fd, 11);
	ck_assert_str_eq((char *)fake_last("VFIO_GROUP_GET_DEVICE_FD")->bytes, "0000:01:10.0");
	ck_assert_int_eq(viod_vfio_device_fd(device), 12);
	ck_assert_int_eq(viod_vfio_device_group_fd(device), 11);
	ck_assert_str_eq(viod_vfio_device_name(device), "0000:01:10.0");
	ck_assert_uint_eq(viod_vfio_device_flags(device),
			  VIOD_VFIO_DEVICE_PCI | VIOD_VFIO_DEVICE_RESET);
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "close VFIO_GROUP_UNSET_CONTAINER close close ");
	ck_assert_int_eq(kernel.calls[0].fd, 12);
	ck_assert_int_eq(kernel.calls[2].fd, 11);
	ck_assert_int_eq(kernel.calls[3].fd, 10);
}
END_TEST

START_TEST(a_path_may_be_a_link)
{
	ck_assert_int_eq(symlink("0000:01:10.2", fake_path("virtfn1")), 0);
	new_container(NULL);
	ck_assert_int_eq(open_device("virtfn1"), 0);
	ck_assert_str_eq(viod_vfio_device_name(device), "0000:01:10.2");
	ck_assert_str_eq((char *)fake_last("VFIO_GROUP_GET_DEVICE_FD")->bytes, "0000:01:10.2");
	close_all();
}
END_TEST

START_TEST(a_group_is_counted)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:05:00.0"), 0);
	other = device;
	fake_forget();
	/* The group's node cannot be opened twice. */
	ck_assert_int_eq(open_device("0000:05:00.1"), 0);
	ck_assert_str_eq(kernel.log, "VFIO_GROUP_GET_DEVICE_FD " INFO);
	ck_assert_int_eq(viod_vfio_device_group_fd(device), viod_vfio_device_group_fd(other));
	fake_forget();
	ck_assert_int_eq(viod_vfio_device_close(other, &error), 0);
	ck_assert_str_eq(kernel.log, "close ");
	other = NULL;
	fake_forget();
	close_all();
	ck_assert_str_eq(kernel.log, "close VFIO_GROUP_UNSET_CONTAINER close close ");
}
END_TEST

START_TEST(only_the_first_group_brings_the_iommu)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	other = device;
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.2"), 0);
	ck_assert_ptr_null(strstr(kernel.log, "VFIO_SET_IOMMU"));
	ck_assert_ptr_nonnull(strstr(kernel.log, "VFIO_GROUP_SET_CONTAINER"));
	/* The last close releases the group, so that the next open opens it again. */
	ck_assert_int_eq(viod_vfio_device_close(other, &error), 0);
	ck_assert_int_eq(viod_vfio_device_close(device, &error), 0);
	other = NULL;
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.2"), 0);
	ck_assert_ptr_nonnull(strstr(kernel.log, "VFIO_SET_IOMMU"));
	close_all();
}
END_TEST

START_TEST(a_device_keeps_its_ioas)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	viod_vfio_ioas_unref(ioas);
	ck_assert_int_eq(kernel.open_fds, 3);
	ck_assert_int_eq(viod_vfio_device_close(device, &error), 0);
}
END_TEST

/* Each call fails once; what was done before it is undone, and the errno arrives with the name of
 * the call. */
START_TEST(an_opening_that_fails_half_way_is_undone)
{
	static const struct {
		const char *fail;
		int code;
		const char *call, *text, *undone;
	} cases[] = {
		{ "open:/dev/vfio/26", -EBUSY, "open", "another process", "" },
		{ "open:/dev/vfio/26", -EACCES, "open", "readable and writable", "" },
		{ "open:/dev/vfio/26", -ENOENT, "open", "bound to a VFIO driver", "" },
		{ "VFIO_GROUP_GET_STATUS", -EIO, "VFIO_GROUP_GET_STATUS", "group 26", "close " },
		{ "VFIO_GROUP_SET_CONTAINER", -EINVAL, "VFIO_GROUP_SET_CONTAINER", "group 26",
		  "close " },
		{ "VFIO_SET_IOMMU", -ENODEV, "VFIO_SET_IOMMU", "group 26",
		  "VFIO_GROUP_UNSET_CONTAINER close " },
		{ "VFIO_GROUP_GET_DEVICE_FD", -ENODEV, "VFIO_GROUP_GET_DEVICE_FD",
		  "0000:01:10.0 of group 26", "VFIO_GROUP_UNSET_CONTAINER close " },
		{ "VFIO_GROUP_GET_DEVICE_FD", -EAGAIN, "VFIO_GROUP_GET_DEVICE_FD", "try again",
		  "VFIO_GROUP_UNSET_CONTAINER close " },
		{ "VFIO_GROUP_GET_DEVICE_FD", -EACCES, "VFIO_GROUP_GET_DEVICE_FD", "token",
		  "VFIO_GROUP_UNSET_CONTAINER close " },
		{ "VFIO_DEVICE_GET_INFO", -EIO, "VFIO_DEVICE_GET_INFO", "0000:01:10.0",
		  "close VFIO_GROUP_UNSET_CONTAINER close " },
	};

	new_container(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *undone;

		fake_forget();
		fake_fail(cases[i].fail, cases[i].code, 0);
		memset(&error, 0, sizeof(error));
		ck_assert_int_eq(open_device("0000:01:10.0"), cases[i].code);
		ck_assert_int_eq(error.code, cases[i].code);
		expect_error(cases[i].call, cases[i].text);
		ck_assert_msg(strstr(error.text, strerror(-cases[i].code)), "%s", error.text);
		undone = strstr(kernel.log, cases[i].fail) + strlen(cases[i].fail) + 1;
		ck_assert_str_eq(undone, cases[i].undone);
		ck_assert_int_eq(kernel.open_fds, 1);
		ck_assert_ptr_null(device);
	}
	/* And it can be opened afterwards. */
	fake_forget();
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_ptr_nonnull(strstr(kernel.log, "VFIO_SET_IOMMU"));
	close_all();
}
END_TEST

START_TEST(a_group_that_is_not_viable_names_the_offender)
{
	fake_device("0000:05:00.2", "30", "igb", NULL);
	fake_device("0000:00:1c.0", "30", "pcieport", NULL);
	/* Viable is a bit among others. */
	kernel.group_flags = VFIO_GROUP_FLAGS_VIABLE | 1u << 5;
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:05:00.0"), 0);
	ck_assert_int_eq(viod_vfio_device_close(device, &error), 0);
	device = NULL;
	kernel.group_flags = VFIO_GROUP_FLAGS_CONTAINER_SET;
	ck_assert_int_eq(open_device("0000:05:00.0"), -EPERM);
	expect_error("", "group 30 of 0000:05:00.0 is not viable");
	expect_error("", "0000:05:00.2 is bound to igb");
	ck_assert_ptr_null(strstr(error.text, "pcieport"));
	ck_assert_ptr_null(strstr(error.text, "vfio-pci"));
	close_all();
}
END_TEST

START_TEST(a_device_without_a_group_is_refused)
{
	fake_device("0000:07:00.0", NULL, "vfio-pci", NULL);
	fake_device("0000:07:00.1", "12x", "vfio-pci", NULL);
	fake_device("0000:07:00.2", "-3", "vfio-pci", NULL);
	fake_device("0000:07:00.3", "99999999999999999999", "vfio-pci", NULL);
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:07:00.0"), -ENODEV);
	expect_error("", "has no IOMMU group; the IOMMU must be on");
	ck_assert_int_eq(open_device("0000:07:00.1"), -EPROTO);
	expect_error("readlink", "group '12x' is no number");
	ck_assert_int_eq(open_device("0000:07:00.2"), -EPROTO);
	ck_assert_int_eq(open_device("0000:07:00.3"), -EPROTO);
	ck_assert_int_eq(open_device("0000:07:00.4"), -ENOENT);
	expect_error("open", "0000:07:00.4: No such file");
	close_all();
}
END_TEST

/* A directory that a user has made could name the group and the name that the kernel is given. */
START_TEST(a_directory_outside_sysfs_is_refused)
{
	fake_device("0000:01:10.1 vf_token=12345678", "26", "vfio-pci", NULL);
	new_container(NULL);
	fake_forget();
	ck_assert_int_eq(viod_vfio_device_open(ioas, "/usr", NULL, &device, &error), -EINVAL);
	expect_error("", "/usr is not in sysfs; give the directory of a device");
	ck_assert_int_eq(open_device("0000:01:10.1 vf_token=12345678"), -EINVAL);
	expect_error("", "is no name of a device");
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(a_token_is_handed_over_and_nothing_else_is)
{
	static const char token[] = "12345678-abcd-EF00-1234-0123456789ab";
	static const char *const bad[] = {
		"",
		"12345678-abcd-EF00-1234-0123456789a",
		"12345678-abcd-EF00-1234-0123456789abc",
		"12345678+abcd-EF00-1234-0123456789ab",
		"12345678-abcd-EF00-1234-0123456789ag",
		"12345678-abcd-EF00-1234-012345 vf_to",
	};

	new_container(NULL);
	ck_assert_int_eq(
		viod_vfio_device_open(ioas, fake_path("0000:01:10.0"), token, &device, &error), 0);
	ck_assert_str_eq((char *)fake_last("VFIO_GROUP_GET_DEVICE_FD")->bytes,
			 "0000:01:10.0 vf_token=12345678-abcd-EF00-1234-0123456789ab");
	fake_forget();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(viod_vfio_device_open(ioas, fake_path("0000:01:10.2"), bad[i],
						       &other, &error),
				 -EINVAL);
		expect_error("", "is no UUID");
	}
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(a_close_releases_all_it_can)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	fake_fail("VFIO_GROUP_UNSET_CONTAINER", -EBUSY, 0);
	ck_assert_int_eq(viod_vfio_device_close(device, &error), -EBUSY);
	expect_error("VFIO_GROUP_UNSET_CONTAINER", "group 26");
	viod_vfio_ioas_unref(ioas);
}
END_TEST

/* --- devices --------------------------------------------------------------------------------- */

START_TEST(info_that_contradicts_itself_is_refused)
{
	new_container(NULL);
	kernel.device.num_regions = 7;
	ck_assert_int_eq(open_device("0000:01:10.0"), -EPROTO);
	expect_error("VFIO_DEVICE_GET_INFO", "a PCI device with only 7 regions and 5 interrupts");
	kernel.device.num_regions = 9;
	kernel.device.num_irqs = 2;
	ck_assert_int_eq(open_device("0000:01:10.0"), -EPROTO);
	kernel.device.num_irqs = UINT32_MAX;
	ck_assert_int_eq(open_device("0000:01:10.0"), -EPROTO);
	kernel.device.num_irqs = 5;
	kernel.device.num_regions = UINT32_MAX;
	ck_assert_int_eq(open_device("0000:01:10.0"), -EPROTO);
	/* Others have as many as they have. */
	kernel.device.flags = VFIO_DEVICE_FLAGS_PLATFORM;
	kernel.device.num_regions = 1;
	kernel.device.num_irqs = 0;
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_uint_eq(viod_vfio_device_n_regions(device), 1);
	ck_assert_uint_eq(viod_vfio_device_n_irqs(device), 0);
	close_all();
}
END_TEST

START_TEST(a_reset_reports_its_result)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_int_eq(viod_vfio_device_reset(device, &error), 0);
	fake_last("VFIO_DEVICE_RESET");
	fake_fail("VFIO_DEVICE_RESET", -EAGAIN, 0);
	ck_assert_int_eq(viod_vfio_device_reset(device, &error), -EAGAIN);
	expect_error("VFIO_DEVICE_RESET", "0000:01:10.0");
	ck_assert_int_eq(viod_vfio_device_close(device, &error), 0);
	device = NULL;
	kernel.device.flags &= ~(uint32_t)VFIO_DEVICE_FLAGS_RESET;
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	fake_forget();
	ck_assert_int_eq(viod_vfio_device_reset(device, &error), -EOPNOTSUPP);
	expect_error("", "0000:01:10.0 has no reset of its own");
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(a_capability_of_a_device)
{
	static const struct {
		struct vfio_info_cap_header header;
		uint32_t words[2];
	} caps = { { .id = 5, .version = 1 }, { 0x7, 0 } };
	const void *data;
	uint16_t version;
	size_t size;

	kernel.device.flags |= VFIO_DEVICE_FLAGS_CAPS;
	kernel.device.cap_offset = sizeof(kernel.device);
	kernel.device_caps = &caps;
	kernel.device_caps_size = sizeof(caps);
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_int_eq(viod_vfio_device_capability(device, 5, &version, &data, &size, &error), 0);
	ck_assert_uint_eq(version, 1);
	ck_assert_uint_eq(size, 8);
	ck_assert_mem_eq(data, caps.words, 8);
	ck_assert_int_eq(viod_vfio_device_capability(device, 4, &version, &data, &size, &error),
			 -ENOENT);
	expect_error("", "0000:01:10.0 has no capability 4");
	close_all();
}
END_TEST

START_TEST(an_error_is_one_line)
{
	fake_device("0000:0a:00.0\n<3>viod: all is well", NULL, "vfio-pci", NULL);
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:0a:00.0\n<3>viod: all is well"), -EINVAL);
	ck_assert_ptr_null(strchr(error.text, '\n'));
	expect_error("", "0000:0a:00.0?<3>viod");
	close_all();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_container_is_checked,
		a_container_that_cannot_be_used_is_refused,
		a_device_is_opened_through_its_group,
		a_path_may_be_a_link,
		a_group_is_counted,
		only_the_first_group_brings_the_iommu,
		a_device_keeps_its_ioas,
		an_opening_that_fails_half_way_is_undone,
		a_group_that_is_not_viable_names_the_offender,
		a_device_without_a_group_is_refused,
		a_directory_outside_sysfs_is_refused,
		a_token_is_handed_over_and_nothing_else_is,
		a_close_releases_all_it_can,
		info_that_contradicts_itself_is_refused,
		a_reset_reports_its_result,
		a_capability_of_a_device,
		an_error_is_one_line,
	};

	return fake_run("libviod-vfio, devices", tests, ARRAY_SIZE(tests));
}
