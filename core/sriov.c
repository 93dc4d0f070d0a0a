/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sriov.h"

#include <errno.h>
#include <fcntl.h>
#include <pci/pci.h>
#include <string.h>

#include "host.h"
#include "module.h"
#include "quirk.h"
#include "scan.h"

static const struct viod_name vfs_words[] = { { "max", SRIOV_VFS_MAX }, { NULL, 0 } };
static const struct viod_name on_remove_words[] = { { "release", SRIOV_RELEASE },
						    { "keep", SRIOV_KEEP },
						    { NULL, 0 } };
static const struct viod_name drift_words[] = { { "enforce", SRIOV_ENFORCE },
						{ "report", SRIOV_REPORT },
						{ "ignore", SRIOV_IGNORE },
						{ NULL, 0 } };

#define PF_ROW(type_, key_, field_)                                       \
	.scope = VIOD_SCOPE_PF, .type = VIOD_TYPE_##type_, .key = (key_), \
	VIOD_FIELD(struct sriov_pf, field_)
#define VF_ROW(type_, key_, field_)                                       \
	.scope = VIOD_SCOPE_VF, .type = VIOD_TYPE_##type_, .key = (key_), \
	VIOD_FIELD(struct sriov_vf, field_)

const struct viod_option sriov_rows[] = {
	[SRIOV_ROW_NAME] = { PF_ROW(STRING, "name", name),
			     .flags = VIOD_OPTION_REQUIRED | VIOD_OPTION_POLICY,
			     .help = "The PF: a PCI address, an interface name, or mac: and an address." },
	[SRIOV_ROW_KIND] = { PF_ROW(STRING, "kind", kind),
			     .flags = VIOD_OPTION_REQUIRED | VIOD_OPTION_POLICY,
			     .help = "What the device is; decides which keys there are." },
	[SRIOV_ROW_VFS] = { PF_ROW(INT, "vfs", vfs), .max = SCAN_VF_MAX, .names = vfs_words,
			    .flags = VIOD_OPTION_RECREATES | VIOD_OPTION_DISRUPTIVE,
			    .phase = VIOD_PHASE_RESIZE,
			    .help = "How many VFs there are; absent leaves the count alone." },
	[SRIOV_ROW_PF_DRIVER] = { PF_ROW(DRIVER, "driver", driver),
				  .flags = VIOD_OPTION_RECREATES | VIOD_OPTION_DISRUPTIVE,
				  .phase = VIOD_PHASE_DETACH,
				  .help = "The driver of the PF itself; absent leaves it alone." },
	[SRIOV_ROW_ON_REMOVE] = { PF_ROW(ENUM, "on-remove", on_remove), .names = on_remove_words,
				  .flags = VIOD_OPTION_POLICY, .fallback = "release",
				  .help = "What happens when the file goes: put back what was there, or "
					  "keep everything." },
	[SRIOV_ROW_DRIFT] = { PF_ROW(ENUM, "drift", drift), .names = drift_words,
			      .flags = VIOD_OPTION_POLICY, .fallback = "enforce",
			      .help = "What happens when somebody else changes the device." },
	[SRIOV_ROW_TIMEOUT] = { PF_ROW(INT, "timeout", timeout), .min = 1, .max = 86400,
				.flags = VIOD_OPTION_POLICY, .fallback = "120",
				.help = "Seconds a job may take before it is reported stuck." },
	[SRIOV_ROW_FORCE] = { PF_ROW(BOOL, "force", force), .flags = VIOD_OPTION_POLICY,
			      .fallback = "no",
			      .help = "Whether the PF changes its driver though the host uses it." },
	[SRIOV_ROW_AUTOPROBE] = { PF_ROW(BOOL, "drivers-autoprobe", drivers_autoprobe),
				  .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_SETTLE,
				  .help = "Whether the kernel probes new VFs." },
	[SRIOV_ROW_PF_OVERRIDE] = { PF_ROW(STRING, "driver-override", driver_override),
				    .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_DETACH,
				    .help = "The driver the kernel is told to use for the PF." },
	[SRIOV_ROW_DRIVER] = { VF_ROW(DRIVER, "driver", driver), .phase = VIOD_PHASE_ATTACH,
			       .flags = VIOD_OPTION_DISRUPTIVE, .fallback = "default",
			       .help = "The driver of the VF: a name, default, or none." },
	[SRIOV_ROW_OVERRIDE] = { VF_ROW(STRING, "driver-override", driver_override),
				 .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_ATTACH,
				 .help = "The driver the kernel is told to use." },
	[SRIOV_ROW_END] = { 0 },
};

