/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons why a function cannot be used by user space, each with advice. The kernel returns
 * EINVAL, or reports only later, to the consumer, that the group is not viable. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

/* What vfio-pci itself refuses (kernel: vfio_pci_dev_in_denylist()). */
static const struct viod_match denylist[] = {
	VIOD_MATCH_DEVICE(0x8086, 0x0435), /* QAT DH895xCC and its VFs */
	VIOD_MATCH_DEVICE(0x8086, 0x0443),
	VIOD_MATCH_DEVICE(0x8086, 0x37c8), /* QAT C62x */
	VIOD_MATCH_DEVICE(0x8086, 0x37c9),
	VIOD_MATCH_DEVICE(0x8086, 0x19e2), /* QAT C3xxx */
	VIOD_MATCH_DEVICE(0x8086, 0x19e3),
	VIOD_MATCH_DEVICE(0x8086, 0x0b25), /* DSA and IAX of Sapphire Rapids */
	VIOD_MATCH_DEVICE(0x8086, 0x0cfe),
	{ 0 },
};

#define VENDOR_NVIDIA 0x10de

static bool exists(struct viod_pf *pf, enum viod_tree tree, const char *path)
{
	struct stat status;

	return viod_stat_at(pf, tree, path, &status) == 0;
}

/* A bool parameter of a module: 1, 0, or -1 if it does not exist. */
static int read_switch(struct viod_pf *pf, const char *path)
{
	char text[8];

	if (viod_read_at(pf, VIOD_TREE_SYS, path, text, sizeof(text)) < 0)
		return -1;
	return text[0] == 'Y' || text[0] == '1';
}

static const struct viod_where *where_of(const struct viod_values *wanted, int vf)
{
	const struct viod_option *row = wanted ? viod_option_of(wanted, vf, "driver") : NULL;

	return row ? viod_where(wanted, vf, row) : NULL;
}

/* --- the device ------------------------------------------------------------------------------ */

static int check_device(struct viod_pf *pf, int vf, const char *driver,
			const struct viod_values *wanted)
{
	const struct viod_function *function = viod_function(pf, vf);
	const struct viod_function *parent = viod_function(pf, VIOD_PF);
	char text[8];

	for (const struct viod_match *row = denylist; row->vendor; row++) {
		if (strcmp(driver, "vfio-pci") != 0 || function->vendor != row->vendor ||
		    function->device != row->device ||
		    read_switch(pf, "module/vfio_pci/parameters/disable_denylist") == 1)
			continue;
		viod_report(
			pf, VIOD_ERROR, vf, NULL, where_of(wanted, vf), 0,
			"%s (%04x:%04x) is on the kernel's list of devices that can harm the host when user space drives them; if its user is trusted, load vfio-pci with disable_denylist=1",
			function->address, function->vendor, function->device);
		return -EPERM;
	}
	if (vf != VIOD_PF && function->vendor == VENDOR_NVIDIA &&
	    viod_read(pf, vf, "nvidia/current_vgpu_type", text, sizeof(text)) != -ENOENT) {
		viod_report(
			pf, VIOD_ERROR, vf, NULL, where_of(wanted, vf), 0,
			"%s is an NVIDIA vGPU, which a virtual machine uses through its own driver; write "
			"'driver = nvidia' or remove 'driver'",
			function->address);
		return -EBUSY;
	}
	if (vf != VIOD_PF && parent && viod_is_vfio_driver(parent->driver)) {
		viod_report(
			pf, VIOD_ERROR, vf, NULL, where_of(wanted, vf), 0,
			"the PF itself is bound to %s, so its VFs can be opened only with the token that the user of the PF has set; bind the PF to its native driver",
			parent->driver);
		return -EBUSY;
	}
	return 0;
}

/* --- the IOMMU ------------------------------------------------------------------------------- */

