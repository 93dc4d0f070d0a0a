/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-list.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "daemon/pf-conflicts.h"
#include "daemon/pf-rest.h"
#include "daemon/state-files.h"
#include "device/device.h"
#include "job/job-result.h"

/* --- the list -------------------------------------------------------------------------------- */

static struct managed_pf *find_file(const struct pf_list *list, const char *file)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (list->pfs[i]->state != PF_DROPPED && streq(list->pfs[i]->file.name, file))
			return list->pfs[i];
	return NULL;
}

static bool is_managed(const struct pf_list *list, const char *address)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (list->pfs[i]->state != PF_DROPPED && streq(list->pfs[i]->address, address))
			return true;
	return false;
}

static bool before(const struct managed_pf *a, const struct managed_pf *b)
{
	return a->file.name && (!b->file.name || strcmp(a->file.name, b->file.name) < 0);
}

int pf_list_insert(struct pf_list *list, struct managed_pf *pf)
{
	struct managed_pf **slot = array_append((void **)&list->pfs, &list->n_pfs, sizeof(*slot));
	size_t i;

	if (!slot)
		return -ENOMEM;
	for (i = list->n_pfs - 1; i > 0 && before(pf, list->pfs[i - 1]); i--)
		list->pfs[i] = list->pfs[i - 1];
	list->pfs[i] = pf;
	return 0;
}

/* Two entries of one PF, whose file was renamed, have one state file: the new one keeps it. */
static void drop_state(struct pf_list *list, const struct managed_pf *pf)
{
	const struct roots *roots = list->environment->roots;

	for (size_t i = 0; pf->address && i < list->n_pfs; i++) {
		const struct managed_pf *other = list->pfs[i];

		if (!other || other == pf || other->state == PF_DROPPED ||
		    other->versions.refusal == REFUSED_PF_TAKEN ||
		    !streq(other->address, pf->address))
			continue;
		(void)status_write(roots, other);
		return;
	}
	list->unswept = status_remove(roots, pf) < 0 || list->unswept;
}

bool pf_list_collect(struct pf_list *list)
{
	size_t kept = 0, before_ = list->n_pfs;

	for (size_t i = 0; i < list->n_pfs; i++) {
		struct managed_pf *pf = list->pfs[i];

		list->pfs[i] = NULL;
		if (pf->state != PF_DROPPED || pf->job || pf->looker) {
			list->pfs[kept++] = pf;
			continue;
		}
		drop_state(list, pf);
		pf_free(pf);
	}
	list->n_pfs = kept;
	return kept != before_;
}

void pf_list_clear(struct pf_list *list)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		pf_free(list->pfs[i]);
	free(list->pfs);
	list->pfs = NULL;
	list->n_pfs = 0;
	free(list->reported);
	list->reported = NULL;
	link_table_clear(&list->links);
	recorded_files_clear(&list->recorded);
}

/* --- reading --------------------------------------------------------------------------------- */

static void log_diags(const char *path, const struct diag_list *diags)
{
	struct log_about about = { .file = path, .message_id = LOG_ID_INVALID, .vf = VIOD_PF };

	log_diag_list(&about, diags);
}

/* The device of a file. What is not known now is looked up again. */
static int find_device(struct pf_list *list, const struct managed_pf *pf, const char *name,
		       char ret_address[static DEVICE_NAME_MAX])
{
	int r = pf_find_device(list->environment, &list->links, &list->recorded, pf, name,
			       ret_address, DEVICE_NAME_MAX);

	list->again = list->again || (r < 0 && r != -ENODEV);
	return r;
}

/* What a file with errors calls its PF, so that the state file of that PF can show them. */
static void peek_name(struct pf_list *list, struct managed_pf *pf)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = NULL;
	char found[DEVICE_NAME_MAX];
	const char *address;
	struct ini_file *scan = NULL;
	size_t size;

	if (pf_config(pf) ||
	    config_read(list->environment->roots->root, pf->file.path, &diags, &text, &size) < 0)
		return;
	(void)ini_scan(pf->file.path, text, size, true, &diags, &scan);
	for (size_t i = 0; scan && i < scan->n_statements; i++) {
		const struct ini_statement *statement = &scan->statements[i];

		if (!streq(statement->key, "name") ||
		    !streq(scan->sections[statement->section].name, "pf"))
			continue;
		address = pf->address;
		/* The file that has configured the PF keeps it, also with errors. */
		if (find_device(list, pf, statement->value, found) == 0 &&
		    (!is_managed(list, found) ||
		     pf_is_recorded(list->environment, &list->recorded, pf, found)))
			address = found;
		(void)pf_set_name(pf, statement->value, address);
	}
	ini_free(scan);
}

