/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "daemon/state-files.h"
#include "device/device-name.h"
#include "job/udev-links.h"

/* --- the list -------------------------------------------------------------------------------- */

static struct managed_pf *find_file(const struct pf_list *list, const char *file)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (list->pfs[i]->state != PF_DROPPED && streq(list->pfs[i]->file.name, file))
			return list->pfs[i];
	return NULL;
}

static struct managed_pf *find_address(const struct pf_list *list, const char *address)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (streq(list->pfs[i]->address, address))
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

static int insert(struct pf_list *list, struct managed_pf *pf)
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
static void drop_state(const struct pf_list *list, const struct managed_pf *pf)
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
	(void)status_remove(roots, pf);
}

bool pf_list_collect(struct pf_list *list)
{
	size_t kept = 0, before_ = list->n_pfs;

	for (size_t i = 0; i < list->n_pfs; i++) {
		struct managed_pf *pf = list->pfs[i];

		list->pfs[i] = NULL;
		if (pf->state != PF_DROPPED || pf->job) {
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
}

/* --- reading --------------------------------------------------------------------------------- */

static const struct schema *schema_of(void *userdata, const char *kind,
				      const struct viod_where *where, struct diag_list *diags)
{
	return loader_schema(userdata, kind, where, diags);
}

static void log_diags(const char *path, const struct diag_list *diags)
{
	struct log_about about = { .file = path, .message_id = LOG_ID_INVALID, .vf = VIOD_PF };

	for (size_t i = 0; i < diags->count; i++)
		log_diag(&about, &diags->items[i]);
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
		if (resolve_name(list->environment->roots, statement->value, found,
				 sizeof(found)) == 0 &&
		    !is_managed(list, found))
			address = found;
		(void)pf_set_name(pf, statement->value, address);
	}
	ini_free(scan);
}

static int read_file(struct pf_list *list, struct managed_pf *pf, const struct config_file *file)
{
	const struct pf_environment *environment = list->environment;
	_cleanup_diags_ struct diag_list diags = { 0 };
	char address[DEVICE_NAME_MAX];
	struct config *config;
	const char *name;
	int r;

	r = config_parse(environment->roots->root, file, schema_of, (void *)environment->loader,
			 &diags, &config);
	log_diags(file->path, &diags);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		const struct diag *first = diag_first_error(&diags, VIOD_PF);
		_cleanup_free_ char *text = first ? diag_text(first) : NULL;

		peek_name(list, pf);
		pf_refuse(pf, REFUSED_TEXT, text ? text : strerror(-r));
		return 0;
	}
	name = config_pf_value(config, "name");
	r = resolve_name(environment->roots, name, address, sizeof(address));
	/* The name of its state file changes with the address. */
	if (!streq(pf->address, r < 0 ? NULL : address))
		drop_state(list, pf);
	return pf_configure(pf, config, r < 0 ? NULL : address);
}

static int read_if_changed(struct pf_list *list, const struct config_file *file, bool all)
{
	struct managed_pf *pf = find_file(list, file->name);
	char *identity, *path;
	int r;

	if (pf && !all && streq(pf->file.identity, file->identity))
		return 0;
	identity = strdup(file->identity);
	path = strdup(file->path);
	if (!pf) {
		pf = pf_new(list->environment, file->name);
		r = pf ? insert(list, pf) : -ENOMEM;
		if (r < 0) {
			pf_free(pf);
			free(identity);
			free(path);
			return r;
		}
	}
	free(pf->file.identity);
	free(pf->file.path);
	pf->file.identity = identity;
	pf->file.path = path;
	return identity && path ? read_file(list, pf, file) : -ENOMEM;
}

static bool is_listed(const struct config_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (streq(files->items[i].name, name))
			return true;
	return false;
}

/* --- files in conflict ----------------------------------------------------------------------- */

static void refuse(struct managed_pf *pf, const struct config_conflict *conflict)
{
	enum pf_refusal refusal = conflict->same_pf ? REFUSED_PF_TAKEN : REFUSED_CONFLICT;
	struct log_about about = { .pf = pf->address,
				   .file = pf->file.path,
				   .message_id = LOG_ID_INVALID,
				   .vf = VIOD_PF };

	if (pf->versions.refusal == refusal && streq(pf->versions.why, conflict->text))
		return;
	log_line(LOG_ERR, &about, "%s", conflict->text);
	pf_refuse(pf, refusal, conflict->text);
}

/* The device has agreed to a version of its file, or a job is about to ask it. */
static bool is_owner(const struct managed_pf *pf)
{
	return pf->versions.refusal != REFUSED_PF_TAKEN &&
	       (pf->versions.agreed || pf->versions.tried);
}

/* A file that is in force stays in force; of the others the first by name counts. order: which PF
 * each claim is of. */
static size_t find_claims(const struct pf_list *list, struct config_claim *claims, size_t *order)
{
	size_t count = 0;

	for (int owners = 1; owners >= 0; owners--)
		for (size_t i = 0; i < list->n_pfs; i++) {
			const struct managed_pf *pf = list->pfs[i];

			if (pf->state == PF_DROPPED || is_owner(pf) != owners)
				continue;
			claims[count] = (struct config_claim){ pf->versions.asked, pf->file.path,
							       pf->address };
			order[count++] = i;
		}
	return count;
}

