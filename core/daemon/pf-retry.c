/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes a PF look at its device again: time, a holder's end, and what the kernel tells. */
#include "daemon/pf-retry.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A retry doubles its distance up to this. */
#define RETRY_LAST_SEC 60
/* While a holder is in the way it is looked for this often; its end is noticed at once. */
#define BLOCKED_SEC 1
/* Events of one cause come in bursts. */
#define DRIFT_USEC 10000
/* What VFs have, interfaces and nodes, comes and is renamed long after they do. */
#define BELOW_USEC 100000

/* --- when to try again ----------------------------------------------------------------------- */

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct pf *pf = userdata;

	pf->retry = sd_event_source_disable_unref(pf->retry);
	pf_pump(pf);
	return 0;
}

static void try_again_in(struct pf *pf, uint64_t seconds)
{
	pf->retry = sd_event_source_disable_unref(pf->retry);
	(void)sd_event_add_time_relative(pf->environment->event, &pf->retry, CLOCK_MONOTONIC,
					 seconds * 1000000, 50000, on_retry, pf);
}

static void want_again(struct pf *pf)
{
	if (pf->goal == JOB_RELEASE)
		pf->want_release = true;
	else if (pf->goal == JOB_DRIFT)
		pf->want_drift = true; /* nobody asked for more: a VF in use stays as it is */
	else
		pf->want_apply = true;
}

void pf_back_off(struct pf *pf)
{
	unsigned shift = MIN(pf->attempts, 6u);

	/* A newer version of the file came while the job ran: it is not to wait for the old one's
	 * sake. */
	if (pf->want_apply || pf->want_release)
		return;
	pf->attempts++;
	want_again(pf);
	try_again_in(pf, MIN(1u << shift, (unsigned)RETRY_LAST_SEC));
}

void pf_forget_holders(struct pf *pf)
{
	for (size_t i = 0; i < pf->n_holders; i++)
		sd_event_source_disable_unref(pf->holders[i]);
	free(pf->holders);
	pf->holders = NULL;
	pf->n_holders = 0;
}

static int on_holder_gone(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct pf *pf = userdata;

	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	pf_retry_now(pf);
	return 0;
}

void pf_wait_for_holders(struct pf *pf, const json_t *pids)
{
	sd_event_source **slot;
	const json_t *pid;
	size_t i;

	json_array_foreach(pids, i, pid) {
		int fd = (int)syscall(SYS_pidfd_open, (pid_t)json_integer_value(pid), 0);

		if (fd < 0)
			continue;
		slot = array_append((void **)&pf->holders, &pf->n_holders, sizeof(*slot));
		if (!slot || sd_event_add_io(pf->environment->event, slot, fd, EPOLLIN,
					     on_holder_gone, pf) < 0) {
			close(fd);
			continue;
		}
		(void)sd_event_source_set_io_fd_own(*slot, true);
	}
	want_again(pf);
	try_again_in(pf, BLOCKED_SEC);
}

void pf_retry_now(struct pf *pf)
{
	if (!pf->retry && pf->state != PF_WAITING && pf->state != PF_INVALID)
		return;
	pf->retry = sd_event_source_disable_unref(pf->retry);
	pf->attempts = 0;
	if (pf->config && !pf->want_release)
		pf->want_apply = true;
	pf_pump(pf);
}

/* What has to wait for a carrier makes the PF degraded. */
void pf_retry_with_carrier(struct pf *pf)
{
	if (!pf->config || pf->state != PF_DEGRADED)
		return;
	pf->retry = sd_event_source_disable_unref(pf->retry);
	want_again(pf);
}

/* --- events ---------------------------------------------------------------------------------- */

/* "/devices/.../0000:01:10.0/net/eth0": the PF, one of its VFs, or something that one of them has.
 */
static enum pf_relation relation_of(const struct pf *pf, const char *devpath)
{
	char part[DEVICE_NAME_MAX];

	/* Each event of the machine is asked about for each PF: it costs no memory, and little time
	 * where it is another's. */
	for (const char *at = devpath + strspn(devpath, "/"); *at; at += strspn(at, "/")) {
		size_t length = strcspn(at, "/");
		bool last = !at[length];

		if (length < sizeof(part)) {
			memcpy(part, at, length);
			part[length] = '\0';
			if (streq(part, pf->address))
				return last ? PF_ITSELF : PF_BELOW;
			if (memchr(part, ':', length) && report_has_vf(&pf->report, part))
				return last ? PF_A_VF : PF_BELOW;
		}
		at += length;
	}
	return PF_UNRELATED;
}

static int on_drift(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct pf *pf = userdata;

	pf->drift_timer = sd_event_source_disable_unref(pf->drift_timer);
	pf_pump(pf);
	return 0;
}

static void look_soon(struct pf *pf, uint64_t usec)
{
	if (!pf->drift_timer)
		(void)sd_event_add_time_relative(pf->environment->event, &pf->drift_timer,
						 CLOCK_MONOTONIC, usec, 1000, on_drift, pf);
}

void pf_event(struct pf *pf, const struct uevent *event)
{
	enum pf_relation relation = event ? relation_of(pf, event->devpath) : PF_ITSELF;

	if (relation == PF_UNRELATED)
		return;
	if (event) {
		pf->latest = MAX(pf->latest, event->seqnum);
		if (event->seqnum <= pf->seen)
			return;
	}
	if (pf->job || !pf->config)
		return;
	if (pf->state == PF_CONFIGURED) {
		pf->want_drift = true;
		look_soon(pf, relation == PF_BELOW ? BELOW_USEC : DRIFT_USEC);
	} else if (relation == PF_ITSELF || pf->state == PF_BLOCKED) {
		/* Whatever was wrong may be right now. What a VF does is no such sign: a driver
		 * that gives up a VF again and again would have us try without end. */
		pf->retry = sd_event_source_disable_unref(pf->retry);
		want_again(pf);
		look_soon(pf, DRIFT_USEC);
	}
}

void pf_link_changed(struct pf *pf, bool carrier)
{
	pf->link_changed = now_usec();
	if (carrier && !pf->carrier)
		pf->carrier_came = pf->link_changed;
	pf->carrier = carrier;
	if (pf->job || !pf->config)
		return;
	if (pf->state == PF_CONFIGURED)
		pf->want_drift = true;
	else if (pf->carrier_came == pf->link_changed)
		pf_retry_with_carrier(pf);
	else
		return;
	look_soon(pf, DRIFT_USEC);
}
