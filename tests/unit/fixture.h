/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests of the configuration share: option rows as core and a net plugin would have them, a
 * root directory that is thrown away, and assertions about diagnostics.
 */
#ifndef VIOD_TEST_FIXTURE_H
#define VIOD_TEST_FIXTURE_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/diagnostic.h"
#include "model/schema.h"

/* --- rows ------------------------------------------------------------------------------------- */

struct core_pf {
	char name[64], kind[32];
	int64_t vfs;
	struct viod_driver driver;
	int64_t on_remove, timeout;
};

struct core_vf {
	struct viod_driver driver;
};

struct sample_net_pf {
	bool promisc;
};

struct sample_net_vf {
	struct viod_mac mac;
	int64_t vlan, link_state, hidden;
	uint64_t max_rate, memory, guid;
	bool trust;
	char tag[16], queues[32];
};

struct gpu_vf {
	char profile[32];
};

#define MAX_VFS (-1)

static const struct viod_name vfs_words[] = { { "max", MAX_VFS }, { NULL, 0 } };
static const struct viod_name remove_words[] = { { "release", 0 }, { "keep", 1 }, { NULL, 0 } };
static const struct viod_name mac_words[] = { { "random", 1 }, { "stable", 2 }, { NULL, 0 } };
static const struct viod_name link_words[] = {
	{ "auto", 0 }, { "enable", 1 }, { "disable", 2 }, { NULL, 0 }
};

#define PF_ROW(type_, field_, key_, ...)                                                    \
	{                                                                                   \
		.scope = VIOD_SCOPE_PF, .key = key_, VIOD_FIELD(type_, field_), __VA_ARGS__ \
	}
#define VF_ROW(type_, field_, key_, ...)                                                    \
	{                                                                                   \
		.scope = VIOD_SCOPE_VF, .key = key_, VIOD_FIELD(type_, field_), __VA_ARGS__ \
	}

static const struct viod_option core_rows[] = {
	PF_ROW(struct core_pf, name, "name", .type = VIOD_TYPE_STRING,
	       .flags = VIOD_OPTION_REQUIRED | VIOD_OPTION_POLICY, .help = "which device"),
	PF_ROW(struct core_pf, kind, "kind", .type = VIOD_TYPE_STRING,
	       .flags = VIOD_OPTION_REQUIRED | VIOD_OPTION_POLICY),
	PF_ROW(struct core_pf, vfs, "vfs", .type = VIOD_TYPE_INT, .max = 65535, .names = vfs_words,
	       .flags = VIOD_OPTION_RECREATES, .phase = VIOD_PHASE_RESIZE),
	PF_ROW(struct core_pf, driver, "driver", .type = VIOD_TYPE_DRIVER),
	PF_ROW(struct core_pf, on_remove, "on-remove", .type = VIOD_TYPE_ENUM,
	       .names = remove_words, .unset = "release", .flags = VIOD_OPTION_POLICY),
	PF_ROW(struct core_pf, timeout, "timeout", .type = VIOD_TYPE_INT, .min = 1, .max = 86400,
	       .unset = "120", .flags = VIOD_OPTION_POLICY),
	VF_ROW(struct core_vf, driver, "driver", .type = VIOD_TYPE_DRIVER, .new_vf = "default"),
	{ .key = NULL },
};

static const struct viod_option net_rows[] = {
	PF_ROW(struct sample_net_pf, promisc, "promisc", .type = VIOD_TYPE_BOOL),
	VF_ROW(struct sample_net_vf, mac, "mac", .type = VIOD_TYPE_MAC, .names = mac_words,
	       .flags = VIOD_OPTION_UNIQUE),
	VF_ROW(struct sample_net_vf, vlan, "vlan", .type = VIOD_TYPE_INT, .max = 4095),
	VF_ROW(struct sample_net_vf, link_state, "link-state", .type = VIOD_TYPE_ENUM,
	       .names = link_words),
	VF_ROW(struct sample_net_vf, hidden, "hidden", .type = VIOD_TYPE_INT, .max = 9,
	       .flags = VIOD_OPTION_INTERNAL),
	VF_ROW(struct sample_net_vf, max_rate, "max-rate", .type = VIOD_TYPE_RATE),
	VF_ROW(struct sample_net_vf, memory, "memory", .type = VIOD_TYPE_SIZE),
	VF_ROW(struct sample_net_vf, guid, "node-guid", .type = VIOD_TYPE_GUID),
	VF_ROW(struct sample_net_vf, trust, "trust", .type = VIOD_TYPE_BOOL),
	VF_ROW(struct sample_net_vf, tag, "tag", .type = VIOD_TYPE_STRING),
	VF_ROW(struct sample_net_vf, queues, "queues", .type = VIOD_TYPE_LIST),
	{ .key = NULL },
};

static const struct viod_option gpu_rows[] = {
	VF_ROW(struct gpu_vf, profile, "profile", .type = VIOD_TYPE_STRING,
	       .flags = VIOD_OPTION_REQUIRED),
	{ .key = NULL },
};

static const struct viod_plugin core_plugin = {
	.name = "core",
	.options = core_rows,
	.pf_size = sizeof(struct core_pf),
	.vf_size = sizeof(struct core_vf),
};
static const struct viod_plugin net_plugin = {
	.name = "net",
	.kind = "net",
	.options = net_rows,
	.pf_size = sizeof(struct sample_net_pf),
	.vf_size = sizeof(struct sample_net_vf),
};
static const struct viod_plugin gpu_plugin = {
	.name = "gpu",
	.kind = "gpu",
	.options = gpu_rows,
	.vf_size = sizeof(struct gpu_vf),
};

/* The kinds net and gpu, knowing of each other. */
struct kinds {
	struct schema *net, *gpu;
};

