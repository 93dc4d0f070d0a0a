// SPDX-License-Identifier: GPL-2.0-only
/* The interfaces of NICs. Frames that they send are dropped, and nothing is ever received. */
#include "nic.h"

#include <linux/debugfs.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_infiniband.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/devlink.h>

/* ---- carrier */

static void carrier_is(struct net_device *dev, bool on)
{
	if (on && netif_running(dev))
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
}

void nic_carrier(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;
	bool on;
	int n;

	if (nic->dev)
		carrier_is(nic->dev, nic->carrier);
	for (n = 0; n < pf->num_vfs; n++) {
		struct nic_vf *v = &nic->vfs[n];

		on = v->link_state == IFLA_VF_LINK_STATE_AUTO
			     ? nic->carrier && nic->dev && netif_running(nic->dev)
			     : v->link_state == IFLA_VF_LINK_STATE_ENABLE;
		if (v->dev)
			carrier_is(v->dev, on);
	}
}

/* ---- operations of all interfaces */

static int nic_open(struct net_device *dev)
{
	struct nic_link *link = netdev_priv(dev);

	netif_start_queue(dev);
	nic_carrier(link->pf);
	return 0;
}

static int nic_stop(struct net_device *dev)
{
	struct nic_link *link = netdev_priv(dev);

	netif_stop_queue(dev);
	netif_carrier_off(dev);
	nic_carrier(link->pf);
	return 0;
}

static netdev_tx_t nic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static int nic_own_mac(struct net_device *dev, void *address)
{
	struct nic_link *link = netdev_priv(dev);
	struct nic_pf *nic = link->pf->data;

	if (link->vf >= 0 && nic_kind(link->pf)->flags & NIC_MAC_LOCKED &&
	    !nic->vfs[link->vf].trust && !is_zero_ether_addr(nic->vfs[link->vf].mac))
		return -EACCES;
	return eth_mac_addr(dev, address);
}

static const struct net_device_ops vf_operations = {
	.ndo_open = nic_open,
	.ndo_stop = nic_stop,
	.ndo_start_xmit = nic_xmit,
	.ndo_set_mac_address = nic_own_mac,
	.ndo_validate_addr = eth_validate_addr,
};

/* An operation that a driver lacks returns -EOPNOTSUPP, as rtnetlink does for a missing one. */
static const struct net_device_ops pf_operations = {
	.ndo_open = nic_open,
	.ndo_stop = nic_stop,
	.ndo_start_xmit = nic_xmit,
	.ndo_set_mac_address = nic_own_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_vf_mac = nic_set_mac,
	.ndo_set_vf_vlan = nic_set_vlan,
	.ndo_set_vf_rate = nic_set_rate,
	.ndo_set_vf_spoofchk = nic_set_spoofchk,
	.ndo_set_vf_link_state = nic_set_link_state,
	.ndo_set_vf_rss_query_en = nic_set_rss_query,
	.ndo_set_vf_trust = nic_set_trust,
	.ndo_set_vf_guid = nic_set_guid,
	.ndo_get_vf_guid = nic_get_guid,
	.ndo_get_vf_config = nic_get_config,
};

static int representor_open(struct net_device *dev)
{
	netif_start_queue(dev);
	netif_carrier_on(dev);
	return 0;
}

static const struct net_device_ops representor_operations = {
	.ndo_open = representor_open,
	.ndo_stop = nic_stop,
	.ndo_start_xmit = nic_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static const struct net_device_ops *operations(struct bench_pf *pf, int vf)
{
	if (vf == NIC_REPRESENTOR)
		return &representor_operations;
	return vf >= 0 || nic_kind(pf)->flags & NIC_NO_VF_OPS ? &vf_operations : &pf_operations;
}

struct bench_pf *nic_of_uplink(struct net_device *dev)
{
	return dev->netdev_ops == &pf_operations ? ((struct nic_link *)netdev_priv(dev))->pf : NULL;
}

static int nic_settings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	struct nic_link *link = netdev_priv(dev);
	struct nic_pf *nic = link->pf->data;

	settings->base.speed = netif_carrier_ok(dev) ? nic->speed : SPEED_UNKNOWN;
	settings->base.duplex = netif_carrier_ok(dev) ? DUPLEX_FULL : DUPLEX_UNKNOWN;
	settings->base.port = PORT_FIBRE;
	return 0;
}

static const struct ethtool_ops nic_ethtool = {
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = nic_settings,
};

static void infiniband_setup(struct net_device *dev)
{
	dev->type = ARPHRD_INFINIBAND;
	dev->hard_header_len = 4;
	dev->addr_len = INFINIBAND_ALEN;
	dev->mtu = 2044;
	dev->max_mtu = 65520;
	dev->tx_queue_len = 256;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
}

static struct net_device *link_new(struct bench_pf *pf, int vf, struct pci_dev *pdev)
{
	bool infiniband = nic_kind(pf)->flags & NIC_INFINIBAND;
	struct net_device *dev;
	struct nic_link *link;

	dev = alloc_netdev(sizeof(*link), infiniband ? "ib%d" : "eth%d", NET_NAME_ENUM,
			   infiniband ? infiniband_setup : ether_setup);
	if (!dev)
		return NULL;
	link = netdev_priv(dev);
	link->pf = pf;
	link->vf = vf;
	SET_NETDEV_DEV(dev, &pdev->dev);
	dev->netdev_ops = operations(pf, vf);
	dev->ethtool_ops = &nic_ethtool;
	if (!infiniband)
		dev->max_mtu = 9702;
	netif_carrier_off(dev);
	return dev;
}

