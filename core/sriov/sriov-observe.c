/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the count, autoprobe, and the driver of each function. */
#include <errno.h>
#include <string.h>

#include "kernel/kmod.h"
#include "model/value.h"
#include "plan/host-table.h"
#include "sriov/sriov-private.h"

/* True if the kernel would choose this driver without its override. */
static bool is_first_choice(struct viod_pf *pf, const char *modalias, const char *driver)
{
	char path[160], module[VIOD_NAME_MAX];

	if (!module_exists(modalias))
		return false;
	snprintf(path, sizeof(path), "bus/pci/drivers/%s/module", driver);
	if (sysfs_link_name(pf->roots->trees[VIOD_TREE_SYS], path, module, sizeof(module)) < 0)
		(void)copy_text(module, sizeof(module), driver);
	return module_alias_names(modalias, module);
}

/* "default" is satisfied by the driver that the kernel has bound without an override, also one that
 * modprobe.d blacklists or that knows the device by new_id, and by no driver if this kernel has
 * none for the device. */
static bool is_native(struct viod_pf *pf, int vf, const char *driver, const char *override)
{
	const char *modalias = device_slot(pf, vf)->modalias;

	if (override[0] && !streq(driver, override))
		return false;
	if (driver && !override[0])
		return true;
	if (!*modalias)
		return false;
	return driver ? is_first_choice(pf, modalias, driver) : module_is_missing(modalias);
}

static void observe_driver(struct viod_pf *pf, struct viod_values *state, int vf)
{
	const struct viod_function *function = device_function(pf, vf);
	char override[VIOD_NAME_MAX] = "";
	struct viod_driver driver = { 0 };

	if (!function)
		return;
	sriov_read_override(pf, vf, override);
	driver.native = is_native(pf, vf, function->driver, override);
	(void)copy_text(driver.name, sizeof(driver.name),
			function->driver ? function->driver : DRIVER_NONE);
	host_table.put(state, vf,
		       &sriov_rows[vf == VIOD_PF ? SRIOV_ROW_PF_DRIVER : SRIOV_ROW_DRIVER],
		       &driver);
	if (pf->vfs_are_devices) {
		char padded[VIOD_NAME_MAX] = "";

		(void)copy_text(padded, sizeof(padded), override);
		host_table.put(
			state, vf,
			&sriov_rows[vf == VIOD_PF ? SRIOV_ROW_PF_OVERRIDE : SRIOV_ROW_OVERRIDE],
			padded);
	}
}

int sriov_observe(struct viod_pf *pf, struct viod_values *state)
{
	char text[8];
	struct sriov_limits limits;
	int r = sriov_limits(pf, &limits);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0) {
		int64_t count = (int64_t)pf->n_vfs;

		host_table.put(state, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS], &count);
	}
	if (host_table.read(pf, VIOD_PF, "sriov_drivers_autoprobe", text, sizeof(text)) == 0) {
		bool autoprobe = text[0] == '1';

		host_table.put(state, VIOD_PF, &sriov_rows[SRIOV_ROW_AUTOPROBE], &autoprobe);
	}
	observe_driver(pf, state, VIOD_PF);
	for (size_t i = 0; i < pf->n_vfs && pf->vfs_are_devices; i++)
		observe_driver(pf, state, (int)i);
	return 0;
}
