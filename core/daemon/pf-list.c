/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "daemon/state-files.h"
#include "device/device-name.h"
#include "job/udev-links.h"

/* --- the set --------------------------------------------------------------------------------- */

static struct pf *find(const struct files *files, const char *file)
{
	for (size_t i = 0; i < files->n_pfs; i++)
		if (!files->pfs[i]->gone && files->pfs[i]->file && streq(files->pfs[i]->file, file))
			return files->pfs[i];
	return NULL;
}

static struct pf *find_address(const struct files *files, const char *address)
{
	for (size_t i = 0; i < files->n_pfs; i++)
		if (streq(files->pfs[i]->address, address))
			return files->pfs[i];
	return NULL;
}

static bool before(const struct pf *a, const struct pf *b)
{
	return a->file && (!b->file || strcmp(a->file, b->file) < 0);
}

static int insert(struct files *files, struct pf *pf)
{
	struct pf **slot = array_append((void **)&files->pfs, &files->n_pfs, sizeof(*slot));
	size_t i;

	if (!slot)
		return -ENOMEM;
	for (i = files->n_pfs - 1; i > 0 && before(pf, files->pfs[i - 1]); i--)
		files->pfs[i] = files->pfs[i - 1];
	files->pfs[i] = pf;
	return 0;
}

/* Two PFs have one state file where one takes over from the other: it is the other's then. */
static void drop_state(const struct files *files, const struct pf *pf)
{
	const struct roots *roots = files->environment->roots;

	for (size_t i = 0; pf->address && i < files->n_pfs; i++) {
		const struct pf *other = files->pfs[i];

		if (other == pf || other->gone || other->conflict ||
		    !streq(other->address, pf->address))
			continue;
		(void)status_write(roots, other);
		return;
	}
	(void)status_remove(roots, pf);
}

bool files_collect(struct files *files)
{
	size_t kept = 0, before_ = files->n_pfs;

	for (size_t i = 0; i < files->n_pfs; i++) {
		struct pf *pf = files->pfs[i];

		if (!pf->gone || pf->job) {
			files->pfs[kept++] = pf;
			continue;
		}
		drop_state(files, pf);
		pf_free(pf);
	}
	files->n_pfs = kept;
	return kept != before_;
}

void files_clear(struct files *files)
{
	for (size_t i = 0; i < files->n_pfs; i++)
		pf_free(files->pfs[i]);
	free(files->pfs);
	files->pfs = NULL;
	files->n_pfs = 0;
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

/* What a refused file calls its PF, so that the state file of that PF can tell of it. */
static void peek_name(struct files *files, struct pf *pf)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = NULL;
	char address[DEVICE_NAME_MAX];
	struct ini_file *scan = NULL;
	size_t size;

	if (pf->config ||
	    config_read(files->environment->roots->root, pf->path, &diags, &text, &size) < 0)
		return;
	(void)ini_scan(pf->path, text, size, true, &diags, &scan);
	for (size_t i = 0; scan && i < scan->n_statements; i++) {
		const struct ini_statement *statement = &scan->statements[i];

		if (!streq(statement->key, "name") ||
		    !streq(scan->sections[statement->section].name, "pf"))
			continue;
		free(pf->name);
		pf->name = strdup(statement->value);
		if (resolve_name(files->environment->roots, statement->value, address,
				 sizeof(address)) == 0 &&
		    !find_address(files, address))
			(void)pf_set_address(pf, address);
	}
	ini_free(scan);
}

static int read_file(struct files *files, struct pf *pf, const struct config_file *file)
{
	const struct pf_environment *environment = files->environment;
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

		peek_name(files, pf);
		pf_refuse(pf, text ? text : strerror(-r));
		return 0;
	}
	name = config_pf_value(config, "name");
	r = resolve_name(environment->roots, name, address, sizeof(address));
	/* The name of its state file changes with the address. */
	if (!streq(pf->address, r < 0 ? NULL : address))
		drop_state(files, pf);
	r = pf_configure(pf, config, r < 0 ? NULL : address);
	if (r < 0)
		config_free(config);
	return r;
}

static int read_if_changed(struct files *files, const struct config_file *file, bool all)
{
	struct pf *pf = find(files, file->name);
	char *identity, *path;
	int r;

	if (pf && !all && streq(pf->identity, file->identity))
		return 0;
	identity = strdup(file->identity);
	path = strdup(file->path);
	if (!pf) {
		pf = pf_new(files->environment, file->name);
		r = pf ? insert(files, pf) : -ENOMEM;
		if (r < 0) {
			pf_free(pf);
			free(identity);
			free(path);
			return r;
		}
	}
	free(pf->identity);
	free(pf->path);
	pf->identity = identity;
	pf->path = path;
	return identity && path ? read_file(files, pf, file) : -ENOMEM;
}

static bool listed(const struct config_files *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (streq(list->items[i].name, name))
			return true;
	return false;
}

static void leave(struct pf *pf)
{
	pf->gone = true;
	if (pf->job)
		job_stop(pf->job);
}

/* --- claims ---------------------------------------------------------------------------------- */

/* text is taken over; NULL where there was no memory for it. */
static void set_conflict(struct pf *pf, char *text)
{
	struct log_about about = {
		.pf = pf->address, .file = pf->path, .message_id = LOG_ID_INVALID, .vf = VIOD_PF
	};

	if (!pf->conflict)
		log_line(LOG_ERR, &about, "%s", text ? text : "out of memory");
	pf->conflict = true;
	/* Nothing is under way that a start or reload would have to wait for. */
	pf->want_apply = false;
	free(pf->error);
	pf->error = text;
	pf->state = PF_INVALID;
	pf->settled = true;
}