static bool has_iommu(struct viod_pf *pf)
{
	const struct dirent *entry;
	bool has = false;
	DIR *directory;

	if (viod_open_directory(pf, VIOD_TREE_SYS, "class/iommu", &directory) < 0)
		return false;
	while ((entry = readdir(directory)))
		has = has || entry->d_name[0] != '.';
	closedir(directory);
	return has;
}

/* If there is an IOMMU, the firmware describes it in a table. */
static const char *advise_iommu(struct viod_pf *pf)
{
	if (exists(pf, VIOD_TREE_SYS, "firmware/acpi/tables/DMAR"))
		return "the machine has one that the kernel does not use: boot with intel_iommu=on";
	if (exists(pf, VIOD_TREE_SYS, "firmware/acpi/tables/IVRS"))
		return "the machine has one that the kernel does not use: remove amd_iommu=off and "
		       "iommu=off from the kernel command line";
	if (exists(pf, VIOD_TREE_SYS, "firmware/acpi/tables/IORT"))
		return "firmware describes an SMMU that the kernel does not use: remove "
		       "iommu.passthrough and arm-smmu options from the kernel command line";
	return "switch it on in firmware (Intel VT-d, AMD-Vi, SMMU), and on Intel boot with "
	       "intel_iommu=on";
}

static bool allows_noiommu(const struct viod_values *wanted, int vf)
{
	const int64_t *noiommu = wanted ? viod_get(wanted, vf, vfio_row(vf, VFIO_ROW_NOIOMMU))
					: NULL;

	return noiommu && *noiommu == VFIO_NOIOMMU_ALLOW;
}

static int check_without_iommu(struct viod_pf *pf, int vf, const struct viod_values *wanted)
{
	const struct viod_where *where = where_of(wanted, vf);
	const struct viod_function *function = viod_function(pf, vf);
	int mode;

	if (!allows_noiommu(wanted, vf)) {
		if (has_iommu(pf))
			viod_report(
				pf, VIOD_ERROR, vf, NULL, where, 0,
				"%s is in no IOMMU group: this machine's IOMMU does not cover it; "
				"put the card into another slot",
				function->address);
		else
			viod_report(
				pf, VIOD_ERROR, vf, NULL, where, 0,
				"no IOMMU is in use, and without one %s could write to all memory; "
				"%s",
				function ? function->address : "the VF", advise_iommu(pf));
		return -EPERM;
	}
	if (viod_load_module(pf, "vfio") == -EROFS)
		return -EROFS;
	mode = read_switch(pf, "module/vfio/parameters/enable_unsafe_noiommu_mode");
	if (mode == 1)
		return 0;
	viod_report(
		pf, VIOD_ERROR, vf, NULL, where, 0,
		mode < 0
			? "'noiommu = allow', but this kernel does not support it "
			  "(CONFIG_VFIO_NOIOMMU)"
			: "'noiommu = allow', but it is not enabled in the kernel; load the module vfio "
			  "with enable_unsafe_noiommu_mode=1");
	return -EPERM;
}

/* --- the group ------------------------------------------------------------------------------- */

static bool binds_companions(const struct viod_values *wanted, int vf)
{
	const int64_t *companions =
		wanted && vf == VIOD_PF
			? viod_get(wanted, VIOD_PF, &vfio_options[VFIO_ROW_COMPANIONS])
			: NULL;

	return companions && *companions == VFIO_COMPANIONS_BIND;
}

static void list_offenders(const struct vfio_member *members, size_t count, char *ret_text,
			   size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++)
		if (vfio_member_hinders(&members[i]))
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s (%s)",
						 used ? ", " : "", members[i].address,
						 members[i].driver);
}

/* Why the group has other members, as the end of a clause. */
static void explain_group(struct viod_pf *pf, int vf, char *ret_text, size_t size)
{
	char port[32];
	int r = viod_port_without_acs(pf, vf, port, sizeof(port));

	ret_text[0] = '\0';
	if (r > 0)
		snprintf(ret_text, size, ", because port %s above it has no ACS", port);
	else if (r == 0)
		snprintf(ret_text, size,
			 ", because the card does not isolate its functions from each other (ACS)");
}