static inline void kinds_clear(struct kinds *kinds)
{
	schema_free(kinds->net);
	schema_free(kinds->gpu);
}

static inline int kinds_new(struct kinds *ret_kinds)
{
	const struct viod_plugin *net[] = { &core_plugin, &net_plugin };
	const struct viod_plugin *gpu[] = { &core_plugin, &gpu_plugin };
	struct diag_list diags = { 0 };
	int r = schema_new("net", net, 2, &diags, &ret_kinds->net);

	if (r == 0)
		r = schema_new("gpu", gpu, 2, &diags, &ret_kinds->gpu);
	if (r == 0) {
		ret_kinds->net->next = ret_kinds->gpu;
		ret_kinds->gpu->next = ret_kinds->net;
	}
	diag_list_clear(&diags);
	return r;
}

/* A config_schema_fn; userdata is struct kinds. */
static inline const struct schema *kinds_schema(void *userdata, const char *kind,
						const struct viod_where *where,
						struct diag_list *diags)
{
	const struct kinds *kinds = userdata;

	if (strcmp(kind, "net") == 0)
		return kinds->net;
	if (strcmp(kind, "gpu") == 0)
		return kinds->gpu;
	diag_add(diags, VIOD_ERROR, VIOD_PF, where, 0, "no plugin serves kind '%s'", kind);
	return NULL;
}

/* --- a root directory --------------------------------------------------------------------------
 */

struct root {
	char path[64];
	int fd;
};

static inline int remove_one(const char *path, const struct stat *status, int flag,
			     struct FTW *place)
{
	return remove(path);
}

static inline void root_clear(struct root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	(void)nftw(root->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void root_new(struct root *ret_root)
{
	strcpy(ret_root->path, "/tmp/viod-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(ret_root->path));
	ret_root->fd = open(ret_root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(ret_root->fd, 0);
}

/* Directories are made on the way. */
static inline void root_write_bytes(const struct root *root, const char *path, const void *data,
				    size_t size)
{
	_cleanup_free_ char *directory = strdup(path);
	char *slash = strrchr(directory, '/');
	int fd;

	if (slash) {
		*slash = '\0';
		ck_assert_int_eq(make_directories_at(root->fd, directory, 0755), 0);
	}
	fd = openat(root->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	ck_assert_int_eq(write_all(fd, data, size), 0);
	close(fd);
}

static inline void root_write(const struct root *root, const char *path, const char *text)
{
	root_write_bytes(root, path, text, strlen(text));
}

#define _cleanup_root_ _cleanup_(root_clear)
#define _cleanup_kinds_ _cleanup_(kinds_clear)

/* --- diagnostics -------------------------------------------------------------------------------
 */

/* The whole list, for a failed assertion's text. The caller frees. */
static inline char *diags_text(const struct diag_list *diags)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	/* Check has no room for more. */
	for (size_t i = 0; i < MIN(diags->count, 20u); i++) {
		char *line = diag_text(&diags->items[i]);

		fprintf(file, "\n  %.150s", line);
		free(line);
	}
	fclose(file);
	return text;
}

/* Some error starts with "file:line:column: " and has the part; each is found in one entry only. */
static inline void assert_diag(const struct diag_list *diags, const char *place, const char *part)
{
	_cleanup_free_ char *all = diags_text(diags);

	for (size_t i = 0; i < diags->count; i++) {
		_cleanup_free_ char *line = diag_text(&diags->items[i]);

		if (strncmp(line, place, strlen(place)) == 0 &&
		    strncmp(line + strlen(place), ": ", 2) == 0 && strstr(line, part))
			return;
	}
	ck_abort_msg("no error '%s: ...%s...' among:%s", place, part, all);
}

static inline void assert_no_diags(const struct diag_list *diags)
{
	_cleanup_free_ char *all = diags_text(diags);

	ck_assert_msg(diags->count == 0, "unexpected:%s", all);
}

static inline void assert_diag_count(const struct diag_list *diags, size_t count)
{
	_cleanup_free_ char *all = diags_text(diags);

	ck_assert_msg(diags->count == count, "%zu errors, not %zu:%s", diags->count, count, all);
}

/* Of this process: what limits are for, and not what else the machine does. */
static inline uint64_t cpu_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* What it costs here and now, as this test was compiled, to go through as many bytes as a file may
 * have; limits are so many times that. */
static inline uint64_t cpu_usec_of_a_pass(void)
{
	static volatile uint32_t hash;
	uint64_t start = cpu_usec();

	for (size_t i = 0; i < 8 << 20; i++)
		hash = (hash ^ (uint8_t)i) * 16777619;
	/* In a guest the clock of a process can stand still, for as long as the host was busy. */
	return MAX((cpu_usec() - start) / 8, (uint64_t)500);
}

/* --- running ------------------------------------------------------------------------------------
 */

/* How many of the last n tests are to be left out. tests/unit/run repeats the line at its end. */
static inline size_t left_out_unless_root(size_t n)
{
	if (geteuid() == 0)
		return 0;
	printf("left out: %zu of %s, for only root can run them\n", n,
	       program_invocation_short_name);
	return n;
}

/* So many may stay open. */
#ifndef DESCRIPTORS_KEPT
#define DESCRIPTORS_KEPT 0
#endif

static inline unsigned own_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* Where the tests do not run in processes of their own, descriptors that they leave open are a
 * failure, too. */
static inline int run_tests(const char *name, const TTest *const *tests, size_t n_tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	unsigned before = own_descriptors(), after;
	int failed;

	/* Sanitizers make the large inputs slow. */
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < n_tests; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	after = own_descriptors();
	if (!failed && after > before + DESCRIPTORS_KEPT) {
		printf("%u descriptors are left open\n", after - before);
		failed = 1;
	}
	return failed != 0;
}

#endif