/* r is -EINVAL for a file with errors; after another errno it is read again. The version in force
 * stays. */
static void refuse_text(struct pf_list *list, struct managed_pf *pf, int r,
			const struct diag_list *diags)
{
	const struct diag *first = diag_first_error(diags, VIOD_PF);
	_cleanup_free_ char *text = first ? diag_text(first) : NULL;
	const char *why = text ? text : strerror(-r);

	/* An attempt that fails as the one before it is no news. */
	if (r == -EINVAL || !streq(pf->versions.why, why))
		log_diags(pf->file.path, diags);
	if (r != -EINVAL) {
		list->again = true;
		pf_set_text(&pf->file.identity, NULL);
	}
	peek_name(list, pf);
	pf_refuse(pf, REFUSED_TEXT, why);
}

static int read_file(struct pf_list *list, struct managed_pf *pf, const struct config_file *file)
{
	const struct pf_environment *environment = list->environment;
	_cleanup_diags_ struct diag_list diags = { 0 };
	char address[DEVICE_NAME_MAX];
	struct config *config, *rest = NULL;
	int r = file->error;

	if (r < 0) {
		const struct viod_where where = { .file = file->path };

		diag_add(&diags, VIOD_ERROR, VIOD_PF, &where, -r,
			 "its drop-ins cannot be listed: %s", strerror(-r));
	} else {
		r = config_parse_rest(environment->roots->root, file, loader_schema_of,
				      (void *)environment->loader, &diags, &config, &rest);
	}
	if (r < 0) {
		refuse_text(list, pf, r, &diags);
		if (rest)
			pf_rest_check(pf, rest);
		config_free(rest);
		return 0;
	}
	log_diags(file->path, &diags);
	r = find_device(list, pf, config_pf_value(config, "name"), address);
	/* The name of its state file changes with the address. */
	if (!streq(pf->address, r < 0 ? NULL : address))
		drop_state(list, pf);
	return pf_configure(pf, config, r < 0 ? NULL : address);
}

static int add_file(struct pf_list *list, const char *name, struct managed_pf **ret_pf)
{
	struct managed_pf *pf = pf_new(list->environment, name);
	int r = pf ? pf_list_insert(list, pf) : -ENOMEM;

	if (r < 0)
		pf_free(pf);
	else
		*ret_pf = pf;
	return r;
}

static int read_if_changed(struct pf_list *list, const struct config_file *file)
{
	struct managed_pf *pf = find_file(list, file->name);
	int r = 0;

	if (pf && streq(pf->file.identity, file->identity))
		return 0;
	if (!pf)
		r = add_file(list, file->name, &pf);
	if (r < 0)
		return r;
	pf_set_text(&pf->file.identity, file->identity);
	pf_set_text(&pf->file.path, file->path);
	if (!pf->file.path || !pf->file.identity)
		r = -ENOMEM;
	if (r == 0)
		r = read_file(list, pf, file);
	/* To be read again. */
	if (r < 0)
		pf_set_text(&pf->file.identity, NULL);
	return r;
}

static bool is_listed(const struct config_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (streq(files->items[i].name, name))
			return true;
	return false;
}

/* --- names ----------------------------------------------------------------------------------- */

/* A PF that is being released, and a file asks for it again: what is recorded still holds. */
static void reclaim(struct pf_list *list)
{
	for (size_t i = 0; i < list->n_pfs; i++) {
		struct managed_pf *pf = list->pfs[i];

		if (pf->file.name || pf->state == PF_DROPPED)
			continue;
		for (size_t j = 0; j < list->n_pfs; j++)
			if (list->pfs[j]->versions.asked && list->pfs[j]->state != PF_DROPPED &&
			    streq(list->pfs[j]->address, pf->address))
				pf_happens(pf, PF_EVENT_CLAIMED, NULL);
	}
}

