/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One kernel write for each step, and a check of its result: the kernel also reports success for a
 * count that it did not reach and for a probe that bound nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device/plugin-call.h"
#include "kernel/kmod.h"
#include "loader/quirk-match.h"
#include "plan/host-table.h"
#include "sriov/sriov-private.h"

/* What an errno of a write to sriov_numvfs means (kernel: drivers/pci/iov.c, pci-sysfs). */
static const struct viod_advice count_advice[] = {
	{ NULL, ENOENT,
	  "no driver is bound to the PF, or its driver does not create VFs through sysfs" },
	{ NULL, EBUSY, "the driver is busy, or it cannot remove existing VFs" },
	{ NULL, ERANGE, "firmware allows fewer VFs; raise its limit in BIOS or the vendor's tool" },
	{ NULL, ENOMEM,
	  "no room for the VFs' memory or bus numbers; enable SR-IOV and large MMIO in BIOS, or "
	  "boot "
	  "with pci=realloc" },
	{ NULL, ENOSPC, "interrupt vectors or queues are exhausted; request fewer VFs" },
	{ NULL, EPERM, "more than this driver allows, or another host function is in charge" },
	{ NULL, EINVAL, "the driver refuses this count" },
	{ NULL, 0, NULL },
};

static const char *advice_of(const struct viod_advice *advice, int error)
{
	for (; advice->text; advice++)
		if (advice->error == error)
			return advice->text;
	return "see the kernel log";
}

static int write_count(struct viod_pf *pf, const char *count)
{
	const struct viod_plugin *quirk = pf->quirk_plugin;
	int r;

	if (!quirk || !quirk->ops || !quirk->ops->resize)
		return host_table.write(pf, VIOD_PF, "sriov_numvfs", count);
	plugin_enter(pf, quirk, "resize");
	r = quirk->ops->resize(pf, (unsigned)strtoul(count, NULL, 10));
	plugin_leave(pf);
	return r;
}

static int apply_count(struct viod_pf *pf, const struct viod_step *step)
{
	size_t wanted = strtoul(step->data, NULL, 10), errors = diag_errors(&pf->diags);
	int r;

	r = write_count(pf, step->data);
	if (r == -EAGAIN || r == -EBUSY)
		return r;
	if (r < 0 && diag_errors(&pf->diags) > errors)
		return r;
	if (r < 0) {
		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, -r,
				  "the kernel did not create %zu VFs (%s)", wanted,
				  advice_of(count_advice, -r));
		return r;
	}
	r = device_scan_vfs(pf);
	if (r < 0)
		return r;
	if (wanted)
		sriov_note_count(pf, wanted);
	if (pf->n_vfs != wanted) {
		const char *advice = quirk_advice(&pf->quirk, "vfs", 0);

		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, 0,
				  "%zu VFs were requested, the driver created %zu and reported "
				  "success%s%s",
				  wanted, pf->n_vfs, ADVICE(advice));
		return -EIO;
	}
	return 0;
}

/* --- before a driver is unbound, and if the next one fails ------------------------------------ */

/* The plugin of the driver that a step leads to may know that the driver cannot be bound. */
static int get_ready(struct viod_pf *pf, const struct viod_step *step)
{
	const struct viod_driver *wanted = step->change ? step->change->wanted : NULL;
	const struct viod_plugin *plugin;
	int r;

	if (!wanted || step->change->option->type != VIOD_TYPE_DRIVER)
		return 0;
	plugin = sriov_plugin_of(pf, wanted->name);
	if (!plugin || !plugin->ops || !plugin->ops->prepare_driver)
		return 0;
	plugin_enter(pf, plugin, "get ready");
	r = plugin->ops->prepare_driver(pf, step->vf, wanted->name, pf->wanted);
	plugin_enter(pf, &sriov_plugin, "apply");
	return r;
}

