/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libviod-vfio: what is mapped for DMA, through both back ends, and within which limits. */
#include "fakevfio.h"

static const struct viod_vfio_memory page = {
	.address = (void *)0x7f0000001000,
	.size = 0x2000,
	.iova = 0x100000,
	.access = VIOD_VFIO_READ | VIOD_VFIO_WRITE,
};

static void open_container(void)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	fake_forget();
}

START_TEST(a_container_maps)
{
	const struct vfio_iommu_type1_dma_map *map;
	const struct vfio_iommu_type1_dma_unmap *unmap;
	struct viod_vfio_memory readable = page;

	open_container();
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &page, &error), 0);
	map = (const void *)fake_last("VFIO_IOMMU_MAP_DMA")->bytes;
	ck_assert_int_eq(fake_last("VFIO_IOMMU_MAP_DMA")->fd, 10);
	ck_assert_uint_eq(map->argsz, 32);
	ck_assert_uint_eq(map->flags, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	ck_assert_uint_eq(map->vaddr, 0x7f0000001000);
	ck_assert_uint_eq(map->iova, 0x100000);
	ck_assert_uint_eq(map->size, 0x2000);
	readable.access = VIOD_VFIO_READ;
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &readable, &error), 0);
	map = (const void *)fake_last("VFIO_IOMMU_MAP_DMA")->bytes;
	ck_assert_uint_eq(map->flags, VFIO_DMA_MAP_FLAG_READ);
	readable.access = VIOD_VFIO_WRITE;
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &readable, &error), 0);
	map = (const void *)fake_last("VFIO_IOMMU_MAP_DMA")->bytes;
	ck_assert_uint_eq(map->flags, VFIO_DMA_MAP_FLAG_WRITE);
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), 0);
	unmap = (const void *)fake_last("VFIO_IOMMU_UNMAP_DMA")->bytes;
	ck_assert_uint_eq(unmap->argsz, 24);
	ck_assert_uint_eq(unmap->flags, 0);
	ck_assert_uint_eq(unmap->iova, 0x100000);
	ck_assert_uint_eq(unmap->size, 0x2000);
	close_all();
}
END_TEST

START_TEST(an_iommufd_maps)
{
	const struct uapi_ioas_map *map;
	const struct uapi_ioas_unmap *unmap;
	struct viod_vfio_memory readable = page;

	/* An IOAS of an iommufd needs no device. */
	new_iommufd(NULL);
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &page, &error), 0);
	map = (const void *)fake_last("IOMMU_IOAS_MAP")->bytes;
	ck_assert_uint_eq(map->size, 40);
	ck_assert_uint_eq(map->flags, 7);
	ck_assert_uint_eq(map->ioas_id, 7);
	ck_assert_uint_eq(map->reserved, 0);
	ck_assert_uint_eq(map->user_va, 0x7f0000001000);
	ck_assert_uint_eq(map->length, 0x2000);
	ck_assert_uint_eq(map->iova, 0x100000);
	readable.access = VIOD_VFIO_READ;
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &readable, &error), 0);
	map = (const void *)fake_last("IOMMU_IOAS_MAP")->bytes;
	ck_assert_uint_eq(map->flags, UAPI_IOAS_MAP_FIXED_IOVA | UAPI_IOAS_MAP_READABLE);
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), 0);
	unmap = (const void *)fake_last("IOMMU_IOAS_UNMAP")->bytes;
	ck_assert_uint_eq(unmap->size, 24);
	ck_assert_uint_eq(unmap->ioas_id, 7);
	ck_assert_uint_eq(unmap->iova, 0x100000);
	ck_assert_uint_eq(unmap->length, 0x2000);
	close_all();
}
END_TEST

