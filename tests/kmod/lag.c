// SPDX-License-Identifier: GPL-2.0-only
/*
 * The visible part of VF LAG: /sys/kernel/debug/mlx5/ADDRESS/lag/state shows "active" one second
 * after all PFs of a card have become members of one bond, if they were in switchdev mode then and
 * none of their VFs had a driver; otherwise "disabled", even if these conditions are met later.
 */
#include "nic.h"

#include <linux/debugfs.h>
#include <linux/if_bonding.h>
#include <linux/jiffies.h>
#include <linux/seq_file.h>

static struct dentry *root;

static bool bound(struct bench_pf *pf)
{
	int n;

	for (n = 0; n < pf->num_vfs; n++)
		if (pf->vfs[n].pdev)
			return true;
	return false;
}

static bool can_join(struct bench_card *card)
{
	struct nic_pf *nic, *first = card->pf[0]->data;
	int port;

	for (port = 0; port < card->ports; port++) {
		nic = card->pf[port]->data;
		if (!nic->bond || nic->bond != first->bond || !nic->switchdev ||
		    bound(card->pf[port]))
			return false;
	}
	return card->ports > 1;
}

static void join_or_part(struct bench_card *card)
{
	bool joined = can_join(card);
	struct nic_pf *nic;
	int port;

	for (port = 0; port < card->ports; port++) {
		nic = card->pf[port]->data;
		nic->lag = joined;
		nic->lag_since = jiffies + HZ;
	}
}

static int link_event(struct notifier_block *block, unsigned long event, void *data)
{
	struct netdev_notifier_changeupper_info *info = data;
	struct net_device *dev = netdev_notifier_info_to_dev(data);
	struct netdev_lag_upper_info *how;
	struct nic_pf *nic;
	struct bench_pf *pf;

	if (event != NETDEV_CHANGEUPPER || !netif_is_bond_master(info->upper_dev))
		return NOTIFY_DONE;
	pf = nic_of_uplink(dev);
	if (!pf || !(nic_kind(pf)->flags & NIC_FUNCTIONS))
		return NOTIFY_DONE;
	nic = pf->data;
	how = info->linking ? info->upper_info : NULL;
	nic->bond = how && (how->tx_type == NETDEV_LAG_TX_TYPE_ACTIVEBACKUP ||
			    how->tx_type == NETDEV_LAG_TX_TYPE_HASH)
			    ? info->upper_dev
			    : NULL;
	join_or_part(pf->card);
	return NOTIFY_OK;
}

static struct notifier_block link_notifier = { .notifier_call = link_event };

static int state_show(struct seq_file *out, void *unused)
{
	struct nic_pf *nic = ((struct bench_pf *)out->private)->data;

	seq_puts(out,
		 nic->lag && time_after_eq(jiffies, nic->lag_since) ? "active\n" : "disabled\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

void nic_lag_add(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	if (!root) {
		root = debugfs_create_dir("mlx5", NULL);
		register_netdevice_notifier(&link_notifier);
	}
	nic->lag_dir = debugfs_create_dir(pf->address, root);
	debugfs_create_file("state", 0400, debugfs_create_dir("lag", nic->lag_dir), pf,
			    &state_fops);
}

void nic_lag_remove(struct bench_pf *pf)
{
	debugfs_remove(((struct nic_pf *)pf->data)->lag_dir);
}

void nic_lag_exit(void)
{
	if (!root)
		return;
	unregister_netdevice_notifier(&link_notifier);
	debugfs_remove(root);
}
