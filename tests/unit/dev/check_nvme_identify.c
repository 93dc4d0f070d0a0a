/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a controller says about its VFs, in the bytes of the specification; and text of rows. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/dev/dev-nvme/nvme.h"

static uint8_t data[NVME_IDENTIFY_SIZE];

static void set_up(void)
{
	memset(data, 0, sizeof(data));
}

static void put16(size_t offset, uint16_t value)
{
	data[offset] = (uint8_t)value;
	data[offset + 1] = (uint8_t)(value >> 8);
}

static void put32(size_t offset, uint32_t value)
{
	put16(offset, (uint16_t)value);
	put16(offset + 2, (uint16_t)(value >> 16));
}

/* A copy at the very end of a heap block, so that a sanitizer detects a read past it. */
static uint8_t *cut(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, size);
	return copy;
}

/* --- primary --------------------------------------------------------------------------------- */

static void put_primary(void)
{
	put16(0, 0x41);
	data[4] = 3;
	put32(32, 128);
	put32(36, 20);
	put16(40, 8);
	put16(42, 9);
	put16(44, 33);
	put32(64, 64);
	put32(68, 10);
	put16(72, 4);
	put16(76, 16);
}

START_TEST(capabilities)
{
	struct nvme_primary primary;

	put_primary();
	ck_assert_int_eq(nvme_parse_primary(data, sizeof(data), &primary), 0);
	ck_assert_uint_eq(primary.controller, 0x41);
	ck_assert(primary.queues.flexible && primary.interrupts.flexible);
	ck_assert_uint_eq(primary.queues.total, 128);
	ck_assert_uint_eq(primary.queues.assigned, 20);
	ck_assert_uint_eq(primary.queues.primary, 8);
	ck_assert_uint_eq(primary.queues.most, 33);
	ck_assert_uint_eq(primary.interrupts.total, 64);
	ck_assert_uint_eq(primary.interrupts.assigned, 10);
	ck_assert_uint_eq(primary.interrupts.primary, 4);
	ck_assert_uint_eq(primary.interrupts.most, 16);
}
END_TEST

START_TEST(primary_without_interrupts)
{
	struct nvme_primary primary;

	put_primary();
	data[4] = 1;
	/* The unused half need not be zero. */
	put32(68, 1000);
	ck_assert_int_eq(nvme_parse_primary(data, sizeof(data), &primary), 0);
	ck_assert(primary.queues.flexible && !primary.interrupts.flexible);
	ck_assert_uint_eq(primary.interrupts.total, 0);
	ck_assert_uint_eq(primary.interrupts.most, 0);
}
END_TEST

START_TEST(primary_that_gives_more_than_it_has)
{
	struct nvme_primary primary = { .controller = 7 };

	put_primary();
	put32(36, 129);
	ck_assert_int_eq(nvme_parse_primary(data, sizeof(data), &primary), -EBADMSG);
	put32(36, 128);
	ck_assert_int_eq(nvme_parse_primary(data, sizeof(data), &primary), -EBADMSG);
	put16(40, 0);
	ck_assert_int_eq(nvme_parse_primary(data, sizeof(data), &primary), 0);
	put32(36, UINT32_MAX);
	ck_assert_int_eq(nvme_parse_primary(data, sizeof(data), &primary), -EBADMSG);
}
END_TEST

/* --- secondaries ----------------------------------------------------------------------------- */

static void put_secondary(size_t i, uint16_t controller, uint16_t vf, bool online, uint16_t queues,
			  uint16_t interrupts)
{
	size_t entry = 32 + i * 32;

	put16(entry, controller);
	put16(entry + 2, 0x41);
	/* The upper bits are reserved. */
	data[entry + 4] = (uint8_t)(0xfe | online);
	put16(entry + 8, vf);
	put16(entry + 10, queues);
	put16(entry + 12, interrupts);
}

START_TEST(secondaries_in_a_list)
{
	struct nvme_secondary list[NVME_SECONDARIES_MAX];

	data[0] = 2;
	put_secondary(0, 5, 2, true, 9, 8);
	put_secondary(1, 0x1234, 1, false, 0, 0xffff);
	ck_assert_int_eq(nvme_parse_secondaries(data, sizeof(data), list), 2);
	ck_assert_uint_eq(list[0].controller, 5);
	ck_assert_uint_eq(list[0].vf, 2);
	ck_assert(list[0].online && !list[1].online);
	ck_assert_uint_eq(list[0].queues, 9);
	ck_assert_uint_eq(list[0].interrupts, 8);
	ck_assert_uint_eq(list[1].controller, 0x1234);
	ck_assert_uint_eq(list[1].interrupts, 0xffff);
}
END_TEST