/* By claim; order as above. NULL without memory. */
static struct config_conflict *find_conflicts(const struct pf_list *list, size_t *order,
					      size_t *ret_count)
{
	struct config_conflict *conflicts = calloc(list->n_pfs + 1, sizeof(*conflicts));
	struct config_claim *claims = calloc(list->n_pfs + 1, sizeof(*claims));

	if (claims && conflicts) {
		*ret_count = find_claims(list, claims, order);
		(void)config_find_conflicts(claims, *ret_count, conflicts);
	}
	free(claims);
	return conflicts;
}

static void settle_conflicts(struct pf_list *list)
{
	_cleanup_free_ size_t *order = calloc(list->n_pfs + 1, sizeof(*order));
	struct config_conflict *conflicts = NULL;
	size_t count = 0;

	if (order)
		conflicts = find_conflicts(list, order, &count);
	for (size_t i = 0; i < count; i++) {
		struct managed_pf *pf = list->pfs[order[i]];
		enum pf_refusal refusal = pf->versions.refusal;

		if (conflicts[i].text)
			refuse(pf, &conflicts[i]);
		else if (refusal == REFUSED_CONFLICT || refusal == REFUSED_PF_TAKEN)
			pf_allow(pf);
		free(conflicts[i].text);
	}
	free(conflicts);
}

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

void pf_list_resolve(struct pf_list *list)
{
	const struct roots *roots = list->environment->roots;
	char address[DEVICE_NAME_MAX];
	bool found = false;

	for (size_t i = 0; i < list->n_pfs; i++) {
		struct managed_pf *pf = list->pfs[i];

		if (pf->address || !pf->versions.asked || pf->state == PF_DROPPED ||
		    resolve_name(roots, pf->name, address, sizeof(address)) < 0)
			continue;
		/* The name of its state file changes. */
		(void)status_remove(roots, pf);
		found = pf_found(pf, address) == 0 || found;
	}
	if (!found)
		return;
	settle_conflicts(list);
	reclaim(list);
	for (size_t i = 0; i < list->n_pfs; i++)
		pf_pump(list->pfs[i]);
}

/* --- PFs that no file asks for --------------------------------------------------------------- */

static bool file_exists(const struct pf_list *list, const char *path)
{
	return faccessat(list->environment->roots->root, path + strspn(path, "/"), F_OK, 0) == 0;
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
		r = insert(list, pf);
	if (r < 0)
		pf_free(pf);
	return r;
}

static int consider_record(struct pf_list *list, const char *address)
{
	struct log_about about = { .pf = address, .vf = VIOD_PF };
	_cleanup_record_ struct record *record = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };
	const struct managed_pf *pf = find_address(list, address);
	const char *why = "was deleted";
	int r;

	if (pf)
		return 0;
	r = record_load(list->environment->roots, address, &diags, &record);
	for (size_t i = 0; i < diags.count; i++)
		log_diag(&about, &diags.items[i]);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* An error in a file does not ask for its VFs to be removed. */
	for (size_t i = 0; i < list->n_pfs; i++)
		if (!pf_config(list->pfs[i]) && list->pfs[i]->state != PF_DROPPED &&
		    streq(list->pfs[i]->file.path, record->config) &&
		    file_exists(list, record->config))
			return 0;
	about.file = record->config;
	if (file_exists(list, record->config))
		why = "no longer asks for this PF";
	if (record->keep) {
		log_line(LOG_NOTICE, &about, "%s %s: its VFs are kept (on-remove = keep)",
			 record->config, why);
		udev_links_remove(list->environment->roots, record, false);
		return record_remove(list->environment->roots, address);
	}
	log_line(LOG_NOTICE, &about, "%s %s: restoring the original settings", record->config, why);
	return release(list, address, record->config);
}

int pf_list_release_unclaimed(struct pf_list *list)
{
	char **addresses;
	int r;

	r = record_list(list->environment->roots, &addresses);
	if (r < 0)
		return r;
	for (char **address = addresses; *address; address++) {
		if (r == 0)
			r = consider_record(list, *address);
		free(*address);
	}
	free(addresses);
	return r;
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

int pf_list_reload(struct pf_list *list, struct watch *watch, bool all)
{
	int root = list->environment->roots->root, r;
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct config_files files = { 0 };

	/* Watches come before the reading: a change in between is seen by one or the other. */
	r = config_list(root, "vio.d", &diags, &files);
	if (r == 0)
		refresh_watch(watch, &files);
	diag_list_clear(&diags);
	config_files_clear(&files);
	if (r == 0)
		r = config_list(root, "vio.d", &diags, &files);
	log_diags(NULL, &diags);
	for (size_t i = 0; i < list->n_pfs && r == 0; i++)
		if (list->pfs[i]->file.name && !is_listed(&files, list->pfs[i]->file.name))
			pf_happens(list->pfs[i], PF_EVENT_FILE_DELETED, NULL);
	for (size_t i = 0; i < files.count && r == 0; i++)
		r = read_if_changed(list, &files.items[i], all);
	config_files_clear(&files);
	if (r < 0)
		return r;
	settle_conflicts(list);
	reclaim(list);
	(void)pf_list_collect(list);
	return pf_list_release_unclaimed(list);
}