/* Called before the first write that rebinds a function. */
static void remember(struct viod_pf *pf, const struct viod_step *step)
{
	struct device_function *f = device_slot(pf, step->vf);
	const struct viod_function *function = device_function(pf, step->vf);

	if (!f || !function || f->saved || !step->change ||
	    step->change->option->type != VIOD_TYPE_DRIVER)
		return;
	f->saved = true;
	/* Without a driver there is nothing to restore. */
	f->was_driver[0] = f->was_override[0] = '\0';
	if (!function->driver)
		return;
	sriov_read_override(pf, step->vf, f->was_override);
	(void)copy_text(f->was_driver, sizeof(f->was_driver), function->driver);
}

static int write_override(struct viod_pf *pf, int vf, const char *name)
{
	char now[VIOD_NAME_MAX];
	int r;

	/* A zero-length write would leave the old override in place. */
	r = host_table.write(pf, vf, "driver_override", *name ? name : "\n");
	if (r < 0)
		return r;
	sriov_read_override(pf, vf, now);
	return streq(now, name) ? 0 : -EIO;
}

/* If the new driver did not bind, restore the previous binding, and report if that fails, too. A
 * function that had no driver keeps its override, which was set for its probe. */
static void put_back(struct viod_pf *pf, const struct viod_step *step)
{
	struct device_function *f = device_slot(pf, step->vf);
	const struct viod_function *function = device_function(pf, step->vf);
	int r = 0;

	if (!f || !function || !f->saved || !f->was_driver[0])
		return;
	if (!streq(function->driver, f->was_driver)) {
		r = write_override(pf, step->vf, f->was_driver);
		if (r == 0 && !function->driver)
			r = host_table.write(pf, step->vf, "subsystem/drivers_probe",
					     function->address);
		function = device_function(pf, step->vf);
		if (r == 0 && (!function || !streq(function->driver, f->was_driver)))
			r = -ENODEV;
	}
	if (r == 0)
		r = write_override(pf, step->vf, f->was_override);
	host_table.report(pf, r < 0 ? VIOD_ERROR : VIOD_WARNING, step->vf, NULL, &step->where, -r,
			  r < 0 ? "its previous driver '%s' could not be bound again either"
				: "its previous driver '%s' is bound again",
			  f->was_driver);
}

/* --- steps ----------------------------------------------------------------------------------- */

static int apply_override(struct viod_pf *pf, const struct viod_step *step)
{
	remember(pf, step);
	return write_override(pf, step->vf, step->data);
}

static int unbind(struct viod_pf *pf, int vf)
{
	const struct viod_function *function = device_function(pf, vf);
	int r;

	if (!function)
		return -ENODEV;
	if (!function->driver)
		return 0;
	r = host_table.write(pf, vf, "driver/unbind", function->address);
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	function = device_function(pf, vf);
	return !function ? -ENODEV : function->driver ? -EBUSY : 0;
}

/* Without udev, no other program loads the module of a function. */
static int load_driver(struct viod_pf *pf, int vf, const char *name)
{
	char text[256];
	int fd, r;

	if (*name) {
		snprintf(text, sizeof(text), "bus/pci/drivers/%s", name);
		fd = host_table.open_at(pf, VIOD_TREE_SYS, text, O_PATH | O_DIRECTORY);
		closep(&fd);
		return fd >= 0 ? 0 : module_load(name);
	}
	r = host_table.read(pf, vf, "modalias", text, sizeof(text));
	if (r < 0)
		return r;
	r = module_load(text);
	return r == -ENOENT ? 0 : r;
}

static bool is_bound(const struct viod_function *function, const char *name)
{
	return function && function->driver && (!*name || streq(function->driver, name));
}

static int report_unbound(struct viod_pf *pf, const struct viod_step *step, const char *name)
{
	char modalias[256];

	/* No driver exists for this device: "default" has nothing to bind, which is not an
	 * error. */
	if (!*name && (host_table.read(pf, step->vf, "modalias", modalias, sizeof(modalias)) < 0 ||
		       !module_exists(modalias)))
		return 0;
	host_table.report(pf, VIOD_ERROR, step->vf, NULL, &step->where, 0,
			  "%s%s%s did not bind to the function; the kernel log says why",
			  *name ? "driver '" : "its native driver", name, *name ? "'" : "");
	return -ENODEV;
}

