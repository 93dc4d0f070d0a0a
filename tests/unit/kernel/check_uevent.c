/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/uevent.h"

#include <errno.h>

#include "../fixture.h"

#define MESSAGE(text_) text_, sizeof(text_)

START_TEST(a_kernel_message_is_read)
{
	struct uevent event;

	ck_assert_int_eq(uevent_parse(MESSAGE("bind@/devices/pci0000:00/0000:01:10.0\0ACTION=bind\0"
					      "DEVPATH=/devices/pci0000:00/0000:01:10.0\0"
					      "SUBSYSTEM=pci\0DRIVER=igbvf\0SEQNUM=4711"),
				      &event),
			 0);
	ck_assert_str_eq(event.action, "bind");
	ck_assert_str_eq(event.devpath, "/devices/pci0000:00/0000:01:10.0");
	ck_assert_str_eq(event.subsystem, "pci");
	ck_assert_str_eq(event.driver, "igbvf");
	ck_assert_uint_eq(event.seqnum, 4711);
}
END_TEST

START_TEST(anything_else_is_refused)
{
	struct uevent event;
	char message[] = "add@/x\0ACTION=add\0DEVPATH=/x\0SUBSYSTEM=pci";

	ck_assert_int_eq(uevent_parse("", 0, &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(MESSAGE("libudev\0\xfe\xed"), &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(MESSAGE("add@/x"), &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(MESSAGE("add@/x\0ACTION=add\0DEVPATH=/x"), &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(message, sizeof(message), &event), 0);
	/* Without its last NUL the message has no end. */
	ck_assert_int_eq(uevent_parse(message, sizeof(message) - 1, &event), -EBADMSG);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_kernel_message_is_read,
		anything_else_is_refused,
	};

	return run_tests("uevent", tests, ARRAY_SIZE(tests));
}
