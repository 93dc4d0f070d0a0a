/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Complete: words become values, and keys that the device does not support are reported. */
#include <errno.h>
#include <linux/devlink.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "interface.h"
#include "mac.h"
#include "ops.h"
#include "quirk.h"
#include "rows.h"
#include "util.h"
#include "vfinfo.h"

/* --- VLANs ----------------------------------------------------------------------------------- */

static void keep_row(const struct viod_values *state, struct viod_values *wanted, int vf,
		     enum net_row row, int64_t without_vlan)
{
	const int64_t *vlan = viod_get(wanted, vf, &net_options[NET_ROW_VLAN]);
	const int64_t *now = viod_get(state, vf, &net_options[row]);

	if (now && !viod_get(wanted, vf, &net_options[row]))
		viod_put(wanted, vf, &net_options[row], *vlan ? now : &without_vlan);
}

/* The kernel sets a VLAN together with its priority and protocol. What the file does not set does
 * not change, and the priority and protocol of a VLAN are restored with it. */
static void complete_vlan(const struct viod_values *state, struct viod_values *wanted, int vf)
{
	const int64_t *vlan = viod_get(wanted, vf, &net_options[NET_ROW_VLAN]), *now;

	if (!vlan || vf >= (int)viod_vf_count(state))
		return;
	now = viod_get(state, vf, &net_options[NET_ROW_VLAN]);
	if (now && *now == *vlan)
		return;
	keep_row(state, wanted, vf, NET_ROW_QOS, 0);
	keep_row(state, wanted, vf, NET_ROW_VLAN_PROTO, ETH_P_8021Q);
}

/* --- InfiniBand ------------------------------------------------------------------------------ */

static int refuse_row(struct viod_pf *pf, const struct viod_values *wanted, int vf,
		      enum net_row row, const char *why)
{
	const struct viod_option *option = &net_options[row];

	if (!viod_get(wanted, vf, option))
		return 0;
	viod_report(pf, VIOD_ERROR, vf, option, viod_where(wanted, vf, option), 0, "%s", why);
	return -EINVAL;
}

static int check_type(struct viod_pf *pf, const struct viod_values *wanted, int vf, unsigned type)
{
	static const char no_ethernet[] =
		"InfiniBand has no such setting; give the VF a node-guid and a port-guid instead";
	static const char no_infiniband[] =
		"only InfiniBand has GUIDs, and this is an Ethernet device; remove the key";
	int r = 0;

	if (type == ARPHRD_ETHER) {
		r |= refuse_row(pf, wanted, vf, NET_ROW_NODE_GUID, no_infiniband);
		r |= refuse_row(pf, wanted, vf, NET_ROW_PORT_GUID, no_infiniband);
	} else if (type == ARPHRD_INFINIBAND) {
		r |= refuse_row(pf, wanted, vf, NET_ROW_MAC, no_ethernet);
		r |= refuse_row(pf, wanted, vf, NET_ROW_VLAN, no_ethernet);
	}
	return r ? -EINVAL : 0;
}

/* --- addresses ------------------------------------------------------------------------------- */

/* A stable identity of the device: its permanent address or, if that is not reported, its slot. */
static void name_device(const struct viod_function *function, const struct net_link *link,
			char *ret_name, size_t size)
{
	static const uint8_t zero[6];
	const uint8_t *mac = link->permanent;

	if (memcmp(mac, zero, sizeof(zero)) != 0)
		snprintf(ret_name, size, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
			 mac[3], mac[4], mac[5]);
	else
		snprintf(ret_name, size, "%s", function->address);
}

static int complete_mac(struct viod_pf *pf, const struct net_link *link, struct viod_values *wanted,
			int vf)
{
	const struct viod_option *option = &net_options[NET_ROW_MAC];
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	const struct viod_mac *word = viod_get(wanted, vf, option);
	char device[128];
	struct viod_mac mac;
	int r;

	if (!word || !function || word->word < NET_MAC_STABLE)
		return 0;
	if (word->word == NET_MAC_LEGACY) {
		net_mac_legacy(function->address, vf, &mac);
		viod_put(wanted, vf, option, &mac);
		return 0;
	}
	name_device(function, link, device, sizeof(device));
	r = net_mac_stable(pf, device, vf, &mac);
	if (r < 0) {
		viod_report(pf, VIOD_ERROR, vf, option, viod_where(wanted, vf, option), -r,
			    "a stable mac is derived from /etc/machine-id, which cannot be used");
		return r;
	}
	viod_put(wanted, vf, option, &mac);
	return 0;
}

/* --- the PF ---------------------------------------------------------------------------------- */

/* The file does not say it, so it is set once, when VFs are created, and not enforced later. */
static void complete_link(struct viod_pf *pf, const struct net_link *link,
			  const struct viod_values *state, struct viod_values *wanted)
{
	const struct viod_option *option = &net_options[NET_ROW_LINK];
	int64_t up = 1;

	if (!(net_quirk(pf).flags & VIOD_NET_PF_MUST_BE_UP) ||
	    viod_vf_count(wanted) <= viod_vf_count(state) || viod_get(wanted, VIOD_PF, option) ||
	    !link->index || (link->flags & IFF_UP))
		return;
	viod_put(wanted, VIOD_PF, option, &up);
	viod_report(pf, VIOD_INFO, VIOD_PF, option, NULL, 0,
		    "%s is set up: the driver needs it for its VFs; write 'link = down' to keep it "
		    "down",
		    link->name);
}

/* Settings that the device applies in legacy mode are controlled by the host in switchdev mode. */
static int check_eswitch(struct viod_pf *pf, const struct viod_values *state,
			 const struct viod_values *wanted, int vf)
{
	static const char why[] =
		"in switchdev mode the host forwards the VFs' frames, and this is "
		"set on the VF's representor; remove the key";
	const int64_t *mode = viod_get(wanted, VIOD_PF, &net_options[NET_ROW_ESWITCH]);
	const int64_t *vlan = viod_get(wanted, vf, &net_options[NET_ROW_VLAN]);
	int r = 0;

	if (!mode)
		mode = viod_get(state, VIOD_PF, &net_options[NET_ROW_ESWITCH]);
	if (!mode || *mode != DEVLINK_ESWITCH_MODE_SWITCHDEV)
		return 0;
	if (vlan && *vlan)
		r |= refuse_row(pf, wanted, vf, NET_ROW_VLAN, why);
	return r | refuse_row(pf, wanted, vf, NET_ROW_TRUST, why) ? -EINVAL : 0;
}

int net_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	_cleanup_link_ struct net_link link = { 0 };
	_cleanup_close_ int fd = -1;
	int r;

	r = net_interface_open(pf, VIOD_PF, false, &fd, &link);
	if (r < 0 && r != -ENODEV)
		return r;
	complete_link(pf, &link, state, wanted);
	r = 0;
	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		complete_vlan(state, wanted, vf);
		if (check_type(pf, wanted, vf, link.index ? link.type : ARPHRD_VOID) < 0 ||
		    check_eswitch(pf, state, wanted, vf) < 0 ||
		    complete_mac(pf, &link, wanted, vf) < 0)
			r = -EINVAL;
	}
	return r;
}
