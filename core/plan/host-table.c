/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/host-table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "device/holders.h"
#include "device/row-state.h"
#include "kernel/kmod.h"
#include "kernel/machine.h"
#include "kernel/pci-device.h"
#include "kernel/udev.h"
#include "loader/quirk-match.h"
#include "plan/plan.h"

/* --- values ---------------------------------------------------------------------------------- */

static const struct schema_row *row_of(const struct viod_values *values, int vf,
				       const struct viod_option *option)
{
	enum viod_scope scope = schema_scope_of(vf);
	const struct schema_row *row = schema_row_of(values->schema, option);

	return row && row->option->scope == scope ? row : NULL;
}

static const void *host_get(const struct viod_values *values, int vf,
			    const struct viod_option *option)
{
	const struct schema_row *row = row_of(values, vf, option);

	return row ? values_get(values, vf, row) : NULL;
}

static const struct viod_where *host_where(const struct viod_values *values, int vf,
					   const struct viod_option *option)
{
	static const struct viod_where nowhere;
	const struct schema_row *row = row_of(values, vf, option);

	return row ? values_where(values, vf, row) : &nowhere;
}

/* A value that a plugin replaces keeps the line that set it. */
static int host_put(struct viod_values *values, int vf, const struct viod_option *option,
		    const void *value)
{
	const struct schema_row *row = row_of(values, vf, option);

	return row ? values_put(values, vf, row, value, values_where(values, vf, row)) : 0;
}

static const struct viod_option *host_option(const struct viod_values *values, int vf,
					     const char *key)
{
	const struct schema_row *row = schema_find(values->schema, schema_scope_of(vf), key);

	return row ? row->option : NULL;
}

static void host_forget(struct viod_values *values, int vf, const struct viod_option *option)
{
	const struct schema_row *row = row_of(values, vf, option);

	if (row)
		values_forget(values, vf, row);
}

static const void *host_values(const struct viod_values *values, int vf,
			       const struct viod_plugin *plugin)
{
	enum viod_scope scope = schema_scope_of(vf);
	const struct schema_scope *rows = &values->schema->scopes[scope];
	const struct viod_object *object = values_object(values, vf);

	for (size_t i = 0; object && i < rows->n_blocks; i++)
		if (streq(rows->blocks[i].owner->name, plugin->name))
			return object->data + rows->blocks[i].offset;
	return NULL;
}

static unsigned host_vf_count(const struct viod_values *values)
{
	return (unsigned)values->n_vfs;
}

/* --- the device ------------------------------------------------------------------------------ */

/* Report a text, which is freed here. */
static void report_text(struct viod_pf *pf, enum viod_severity severity, int vf,
			const struct viod_option *option, const struct viod_where *where, int error,
			char *text)
{
	const char *key = option ? option->key : pf->key;
	const char *advice = error ? quirk_advice(&pf->quirk, key, error) : NULL;

	if (severity >= VIOD_SEVERITY_MAX_)
		severity = VIOD_ERROR;
	diag_add(&pf->diags, severity, vf, where, error, "%s%s%s" ADVICE_FORMAT,
		 text ? text : "out of memory", error ? ": " : "", error ? strerror(error) : "",
		 ADVICE(advice));
	free(text);
}

static void PRINTF_LIKE(7, 8)
	host_report(struct viod_pf *pf, enum viod_severity severity, int vf,
		    const struct viod_option *option, const struct viod_where *where, int error,
		    const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	report_text(pf, severity, vf, option, where, error, text);
}

/* True for the first report of an error on a line; the format distinguishes errors of the same
 * line. */
static bool is_first_report(struct viod_pf *pf, const char *format, const struct viod_where *where)
{
	struct device_reported *added;

	if (!where->file)
		return true;
	for (size_t i = 0; i < pf->n_reported; i++)
		if (pf->reported[i].format == format &&
		    diag_same_line(&pf->reported[i].where, where))
			return false;
	added = array_append((void **)&pf->reported, &pf->n_reported, sizeof(*added));
	if (added)
		*added = (struct device_reported){ .format = format, .where = *where };
	return true;
}

static void PRINTF_LIKE(5, 6)
	host_error(struct viod_pf *pf, const struct viod_values *wanted, int vf,
		   const struct viod_option *option, const char *format, ...)
{
	const struct viod_where *where = host_where(wanted, vf, option);
	va_list arguments;
	char *text;

	if (!is_first_report(pf, format, where))
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	report_text(pf, VIOD_ERROR, vf, option, where, 0, text);
}

static bool host_row_unsupported(struct viod_pf *pf, int vf, const struct viod_option *option)
{
	return row_mark_add(pf, vf, option, ROW_UNSUPPORTED);
}

static bool host_row_deferred(struct viod_pf *pf, int vf, const struct viod_option *option)
{
	return row_mark_add(pf, vf, option, ROW_DEFERRED);
}

static bool host_row_rounded(struct viod_pf *pf, int vf, const struct viod_option *option)
{
	return row_mark_add(pf, vf, option, ROW_ROUNDED);
}

