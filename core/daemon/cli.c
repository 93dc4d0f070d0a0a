/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/diag-fold.h"
#include "daemon/cli-names.h"
#include "daemon/job-process.h"
#include "device/device-name.h"
#include "job/job-result.h"

/* A plugin that hangs must not make the command hang. */
#define CHECK_TIMEOUT_SEC 60

/* --- run one job to its end ------------------------------------------------------------------ */

struct waiter {
	sd_event *event;
	json_t *result;
	char *death;
};

static void cli_on_progress(void *userdata, const json_t *progress)
{
}

static void cli_on_overdue(void *userdata, const char *where, bool ended)
{
}

static void cli_on_done(void *userdata, const struct job_outcome *outcome)
{
	struct waiter *waiter = userdata;

	waiter->result = json_incref((json_t *)outcome->result);
	if (!outcome->result)
		waiter->death = strdup(outcome->death ? outcome->death : "no answer");
	(void)sd_event_exit(waiter->event, 0);
}

static int run_job(const struct job_request *request, json_t **ret_result)
{
	static const struct job_handlers handlers = {
		.progress = cli_on_progress,
		.overdue = cli_on_overdue,
		.done = cli_on_done,
	};
	struct waiter waiter = { 0 };
	struct job *job = NULL;
	int r;

	r = sd_event_new(&waiter.event);
	if (r >= 0)
		r = job_start(waiter.event, request, CHECK_TIMEOUT_SEC, &handlers, &waiter, &job);
	if (r >= 0)
		r = sd_event_loop(waiter.event);
	job_free(job);
	sd_event_unref(waiter.event);
	if (r >= 0 && !waiter.result) {
		fprintf(stderr, "viod: %s: %s\n", request->address, waiter.death);
		r = -EIO;
	}
	free(waiter.death);
	if (r < 0)
		return r;
	*ret_result = waiter.result;
	return 0;
}

static void print_diags(const char *about, const struct diag_list *diags)
{
	static const char *const names[] = {
		[VIOD_ERROR] = "error", [VIOD_WARNING] = "warning", [VIOD_INFO] = "note"
	};

	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *diag = &diags->items[i];
		_cleanup_free_ char *text = diag_text(diag);

		if (diag->file)
			fprintf(stderr, "%s: %s\n", names[diag->severity], text ? text : "?");
		else
			fprintf(stderr, "%s: %s: %s\n", names[diag->severity], about,
				text ? text : "?");
	}
}

static size_t print_result_diags(const char *about, const json_t *result)
{
	_cleanup_diags_ struct diag_list diags = { 0 }, folded = { 0 };

	job_result_diags(result, &diags);
	diag_fold(&diags, &folded);
	print_diags(about, &folded);
	return diag_errors(&diags);
}

static int resolve_once(const struct roots *roots, const char *name,
			char ret_address[static DEVICE_NAME_MAX])
{
	struct link_table links = { 0 };
	int r = resolve_name(roots, &links, name, ret_address, DEVICE_NAME_MAX);

	link_table_clear(&links);
	return r;
}

/* --- --check --------------------------------------------------------------------------------- */

/* Errors are worse than changes, and changes are worse than none. */
static int worse(int a, int b)
{
	return a == CHECK_ERRORS || b == CHECK_ERRORS ? CHECK_ERRORS : MAX(a, b);
}

static void print_absent(const struct roots *roots, const char *path, const char *name,
			 const char *address)
{
	_cleanup_free_ char *hint = cli_names_hint(roots, name);

	printf("%s: %s: no such device now; viod waits for it%s\n", path,
	       address[0] ? address : name, hint ? hint : "");
}

static int check_device(const struct roots *roots, const struct loader *loader,
			const struct config_file *file, const struct config *config)
{
	struct job_request request = { .goal = JOB_CHECK,
				       .roots = roots,
				       .loader = loader,
				       .file = file->path,
				       .config = config };
	const char *name = config_pf_value(config, "name"), *verdict;
	char address[DEVICE_NAME_MAX];
	json_t *result = NULL, *step, *steps;
	int status = CHECK_CLEAN;
	size_t i;

	/* The file itself can be wrong without the device. */
	request.address = address;
	if (resolve_once(roots, name, address) < 0)
		address[0] = '\0';
	if (run_job(&request, &result) < 0)
		return CHECK_ERRORS;
	verdict = json_string_value(json_object_get(result, "verdict"));
	steps = json_object_get(result, "steps");
	if (print_result_diags(address[0] ? address : name, result))
		status = CHECK_ERRORS;
	else if (json_array_size(steps))
		status = CHECK_PENDING;
	if (streq(verdict, job_verdict_names[JOB_ABSENT]))
		print_absent(roots, file->path, name, address);
	else if (status == CHECK_CLEAN)
		printf("%s: %s: nothing to do\n", file->path, address);
	else if (json_array_size(steps))
		printf("%s: %s: %zu steps\n", file->path, address, json_array_size(steps));
	json_array_foreach(steps, i, step)
		printf("  %s\n", json_string_value(step));
	json_decref(result);
	return status;
}

