/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of plugin vfio: what a file means, what is planned, and which driver a function gets. */
#include <errno.h>

#include "../pluginbench.h"
#include "plan/plan.h"

#include "../../../plugins/vfio/vfio.h"

static void assert_text(struct bench *bench, const struct viod_values *values, int vf,
			const char *key, const char *text)
{
	const struct schema_row *row =
		schema_find(bench->schema, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, key);
	const void *known = values_get(values, vf, row);
	char value[VALUE_TEXT_MAX] = "(not set)";

	if (known)
		ck_assert_int_eq(value_format(row->option, known, value, sizeof(value)), 0);
	if (!text)
		ck_assert_msg(!known, "%s is '%s'", key, value);
	else
		ck_assert_msg(streq(value, text), "%s is '%s', not '%s'", key, value, text);
}

START_TEST(a_file_that_says_vfio_gets_nodes_for_root)
{
	struct bench b;

	bench_new(&b, "test", 3, 3);
	put(&b, b.wanted, 0, "driver", "vfio-pci", 3);
	put(&b, b.wanted, 1, "driver", "vfio-pci", 3);
	put(&b, b.wanted, 1, "group", "0", 5);
	put(&b, b.wanted, 1, "mode", "660", 6);
	/* A restored baseline must not have more keys than before. */
	put(&b, b.wanted, 2, "driver", "vfio-pci", 0);
	ck_assert_int_eq(vfio_validate(&b.pf, b.wanted), 0);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_text(&b, b.wanted, 0, "owner", "root");
	assert_text(&b, b.wanted, 0, "group", "root");
	assert_text(&b, b.wanted, 0, "mode", "0600");
	assert_text(&b, b.wanted, 1, "group", "root");
	assert_text(&b, b.wanted, 1, "mode", "0660");
	assert_text(&b, b.wanted, 2, "mode", NULL);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

START_TEST(other_drivers_have_no_nodes)
{
	struct bench b;

	bench_new(&b, "test", 2, 2);
	put(&b, b.wanted, 0, "driver", "default", 3);
	put(&b, b.wanted, 0, "mode", "0660", 4);
	put(&b, b.wanted, 1, "mode", "0660", 4);
	put(&b, b.state, 1, "driver", "vfio-pci", 0);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_text(&b, b.wanted, 0, "mode", NULL);
	/* A VF that another program bound to VFIO, and whose driver does not change. */
	assert_text(&b, b.wanted, 1, "mode", "0660");
	assert_text(&b, b.wanted, 1, "owner", NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(unknown_names_and_modes_are_reported_once_a_line)
{
	struct bench b;

	bench_new(&b, "test", 2, 2);
	for (int vf = 0; vf < 2; vf++) {
		put(&b, b.wanted, vf, "driver", "vfio-pci", 3);
		put(&b, b.wanted, vf, "group", "no-such-group", 4);
		put(&b, b.wanted, vf, "owner", "no-such-user", 5);
		put(&b, b.wanted, vf, "mode", "0888", 6);
	}
	ck_assert_int_eq(vfio_validate(&b.pf, b.wanted), -EINVAL);
	assert_diag_count(&b.pf.diags, 1);
	assert_diag(&b.pf.diags, "test.conf:6", "0888");
	put(&b, b.wanted, 0, "owner", "root", 5);
	put(&b, b.wanted, 1, "owner", "root", 5);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag_count(&b.pf.diags, 2);
	assert_diag(&b.pf.diags, "test.conf:4", "groupadd --system no-such-group");
	put(&b, b.wanted, 0, "owner", "no-such-user", 5);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:5", "useradd --system no-such-user");
	bench_clear(&b);
}
END_TEST

START_TEST(octal_modes_and_nothing_else)
{
	static const char *const bad[] = { "", "8", "0o600", "01000", "1777", "rw", "-600" };
	mode_t mode;

	ck_assert_int_eq(vfio_parse_mode("0660", &mode), 0);
	ck_assert_uint_eq(mode, 0660);
	ck_assert_int_eq(vfio_parse_mode("666", &mode), 0);
	ck_assert_uint_eq(mode, 0666);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(vfio_parse_mode(bad[i], &mode) == -EINVAL, "'%s' is accepted",
			      bad[i]);
}
END_TEST

START_TEST(a_whole_device_has_no_vfs)
{
	struct bench b;

	bench_new(&b, "test", 2, 2);
	put(&b, b.wanted, VIOD_PF, "driver", "vfio-pci", 3);
	put(&b, b.wanted, VIOD_PF, "vfs", "4", 4);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:3", "the file wants 4; write 'vfs = 0'");
	put(&b, b.wanted, VIOD_PF, "vfs", "0", 4);
	put(&b, b.state, VIOD_PF, "vfs", "2", 0);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_diag_count(&b.pf.diags, 1);
	values_forget(b.wanted, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "vfs"));
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:3", "this one has 2");
	bench_clear(&b);
}
END_TEST

/* A group has one node, which has one owner. */
START_TEST(functions_of_a_group_have_one_owner)
{
	struct bench b;
	char path[128];

	bench_machine(&b, 3);
	fake_directory(&b.root, "sys/kernel/iommu_groups/9");
	fake_directory(&b.root, "sys/kernel/iommu_groups/10");
	for (int vf = 0; vf < 3; vf++) {
		snprintf(path, sizeof(path), "sys/bus/pci/devices/0000:01:10.%d/iommu_group", vf);
		fake_link(&b.root, path,
			  vf == 2 ? "../../../../kernel/iommu_groups/10"
				  : "../../../../kernel/iommu_groups/9");
	}
	bench_open(&b, "test", 3, 3);
	for (int vf = 0; vf < 3; vf++) {
		put(&b, b.wanted, vf, "driver", "vfio-pci", 2);
		put(&b, b.wanted, vf, "owner", "root", 3);
	}
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_no_diags(&b.pf.diags);
	put(&b, b.wanted, 2, "owner", "daemon", 7);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	put(&b, b.wanted, 1, "owner", "daemon", 6);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag_count(&b.pf.diags, 1);
	assert_diag(&b.pf.diags, "test.conf:6",
		    "0000:01:10.1 is in IOMMU group 9 with 0000:01:10.0, and the group has one "
		    "node: 'owner' must be 'root' for both");
	/* One of them on another driver leaves the node to the other. */
	put(&b, b.wanted, 0, "driver", "igbvf", 2);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	bench_clear(&b);
}
END_TEST

static int fake_elsewhere(struct viod_pf *pf, const char *address, const char *key, char *ret_text,
			  size_t size)
{
	ck_assert_str_eq(address, "0000:07:10.0");
	if (!streq(key, "owner"))
		return -ENOENT;
	return copy_text(ret_text, size, "daemon");
}

/* Two PFs behind one port without ACS: the file that was first stays in force. */
START_TEST(functions_of_two_files_in_a_group_have_one_owner)
{
	struct bench b;

	bench_machine(&b, 1);
	fake_directory(&b.root, "sys/kernel/iommu_groups/9/devices/0000:07:10.0");
	fake_link(&b.root, "sys/bus/pci/devices/0000:01:10.0/iommu_group",
		  "../../../../kernel/iommu_groups/9");
	fake_function(&b.root, "0000:07:10.0", "vfio-pci");
	bench_open(&b, "test", 1, 1);
	b.pf.set_elsewhere = fake_elsewhere;
	put(&b, b.wanted, 0, "driver", "vfio-pci", 2);
	put(&b, b.wanted, 0, "owner", "daemon", 3);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_no_diags(&b.pf.diags);
	put(&b, b.wanted, 0, "owner", "root", 4);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag_count(&b.pf.diags, 1);
	assert_diag(&b.pf.diags, "test.conf:4",
		    "0000:01:10.0 is in one IOMMU group with 0000:07:10.0 of another file, and the "
		    "group has one node: 'owner' must be 'daemon' for both");
	bench_clear(&b);
}
END_TEST

static void group_with(struct bench *b, const char *address, const char *driver)
{
	char path[128];

	fake_function(&b->root, address, driver);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/9/devices/%s", address);
	fake_directory(&b->root, path);
}

/* With companions = bind, the other members of a device's group are bound with it, except its own
 * VFs and bridges. */
START_TEST(companions_are_bound_with_a_whole_device)
{
	static const int64_t bind = VFIO_COMPANIONS_BIND;
	struct bench b;

	bench_new(&b, "test", 1, 1);
	fake_directory(&b.root, "sys/kernel/iommu_groups/9");
	fake_link(&b.root, "sys/bus/pci/devices/" FAKE_PF "/iommu_group",
		  "../../../../kernel/iommu_groups/9");
	group_with(&b, "0000:01:00.2", "xhci_hcd");
	group_with(&b, "0000:01:00.1", "snd_hda_intel");
	fake_text(&b.root, "sys/bus/pci/devices/0000:01:00.1", "driver_override", "mine\n");
	group_with(&b, "0000:00:1c.0", "pcieport");
	fake_text(&b.root, "sys/bus/pci/devices/0000:00:1c.0", "class", "0x060400\n");
	group_with(&b, "0000:01:00.3", NULL);
	fake_directory(&b.root, "sys/kernel/iommu_groups/9/devices/0000:01:10.0");
	device_close(&b.pf);
	ck_assert_int_eq(device_open(&b.roots, &b.loader, FAKE_PF, &b.pf), 0);
	b.pf.schema = b.schema;
	b.pf.progress = &b.pf.own_progress;
	vfio_companions_observe(&b.pf, b.state);
	assert_text(&b, b.state, VIOD_PF, "companion-drivers",
		    "0000:01:00.1 snd_hda_intel mine, 0000:01:00.2 xhci_hcd -, 0000:01:00.3 - -");
	put(&b, b.wanted, VIOD_PF, "driver", "vfio-pci", 3);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_text(&b, b.wanted, VIOD_PF, "companion-drivers", NULL);
	values_put(b.wanted, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "companions"), &bind,
		   NULL);
	ck_assert_int_eq(vfio_complete(&b.pf, b.state, b.wanted), 0);
	assert_text(&b, b.wanted, VIOD_PF, "companion-drivers",
		    "0000:01:00.1 vfio-pci vfio-pci, 0000:01:00.2 vfio-pci vfio-pci, "
		    "0000:01:00.3 vfio-pci vfio-pci");
	bench_clear(&b);
}
END_TEST

/* The steps of the plugin that are planned, joined by newlines. */
static void assert_steps(struct bench *bench, const struct viod_values *last, const char *expected)
{
	_cleanup_free_ char *got = NULL;
	struct plan_changes changes;
	struct viod_plan plan = { 0 };
	size_t size;
	FILE *out = open_memstream(&got, &size);

	ck_assert_int_eq(plan_diff(bench->wanted, bench->state, last, &changes), 0);
	ck_assert_int_eq(plan_make(&bench->pf, bench->state, &changes, &plan), 0);
	for (size_t i = 0; i < plan.n_steps; i++)
		if (plan.steps[i].owner == &viod_plugin)
			fprintf(out, "%s\n", plan.steps[i].step.text);
	fclose(out);
	ck_assert_str_eq(got, expected);
	plan_clear(&plan);
}

START_TEST(one_step_a_node)
{
	struct bench b;

	bench_new(&b, "test", 2, 2);
	for (int vf = 0; vf < 2; vf++) {
		put(&b, b.wanted, vf, "owner", "root", 3);
		put(&b, b.wanted, vf, "group", "kvm", 4);
		put(&b, b.wanted, vf, "mode", "0660", 5);
	}
	put(&b, b.state, 1, "owner", "root", 0);
	put(&b, b.state, 1, "group", "kvm", 0);
	put(&b, b.state, 1, "mode", "0600", 0);
	put(&b, b.wanted, VIOD_PF, "mode", "0666", 2);
	assert_steps(&b, NULL,
		     "node: mode 0666\n"
		     "vf0.node: owner root, group kvm, mode 0660\n"
		     "vf1.node: mode 0660\n");
	bench_clear(&b);
}
END_TEST

/* A re-created node belongs to root, whatever was set on the previous one. */
START_TEST(what_was_set_before_a_new_driver_counts_for_nothing)
{
	struct bench b;

	bench_new(&b, "test", 1, 1);
	put(&b, b.wanted, 0, "driver", "vfio-pci", 3);
	put(&b, b.wanted, 0, "group", "kvm", 4);
	/* Not there yet, and set on an earlier one. */
	put(&b, b.state, 0, "driver", "igbvf", 0);
	assert_steps(&b, b.wanted, "vf0.node: group kvm\n");
	/* Exists, and is about to be re-created. */
	put(&b, b.state, 0, "driver", "mlx5_vfio_pci", 0);
	put(&b, b.state, 0, "group", "kvm", 0);
	assert_steps(&b, b.wanted, "vf0.node: group kvm\n");
	put(&b, b.state, 0, "driver", "vfio-pci", 0);
	assert_steps(&b, b.wanted, "");
	bench_clear(&b);
}
END_TEST

START_TEST(the_driver_of_a_word)
{
	char driver[VIOD_NAME_MAX];
	struct bench b;

	bench_new(&b, "test", 1, 1);
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "vfio", driver), 0);
	ck_assert_str_eq(driver, "vfio-pci");
	/* A VF that is not there yet. */
	ck_assert_int_eq(vfio_resolve(&b.pf, 5, "vfio", driver), 0);
	ck_assert_str_eq(driver, "vfio-pci");
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "mlx5_vfio_pci", driver), 0);
	ck_assert_str_eq(driver, "mlx5_vfio_pci");
	/* The folder of the driver decides how it is spelt. */
	fake_directory(&b.root, "sys/bus/pci/drivers/hisi-acc-vfio-pci");
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "hisi_acc_vfio_pci", driver), 0);
	ck_assert_str_eq(driver, "hisi-acc-vfio-pci");
	bench_clear(&b);
}
END_TEST