/* The device is not there, and may be another one by now. */
static bool is_sought(const struct managed_pf *pf)
{
	return pf->versions.asked && pf->state != PF_DROPPED && pf->file.name &&
	       (!pf->address || pf->state == PF_ABSENT) && pf_name_can_move(pf->name);
}

static bool any_sought(const struct pf_list *list)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (is_sought(list->pfs[i]))
			return true;
	return false;
}

/* What was read to find devices. The table of links is kept while a name waits for its device. */
static void forget_lookups(struct pf_list *list)
{
	list->again = list->again || list->recorded.error < 0;
	recorded_files_clear(&list->recorded);
	if (!any_sought(list))
		link_table_clear(&list->links);
}

bool pf_list_resolve(struct pf_list *list)
{
	char address[DEVICE_NAME_MAX];
	bool found = false;

	for (size_t i = 0; i < list->n_pfs; i++) {
		struct managed_pf *pf = list->pfs[i];

		if (!is_sought(pf) || find_device(list, pf, pf->name, address) < 0 ||
		    streq(pf->address, address))
			continue;
		/* The name of its state file changes. */
		drop_state(list, pf);
		found = pf_found(pf, address) == 0 || found;
	}
	if (found) {
		pf_conflicts_settle(list->environment, &list->recorded, list->pfs, list->n_pfs);
		reclaim(list);
	}
	forget_lookups(list);
	for (size_t i = 0; i < list->n_pfs && found; i++)
		pf_pump(list->pfs[i]);
	return found;
}

/* --- reading all of them --------------------------------------------------------------------- */

/* Without a watch the files are in force as well, and are read again on SIGHUP. */
static void refresh_watch(struct watch *watch, const struct config_files *files)
{
	struct log_about about = { .vf = VIOD_PF };
	int r = watch_refresh(watch, files);

	if (r < 0)
		log_line(LOG_WARNING, &about,
			 "changes of files cannot be watched: %s%s; after a change run: "
			 "systemctl reload viod",
			 strerror(-r),
			 r == -ENOSPC ? " (sysctl fs.inotify.max_user_watches is too low)" : "");
}

static int list_files(struct pf_list *list, struct watch *watch, struct config_files *ret_files)
{
	static const struct viod_where where = { .file = "/etc/vio.d" };
	_cleanup_diags_ struct diag_list diags = { 0 }, news = { 0 };
	int root = list->environment->roots->root, r;

	/* Watches come before the reading: a change in between is seen by one or the other. */
	r = config_list(root, "vio.d", &diags, ret_files);
	if (r != -ENOMEM)
		refresh_watch(watch, ret_files);
	diag_list_clear(&diags);
	config_files_clear(ret_files);
	r = config_list(root, "vio.d", &diags, ret_files);
	if (r == 0 && ret_files->count == 0)
		diag_add(&diags, VIOD_INFO, VIOD_PF, &where, 0,
			 "no file here ends in .conf, so no device is managed");
	job_result_news(&diags, &list->reported, &news);
	log_diags(NULL, &news);
	return r;
}

int pf_list_reload(struct pf_list *list, struct watch *watch, bool all)
{
	struct config_files files = { 0 };
	int r = list_files(list, watch, &files);

	/* Where a directory cannot be read, no file was deleted. */
	list->complete = r == 0;
	list->again = r < 0;
	link_table_retry(&list->links);
	for (size_t i = 0; i < list->n_pfs; i++) {
		struct managed_pf *pf = list->pfs[i];

		if (all)
			pf_set_text(&pf->file.identity, NULL);
		if (pf->file.name && list->complete && !is_listed(&files, pf->file.name))
			pf_happens(pf, PF_EVENT_FILE_DELETED, NULL);
	}
	for (size_t i = 0; i < files.count; i++) {
		int one = read_if_changed(list, &files.items[i]);

		list->again = list->again || one < 0;
		r = r < 0 ? r : one;
	}
	config_files_clear(&files);
	pf_conflicts_settle(list->environment, &list->recorded, list->pfs, list->n_pfs);
	reclaim(list);
	(void)pf_list_collect(list);
	forget_lookups(list);
	return r;
}