/* The files that viod reads are checked together. */
struct folder {
	const struct roots *roots;
	const struct loader *loader;
	struct config_files files;
	struct config **configs; /* by file; NULL where it has errors */
	struct config **rests;	 /* then: what is right in it, or NULL */
	struct diag_list *diags;
	struct config_conflict *conflicts;
};

static void folder_close(struct folder *folder)
{
	for (size_t i = 0; i < folder->files.count; i++) {
		config_free(folder->configs ? folder->configs[i] : NULL);
		config_free(folder->rests ? folder->rests[i] : NULL);
		if (folder->diags)
			diag_list_clear(&folder->diags[i]);
		if (folder->conflicts)
			free(folder->conflicts[i].text);
	}
	free(folder->configs);
	free(folder->rests);
	free(folder->diags);
	free(folder->conflicts);
	config_files_clear(&folder->files);
}

static int find_folder_conflicts(struct folder *folder)
{
	char(*addresses)[DEVICE_NAME_MAX] = calloc(folder->files.count + 1, sizeof(*addresses));
	struct config_claim *claims = calloc(folder->files.count + 1, sizeof(*claims));
	int r = addresses && claims ? 0 : -ENOMEM;

	for (size_t i = 0; i < folder->files.count && r == 0; i++) {
		const struct config *config = folder->configs[i];

		claims[i] = (struct config_claim){ config, folder->files.items[i].path, NULL };
		if (config &&
		    resolve_once(folder->roots, config_pf_value(config, "name"), addresses[i]) == 0)
			claims[i].address = addresses[i];
	}
	if (r == 0)
		r = config_find_conflicts(claims, folder->files.count, folder->conflicts);
	free(addresses);
	free(claims);
	return r;
}

static int folder_open(const struct roots *roots, const struct loader *loader,
		       struct diag_list *diags, struct folder *ret_folder)
{
	struct folder *folder = ret_folder;
	size_t count;
	int r;

	*folder = (struct folder){ .roots = roots, .loader = loader };
	/* A directory that cannot be read is among the errors. */
	r = config_list(roots->root, "vio.d", diags, &folder->files);
	if (r == -ENOMEM)
		return r;
	count = folder->files.count;
	folder->configs = calloc(count + 1, sizeof(struct config *));
	folder->rests = calloc(count + 1, sizeof(struct config *));
	folder->diags = calloc(count + 1, sizeof(*folder->diags));
	folder->conflicts = calloc(count + 1, sizeof(*folder->conflicts));
	if (!folder->configs || !folder->rests || !folder->diags || !folder->conflicts)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		(void)config_parse_rest(roots->root, &folder->files.items[i], loader_schema_of,
					(void *)loader, &folder->diags[i], &folder->configs[i],
					&folder->rests[i]);
	return find_folder_conflicts(folder);
}

/* What plugins and the device say of the lines that have no errors. */
static void check_rest(const struct folder *folder, const struct config_file *file,
		       const struct config *rest)
{
	struct job_request request = { .goal = JOB_CHECK,
				       .roots = folder->roots,
				       .loader = folder->loader,
				       .file = file->path,
				       .config = rest,
				       .rest = true };
	_cleanup_diags_ struct diag_list errors = { 0 }, folded = { 0 };
	const char *name = rest ? config_pf_value(rest, "name") : NULL;
	char address[DEVICE_NAME_MAX];
	json_t *result = NULL;

	request.address = address;
	if (!name || resolve_once(folder->roots, name, address) < 0)
		address[0] = '\0';
	if (!rest || run_job(&request, &result) < 0)
		return;
	job_result_line_errors(result, &errors);
	diag_fold(&errors, &folded);
	print_diags(file->path, &folded);
	json_decref(result);
}

static int check_listed(const struct folder *folder, size_t i)
{
	const struct config_file *file = &folder->files.items[i];

	print_diags(file->path, &folder->diags[i]);
	if (!folder->configs[i]) {
		check_rest(folder, file, folder->rests[i]);
		return CHECK_ERRORS;
	}
	if (folder->conflicts[i].text) {
		fprintf(stderr, "error: %s\n", folder->conflicts[i].text);
		return CHECK_ERRORS;
	}
	return check_device(folder->roots, folder->loader, file, folder->configs[i]);
}

