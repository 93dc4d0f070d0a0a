/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a name to a device, and the VFs that a device has or had. */
#include "device/device.h"

#include <errno.h>
#include <unistd.h>

#include "../fakesys.h"
#include "device/device-name.h"
#include "device/plugin-call.h"

#define PF_DIRECTORY "sys/bus/pci/devices/" FAKE_PF

static struct link_table links;

static void expect_name(const struct roots *roots, const char *name, const char *address)
{
	char found[64] = "";
	int r = resolve_name(roots, &links, name, found, sizeof(found));

	ck_assert_msg(r == (address ? 0 : -ENODEV), "'%s': %d", name, r);
	ck_assert_msg(!address || streq(found, address), "'%s' is '%s', not '%s'", name, found,
		      address);
}

/* As the kernel's message says it. */
static void link_of(int index, const char *name, uint8_t address, uint8_t permanent)
{
	struct link_event event = { .index = index,
				    .address = { 2, 0, 0, 0, 0, address },
				    .permanent = { permanent ? 2 : 0, 0, 0, 0, 0, permanent } };

	ck_assert_int_eq(copy_text(event.name, sizeof(event.name), name), 0);
	links.known = true;
	(void)link_table_update(&links, &event);
}

static void interface(const struct root *root, const char *name, const char *device)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "sys/class/net/%s", name);
	fake_directory(root, path);
	snprintf(path, sizeof(path), "sys/class/net/%s/device", name);
	snprintf(target, sizeof(target), "../../../bus/pci/devices/%s", device);
	fake_link(root, path, target);
}

START_TEST(names_of_a_device)
{
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 2);
	links.known = true;
	expect_name(&roots, "eth0", NULL);
	expect_name(&roots, "mac:02:00:00:00:00:01", NULL);
	fake_link(&root, "sys/bus/pci/devices/0000:01:10.0/physfn", "../" FAKE_PF);
	interface(&root, "eth5", "0000:01:10.0");
	link_of(5, "eth5", 1, 0);
	fake_directory(&root, "sys/class/net/bridge0");
	link_of(6, "bridge0", 1, 0);
	interface(&root, "eth0", FAKE_PF);
	link_of(7, "eth0", 1, 9);
	expect_name(&roots, "01:00.0", FAKE_PF);
	expect_name(&roots, "0000:01:00.0", FAKE_PF);
	/* It need not be there. */
	expect_name(&roots, "0000:AF:00.0", "0000:af:00.0");
	expect_name(&roots, "eth0", FAKE_PF);
	expect_name(&roots, "eth5", "0000:01:10.0");
	expect_name(&roots, "eth1", NULL);
	expect_name(&roots, "bridge0", NULL);
	expect_name(&roots, "", NULL);
	expect_name(&roots, ".", NULL);
	expect_name(&roots, "../net/eth0", NULL);
	/* A VF with the address of its PF is not its PF. */
	expect_name(&roots, "mac:02:00:00:00:00:01", FAKE_PF);
	expect_name(&roots, "mac:02:00:00:00:00:09", FAKE_PF);
	expect_name(&roots, "mac:02:00:00:00:00:02", NULL);
	expect_name(&roots, "mac:nonsense", NULL);
	fake_directory(&root, "sys/bus/netdevsim/devices/netdevsim1");
	fake_text(&root, "sys/bus/netdevsim/devices/netdevsim1", "sriov_numvfs", "0\n");
	expect_name(&roots, "netdevsim1", "netdevsim1");
	link_table_clear(&links);
	fake_clear(&root, &roots);
}
END_TEST

/* The device of the interface is virtio0, whose parent is the PCI device. */
START_TEST(virtio_names_its_pci_device)
{
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 0);
	links.known = true;
	fake_directory(&root, PF_DIRECTORY "/virtio0");
	fake_link(&root, PF_DIRECTORY "/virtio0/subsystem", "../../../../virtio");
	fake_directory(&root, "sys/class/net/ens3");
	fake_link(&root, "sys/class/net/ens3/device",
		  "../../../bus/pci/devices/" FAKE_PF "/virtio0");
	expect_name(&roots, "ens3", FAKE_PF);
	link_table_clear(&links);
	fake_clear(&root, &roots);
}
END_TEST