/* The PF's own address is the same whenever the same card is added. */
static void link_address(struct net_device *dev, struct bench_pf *pf, int vf)
{
	struct nic_pf *nic = pf->data;
	int domain = pf->card->sysdata.domain;
	u8 address[INFINIBAND_ALEN] = { 0, 0xb0, domain >> 8, domain, pf->port, 0 };

	if (vf >= 0 && dev->addr_len == ETH_ALEN && !is_zero_ether_addr(nic->vfs[vf].mac))
		eth_hw_addr_set(dev, nic->vfs[vf].mac);
	else if (vf != NIC_OWN && dev->addr_len == ETH_ALEN)
		eth_hw_addr_random(dev);
	else
		dev_addr_set(dev, address);
}

int nic_link_register(struct net_device **slot, struct bench_pf *pf, int vf, struct pci_dev *pdev,
		      struct devlink_port *port)
{
	struct net_device *dev = link_new(pf, vf, pdev);
	int err;

	if (!dev)
		return -ENOMEM;
	rtnl_lock();
	link_address(dev, pf, vf);
	if (port)
		SET_NETDEV_DEVLINK_PORT(dev, port);
	err = register_netdevice(dev);
	if (!err) {
		*slot = dev;
		nic_carrier(pf);
	}
	rtnl_unlock();
	if (err)
		free_netdev(dev);
	return err;
}

void nic_link_unregister(struct net_device **slot)
{
	struct net_device *dev;

	rtnl_lock();
	dev = *slot;
	*slot = NULL;
	if (dev)
		unregister_netdevice(dev);
	rtnl_unlock();
	if (dev)
		free_netdev(dev);
}

/* ---- probing */

int nic_pf_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	struct nic_pf *nic = pf->data;

	nic->busy = 0;
	if (nic_kind(pf)->flags & NIC_ESWITCH)
		return nic_eswitch_add(pf, pdev);
	return nic_link_register(&nic->dev, pf, NIC_OWN, pdev, NULL);
}

void nic_pf_remove(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	if (nic->devlink)
		nic_eswitch_remove(pf);
	else
		nic_link_unregister(&nic->dev);
}

static int vf_appear(struct bench_vf *vf)
{
	struct nic_pf *nic = vf->pf->data;
	int err;

	atomic_inc(&vf->pf->done[OP_NETDEV]);
	err = bench_fault_error(vf->pf, OP_NETDEV, vf->index);
	return err
		       ?: nic_link_register(&nic->vfs[vf->index].dev, vf->pf, vf->index, vf->pdev,
					    NULL);
}

static void vf_appear_late(struct work_struct *work)
{
	struct nic_vf *v = container_of(to_delayed_work(work), struct nic_vf, appear);

	vf_appear(v->vf);
}

int nic_vf_probe(struct bench_vf *vf, struct pci_dev *pdev)
{
	struct nic_pf *nic = vf->pf->data;
	unsigned int delay =
		nic_kind(vf->pf)->netdev_ms + bench_fault_delay(vf->pf, OP_NETDEV, vf->index);

	if (!delay)
		return vf_appear(vf);
	schedule_delayed_work(&nic->vfs[vf->index].appear, msecs_to_jiffies(delay));
	return 0;
}

void nic_vf_remove(struct bench_vf *vf)
{
	struct nic_pf *nic = vf->pf->data;

	cancel_delayed_work_sync(&nic->vfs[vf->index].appear);
	nic_link_unregister(&nic->vfs[vf->index].dev);
}

/* ---- a card's memory, and its knobs */

static int carrier_get(void *data, u64 *value)
{
	*value = ((struct nic_pf *)((struct bench_pf *)data)->data)->carrier;
	return 0;
}

static int carrier_set(void *data, u64 value)
{
	struct bench_pf *pf = data;
	struct nic_pf *nic = pf->data;

	rtnl_lock();
	nic->carrier = value;
	nic_carrier(pf);
	rtnl_unlock();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(carrier_operations, carrier_get, carrier_set, "%llu\n");

void nic_knobs(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	debugfs_create_file_unsafe("carrier", 0600, pf->dir, pf, &carrier_operations);
	debugfs_create_u32("speed", 0600, pf->dir, &nic->speed);
	debugfs_create_u32("reset-ms", 0600, pf->dir, &nic->reset_ms);
	if (nic_kind(pf)->flags & NIC_FUNCTIONS)
		nic_lag_add(pf);
}

int nic_init(struct bench_pf *pf)
{
	struct nic_pf *nic = kvzalloc(struct_size(nic, vfs, pf->total_vfs), GFP_KERNEL);
	int n;

	if (!nic)
		return -ENOMEM;
	pf->data = nic;
	nic->pf = pf;
	nic->carrier = true;
	nic->speed = nic_kind(pf)->speed;
	nic->reset_ms = nic_kind(pf)->reset_ms;
	for (n = 0; n < pf->total_vfs; n++) {
		nic->vfs[n].vf = &pf->vfs[n];
		INIT_DELAYED_WORK(&nic->vfs[n].appear, vf_appear_late);
	}
	return 0;
}

void nic_exit(struct bench_pf *pf)
{
	nic_lag_remove(pf);
	kvfree(pf->data);
}
