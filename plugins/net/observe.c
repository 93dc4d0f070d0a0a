/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says now, in the words of the rows. */
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

static bool is_zero(const uint8_t octets[6])
{
	static const uint8_t zero[6];

	return memcmp(octets, zero, sizeof(zero)) == 0;
}

static void put_mac(struct viod_values *state, int vf, const struct net_vfinfo *info)
{
	struct viod_mac mac = { .word = NET_MAC_NONE };

	if (!is_zero(info->mac)) {
		memcpy(mac.octets, info->mac, sizeof(mac.octets));
		mac.word = 0;
	}
	viod_put(state, vf, &net_options[NET_ROW_MAC], &mac);
}

/* A value that no file can say is as good as not known. */
static void put_number(struct viod_values *state, int vf, enum net_row row, int64_t value)
{
	if (value <= net_options[row].max)
		viod_put(state, vf, &net_options[row], &value);
}

/* Drivers that know nothing of protocols leave it zero. */
static void put_protocol(struct viod_values *state, int vf, uint16_t protocol)
{
	int64_t value = protocol ? protocol : ETH_P_8021Q;

	if (value == ETH_P_8021Q || value == ETH_P_8021AD)
		viod_put(state, vf, &net_options[NET_ROW_VLAN_PROTO], &value);
}

static void put_vf(struct viod_values *state, int vf, const struct net_link *link,
		   const struct net_vfinfo *info)
{
	/* InfiniBand has addresses of 20 bytes and no VLANs; what is in these fields is no answer.
	 */
	if (link->type != ARPHRD_ETHER)
		return;
	if (info->known & NET_KNOWS_MAC)
		put_mac(state, vf, info);
	if (info->known & NET_KNOWS_VLAN) {
		put_number(state, vf, NET_ROW_VLAN, info->vlan);
		put_number(state, vf, NET_ROW_QOS, info->qos);
		put_protocol(state, vf, info->vlan_proto);
	}
}

int net_observe(struct viod_pf *pf, struct viod_values *state)
{
	_cleanup_link_ struct net_link link = { 0 };
	_cleanup_close_ int fd = -1;
	bool promisc;
	int r;

	r = net_interface_open(pf, viod_vf_count(state) > 0, &fd, &link);
	if (r == -ENODEV) /* a PF without its driver has nothing to tell */
		return 0;
	if (r < 0)
		return r;
	promisc = link.flags & IFF_PROMISC;
	viod_put(state, VIOD_PF, &net_options[NET_ROW_PROMISC], &promisc);
	for (size_t i = 0; i < link.n_vfs; i++)
		if (link.vfs[i].vf < viod_vf_count(state))
			put_vf(state, (int)link.vfs[i].vf, &link, &link.vfs[i]);
	return 0;
}
