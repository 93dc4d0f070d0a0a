/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What viod has set for the functions of other PFs, from their records. */
#include <errno.h>

#include "job/job-run.h"

/* The address of the PF that a function belongs to: its own if it is no VF. */
static int find_pf(struct viod_pf *pf, const char *address, char *ret_address, size_t size)
{
	char path[160];
	int r;

	snprintf(path, sizeof(path), "bus/pci/devices/%s/physfn", address);
	r = sysfs_link_name(pf->roots->trees[VIOD_TREE_SYS], path, ret_address, size);
	return r == -ENOENT ? copy_text(ret_address, size, address) : r;
}

/* The index of a VF, VIOD_PF for the PF itself, or -ENOENT. */
static int find_index(const struct viod_pf *other, const char *address, int *ret_vf)
{
	if (streq(other->self.address, address)) {
		*ret_vf = VIOD_PF;
		return 0;
	}
	for (size_t vf = 0; vf < other->n_vfs; vf++)
		if (streq(other->vfs[vf].address, address)) {
			*ret_vf = (int)vf;
			return 0;
		}
	return -ENOENT;
}

static int recorded_value(const struct record *record, int vf, const char *key, char *ret_text,
			  size_t size)
{
	const json_t *rows =
		vf == VIOD_PF ? json_object_get(record->set, "pf")
			      : json_array_get(json_object_get(record->set, "vfs"), (size_t)vf);
	const char *text = json_string_value(json_object_get(rows, key));

	return text ? copy_text(ret_text, size, text) : -ENOENT;
}

int job_set_elsewhere(struct viod_pf *pf, const char *address, const char *key, char *ret_text,
		      size_t size)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_record_ struct record *record = NULL;
	char name[DEVICE_NAME_MAX];
	struct viod_pf other;
	int r, vf = VIOD_PF;

	r = find_pf(pf, address, name, sizeof(name));
	if (r < 0 || streq(name, pf->self.address))
		return r < 0 ? r : -ENOENT;
	r = record_load(pf->roots, name, false, &diags, &record);
	if (r < 0)
		return r;
	r = device_open(pf->roots, pf->loader, name, &other);
	if (r == 0) {
		r = find_index(&other, address, &vf);
		device_close(&other);
	}
	if (r == 0)
		r = recorded_value(record, vf, key, ret_text, size);
	return r;
}
