/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libviod-vfio: regions by their index, what is read, written and mapped of them, and invalid
 * answers of the kernel. */
#include "fakevfio.h"

#define CAPS_AT sizeof(struct vfio_region_info)

static void open_vf(void)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	fake_forget();
}

/* Region 0 has these capabilities. */
static void give_caps(const void *caps, size_t size)
{
	kernel.regions[0].info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	kernel.regions[0].info.cap_offset = CAPS_AT;
	kernel.regions[0].caps = caps;
	kernel.regions[0].caps_size = size;
}

/* --- the table ------------------------------------------------------------------------------- */

START_TEST(a_region_keeps_its_index)
{
	const struct viod_vfio_region *region;

	kernel.device.num_regions = 11;
	kernel.regions[2].error = -EIO;
	kernel.regions[9].info = (struct vfio_region_info){ .index = 9, .size = 77, .flags = 1 };
	kernel.regions[10].info = (struct vfio_region_info){ .index = 10, .size = 88, .flags = 1 };
	open_vf();
	ck_assert_uint_eq(viod_vfio_device_n_regions(device), 11);
	for (uint32_t i = 0; i < 11; i++) {
		int r = viod_vfio_device_region(device, i, &region, &error);

		if (i == 2 || i == VIOD_VFIO_PCI_VGA) {
			ck_assert_int_eq(r, i == 2 ? -EIO : -EINVAL);
			expect_error("VFIO_DEVICE_GET_REGION_INFO", " of 0000:01:10.0: ");
			continue;
		}
		ck_assert_int_eq(r, 0);
		ck_assert_uint_eq(region->index, i);
		ck_assert_uint_eq(region->size, kernel.regions[i].info.size);
		ck_assert_uint_eq(region->offset, kernel.regions[i].info.offset);
		ck_assert_uint_eq(region->flags, kernel.regions[i].info.flags);
	}
	ck_assert_int_eq(viod_vfio_device_region(device, 11, &region, &error), -EINVAL);
	expect_error("", "0000:01:10.0 has no region 11; there are 11");
	ck_assert_int_eq(viod_vfio_device_region(device, UINT32_MAX, &region, NULL), -EINVAL);
	close_all();
}
END_TEST

START_TEST(capabilities_say_what_a_region_is)
{
	static const struct {
		struct {
			struct vfio_info_cap_header header;
			uint32_t nr_areas, reserved;
			struct vfio_region_sparse_mmap_area areas[2];
		} sparse;
		struct vfio_region_info_cap_type type;
		struct vfio_info_cap_header msix;
		struct {
			struct vfio_info_cap_header header;
			uint64_t target;
		} target;
		struct {
			struct vfio_info_cap_header header;
			uint32_t speed, reserved;
		} speed;
		struct {
			struct vfio_info_cap_header header;
			char text[8];
		} unknown;
	} caps = {
		.sparse = { { 1, 1, 80 }, 2, 0, { { 0, 4096 }, { 8192, 8192 } } },
		.type = { { 2, 1, 96 }, 0x80008086, 3 },
		.msix = { 3, 1, 104 },
		.target = { { 4, 1, 120 }, 0x123456789 },
		.speed = { { 5, 1, 136 }, 9, 0 },
		.unknown = { { 99, 7, 0 }, "unknown" },
	};
	const struct viod_vfio_region *region;
	const void *data;
	uint16_t version;
	size_t size;

	give_caps(&caps, sizeof(caps));
	open_vf();
	ck_assert_int_eq(viod_vfio_device_region(device, 0, &region, &error), 0);
	ck_assert_uint_eq(region->flags, 15u | VIOD_VFIO_REGION_SPARSE | VIOD_VFIO_REGION_TYPED |
						 VIOD_VFIO_REGION_MSIX_MAPPABLE |
						 VIOD_VFIO_REGION_NVLINK2_TARGET |
						 VIOD_VFIO_REGION_NVLINK2_SPEED);
	ck_assert_uint_eq(region->n_areas, 2);
	ck_assert_uint_eq(region->areas[1].offset, 8192);
	ck_assert_uint_eq(region->areas[1].size, 8192);
	ck_assert_uint_eq(region->type, 0x80008086);
	ck_assert_uint_eq(region->subtype, 3);
	ck_assert_uint_eq(region->nvlink2_target, 0x123456789);
	ck_assert_uint_eq(region->nvlink2_speed, 9);
	ck_assert_int_eq(viod_vfio_region_capability(device, 0, 99, &version, &data, &size, &error),
			 0);
	ck_assert_uint_eq(version, 7);
	ck_assert_uint_eq(size, 8);
	ck_assert_str_eq(data, "unknown");
	ck_assert_int_eq(viod_vfio_region_capability(device, 0, 98, &version, &data, &size, &error),
			 -ENOENT);
	ck_assert_int_eq(viod_vfio_region_capability(device, 8, 99, &version, &data, &size, &error),
			 -EINVAL);
	close_all();
}
END_TEST