static int report_offenders(struct viod_pf *pf, int vf, const struct vfio_member *members,
			    size_t count, const struct viod_where *where)
{
	const struct viod_function *function = viod_function(pf, vf);
	const struct viod_function *parent = viod_function(pf, VIOD_PF);
	bool with_pf = false;
	char text[1024], why[128];

	for (size_t i = 0; i < count && vf != VIOD_PF; i++)
		with_pf = with_pf || (vfio_member_hinders(&members[i]) &&
				      strcmp(members[i].address, parent->address) == 0);
	list_offenders(members, count, text, sizeof(text));
	explain_group(pf, vf, why, sizeof(why));
	viod_report(
		pf, VIOD_ERROR, vf, NULL, where, 0,
		with_pf ? "IOMMU group %d of %s is the whole card%s: %s; put the card into a slot of a port with ACS, or enable ACS in the firmware"
			: "IOMMU group %d of %s has members that the host uses%s: %s; bind them to VFIO as well ('companions = bind' does so for a whole device), or unbind "
			  "them",
		function->iommu_group, function->address, why, text);
	return -EBUSY;
}

static int check_group(struct viod_pf *pf, int vf, const struct viod_values *wanted)
{
	struct vfio_member *members;
	size_t count;
	int r;

	r = vfio_members_find(pf, vf, &members, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count && r == 0 && !binds_companions(wanted, vf); i++)
		if (vfio_member_hinders(&members[i]))
			r = report_offenders(pf, vf, members, count, where_of(wanted, vf));
	free(members);
	return r;
}

/* --- modules --------------------------------------------------------------------------------- */

static int load_modules(struct viod_pf *pf, int vf, const char *driver,
			const struct viod_values *wanted)
{
	int r = vfio_driver_is_loaded(pf, driver) ? 0 : viod_load_module(pf, driver);

	if (r == -EROFS)
		return r;
	if (r == 0 && !vfio_driver_is_loaded(pf, driver))
		r = -ENOENT;
	if (r < 0) {
		viod_report(
			pf, VIOD_ERROR, vf, NULL, where_of(wanted, vf), r == -ENOENT ? 0 : -r,
			r == -ENOENT
				? "this kernel has no driver '%s' (CONFIG_VFIO_PCI); install the "
				  "package with all of its modules"
				: "the module of driver '%s' cannot be loaded",
			driver);
		return r;
	}
	/* Consumers that open the group need this module; those that open the device do not, and
	 * the kernel may lack it. */
	r = viod_load_module(pf, "vfio_iommu_type1");
	if (r == -EROFS)
		return r;
	if (r < 0 && !exists(pf, VIOD_TREE_DEV, "iommu")) {
		viod_report(
			pf, VIOD_ERROR, vf, NULL, where_of(wanted, vf), r == -ENOENT ? 0 : -r,
			"the module vfio_iommu_type1, which maps memory for the user of a group, %s",
			r == -ENOENT ? "is missing from this kernel (CONFIG_VFIO_IOMMU_TYPE1)"
				     : "cannot be loaded");
		return r;
	}
	return 0;
}

int vfio_ready(struct viod_pf *pf, int vf, const char *driver, const struct viod_values *wanted)
{
	const struct viod_function *function = viod_function(pf, vf);
	int r;

	/* A VF that does not exist yet. */
	if (!function)
		return has_iommu(pf) ? -ENODEV : check_without_iommu(pf, vf, wanted);
	r = check_device(pf, vf, driver, wanted);
	/* Without an IOMMU the driver creates the group. */
	if (r == 0 && (function->iommu_group < 0 || !has_iommu(pf)))
		r = check_without_iommu(pf, vf, wanted);
	else if (r == 0)
		r = check_group(pf, vf, wanted);
	/* complete() knows no group of VFs that are about to be created. */
	if (r == 0 && wanted)
		r = vfio_check_owner(pf, wanted, vf);
	return r < 0 ? r : load_modules(pf, vf, driver, wanted);
}