START_TEST(a_mapping_that_makes_no_sense_is_not_tried)
{
	static const struct {
		struct viod_vfio_memory memory;
		int code;
		const char *text;
	} cases[] = {
		{ { (void *)0x1000, 0, 0, 3, 0 }, -EINVAL, "the size is 0" },
		{ { (void *)0x1000, UINT64_MAX, 0, 3, 0 }, -EOVERFLOW, "address 0x1000 plus" },
		{ { (void *)-4096l, 8192, 0, 3, 0 }, -EOVERFLOW, "beyond the end of 64 bits" },
		{ { (void *)0x1000, 8192, UINT64_MAX - 4095, 3, 0 },
		  -EOVERFLOW,
		  "IOVA 0xfffffffffffff000 plus size 0x2000" },
		{ { (void *)0x1000, 4096, 0, 0, 0 }, -EINVAL, "access 0x0" },
		{ { (void *)0x1000, 4096, 0, 4, 0 }, -EINVAL, "access 0x4" },
		{ { (void *)0x1000, 4096, 0, 7, 0 }, -EINVAL, "access 0x7" },
	};

	open_container();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(viod_vfio_ioas_map(ioas, &cases[i].memory, &error), cases[i].code);
		expect_error("", cases[i].text);
	}
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, 0, 0, &error), -EINVAL);
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, UINT64_MAX, 2, &error), -EOVERFLOW);
	/* Of an iommufd this would unmap everything. */
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, 0, UINT64_MAX, &error), -EINVAL);
	expect_error("", "all 64 bits of IOVAs at once");
	ck_assert_str_eq(kernel.log, "");
	/* The last page of all there is. */
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, UINT64_MAX - 4095, 4096, &error), 0);
	close_all();
}
END_TEST

START_TEST(a_container_without_devices_maps_nothing)
{
	new_container(NULL);
	fake_forget();
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &page, &error), -EINVAL);
	expect_error("", "open a device in it first");
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, 0, 4096, &error), -ENOENT);
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(a_refusal_of_the_kernel_is_explained)
{
	open_container();
	fake_fail("VFIO_IOMMU_MAP_DMA", -ENOMEM, 0);
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &page, &error), -ENOMEM);
	expect_error("VFIO_IOMMU_MAP_DMA", "0x2000 bytes at 0x7f0000001000 to IOVA 0x100000: "
					   "Cannot allocate memory");
	fake_fail("VFIO_IOMMU_MAP_DMA", -EINVAL, 0);
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &page, &error), -EINVAL);
	expect_error("VFIO_IOMMU_MAP_DMA", "multiples of the page size");
	fake_fail("VFIO_IOMMU_UNMAP_DMA", -EINVAL, 0);
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), -EINVAL);
	expect_error("VFIO_IOMMU_UNMAP_DMA", "0x2000 bytes at IOVA 0x100000");
	close_all();
	new_iommufd(NULL);
	device = NULL;
	fake_fail("IOMMU_IOAS_MAP", -EEXIST, 0);
	ck_assert_int_eq(viod_vfio_ioas_map(ioas, &page, &error), -EEXIST);
	expect_error("IOMMU_IOAS_MAP", "of IOAS 7: File exists");
	fake_fail("IOMMU_IOAS_UNMAP", -ENOENT, 0);
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), -ENOENT);
	expect_error("IOMMU_IOAS_UNMAP", "of IOAS 7");
	close_all();
}
END_TEST

START_TEST(what_was_unmapped_is_compared)
{
	open_container();
	kernel.unmapped = 0;
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), -ENOENT);
	expect_error("", "nothing is mapped within 0x2000 bytes at IOVA 0x100000");
	kernel.unmapped = 0x1000;
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), -EIO);
	expect_error("", "only 0x1000 of 0x2000 bytes at IOVA 0x100000 were mapped");
	close_all();
	device = NULL;
	new_iommufd(NULL);
	ck_assert_int_eq(viod_vfio_ioas_unmap(ioas, page.iova, page.size, &error), -EIO);
	close_all();
}
END_TEST