START_TEST(an_unknown_version_is_not_guessed_at)
{
	static const struct vfio_region_info_cap_type type = { { 2, 2, 0 }, 1, 2 };
	const struct viod_vfio_region *region;

	give_caps(&type, sizeof(type));
	open_vf();
	ck_assert_int_eq(viod_vfio_device_region(device, 0, &region, &error), 0);
	ck_assert(!(region->flags & VIOD_VFIO_REGION_TYPED));
	ck_assert_uint_eq(region->type, 0);
	close_all();
}
END_TEST

/* --- contradictions -------------------------------------------------------------------------- */

static void expect_broken(const char *text)
{
	const struct viod_vfio_region *region;

	open_vf();
	ck_assert_int_eq(viod_vfio_device_region(device, 0, &region, &error), -EPROTO);
	expect_error("VFIO_DEVICE_GET_REGION_INFO", text);
	/* The others are available nevertheless. */
	ck_assert_int_eq(viod_vfio_device_region(device, 3, &region, &error), 0);
	ck_assert_uint_eq(region->index, 3);
	close_all();
	device = NULL;
}

START_TEST(chains_that_lead_astray)
{
	struct vfio_info_cap_header caps[3] = { { 9, 1, 40 }, { 9, 1, 48 }, { 9, 1, 0 } };
	static const uint32_t bad[] = { 1, 8, 31, 32, 40, 41, 47, 49, 56, 57, 64, UINT32_MAX };
	const struct viod_vfio_region *region;

	give_caps(caps, sizeof(caps));
	open_vf();
	ck_assert_int_eq(viod_vfio_device_region(device, 0, &region, &error), 0);
	close_all();
	device = NULL;
	/* Back to itself, to the first, into the struct, into itself, behind the end. */
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		caps[1].next = bad[i];
		expect_broken("region 0 of 0000:01:10.0: its chain of capabilities is broken");
	}
	caps[1].next = 48;
	kernel.regions[0].info.cap_offset = 20;
	expect_broken("its chain of capabilities is broken");
	kernel.regions[0].info.cap_offset = UINT32_MAX;
	expect_broken("its chain of capabilities is broken");
	/* No offset is no capability. */
	kernel.regions[0].info.cap_offset = 0;
	open_vf();
	ck_assert_int_eq(viod_vfio_device_region(device, 0, &region, &error), 0);
	close_all();
}
END_TEST

START_TEST(areas_that_cannot_be)
{
	struct {
		struct vfio_info_cap_header header;
		uint32_t nr_areas, reserved;
		struct vfio_region_sparse_mmap_area areas[1];
	} caps = { { 1, 1, 0 }, 2, 0, { { 0, 4096 } } }, twice[2];

	give_caps(&caps, sizeof(caps));
	expect_broken("it has more areas than fit");
	caps.nr_areas = UINT32_MAX;
	expect_broken("it has more areas than fit");
	caps.nr_areas = 1;
	caps.areas[0].size = 16385;
	expect_broken("an area is not within it");
	caps.areas[0].offset = UINT64_MAX - 4095;
	caps.areas[0].size = 8192;
	expect_broken("an area is not within it");
	give_caps(&caps, 12);
	expect_broken("its areas are cut off");
	caps.areas[0] = (struct vfio_region_sparse_mmap_area){ 0, 4096 };
	twice[0] = twice[1] = caps;
	twice[0].header.next = CAPS_AT + sizeof(caps);
	give_caps(twice, sizeof(twice));
	expect_broken("it has its areas twice");
}
END_TEST

