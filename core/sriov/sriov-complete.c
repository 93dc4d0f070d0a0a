/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of what is wanted against the device: "max", counts beyond its limit, drivers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device/plugin-call.h"
#include "kernel/kmod.h"
#include "kernel/pci-device.h"
#include "loader/quirk-match.h"
#include "plan/host-table.h"
#include "sriov/sriov-private.h"

/* The advice of the device's quirk for too few VFs, as the end of a sentence. */
static void too_few(struct viod_pf *pf, const char *otherwise, char *ret_text, size_t size)
{
	const char *advice = quirk_advice(&pf->quirk, "vfs", ERANGE);

	snprintf(ret_text, size, "%s" ADVICE_FORMAT, otherwise, ADVICE(advice));
}

/* Distinguishes a device without SR-IOV from one whose kernel or firmware does not offer it. */
static void report_incapable(struct viod_pf *pf, const struct viod_where *where)
{
	const struct viod_function *function = device_known(pf, VIOD_PF);
	struct pci_description known = { 0 };
	char text[768], reason[512];

	if (!function || pci_describe(pf->roots, function, &known) < 0)
		known = (struct pci_description){ 0 };
	if (known.sriov)
		snprintf(reason, sizeof(reason),
			 "the kernel does not offer the SR-IOV capability of this device; it needs "
			 "CONFIG_PCI_IOV");
	else
		snprintf(reason, sizeof(reason),
			 "this device has no SR-IOV capability%s%s%s; name another PF, or remove "
			 "'vfs'",
			 *known.name ? " (" : "", known.name, *known.name ? ")" : "");
	too_few(pf, reason, text, sizeof(text));
	host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0, "%s", text);
}

/* A driver whose count is an option of its module. */
static int refuse_fixed(struct viod_pf *pf, const struct viod_where *where,
			struct viod_values *wanted)
{
	char advice[512];

	/* The baseline's count cannot be restored, and there is no line to correct. */
	if (!where->file) {
		values_forget(wanted, VIOD_PF,
			      schema_row_of(pf->schema, &sriov_rows[SRIOV_ROW_VFS]));
		return 0;
	}
	too_few(pf, "", advice, sizeof(advice));
	host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
			  "this device has %zu VFs, and its driver does not support another "
			  "number%s",
			  pf->n_vfs, advice);
	return -EINVAL;
}

/* A number of a file, or of a baseline. */
static int check_number(struct viod_pf *pf, const struct sriov_limits *limits, int64_t vfs,
			const struct viod_where *where, struct viod_values *wanted)
{
	char advice[512];

	if (limits->fixed)
		return vfs == (int64_t)pf->n_vfs ? 0 : refuse_fixed(pf, where, wanted);
	if (vfs > limits->most) {
		too_few(pf, limits->most ? "" : " (firmware or BIOS may have SR-IOV switched off)",
			advice, sizeof(advice));
		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
				  "vfs = %lld is more than this device can have; it is 0 to %u%s",
				  (long long)vfs, limits->most, advice);
		return -ERANGE;
	}
	if (vfs > 0 && vfs != limits->most && (pf->quirk.flags & VIOD_QUIRK_COUNT_IGNORED) &&
	    where->file) {
		host_table.report(
			pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
			"this device creates all of its VFs or none; write vfs = %u, or max",
			limits->most);
		return -ERANGE;
	}
	return 0;
}

static int complete_count(struct viod_pf *pf, struct viod_values *wanted)
{
	const int64_t *vfs = host_table.get(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS]);
	const struct viod_where *where =
		host_table.where(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS]);
	struct sriov_limits limits;
	int64_t count;
	int r;

	if (!vfs)
		return 0;
	r = sriov_limits(pf, &limits);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0) {
		if (*vfs == 0)
			values_forget(wanted, VIOD_PF,
				      schema_row_of(pf->schema, &sriov_rows[SRIOV_ROW_VFS]));
		else
			report_incapable(pf, where);
		return *vfs == 0 ? 0 : -EINVAL;
	}
	if (*vfs != SRIOV_VFS_MAX)
		return check_number(pf, &limits, *vfs, where, wanted);
	if (limits.unlimited && !limits.fixed) {
		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
				  "this device does not report its maximum number of VFs; write a "
				  "number instead of max");
		return -EINVAL;
	}
	count = sriov_count(pf, &limits, *vfs);
	return host_table.put(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS], &count);
}