/* --- observe --------------------------------------------------------------------------------- */

int sriov_total(struct viod_pf *pf, unsigned *ret_total)
{
	char text[16];
	int r = host_table.read(pf, VIOD_PF, "sriov_totalvfs", text, sizeof(text));

	/* netdevsim has VFs and does not say how many at most. */
	if (r == -ENOENT && pf->present && !pf->vfs_are_devices) {
		*ret_total = SCAN_VF_MAX;
		return 1;
	}
	if (r < 0)
		return r;
	*ret_total = (unsigned)strtoul(text, NULL, 10);
	return 0;
}

static void read_override(struct viod_pf *pf, int vf, char ret_name[static VIOD_NAME_MAX])
{
	if (host_table.read(pf, vf, "driver_override", ret_name, VIOD_NAME_MAX) < 0 ||
	    streq(ret_name, "(null)"))
		ret_name[0] = '\0';
}

/* Whether the kernel would choose this driver by itself. It need not have done so: an override that
 * led to the driver may be gone while the driver is still there. */
static bool is_first_choice(struct viod_pf *pf, const char *modalias, const char *driver,
			    bool otherwise)
{
	char path[160], module[VIOD_NAME_MAX];

	if (!module_exists(modalias))
		return otherwise;
	snprintf(path, sizeof(path), "bus/pci/drivers/%s/module", driver);
	if (sysfs_link_name(pf->roots->trees[VIOD_TREE_SYS], path, module, sizeof(module)) < 0)
		(void)copy_text(module, sizeof(module), driver);
	return module_alias_names(modalias, module);
}

/* "default" is satisfied by the driver that the kernel chooses when nothing overrides it, and by no
 * driver where this kernel has none for the device. */
static bool is_native(struct viod_pf *pf, int vf, const char *driver, const char *override)
{
	char modalias[256];

	if (override[0] && !streq(driver, override))
		return false;
	if (host_table.read(pf, vf, "modalias", modalias, sizeof(modalias)) < 0)
		return driver && !override[0];
	return driver ? is_first_choice(pf, modalias, driver, !override[0])
		      : !module_exists(modalias);
}

static void observe_driver(struct viod_pf *pf, struct viod_values *state, int vf)
{
	const struct viod_function *function = device_function(pf, vf);
	char override[VIOD_NAME_MAX] = "";
	struct viod_driver driver = { 0 };

	if (!function)
		return;
	read_override(pf, vf, override);
	driver.native = is_native(pf, vf, function->driver, override);
	(void)copy_text(driver.name, sizeof(driver.name),
			function->driver ? function->driver : "none");
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

static int observe(struct viod_pf *pf, struct viod_values *state)
{
	char text[8];
	unsigned total;

	if (sriov_total(pf, &total) >= 0) {
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

const struct viod_plugin *sriov_plugin_of(const struct viod_pf *pf, const char *driver)
{
	for (size_t i = 0; i < pf->n_resolved; i++)
		if (streq(pf->resolved[i].driver, driver))
			return pf->resolved[i].plugin;
	return loader_driver(pf->loader, driver);
}

/* --- complete -------------------------------------------------------------------------------- */

/* Tells a device that cannot do SR-IOV from one whose kernel or firmware does not offer it. */
static bool has_capability(struct viod_pf *pf)
{
	struct pci_access *access = pci_alloc();
	struct viod_bdf bdf;
	struct pci_dev *device;
	bool has = false;

	if (!access)
		return false;
	pci_init(access);
	if (bdf_parse(pf->self.address, &bdf) == 0) {
		device = pci_get_dev(access, (int)bdf.domain, bdf.bus, bdf.device, bdf.function);
		has = device && pci_find_cap(device, PCI_EXT_CAP_ID_SRIOV, PCI_CAP_EXTENDED);
		if (device)
			pci_free_dev(device);
	}
	pci_cleanup(access);
	return has;
}

/* What the device's quirk says to too few VFs, as the end of a sentence. */
static void too_few(struct viod_pf *pf, const char *otherwise, char *ret_text, size_t size)
{
	const char *advice = quirk_advice(&pf->quirk, "vfs", ERANGE);

	snprintf(ret_text, size, "%s%s%s", otherwise, advice ? "; " : "", advice ? advice : "");
}

static void report_incapable(struct viod_pf *pf, const struct viod_where *where)
{
	char text[512];

	if (has_capability(pf))
		too_few(pf,
			"the kernel does not offer the SR-IOV capability of this device; it needs "
			"CONFIG_PCI_IOV",
			text, sizeof(text));
	else
		too_few(pf,
			"this device has no SR-IOV capability; name another PF, or remove 'vfs'",
			text, sizeof(text));
	host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0, "%s", text);
}

/* A driver whose count is an option of its module. */
static int complete_fixed(struct viod_pf *pf, const struct viod_where *where, int64_t vfs,
			  struct viod_values *wanted)
{
	int64_t now = (int64_t)pf->n_vfs;
	char advice[512];

	if (vfs == SRIOV_VFS_MAX) {
		host_table.put(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS], &now);
		return 0;
	}
	if (vfs == now)
		return 0;
	/* What was there before viod came cannot be put back, and there is no line to mend. */
	if (!where->file) {
		values_forget(wanted, VIOD_PF,
			      schema_row_of(pf->schema, &sriov_rows[SRIOV_ROW_VFS]));
		return 0;
	}
	too_few(pf, "", advice, sizeof(advice));
	host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
			  "this device has %lld VFs, and its driver does not let that be changed%s",
			  (long long)now, advice);
	return -EINVAL;
}

