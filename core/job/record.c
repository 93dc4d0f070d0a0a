/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/json-text.h"

#define RECORD_DIRECTORY "viod/pf"
/* 65535 VFs with a few dozen values each need less. */
#define RECORD_SIZE_MAX (256 * 1024 * 1024)

struct record *record_new(const char *address, const char *kind, const char *config)
{
	struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	record->address = strdup(address);
	record->kind = strdup(kind);
	record->config = strdup(config ? config : "");
	record->name = strdup("");
	record->baseline = json_object();
	record->set = json_pack("{s:{}, s:[]}", "pf", "vfs");
	record->row_states = json_object();
	record->notes = json_object();
	record->rounded = json_array();
	record->managed = json_array();
	record->left = json_array();
	record->lent = json_array();
	if (!record->address || !record->kind || !record->config || !record->name ||
	    !record->baseline || !record->set || !record->row_states || !record->notes ||
	    !record->rounded || !record->managed || !record->left || !record->lent)
		return record_free(record);
	return record;
}

struct record *record_free(struct record *record)
{
	if (!record)
		return NULL;
	free(record->address);
	free(record->kind);
	free(record->config);
	free(record->name);
	json_decref(record->baseline);
	json_decref(record->set);
	json_decref(record->row_states);
	json_decref(record->notes);
	json_decref(record->rounded);
	json_decref(record->managed);
	json_decref(record->left);
	json_decref(record->lent);
	free(record);
	return NULL;
}

