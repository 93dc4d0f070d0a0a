/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Apply: send the messages of steps and, if the kernel refuses one, find the VF at fault. */
#include <errno.h>
#include <linux/devlink.h>
#include <stdlib.h>
#include <string.h>

#include "generic.h"
#include "interface.h"
#include "message.h"
#include "ops.h"
#include "port.h"
#include "quirk.h"
#include "rows.h"
#include "rtnl.h"
#include "steps.h"
#include "update.h"
#include "util.h"
#include "vfinfo.h"

/* After this many faults in one message, a message is sent for each VF. */
#define FAULTS_MAX 8

/* Advice for errors that drivers have in common; that of a quirk has precedence. rows: bits of enum
 * net_row, 0 for any. */
static const struct {
	uint32_t rows;
	int error;
	const char *text;
} advices[] = {
	{ NET_ROW_BIT(VLAN_PROTO), EPROTONOSUPPORT, "this device only has 802.1Q" },
	{ NET_ROW_BIT(MIN_TX_RATE) | NET_ROW_BIT(MAX_TX_RATE), EINVAL,
	  "a rate is at most the speed of the link, and many devices have no minimum" },
	{ NET_ROW_BIT(MAC), EADDRNOTAVAIL, "another function has this address" },
	{ NET_ROW_BIT(MAC), EPERM, "switch spoofchk off, or trust on, or give another address" },
	{ NET_ROW_BIT(QOS), EINVAL, "this device may not support a priority; remove it" },
	{ 0, EBUSY, "the VF is being reset; viod tries again" },
	{ 0, EAGAIN, "the VF is being reset; viod tries again" },
	{ 0, EPERM, "another function of the device controls this setting" },
};

/* A job is a process for one PF, and settings of many VFs need several steps: these share a socket
 * and the index of the PF's interface, in memory that core keeps for the job. */
struct session {
	struct viod_pf *pf; /* NULL: not open */
	int fd;
	struct net_link link;	       /* the VFs only after a failure */
	uint32_t refused;	       /* attributes that the driver reported as unsupported */
	uint32_t deferred;	       /* those that are deferred until there is a link */
	const struct net_batch *again; /* the reason why core repeats the step */
	int error;
};

static void session_clear(struct session *session)
{
	if (session->pf)
		net_closep(&session->fd);
	net_link_clear(&session->link);
	*session = (struct session){ .fd = -1 };
}

static int session_open(struct viod_pf *pf, struct session *ret_session)
{
	struct session session = { .pf = pf, .fd = -1 };
	int r;

	r = net_interface_open(pf, VIOD_PF, false, &session.fd, &session.link);
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
	return r < 0 ? r : net_rtnl_send(session->pf, session->fd, message);
}

static bool is_retried(struct viod_pf *pf, int error)
{
	const struct viod_retry *retry = viod_quirk(pf)->retries;

	for (; retry && retry->error; retry++)
		if (retry->error == error && retry->phase == VIOD_PHASE_CONFIGURE)
			return true;
	return false;
}

/* --- what a refusal means -------------------------------------------------------------------- */

static const char *driver_of(struct viod_pf *pf)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);

	return function && function->driver ? function->driver : "the PF";
}

/* The row to report: among those that differ, the one that fits the errno. */
static enum net_row row_at_fault(const struct net_update *update, unsigned attribute, int error)
{
	uint32_t rows = net_attributes[attribute].rows & update->rows;

	if (!rows)
		rows = net_attributes[attribute].rows;
	if (error == EPROTONOSUPPORT && (rows & NET_ROW_BIT(VLAN_PROTO)))
		return NET_ROW_VLAN_PROTO;
	return (enum net_row)__builtin_ctz(rows);
}

static const char *advice_for(enum net_row row, int error)
{
	for (size_t i = 0; i < NET_ARRAY_SIZE(advices); i++)
		if (advices[i].error == error &&
		    (!advices[i].rows || (advices[i].rows & (1u << row))))
			return advices[i].text;
	return NULL;
}

static void report_failure(const struct session *session, const struct net_update *update,
			   unsigned attribute, int error)
{
	enum net_row row = row_at_fault(update, attribute, error);
	const char *advice = advice_for(row, error);

	viod_report(session->pf, VIOD_ERROR, update->vf, &net_options[row], &update->where[row],
		    error, "vf%d.%s was refused by %s%s%s%s", update->vf, net_options[row].key,
		    driver_of(session->pf), advice ? " (" : "", advice ? advice : "",
		    advice ? ")" : "");
}

/* The answer for one VF, or of the driver for all: core decides when all were tried. */
static void refuse(struct session *session, const struct net_update *update, unsigned attribute)
{
	uint32_t rows = net_attributes[attribute].rows & update->rows;

	session->refused |= 1u << attribute;
	for (unsigned row = 0; row < NET_ROWS_; row++)
		if (rows & (1u << row))
			(void)viod_row_unsupported(session->pf, update->vf, &net_options[row]);
}

