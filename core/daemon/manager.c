/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "config/config-watch.h"
#include "daemon/pf-list.h"
#include "daemon/state-files.h"
#include "device/device-name.h"
#include "kernel/netif.h"

/* Jobs at a time; what they do in the kernel is mostly waiting. */
#define JOBS_MAX 16
/* While a start or reload is under way, the service manager is told at this distance. */
#define EXTEND_USEC (10 * 1000000ULL)
/* A job that does not end its step in this time at shutdown is left behind. */
#define STOP_USEC (10 * 1000000ULL)

struct manager {
	sd_event *event;
	struct pf_environment environment;
	struct files files;
	struct watch *watch;
	struct uevents *uevents;
	struct links *links;
	sd_event_source *housekeeping, *extend, *stop_timer;
	int lock;
	bool announced; /* READY=1 has been sent for the last start or reload */
	bool stopping;
	char *status; /* the last STATUS= sent */
};

/* --- telling --------------------------------------------------------------------------------- */

static struct log_about about_pf(const struct pf *pf)
{
	static const char *const ids[PF_STATE_MAX_] = {
		[PF_INVALID] = LOG_ID_INVALID,	 [PF_CONFIGURED] = LOG_ID_CONFIGURED,
		[PF_DEGRADED] = LOG_ID_DEGRADED, [PF_FAILED] = LOG_ID_DEGRADED,
		[PF_BLOCKED] = LOG_ID_BLOCKED,	 [PF_STUCK] = LOG_ID_STUCK,
	};

	return (struct log_about){
		.pf = pf->address ? pf->address : pf->name,
		.kind = pf->config ? pf->config->schema->kind : NULL,
		.state = pf_state_names[pf->state],
		.file = pf->path,
		.message_id = ids[pf->state],
		.vf = VIOD_PF,
	};
}

static void log_state(struct pf *pf)
{
	struct log_about about = about_pf(pf);
	size_t vfs = pf->report.n_vfs;

	bool under_way = pf->state == PF_PLANNING || pf->state == PF_APPLYING ||
			 pf->state == PF_RELEASING;

	/* A file that does not get as far as to name a PF: what is wrong with it has been told. */
	if (!about.pf)
		return;
	/* A retry that ends as the try before it is no news, and neither is progress within a
	 * state. What follows on a start of work is news again, and so is the end of an error: an
	 * edit ends in the same state as the one before it. */
	pf->complained = pf->complained || pf->error;
	if (pf->state == PF_PLANNING || (under_way && pf->attempts) ||
	    (pf->state == pf->logged && (pf->error || !pf->complained)))
		return;
	pf->logged = pf->state;
	pf->complained = pf->error;
	if (pf->state == PF_CONFIGURED)
		log_line(LOG_NOTICE, &about, "configured as in %s: %zu VF%s",
			 pf->path ? pf->path : "its file", vfs, vfs == 1 ? "" : "s");
	else if (pf->state == PF_ABSENT && pf->gone && !pf->file)
		log_line(LOG_NOTICE, &about, "given back as it was found");
	else if (pf->state == PF_ABSENT || pf->state == PF_WAITING)
		log_line(LOG_NOTICE, &about, "%s: waiting for the device%s",
			 pf_state_names[pf->state],
			 pf->state == PF_WAITING ? " to get a driver" : "");
	else
		log_line(LOG_NOTICE, &about, "%s", pf_state_names[pf->state]);
}

static void housekeep_soon(struct manager *m)
{
	(void)sd_event_source_set_enabled(m->housekeeping, SD_EVENT_ONESHOT);
}

static void on_changed(void *userdata, struct pf *pf)
{
	struct manager *m = userdata;
	struct log_about about = about_pf(pf);
	int r;

	log_state(pf);
	r = status_write(m->environment.roots, pf);
	if (r < 0)
		log_line(LOG_WARNING, &about, "its state file cannot be written: %s", strerror(-r));
	housekeep_soon(m);
}

static void on_report(void *userdata, struct pf *pf, const struct diag_list *diags)
{
	struct log_about about = about_pf(pf);

	for (size_t i = 0; i < diags->count; i++)
		log_diag(&about, &diags->items[i]);
}

