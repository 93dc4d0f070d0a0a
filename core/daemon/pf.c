/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf.h"

#include <errno.h>
#include <string.h>

/* --- life ------------------------------------------------------------------------------------ */

static void on_again(void *userdata, enum retry_reason reason)
{
	static const enum pf_event events[] = {
		[RETRY_TIME] = PF_EVENT_TIME,
		[RETRY_HOLDER_ENDED] = PF_EVENT_HOLDER_ENDED,
		[RETRY_NODE_CLOSED] = PF_EVENT_NODE_CLOSED,
	};
	struct managed_pf *pf = userdata;

	pf_happens(pf, events[reason], NULL);
	pf_pump(pf);
}

static void on_lending(void *userdata, enum retry_reason reason)
{
	struct managed_pf *pf = userdata;

	if (pf->job) {
		retry_missed(&pf->lending);
		return;
	}
	/* The job may open the node itself, and close it. */
	if (reason == RETRY_NODE_CLOSED) {
		retry_after_close(&pf->lending);
		return;
	}
	pf_happens(pf, PF_EVENT_LENT, NULL);
	pf_pump(pf);
}

struct managed_pf *pf_new(const struct pf_environment *environment, const char *file)
{
	struct managed_pf *pf = calloc(1, sizeof(*pf));

	if (!pf)
		return NULL;
	pf->environment = environment;
	pf->state = pf->shown = PF_WAITING;
	pf->logged.state = PF_STATE_MAX_;
	pf->retry = (struct pf_retry){ .event = environment->event,
				       .waker = environment->waker,
				       .again = on_again,
				       .userdata = pf };
	retry_init(&pf->retry);
	pf->lending = pf->retry;
	pf->lending.again = on_lending;
	retry_init(&pf->lending);
	if (file && !(pf->file.name = strdup(file)))
		return pf_free(pf);
	return pf;
}

struct managed_pf *pf_free(struct managed_pf *pf)
{
	if (!pf)
		return NULL;
	retry_clear(&pf->retry);
	retry_clear(&pf->lending);
	job_free(pf->job);
	job_free(pf->looker);
	versions_clear(&pf->versions);
	report_clear(&pf->report);
	free(pf->file.name);
	free(pf->file.path);
	free(pf->file.identity);
	free(pf->name);
	free(pf->address);
	free(pf->error);
	free(pf->progress.text);
	free(pf->logged.diags);
	free(pf);
	return NULL;
}

const struct config *pf_config(const struct managed_pf *pf)
{
	const struct config *config = versions_in_force(&pf->versions);

	return config ? config : pf->versions.asked;
}

/* What waits in the kernel answers to no reload; it has failed once. */
bool pf_is_settled(const struct managed_pf *pf)
{
	return !pf->fresh || pf->state == PF_STUCK;
}

void pf_reclaim(struct managed_pf *pf)
{
	pf->reclaims = true;
	/* No file of it is read again. */
	if (!pf->file.name && pf->state <= PF_FAILED)
		pf_happens(pf, PF_EVENT_UNCLAIMED, NULL);
}

void pf_stop(struct managed_pf *pf)
{
	if (pf->job)
		job_stop(pf->job);
}

/* --- files ----------------------------------------------------------------------------------- */

static int set_address(struct managed_pf *pf, const char *address)
{
	if (streq(pf->address, address))
		return 0;
	versions_forget_device(&pf->versions);
	pf_set_text(&pf->address, address);
	return address && !pf->address ? -ENOMEM : 0;
}

int pf_set_name(struct managed_pf *pf, const char *name, const char *address)
{
	pf_set_text(&pf->name, name);
	return pf->name ? set_address(pf, address) : -ENOMEM;
}

int pf_configure(struct managed_pf *pf, struct config *config, const char *address)
{
	int r = pf_set_name(pf, config_pf_value(config, "name"), address);

	if (r < 0) {
		config_free(config);
		return r;
	}
	versions_ask(&pf->versions, config);
	/* What is wrong with this version is reported, be it the same as before; how the device is
	 * was reported, and need not be with each version. */
	if (pf->shown != PF_CONFIGURED)
		pf_set_text(&pf->logged.diags, NULL);
	pf_happens(pf, PF_EVENT_FILE_READ, NULL);
	return 0;
}