static int complete_count(struct viod_pf *pf, struct viod_values *wanted)
{
	char advice[512];
	const int64_t *vfs = host_table.get(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS]);
	const struct viod_where *where =
		host_table.where(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS]);
	unsigned total;
	int64_t limit;
	int told;

	if (!vfs)
		return 0;
	told = sriov_total(pf, &total);
	if (told < 0) {
		if (*vfs == 0)
			values_forget(wanted, VIOD_PF,
				      schema_row_of(pf->schema, &sriov_rows[SRIOV_ROW_VFS]));
		else
			report_incapable(pf, where);
		return *vfs == 0 ? 0 : -EINVAL;
	}
	if (pf->quirk.flags & VIOD_QUIRK_COUNT_READ_ONLY)
		return complete_fixed(pf, where, *vfs, wanted);
	limit = pf->quirk.max_vfs ? MIN(total, pf->quirk.max_vfs) : total;
	if (*vfs == SRIOV_VFS_MAX && told > 0) {
		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
				  "this device does not say how many VFs it can have at most; give "
				  "a number instead of max");
		return -EINVAL;
	}
	if (*vfs == SRIOV_VFS_MAX) {
		host_table.put(wanted, VIOD_PF, &sriov_rows[SRIOV_ROW_VFS], &limit);
	} else if (*vfs > limit) {
		too_few(pf, total ? "" : " (firmware or BIOS may have SR-IOV switched off)", advice,
			sizeof(advice));
		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
				  "vfs = %lld is more than this device can have; it is 0 to %lld%s",
				  (long long)*vfs, (long long)limit, advice);
		return -ERANGE;
	} else if (*vfs > 0 && *vfs != limit && (pf->quirk.flags & VIOD_QUIRK_COUNT_IGNORED) &&
		   where->file) {
		host_table.report(
			pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
			"this device creates all of its VFs or none; write vfs = %lld, or "
			"max",
			(long long)limit);
		return -ERANGE;
	}
	return 0;
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
				"VFs of this device are no devices of their own and have no "
				"driver; remove 'driver'");
		values_forget(wanted, vf, schema_row_of(pf->schema, row));
		return where->file ? -EINVAL : 0;
	}
	if (streq(driver->name, "default") || streq(driver->name, "none"))
		return 0;
	plugin = loader_driver(pf->loader, driver->name);
	if (plugin && plugin->ops && plugin->ops->resolve) {
		host_enter(pf, plugin, "resolve");
		r = plugin->ops->resolve(pf, vf, driver->name, resolved.name);
		host_leave(pf);
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
		host_table.report(
			pf, VIOD_ERROR, vf, NULL, where, 0,
			"driver '%s' is neither loaded nor a module of this kernel%s", driver->name,
			loader_refusal(pf->loader, driver->name) ? ", and its plugin was refused"
								 : "");
		return 0;
	}
	*known = *driver;
	return 0;
}

static int complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
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

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.observe = observe,
	.complete = complete,
	.plan = sriov_plan,
	.apply = sriov_apply,
};

const struct viod_plugin sriov_plugin = {
	.magic = VIOD_ABI_MAGIC,
	.abi_major = VIOD_ABI_MAJOR,
	.abi_minor = VIOD_ABI_MINOR,
	.size = sizeof(struct viod_plugin),
	.role = VIOD_ROLE_DRIVER,
	.name = "core",
	.version = VIOD_VERSION,
	.summary = "the VF count and the driver of each function",
	.options = sriov_rows,
	.pf_size = sizeof(struct sriov_pf),
	.vf_size = sizeof(struct sriov_vf),
	.ops = &ops,
};