static bool driver_exists(struct viod_pf *pf, int vf, const char *name)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "bus/pci/drivers/%s", name);
	fd = host_table.open_at(pf, VIOD_TREE_SYS, path, O_PATH | O_DIRECTORY);
	closep(&fd);
	return fd >= 0 || module_exists(name);
}

/* A plugin may resolve a word to a driver that it does not serve by name. */
static int remember_resolved(struct viod_pf *pf, const char *driver,
			     const struct viod_plugin *plugin)
{
	struct device_resolved *slot;

	if (sriov_plugin_of(pf, driver) == plugin)
		return 0;
	slot = array_append((void **)&pf->resolved, &pf->n_resolved, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->plugin = plugin;
	return copy_text(slot->driver, sizeof(slot->driver), driver);
}

/* The word may be one that a driver plugin serves; such a plugin has the name of its first word. */
static void report_missing_driver(struct viod_pf *pf, int vf, const struct viod_where *where,
				  const char *driver)
{
	bool installed;
	const char *why = loader_why_absent(pf->loader, driver, &installed);

	if (installed || words_have(sriov_plugin.needs, driver))
		host_table.report(pf, VIOD_ERROR, vf, NULL, where, 0,
				  "'driver = %s' needs plugin '%s', which is not loaded: %s",
				  driver, driver, why);
	else
		host_table.report(pf, VIOD_ERROR, vf, NULL, where, 0,
				  "driver '%s' is neither loaded nor a module of this kernel; "
				  "install its module, or write the name of another driver",
				  driver);
}

static int complete_driver(struct viod_pf *pf, struct viod_values *wanted, int vf,
			   struct viod_driver *known)
{
	const struct viod_option *row =
		&sriov_rows[vf == VIOD_PF ? SRIOV_ROW_PF_DRIVER : SRIOV_ROW_DRIVER];
	const struct viod_driver *driver = host_table.get(wanted, vf, row);
	const struct viod_where *where = host_table.where(wanted, vf, row);
	const struct viod_plugin *plugin;
	struct viod_driver resolved = { 0 };
	int r;

	if (!driver)
		return 0;
	if (!pf->vfs_are_devices && vf != VIOD_PF) {
		if (where->file)
			host_table.report(
				pf, VIOD_ERROR, vf, NULL, where, 0,
				"VFs of this device are not PCI devices and have no driver; remove "
				"'driver'");
		values_forget(wanted, vf, schema_row_of(pf->schema, row));
		return where->file ? -EINVAL : 0;
	}
	if (driver_is_default(driver) || driver_is_none(driver))
		return 0;
	plugin = loader_driver(pf->loader, driver->name);
	if (plugin && plugin->ops && plugin->ops->choose_driver) {
		plugin_enter(pf, plugin, "resolve");
		r = plugin->ops->choose_driver(pf, vf, driver->name, resolved.name);
		plugin_leave(pf);
		if (r < 0)
			return r;
		resolved.name[sizeof(resolved.name) - 1] = '\0';
		r = remember_resolved(pf, resolved.name, plugin);
		if (r < 0)
			return r;
		host_table.put(wanted, vf, row, &resolved);
		return 0;
	}
	/* Most VFs of a file name the same driver: it is looked up once. */
	if (streq(known->name, driver->name))
		return 0;
	if (!driver_exists(pf, vf, driver->name)) {
		report_missing_driver(pf, vf, where, driver->name);
		return 0;
	}
	*known = *driver;
	return 0;
}

int sriov_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	struct viod_driver known = { 0 };
	int r;

	r = complete_count(pf, wanted);
	if (r == 0)
		sriov_settle_for_less(pf, state, wanted);
	for (int vf = VIOD_PF; vf < (int)wanted->n_vfs && r == 0; vf++)
		r = complete_driver(pf, wanted, vf, &known);
	return r;
}