START_TEST(all_pieces_or_none)
{
	struct viod_vfio_memory pieces[4];

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		pieces[i] = page;
		pieces[i].iova = i << 20;
	}
	open_container();
	fake_fail("VFIO_IOMMU_MAP_DMA", -ENOSPC, 2);
	ck_assert_int_eq(viod_vfio_ioas_map_all(ioas, pieces, 4, &error), -ENOSPC);
	expect_error("VFIO_IOMMU_MAP_DMA", "IOVA 0x200000");
	ck_assert_str_eq(kernel.log, "VFIO_IOMMU_MAP_DMA VFIO_IOMMU_MAP_DMA VFIO_IOMMU_MAP_DMA "
				     "VFIO_IOMMU_UNMAP_DMA VFIO_IOMMU_UNMAP_DMA ");
	ck_assert_uint_eq(((const uint64_t *)kernel.calls[3].bytes)[1], 0);
	ck_assert_uint_eq(((const uint64_t *)kernel.calls[4].bytes)[1], 1 << 20);
	fake_forget();
	ck_assert_int_eq(viod_vfio_ioas_map_all(ioas, pieces, 4, &error), 0);
	fake_forget();
	/* The rest is unmapped nevertheless, and the first failure is reported. */
	kernel.unmapped = 0x1000;
	ck_assert_int_eq(viod_vfio_ioas_unmap_all(ioas, pieces, 4, &error), -EIO);
	expect_error("", "at IOVA 0x0");
	ck_assert_uint_eq(kernel.n_calls, 4);
	close_all();
}
END_TEST

/* --- limits ---------------------------------------------------------------------------------- */

/* What a type 1 IOMMU says: two ranges, and how many mappings can be made. */
struct iommu_info {
	struct vfio_iommu_type1_info info;
	struct {
		struct vfio_info_cap_header header;
		uint32_t nr_iovas, reserved;
		struct vfio_iova_range ranges[2];
	} iovas;
	struct vfio_iommu_type1_info_dma_avail available;
};

static const struct iommu_info good = {
	.info = {
		.argsz = sizeof(good),
		.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		.iova_pgsizes = 0x40201000,
		.cap_offset = offsetof(struct iommu_info, iovas),
	},
	.iovas = {
		.header = { VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1,
			    offsetof(struct iommu_info, available) },
		.nr_iovas = 2,
		.ranges = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } },
	},
	.available = {
		.header = { VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, 0 },
		.avail = 65535,
	},
};

static int ask(const struct iommu_info *info, struct viod_vfio_limits **limits)
{
	kernel.iommu_info = info;
	kernel.iommu_info_size = sizeof(*info);
	return viod_vfio_ioas_limits(ioas, limits, &error);
}

START_TEST(limits_of_a_container)
{
	struct viod_vfio_limits *limits;
	struct iommu_info info = good;

	new_container(NULL);
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), -EINVAL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	fake_forget();
	ck_assert_int_eq(ask(&good, &limits), 0);
	/* The first answer says how large it is, the second is all of it. */
	ck_assert_str_eq(kernel.log, "VFIO_IOMMU_GET_INFO VFIO_IOMMU_GET_INFO ");
	ck_assert_uint_eq(limits->page_size, 4096);
	ck_assert_uint_eq(limits->mappings, 65535);
	ck_assert_uint_eq(limits->n_ranges, 2);
	ck_assert_uint_eq(limits->ranges[0].last, 0xfedfffff);
	ck_assert_uint_eq(limits->ranges[1].first, 0xfef00000);
	free(limits);
	/* A value that the kernel does not report is marked as unknown. */
	info.info.flags = 0;
	ck_assert_int_eq(ask(&info, &limits), 0);
	ck_assert_uint_eq(limits->page_size, sysconf(_SC_PAGESIZE));
	ck_assert_uint_eq(limits->mappings, UINT32_MAX);
	ck_assert_uint_eq(limits->n_ranges, 0);
	free(limits);
	/* Nor is an unknown version parsed like the known one. */
	info = good;
	info.iovas.header.version = 2;
	ck_assert_int_eq(ask(&info, &limits), 0);
	ck_assert_uint_eq(limits->n_ranges, 0);
	ck_assert_uint_eq(limits->mappings, 65535);
	free(limits);
	close_all();
}
END_TEST