static int record_file_name(const char *address, const char *suffix, char *ret_name, size_t size)
{
	int n;

	/* The address is part of a file name: it must not lead to another directory. */
	if (!*address || strchr(address, '/') || address[0] == '.')
		return -EINVAL;
	n = snprintf(ret_name, size, "%s/%s%s", RECORD_DIRECTORY, address, suffix);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int record_set_name(struct record *record, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(record->name);
	record->name = copy;
	return 0;
}

static void replace(json_t **slot, json_t *value)
{
	json_decref(*slot);
	*slot = json_incref(value);
}

static int from_json(const char *address, const json_t *json, struct record **ret_record)
{
	const char *recorded, *kind, *config, *name = "";
	json_t *baseline, *set, *row_states = NULL, *notes = NULL, *rounded = NULL;
	json_t *managed = NULL, *left = NULL, *lent = NULL;
	struct record *record;
	int created, keep, unfinished = 0;

	if (json_unpack((json_t *)json,
			"{s:s, s:s, s:s, s?s, s:b, s:b, s:o, s:o, s?o, s?o, s?o, s?o, s?b, s?o, "
			"s?o}",
			"address", &recorded, "kind", &kind, "config", &config, "name", &name,
			"created", &created, "keep", &keep, "baseline", &baseline, "set", &set,
			"row_states", &row_states, "notes", &notes, "rounded", &rounded, "managed",
			&managed, "unfinished", &unfinished, "left", &left, "lent", &lent) < 0 ||
	    !streq(recorded, address) || !json_is_object(baseline) || !json_is_object(set))
		return -EBADMSG;
	record = record_new(address, kind, config);
	if (!record)
		return -ENOMEM;
	record->created = created;
	record->keep = keep;
	if (record_set_name(record, name) < 0) {
		record_free(record);
		return -ENOMEM;
	}
	replace(&record->baseline, baseline);
	replace(&record->set, set);
	if (json_is_object(row_states))
		replace(&record->row_states, row_states);
	if (json_is_object(notes))
		replace(&record->notes, notes);
	if (json_is_array(rounded))
		replace(&record->rounded, rounded);
	if (json_is_array(managed))
		replace(&record->managed, managed);
	if (json_is_array(left))
		replace(&record->left, left);
	if (json_is_array(lent))
		replace(&record->lent, lent);
	record->unfinished = unfinished;
	*ret_record = record;
	return 0;
}

static int read_record(const struct roots *roots, const char *name, char **ret_text,
		       size_t *ret_size)
{
	_cleanup_close_ int fd = openat(roots->trees[VIOD_TREE_RUN], name,
					O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : read_fd(fd, RECORD_SIZE_MAX, ret_text, ret_size);
}

static int parse_record(const char *address, const char *text, size_t size,
			struct record **ret_record)
{
	json_error_t error;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	int r;

	if (!json)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	r = from_json(address, json, ret_record);
	json_decref(json);
	return r;
}

/* What is no record will not become one. ELOOP: O_NOFOLLOW found a link. */
static bool is_corrupt(int r)
{
	return r == -EBADMSG || r == -EFBIG || r == -ELOOP || r == -EISDIR;
}

int record_load(const struct roots *roots, const char *address, bool set_aside,
		struct diag_list *diags, struct record **ret_record)
{
	_cleanup_free_ char *text = NULL;
	char name[128], aside[128];
	size_t size;
	int r;

	r = record_file_name(address, ".json", name, sizeof(name));
	if (r == 0)
		r = record_file_name(address, ".corrupt", aside, sizeof(aside));
	if (r == 0)
		r = read_record(roots, name, &text, &size);
	if (r == 0)
		r = parse_record(address, text, size, ret_record);
	if (!is_corrupt(r))
		return r;
	if (set_aside)
		(void)renameat(roots->trees[VIOD_TREE_RUN], name, roots->trees[VIOD_TREE_RUN],
			       aside);
	diag_add(diags, VIOD_WARNING, VIOD_PF, NULL, -r,
		 "the record /run/%s cannot be used (%s)%s%s%s; the state before viod is no longer "
		 "known",
		 name, strerror(-r), set_aside ? " and was renamed to " : "",
		 set_aside ? address : "", set_aside ? ".corrupt" : "");
	return -ENOENT;
}

/* One line for each member of the record and for each VF. */
static int record_text(const struct record *record, struct json_text *out)
{
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:b, s:O, s:O, s:O, s:O, s:O, s:O, s:b, s:O, s:O}",
		"address", record->address, "kind", record->kind, "config", record->config, "name",
		record->name, "created", record->created, "keep", record->keep, "baseline",
		record->baseline, "set", record->set, "row_states", record->row_states, "notes",
		record->notes, "rounded", record->rounded, "managed", record->managed, "unfinished",
		record->unfinished, "left", record->left, "lent", record->lent);

	if (!json)
		return -ENOMEM;
	json_text_value(out, json, 3);
	json_text_add(out, "\n");
	json_decref(json);
	return out->failed ? -ENOMEM : 0;
}

int record_save(const struct roots *roots, struct record *record)
{
	_cleanup_(json_text_clear) struct json_text text = { 0 };
	_cleanup_close_ int directory = -1;
	_cleanup_free_ char *old = NULL;
	char name[128];
	size_t old_size;
	int r;

	r = record_file_name(record->address, ".json", name, sizeof(name));
	if (r == 0)
		r = record_text(record, &text);
	if (r < 0)
		return r;
	if (read_record(roots, name, &old, &old_size) < 0 || old_size != text.size ||
	    memcmp(old, text.text, text.size) != 0) {
		directory = open_or_make_directory_at(roots->trees[VIOD_TREE_RUN], RECORD_DIRECTORY,
						      0755);
		r = directory < 0 ? directory
				  : replace_file_at(directory, strrchr(name, '/') + 1, text.text,
						    text.size, 0644);
	}
	record->changed = record->changed && r < 0;
	return r;
}

