/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>

#include "base/diag-fold.h"
#include "base/lock-file.h"
#include "base/log.h"
#include "config/config-watch.h"
#include "daemon/pf-list.h"
#include "daemon/pf-log.h"
#include "daemon/pf-unclaimed.h"
#include "daemon/state-files.h"
#include "kernel/netif.h"

/* Jobs at a time; in the kernel they mostly wait. */
#define JOBS_MAX 16
/* During a start or reload the service manager is asked for more time this often. */
#define EXTEND_USEC (10 * 1000000ULL)
/* A state file that could not be written or removed is tried again after this time. */
#define REWRITE_USEC 1000000ULL
/* What could not be read is read again after this time, which doubles up to the last. */
#define AGAIN_USEC 1000000ULL
#define AGAIN_LAST_USEC (60 * AGAIN_USEC)
/* At shutdown, a job that does not end its step in this time goes on without the daemon. */
#define STOP_USEC (10 * 1000000ULL)

struct manager {
	sd_event *event;
	struct pf_environment environment;
	struct pf_list list;
	struct watch *watch;
	struct uevents *uevents;
	struct links *links;
	struct waker *waker;
	sd_event_source *housekeeping, *extend, *rewrite, *again, *stop_timer;
	uint64_t again_usec; /* 0: nothing is to be read again */
	int read_error;	     /* the last that was logged */
	int lock;
	bool announced; /* READY=1 has been sent for the last start or reload */
	bool sought;	/* a device that is not there may have another address by now */
	bool swept;	/* state files of PFs that no file names are removed */
	bool stopping;
	bool job_ended; /* since the last housekeeping */
	char *status;	/* the last STATUS= sent */
};

/* --- what is shown --------------------------------------------------------------------------- */

static void housekeep_soon(struct manager *m)
{
	(void)sd_event_source_set_enabled(m->housekeeping, SD_EVENT_ONESHOT);
}

static void rewrite_later(struct manager *m)
{
	(void)sd_event_source_set_time_relative(m->rewrite, REWRITE_USEC);
	(void)sd_event_source_set_enabled(m->rewrite, SD_EVENT_ONESHOT);
}

static void write_state(struct manager *m, struct managed_pf *pf)
{
	struct log_about about = pf_log_about(pf);
	int r = status_write(m->environment.roots, pf);

	if (r < 0 && !pf->logged.unwritten)
		log_line(LOG_WARNING, &about, "cannot write its state file: %s", strerror(-r));
	pf->logged.unwritten = r < 0;
	if (r < 0)
		rewrite_later(m);
}

static void sweep(struct manager *m)
{
	m->list.unswept = !m->list.complete ||
			  status_sweep(m->environment.roots, m->list.pfs, m->list.n_pfs) < 0;
	if (m->list.unswept)
		rewrite_later(m);
}

static int on_rewrite(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->list.n_pfs; i++)
		if (m->list.pfs[i]->logged.unwritten && m->list.pfs[i]->state != PF_DROPPED)
			write_state(m, m->list.pfs[i]);
	if (m->list.unswept)
		sweep(m);
	return 0;
}

static void on_changed(void *userdata, struct managed_pf *pf)
{
	struct manager *m = userdata;

	pf_log_state(pf);
	write_state(m, pf);
	m->sought = m->sought || pf->state == PF_ABSENT;
	housekeep_soon(m);
}

static void on_report(void *userdata, struct managed_pf *pf, const struct diag_list *diags)
{
	struct log_about about = pf_log_about(pf);
	_cleanup_diags_ struct diag_list folded = { 0 };

	diag_fold(diags, &folded);
	for (size_t i = 0; i < folded.count; i++)
		log_diag(&about, &folded.items[i]);
}

/* A job that waits in the kernel needs no processor, and may do so for ever. */
static bool is_running(const struct managed_pf *pf)
{
	return pf->job && pf->state != PF_STUCK;
}

static bool may_start(void *userdata)
{
	struct manager *m = userdata;
	size_t running = 0;

	for (size_t i = 0; i < m->list.n_pfs; i++)
		running += is_running(m->list.pfs[i]) && !job_waits(m->list.pfs[i]->job);
	return !m->stopping && running < JOBS_MAX;
}

static void on_idle(void *userdata, struct managed_pf *pf)
{
	struct manager *m = userdata;

	m->job_ended = true;
	housekeep_soon(m);
}

/* --- the service manager --------------------------------------------------------------------- */

static void notify_status(struct manager *m)
{
	char *line = status_line(m->list.pfs, m->list.n_pfs);

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
	for (size_t i = 0; i < m->list.n_pfs; i++)
		if (!pf_is_settled(m->list.pfs[i]))
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
	(void)sd_event_source_set_time_relative(m->extend, EXTEND_USEC);
	(void)sd_event_source_set_enabled(m->extend, SD_EVENT_ONESHOT);
}

/* --- files ----------------------------------------------------------------------------------- */

/* The same reason again is no news. */
static void log_unread(struct manager *m, int r, const char *what)
{
	struct log_about about = { .vf = VIOD_PF };

	if (r < 0 && r != m->read_error)
		log_line(LOG_ERR, &about, "cannot read %s: %s; nothing is released until it can be",
			 what, strerror(-r));
	m->read_error = r < 0 ? r : m->read_error;
}

