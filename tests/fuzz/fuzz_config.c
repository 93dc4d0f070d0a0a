/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a configuration file and its drop-ins, which a form feed separates. What is accepted
 * must survive being printed and recorded.
 */
#include <errno.h>

#include "../unit/fixture.h"
#include "config/config.h"

#define MUST(condition_)           \
	do {                       \
		if (!(condition_)) \
			abort();   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct root root;
	struct kinds kinds;
} fuzz;

static void tear_down(void)
{
	kinds_clear(&fuzz.kinds);
	root_clear(&fuzz.root);
}

static void set_up(void)
{
	if (fuzz.kinds.net)
		return;
	/* Memory is quicker, where there is such a file system. */
	strcpy(fuzz.root.path, access("/dev/shm", W_OK) == 0 ? "/dev/shm/viod-fuzz-XXXXXX"
							     : "/tmp/viod-fuzz-XXXXXX");
	MUST(mkdtemp(fuzz.root.path));
	fuzz.root.fd = open(fuzz.root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	MUST(fuzz.root.fd >= 0 && kinds_new(&fuzz.kinds) == 0);
	MUST(make_directories_at(fuzz.root.fd, "etc/vio.d/a.conf.d", 0755) == 0);
	MUST(atexit(tear_down) == 0);
}

static void write_file(const char *path, const void *data, size_t size)
{
	_cleanup_close_ int fd =
		openat(fuzz.root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	MUST(fd >= 0 && write_all(fd, data, size) == 0);
}

static struct config *parse(struct diag_list *diags)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	struct config *config = NULL;
	int r;

	MUST(config_list(fuzz.root.fd, "vio.d", diags, &files) == 0 && files.count == 1);
	r = config_parse(fuzz.root.fd, &files.items[0], kinds_schema, &fuzz.kinds, diags, &config);
	MUST((r == 0) == (config != NULL) && (r == 0) == (diags->count == 0));
	MUST(r == 0 || r == -EINVAL);
	return config;
}

/* left's values are right's; where printed is given, right may lack what could not be printed. */
static void compare(const struct viod_values *left, const struct viod_values *right,
		    const char *printed)
{
	for (int vf = VIOD_PF; vf < (int)left->n_vfs; vf++) {
		const struct schema_scope *scope =
			&left->schema->scopes[vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF];

		for (size_t i = 0; i < scope->n_rows; i++) {
			const struct schema_row *row = &scope->rows[i];
			const void *a = values_get(left, vf, row), *b = values_get(right, vf, row);

			if (!a || (row->option->flags & VIOD_OPTION_POLICY))
				continue;
			MUST(b || (printed && strstr(printed, "cannot be written")));
			MUST(!b || memcmp(a, b, row->option->size) == 0);
		}
	}
}

static void check_accepted(const struct config *config)
{
	_cleanup_values_ struct viod_values *values = NULL, *recorded = NULL, *again = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = NULL;
	const int64_t *vfs = config_pf_value(config, "vfs");
	size_t n_vfs = vfs && *vfs != MAX_VFS ? (size_t)*vfs : config_vfs_named(config) + 1;
	struct config *reread;
	json_t *json;

	/* More are only slower. */
	if (n_vfs > 200)
		return;
	MUST(config_expand(config, n_vfs, &values) == 0);
	json = values_to_json(values);
	MUST(json && values_from_json(config->schema, json, &recorded) == 0);
	json_decref(json);
	compare(values, recorded, NULL);
	compare(recorded, values, NULL);
	MUST(values_print(values, config_pf_value(config, "name"), &text) == 0);
	write_file("etc/vio.d/a.conf", text, strlen(text));
	write_file("etc/vio.d/a.conf.d/1.conf", "", 0);
	write_file("etc/vio.d/a.conf.d/2.conf", "", 0);
	reread = parse(&diags);
	MUST(reread);
	MUST(config_expand(reread, values->n_vfs, &again) == 0);
	compare(values, again, text);
	compare(again, values, NULL);
	again = values_free(again);
	config_free(reread);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "etc/vio.d/a.conf", "etc/vio.d/a.conf.d/1.conf",
					     "etc/vio.d/a.conf.d/2.conf" };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct config *config;

	set_up();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const uint8_t *end = i + 1 < ARRAY_SIZE(paths) && size ? memchr(data, '\f', size)
								       : NULL;
		size_t length = end ? (size_t)(end - data) : size;

		write_file(paths[i], data, length);
		data += length + (end != NULL);
		size -= length + (end != NULL);
	}
	config = parse(&diags);
	if (config)
		check_accepted(config);
	config_free(config);
	return 0;
}