/* What waits in the kernel answers to no reload; it has failed once. */
static bool is_stuck(const struct pf *pf)
{
	return pf->job && pf->state == PF_STUCK;
}

static bool may_start(void *userdata)
{
	struct manager *m = userdata;
	size_t running = 0;

	for (size_t i = 0; i < m->files.n_pfs; i++)
		running += m->files.pfs[i]->job && !is_stuck(m->files.pfs[i]);
	return !m->stopping && running < JOBS_MAX;
}

static void on_idle(void *userdata, struct pf *pf)
{
	housekeep_soon(userdata);
}

/* --- the service manager --------------------------------------------------------------------- */

static void tell_status(struct manager *m)
{
	char *line = status_line(m->files.pfs, m->files.n_pfs);

	if (!line || streq(line, m->status)) {
		free(line);
		return;
	}
	(void)sd_notifyf(0, "STATUS=%s", line);
	free(m->status);
	m->status = line;
}

static void announce(struct manager *m)
{
	for (size_t i = 0; i < m->files.n_pfs; i++)
		if (!m->files.pfs[i]->settled && !is_stuck(m->files.pfs[i]))
			return;
	if (m->announced)
		return;
	m->announced = true;
	(void)sd_event_source_set_enabled(m->extend, SD_EVENT_OFF);
	(void)sd_notify(0, "READY=1");
}

static int on_extend(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%llu", 3 * EXTEND_USEC);
	(void)sd_event_source_set_time_relative(source, EXTEND_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* A start or a reload is over when every PF has settled or failed once. */
static void begin(struct manager *m)
{
	m->announced = false;
	for (size_t i = 0; i < m->files.n_pfs; i++)
		m->files.pfs[i]->settled = m->files.pfs[i]->settled && !m->files.pfs[i]->want_apply;
	(void)sd_event_source_set_time_relative(m->extend, EXTEND_USEC);
	(void)sd_event_source_set_enabled(m->extend, SD_EVENT_ONESHOT);
}

/* --- housekeeping ---------------------------------------------------------------------------- */

static void check_stopped(struct manager *m)
{
	if (!m->stopping)
		return;
	for (size_t i = 0; i < m->files.n_pfs; i++)
		if (m->files.pfs[i]->job && !is_stuck(m->files.pfs[i]))
			return;
	(void)sd_event_exit(m->event, 0);
}

static int on_housekeeping(sd_event_source *source, void *userdata)
{
	struct manager *m = userdata;

	if (files_collect(&m->files) && !m->stopping)
		files_release_unclaimed(&m->files);
	for (size_t i = 0; i < m->files.n_pfs && !m->stopping; i++)
		pf_pump(m->files.pfs[i]);
	(void)status_write_metrics(m->environment.roots, m->files.pfs, m->files.n_pfs);
	tell_status(m);
	announce(m);
	check_stopped(m);
	return 0;
}

static void reload(struct manager *m, bool all)
{
	int r = files_reload(&m->files, m->watch, all);
	struct log_about about = { .vf = VIOD_PF };

	if (r < 0)
		log_line(LOG_ERR, &about, "the configuration cannot be read: %s", strerror(-r));
	begin(m);
	for (size_t i = 0; i < m->files.n_pfs; i++)
		pf_pump(m->files.pfs[i]);
	housekeep_soon(m);
}

static void on_files_changed(void *userdata)
{
	struct manager *m = userdata;

	if (!m->stopping)
		reload(m, false);
}

/* --- uevents --------------------------------------------------------------------------------- */

/* Names that the kernel did not know may have come, and known ones gone elsewhere. */
static void resolve_again(struct manager *m)
{
	char address[DEVICE_NAME_MAX];

	for (size_t i = 0; i < m->files.n_pfs; i++) {
		struct pf *pf = m->files.pfs[i];

		if (pf->address || !pf->config ||
		    resolve_name(m->environment.roots, pf->name, address, sizeof(address)) < 0)
			continue;
		(void)status_remove(m->environment.roots, pf);
		(void)pf_set_address(pf, address);
		files_find_conflicts(&m->files);
		pf->want_apply = true;
		pf_pump(pf);
	}
}

static void on_uevent(void *userdata, const struct uevent *event)
{
	struct manager *m = userdata;
	bool driver = event && streq(event->action, "add") &&
		      (streq(event->subsystem, "drivers") || streq(event->subsystem, "module"));

	if (m->stopping)
		return;
	for (size_t i = 0; i < m->files.n_pfs; i++) {
		if (driver)
			pf_retry_now(m->files.pfs[i]);
		else
			pf_event(m->files.pfs[i], event);
	}
	if (!event || streq(event->subsystem, "net"))
		resolve_again(m);
}

/* --- links ----------------------------------------------------------------------------------- */

static void on_link(void *userdata, const struct link_event *event)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->files.n_pfs && !m->stopping; i++) {
		struct pf *pf = m->files.pfs[i];

		if (!event)
			pf_link_changed(pf, pf->carrier);
		else if (streq(pf->address, event->parent))
			pf_link_changed(pf, event->carrier);
	}
}