int record_remove(const struct roots *roots, const char *address)
{
	char name[128];
	int r;

	r = record_file_name(address, ".json", name, sizeof(name));
	if (r < 0)
		return r;
	if (unlinkat(roots->trees[VIOD_TREE_RUN], name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_records(DIR *dir, char ***words, size_t *count)
{
	int r = 0;

	while (r == 0) {
		const struct dirent *entry;
		const char *dot;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		dot = strrchr(entry->d_name, '.');
		if (entry->d_name[0] != '.' && streq(dot, ".json"))
			r = words_append(words, count, entry->d_name,
					 (size_t)(dot - entry->d_name));
	}
	return r;
}

int record_list(const struct roots *roots, char ***ret_addresses)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char **words = NULL;
	size_t count = 0;
	int r;

	r = open_directory(roots->trees[VIOD_TREE_RUN], RECORD_DIRECTORY, &dir);
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && dir)
		r = list_records(dir, &words, &count);
	if (r == 0 && !words && !(words = calloc(1, sizeof(*words))))
		r = -ENOMEM;
	if (r < 0) {
		words_free(words);
		return r;
	}
	qsort(words, count, sizeof(*words), compare_words);
	*ret_addresses = words;
	return 0;
}

/* --- baseline -------------------------------------------------------------------------------- */

int record_extend_baseline(struct record *record, const struct viod_values *state)
{
	json_t *now = values_to_json(state), *pf, *baseline_pf;
	int r = 0;

	if (!now)
		return -ENOMEM;
	if (json_object_size(record->baseline) == 0) {
		json_decref(record->baseline);
		record->baseline = now;
		return 0;
	}
	pf = json_object_get(now, "pf");
	baseline_pf = json_object_get(record->baseline, "pf");
	if (json_is_object(baseline_pf) && json_object_update_missing(baseline_pf, pf) < 0)
		r = -ENOMEM;
	json_decref(now);
	return r;
}

/* A job may have created VFs and failed or died before it could record that. */
static bool may_be_set(const struct record *record, const struct viod_option *option)
{
	return record->created && (option->flags & VIOD_OPTION_RECREATES) &&
	       option->phase == VIOD_PHASE_RESIZE;
}

static void keep_rows_set(const struct record *record, struct viod_values *wanted,
			  const struct viod_values *set, int vf)
{
	enum viod_scope scope = schema_scope_of(vf);
	const struct schema_scope *rows = &wanted->schema->scopes[scope];

	for (size_t i = 0; i < rows->n_rows; i++) {
		const struct viod_option *option = rows->rows[i].option;

		if (!values_get(set, vf, &rows->rows[i]) &&
		    !(option->flags & VIOD_OPTION_INTERNAL) && !may_be_set(record, option))
			values_forget(wanted, vf, &rows->rows[i]);
	}
}

int record_wanted(const struct record *record, const struct schema *schema,
		  struct viod_values **ret_wanted)
{
	_cleanup_values_ struct viod_values *wanted = NULL, *set = NULL;
	int r;

	r = values_from_json(schema, record->baseline, &wanted);
	if (r == 0)
		r = values_from_json(schema, record->set, &set);
	if (r < 0)
		return r;
	keep_rows_set(record, wanted, set, VIOD_PF);
	/* VFs that are re-created have lost all values that the baseline has of them. */
	for (size_t i = 0; !record->created && i < wanted->n_vfs; i++)
		keep_rows_set(record, wanted, set, (int)i);
	*ret_wanted = TAKE_PTR(wanted);
	return 0;
}

int record_remember(struct record *record, const struct viod_values *wanted, bool recreated)
{
	json_t *now = values_to_json(wanted), *vfs, *old, *entry;
	size_t i;

	if (!now)
		return -ENOMEM;
	/* What an earlier version of the file set must still be restored on release. */
	old = json_object_get(record->set, "pf");
	if (json_is_object(old) && json_object_update_missing(json_object_get(now, "pf"), old) < 0)
		goto no_memory;
	vfs = json_object_get(now, "vfs");
	old = recreated ? NULL : json_object_get(record->set, "vfs");
	json_array_foreach(old, i, entry) {
		json_t *one = json_array_get(vfs, i);

		if (one ? json_object_update_missing(one, entry) < 0
			: json_array_append(vfs, entry) < 0)
			goto no_memory;
	}
	json_decref(record->set);
	record->set = now;
	record->changed = true;
	return 0;
no_memory:
	json_decref(now);
	return -ENOMEM;
}
