/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libpci says of a device, below a root of our own. */
#include "kernel/pci-device.h"

#include <errno.h>

#include "../fakesys.h"

#define IDS "usr/share/misc"

struct place {
	struct root root;
	struct roots roots;
	struct viod_function function;
};

static void place_new(struct place *place, const char *ids)
{
	*place = (struct place){ 0 };
	fake_machine(&place->root, &place->roots, 0);
	place->function =
		(struct viod_function){ .address = FAKE_PF, .vendor = 0x8086, .device = 0x10c9 };
	fake_directory(&place->root, IDS);
	fake_text(&place->root, IDS, "pci.ids", ids);
}

static void place_clear(struct place *place)
{
	fake_clear(&place->root, &place->roots);
}

/* A header of 64 bytes, a PCI Express capability, and extended capabilities one after the other. */
static void fake_config_of(struct place *place, const char *address, const uint16_t *capabilities,
			   size_t count, size_t size)
{
	uint8_t config[4096] = {
		[0x00] = 0x86, [0x01] = 0x80, [0x06] = 0x10, [0x34] = 0x40, [0x40] = 0x10
	};
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/config", address);
	fd = openat(place->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (size_t i = 0; i < count; i++) {
		size_t at = 0x100 + 0x40 * i, next = i + 1 < count ? at + 0x40 : 0;

		config[at] = (uint8_t)capabilities[i];
		config[at + 2] = (uint8_t)(1 | (next & 0xf) << 4);
		config[at + 3] = (uint8_t)(next >> 4);
	}
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, config, size), size);
	close(fd);
}

static void fake_config(struct place *place, const uint16_t *capabilities, size_t count)
{
	fake_config_of(place, FAKE_PF, capabilities, count, 4096);
}

START_TEST(name_and_capabilities_are_those_below_the_root)
{
	struct pci_description description;
	struct place place;

	place_new(&place, "8086  Fictional Works\n\t10c9  Ethernet of the Test\n");
	fake_config(&place, (const uint16_t[]){ 0x01, 0x10 }, 2);
	ck_assert_int_eq(pci_describe(&place.roots, &place.function, &description), 0);
	ck_assert_str_eq(description.name, "Fictional Works Ethernet of the Test");
	ck_assert(description.sriov);
	ck_assert(!description.acs);
	fake_config(&place, (const uint16_t[]){ 0x0d }, 1);
	ck_assert_int_eq(pci_describe(&place.roots, &place.function, &description), 0);
	ck_assert(!description.sriov);
	ck_assert(description.acs);
	place_clear(&place);
}
END_TEST

START_TEST(a_damaged_list_of_names_ends_nothing)
{
	struct pci_description description;
	struct place place;

	place_new(&place, "this is no list\n\t\t\tat all\n");
	ck_assert_int_eq(pci_describe(&place.roots, &place.function, &description), -EIO);
	place_clear(&place);
}
END_TEST

START_TEST(a_device_that_is_not_there_has_nothing)
{
	struct pci_description description;
	struct place place;

	place_new(&place, "");
	place.function.address = "0000:7f:00.0";
	ck_assert_int_eq(pci_describe(&place.roots, &place.function, &description), 0);
	ck_assert(!description.sriov && !description.acs);
	ck_assert_ptr_nonnull(strstr(description.name, "8086"));
	place_clear(&place);
}
END_TEST

/* Below two ports, of which the nearest is the second. */
START_TEST(the_nearest_port_without_acs_is_named)
{
	static const uint16_t acs[] = { 0x0d }, other[] = { 0x01 };
	static const char below[] = "bus/pci/devices/0000:02:00.0";
	char address[32] = "";
	struct place place;

	place_new(&place, "");
	fake_function(&place.root, "0000:00:1c.0", "pcieport");
	fake_function(&place.root, "0000:01:00.1", "pcieport");
	fake_link(&place.root, "sys/bus/pci/devices/0000:02:00.0",
		  "../../../devices/pci0000:00/0000:00:1c.0/0000:01:00.1/0000:02:00.0");
	fake_config_of(&place, "0000:00:1c.0", acs, 1, 4096);
	fake_config_of(&place, "0000:01:00.1", acs, 1, 4096);
	ck_assert_int_eq(pci_port_without_acs(&place.roots, below, address, sizeof(address)), 0);
	fake_config_of(&place, "0000:00:1c.0", other, 1, 4096);
	ck_assert_int_eq(pci_port_without_acs(&place.roots, below, address, sizeof(address)), 1);
	ck_assert_str_eq(address, "0000:00:1c.0");
	fake_config_of(&place, "0000:01:00.1", other, 1, 4096);
	ck_assert_int_eq(pci_port_without_acs(&place.roots, below, address, sizeof(address)), 1);
	ck_assert_str_eq(address, "0000:01:00.1");
	/* Without a privilege the kernel shows 64 bytes of it, or 256: then ACS is not known. */
	fake_config_of(&place, "0000:01:00.1", acs, 1, 256);
	ck_assert_int_lt(pci_port_without_acs(&place.roots, below, address, sizeof(address)), 0);
	ck_assert_int_lt(pci_port_without_acs(&place.roots, "bus/pci/devices/0000:03:00.0", address,
					      sizeof(address)),
			 0);
	place_clear(&place);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		name_and_capabilities_are_those_below_the_root,
		a_damaged_list_of_names_ends_nothing,
		a_device_that_is_not_there_has_nothing,
		the_nearest_port_without_acs_is_named,
	};

	return run_tests("pci", tests, ARRAY_SIZE(tests));
}