/* What is true of a file or a device while it cannot be read is not known: it is asked again. */
static void schedule_again(struct manager *m)
{
	if (!m->list.again) {
		m->again_usec = 0;
		m->read_error = 0;
		(void)sd_event_source_set_enabled(m->again, SD_EVENT_OFF);
		return;
	}
	m->again_usec = m->again_usec ? MIN(2 * m->again_usec, AGAIN_LAST_USEC) : AGAIN_USEC;
	(void)sd_event_source_set_time_relative(m->again, m->again_usec);
	(void)sd_event_source_set_enabled(m->again, SD_EVENT_ONESHOT);
}

static void release_unclaimed(struct manager *m)
{
	int r = m->stopping ? 0 : pf_unclaimed_release(&m->list);

	log_unread(m, r, "the records of PFs");
	m->list.again = m->list.again || r < 0;
}

static void read_files(struct manager *m, bool all)
{
	int r = pf_list_reload(&m->list, m->watch, all);

	log_unread(m, r, "the configuration");
	(void)pf_list_resolve(&m->list);
	release_unclaimed(m);
	if (m->list.complete && !m->swept) {
		m->swept = true;
		sweep(m);
	}
	for (size_t i = 0; i < m->list.n_pfs; i++)
		pf_pump(m->list.pfs[i]);
	schedule_again(m);
	housekeep_soon(m);
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	if (!m->stopping)
		read_files(m, false);
	return 0;
}

static void resolve(struct manager *m)
{
	m->sought = false;
	if (m->stopping)
		return;
	if (pf_list_resolve(&m->list))
		release_unclaimed(m);
	if (m->list.again && !m->again_usec)
		schedule_again(m);
}

/* --- housekeeping ---------------------------------------------------------------------------- */

static void check_stopped(struct manager *m)
{
	if (!m->stopping)
		return;
	for (size_t i = 0; i < m->list.n_pfs; i++)
		if (is_running(m->list.pfs[i]))
			return;
	(void)sd_event_exit(m->event, 0);
}

static int on_housekeeping(sd_event_source *source, void *userdata)
{
	struct manager *m = userdata;

	/* A job that ended may have left the record of a PF that no file asks for any more. */
	if (pf_list_collect(&m->list) || m->job_ended)
		release_unclaimed(m);
	m->job_ended = false;
	if (m->list.unswept)
		rewrite_later(m);
	if (m->sought || (m->list.again && !m->again_usec))
		resolve(m);
	for (size_t i = 0; i < m->list.n_pfs && !m->stopping; i++)
		pf_pump(m->list.pfs[i]);
	(void)status_write_metrics(m->environment.roots, m->list.pfs, m->list.n_pfs);
	notify_status(m);
	announce(m);
	check_stopped(m);
	return 0;
}

static void reload(struct manager *m, bool all)
{
	begin(m);
	read_files(m, all);
}

static void on_files_changed(void *userdata)
{
	struct manager *m = userdata;

	if (!m->stopping)
		reload(m, false);
}

/* --- uevents --------------------------------------------------------------------------------- */

static void on_uevent(void *userdata, const struct uevent *event)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->list.n_pfs && !m->stopping; i++)
		pf_uevent(m->list.pfs[i], event);
	if (!event || streq(event->subsystem, "net"))
		resolve(m);
}

/* --- links ----------------------------------------------------------------------------------- */

static void on_link(void *userdata, const struct link_event *event)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->list.n_pfs && !m->stopping; i++) {
		struct managed_pf *pf = m->list.pfs[i];

		if (!event)
			pf_link_changed(pf, pf->seen.carrier);
		else if (!event->removed && streq(pf->address, event->parent))
			pf_link_changed(pf, event->carrier);
		else if (report_has_vf(&pf->report, event->parent))
			pf_vf_link_changed(pf);
	}
	if (link_table_update(&m->list.links, event))
		resolve(m);
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
	for (size_t i = 0; i < m->list.n_pfs; i++)
		pf_stop(m->list.pfs[i]);
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
	for (size_t i = 0; i < m->list.n_pfs; i++)
		pf_reclaim(m->list.pfs[i]);
	reload(m, true);
	return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static int lock_run(struct manager *m)
{
	const struct roots *roots = m->environment.roots;

	m->lock = lock_file_open(roots->trees[VIOD_TREE_RUN], "daemon");
	if (m->lock < 0)
		return m->lock;
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
		r = sd_event_add_time_relative(m->event, &m->rewrite, CLOCK_MONOTONIC, REWRITE_USEC,
					       0, on_rewrite, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->rewrite, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(m->event, &m->again, CLOCK_MONOTONIC, AGAIN_USEC, 0,
					       on_again, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->again, SD_EVENT_OFF);
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
	pf_list_clear(&m->list);
	waker_free(m->waker);
	watch_free(m->watch);
	uevents_free(m->uevents);
	links_free(m->links);
	sd_event_source_disable_unref(m->housekeeping);
	sd_event_source_disable_unref(m->extend);
	sd_event_source_disable_unref(m->rewrite);
	sd_event_source_disable_unref(m->again);
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
	if (r >= 0)
		r = waker_new(m->event, roots->trees[VIOD_TREE_DEV], &m->waker);
	m->environment = (struct pf_environment){
		.event = m->event,
		.waker = m->waker,
		.roots = roots,
		.loader = loader,
		.userdata = m,
		.changed = on_changed,
		.report = on_report,
		.may_start = may_start,
		.idle = on_idle,
	};
	m->list.environment = &m->environment;
	if (r >= 0)
		r = lock_run(m);
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
	return sd_event_loop(m->event);
}
