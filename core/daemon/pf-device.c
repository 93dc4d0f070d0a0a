/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-device.h"

#include <errno.h>
#include <string.h>

#include "device/device-name.h"
#include "device/device.h"
#include "job/record.h"
#include "model/pf-name.h"

/* --- what records say ------------------------------------------------------------------------- */

void recorded_files_clear(struct recorded_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].address);
		free(files->items[i].config);
		free(files->items[i].name);
	}
	free(files->items);
	*files = (struct recorded_files){ 0 };
}

static int add_recorded(struct recorded_files *files, struct record *record)
{
	struct recorded_file *slot =
		array_append((void **)&files->items, &files->count, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	*slot = (struct recorded_file){ TAKE_PTR(record->address), TAKE_PTR(record->config),
					TAKE_PTR(record->name) };
	return 0;
}

static int read_recorded(const struct roots *roots, struct recorded_files *files)
{
	char **addresses;
	int r = record_list(roots, &addresses);

	if (r < 0)
		return r;
	for (char **address = addresses; *address && r == 0; address++) {
		_cleanup_diags_ struct diag_list diags = { 0 };
		_cleanup_record_ struct record *record = NULL;

		/* What is wrong with a record is reported by the job that needs it. */
		r = record_load(roots, *address, false, &diags, &record);
		if (r == 0)
			r = add_recorded(files, record);
		else if (r == -ENOENT)
			r = 0;
	}
	words_free(addresses);
	return r;
}

static void need_recorded(const struct roots *roots, struct recorded_files *files)
{
	if (files->read || files->error < 0)
		return;
	files->error = read_recorded(roots, files);
	files->read = files->error == 0;
}

bool pf_is_recorded(const struct pf_environment *environment, struct recorded_files *files,
		    const struct managed_pf *pf, const char *address)
{
	need_recorded(environment->roots, files);
	for (size_t i = 0; i < files->count; i++)
		if (streq(files->items[i].address, address))
			return streq(files->items[i].config, pf->file.path);
	return false;
}

/* What the file has configured under this name. */
static const char *recorded_address(const struct roots *roots, struct recorded_files *files,
				    const char *config, const char *name)
{
	need_recorded(roots, files);
	for (size_t i = 0; i < files->count; i++)
		if (streq(files->items[i].config, config) && streq(files->items[i].name, name))
			return files->items[i].address;
	return NULL;
}

/* --- what a name stands for ------------------------------------------------------------------- */

bool pf_name_can_move(const char *name)
{
	struct pf_name parsed;

	return name && pf_name_parse(name, &parsed, NULL) == 0 && parsed.type != PF_NAME_ADDRESS;
}

/* An interface is renamed, goes to a container, or goes away with the driver that the file asked to
 * replace: the file is still about that device. */
int pf_find_device(const struct pf_environment *environment, struct link_table *links,
		   struct recorded_files *files, const struct managed_pf *pf, const char *name,
		   char *ret_address, size_t size)
{
	const struct roots *roots = environment->roots;
	const char *kept = streq(pf->name, name) ? pf->address : NULL;
	char bus[32];
	int r;

	if (!kept && pf_name_can_move(name)) {
		kept = recorded_address(roots, files, pf->file.path, name);
		if (!kept && files->error < 0)
			return files->error;
	}
	r = resolve_name(roots, links, name, ret_address, size);
	if (!kept || (r == 0 && streq(kept, ret_address)))
		return r;
	if (r == 0 && device_find_bus(roots, kept, bus, sizeof(bus)) == -ENODEV)
		return 0;
	return copy_text(ret_address, size, kept);
}