/* Rates are shares of a speed that is known only while there is a link. */
static bool waits_for_link(const struct session *session, unsigned attribute, int error)
{
	return attribute == NET_ATTRIBUTE_RATE && error == EINVAL &&
	       !(session->link.flags & NET_LOWER_UP);
}

static void defer(struct session *session, const struct net_update *update, unsigned attribute)
{
	uint32_t rows = net_attributes[attribute].rows & update->rows;

	for (unsigned row = 0; row < NET_ROWS_; row++)
		if (rows & (1u << row))
			(void)viod_row_deferred(session->pf, update->vf, &net_options[row]);
	if (!(session->deferred & (1u << attribute)))
		viod_report(session->pf, VIOD_WARNING, update->vf, NULL,
			    &update->where[row_at_fault(update, attribute, 0)], 0,
			    "rates of VFs are set when the link comes up: %s has no carrier now",
			    session->link.name);
	session->deferred |= 1u << attribute;
}

static void judge(struct session *session, const struct net_update *update, unsigned attribute,
		  int error)
{
	if (error == EOPNOTSUPP)
		refuse(session, update, attribute);
	else if (waits_for_link(session, attribute, error))
		defer(session, update, attribute);
	else
		report_failure(session, update, attribute, error);
}

/* --- who is at fault ------------------------------------------------------------------------- */

/* Attributes one by one, in the order of their stages: the kernel stops at the first that fails,
 * without reporting which one. */
static void resend_attributes(struct session *session, const struct net_update *update)
{
	for (unsigned stage = 0; stage < NET_STAGES; stage++) {
		for (unsigned i = 0; i < NET_ATTRIBUTES_; i++) {
			struct net_update one = *update;
			int r;

			one.attributes &= 1u << i;
			if (!one.attributes || net_attribute_stage(update, i) != stage)
				continue;
			r = send_updates(session, &one, 1);
			if (r < 0)
				judge(session, update, i, -r);
		}
	}
}

/* After one EOPNOTSUPP, try this attribute alone on each VF, so that the others can still be sent
 * in one message. True if nothing else of the VF remains. */
static bool ask_alone(struct session *session, const struct net_update *update, unsigned attribute)
{
	struct net_update one = *update;
	int r;

	one.attributes = 1u << attribute;
	r = send_updates(session, &one, 1);
	if (r == -EOPNOTSUPP)
		refuse(session, update, attribute);
	else
		session->refused &= ~(1u << attribute);
	return r == 0 || r == -EOPNOTSUPP;
}

/* Attributes that were set before the kernel stopped are not sent again, since drivers reset a VF
 * even for the same value. Deferred attributes are not tried for each VF. */
static void drop_settled(struct session *session, struct net_update *update)
{
	const struct net_vfinfo *info = net_link_vf(&session->link, (uint32_t)update->vf);

	for (unsigned i = 0; i < NET_ATTRIBUTES_; i++) {
		if (!(update->attributes & (1u << i)))
			continue;
		if (session->deferred & (1u << i))
			defer(session, update, i);
		if ((session->deferred & (1u << i)) ||
		    (info && net_attributes[i].is_set(update, info)) ||
		    ((session->refused & (1u << i)) && ask_alone(session, update, i)))
			update->attributes &= ~(1u << i);
	}
}

static bool read_back(struct session *session)
{
	struct net_link link;

	if (net_rtnl_link(session->fd, session->link.index, true, &link) < 0)
		return false;
	net_link_clear(&session->link);
	session->link = link;
	return true;
}

/* Move the updates that are not empty to the front. */
static size_t keep_unsettled(struct session *session, struct net_update *updates, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		drop_settled(session, &updates[i]);
		if (updates[i].attributes)
			updates[kept++] = updates[i];
	}
	return kept;
}

/*
 * The kernel stops at the first VF that it refuses: the first one that does not have all values of
 * the message. Its attributes are sent one by one, and the VFs after it in one message again. If
 * the device does not report values, or there are many faults, a message is sent for each VF.
 */
static void find_fault(struct session *session, struct net_update *updates, size_t count)
{
	bool known = read_back(session);

	for (unsigned faults = 0; (count = keep_unsettled(session, updates, count)) > 0; faults++) {
		resend_attributes(session, &updates[0]);
		updates++;
		count = keep_unsettled(session, updates, count - 1);
		if (!count || !known || faults >= FAULTS_MAX)
			break;
		if (send_updates(session, updates, count) == 0)
			return;
		known = read_back(session);
	}
	for (size_t i = 0; i < count; i++) {
		drop_settled(session, &updates[i]);
		if (updates[i].attributes && send_updates(session, &updates[i], 1) < 0)
			resend_attributes(session, &updates[i]);
	}
}

/* --- steps ----------------------------------------------------------------------------------- */