/* --- the best driver of a device ------------------------------------------------------------- */

static char asked_for[300];
static const char *best;

static int best_module(struct viod_pf *pf, const char *alias, char *ret_name, size_t size)
{
	snprintf(asked_for, sizeof(asked_for), "%s", alias);
	if (!best)
		return -ENOENT;
	snprintf(ret_name, size, "%s", best);
	return 0;
}

START_TEST(the_driver_that_knows_the_device)
{
	struct viod_host host = host_table;
	char driver[VIOD_NAME_MAX];
	struct bench b;

	bench_machine(&b, 1);
	fake_text(&b.root, "sys/bus/pci/devices/0000:01:10.0", "modalias",
		  "pci:v00008086d00001520sv*\n");
	fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "sriov_vf_device", "10ca\n");
	bench_open(&b, "test", 1, 1);
	host.best_module = best_module;
	viod_host = &host;
	best = "mlx5_vfio_pci";
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "vfio", driver), 0);
	ck_assert_str_eq(asked_for, "vfio_pci:v00008086d00001520sv*");
	ck_assert_str_eq(driver, "mlx5_vfio_pci");
	/* The module and its driver are spelt differently. */
	best = "vfio_pci";
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "vfio", driver), 0);
	ck_assert_str_eq(driver, "vfio-pci");
	/* A VF that is not there yet has the PF's ids, and the device of its capability. */
	best = "qat_vfio_pci";
	ck_assert_int_eq(vfio_resolve(&b.pf, 1, "vfio", driver), 0);
	ck_assert_str_eq(asked_for, "vfio_pci:v00008086d000010CAsv00001AF4sd00001100bc02sc00i00");
	ck_assert_str_eq(driver, "qat_vfio_pci");
	best = NULL;
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "vfio", driver), 0);
	ck_assert_str_eq(driver, "vfio-pci");
	/* Of another bus. */
	best = "mlx5_vfio_pci";
	fake_text(&b.root, "sys/bus/pci/devices/0000:01:10.0", "modalias", "virtio:d1v2\n");
	ck_assert_int_eq(vfio_resolve(&b.pf, 0, "vfio", driver), 0);
	ck_assert_str_eq(driver, "vfio-pci");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_file_that_says_vfio_gets_nodes_for_root,
		other_drivers_have_no_nodes,
		unknown_names_and_modes_are_reported_once_a_line,
		octal_modes_and_nothing_else,
		a_whole_device_has_no_vfs,
		functions_of_a_group_have_one_owner,
		functions_of_two_files_in_a_group_have_one_owner,
		companions_are_bound_with_a_whole_device,
		one_step_a_node,
		what_was_set_before_a_new_driver_counts_for_nothing,
		the_driver_of_a_word,
		the_driver_that_knows_the_device,
	};

	return run_tests("vfio", tests, ARRAY_SIZE(tests));
}
