/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When udev has processed a device. */
#include <errno.h>

#include "../fixture.h"
#include "kernel/udev.h"

START_TEST(without_udev_nothing_is_waited_for)
{
	struct root root;

	root_new(&root);
	ck_assert_int_eq(udev_wait(root.fd, "n5", NULL, 60000), 0);
	root_clear(&root);
}
END_TEST

START_TEST(an_entry_ends_the_wait)
{
	struct root root;

	root_new(&root);
	root_write(&root, "udev/control", "");
	ck_assert_int_eq(udev_wait(root.fd, "n5", NULL, 10), -ETIMEDOUT);
	root_write(&root, "udev/data/n5", "");
	ck_assert_int_eq(udev_wait(root.fd, "n5", NULL, 0), 0);
	ck_assert_int_eq(udev_wait(root.fd, "n6", NULL, 0), -ETIMEDOUT);
	root_clear(&root);
}
END_TEST

START_TEST(an_entry_of_an_earlier_device_does_not_count)
{
	const struct timespec times[2] = { { 1000, 500 }, { 1000, 500 } };
	const struct timespec earlier = { 1000, 499 }, same = { 1000, 500 }, later = { 1000, 501 };
	const struct timespec next = { 1001, 0 };
	struct root root;

	root_new(&root);
	root_write(&root, "udev/control", "");
	root_write(&root, "udev/data/c511:0", "");
	ck_assert_int_eq(utimensat(root.fd, "udev/data/c511:0", times, 0), 0);
	ck_assert_int_eq(udev_wait(root.fd, "c511:0", &earlier, 0), 0);
	ck_assert_int_eq(udev_wait(root.fd, "c511:0", &same, 0), 0);
	ck_assert_int_eq(udev_wait(root.fd, "c511:0", &later, 0), -ETIMEDOUT);
	ck_assert_int_eq(udev_wait(root.fd, "c511:0", &next, 0), -ETIMEDOUT);
	root_clear(&root);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		without_udev_nothing_is_waited_for,
		an_entry_ends_the_wait,
		an_entry_of_an_earlier_device_does_not_count,
	};

	return run_tests("udev", tests, ARRAY_SIZE(tests));
}