START_TEST(limits_that_contradict_themselves)
{
	struct viod_vfio_limits *limits;
	struct iommu_info info;

	open_container();
	info = good;
	info.iovas.nr_iovas = 3;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	expect_error("VFIO_IOMMU_GET_INFO", "3 IOVA ranges do not fit");
	info.iovas.nr_iovas = UINT32_MAX;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	info = good;
	info.iovas.ranges[1].start = info.iovas.ranges[1].end + 1;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	expect_error("VFIO_IOMMU_GET_INFO", "range 1 ends before it begins");
	info = good;
	info.info.cap_offset = sizeof(info) - 4;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	expect_error("VFIO_IOMMU_GET_INFO", "chain of capabilities is broken");
	info = good;
	info.available.header.next = info.info.cap_offset;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	info = good;
	info.iovas.header.next = info.info.cap_offset + 8;
	info.iovas.nr_iovas = 0;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	expect_error("VFIO_IOMMU_GET_INFO", "no IOVA ranges");
	info = good;
	info.info.argsz = 1 << 20;
	ck_assert_int_eq(ask(&info, &limits), -EPROTO);
	expect_error("VFIO_IOMMU_GET_INFO", "its size is absurd");
	fake_fail("VFIO_IOMMU_GET_INFO", -EINVAL, 0);
	ck_assert_int_eq(ask(&good, &limits), -EINVAL);
	expect_error("VFIO_IOMMU_GET_INFO", "/dev/vfio/vfio");
	close_all();
}
END_TEST

START_TEST(limits_of_an_iommufd)
{
	struct viod_vfio_limits *limits;
	const struct uapi_ioas_iova_ranges *request;

	new_iommufd(NULL);
	fake_forget();
	kernel.n_ranges = 40;
	for (uint32_t i = 0; i < 40; i++)
		kernel.ranges[i] = (struct uapi_iova_range){ i << 20, (i << 20) + 0xfff };
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), 0);
	ck_assert_str_eq(kernel.log, "IOMMU_IOAS_IOVA_RANGES IOMMU_IOAS_IOVA_RANGES ");
	request = (const void *)fake_last("IOMMU_IOAS_IOVA_RANGES")->bytes;
	ck_assert_uint_eq(request->size, 32);
	ck_assert_uint_eq(request->ioas_id, 7);
	ck_assert_uint_eq(request->num_iovas, 40);
	ck_assert_uint_eq(limits->n_ranges, 40);
	ck_assert_uint_eq(limits->ranges[39].last, (39 << 20) + 0xfff);
	ck_assert_uint_eq(limits->page_size, 4096);
	free(limits);
	kernel.alignment = 0;
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), -EPROTO);
	kernel.alignment = 1;
	kernel.ranges[3].last = 0;
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), -EPROTO);
	expect_error("IOMMU_IOAS_IOVA_RANGES", "ends before it begins");
	/* It wants more room, and then does not say how much. */
	fake_fail("IOMMU_IOAS_IOVA_RANGES", -EMSGSIZE, 0);
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), -EPROTO);
	kernel.fail = NULL;
	kernel.n_ranges = 1u << 30;
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), -EPROTO);
	close_all();
}
END_TEST

static int too_many_ranges(int fd, unsigned long request, void *argument)
{
	struct uapi_ioas_iova_ranges *ranges = argument;

	if (request != UAPI_IOAS_IOVA_RANGES)
		return 0;
	ranges->num_iovas++;
	ranges->out_iova_alignment = 4096;
	return 0;
}

START_TEST(more_ranges_than_there_is_room_for)
{
	struct viod_vfio_limits *limits;

	new_iommufd(NULL);
	fake_ioctl_hook = too_many_ranges;
	ck_assert_int_eq(viod_vfio_ioas_limits(ioas, &limits, &error), -EPROTO);
	fake_ioctl_hook = NULL;
	expect_error("IOMMU_IOAS_IOVA_RANGES", "17 IOVA ranges in room for 16");
	close_all();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_container_maps,
		an_iommufd_maps,
		a_mapping_that_makes_no_sense_is_not_tried,
		a_container_without_devices_maps_nothing,
		a_refusal_of_the_kernel_is_explained,
		what_was_unmapped_is_compared,
		all_pieces_or_none,
		limits_of_a_container,
		limits_that_contradict_themselves,
		limits_of_an_iommufd,
		more_ranges_than_there_is_room_for,
	};

	return fake_run("libviod-vfio, DMA", tests, ARRAY_SIZE(tests));
}
