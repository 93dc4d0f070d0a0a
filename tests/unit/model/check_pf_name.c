/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "name =" may be, and what is said of what it may not be. */
#include "model/pf-name.h"

#include <errno.h>

#include "../fixture.h"

START_TEST(names_that_a_device_can_have)
{
	static const struct {
		const char *text;
		int type;
	} cases[] = {
		{ "05:00.0", PF_NAME_ADDRESS },
		{ "0000:05:00.0", PF_NAME_ADDRESS },
		{ "10000:E1:1f.7", PF_NAME_ADDRESS },
		{ "mac:52:54:00:ab:cd:ef", PF_NAME_MAC },
		{ "mac:52-54-00-AB-CD-EF", PF_NAME_MAC },
		{ "eth0", PF_NAME_INTERFACE },
		{ "enp5s0f0np0", PF_NAME_INTERFACE },
		{ "eth0.100", PF_NAME_INTERFACE },
		{ "netdevsim1", PF_NAME_INTERFACE },
		{ "enx525400abcdef", PF_NAME_INTERFACE },
		{ "an-alternative-name-that-is-long", PF_NAME_INTERFACE },
		{ "f", PF_NAME_INTERFACE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *why = NULL;
		struct pf_name name;

		ck_assert_msg(pf_name_parse(cases[i].text, &name, &why) == 0, "'%s': %s",
			      cases[i].text, why);
		ck_assert_msg((int)name.type == cases[i].type, "'%s' is %d", cases[i].text,
			      (int)name.type);
	}
}
END_TEST

START_TEST(names_that_no_device_has)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "05:00", "an address without a function; write 05:00.0" },
		{ "0000:05:00", "an address without a function; write 0000:05:00.0" },
		{ "05:00.8", "has function 8; a device has functions 0 to 7" },
		{ "0000:05:00.a", "has function a; a device has functions 0 to 7" },
		{ "05:20.0", "has device 20; a bus has devices 00 to 1f" },
		{ "0000:05:00:0", "has a colon before the function; write 0000:05:00.0" },
		{ "05:00:1", "has a colon before the function; write 05:00.1" },
		{ "05:00:9", "is BUS:DEVICE.FUNCTION" },
		{ "105:00", "is BUS:DEVICE.FUNCTION" },
		{ "0:0:0:0:0", "is BUS:DEVICE.FUNCTION" },
		{ "05:00.0.0", "is BUS:DEVICE.FUNCTION" },
		{ "pci:05:00.0", "is BUS:DEVICE.FUNCTION" },
		{ ":", "is BUS:DEVICE.FUNCTION" },
		{ "999999999:05:00.0", "is BUS:DEVICE.FUNCTION" },
		{ "/sys/bus/pci/devices/0000:05:00.0",
		  "is a path; write the name of the device alone: 0000:05:00.0" },
		{ "/sys/class/net/eth0", "alone: eth0" },
		{ "/sys/class/net/", "is a path; write a PCI address" },
		{ "05:00.0 06:00.0", "a file configures one PF, so write a file for each" },
		{ "eth0,eth1", "more than one name" },
		{ "52:54:00:ab:cd:ef", "is an Ethernet address; write mac:52:54:00:ab:cd:ef" },
		{ "mac:", "is not a MAC address" },
		{ "mac:eth0", "is not a MAC address" },
		{ "mac:00:00:00:00:00:00", "no interface has the address" },
		{ "mac:01:00:5e:00:00:01", "no interface has the address" },
		{ "", "is no name of a device" },
		{ ".", "is no name of a device" },
		{ "..", "is no name of a device" },
		{ "eth\x01", "control character" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *why = NULL;
		struct pf_name name;

		ck_assert_int_eq(pf_name_parse(cases[i].text, &name, &why), -EINVAL);
		ck_assert_ptr_nonnull(why);
		ck_assert_msg(strstr(why, cases[i].part) != NULL, "'%s': %s", cases[i].text, why);
		ck_assert_int_eq(pf_name_parse(cases[i].text, &name, NULL), -EINVAL);
	}
}
END_TEST

START_TEST(a_name_that_is_too_long)
{
	_cleanup_free_ char *why = NULL;
	struct pf_name name;
	char text[200] = "";

	memset(text, 'x', 127);
	ck_assert_int_eq(pf_name_parse(text, &name, &why), 0);
	text[127] = 'x';
	ck_assert_int_eq(pf_name_parse(text, &name, &why), -EINVAL);
	ck_assert_ptr_nonnull(
		strstr(why, "has 128 bytes; the name of an interface has at most 127"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		names_that_a_device_can_have,
		names_that_no_device_has,
		a_name_that_is_too_long,
	};

	return run_tests("pf-name", tests, ARRAY_SIZE(tests));
}