/* Whether there is such an interface is not known where the links cannot be read. */
START_TEST(what_cannot_be_told_is_not_absent)
{
	struct root root;
	struct roots roots;
	char found[64];

	fake_machine(&root, &roots, 0);
	links.error = -ETIMEDOUT;
	ck_assert_int_eq(
		resolve_name(&roots, &links, "mac:02:00:00:00:00:09", found, sizeof(found)),
		-ETIMEDOUT);
	ck_assert_int_eq(resolve_name(&roots, &links, "port0", found, sizeof(found)), -ETIMEDOUT);
	expect_name(&roots, "01:00.0", FAKE_PF);
	link_table_clear(&links);
	fake_clear(&root, &roots);
}
END_TEST

START_TEST(an_address_that_does_not_fit_is_refused)
{
	struct root root;
	struct roots roots;
	char small[8] = "same";

	fake_machine(&root, &roots, 0);
	ck_assert_int_eq(resolve_name(&roots, &links, "01:00.0", small, sizeof(small)), -EMSGSIZE);
	ck_assert_str_eq(small, "same");
	fake_clear(&root, &roots);
}
END_TEST

START_TEST(vfs_that_were_there_are_recalled_in_their_slots)
{
	static const char *const addresses[] = { "0000:01:10.1", NULL, "0000:01:10.0" };
	struct loader loader = { 0 };
	struct viod_pf pf = { 0 };
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 2);
	ck_assert_int_eq(device_look(&roots, &loader, FAKE_PF, &pf), 0);
	ck_assert(pf.present);
	ck_assert_uint_eq(pf.n_vfs, 0);
	ck_assert_int_eq(device_recall_vfs(&pf, addresses, ARRAY_SIZE(addresses)), 0);
	ck_assert_uint_eq(pf.n_vfs, 3);
	ck_assert_str_eq(device_function(&pf, 0)->address, "0000:01:10.1");
	ck_assert_str_eq(device_function(&pf, 0)->driver, "igbvf");
	ck_assert_ptr_null(device_function(&pf, 1));
	ck_assert_str_eq(device_function(&pf, 2)->address, "0000:01:10.0");
	ck_assert_ptr_null(device_function(&pf, 3));
	ck_assert_ptr_null(device_function(&pf, -2));
	ck_assert_int_eq(device_scan_vfs(&pf), 0);
	ck_assert_uint_eq(pf.n_vfs, 2);
	ck_assert_str_eq(device_function(&pf, 0)->address, "0000:01:10.0");
	ck_assert_str_eq(device_function(&pf, 1)->address, "0000:01:10.1");
	ck_assert_str_eq(device_function(&pf, VIOD_PF)->address, FAKE_PF);
	device_close(&pf);
	fake_clear(&root, &roots);
}
END_TEST

START_TEST(a_device_that_is_not_there)
{
	struct loader loader = { 0 };
	struct viod_pf pf = { 0 };
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 0);
	ck_assert_int_eq(device_open(&roots, &loader, "0000:05:00.0", &pf), 0);
	ck_assert(!pf.present);
	ck_assert_uint_eq(pf.n_vfs, 0);
	device_close(&pf);
	fake_clear(&root, &roots);
}
END_TEST

/* NVIDIA's tool, which resize() runs, may leave the PF without its driver. */
START_TEST(an_op_that_writes_sees_the_driver_that_is_bound_now)
{
	static const char *const ops[] = { "apply", "resize", "get ready" };
	static const struct viod_plugin plugin = { .name = "test" };
	struct progress progress = { 0 };
	struct loader loader = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		struct viod_pf pf = { 0 };
		struct root root;
		struct roots roots;

		fake_machine(&root, &roots, 0);
		ck_assert_int_eq(device_look(&roots, &loader, FAKE_PF, &pf), 0);
		pf.progress = &progress;
		plugin_enter(&pf, &plugin, ops[i]);
		ck_assert_str_eq(device_function(&pf, VIOD_PF)->driver, "igb");
		ck_assert_int_eq(unlinkat(root.fd, PF_DIRECTORY "/driver", 0), 0);
		ck_assert_msg(!device_function(&pf, VIOD_PF)->driver, "%s", ops[i]);
		plugin_leave(&pf);
		device_close(&pf);
		fake_clear(&root, &roots);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		names_of_a_device,
		virtio_names_its_pci_device,
		what_cannot_be_told_is_not_absent,
		an_address_that_does_not_fit_is_refused,
		vfs_that_were_there_are_recalled_in_their_slots,
		a_device_that_is_not_there,
		an_op_that_writes_sees_the_driver_that_is_bound_now,
	};

	return run_tests("device", tests, ARRAY_SIZE(tests));
}
