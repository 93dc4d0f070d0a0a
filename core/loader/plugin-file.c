/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/plugin-file.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diagnostic.h"
#include "model/schema.h"
#include "model/value.h"

#define SYMBOL "viod_plugin"

/* One allocation, so that freeing the plugin frees all of it. */
struct plugin_copy {
	struct viod_plugin plugin;
	struct viod_ops ops;
	struct viod_quirk quirk;
};

static const char *const role_names[VIOD_ROLE_MAX_] = {
	[VIOD_ROLE_KIND] = "kind",
	[VIOD_ROLE_QUIRK] = "quirk",
	[VIOD_ROLE_DRIVER] = "driver",
};

/* Words of "driver =" that core resolves itself. */
static const char *const core_drivers[] = { DRIVER_DEFAULT, DRIVER_NONE, NULL };

int plugin_file_refuse(struct plugin_file *candidate, const char *format, ...)
{
	va_list arguments;
	char *why;
	int n;

	if (candidate->why)
		return 0;
	va_start(arguments, format);
	n = vasprintf(&why, format, arguments);
	va_end(arguments);
	if (n < 0)
		return -ENOMEM;
	candidate->why = why;
	return 0;
}

/* --- the file -------------------------------------------------------------------------------- */

/* A user who can write to a file that a root daemon loads is root. */
static int check_owner(const struct stat *status, const char *what, char **ret_why)
{
	const char *good_mode = S_ISDIR(status->st_mode) ? "0755" : "0644";
	char *why = NULL;
	int n = 0;

	if (status->st_uid != 0 && status->st_uid != geteuid())
		n = asprintf(&why, "its %s belongs to user %u; it must belong to root", what,
			     (unsigned)status->st_uid);
	else if (status->st_mode & (S_IWGRP | S_IWOTH))
		n = asprintf(&why, "its %s can be written by others (mode %04o); give it mode %s",
			     what, (unsigned)status->st_mode & 07777, good_mode);
	if (n < 0)
		return -ENOMEM;
	*ret_why = why;
	return 0;
}

/* A user who can write to a sticky folder can replace only files of that user. */
static int check_parent(int fd, const struct stat *status, char **ret_why)
{
	char link[32], path[PATH_MAX], what[PATH_MAX + 32];
	struct stat checked = *status;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[MAX(n, 0)] = '\0';
	snprintf(what, sizeof(what), "folder's parent %s", path);
	if (checked.st_mode & S_ISVTX)
		checked.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
	return check_owner(&checked, what, ret_why);
}

/* These say what is there; any other error may pass, and says nothing. */
static bool is_answer(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENXIO;
}

/* A user who can rename a folder on the way can put another one in its place. */
static int check_parents(int folder, const struct stat *status, char **ret_why)
{
	_cleanup_close_ int fd = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	struct stat child = *status;
	int r = 0;

	while (r == 0 && !*ret_why) {
		struct stat parent;
		int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (up < 0 || fstat(up, &parent) < 0) {
			r = -errno;
			closep(&up);
			return r;
		}
		closep(&fd);
		fd = up;
		if (parent.st_dev == child.st_dev && parent.st_ino == child.st_ino)
			return 0;
		r = check_parent(fd, &parent, ret_why);
		child = parent;
	}
	return r;
}

int plugin_folder_open(const char *directory, int *ret_fd, char **ret_why)
{
	struct stat status;
	char *why = NULL;
	int fd, r;

	*ret_fd = fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		if (!is_answer(errno))
			return -errno;
		if (asprintf(&why, "its folder cannot be read: %s", strerror(errno)) < 0)
			return -ENOMEM;
		*ret_why = why;
		return 0;
	}
	r = check_owner(&status, "folder", &why);
	if (r == 0 && !why)
		r = check_parents(fd, &status, &why);
	*ret_why = why;
	return r;
}

static int open_file(struct plugin_file *candidate, int folder)
{
	const char *name = strrchr(candidate->path, '/');

	name = name ? name + 1 : candidate->path;
	candidate->fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (candidate->fd >= 0)
		return 0;
	if (!is_answer(errno))
		return -errno;
	if (errno == ELOOP)
		return plugin_file_refuse(candidate, "its file is a symbolic link; install the "
						     "plugin itself there");
	return plugin_file_refuse(candidate, "there is no such file");
}

