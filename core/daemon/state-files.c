/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/state-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define STATE_DIRECTORY "viod/state"
#define METRICS "metrics.prom"

/* A name may hold any text of the file; a file name may not. */
static bool file_name(const struct managed_pf *pf, char *ret_name, size_t size)
{
	const char *stem = pf->address ? pf->address : pf->name;
	int n;

	if (!stem || !*stem || stem[0] == '.' || strchr(stem, '/'))
		return false;
	n = snprintf(ret_name, size, "%s.json", stem);
	return n > 0 && (size_t)n < size;
}

/* The report is JSON text already. */
static char *to_text(const struct managed_pf *pf)
{
	const struct config *config = pf_config(pf);
	const char *kind = config ? config->schema->kind : NULL;
	_cleanup_free_ char *head = NULL;
	char *text = NULL;
	json_t *json;
	int n;

	json = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s, s:s?, s:s?}", "name", pf->name, "address",
			 pf->address, "kind", kind, "config", pf->file.path, "state",
			 pf_state_names[pf->shown], "error", pf->error, "progress",
			 pf->progress.text);
	head = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	json_decref(json);
	if (!head)
		return NULL;
	n = asprintf(
		&text, "%.*s,\n \"pf\": %s,\n \"facts\": %s,\n \"vfs\": %s\n}\n",
		(int)(strlen(head) - strlen("\n}")), head, pf->report.pf ? pf->report.pf : "{}",
		pf->report.facts ? pf->report.facts : "{}", pf->report.vfs ? pf->report.vfs : "[]");
	return n < 0 ? NULL : text;
}

int status_write(const struct roots *roots, const struct managed_pf *pf)
{
	_cleanup_close_ int directory = -1;
	_cleanup_free_ char *text = NULL;
	char name[320];

	if (!file_name(pf, name, sizeof(name)))
		return 0;
	directory = open_or_make_directory_at(roots->trees[VIOD_TREE_RUN], STATE_DIRECTORY, 0755);
	if (directory < 0)
		return directory;
	text = to_text(pf);
	if (!text)
		return -ENOMEM;
	return replace_file_at(directory, name, text, strlen(text), 0644);
}

int status_remove(const struct roots *roots, const struct managed_pf *pf)
{
	_cleanup_close_ int directory =
		open_or_make_directory_at(roots->trees[VIOD_TREE_RUN], STATE_DIRECTORY, 0755);
	char name[320];

	if (directory < 0 || !file_name(pf, name, sizeof(name)))
		return directory < 0 ? directory : 0;
	return unlinkat(directory, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static bool is_current(struct managed_pf *const *pfs, size_t n_pfs, const char *name)
{
	char current[320];

	for (size_t i = 0; i < n_pfs; i++)
		if (file_name(pfs[i], current, sizeof(current)) && streq(current, name))
			return true;
	return false;
}

int status_sweep(const struct roots *roots, struct managed_pf *const *pfs, size_t n_pfs)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	int r;

	r = open_directory(roots->trees[VIOD_TREE_RUN], STATE_DIRECTORY, &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* Those with a dot were left by a daemon that was killed while it wrote. */
	while ((errno = 0, entry = readdir(dir)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") &&
		    !is_current(pfs, n_pfs, entry->d_name) &&
		    unlinkat(dirfd(dir), entry->d_name, 0) < 0 && errno != ENOENT)
			r = -errno;
	return errno ? -errno : r;
}

/* --- metrics --------------------------------------------------------------------------------- */

static void print_label(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text != '\n')
			fputc(*text, out);
	}
}

static void print_metric(FILE *out, const char *name, const struct managed_pf *pf, const char *more,
			 size_t value)
{
	fprintf(out, "%s{pf=\"", name);
	print_label(out, pf->address ? pf->address : pf->name);
	fprintf(out, "\"%s} %zu\n", more, value);
}

/* Of two files for one PF the other one is shown. */
static bool has_metrics(const struct managed_pf *pf)
{
	return (pf->address || pf->name) && pf->state != PF_DROPPED &&
	       pf->versions.refusal != REFUSED_PF_TAKEN;
}

static void print_metrics(FILE *out, struct managed_pf *const *pfs, size_t n_pfs)
{
	char more[64];

	fputs("# HELP viod_pf_state 1 for the state a PF is in.\n# TYPE viod_pf_state gauge\n",
	      out);
	for (size_t i = 0; i < n_pfs; i++) {
		if (!has_metrics(pfs[i]))
			continue;
		snprintf(more, sizeof(more), ",state=\"%s\"", pf_state_names[pfs[i]->shown]);
		print_metric(out, "viod_pf_state", pfs[i], more, 1);
	}
	fputs("# HELP viod_pf_vfs VFs there are, held, lent, and failed.\n# TYPE viod_pf_vfs gauge\n",
	      out);
	for (size_t i = 0; i < n_pfs; i++) {
		if (!has_metrics(pfs[i]))
			continue;
		print_metric(out, "viod_pf_vfs", pfs[i], ",which=\"all\"", pfs[i]->report.n_vfs);
		print_metric(out, "viod_pf_vfs", pfs[i], ",which=\"held\"", pfs[i]->report.n_held);
		print_metric(out, "viod_pf_vfs", pfs[i], ",which=\"lent\"", pfs[i]->report.n_lent);
		print_metric(out, "viod_pf_vfs", pfs[i], ",which=\"failed\"",
			     pfs[i]->report.n_failed);
	}
}

static bool has_text(int directory, const char *name, const char *text, size_t size)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_free_ char *now = NULL;
	size_t now_size;

	return fd >= 0 && read_fd(fd, size, &now, &now_size) == 0 && now_size == size &&
	       memcmp(now, text, size) == 0;
}

int status_write_metrics(const struct roots *roots, struct managed_pf *const *pfs, size_t n_pfs)
{
	_cleanup_close_ int directory =
		open_or_make_directory_at(roots->trees[VIOD_TREE_RUN], "viod", 0755);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (directory < 0)
		return directory;
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	print_metrics(out, pfs, n_pfs);
	if (fclose(out) != 0)
		return -ENOMEM;
	/* Reading it costs a tenth of writing it. */
	return has_text(directory, METRICS, text, size)
		       ? 0
		       : replace_file_at(directory, METRICS, text, size, 0644);
}

char *status_line(struct managed_pf *const *pfs, size_t n_pfs)
{
	size_t counts[PF_STATE_MAX_] = { 0 }, size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < n_pfs; i++) {
		const struct managed_pf *pf = pfs[i];

		counts[pf->shown]++;
		if ((pf->shown == PF_APPLYING || pf->shown == PF_RELEASING) && pf->address &&
		    pf->progress.vfs_total)
			fprintf(out, "%s: %u/%u VFs; ", pf->address, pf->progress.vfs_done,
				pf->progress.vfs_total);
	}
	fprintf(out, "%zu PFs", n_pfs);
	for (size_t i = 0; i < PF_STATE_MAX_; i++)
		if (counts[i])
			fprintf(out, ", %zu %s", counts[i], pf_state_names[i]);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