/* A file in another directory may be a new version of one that viod reads: checked alone. */
static int check_draft(const struct folder *folder, const struct config_file *file)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct config *config, *rest;
	int r, status;

	r = config_parse_rest(folder->roots->root, file, loader_schema_of, (void *)folder->loader,
			      &diags, &config, &rest);
	print_diags(file->path, &diags);
	if (r < 0) {
		check_rest(folder, file, rest);
		config_free(rest);
		return CHECK_ERRORS;
	}
	status = check_device(folder->roots, folder->loader, file, config);
	config_free(config);
	return status;
}

static int check_path(const struct folder *folder, const char *path)
{
	char full[PATH_MAX], identity[] = "";
	char *none[] = { NULL };
	struct config_file file = { .path = full, .drop_ins = none, .identity = identity };
	char *name;

	/* The path is not resolved: the rules for symbolic links are checked, too. */
	if (path[0] == '/' || !getcwd(full, sizeof(full)))
		(void)copy_text(full, sizeof(full), path);
	else if (strlen(full) + strlen(path) + 2 < sizeof(full))
		snprintf(full + strlen(full), sizeof(full) - strlen(full), "/%s", path);
	name = strrchr(full, '/');
	file.name = name ? name + 1 : full;
	for (size_t i = 0; i < folder->files.count; i++)
		if (streq(folder->files.items[i].path, full))
			return check_listed(folder, i);
	return check_draft(folder, &file);
}

int command_check(const struct roots *roots, const struct loader *loader, char *const *paths,
		  int *ret_status)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct folder folder;
	int status = CHECK_CLEAN, r;

	r = folder_open(roots, loader, &diags, &folder);
	if (!paths[0]) {
		print_diags("vio.d", &diags);
		if (r == 0 && !folder.files.count)
			printf("/etc/vio.d: no file here ends in .conf, so no device is managed\n");
		if (diag_errors(&diags))
			status = CHECK_ERRORS;
	}
	for (size_t i = 0; paths[i] && r == 0; i++)
		status = worse(status, check_path(&folder, paths[i]));
	for (size_t i = 0; !paths[0] && r == 0 && i < folder.files.count; i++)
		status = worse(status, check_listed(&folder, i));
	folder_close(&folder);
	*ret_status = status;
	return r;
}

/* --- --print --------------------------------------------------------------------------------- */

static const char *kind_of(const struct roots *roots, const struct loader *loader,
			   const char *address)
{
	const char *kind;
	struct viod_pf pf;

	if (device_look(roots, loader, address, &pf) < 0 || !pf.present)
		return NULL;
	kind = loader_kind_of(loader, &pf.self.function);
	device_close(&pf);
	return kind;
}

static int print_one(const struct roots *roots, const struct loader *loader, const char *name)
{
	struct job_request request = { .goal = JOB_PRINT, .roots = roots, .loader = loader };
	char address[DEVICE_NAME_MAX];
	json_t *result = NULL;
	const char *text;
	int status = EXIT_SUCCESS;

	request.address = address;
	if (resolve_once(roots, name, address) == 0)
		request.kind = kind_of(roots, loader, address);
	if (!request.kind) {
		fprintf(stderr, "viod: %s: no such device, or no plugin for it\n", name);
		return EXIT_FAILURE;
	}
	if (run_job(&request, &result) < 0)
		return EXIT_FAILURE;
	text = json_string_value(json_object_get(result, "print"));
	if (print_result_diags(address, result) || !text)
		status = EXIT_FAILURE;
	else
		fputs(text, stdout);
	json_decref(result);
	return status;
}

static int print_all(const struct roots *roots, const struct loader *loader, int *ret_status)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char path[320];
	int fd = openat(roots->trees[VIOD_TREE_SYS], "bus/pci/devices",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/sriov_totalvfs", entry->d_name);
		if (entry->d_name[0] != '.' && faccessat(fd, path, F_OK, 0) == 0 &&
		    print_one(roots, loader, entry->d_name) != EXIT_SUCCESS)
			*ret_status = EXIT_FAILURE;
	}
	return 0;
}

int command_print(const struct roots *roots, const struct loader *loader, char *const *addresses,
		  int *ret_status)
{
	int r = 0;

	*ret_status = EXIT_SUCCESS;
	if (!addresses[0])
		r = print_all(roots, loader, ret_status);
	for (size_t i = 0; addresses[i]; i++)
		if (print_one(roots, loader, addresses[i]) != EXIT_SUCCESS)
			*ret_status = EXIT_FAILURE;
	return r;
}
