/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/holders-process.h"

#include <errno.h>
#include <string.h>

#include "device/processes.h"

struct viod_holders *holders_of_function(struct holder_search *search, int vf)
{
	return &search->by_vf[vf == VIOD_PF ? search->pf->n_vfs : (size_t)vf];
}

uint32_t holder_flags_of(const struct device_node *node)
{
	return node->vf == VIOD_PF && !(node->flags & VIOD_NODE_DRIVES) ? VIOD_HOLDER_YIELDS : 0;
}

static int add_process(struct holder_search *search, pid_t pid, const char *what, uint32_t flags,
		       struct viod_holders *holders)
{
	struct viod_holder holder;

	process_describe(search->pf->roots, pid, what, flags, &holder);
	return holders_add(holders, &holder);
}

/* A process may have thousands of descriptors of one node, of which only the first that can use it
 * is needed. */
static bool is_listed(const struct viod_holders *holders, pid_t pid, const char *what)
{
	for (size_t i = 0; i < holders->count; i++)
		if (holders->items[i].pid == pid && streq(holders->items[i].what, what))
			return true;
	return false;
}

static int match_file(struct holder_search *search, const struct process_file *file)
{
	bool used = false;
	int r = 0;

	for (size_t i = 0; i < search->nodes.count && r == 0; i++) {
		const struct device_node *node = &search->nodes.items[i];
		struct viod_holders *holders;

		if (node->device != file->device ||
		    file->block != !!(node->flags & VIOD_NODE_BLOCK))
			continue;
		holders = holders_of_function(search, node->vf);
		if (is_listed(holders, file->pid, node->path))
			continue;
		used = used || process_uses_file(search->pf->roots, file);
		if (!used)
			return 0;
		r = add_process(search, file->pid, node->path, holder_flags_of(node), holders);
	}
	return r;
}

static int match_object(struct holder_search *search, const struct process_object *object)
{
	struct viod_pf *pf = search->pf;

	if (!object->address[0])
		return add_process(search, object->pid, object->what, 0, &search->unnamed);
	for (int vf = VIOD_PF; vf < (int)pf->n_vfs; vf++)
		if (streq(object->address, device_slot(pf, vf)->address))
			return add_process(search, object->pid, object->what, 0,
					   holders_of_function(search, vf));
	return 0;
}

/* The tables of all loaded plugins, whatever kind the PF's file names. */
static int read_processes(struct viod_pf *pf)
{
	const struct viod_open_file **known = calloc(pf->loader->n_plugins + 1, sizeof(*known));
	size_t count = 0;
	int r;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < pf->loader->n_plugins; i++)
		if (pf->loader->plugins[i].plugin->open_files)
			known[count++] = pf->loader->plugins[i].plugin->open_files;
	pf->processes = processes_free(pf->processes);
	r = processes_read(pf->roots, known, &pf->processes);
	free(known);
	return r;
}

int holders_scan_processes(struct holder_search *search)
{
	struct viod_pf *pf = search->pf;
	int r = 0;

	if (!pf->processes || processes_are_old(pf->processes))
		r = read_processes(pf);
	for (size_t i = 0; r == 0 && i < pf->processes->n_files; i++)
		r = match_file(search, &pf->processes->files[i]);
	for (size_t i = 0; r == 0 && i < pf->processes->n_objects; i++)
		r = match_object(search, &pf->processes->objects[i]);
	return r;
}
