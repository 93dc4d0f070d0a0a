/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps become messages; and where the kernel refuses one, the VF at fault is found. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "rtnl.h"

struct session {
	struct viod_pf *pf;
	int fd;
	struct net_link link; /* the VFs only after a failure */
	uint32_t unsupported; /* attributes that this driver turned out not to have */
};

static void session_clear(struct session *session)
{
	net_closep(&session->fd);
	net_link_clear(&session->link);
}

#define _cleanup_session_ _cleanup_(session_clear)

static int session_open(struct viod_pf *pf, struct session *ret_session)
{
	struct session session = { .pf = pf, .fd = -1 };
	int r;

	r = net_interface_open(pf, false, &session.fd, &session.link);
	if (r == -ENODEV)
		viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, NULL, 0,
			    "the PF has no network interface here; bind its network driver, or "
			    "bring the interface back to this network namespace");
	if (r == 0)
		*ret_session = session;
	return r;
}

static int send_updates(const struct session *session, const struct net_update *updates,
			size_t count)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r;

	r = net_message_vfs(session->link.index, updates, count, &message);
	return r < 0 ? r : net_rtnl_send(session->fd, message);
}

static bool is_retried(struct viod_pf *pf, int error)
{
	const struct viod_retry *retry = viod_quirk(pf)->retries;

	for (; retry && retry->error; retry++)
		if (retry->error == error && retry->phase == VIOD_PHASE_CONFIGURE)
			return true;
	return false;
}

/* --- who is at fault ------------------------------------------------------------------------- */

static void report_failure(const struct session *session, const struct net_update *update,
			   unsigned attribute, int error)
{
	const struct viod_function *function = viod_function(session->pf, VIOD_PF);
	const char *key = net_attributes[attribute].name;
	const char *driver = function && function->driver ? function->driver : "the PF";

	viod_report(session->pf, VIOD_ERROR, update->vf,
		    &net_options[__builtin_ctz(net_attributes[attribute].rows)],
		    &update->where[attribute], error, "vf%d.%s was refused by %s", update->vf, key,
		    driver);
}

static int send_one(struct session *session, const struct net_update *update)
{
	if (session->unsupported & update->attributes)
		return -EOPNOTSUPP;
	return send_updates(session, update, 1);
}

/* Attributes one by one: the kernel stops at the first that fails, and does not say which it was.
 */
static void resend_attributes(struct session *session, const struct net_update *update)
{
	for (unsigned i = 0; i < NET_ATTRIBUTES_; i++) {
		struct net_update one = *update;
		int r;

		one.attributes &= 1u << i;
		if (!one.attributes)
			continue;
		r = send_one(session, &one);
		if (r == -EOPNOTSUPP)
			session->unsupported |= one.attributes;
		if (r < 0)
			report_failure(session, update, i, -r);
	}
}

/* What took before the kernel stopped is not sent again: drivers reset a VF for the same value. */
static void drop_what_took(const struct session *session, struct net_update *update)
{
	const struct net_vfinfo *info = net_link_vf(&session->link, (uint32_t)update->vf);

	for (unsigned i = 0; info && i < NET_ATTRIBUTES_; i++)
		if ((update->attributes & (1u << i)) && net_attributes[i].took(update, info))
			update->attributes &= ~(1u << i);
}

static bool has_many(uint32_t attributes)
{
	return attributes & (attributes - 1);
}

static void find_fault(struct session *session, const struct net_update *updates, size_t count)
{
	struct net_link link;

	/* Without an answer all is sent again, which is right too. */
	if (net_rtnl_link(session->fd, session->link.index, true, &link) == 0) {
		net_link_clear(&session->link);
		session->link = link;
	}
	for (size_t i = 0; i < count; i++) {
		struct net_update update = updates[i];

		drop_what_took(session, &update);
		if (!update.attributes)
			continue;
		if (count > 1 && has_many(update.attributes) && send_one(session, &update) == 0)
			continue;
		resend_attributes(session, &update);
	}
}

/* --- steps ----------------------------------------------------------------------------------- */

static int apply_vfs(struct viod_pf *pf, const struct viod_step *step)
{
	_cleanup_session_ struct session session = { .fd = -1 };
	const struct net_update *updates = step->data;
	size_t count = step->size / sizeof(*updates);
	int r;

	r = session_open(pf, &session);
	if (r < 0)
		return r;
	r = send_updates(&session, updates, count);
	/* core repeats the step, or says of which row and line it is. */
	if (r == 0 || step->change || is_retried(pf, -r))
		return r;
	find_fault(&session, updates, count);
	return 0;
}

static int apply_promisc(struct viod_pf *pf, const struct viod_step *step)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_session_ struct session session = { .fd = -1 };
	bool promisc = *(const bool *)step->data;
	int r;

	r = session_open(pf, &session);
	if (r == 0)
		r = net_message_flags(session.link.index, promisc ? IFF_PROMISC : 0, IFF_PROMISC,
				      &message);
	return r < 0 ? r : net_rtnl_send(session.fd, message);
}

int net_apply(struct viod_pf *pf, const struct viod_step *step)
{
	switch ((enum net_step_code)step->code) {
	case NET_STEP_PROMISC:
		return apply_promisc(pf, step);
	case NET_STEP_VFS:
		return apply_vfs(pf, step);
	}
	return -EINVAL;
}
