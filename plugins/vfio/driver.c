/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VFIO driver of a function. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

bool vfio_driver_is_loaded(struct viod_pf *pf, const char *name)
{
	struct stat status;
	char path[128];

	snprintf(path, sizeof(path), "bus/pci/drivers/%s", name);
	return viod_stat_at(pf, VIOD_TREE_SYS, path, &status) == 0;
}

int vfio_read_driver(struct viod_pf *pf, const char *address, char ret_driver[VIOD_NAME_MAX])
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "bus/pci/devices/%s/driver", address);
	r = viod_link_at(pf, VIOD_TREE_SYS, path, ret_driver, VIOD_NAME_MAX);
	if (r < 0)
		ret_driver[0] = '\0';
	return r == -ENOENT ? 0 : r;
}

/* Names of modules contain '_' where those of drivers may contain '-'. Variants name the driver
 * like the module; the generic one does not. */
static void driver_of_module(struct viod_pf *pf, const char *module,
			     char ret_driver[static VIOD_NAME_MAX])
{
	char dashed[VIOD_NAME_MAX] = "";

	snprintf(dashed, sizeof(dashed), "%s", module);
	for (char *c = dashed; *c; c++)
		if (*c == '_')
			*c = '-';
	snprintf(ret_driver, VIOD_NAME_MAX, "%s", module);
	if (strcmp(dashed, "vfio-pci") == 0 ||
	    (!vfio_driver_is_loaded(pf, module) && vfio_driver_is_loaded(pf, dashed)))
		snprintf(ret_driver, VIOD_NAME_MAX, "%s", dashed);
}

/* The ids of VFs that do not exist yet are in the capability of the PF. */
static int alias_of(struct viod_pf *pf, int vf, char *ret_alias, size_t size)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	char modalias[256], text[16];

	if (viod_read(pf, vf, "modalias", modalias, sizeof(modalias)) == 0) {
		if (strncmp(modalias, "pci:", 4) != 0)
			return -ENOENT;
		snprintf(ret_alias, size, "vfio_%s", modalias);
		return 0;
	}
	if (!function || viod_read(pf, VIOD_PF, "sriov_vf_device", text, sizeof(text)) < 0)
		return -ENOENT;
	snprintf(ret_alias, size, "vfio_pci:v%08Xd%08lXsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
		 function->vendor, strtoul(text, NULL, 16), function->subvendor,
		 function->subdevice, function->class_code >> 16, function->class_code >> 8 & 0xff,
		 function->class_code & 0xff);
	return 0;
}

int vfio_resolve(struct viod_pf *pf, int vf, const char *word, char ret_driver[VIOD_NAME_MAX])
{
	char alias[300], module[VIOD_NAME_MAX];

	if (strcmp(word, "vfio") != 0)
		driver_of_module(pf, word, ret_driver);
	else if (alias_of(pf, vf, alias, sizeof(alias)) == 0 &&
		 viod_best_module(pf, alias, module, sizeof(module)) == 0)
		driver_of_module(pf, module, ret_driver);
	else
		snprintf(ret_driver, VIOD_NAME_MAX, "vfio-pci");
	return 0;
}