static const struct viod_quirk *host_quirk(struct viod_pf *pf)
{
	return &pf->quirk;
}

static int host_port_without_acs(struct viod_pf *pf, int vf, char *ret_address, size_t size)
{
	const char *directory = device_path(pf, vf);

	return directory ? pci_port_without_acs(pf->roots, directory, ret_address, size) : -ENODEV;
}

/* A single path, because opening a directory for each attribute would dominate the time of a
 * job. */
static int attribute_path(struct viod_pf *pf, int vf, const char *attribute, char *ret_path,
			  size_t size)
{
	const char *directory = device_path(pf, vf);
	int n;

	if (!directory)
		return -ENODEV;
	n = snprintf(ret_path, size, "%s/%s", directory, attribute);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int host_read(struct viod_pf *pf, int vf, const char *attribute, char *ret_text, size_t size)
{
	char path[512];
	int r = attribute_path(pf, vf, attribute, path, sizeof(path));

	return r < 0 ? r : sysfs_read(pf->roots->trees[VIOD_TREE_SYS], path, ret_text, size);
}

static void host_kernel_enter(struct viod_pf *pf)
{
	pf->kernel_depth++;
	pf->progress->in_kernel = true;
}

static void host_kernel_leave(struct viod_pf *pf)
{
	if (pf->kernel_depth)
		pf->kernel_depth--;
	pf->progress->in_kernel = pf->kernel_depth > 0;
}

static int write_below(struct viod_pf *pf, enum viod_tree tree, const char *path, const char *text)
{
	int r;

	host_kernel_enter(pf);
	r = sysfs_write(pf->roots->trees[tree], path, text);
	host_kernel_leave(pf);
	return r;
}

static int host_write(struct viod_pf *pf, int vf, const char *attribute, const char *text)
{
	char path[512];
	int r = attribute_path(pf, vf, attribute, path, sizeof(path));

	return r < 0 ? r : write_below(pf, VIOD_TREE_SYS, path, text);
}

/* --- any file -------------------------------------------------------------------------------- */

/* The path relative to the root of the tree, with or without leading slashes. */
static const char *below_root(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

static bool is_tree(const struct viod_pf *pf, enum viod_tree tree)
{
	return (size_t)tree < ARRAY_SIZE(pf->roots->trees);
}

static int host_read_at(struct viod_pf *pf, enum viod_tree tree, const char *path, char *ret_text,
			size_t size)
{
	return is_tree(pf, tree)
		       ? sysfs_read_all(pf->roots->trees[tree], below_root(path), ret_text, size)
		       : -EINVAL;
}

static int host_write_at(struct viod_pf *pf, enum viod_tree tree, const char *path,
			 const char *text)
{
	return is_tree(pf, tree) ? write_below(pf, tree, below_root(path), text) : -EINVAL;
}

static int host_link_at(struct viod_pf *pf, enum viod_tree tree, const char *path, char *ret_name,
			size_t size)
{
	return is_tree(pf, tree)
		       ? sysfs_link_name(pf->roots->trees[tree], below_root(path), ret_name, size)
		       : -EINVAL;
}

static int host_stat_at(struct viod_pf *pf, enum viod_tree tree, const char *path,
			struct stat *ret_status)
{
	if (!is_tree(pf, tree))
		return -EINVAL;
	return fstatat(pf->roots->trees[tree], below_root(path), ret_status, 0) < 0 ? -errno : 0;
}

static int host_open_at(struct viod_pf *pf, enum viod_tree tree, const char *path, int flags)
{
	int fd;

	if (!is_tree(pf, tree))
		return -EINVAL;
	fd = openat(pf->roots->trees[tree], below_root(path), flags | O_CLOEXEC | O_NOCTTY, 0600);
	return fd < 0 ? -errno : fd;
}

static int host_open_directory(struct viod_pf *pf, enum viod_tree tree, const char *path,
			       DIR **ret_dir)
{
	if (!is_tree(pf, tree))
		return -EINVAL;
	return open_directory(pf->roots->trees[tree], below_root(path), ret_dir);
}

static int host_udev_wait(struct viod_pf *pf, const char *entry, const struct timespec *since,
			  unsigned milliseconds)
{
	return udev_wait(pf->roots->trees[VIOD_TREE_RUN], entry, since, milliseconds);
}

static int host_module(struct viod_pf *pf, const char *name_or_alias)
{
	if (pf->changes_nothing)
		return module_exists(name_or_alias) ? -EROFS : -ENOENT;
	return module_load(name_or_alias);
}

static int host_best_module(struct viod_pf *pf, const char *alias, char *ret_name, size_t size)
{
	return module_best(alias, ret_name, size);
}

/* --- what a plugin keeps --------------------------------------------------------------------- */

static void *host_scratch(struct viod_pf *pf, const struct viod_plugin *plugin, size_t size)
{
	struct device_scratch *added;

	for (size_t i = 0; i < pf->n_scratch; i++)
		if (pf->scratch[i].plugin == plugin)
			return pf->scratch[i].data;
	added = array_append((void **)&pf->scratch, &pf->n_scratch, sizeof(*added));
	if (!added)
		return NULL;
	*added = (struct device_scratch){ .plugin = plugin, .data = calloc(1, size ? size : 1) };
	if (!added->data)
		pf->n_scratch--;
	return added->data;
}

static int host_derive(struct viod_pf *pf, const char *purpose, const char *text, void *ret_bytes,
		       size_t size)
{
	return machine_derive(pf->roots->trees[VIOD_TREE_ETC], purpose, text, ret_bytes, size);
}

/* --- notes ----------------------------------------------------------------------------------- */

static int host_note(struct viod_pf *pf, const struct viod_plugin *plugin, const char *key,
		     const char *text)
{
	json_t *own = json_object_get(pf->notes, plugin->name);

	if (!pf->notes || !pf->save_notes)
		return -ENOENT;
	if (!own) {
		own = json_object();
		if (json_object_set_new(pf->notes, plugin->name, own) < 0)
			return -ENOMEM;
	}
	if (!text)
		(void)json_object_del(own, key);
	else if (json_object_set_new(own, key, json_string(text)) < 0)
		return -ENOMEM;
	return pf->save_notes(pf->save_userdata);
}

static int host_noted(struct viod_pf *pf, const struct viod_plugin *plugin, const char *key,
		      char *ret_text, size_t size)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(pf->notes, plugin->name), key));

	if (!text)
		return -ENOENT;
	return copy_text(ret_text, size, text);
}