START_TEST(secondaries_fill_the_page)
{
	struct nvme_secondary list[NVME_SECONDARIES_MAX];

	data[0] = NVME_SECONDARIES_MAX;
	ck_assert_int_eq(nvme_parse_secondaries(data, sizeof(data), list), NVME_SECONDARIES_MAX);
	data[0] = NVME_SECONDARIES_MAX + 1;
	ck_assert_int_eq(nvme_parse_secondaries(data, sizeof(data), list), -EBADMSG);
	data[0] = 255;
	ck_assert_int_eq(nvme_parse_secondaries(data, sizeof(data), list), -EBADMSG);
}
END_TEST

/* --- lists ----------------------------------------------------------------------------------- */

START_TEST(controllers_in_a_list)
{
	uint16_t list[NVME_CONTROLLERS_MAX];

	put16(0, 2);
	put16(2, 0);
	put16(4, 0x102);
	ck_assert_int_eq(nvme_parse_controllers(data, sizeof(data), list), 2);
	ck_assert_uint_eq(list[1], 0x102);
	put16(0, NVME_CONTROLLERS_MAX);
	ck_assert_int_eq(nvme_parse_controllers(data, sizeof(data), list), NVME_CONTROLLERS_MAX);
	put16(0, NVME_CONTROLLERS_MAX + 1);
	ck_assert_int_eq(nvme_parse_controllers(data, sizeof(data), list), -EBADMSG);
}
END_TEST

START_TEST(namespaces_ascend)
{
	uint32_t list[NVME_NAMESPACES_MAX];

	put32(0, 1);
	put32(4, 0x10000);
	ck_assert_int_eq(nvme_parse_namespaces(data, sizeof(data), list), 2);
	ck_assert_uint_eq(list[1], 0x10000);
	put32(8, 0x10000);
	ck_assert_int_eq(nvme_parse_namespaces(data, sizeof(data), list), -EBADMSG);
	for (size_t i = 0; i < NVME_NAMESPACES_MAX; i++)
		put32(i * 4, (uint32_t)i + 1);
	ck_assert_int_eq(nvme_parse_namespaces(data, sizeof(data), list), NVME_NAMESPACES_MAX);
}
END_TEST

START_TEST(namespace_formats)
{
	struct nvme_namespace namespace;

	put32(0, 0x2000);
	data[26] = 0x21; /* format 1 + 16 */
	data[30] = 1;
	data[128 + 17 * 4 + 2] = 12;
	data[104] = 0xab;
	ck_assert_int_eq(nvme_parse_namespace(data, sizeof(data), &namespace), 0);
	ck_assert_uint_eq(namespace.blocks, 0x2000);
	ck_assert_uint_eq(namespace.block_size, 4096);
	ck_assert(namespace.shared);
	ck_assert_uint_eq(namespace.guid[0], 0xab);
	data[26] = 0x7f; /* the last there can be */
	data[128 + 63 * 4 + 2] = 200;
	ck_assert_int_eq(nvme_parse_namespace(data, sizeof(data), &namespace), 0);
	ck_assert_uint_eq(namespace.block_size, 0);
}
END_TEST

START_TEST(controller_abilities)
{
	struct nvme_controller controller;

	put16(256, 0x1aa);
	ck_assert_int_eq(nvme_parse_controller(data, sizeof(data), &controller), 0);
	ck_assert(controller.namespace_management && controller.virtualization);
	put16(256, 0x12a & ~8);
	ck_assert_int_eq(nvme_parse_controller(data, sizeof(data), &controller), 0);
	ck_assert(!controller.namespace_management && !controller.virtualization);
}
END_TEST