static int apply_probe(struct viod_pf *pf, const struct viod_step *step)
{
	const struct viod_function *function = device_function(pf, step->vf);
	const char *name = step->data;
	int r;

	if (!function)
		return -ENODEV;
	/* Another probe was first: an old kernel has no autoprobe switch. */
	if (is_bound(function, name))
		return 0;
	r = load_driver(pf, step->vf, name);
	if (r < 0) {
		host_table.report(pf, VIOD_ERROR, step->vf, NULL, &step->where, -r,
				  "the module of driver '%s' cannot be loaded", name);
		return r;
	}
	if (device_function(pf, step->vf) && function->driver && !is_bound(function, name)) {
		r = unbind(pf, step->vf);
		if (r < 0)
			return r;
	}
	if (!is_bound(function, name)) {
		char override[VIOD_NAME_MAX];

		/* A previous attempt may have restored it. */
		sriov_read_override(pf, step->vf, override);
		r = streq(override, name) ? 0 : write_override(pf, step->vf, name);
		if (r < 0)
			return r;
		r = host_table.write(pf, step->vf, "subsystem/drivers_probe", function->address);
		if (r < 0)
			return r;
	}
	function = device_function(pf, step->vf);
	return is_bound(function, name) ? 0 : report_unbound(pf, step, name);
}

int sriov_hold(struct viod_pf *pf, int vf)
{
	const struct viod_function *function = device_function(pf, vf);
	char now[VIOD_NAME_MAX];
	int r;

	if (!function || function->driver ||
	    (host_table.read(pf, vf, "driver_override", now, sizeof(now)) == 0 &&
	     streq(now, DRIVER_NONE)))
		return 0;
	r = host_table.write(pf, vf, "driver_override", DRIVER_NONE);
	return r < 0 ? r : 1;
}

/* A driver that is loaded while autoprobe is on binds to all existing VFs, also to those for which
 * another is wanted. So the driver of the VFs (which are alike) is loaded first; if that fails, the
 * probe of a VF will report it. */
static int apply_autoprobe(struct viod_pf *pf, const struct viod_step *step)
{
	if (step->phase == VIOD_PHASE_ATTACH && streq(step->data, "1") && pf->n_vfs)
		(void)load_driver(pf, 0, "");
	return host_table.write(pf, VIOD_PF, "sriov_drivers_autoprobe", step->data);
}

static int apply_unbind(struct viod_pf *pf, const struct viod_step *step)
{
	int r;

	remember(pf, step);
	r = unbind(pf, step->vf);
	if (r < 0)
		put_back(pf, step);
	return r;
}

/* Without a method the kernel has no such file. */
static int apply_reset(struct viod_pf *pf, const struct viod_step *step)
{
	int r = host_table.write(pf, step->vf, "reset", "1");

	if (r < 0 && r != -ENOENT)
		host_table.report(pf, VIOD_WARNING, step->vf, NULL, &step->where, -r,
				  "the function could not be reset after another program used it");
	return 0;
}

int sriov_apply(struct viod_pf *pf, const struct viod_step *step)
{
	int r = get_ready(pf, step);

	if (r < 0) {
		put_back(pf, step);
		return r;
	}
	switch ((enum sriov_step)step->code) {
	case SRIOV_STEP_COUNT:
		return apply_count(pf, step);
	case SRIOV_STEP_AUTOPROBE:
		return apply_autoprobe(pf, step);
	case SRIOV_STEP_OVERRIDE:
		return apply_override(pf, step);
	case SRIOV_STEP_UNBIND:
		return apply_unbind(pf, step);
	case SRIOV_STEP_RESET:
		return apply_reset(pf, step);
	case SRIOV_STEP_PROBE:
		r = apply_probe(pf, step);
		if (r < 0)
			put_back(pf, step);
		return r;
	}
	return -EINVAL;
}
