/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the file names a device that it can be about: a PF, of a class that its kind serves. */
#include <errno.h>

#include "job/job-run.h"
#include "loader/quirk-match.h"

/* Of the base classes of PCI that have SR-IOV. */
static const char *const base_classes[256] = {
	[0x01] = "a storage controller",     [0x02] = "a network controller",
	[0x03] = "a display controller",     [0x0b] = "a processor",
	[0x0c] = "a serial bus controller",  [0x10] = "an encryption controller",
	[0x12] = "a processing accelerator",
};

static const struct viod_plugin *plugin_of_kind(const struct loader *loader, const char *kind)
{
	for (size_t i = 0; i < loader->n_plugins; i++)
		if (loader->plugins[i].plugin->role == VIOD_ROLE_KIND &&
		    streq(loader->plugins[i].plugin->kind, kind))
			return loader->plugins[i].plugin;
	return NULL;
}

static int check_vf(struct job_run *run)
{
	char path[160], pf[DEVICE_NAME_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/physfn", run->pf.self.directory);
	r = sysfs_link_name(run->pf.roots->trees[VIOD_TREE_SYS], path, pf, sizeof(pf));
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	diag_add(
		&run->pf.diags, VIOD_ERROR, VIOD_PF, config_pf_where(run->request->config, "name"),
		0,
		"%s is a VF of %s; name that PF, and write what concerns this VF in a section [vfN]",
		run->pf.self.address, pf);
	return -EINVAL;
}

/* A device that a quirk of the kind is for is served whatever class it reports. */
static int check_kind(struct job_run *run)
{
	const struct viod_function *function = device_known(&run->pf, VIOD_PF);
	const struct viod_plugin *plugin = plugin_of_kind(run->pf.loader, run->schema->kind);
	const char *fits, *class_name;

	if (!run->pf.vfs_are_devices || !function || !plugin || !plugin->match ||
	    run->pf.quirk_plugin || quirk_score(plugin->match, function) >= 0)
		return 0;
	fits = loader_kind_of(run->pf.loader, function);
	class_name = base_classes[function->class_code >> 16 & 0xff];
	diag_add(&run->pf.diags, VIOD_ERROR, VIOD_PF, config_pf_where(run->request->config, "kind"),
		 0, "kind '%s' (%s) does not serve %s, which is %s (PCI class %06x); %s%s",
		 run->schema->kind, plugin->summary ? plugin->summary : "", run->pf.self.address,
		 class_name ? class_name : "another device", function->class_code,
		 fits ? "write kind = " : "no plugin that is loaded serves it", fits ? fits : "");
	return -EINVAL;
}

int job_check_device(struct job_run *run)
{
	int r = check_vf(run);

	return r < 0 ? r : check_kind(run);
}
