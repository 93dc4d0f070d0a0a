/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of interfaces, of the PF and of VFs on the host, and of the eswitch. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <viod/vfio-driver.h>

#include "generic.h"
#include "interface.h"
#include "message.h"
#include "ops.h"
#include "port.h"
#include "rows.h"
#include "rtnl.h"
#include "steps.h"
#include "util.h"
#include "vfinfo.h"

/* The interface of a VF appears some time after its driver is bound, seconds with some drivers. */
#define INTERFACE_MSEC 10000
/* udev names a new interface, and overwrites an earlier name. */
#define UDEV_MSEC 5000
#define PAUSE_MSEC 20

static void pause_msec(unsigned msec)
{
	struct timespec time = { .tv_nsec = (long)msec * 1000000L };

	(void)nanosleep(&time, NULL);
}

/* --- where ----------------------------------------------------------------------------------- */

static bool is_passed_on(const struct viod_function *function)
{
	return !function || !function->driver || viod_is_vfio_driver(function->driver);
}

/* 1: it has none on the host, which is not an error. */
static int find_vf_interface(struct viod_pf *pf, int vf, int fd, struct net_link *ret_link)
{
	int r = -ENODEV;

	for (unsigned waited = 0; waited < INTERFACE_MSEC; waited += PAUSE_MSEC) {
		_cleanup_interfaces_ struct net_interfaces interfaces = { 0 };

		if (is_passed_on(viod_function(pf, vf)))
			return 1;
		r = net_interface_read(pf, vf, false, fd, ret_link);
		if (r != -ENODEV)
			return r;
		if (net_interfaces_find(pf, vf, &interfaces) == 0 && interfaces.elsewhere)
			return 1;
		pause_msec(PAUSE_MSEC);
	}
	return r;
}

static int find_interface(struct viod_pf *pf, const struct viod_step *step, int fd,
			  struct net_link *ret_link)
{
	const struct viod_function *function = viod_function(pf, step->vf);
	int r;

	if (step->vf == VIOD_PF)
		r = net_interface_read(pf, VIOD_PF, false, fd, ret_link);
	else
		r = find_vf_interface(pf, step->vf, fd, ret_link);
	if (r == 1)
		viod_report(pf, VIOD_WARNING, step->vf, NULL, &step->where, 0,
			    "'%s' is for a VF whose network interface is on the host, and that of "
			    "vf%d is not (its driver is %s); it is left out",
			    step->change->option->key, step->vf,
			    function && function->driver ? function->driver : "none");
	else if (r == -ENODEV)
		viod_report(
			pf, VIOD_ERROR, step->vf, step->change->option, &step->where, 0,
			step->vf == VIOD_PF
				? "the PF has no network interface here; bind its network "
				  "driver, or bring the interface back to this network namespace"
				: "the driver of the VF has not created a network interface");
	return r;
}

/* --- names ----------------------------------------------------------------------------------- */

static void wait_for_udev(struct viod_pf *pf, int index)
{
	char entry[16];

	snprintf(entry, sizeof(entry), "n%d", index);
	(void)viod_udev_wait(pf, entry, NULL, UDEV_MSEC);
}

static int set_name(struct viod_pf *pf, const struct viod_step *step, int fd,
		    const struct net_link *link)
{
	const struct net_setting *setting = step->data;
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r;

	wait_for_udev(pf, link->index);
	r = net_message_name(link->index, setting->name, &message);
	if (r == 0)
		r = net_rtnl_send(pf, fd, message);
	if (r == -EBUSY || r == -EEXIST)
		viod_report(pf, VIOD_ERROR, step->vf, step->change->option, &step->where, -r,
			    "%s cannot be renamed to %s (%s)", link->name, setting->name,
			    r == -EBUSY ? "it is up; set it down first"
					: "another interface has the name");
	return r;
}

/* --- steps ----------------------------------------------------------------------------------- */

static int set_link(struct viod_pf *pf, const struct viod_step *step)
{
	const struct net_setting *setting = step->data;
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_link_ struct net_link link = { 0 };
	_cleanup_close_ int fd = net_rtnl_open();
	int r;

	if (fd < 0)
		return fd;
	r = find_interface(pf, step, fd, &link);
	if (r != 0)
		return r < 0 ? r : 0;
	switch ((enum net_step_code)step->code) {
	case NET_STEP_NAME:
		return set_name(pf, step, fd, &link);
	case NET_STEP_OFFLOAD:
		return net_offload_set(pf, link.index, setting->number);
	case NET_STEP_MTU:
		r = net_message_mtu(link.index, (uint32_t)setting->number, &message);
		break;
	default:
		r = net_message_flags(link.index, setting->flags, setting->change, &message);
		break;
	}
	return r < 0 ? r : net_rtnl_send(pf, fd, message);
}

