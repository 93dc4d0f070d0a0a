/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a function cannot be used by user space: each reason has its own text and advice. */
#include <errno.h>

#include "../fakesys.h"
#include "model/value-set.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

#include "../../../plugins/vfio/vfio.h"

#define VF "0000:01:10.0"
#define GROUP "sys/kernel/iommu_groups/7/devices/"

struct bench {
	struct root root;
	struct roots roots;
	struct loader loader;
	struct schema *schema;
	struct viod_pf pf;
	struct viod_values *wanted;
};

/* A machine on which VF 0 can be bound to VFIO: an IOMMU, a group of its own, all drivers loaded.
 */
static void bench_new(struct bench *bench)
{
	const struct viod_plugin *plugins[] = { &sriov_plugin, &viod_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	viod_host = &host_table;
	*bench = (struct bench){ 0 };
	fake_machine(&bench->root, &bench->roots, 1);
	fake_directory(&bench->root, "sys/class/iommu/dmar0");
	fake_directory(&bench->root, "sys/bus/pci/drivers/vfio-pci");
	fake_directory(&bench->root, GROUP VF);
	fake_link(&bench->root, "sys/bus/pci/devices/" VF "/iommu_group",
		  "../../../../kernel/iommu_groups/7");
	/* The kernel of the machine that builds may have no vfio_iommu_type1: this one needs none.
	 */
	fake_text(&bench->root, "dev", "iommu", "");
	ck_assert_int_eq(schema_new("test", plugins, 2, &diags, &bench->schema), 0);
}

static void bench_open(struct bench *bench)
{
	ck_assert_int_eq(device_open(&bench->roots, &bench->loader, FAKE_PF, &bench->pf), 0);
	bench->pf.schema = bench->schema;
	bench->pf.progress = &bench->pf.own_progress;
	ck_assert_int_eq(values_new(bench->schema, 1, &bench->wanted), 0);
}

static void bench_clear(struct bench *bench)
{
	values_free(bench->wanted);
	schema_free(bench->schema);
	device_close(&bench->pf);
	fake_clear(&bench->root, &bench->roots);
}

static void set(struct bench *bench, int vf, enum vfio_row row, int64_t value)
{
	const struct viod_option *option = row == VFIO_ROW_COMPANIONS ? &vfio_options[row]
								      : vfio_row(vf, row);

	values_put(bench->wanted, vf, schema_row_of(bench->schema, option), &value, NULL);
}

static void forget_iommu(struct bench *bench)
{
	ck_assert_int_eq(unlinkat(bench->root.fd, "sys/class/iommu/dmar0", AT_REMOVEDIR), 0);
	ck_assert_int_eq(unlinkat(bench->root.fd, "sys/bus/pci/devices/" VF "/iommu_group", 0), 0);
}

/* Refused, in one sentence that has all of the parts. */
static void assert_refused(struct bench *bench, int vf, const char *driver, const char *first,
			   const char *second)
{
	size_t before = bench->pf.diags.count;

	ck_assert_int_lt(vfio_ready(&bench->pf, vf, driver, bench->wanted), 0);
	ck_assert_uint_eq(bench->pf.diags.count, before + 1);
	ck_assert_msg(strstr(bench->pf.diags.items[before].text, first) &&
			      strstr(bench->pf.diags.items[before].text, second),
		      "%s", bench->pf.diags.items[before].text);
}

static void assert_ready(struct bench *bench, int vf)
{
	int r = vfio_ready(&bench->pf, vf, "vfio-pci", bench->wanted);

	assert_no_diags(&bench->pf.diags);
	ck_assert_int_eq(r, 0);
}

START_TEST(a_group_of_its_own_is_fine)
{
	struct bench b;

	bench_new(&b);
	bench_open(&b);
	assert_ready(&b, 0);
	bench_clear(&b);
}
END_TEST

START_TEST(without_an_iommu_the_advice_depends_on_the_machine)
{
	struct bench b;

	bench_new(&b);
	forget_iommu(&b);
	bench_open(&b);
	assert_refused(&b, 0, "vfio-pci", "no IOMMU is in use", "switch it on in firmware");
	fake_directory(&b.root, "sys/firmware/acpi/tables");
	fake_text(&b.root, "sys/firmware/acpi/tables", "IVRS", "");
	assert_refused(&b, 0, "vfio-pci", "no IOMMU is in use", "remove amd_iommu=off");
	fake_text(&b.root, "sys/firmware/acpi/tables", "DMAR", "");
	assert_refused(&b, 0, "vfio-pci", "no IOMMU is in use", "boot with intel_iommu=on");
	bench_clear(&b);
}
END_TEST

START_TEST(an_iommu_may_not_cover_the_device)
{
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(unlinkat(b.root.fd, "sys/bus/pci/devices/" VF "/iommu_group", 0), 0);
	bench_open(&b);
	assert_refused(&b, 0, "vfio-pci", VF " is in no IOMMU group", "another slot");
	bench_clear(&b);
}
END_TEST

START_TEST(no_iommu_needs_a_word_of_the_file_and_of_the_kernel)
{
	const char *parameters = "sys/module/vfio/parameters";
	struct bench b;

	bench_new(&b);
	forget_iommu(&b);
	bench_open(&b);
	set(&b, 0, VFIO_ROW_NOIOMMU, VFIO_NOIOMMU_ALLOW);
	assert_refused(&b, 0, "vfio-pci", "'noiommu = allow'", "CONFIG_VFIO_NOIOMMU");
	fake_directory(&b.root, parameters);
	fake_text(&b.root, parameters, "enable_unsafe_noiommu_mode", "N\n");
	assert_refused(&b, 0, "vfio-pci", "'noiommu = allow'", "enable_unsafe_noiommu_mode=1");
	fake_text(&b.root, parameters, "enable_unsafe_noiommu_mode", "Y\n");
	diag_list_clear(&b.pf.diags);
	assert_ready(&b, 0);
	set(&b, 0, VFIO_ROW_NOIOMMU, VFIO_NOIOMMU_REFUSE);
	assert_refused(&b, 0, "vfio-pci", "no IOMMU is in use", "switch it on");
	bench_clear(&b);
}
END_TEST

START_TEST(every_member_that_is_in_the_way_is_named)
{
	struct bench b;

	bench_new(&b);
	fake_function(&b.root, "0000:05:00.1", "snd_hda_intel");
	fake_function(&b.root, "0000:05:00.2", "xhci_hcd");
	fake_function(&b.root, "0000:05:00.3", NULL);
	fake_function(&b.root, "0000:05:00.4", "vfio-pci");
	fake_function(&b.root, "0000:00:1c.0", "pcieport");
	fake_text(&b.root, "sys/bus/pci/devices/0000:00:1c.0", "class", "0x060400\n");
	fake_directory(&b.root, GROUP "0000:05:00.3");
	fake_directory(&b.root, GROUP "0000:05:00.4");
	fake_directory(&b.root, GROUP "0000:00:1c.0");
	bench_open(&b);
	/* Without a driver, on VFIO's, and bridges: none of them hinders. */
	assert_ready(&b, 0);
	fake_directory(&b.root, GROUP "0000:05:00.1");
	fake_directory(&b.root, GROUP "0000:05:00.2");
	assert_refused(&b, 0, "vfio-pci",
		       "IOMMU group 7 of " VF " has members that the host uses: 0000:05:00.1 "
		       "(snd_hda_intel), 0000:05:00.2 (xhci_hcd);",
		       "companions = bind");
	bench_clear(&b);
}
END_TEST

START_TEST(a_group_with_the_pf_is_the_whole_card)
{
	struct bench b;

	bench_new(&b);
	fake_directory(&b.root, GROUP FAKE_PF);
	bench_open(&b);
	assert_refused(&b, 0, "vfio-pci", "the whole card: " FAKE_PF " (igb)",
		       "put the card into a slot of a port with ACS");
	bench_clear(&b);
}
END_TEST

START_TEST(a_pf_on_vfio_keeps_its_vfs_to_itself)
{
	const char *link = "sys/bus/pci/devices/" FAKE_PF "/driver";
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(unlinkat(b.root.fd, link, 0), 0);
	fake_link(&b.root, link, "../../drivers/vfio-pci");
	bench_open(&b);
	assert_refused(&b, 0, "vfio-pci", "the PF itself is bound to vfio-pci", "token");
	bench_clear(&b);
}
END_TEST

START_TEST(an_nvidia_vgpu_stays_on_its_driver)
{
	struct bench b;

	bench_new(&b);
	fake_text(&b.root, "sys/bus/pci/devices/" VF, "vendor", "0x10de\n");
	fake_directory(&b.root, "sys/bus/pci/devices/" VF "/nvidia");
	fake_text(&b.root, "sys/bus/pci/devices/" VF "/nvidia", "current_vgpu_type", "0\n");
	bench_open(&b);
	assert_refused(&b, 0, "vfio-pci", "NVIDIA vGPU", "driver = nvidia");
	bench_clear(&b);
}
END_TEST

START_TEST(the_kernels_denylist)
{
	const char *parameters = "sys/module/vfio_pci/parameters";
	struct bench b;

	bench_new(&b);
	fake_text(&b.root, "sys/bus/pci/devices/" VF, "device", "0x0443\n");
	bench_open(&b);
	assert_refused(&b, 0, "vfio-pci", VF " (8086:0443) is on the kernel's list",
		       "disable_denylist=1");
	fake_directory(&b.root, parameters);
	fake_text(&b.root, parameters, "disable_denylist", "Y\n");
	diag_list_clear(&b.pf.diags);
	assert_ready(&b, 0);
	bench_clear(&b);
}
END_TEST

START_TEST(a_driver_that_the_kernel_does_not_have)
{
	struct bench b;

	bench_new(&b);
	bench_open(&b);
	assert_refused(&b, 0, "mlx5_vfio_pci", "no driver 'mlx5_vfio_pci'", "CONFIG_VFIO_PCI");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_group_of_its_own_is_fine,
		without_an_iommu_the_advice_depends_on_the_machine,
		an_iommu_may_not_cover_the_device,
		no_iommu_needs_a_word_of_the_file_and_of_the_kernel,
		every_member_that_is_in_the_way_is_named,
		a_group_with_the_pf_is_the_whole_card,
		a_pf_on_vfio_keeps_its_vfs_to_itself,
		an_nvidia_vgpu_stays_on_its_driver,
		the_kernels_denylist,
		a_driver_that_the_kernel_does_not_have,
	};

	return run_tests("vfio ready", tests, ARRAY_SIZE(tests));
}