START_TEST(capabilities_that_are_cut_off)
{
	struct vfio_region_info_cap_type caps = { { 2, 1, 0 }, 1, 2 };

	give_caps(&caps, sizeof(caps) - 4);
	expect_broken("its type is cut off");
	caps.header.id = 4;
	expect_broken("its NVLink2 target is cut off");
	caps.header.id = 5;
	give_caps(&caps, sizeof(caps.header) + 2);
	expect_broken("its NVLink2 speed is cut off");
}
END_TEST

START_TEST(sizes_that_cannot_be)
{
	kernel.regions[0].info.offset = INT64_MAX - 4096;
	expect_broken("behind the end of all files");
	kernel.regions[0].info.offset = UINT64_MAX;
	expect_broken("behind the end of all files");
	kernel.regions[0].info.offset = 0;
	kernel.regions[0].info.index = 5;
	expect_broken("it is another one");
	kernel.regions[0].info.index = 0;
	kernel.regions[0].caps_size = 1 << 20;
	expect_broken("its size is absurd");
}
END_TEST

/* The size grows with each answer, as if another thread were plugging capabilities. */
static uint32_t growing;

static int grow(int fd, unsigned long request, void *argument)
{
	uint32_t *words = argument;

	words[0] = growing++ < 20 ? words[0] + 8 : words[0];
	return 0;
}

START_TEST(a_size_that_never_settles_ends)
{
	static const struct vfio_answer_shape shape = {
		.call = "GROWING",
		.fixed = sizeof(struct vfio_region_info),
		.cap_offset = 12,
		.caps_flag = 8,
	};
	const struct vfio_region_info request = { 0 };
	struct vfio_answer answer;

	fake_ioctl_hook = grow;
	growing = 0;
	ck_assert_int_eq(vfio_ask(3, &shape, &request, "it", &answer, &error), -EPROTO);
	expect_error("GROWING", "it: its size never settles");
	ck_assert_uint_lt(growing, 20);
	/* A few times is as it should be. */
	growing = 17;
	ck_assert_int_eq(vfio_ask(3, &shape, &request, "it", &answer, &error), 0);
	ck_assert_uint_eq(answer.size, sizeof(request) + 24);
	free(answer.data);
	fake_ioctl_hook = NULL;
}
END_TEST

/* --- reading and writing --------------------------------------------------------------------- */