static int send_batch(const struct session *session, const struct net_batch *batch)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r;

	r = net_batch_message(batch, session->link.index, &message);
	return r < 0 ? r : net_rtnl_send(session->pf, session->fd, message);
}

/* If the interface of the session no longer exists, the driver has created a new one. */
static int send_step(struct session *session, const struct net_batch *batch)
{
	struct viod_pf *pf = session->pf;
	int r = send_batch(session, batch);

	if (r != -ENODEV)
		return r;
	session_clear(session);
	r = session_open(pf, session);
	return r < 0 ? r : send_batch(session, batch);
}

/* In switchdev mode the address of a VF is set through its port, with drivers whose quirk says so;
 * such addresses are removed from the updates. */
static int set_by_ports(struct session *session, struct net_update *updates, size_t *count)
{
	const struct viod_function *function = viod_function(session->pf, VIOD_PF);
	_cleanup_ports_ struct net_ports ports = { 0 };
	struct net_eswitch eswitch;
	size_t kept = 0;
	char bus[32];

	if (!function)
		return -ENODEV;
	net_bus_of(function, bus, sizeof(bus));
	if (net_eswitch_get(bus, function->address, &eswitch) < 0 ||
	    eswitch.mode != DEVLINK_ESWITCH_MODE_SWITCHDEV ||
	    net_ports_get(bus, function->address, &ports) < 0)
		return 0;
	for (size_t i = 0; i < *count; i++) {
		const struct net_port *port = net_ports_of(&ports, updates[i].vf);
		const uint32_t mac = 1u << NET_ATTRIBUTE_MAC;

		if (port && port->has_mac && (updates[i].attributes & mac)) {
			int r = net_port_set_mac(session->pf, bus, function->address, port->index,
						 updates[i].values.mac.octets);

			updates[i].attributes &= ~mac;
			if (r < 0)
				judge(session, &updates[i], NET_ATTRIBUTE_MAC, -r);
		}
		if (updates[i].attributes)
			updates[kept++] = updates[i];
	}
	*count = kept;
	return 0;
}

static struct net_update *copy_updates(const struct net_batch *batch)
{
	struct net_update *updates = calloc(batch->n_updates, sizeof(*updates));

	if (updates)
		memcpy(updates, batch->updates, batch->n_updates * sizeof(*updates));
	return updates;
}

/* For a step that core repeats. A driver that resets a VF for every address, even an unchanged one,
 * would never finish: attributes that are set are not sent again, and none while the VF does not
 * answer. */
static int send_rest(struct session *session, const struct net_batch *batch)
{
	_cleanup_free_ struct net_update *updates = copy_updates(batch);
	size_t count = batch->n_updates;
	int r;

	if (!updates)
		return -ENOMEM;
	if (!read_back(session))
		return session->error;
	for (size_t i = 0; i < count; i++)
		if (!net_link_vf(&session->link, (uint32_t)updates[i].vf))
			return session->error;
	count = keep_unsettled(session, updates, count);
	r = count ? send_updates(session, updates, count) : 0;
	if (r < 0 && !is_retried(session->pf, -r)) {
		find_fault(session, updates, count);
		r = 0;
	}
	if (r < 0)
		session->error = r;
	return r;
}

static int send_with_ports(struct session *session, const struct net_batch *batch)
{
	_cleanup_free_ struct net_update *updates = copy_updates(batch);
	size_t count = batch->n_updates;
	int r;

	if (!updates)
		return -ENOMEM;
	r = set_by_ports(session, updates, &count);
	if (r < 0 || !count)
		return r;
	if (session->refused || session->deferred || send_updates(session, updates, count) < 0)
		find_fault(session, updates, count);
	return 0;
}

static int apply_vfs(struct viod_pf *pf, const struct viod_step *step)
{
	struct session *session = viod_scratch(pf, sizeof(*session));
	const struct net_batch *batch = step->data;
	_cleanup_free_ struct net_update *updates = NULL;
	int r = session ? 0 : -ENOMEM;

	if (session && !session->pf)
		r = session_open(pf, session);
	if (r < 0)
		return r;
	if (session->again == batch)
		return send_rest(session, batch);
	if (net_quirk(pf).flags & VIOD_NET_PORT_FUNCTIONS)
		return send_with_ports(session, batch);
	if (!session->refused && !session->deferred) {
		r = send_step(session, batch);
		if (r == 0 || !session->pf)
			return r;
		if (is_retried(pf, -r)) {
			session->again = batch;
			session->error = r;
			return r;
		}
	}
	updates = copy_updates(batch);
	if (!updates)
		return -ENOMEM;
	find_fault(session, updates, batch->n_updates);
	return 0;
}

int net_apply(struct viod_pf *pf, const struct viod_step *step)
{
	return step->code == NET_STEP_VFS ? apply_vfs(pf, step) : net_apply_setting(pf, step);
}
