/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/config-watch.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>

#define QUIET_USEC 100000
/* A file that changes continuously is read after this time. */
#define LATEST_USEC 1000000

#define MASK_DIRECTORY                                                                      \
	(IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
	 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define MASK_PARENT (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)
#define MASK_FILE (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)

struct watched {
	int descriptor;
	bool parent; /* only changes of watch->name in it count, because /etc and /run change often
		      */
};

struct watch {
	int root, inotify;
	char *name;
	struct watched *items;
	size_t n_items;
	uint64_t first_change; /* 0: quiet */
	sd_event_source *io, *timer;
	watch_handler handler;
	void *userdata;
};

struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->io);
	sd_event_source_disable_unref(watch->timer);
	free(watch->items);
	free(watch->name);
	free(watch);
	return NULL;
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct watch *watch = userdata;

	watch->first_change = 0;
	watch->handler(watch->userdata);
	return 0;
}

static int note_change(struct watch *watch)
{
	uint64_t now = now_usec(), latest;

	if (!watch->first_change)
		watch->first_change = now;
	latest = watch->first_change + LATEST_USEC;
	/* Setting a timer again cancels one that is due, so it is left alone once the latest time
	 * is near. */
	if (now >= latest - QUIET_USEC && now > watch->first_change)
		return 0;
	sd_event_source_set_time(watch->timer, MIN(now + QUIET_USEC, latest));
	return sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static const struct watched *find_watched(const struct watched *items, size_t count, int descriptor)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].descriptor == descriptor)
			return &items[i];
	return NULL;
}

static bool is_change(const struct watch *watch, const struct inotify_event *event)
{
	const struct watched *watched = find_watched(watch->items, watch->n_items, event->wd);

	if (event->mask & IN_IGNORED)
		return false;
	return !watched || !watched->parent || (event->len && streq(event->name, watch->name));
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_Alignas(struct inotify_event) char buffer[8192];
	struct watch *watch = userdata;
	bool changed = false;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (char *p = buffer; p < buffer + n;) {
			const struct inotify_event *event = (const struct inotify_event *)p;

			changed = changed || is_change(watch, event);
			p += sizeof(*event) + event->len;
		}
	}
	return changed ? note_change(watch) : 0;
}

int watch_new(sd_event *loop, int root, const char *name, watch_handler handler, void *userdata,
	      struct watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->root = root;
	watch->handler = handler;
	watch->userdata = userdata;
	watch->name = strdup(name);
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r = watch->inotify < 0 ? -errno : watch->name ? 0 : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_io(loop, &watch->io, watch->inotify, EPOLLIN, on_inotify, watch);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(watch->io, true);
	else
		closep(&watch->inotify);
	/* The quiet time is documented; the timer may be late by one millisecond. */
	if (r >= 0)
		r = sd_event_add_time(loop, &watch->timer, CLOCK_MONOTONIC, 0, 1000, on_quiet,
				      watch);
	if (r >= 0)
		r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
	if (r < 0) {
		watch_free(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

/* --- what is watched ------------------------------------------------------------------------- */

struct watched_list {
	struct watched *items;
	size_t count;
};

/* inotify returns the same descriptor for an inode that is watched already, possibly for another
 * reason, because a link can lead anywhere. IN_MASK_ADD keeps the events of the first watch. */
static int add_watch(struct watch *watch, const char *path, uint32_t mask, struct watched_list *now)
{
	bool parent = mask == MASK_PARENT;
	char full[PATH_MAX];
	int descriptor;
	struct watched *slot;

	snprintf(full, sizeof(full), "/proc/self/fd/%d/%s", watch->root, path + strspn(path, "/"));
	descriptor = inotify_add_watch(watch->inotify, full, mask | IN_MASK_ADD);
	if (descriptor < 0)
		return -errno;
	slot = (struct watched *)find_watched(now->items, now->count, descriptor);
	if (slot) {
		slot->parent = slot->parent && parent;
		return 0;
	}
	slot = array_append((void **)&now->items, &now->count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = (struct watched){ descriptor, parent };
	return 0;
}

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* The target of a link, as a path below the root; false if it is not a link. */
static bool read_link_target(const struct watch *watch, const char *path, char ret_target[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	char target[PATH_MAX];
	ssize_t n = readlinkat(watch->root, path + strspn(path, "/"), target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	if (target[0] == '/')
		return copy_text(ret_target, PATH_MAX, target) == 0;
	n = snprintf(ret_target, PATH_MAX, "%.*s/%s", slash ? (int)(slash - path) : 0, path,
		     target);
	return n < PATH_MAX;
}

static int watch_or_parent(struct watch *watch, const char *place, const char *name,
			   struct watched_list *now)
{
	char path[PATH_MAX], target[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/%s", place, name);
	r = add_watch(watch, path, MASK_DIRECTORY | IN_ONLYDIR, now);
	if (!is_absent(r) && (r < 0 || !read_link_target(watch, path, target)))
		return r;
	r = add_watch(watch, place, MASK_PARENT, now);
	if (r < 0)
		return is_absent(r) ? 0 : r;
	/* The directory may have been created between the two calls. */
	r = add_watch(watch, path, MASK_DIRECTORY | IN_ONLYDIR, now);
	return is_absent(r) ? 0 : r;
}

/* For a dangling link, watch the deepest existing directory of its target, where the next missing
 * part would be created. */
static int watch_link_target(struct watch *watch, const char *path, struct watched_list *now)
{
	char target[PATH_MAX], *slash;
	int r = -ENOENT;

	if (!read_link_target(watch, path, target))
		return 0;
	while (is_absent(r) && (slash = strrchr(target, '/'))) {
		*slash = '\0';
		r = add_watch(watch, target, MASK_DIRECTORY | IN_ONLYDIR, now);
	}
	return is_absent(r) ? 0 : r;
}

/* The file itself is watched, because an edit in place of a link's target shows nowhere else. */
static int watch_file(struct watch *watch, const struct config_file *file, struct watched_list *now)
{
	char path[PATH_MAX];
	int r;

	r = add_watch(watch, file->path, MASK_FILE, now);
	if (r == -ENOENT || r == -ENOTDIR)
		r = watch_link_target(watch, file->path, now);
	for (size_t i = 0; config_trees[i] && (r == 0 || is_absent(r)); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s.d", config_trees[i], watch->name,
			 file->name);
		r = add_watch(watch, path, MASK_DIRECTORY | IN_ONLYDIR, now);
	}
	return is_absent(r) ? 0 : r;
}

/* What may still be wanted, because not all could be watched, is kept. */
static void leave(struct watch *watch, const struct watched *watched, struct watched_list *kept)
{
	struct watched *slot =
		kept ? array_append((void **)&kept->items, &kept->count, sizeof(*slot)) : NULL;

	if (slot)
		*slot = *watched;
	else
		(void)inotify_rm_watch(watch->inotify, watched->descriptor);
}

int watch_refresh(struct watch *watch, const struct config_files *files)
{
	struct watched_list now = { 0 };
	int r = 0;

	for (size_t i = 0; config_trees[i] && r == 0; i++)
		r = watch_or_parent(watch, config_trees[i], watch->name, &now);
	for (size_t i = 0; files && i < files->count && r == 0; i++)
		r = watch_file(watch, &files->items[i], &now);
	for (size_t i = 0; i < watch->n_items; i++)
		if (!find_watched(now.items, now.count, watch->items[i].descriptor))
			leave(watch, &watch->items[i], r < 0 ? &now : NULL);
	free(watch->items);
	watch->items = now.items;
	watch->n_items = now.count;
	return r;
}