void pf_refuse(struct managed_pf *pf, enum pf_refusal refusal, const char *why)
{
	const struct config *before = versions_in_force(&pf->versions), *now;

	versions_refuse(&pf->versions, refusal, why);
	/* The other file's job completes what this one leaves half-way. */
	if (refusal == REFUSED_PF_TAKEN)
		pf_stop(pf);
	now = versions_in_force(&pf->versions);
	if (!now)
		pf_happens(pf, PF_EVENT_NOTHING_IN_FORCE, why);
	else
		pf_happens(pf, now == before ? PF_EVENT_FILE_REFUSED : PF_EVENT_FILE_BACK, why);
}

void pf_allow(struct managed_pf *pf)
{
	versions_allow(&pf->versions);
	pf_happens(pf, PF_EVENT_FILE_READ, NULL);
}

int pf_release(struct managed_pf *pf, const char *address)
{
	int r = set_address(pf, address);

	if (r == 0)
		pf_happens(pf, PF_EVENT_UNCLAIMED, NULL);
	return r;
}

int pf_found(struct managed_pf *pf, const char *address)
{
	int r = set_address(pf, address);

	if (r == 0)
		pf_happens(pf, PF_EVENT_NAME_FOUND, NULL);
	return r;
}

/* --- the kernel ------------------------------------------------------------------------------ */

enum relation { UNRELATED, ITSELF, A_VF, BELOW };

/* "/devices/.../0000:01:10.0/net/eth0": the PF, one of its VFs, or something that one of them has.
 */
static enum relation relation_of(const struct managed_pf *pf, const char *devpath)
{
	char part[DEVICE_NAME_MAX];

	/* This runs for each event of the machine and each PF: it allocates nothing, and is fast
	 * for events of others. */
	for (const char *at = devpath + strspn(devpath, "/"); *at; at += strspn(at, "/")) {
		size_t length = strcspn(at, "/");
		bool last = !at[length];

		if (length < sizeof(part)) {
			memcpy(part, at, length);
			part[length] = '\0';
			if (streq(part, pf->address))
				return last ? ITSELF : BELOW;
			if (memchr(part, ':', length) && report_has_vf(&pf->report, part))
				return last ? A_VF : BELOW;
		}
		at += length;
	}
	return UNRELATED;
}

/* Without its driver the PF waits for one, unless the file says which one it is: then that is a
 * row like others, and "drift" says what happens. */
static bool is_removal(const struct managed_pf *pf, const struct uevent *event)
{
	const struct config *config = versions_in_force(&pf->versions);

	return streq(event->action, "remove") ||
	       (streq(event->action, "unbind") && (!config || !config_pf_value(config, "driver")));
}

static bool is_driver(const struct uevent *event)
{
	return streq(event->action, "add") &&
	       (streq(event->subsystem, "drivers") || streq(event->subsystem, "module"));
}

static enum pf_event event_of(const struct managed_pf *pf, const struct uevent *uevent)
{
	if (is_driver(uevent))
		return PF_EVENT_DRIVER;
	switch (relation_of(pf, uevent->devpath)) {
	case ITSELF:
		return is_removal(pf, uevent) ? PF_EVENT_REMOVED : PF_EVENT_DEVICE;
	case A_VF:
		return PF_EVENT_VF;
	case BELOW:
		return PF_EVENT_BELOW;
	case UNRELATED:
		break;
	}
	return PF_EVENT_MAX_;
}

void pf_uevent(struct managed_pf *pf, const struct uevent *uevent)
{
	enum pf_event event = uevent ? event_of(pf, uevent) : PF_EVENT_DEVICE;
	/* What was lost is newer than all that a job has seen. */
	uint64_t seqnum = uevent ? uevent->seqnum : UINT64_MAX;

	if (event == PF_EVENT_MAX_ || seqnum <= pf_seen_up_to(pf, event))
		return;
	pf->seen.newest[event] = MAX(pf->seen.newest[event], seqnum);
	pf_happens(pf, event, NULL);
	pf_pump(pf);
}

void pf_vf_link_changed(struct managed_pf *pf)
{
	pf_happens(pf, PF_EVENT_NODE_CLOSED, NULL);
}

void pf_link_changed(struct managed_pf *pf, bool carrier)
{
	bool came = carrier && !pf->seen.carrier;

	pf->seen.carrier = carrier;
	pf->seen.newest[PF_EVENT_LINK] = now_usec();
	pf_happens(pf, PF_EVENT_LINK, NULL);
	if (!came)
		return;
	pf->seen.newest[PF_EVENT_CARRIER] = pf->seen.newest[PF_EVENT_LINK];
	pf_happens(pf, PF_EVENT_CARRIER, NULL);
}