static struct config_conflict *find_conflicts(const struct files *files)
{
	struct config_conflict *conflicts = calloc(files->n_pfs + 1, sizeof(*conflicts));
	struct config_claim *claims = calloc(files->n_pfs + 1, sizeof(*claims));

	for (size_t i = 0; claims && i < files->n_pfs; i++) {
		const struct pf *pf = files->pfs[i];

		claims[i] = (struct config_claim){ pf->gone ? NULL : pf->config, pf->path,
						   pf->address };
	}
	if (claims && conflicts)
		(void)config_find_conflicts(claims, files->n_pfs, conflicts);
	free(claims);
	return conflicts;
}

void files_find_conflicts(struct files *files)
{
	struct config_conflict *conflicts = find_conflicts(files);

	for (size_t i = 0; conflicts && i < files->n_pfs; i++) {
		struct pf *pf = files->pfs[i];

		if (!pf->config || !pf->address || pf->gone) {
			free(conflicts[i].text);
		} else if (conflicts[i].text) {
			set_conflict(pf, conflicts[i].text);
			/* The state file of the PF is the other file's: this one is told of in the
			 * log alone. */
			if (!conflicts[i].same_pf)
				pf->environment->changed(pf->environment->userdata, pf);
		} else if (pf->conflict) {
			pf->conflict = false;
			pf->want_apply = true;
		}
	}
	free(conflicts);
}

static bool file_exists(const struct files *files, const char *path)
{
	return faccessat(files->environment->roots->root, path + strspn(path, "/"), F_OK, 0) == 0;
}

static int release(struct files *files, const char *address, const char *path)
{
	struct pf *pf = pf_new(files->environment, NULL);
	int r;

	if (!pf)
		return -ENOMEM;
	pf->path = strdup(path);
	r = pf->path ? pf_release(pf, address) : -ENOMEM;
	if (r == 0)
		r = insert(files, pf);
	if (r < 0)
		pf_free(pf);
	return r;
}

static int consider_record(struct files *files, const char *address)
{
	struct log_about about = { .pf = address, .vf = VIOD_PF };
	_cleanup_record_ struct record *record = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };
	const struct pf *pf = find_address(files, address);
	const char *why = "is gone";
	int r;

	if (pf)
		return 0;
	r = record_load(files->environment->roots, address, &diags, &record);
	for (size_t i = 0; i < diags.count; i++)
		log_diag(&about, &diags.items[i]);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* A file that has errors now is no wish to have the VFs removed. */
	for (size_t i = 0; i < files->n_pfs; i++)
		if (!files->pfs[i]->config && !files->pfs[i]->gone &&
		    streq(files->pfs[i]->path, record->config) &&
		    file_exists(files, record->config))
			return 0;
	about.file = record->config;
	if (file_exists(files, record->config))
		why = "asks for it no longer";
	if (record->keep) {
		log_line(LOG_NOTICE, &about, "%s %s: everything is kept, as on-remove asks",
			 record->config, why);
		udev_links_remove(files->environment->roots, record, false);
		return record_remove(files->environment->roots, address);
	}
	log_line(LOG_NOTICE, &about, "%s %s: putting back what was there", record->config, why);
	return release(files, address, record->config);
}

int files_release_unclaimed(struct files *files)
{
	char **addresses;
	int r;

	r = record_list(files->environment->roots, &addresses);
	if (r < 0)
		return r;
	for (char **address = addresses; *address; address++) {
		if (r == 0)
			r = consider_record(files, *address);
		free(*address);
	}
	free(addresses);
	return r;
}

/* A PF that is being given back and is asked for again: what was recorded still holds. */
static void reclaim(struct files *files)
{
	for (size_t i = 0; i < files->n_pfs; i++) {
		struct pf *pf = files->pfs[i];

		if (pf->file || pf->gone)
			continue;
		for (size_t j = 0; j < files->n_pfs; j++)
			if (files->pfs[j]->config && !files->pfs[j]->gone &&
			    streq(files->pfs[j]->address, pf->address))
				leave(pf);
	}
}

/* Without a watch the files still count, and are read again on SIGHUP. */
static void refresh_watch(struct watch *watch, const struct config_files *list)
{
	struct log_about about = { .vf = VIOD_PF };
	int r = watch_refresh(watch, list);

	if (r < 0)
		log_line(LOG_WARNING, &about,
			 "changes of files cannot be watched: %s%s; after a change run: "
			 "systemctl reload viod",
			 strerror(-r),
			 r == -ENOSPC ? " (sysctl fs.inotify.max_user_watches is too low)" : "");
}

int files_reload(struct files *files, struct watch *watch, bool all)
{
	int root = files->environment->roots->root, r;
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct config_files list = { 0 };

	/* Watches come before the reading: a change in between is seen by one or the other. */
	r = config_list(root, "vio.d", &diags, &list);
	if (r == 0)
		refresh_watch(watch, &list);
	diag_list_clear(&diags);
	config_files_clear(&list);
	if (r == 0)
		r = config_list(root, "vio.d", &diags, &list);
	log_diags(NULL, &diags);
	for (size_t i = 0; i < files->n_pfs && r == 0; i++)
		if (files->pfs[i]->file && !listed(&list, files->pfs[i]->file))
			leave(files->pfs[i]);
	for (size_t i = 0; i < list.count && r == 0; i++)
		r = read_if_changed(files, &list.items[i], all);
	config_files_clear(&list);
	if (r < 0)
		return r;
	files_find_conflicts(files);
	reclaim(files);
	(void)files_collect(files);
	return files_release_unclaimed(files);
}