/* --- signals --------------------------------------------------------------------------------- */

static int on_stop_late(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	return sd_event_exit(m->event, 0);
}

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info,
			void *userdata)
{
	struct manager *m = userdata;

	(void)sd_notify(0, "STOPPING=1");
	m->stopping = true;
	for (size_t i = 0; i < m->files.n_pfs; i++)
		if (m->files.pfs[i]->job)
			job_stop(m->files.pfs[i]->job);
	if (!m->stop_timer)
		(void)sd_event_add_time_relative(m->event, &m->stop_timer, CLOCK_MONOTONIC,
						 STOP_USEC, 0, on_stop_late, m);
	housekeep_soon(m);
	return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct manager *m = userdata;

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now_usec());
	reload(m, true);
	return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static int take_lock(struct manager *m)
{
	const struct roots *roots = m->environment.roots;
	int r = make_directories_at(roots->trees[VIOD_TREE_RUN], "viod", 0755);

	if (r < 0)
		return r;
	m->lock = openat(roots->trees[VIOD_TREE_RUN], "viod/daemon.lock",
			 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (m->lock < 0)
		return -errno;
	return flock(m->lock, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
}

static int add_sources(struct manager *m)
{
	int r;

	r = sd_event_add_defer(m->event, &m->housekeeping, on_housekeeping, m);
	if (r >= 0)
		r = sd_event_source_set_priority(m->housekeeping, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->housekeeping, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(m->event, &m->extend, CLOCK_MONOTONIC, EXTEND_USEC,
					       0, on_extend, m);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGTERM, on_terminate, m);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGINT, on_terminate, m);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGHUP, on_hangup, m);
	if (r >= 0)
		r = watch_new(m->event, m->environment.roots->root, "vio.d", on_files_changed, m,
			      &m->watch);
	if (r >= 0)
		r = uevents_new(m->event, on_uevent, m, &m->uevents);
	if (r >= 0)
		r = links_new(m->event, m->environment.roots, on_link, m, &m->links);
	return r < 0 ? r : 0;
}

struct manager *manager_free(struct manager *m)
{
	if (!m)
		return NULL;
	files_clear(&m->files);
	watch_free(m->watch);
	uevents_free(m->uevents);
	links_free(m->links);
	sd_event_source_disable_unref(m->housekeeping);
	sd_event_source_disable_unref(m->extend);
	sd_event_source_disable_unref(m->stop_timer);
	sd_event_unref(m->event);
	closep(&m->lock);
	free(m->status);
	free(m);
	return NULL;
}

int manager_new(const struct roots *roots, const struct loader *loader,
		struct manager **ret_manager)
{
	struct manager *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->lock = -1;
	r = sd_event_new(&m->event);
	m->environment = (struct pf_environment){
		.event = m->event,
		.roots = roots,
		.loader = loader,
		.userdata = m,
		.changed = on_changed,
		.report = on_report,
		.may_start = may_start,
		.idle = on_idle,
	};
	m->files.environment = &m->environment;
	if (r >= 0)
		r = take_lock(m);
	if (r >= 0)
		r = add_sources(m);
	if (r < 0) {
		manager_free(m);
		return r;
	}
	*ret_manager = m;
	return 0;
}

int manager_run(struct manager *m)
{
	(void)sd_event_set_watchdog(m->event, true);
	reload(m, true);
	(void)status_sweep(m->environment.roots, m->files.pfs, m->files.n_pfs);
	return sd_event_loop(m->event);
}
