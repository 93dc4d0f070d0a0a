/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of core, and helpers for all of its ops. */
#include <errno.h>
#include <string.h>

#include "loader/loader.h"
#include "model/value.h"
#include "plan/host-table.h"
#include "sriov/sriov-private.h"

static const struct viod_name vfs_words[] = { { "max", SRIOV_VFS_MAX }, { NULL, 0 } };
static const struct viod_name on_remove_words[] = { { "release", SRIOV_RELEASE },
						    { "keep", SRIOV_KEEP },
						    { NULL, 0 } };
static const struct viod_name drift_words[] = { { "on-return", SRIOV_ON_RETURN },
						{ "enforce", SRIOV_ENFORCE },
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
			     .help = "The PF: a PCI address, an interface name, or mac: and an "
				     "address." },
	[SRIOV_ROW_KIND] = { PF_ROW(STRING, "kind", kind),
			     .flags = VIOD_OPTION_REQUIRED | VIOD_OPTION_POLICY,
			     .help = "What the device is; selects the valid keys." },
	[SRIOV_ROW_VFS] = { PF_ROW(INT, "vfs", vfs), .max = VIOD_VF_MAX, .names = vfs_words,
			    .flags = VIOD_OPTION_RECREATES | VIOD_OPTION_DISRUPTIVE,
			    .phase = VIOD_PHASE_RESIZE,
			    .help = "Number of VFs; without it the count is left alone." },
	[SRIOV_ROW_PF_DRIVER] = { PF_ROW(DRIVER, "driver", driver),
				  .flags = VIOD_OPTION_RECREATES | VIOD_OPTION_DISRUPTIVE,
				  .phase = VIOD_PHASE_DETACH,
				  .help = "The driver of the PF itself; without it the driver is "
					  "left alone." },
	[SRIOV_ROW_ON_REMOVE] = { PF_ROW(ENUM, "on-remove", on_remove), .names = on_remove_words,
				  .flags = VIOD_OPTION_POLICY, .unset = "release",
				  .help = "What happens when the file is deleted: restore what was "
					  "there, or keep everything." },
	[SRIOV_ROW_DRIFT] = { PF_ROW(ENUM, "drift", drift), .names = drift_words,
			      .flags = VIOD_OPTION_POLICY, .unset = "on-return",
			      .help = "What happens when another program changes the device." },
	[SRIOV_ROW_GRACE] = { PF_ROW(INT, "grace", grace), .max = 86400,
			      .flags = VIOD_OPTION_POLICY, .unset = "5",
			      .help = "Seconds for which a VF that another program used must have been free before it is restored." },
	[SRIOV_ROW_TIMEOUT] = { PF_ROW(INT, "timeout", timeout), .min = 1, .max = 86400,
				.flags = VIOD_OPTION_POLICY, .unset = "120",
				.help = "Seconds a job may take before it is reported stuck." },
	[SRIOV_ROW_FORCE] = { PF_ROW(BOOL, "force", force), .flags = VIOD_OPTION_POLICY,
			      .unset = "no",
			      .help = "Change the driver of the PF even if the host uses the PF." },
	[SRIOV_ROW_AUTOPROBE] = { PF_ROW(BOOL, "drivers-autoprobe", drivers_autoprobe),
				  .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_SETTLE,
				  .help = "Whether the kernel probes new VFs." },
	[SRIOV_ROW_PF_OVERRIDE] = { PF_ROW(STRING, "driver-override", driver_override),
				    .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_DETACH,
				    .help = "The driver override of the PF." },
	[SRIOV_ROW_DRIVER] = { VF_ROW(DRIVER, "driver", driver), .phase = VIOD_PHASE_ATTACH,
			       .flags = VIOD_OPTION_DISRUPTIVE, .new_vf = DRIVER_DEFAULT,
			       .help = "The driver of the VF: a name, default, or none." },
	[SRIOV_ROW_OVERRIDE] = { VF_ROW(STRING, "driver-override", driver_override),
				 .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_ATTACH,
				 .help = "The driver override of the VF." },
	[SRIOV_ROW_END] = { 0 },
};

int sriov_limits(struct viod_pf *pf, struct sriov_limits *ret_limits)
{
	struct sriov_limits limits = {
		.fixed = pf->quirk.flags & VIOD_QUIRK_COUNT_READ_ONLY,
	};
	char text[16];
	char *end;
	int r = host_table.read(pf, VIOD_PF, "sriov_totalvfs", text, sizeof(text));

	/* netdevsim has VFs but reports no maximum. */
	limits.unlimited = r == -ENOENT && pf->present && !pf->vfs_are_devices;
	if (r < 0 && !limits.unlimited)
		return r;
	limits.most = r < 0 ? VIOD_VF_MAX : (unsigned)strtoul(text, &end, 10);
	if (r == 0 && (end == text || *end || limits.most > VIOD_VF_MAX))
		return -EBADMSG;
	if (pf->quirk.max_vfs)
		limits.most = MIN(limits.most, pf->quirk.max_vfs);
	*ret_limits = limits;
	return 0;
}

unsigned sriov_count(const struct viod_pf *pf, const struct sriov_limits *limits, int64_t vfs)
{
	if (limits->fixed || (vfs == SRIOV_VFS_MAX && limits->unlimited))
		return (unsigned)pf->n_vfs;
	return vfs == SRIOV_VFS_MAX ? limits->most : (unsigned)MIN(vfs, (int64_t)limits->most);
}

void sriov_read_override(struct viod_pf *pf, int vf, char ret_name[static VIOD_NAME_MAX])
{
	if (host_table.read(pf, vf, "driver_override", ret_name, VIOD_NAME_MAX) < 0 ||
	    streq(ret_name, "(null)"))
		ret_name[0] = '\0';
}

bool sriov_driver_resets(const struct viod_pf *pf, const char *driver)
{
	return sriov_plugin_of(pf, driver) || strstr(driver, "vfio");
}

const struct viod_plugin *sriov_plugin_of(const struct viod_pf *pf, const char *driver)
{
	for (size_t i = 0; i < pf->n_resolved; i++)
		if (streq(pf->resolved[i].driver, driver))
			return pf->resolved[i].plugin;
	return loader_driver(pf->loader, driver);
}