static int check_file(struct plugin_file *candidate)
{
	struct stat status;

	if (fstat(candidate->fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return plugin_file_refuse(candidate, "its file is not a regular one");
	return check_owner(&status, "file", &candidate->why);
}

/*
 * dlsym() also finds symbols of the libraries that the object needs, and returns no size. The
 * descriptor must belong to the plugin itself, and be data of at least the size that its header
 * claims.
 */
static int find_descriptor(struct plugin_file *candidate)
{
	const struct link_map *own = NULL, *map = NULL;
	const ElfW(Sym) *symbol = NULL;
	const struct viod_plugin *descriptor = dlsym(candidate->handle, SYMBOL);
	Dl_info info;

	if (!descriptor || dlinfo(candidate->handle, RTLD_DI_LINKMAP, &own) < 0 ||
	    !dladdr1(descriptor, &info, (void **)&map, RTLD_DL_LINKMAP) || map != own)
		return plugin_file_refuse(candidate, "it does not export '" SYMBOL
						     "'; a plugin ends with VIOD_PLUGIN_DEFINE()");
	if (!dladdr1(descriptor, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol ||
	    ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT ||
	    symbol->st_size < offsetof(struct viod_plugin, role))
		return plugin_file_refuse(candidate, "its '" SYMBOL "' is not a struct " SYMBOL
						     "; define it with VIOD_PLUGIN_DEFINE()");
	if (descriptor->magic == VIOD_ABI_MAGIC && descriptor->size > symbol->st_size)
		return plugin_file_refuse(candidate,
					  "its descriptor claims %u bytes, found %zu; let "
					  "VIOD_PLUGIN_DEFINE() fill in the size",
					  descriptor->size, (size_t)symbol->st_size);
	candidate->descriptor = descriptor;
	return 0;
}

static int open_object(struct plugin_file *candidate)
{
	const char *why;
	char path[32];

	/* By its path another file could be loaded. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", candidate->fd);
	candidate->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (candidate->handle)
		return find_descriptor(candidate);
	why = dlerror();
	if (why && strncmp(why, path, strlen(path)) == 0 && why[strlen(path)] == ':')
		why += strlen(path) + 2;
	return plugin_file_refuse(candidate, "it cannot be loaded: %s",
				  why ? why : "unknown error");
}

/* --- the descriptor -------------------------------------------------------------------------- */

static int check_abi(struct plugin_file *candidate)
{
	const struct viod_plugin *found = candidate->descriptor;

	if (found->magic != VIOD_ABI_MAGIC)
		return plugin_file_refuse(candidate,
					  "it is not a viod plugin: found magic 0x%08x, this viod "
					  "supports 0x%08x",
					  found->magic, VIOD_ABI_MAGIC);
	if (found->abi_major != VIOD_ABI_MAJOR || found->abi_minor > VIOD_ABI_MINOR)
		return plugin_file_refuse(
			candidate,
			"found plugin ABI %u.%u, this viod supports %u.0 to %u.%u; "
			"install the plugin that belongs to this viod",
			found->abi_major, found->abi_minor, VIOD_ABI_MAJOR, VIOD_ABI_MAJOR,
			VIOD_ABI_MINOR);
	if (found->size < PLUGIN_SIZE_MIN)
		return plugin_file_refuse(
			candidate,
			"found a descriptor of %u bytes, this viod supports %zu and "
			"more; build it with <viod/plugin.h>",
			found->size, PLUGIN_SIZE_MIN);
	return 0;
}

/* The size is the first member of the struct; members that an older plugin lacks are zero. */
static int copy_sized(struct plugin_file *candidate, const char *what, const void *own,
		      size_t size_min, void *ret_copy, size_t size)
{
	uint32_t own_size;

	if (!own)
		return 0;
	memcpy(&own_size, own, sizeof(own_size));
	if (own_size < size_min)
		return plugin_file_refuse(
			candidate,
			"found %s of %u bytes, this viod supports %zu and more; set "
			"its size to its sizeof",
			what, own_size, size_min);
	memcpy(ret_copy, own, MIN(own_size, size));
	return 0;
}

static int copy_descriptor(struct plugin_file *candidate)
{
	const struct viod_plugin *own = candidate->descriptor;
	struct plugin_copy *copy = calloc(1, sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	memcpy(&copy->plugin, own, MIN(own->size, sizeof(copy->plugin)));
	candidate->plugin = &copy->plugin;
	r = copy_sized(candidate, "ops", own->ops, OPS_SIZE_MIN, &copy->ops, sizeof(copy->ops));
	if (r == 0)
		r = copy_sized(candidate, "a quirk", own->quirk, QUIRK_SIZE_MIN, &copy->quirk,
			       sizeof(copy->quirk));
	if (own->ops)
		copy->plugin.ops = &copy->ops;
	if (own->quirk)
		copy->plugin.quirk = &copy->quirk;
	return r;
}

static int check_name(struct plugin_file *candidate)
{
	const char *name = candidate->plugin->name;

	if (!name)
		return plugin_file_refuse(candidate, "it has no name; its file says '%s'",
					  candidate->name);
	if (!streq(name, candidate->name))
		return plugin_file_refuse(
			candidate, "its name is '%.64s', so its file must be %.64s.so", name, name);
	return 0;
}

static int check_driver(struct plugin_file *candidate)
{
	const struct viod_plugin *plugin = candidate->plugin;

	if (plugin->kind)
		return plugin_file_refuse(candidate,
					  "it is a driver plugin of kind '%.64s'; driver plugins "
					  "serve all kinds and name none",
					  plugin->kind);
	if (!plugin->serves || !plugin->serves[0])
		return plugin_file_refuse(candidate, "it is a driver plugin and serves no word of "
						     "'driver ='");
	for (size_t i = 0; plugin->serves[i]; i++)
		if (words_have(core_drivers, plugin->serves[i]))
			return plugin_file_refuse(
				candidate, "it serves 'driver = %s', which viod serves itself",
				plugin->serves[i]);
	return 0;
}

static int check_role(struct plugin_file *candidate)
{
	const struct viod_plugin *plugin = candidate->plugin;

	if (plugin->role >= VIOD_ROLE_MAX_)
		return plugin_file_refuse(
			candidate,
			"found role %u, this viod supports 0 (kind), 1 (quirk) and "
			"2 (driver)",
			plugin->role);
	if (plugin->role == VIOD_ROLE_DRIVER)
		return check_driver(candidate);
	if (!plugin->kind)
		return plugin_file_refuse(candidate, "its role is %s, and it names no kind",
					  role_names[plugin->role]);
	if (!plugin_name_valid(plugin->kind, strlen(plugin->kind)))
		return plugin_file_refuse(
			candidate, "its kind '%.64s' is not a name; use a-z, 0-9, '-' and '_'",
			plugin->kind);
	if (plugin->role == VIOD_ROLE_QUIRK && !plugin->match)
		return plugin_file_refuse(candidate,
					  "it is a quirk without a match table, and would "
					  "adapt no device");
	return 0;
}

static int check_rows(struct plugin_file *candidate)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	const struct diag *first;
	int r;

	r = schema_check_rows(candidate->plugin, &diags);
	if (r == 0 || r == -ENOMEM)
		return r;
	first = diag_first_error(&diags, VIOD_PF);
	return plugin_file_refuse(candidate, "%s", first ? first->text : "its rows are not usable");
}

int plugin_file_load(struct plugin_file *candidate, int folder)
{
	static int (*const stages[])(struct plugin_file *) = {
		check_file, open_object, check_abi,  copy_descriptor,
		check_name, check_role,	 check_rows,
	};
	int r = open_file(candidate, folder);

	for (size_t i = 0; i < ARRAY_SIZE(stages) && r == 0 && !candidate->why; i++)
		r = stages[i](candidate);
	return r;
}

void plugin_file_clear(struct plugin_file *candidate)
{
	free(candidate->name);
	free(candidate->path);
	free(candidate->plugin);
	free(candidate->why);
	if (candidate->handle)
		dlclose(candidate->handle);
	closep(&candidate->fd);
	*candidate = (struct plugin_file){ .fd = -1 };
}
