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
	record->identity = strdup("");
	record->kind = strdup(kind);
	record->config = strdup(config ? config : "");
	record->name = strdup("");
	record->baseline = json_object();
	record->set = json_pack("{s:{}, s:[]}", "pf", "vfs");
	record->about = json_pack("{s:{}, s:[]}", "pf", "vfs");
	record->row_states = json_object();
	record->notes = json_object();
	record->rounded = json_array();
	record->managed = json_array();
	record->left = json_array();
	record->lent = json_array();
	if (!record->address || !record->identity || !record->kind || !record->config ||
	    !record->name || !record->baseline || !record->set || !record->about ||
	    !record->row_states || !record->notes || !record->rounded || !record->managed ||
	    !record->left || !record->lent)
		return record_free(record);
	return record;
}

struct record *record_free(struct record *record)
{
	if (!record)
		return NULL;
	free(record->address);
	free(record->identity);
	free(record->kind);
	free(record->config);
	free(record->name);
	json_decref(record->baseline);
	json_decref(record->set);
	json_decref(record->about);
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

static void replace(json_t **slot, json_t *value)
{
	json_decref(*slot);
	*slot = json_incref(value);
}

/* Members that may be missing: an earlier version did not write all of them. */
static int optional_from_json(const json_t *json, struct record *record)
{
	const struct {
		const char *key;
		bool array;
		json_t **slot;
	} members[] = {
		{ "about", false, &record->about },    { "row_states", false, &record->row_states },
		{ "notes", false, &record->notes },    { "rounded", true, &record->rounded },
		{ "managed", true, &record->managed }, { "left", true, &record->left },
		{ "lent", true, &record->lent },
	};
	const struct {
		const char *key;
		char **slot;
	} texts[] = { { "identity", &record->identity }, { "name", &record->name } };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(json, members[i].key);

		if (members[i].array ? json_is_array(value) : json_is_object(value))
			replace(members[i].slot, value);
	}
	record->creating = json_is_true(json_object_get(json, "creating"));
	record->unfinished = json_is_true(json_object_get(json, "unfinished"));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = json_string_value(json_object_get(json, texts[i].key));
		char *copy = strdup(text ? text : "");

		if (!copy)
			return -ENOMEM;
		free(*texts[i].slot);
		*texts[i].slot = copy;
	}
	return 0;
}

static int from_json(const char *address, const json_t *json, struct record **ret_record)
{
	const char *recorded, *kind, *config;
	_cleanup_record_ struct record *record = NULL;
	json_t *baseline, *set;
	int created, keep, r;

	if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "address", &recorded,
			"kind", &kind, "config", &config, "created", &created, "keep", &keep,
			"baseline", &baseline, "set", &set) < 0 ||
	    !streq(recorded, address) || !json_is_object(baseline) || !json_is_object(set))
		return -EBADMSG;
	record = record_new(address, kind, config);
	if (!record)
		return -ENOMEM;
	record->created = created;
	record->keep = keep;
	replace(&record->baseline, baseline);
	replace(&record->set, set);
	r = optional_from_json(json, record);
	if (r == 0)
		*ret_record = TAKE_PTR(record);
	return r;
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
		"{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:b, "
		"s:O, s:O}",
		"address", record->address, "identity", record->identity, "kind", record->kind,
		"config", record->config, "name", record->name, "created", record->created,
		"creating", record->creating, "keep", record->keep, "baseline", record->baseline,
		"set", record->set, "about", record->about, "row_states", record->row_states,
		"notes", record->notes, "rounded", record->rounded, "managed", record->managed,
		"unfinished", record->unfinished, "left", record->left, "lent", record->lent);

	if (!json)
		return -ENOMEM;
	json_text_value(out, json, 3);
	json_text_add(out, "\n");
	json_decref(json);
	return out->failed ? -ENOMEM : 0;
}

/* The order of the members depends on the plugin that answered first. */
static bool same_record(const char *old, size_t old_size, const struct json_text *text)
{
	json_t *a, *b;
	bool same;

	if (old_size != text->size)
		return false;
	if (memcmp(old, text->text, old_size) == 0)
		return true;
	a = json_loadb(old, old_size, 0, NULL);
	b = json_loadb(text->text, text->size, 0, NULL);
	same = a && b && json_equal(a, b);
	json_decref(a);
	json_decref(b);
	return same;
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
	if (read_record(roots, name, &old, &old_size) < 0 || !same_record(old, old_size, &text)) {
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
	_cleanup_close_ int directory = -1;
	char name[128];
	int r;

	r = record_file_name(address, ".json", name, sizeof(name));
	if (r < 0)
		return r;
	if (unlinkat(roots->trees[VIOD_TREE_RUN], name, 0) < 0 && errno != ENOENT)
		return -errno;
	directory = openat(roots->trees[VIOD_TREE_RUN], RECORD_DIRECTORY,
			   O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory >= 0)
		remove_temporaries_at(directory, strrchr(name, '/') + 1);
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