/* Truncated anywhere: no parser reads past the end. */
START_TEST(any_length)
{
	struct nvme_secondary secondaries_[NVME_SECONDARIES_MAX];
	static uint16_t controllers_[NVME_CONTROLLERS_MAX];
	static uint32_t namespaces_[NVME_NAMESPACES_MAX];
	struct nvme_namespace namespace;
	struct nvme_controller controller;
	struct nvme_primary primary_;
	size_t refused = 0;

	memset(data, 0x7f, sizeof(data));
	for (size_t size = 0; size < sizeof(data); size++) {
		uint8_t *copy = cut(size);

		refused += nvme_parse_secondaries(copy, size, secondaries_) < 0;
		refused += nvme_parse_controllers(copy, size, controllers_) < 0;
		refused += nvme_parse_primary(copy, size, &primary_) < 0;
		(void)nvme_parse_namespaces(copy, size, namespaces_);
		(void)nvme_parse_namespace(copy, size, &namespace);
		(void)nvme_parse_controller(copy, size, &controller);
		free(copy);
	}
	ck_assert_uint_eq(refused, sizeof(data) * 3);
}
END_TEST

/* --- text ------------------------------------------------------------------------------------ */

START_TEST(wanted_texts)
{
	static const struct {
		const char *text, *canonical;
	} good[] = {
		{ "none", "none" },
		{ "NONE", "none" },
		{ "7", "attach 7" },
		{ "3, 1 ,2", "attach 1, 2, 3" },
		{ "attach 4294967294", "attach 4294967294" },
		{ "create 10G", "create 10G" },
		{ "create 1024M", "create 1G" },
		{ "create 1536m", "create 1536M" },
		{ "create 4097", "create 4097" },
		{ "create 3T", "create 3T" },
	};
	static const char *const bad[] = {
		"",	      "attach",	     "attach ",	   "0",
		"1,",	      "1,,2",	     "1, 1",	   "-1",
		"4294967295", "attach none", "create",	   "create ",
		"create 0",   "create 1X",   "create 1GB", "create 16777216T",
		"create -1G", "1 2",	     "0x1",	   "99999999999999999999",
	};
	char text[NVME_TEXT_MAX];
	struct nvme_wish wish;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ck_assert_msg(nvme_wish_parse(good[i].text, &wish) == 0, "'%s'", good[i].text);
		ck_assert_int_eq(nvme_wish_format(&wish, text), 0);
		ck_assert_str_eq(text, good[i].canonical);
		ck_assert_int_eq(nvme_wish_parse(text, &wish), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(nvme_wish_parse(bad[i], &wish) == -EINVAL, "'%s'", bad[i]);
	/* More than 64 bits are no small number. */
	ck_assert_int_ne(nvme_wish_parse("18446744073709551617", &wish), 0);
	ck_assert_int_ne(nvme_wish_parse("18446744073709551617G", &wish), 0);
}
END_TEST

START_TEST(wanted_texts_that_are_too_long)
{
	char text[1024] = "1";
	struct nvme_wish wish;

	for (unsigned nsid = 2; nsid <= 64; nsid++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",%u", nsid);
	ck_assert_int_eq(nvme_wish_parse(text, &wish), 0);
	ck_assert_uint_eq(wish.n_nsids, 64);
	strcat(text, ",65");
	ck_assert_int_eq(nvme_wish_parse(text, &wish), -EINVAL);
	for (size_t i = 0; i < 64; i++)
		wish.nsids[i] = 4000000000u + (uint32_t)i;
	ck_assert_int_eq(nvme_wish_format(&wish, text), -ENOSPC);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nvme_identify");
	TCase *bytes = tcase_create("bytes"), *text = tcase_create("text");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(bytes, set_up, NULL);
	tcase_add_test(bytes, capabilities);
	tcase_add_test(bytes, primary_without_interrupts);
	tcase_add_test(bytes, primary_that_gives_more_than_it_has);
	tcase_add_test(bytes, secondaries_in_a_list);
	tcase_add_test(bytes, secondaries_fill_the_page);
	tcase_add_test(bytes, controllers_in_a_list);
	tcase_add_test(bytes, namespaces_ascend);
	tcase_add_test(bytes, namespace_formats);
	tcase_add_test(bytes, controller_abilities);
	tcase_add_test(bytes, any_length);
	tcase_add_test(text, wanted_texts);
	tcase_add_test(text, wanted_texts_that_are_too_long);
	suite_add_tcase(suite, bytes);
	suite_add_tcase(suite, text);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