START_TEST(what_is_read_and_written)
{
	uint32_t value = 0x12345678, back = 0;

	open_vf();
	ck_assert_int_eq(viod_vfio_region_write(device, 3, 0x10, &value, 4, &error), 0);
	ck_assert_uint_eq(fake_last("pwrite")->value, (3ull << 40) + 0x10);
	ck_assert_int_eq(viod_vfio_region_read(device, 3, 0x10, &back, 4, &error), 0);
	ck_assert_uint_eq(fake_last("pread")->value, (3ull << 40) + 0x10);
	ck_assert_int_eq(fake_last("pread")->fd, viod_vfio_device_fd(device));
	ck_assert_uint_eq(back, value);
	/* The last byte, and nothing at the very end. */
	ck_assert_int_eq(viod_vfio_region_read(device, 3, 16383, &back, 1, &error), 0);
	fake_forget();
	ck_assert_int_eq(viod_vfio_region_read(device, 3, 16384, &back, 0, &error), 0);
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(what_is_outside_is_not_tried)
{
	static const struct {
		uint64_t offset;
		size_t size;
	} bad[] = {
		{ 16384, 1 },	       { 16383, 2 },	{ 0, 16385 },	     { UINT64_MAX, 1 },
		{ UINT64_MAX - 1, 4 }, { 4, SIZE_MAX }, { 4, SIZE_MAX - 3 }, { 1ull << 40, 4 },
	};
	char data[4];

	open_vf();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(
			viod_vfio_region_read(device, 0, bad[i].offset, data, bad[i].size, &error),
			-EINVAL);
		expect_error("", "are not within region 0 of 0000:01:10.0, which has 0x4000");
		ck_assert_int_eq(
			viod_vfio_region_write(device, 0, bad[i].offset, data, bad[i].size, &error),
			-EINVAL);
	}
	/* BAR1 is not implemented. */
	ck_assert_int_eq(viod_vfio_region_read(device, 1, 0, data, 1, &error), -EINVAL);
	ck_assert_int_eq(viod_vfio_region_read(device, 8, 0, data, 1, &error), -EINVAL);
	ck_assert_int_eq(viod_vfio_region_read(device, 9, 0, data, 1, &error), -EINVAL);
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(flags_are_respected)
{
	char data[4] = { 0 };

	kernel.regions[0].info.flags = VFIO_REGION_INFO_FLAG_READ;
	kernel.regions[3].info.flags = VFIO_REGION_INFO_FLAG_WRITE;
	open_vf();
	ck_assert_int_eq(viod_vfio_region_read(device, 0, 0, data, 4, &error), 0);
	ck_assert_int_eq(viod_vfio_region_write(device, 3, 0, data, 4, &error), 0);
	fake_forget();
	ck_assert_int_eq(viod_vfio_region_write(device, 0, 0, data, 4, &error), -EACCES);
	expect_error("", "region 0 of 0000:01:10.0 cannot be written");
	ck_assert_int_eq(viod_vfio_region_read(device, 3, 0, data, 4, &error), -EACCES);
	expect_error("", "region 3 of 0000:01:10.0 cannot be read");
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(all_of_it_or_an_error)
{
	char data[10] = "123456789", back[10] = "";

	open_vf();
	kernel.short_io = 4;
	ck_assert_int_eq(viod_vfio_region_write(device, 0, 2, data, 10, &error), 0);
	ck_assert_int_eq(viod_vfio_region_read(device, 0, 2, back, 10, &error), 0);
	ck_assert_str_eq(back, "123456789");
	ck_assert_str_eq(kernel.log, "pwrite pwrite pwrite pread pread pread ");
	fake_fail("pread", -EIO, 1);
	ck_assert_int_eq(viod_vfio_region_read(device, 0, 2, back, 10, &error), -EIO);
	expect_error("pread", "10 bytes at 0x2 of region 0 of 0000:01:10.0: Input/output error");
	fake_fail("pwrite", -EFAULT, 0);
	ck_assert_int_eq(viod_vfio_region_write(device, 0, 2, data, 10, &error), -EFAULT);
	expect_error("pwrite", "10 bytes at 0x2");
	kernel.fail = NULL;
	kernel.end_of_file = true;
	ck_assert_int_eq(viod_vfio_region_read(device, 0, 2, back, 10, &error), -EIO);
	expect_error("", "pread: only 0 of 10 bytes at 0x2");
	close_all();
}
END_TEST

/* --- mapping --------------------------------------------------------------------------------- */

START_TEST(what_is_mapped)
{
	void *address;
	int protection;

	open_vf();
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 4096, 8192,
					      VIOD_VFIO_READ | VIOD_VFIO_WRITE, &address, &error),
			 0);
	ck_assert_ptr_eq(address, kernel.memory + 4096);
	ck_assert_uint_eq(fake_last("mmap")->value, 4096);
	memcpy(&protection, fake_last("mmap")->bytes, sizeof(protection));
	ck_assert_int_eq(protection, 3);
	ck_assert_int_eq(viod_vfio_region_unmap(address, 8192, &error), 0);
	ck_assert_uint_eq(fake_last("munmap")->value, 8192);
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 0, 4096, VIOD_VFIO_READ, &address, &error),
			 0);
	memcpy(&protection, fake_last("mmap")->bytes, sizeof(protection));
	ck_assert_int_eq(protection, 1);
	fake_fail("mmap", -EBUSY, 0);
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 0, 4096, VIOD_VFIO_READ, &address, &error),
			 -EBUSY);
	expect_error("mmap", "0x1000 bytes at 0x0 of region 0 of 0000:01:10.0: Device or resource");
	fake_fail("munmap", -EINVAL, 0);
	ck_assert_int_eq(viod_vfio_region_unmap(address, 0, &error), -EINVAL);
	expect_error("munmap", "Invalid argument");
	close_all();
}
END_TEST

