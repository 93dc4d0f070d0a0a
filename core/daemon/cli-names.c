/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/cli-names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/suggest.h"
#include "device/device.h"
#include "model/pf-name.h"

/* More are not listed. */
#define LISTED_MAX 8

/* The words that a file may call a PF by: its address, then its interfaces. */
struct names {
	char **words; /* NULL-terminated; NULL: none */
	size_t count;
	size_t *pf_of; /* by word: which PF */
	size_t n_pfs;
};

static void names_clear(struct names *names)
{
	words_free(names->words);
	free(names->pf_of);
}

static int add_name(struct names *names, const char *word)
{
	size_t count = names->count, *slot;
	int r = words_append(&names->words, &names->count, word, strlen(word));

	if (r < 0)
		return r;
	slot = array_append((void **)&names->pf_of, &count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = names->n_pfs;
	return 0;
}

static int add_interfaces(struct names *names, int devices, const char *address)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[320];
	int r = 0;

	snprintf(path, sizeof(path), "%s/net", address);
	if (open_directory(devices, path, &dir) < 0)
		return 0;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = add_name(names, entry->d_name);
	return r;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The addresses of all PFs, sorted. */
static int find_pfs(DIR *dir, char ***ret_addresses, size_t *ret_count)
{
	const struct dirent *entry;
	char path[320];
	int r = 0;

	while (r == 0 && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/sriov_totalvfs", entry->d_name);
		if (entry->d_name[0] != '.' && faccessat(dirfd(dir), path, F_OK, 0) == 0)
			r = words_append(ret_addresses, ret_count, entry->d_name,
					 strlen(entry->d_name));
	}
	if (*ret_count)
		qsort(*ret_addresses, *ret_count, sizeof(**ret_addresses), compare_words);
	return r;
}

static int find_names(const struct roots *roots, struct names *names)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char **addresses = NULL;
	size_t count = 0;
	int r = open_directory(roots->trees[VIOD_TREE_SYS], "bus/pci/devices", &dir);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = find_pfs(dir, &addresses, &count);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = add_name(names, addresses[i]);
		if (r == 0)
			r = add_interfaces(names, dirfd(dir), addresses[i]);
		names->n_pfs++;
	}
	words_free(addresses);
	return r;
}

/* "0000:05:00.0 (eth0)" */
static void print_pf(FILE *out, const struct names *names, size_t pf)
{
	const char *before = "";

	for (size_t i = 0; i < names->count; i++) {
		if (names->pf_of[i] != pf)
			continue;
		fprintf(out, "%s%s", before, names->words[i]);
		before = *before ? ", " : " (";
	}
	fputs(streq(before, ", ") ? ")" : "", out);
}

/* As addresses are listed. */
static const char *full_name(const char *name, char ret_address[static 20])
{
	struct pf_name parsed;

	if (pf_name_parse(name, &parsed, NULL) < 0 || parsed.type != PF_NAME_ADDRESS)
		return name;
	bdf_format(&parsed.address, ret_address);
	return ret_address;
}

static void print_hint(FILE *out, const struct names *names, const char *name)
{
	const char *nearest =
		names->count ? nearest_word(name, (const char *const *)names->words, names->count)
			     : NULL;

	for (size_t i = 0; nearest && i < names->count; i++)
		if (names->words[i] == nearest) {
			fputs("; did you mean ", out);
			print_pf(out, names, names->pf_of[i]);
			fputs("?", out);
		}
	if (names->n_pfs == 0)
		fputs("; no device here has SR-IOV", out);
	else
		fprintf(out, "%s PFs here: ", nearest ? "" : ";");
	for (size_t pf = 0; pf < names->n_pfs && pf < LISTED_MAX; pf++) {
		fputs(pf ? ", " : "", out);
		print_pf(out, names, pf);
	}
	if (names->n_pfs > LISTED_MAX)
		fprintf(out, " and %zu more", names->n_pfs - LISTED_MAX);
}

char *cli_names_hint(const struct roots *roots, const char *name)
{
	_cleanup_(names_clear) struct names names = { 0 };
	char address[20], *text = NULL;
	size_t size = 0;
	FILE *out;

	if (find_names(roots, &names) < 0 || !(out = open_memstream(&text, &size)))
		return NULL;
	print_hint(out, &names, full_name(name, address));
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