/* Some drivers re-create the PF's interface with the mode: it is down and has its defaults. */
static int restore_interface(struct viod_pf *pf, const struct net_link *before)
{
	const unsigned kept = IFF_UP | IFF_PROMISC | IFF_ALLMULTI;
	_cleanup_link_ struct net_link link = { 0 };
	_cleanup_close_ int fd = net_rtnl_open();
	int r = -ENODEV;

	if (!before->index || fd < 0)
		return fd < 0 ? fd : 0;
	for (unsigned waited = 0; waited < INTERFACE_MSEC && r == -ENODEV; waited += PAUSE_MSEC) {
		r = net_interface_read(pf, VIOD_PF, false, fd, &link);
		if (r == -ENODEV)
			pause_msec(PAUSE_MSEC);
	}
	if (r == 0 && link.mtu != before->mtu) {
		_cleanup_(net_messagep) struct nl_msg *message = NULL;

		r = net_message_mtu(link.index, before->mtu, &message);
		r = r < 0 ? r : net_rtnl_send(pf, fd, message);
	}
	if (r == 0 && ((link.flags ^ before->flags) & kept)) {
		_cleanup_(net_messagep) struct nl_msg *message = NULL;

		wait_for_udev(pf, link.index);
		r = net_message_flags(link.index, before->flags & kept, kept, &message);
		r = r < 0 ? r : net_rtnl_send(pf, fd, message);
	}
	return r;
}

static int set_port_cap(struct viod_pf *pf, const struct viod_step *step)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	const struct net_setting *setting = step->data;
	_cleanup_ports_ struct net_ports ports = { 0 };
	enum net_port_cap cap = step->change->option == &net_options[NET_ROW_ROCE]
					? NET_PORT_ROCE
					: NET_PORT_MIGRATABLE;
	const struct net_port *port;
	char bus[32];
	int r;

	if (!function)
		return -ENODEV;
	net_bus_of(function, bus, sizeof(bus));
	r = net_ports_get(bus, function->address, &ports);
	port = r == 0 ? net_ports_of(&ports, step->vf) : NULL;
	if (!port || !(port->can & cap)) {
		viod_report(pf, VIOD_ERROR, step->vf, step->change->option, &step->where, 0,
			    "vf%d has no port that could set '%s'; a PF that can has 'eswitch = "
			    "switchdev', and its driver reports it for each VF",
			    step->vf, step->change->option->key);
		return r < 0 ? r : -EOPNOTSUPP;
	}
	return net_port_set_cap(pf, bus, function->address, port->index, cap, setting->number);
}

static int set_eswitch(struct viod_pf *pf, const struct viod_step *step)
{
	_cleanup_link_ struct net_link before = { 0 };
	_cleanup_close_ int fd = -1;
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	const struct net_setting *setting = step->data;
	struct net_eswitch eswitch = { -1, -1, -1 };
	char bus[32];
	int r;

	if (!function)
		return -ENODEV;
	if (step->code == NET_STEP_ESWITCH)
		eswitch.mode = (int)setting->number;
	else if (step->code == NET_STEP_INLINE_MODE)
		eswitch.inline_mode = (int)setting->number;
	else
		eswitch.encap = (int)setting->number;
	net_bus_of(function, bus, sizeof(bus));
	(void)net_interface_open(pf, VIOD_PF, false, &fd, &before);
	r = net_eswitch_set(pf, bus, function->address, &eswitch);
	if (r == 0 && step->code == NET_STEP_ESWITCH)
		return restore_interface(pf, &before);
	if (r == -EOPNOTSUPP || r == -ENODEV || r == -ENOENT)
		viod_report(pf, VIOD_ERROR, VIOD_PF, step->change->option, &step->where, -r,
			    "%s does not offer this through devlink, or not in its present state "
			    "(some devices only with 0 VFs)",
			    function->driver ? function->driver : "the PF");
	return r;
}

int net_apply_setting(struct viod_pf *pf, const struct viod_step *step)
{
	switch ((enum net_step_code)step->code) {
	case NET_STEP_ESWITCH:
	case NET_STEP_INLINE_MODE:
	case NET_STEP_ENCAP:
		return set_eswitch(pf, step);
	case NET_STEP_PORT_CAP:
		return set_port_cap(pf, step);
	case NET_STEP_FLAGS:
	case NET_STEP_MTU:
	case NET_STEP_NAME:
	case NET_STEP_OFFLOAD:
		return set_link(pf, step);
	case NET_STEP_VFS:
		break;
	}
	return -EINVAL;
}
