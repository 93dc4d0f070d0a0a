/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One kernel write for each step, and a look at what came of it: the kernel reports success for a
 * count it did not reach and for a probe that bound nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "host.h"
#include "module.h"
#include "sriov.h"

/* What an errno of a write to sriov_numvfs means (kernel: drivers/pci/iov.c, pci-sysfs). */
static const struct viod_advice count_advice[] = {
	{ NULL, ENOENT,
	  "no driver is bound to the PF, or its driver does not create VFs through sysfs" },
	{ NULL, EBUSY, "the driver is busy, or VFs exist that it does not let go" },
	{ NULL, ERANGE, "firmware allows fewer VFs; raise its limit in BIOS or the vendor's tool" },
	{ NULL, ENOMEM,
	  "no room for the VFs' memory or bus numbers; enable SR-IOV and large MMIO in BIOS, or boot "
	  "with pci=realloc" },
	{ NULL, ENOSPC, "interrupt vectors or queues are used up; ask for fewer VFs" },
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

static int apply_count(struct viod_pf *pf, const struct viod_step *step)
{
	size_t wanted = strtoul(step->data, NULL, 10);
	int r;

	r = host_table.write(pf, VIOD_PF, "sriov_numvfs", step->data);
	if (r == -EAGAIN || r == -EBUSY)
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
	if (pf->n_vfs != wanted) {
		host_table.report(pf, VIOD_ERROR, VIOD_PF, NULL, &step->where, 0,
				  "asked for %zu VFs, the driver created %zu and called it success",
				  wanted, pf->n_vfs);
		return -EIO;
	}
	return 0;
}

static int apply_override(struct viod_pf *pf, const struct viod_step *step)
{
	const char *name = step->data;
	char now[VIOD_NAME_MAX];
	int r;

	/* A zero-length write would leave the old override in place. */
	r = host_table.write(pf, step->vf, "driver_override", *name ? name : "\n");
	if (r < 0)
		return r;
	r = host_table.read(pf, step->vf, "driver_override", now, sizeof(now));
	if (r < 0)
		return r;
	return streq(now, *name ? name : "(null)") || streq(now, name) ? 0 : -EIO;
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

/* Without udev nobody else loads the module of a function. */
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

	/* No driver anywhere for this device: "default" has nothing to bind, and that is fine. */
	if (!*name && (host_table.read(pf, step->vf, "modalias", modalias, sizeof(modalias)) < 0 ||
		       !module_exists(modalias)))
		return 0;
	host_table.report(pf, VIOD_ERROR, step->vf, NULL, &step->where, 0,
			  "%s%s%s did not take the function; the kernel log says why",
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
	/* Somebody's probe came first, an old kernel's for want of an autoprobe switch. */
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
	     streq(now, "none")))
		return 0;
	r = host_table.write(pf, vf, "driver_override", "none");
	return r < 0 ? r : 1;
}

/* A driver that is loaded while autoprobe is on takes all VFs there are, also those that are meant
 * for another. So the one of the VFs (they are alike) is loaded first; if it cannot be, the probe
 * of a VF will say so. */
static int apply_autoprobe(struct viod_pf *pf, const struct viod_step *step)
{
	if (step->phase == VIOD_PHASE_ATTACH && streq(step->data, "1") && pf->n_vfs)
		(void)load_driver(pf, 0, "");
	return host_table.write(pf, VIOD_PF, "sriov_drivers_autoprobe", step->data);
}

int sriov_apply(struct viod_pf *pf, const struct viod_step *step)
{
	switch ((enum sriov_step)step->code) {
	case SRIOV_STEP_COUNT:
		return apply_count(pf, step);
	case SRIOV_STEP_AUTOPROBE:
		return apply_autoprobe(pf, step);
	case SRIOV_STEP_OVERRIDE:
		return apply_override(pf, step);
	case SRIOV_STEP_UNBIND:
		return unbind(pf, step->vf);
	case SRIOV_STEP_PROBE:
		return apply_probe(pf, step);
	}
	return -EINVAL;
}
