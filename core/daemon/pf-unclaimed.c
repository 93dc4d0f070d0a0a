/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-unclaimed.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "job/record.h"
#include "job/udev-links.h"

static bool has_address(const struct pf_list *list, const char *address)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (streq(list->pfs[i]->address, address) &&
		    (list->pfs[i]->state != PF_DROPPED || list->pfs[i]->job))
			return true;
	return false;
}

/* The PF of the file that a record names: a file of the same name in another directory counts as
 * the same file. */
static const struct managed_pf *find_config(const struct pf_list *list, const char *config)
{
	const char *slash = strrchr(config, '/');

	for (size_t i = 0; i < list->n_pfs; i++)
		if (list->pfs[i]->state != PF_DROPPED && list->pfs[i]->file.name &&
		    streq(list->pfs[i]->file.name, slash ? slash + 1 : config))
			return list->pfs[i];
	return NULL;
}

static int release(struct pf_list *list, const char *address, const char *path)
{
	struct managed_pf *pf = pf_new(list->environment, NULL);
	int r;

	if (!pf)
		return -ENOMEM;
	pf->file.path = strdup(path);
	r = pf->file.path ? pf_release(pf, address) : -ENOMEM;
	if (r == 0)
		r = pf_list_insert(list, pf);
	if (r < 0)
		pf_free(pf);
	return r;
}

static int consider_record(struct pf_list *list, const char *address)
{
	struct log_about about = { .pf = address, .vf = VIOD_PF };
	_cleanup_record_ struct record *record = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };
	const struct managed_pf *pf;
	const char *why = "was deleted";
	int r;

	if (has_address(list, address))
		return 0;
	r = record_load(list->environment->roots, address, true, &diags, &record);
	for (size_t i = 0; i < diags.count; i++)
		log_diag(&about, &diags.items[i]);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	pf = find_config(list, record->config);
	/* A file with errors, and one whose device is not found, do not ask for VFs to be removed.
	 */
	if (pf && (!pf->address || !pf_config(pf)))
		return 0;
	about.file = record->config;
	if (pf)
		why = "no longer asks for this PF";
	if (record->keep) {
		log_line(LOG_NOTICE, &about, "%s %s: its VFs are kept (on-remove = keep)",
			 record->config, why);
		/* A job has left something half-way, which is no part of what is kept. */
		if (record_is_unfinished(record))
			return release(list, address, record->config);
		udev_links_remove(list->environment->roots, record, false);
		return record_remove(list->environment->roots, address);
	}
	log_line(LOG_NOTICE, &about, "%s %s: restoring the original settings", record->config, why);
	return release(list, address, record->config);
}

int pf_unclaimed_release(struct pf_list *list)
{
	char **addresses;
	int r;

	if (!list->complete)
		return 0;
	r = record_list(list->environment->roots, &addresses);
	if (r < 0)
		return r;
	for (char **address = addresses; *address; address++) {
		int one = consider_record(list, *address);

		r = r < 0 ? r : one;
	}
	words_free(addresses);
	return r;
}