START_TEST(what_cannot_be_mapped)
{
	static const struct {
		uint32_t index;
		uint64_t offset;
		size_t size;
		uint32_t access;
		int code;
		const char *text;
	} cases[] = {
		{ 3, 0, 4096, 1, -EOPNOTSUPP, "region 3 of 0000:01:10.0 cannot be mapped" },
		{ 0, 0, 0, 1, -EINVAL, "not whole pages" },
		{ 0, 0, 100, 1, -EINVAL, "not whole pages" },
		{ 0, 100, 4096, 1, -EINVAL, "not whole pages" },
		{ 0, 16384, 4096, 1, -EINVAL, "are not within region 0" },
		{ 0, UINT64_MAX - 4095, 8192, 1, -EINVAL, "are not within region 0" },
		{ 0, 0, 4096, 0, -EINVAL, "access 0x0" },
		{ 0, 0, 4096, 5, -EINVAL, "access 0x5" },
		{ 8, 0, 4096, 1, -EINVAL, "VFIO_DEVICE_GET_REGION_INFO" },
		{ 9, 0, 4096, 1, -EINVAL, "has no region 9" },
		{ 7, 0, 4096, 3, -EACCES, "cannot be written" },
	};
	void *address = NULL;

	kernel.regions[7].info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP;
	open_vf();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(viod_vfio_region_map(device, cases[i].index, cases[i].offset,
						      cases[i].size, cases[i].access, &address,
						      &error),
				 cases[i].code);
		expect_error(i == 8 ? "VFIO_DEVICE_GET_REGION_INFO" : "", cases[i].text);
	}
	ck_assert_ptr_null(address);
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(a_sparse_region_is_mapped_by_its_areas)
{
	static const struct {
		struct vfio_info_cap_header header;
		uint32_t nr_areas, reserved;
		struct vfio_region_sparse_mmap_area areas[2];
	} caps = { { 1, 1, 0 }, 2, 0, { { 0, 4096 }, { 8192, 8192 } } };
	void *address;

	give_caps(&caps, sizeof(caps));
	open_vf();
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 0, 4096, 1, &address, &error), 0);
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 8192, 8192, 1, &address, &error), 0);
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 12288, 4096, 1, &address, &error), 0);
	fake_forget();
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 0, 16384, 1, &address, &error), -EINVAL);
	expect_error("", "are not within one of the 2 areas of region 0");
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 4096, 4096, 1, &address, &error), -EINVAL);
	ck_assert_int_eq(viod_vfio_region_map(device, 0, 4096, 8192, 1, &address, &error), -EINVAL);
	ck_assert_str_eq(kernel.log, "");
	/* It can be read everywhere. */
	ck_assert_int_eq(viod_vfio_region_read(device, 0, 4096, kernel.memory + 32768, 4, &error),
			 0);
	close_all();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_region_keeps_its_index,
		capabilities_say_what_a_region_is,
		an_unknown_version_is_not_guessed_at,
		chains_that_lead_astray,
		areas_that_cannot_be,
		capabilities_that_are_cut_off,
		sizes_that_cannot_be,
		a_size_that_never_settles_ends,
		what_is_read_and_written,
		what_is_outside_is_not_tried,
		flags_are_respected,
		all_of_it_or_an_error,
		what_is_mapped,
		what_cannot_be_mapped,
		a_sparse_region_is_mapped_by_its_areas,
	};

	return fake_run("libviod-vfio, regions", tests, ARRAY_SIZE(tests));
}