static int host_set_elsewhere(struct viod_pf *pf, const char *address, const char *key,
			      char *ret_text, size_t size)
{
	return pf->set_elsewhere ? pf->set_elsewhere(pf, address, key, ret_text, size) : -ENOENT;
}

/* --- what plugins have to say ---------------------------------------------------------------- */

/* The object of this key, created if there is none. */
static json_t *object_in(json_t *parent, const char *key)
{
	json_t *object = json_object_get(parent, key);

	if (!object) {
		object = json_object();
		if (json_object_set_new(parent, key, object) < 0)
			return NULL;
	}
	return object;
}

static int host_publish(struct viod_pf *pf, const char *topic, const char *about, const char *what,
			const char *text)
{
	json_t *facts, *value = json_string(text);

	if (!value)
		return -EINVAL;
	pf->facts = pf->facts ? pf->facts : json_object();
	facts = pf->facts ? object_in(pf->facts, topic) : NULL;
	facts = facts ? object_in(facts, about) : NULL;
	if (!facts) {
		json_decref(value);
		return -ENOMEM;
	}
	return json_object_set_new(facts, what, value) < 0 ? -ENOMEM : 0;
}

static int host_blocked_by(struct viod_pf *pf, int vf, const struct viod_holder *holder)
{
	char text[256];
	size_t before;

	if (!pf->blocked_by)
		pf->blocked_by = calloc(1, sizeof(*pf->blocked_by));
	before = pf->blocked_by ? pf->blocked_by->count : 0;
	if (!pf->blocked_by || holders_add(pf->blocked_by, holder) < 0)
		return -ENOMEM;
	if (pf->blocked_by->count == before)
		return 0;
	holder_text(&pf->blocked_by->items[before], text, sizeof(text));
	diag_add(&pf->diags, VIOD_WARNING, vf, NULL, 0, "waiting for %s", text);
	return 0;
}

const struct viod_host host_table = {
	.size = sizeof(struct viod_host),
	.abi_major = VIOD_ABI_MAJOR,
	.abi_minor = VIOD_ABI_MINOR,
	.get = host_get,
	.where = host_where,
	.put = host_put,
	.values = host_values,
	.vf_count = host_vf_count,
	.step = plan_add_guarded,
	.report = host_report,
	.function = device_function,
	.quirk = host_quirk,
	.read = host_read,
	.port_without_acs = host_port_without_acs,
	.write = host_write,
	.open_at = host_open_at,
	.holder = holders_add,
	.node = nodes_add,
	.format = value_format,
	.load_module = host_module,
	.row_unsupported = host_row_unsupported,
	.row_deferred = host_row_deferred,
	.row_rounded = host_row_rounded,
	.option = host_option,
	.forget = host_forget,
	.best_module = host_best_module,
	.note = host_note,
	.noted = host_noted,
	.holder_of = holders_of_other,
	.holder_text = holder_text,
	.node_user = holders_of_node,
	.open_directory = host_open_directory,
	.nearest = nearest_word,
	.publish = host_publish,
	.blocked_by = host_blocked_by,
	.change_text = plan_change_text,
	.error = host_error,
	.scratch = host_scratch,
	.derive = host_derive,
	.set_elsewhere = host_set_elsewhere,
	.read_at = host_read_at,
	.write_at = host_write_at,
	.link_at = host_link_at,
	.stat_at = host_stat_at,
	.udev_wait = host_udev_wait,
	.kernel_enter = host_kernel_enter,
	.kernel_leave = host_kernel_leave,
};
