// SPDX-License-Identifier: GPL-2.0-only
/* VFs of a NIC: their attributes, their resets, and the conditions for their creation. */
#include "nic.h"

#include <linux/delay.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>

/* ---- resets */

static void vf_reset(struct nic_vf *v)
{
	struct nic_pf *nic = v->vf->pf->data;

	atomic_inc(&v->vf->resets);
	bench_count(v->vf->pf, COUNT_VF_RESETS);
	v->ready = jiffies + msecs_to_jiffies(nic->reset_ms);
	if (v->dev) {
		if (!is_zero_ether_addr(v->mac))
			eth_hw_addr_set(v->dev, v->mac);
		netif_carrier_off(v->dev);
		nic_carrier(v->vf->pf);
	}
}

void nic_reset(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;
	int n;

	rtnl_lock();
	if (nic->dev)
		netif_carrier_off(nic->dev);
	for (n = 0; n < pf->num_vfs; n++)
		vf_reset(&nic->vfs[n]);
	nic_carrier(pf);
	rtnl_unlock();
}

/* ---- the count */

int nic_begin(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	return nic_kind(pf)->flags & NIC_ONE_AT_A_TIME && test_and_set_bit(0, &nic->busy) ? -EAGAIN
											  : 0;
}

void nic_finish(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	clear_bit(0, &nic->busy);
}

static void vf_begin_life(struct bench_pf *pf, struct nic_vf *v)
{
	eth_zero_addr(v->mac);
	v->vlan = v->qos = 0;
	v->proto = htons(ETH_P_8021Q);
	v->min_rate = v->max_rate = 0;
	v->spoofchk = nic_kind(pf)->flags & NIC_SPOOFCHK;
	v->rss_query = v->trust = false;
	v->link_state = IFLA_VF_LINK_STATE_AUTO;
	v->node_guid = v->port_guid = 0;
	v->ready = jiffies;
}

static bool running(struct nic_pf *nic)
{
	bool up;

	rtnl_lock();
	up = nic->dev && netif_running(nic->dev);
	rtnl_unlock();
	return up;
}

int nic_admit(struct bench_pf *pf, int count)
{
	const struct nic_kind *kind = nic_kind(pf);
	struct nic_pf *nic = pf->data;
	int n;

	if (kind->flags & NIC_COUNT_NEEDS_UP && !running(nic))
		return 0;
	if (count > pf->limit)
		return kind->most_error ? -kind->most_error : pf->limit;
	if (kind->flags & NIC_COUNT_RESETS)
		bench_count(pf, COUNT_PF_RESETS);
	rtnl_lock();
	for (n = 0; n < pf->total_vfs; n++)
		vf_begin_life(pf, &nic->vfs[n]);
	rtnl_unlock();
	return count;
}

/* ---- attributes; all under RTNL */

static int wait_ready(struct bench_pf *pf, struct nic_vf *v)
{
	const struct nic_kind *kind = nic_kind(pf);
	unsigned int waited;

	if (!kind->busy_error)
		return 0;
	for (waited = 0; time_before(jiffies, v->ready); waited += 20) {
		if (waited >= kind->busy_wait)
			return -kind->busy_error;
		msleep(20);
	}
	return 0;
}

/* The VF that @op applies to, or an ERR_PTR. The caller ends the operation by vf_done(). */
static struct nic_vf *vf_begin(struct net_device *dev, int n, enum bench_op op)
{
	struct nic_link *link = netdev_priv(dev);
	struct bench_pf *pf = link->pf;
	struct nic_pf *nic = pf->data;
	int err;

	bench_count(pf, COUNT_VF_SETS);
	if (!(nic_kind(pf)->can & BIT(op)))
		return ERR_PTR(-EOPNOTSUPP);
	if (n < 0 || n >= pf->num_vfs)
		return ERR_PTR(-EINVAL);
	atomic_inc(&pf->vfs[n].sets);
	err = bench_fault(pf, op, n) ?: nic_begin(pf);
	if (err)
		return ERR_PTR(err);
	err = wait_ready(pf, &nic->vfs[n]);
	if (err) {
		nic_finish(pf);
		return ERR_PTR(err);
	}
	return &nic->vfs[n];
}

static int vf_done(struct nic_vf *v, enum bench_op op, int err, bool changed)
{
	struct bench_pf *pf = v->vf->pf;
	const struct nic_kind *kind = nic_kind(pf);

	if (!err && (kind->resets_always & BIT(op) || (changed && kind->resets & BIT(op))))
		vf_reset(v);
	nic_finish(pf);
	return err;
}

/* Attributes that a NIC refuses once its VFs have representors. */
static bool switched(struct nic_vf *v)
{
	struct nic_pf *nic = v->vf->pf->data;

	return nic->switchdev && nic_kind(v->vf->pf)->flags & NIC_FUNCTIONS;
}

int nic_set_mac(struct net_device *dev, int n, u8 *mac)
{
	struct nic_vf *v = vf_begin(dev, n, OP_MAC);
	bool changed = false;
	int err = 0;

	if (IS_ERR(v))
		return PTR_ERR(v);
	if (is_multicast_ether_addr(mac) ||
	    (nic_kind(v->vf->pf)->flags & NIC_MAC_NOT_ZERO && is_zero_ether_addr(mac))) {
		err = -EINVAL;
	} else {
		changed = !ether_addr_equal(v->mac, mac);
		ether_addr_copy(v->mac, mac);
	}
	return vf_done(v, OP_MAC, err, changed);
}

static int vlan_check(struct nic_vf *v, u16 vlan, u8 qos, __be16 proto)
{
	u32 flags = nic_kind(v->vf->pf)->flags;

	if (switched(v))
		return vlan || qos ? -EOPNOTSUPP : 0;
	if (vlan >= VLAN_N_VID || qos > 7)
		return -EINVAL;
	if (proto != htons(ETH_P_8021Q) && !(flags & NIC_AD && proto == htons(ETH_P_8021AD)))
		return -EPROTONOSUPPORT;
	if (qos && (flags & NIC_NO_QOS || (flags & NIC_QOS_NEEDS_VLAN && !vlan)))
		return -EINVAL;
	return 0;
}

int nic_set_vlan(struct net_device *dev, int n, u16 vlan, u8 qos, __be16 proto)
{
	struct nic_vf *v = vf_begin(dev, n, OP_VLAN);
	bool changed = false;
	int err;

	if (IS_ERR(v))
		return PTR_ERR(v);
	err = vlan_check(v, vlan, qos, proto);
	if (!err) {
		changed = v->vlan != vlan || v->qos != qos || v->proto != proto;
		v->vlan = vlan;
		v->qos = qos;
		v->proto = proto;
	}
	return vf_done(v, OP_VLAN, err, changed);
}

static int rate_check(struct net_device *dev, struct nic_vf *v, int min, int max)
{
	const struct nic_kind *kind = nic_kind(v->vf->pf);
	struct nic_pf *nic = v->vf->pf->data;

	if (kind->flags & NIC_RATE_LINK && !netif_carrier_ok(dev))
		return -EINVAL;
	if (kind->flags & NIC_RATE_10G && (nic->speed != 10000 || (max && max <= 10)))
		return -EINVAL;
	if (kind->flags & NIC_RATE_SPEED && (max > nic->speed || min > nic->speed))
		return -EINVAL;
	if (min && (!(kind->flags & NIC_MIN_RATE) || (max && min > max)))
		return -EINVAL;
	return 0;
}

int nic_set_rate(struct net_device *dev, int n, int min, int max)
{
	struct nic_vf *v = vf_begin(dev, n, OP_RATE);
	int err;

	if (IS_ERR(v))
		return PTR_ERR(v);
	err = rate_check(dev, v, min, max);
	if (!err) {
		v->min_rate = min;
		v->max_rate = max;
	}
	return vf_done(v, OP_RATE, err, false);
}

int nic_set_spoofchk(struct net_device *dev, int n, bool on)
{
	struct nic_vf *v = vf_begin(dev, n, OP_SPOOFCHK);
	bool changed = false;
	int err = 0;

	if (IS_ERR(v))
		return PTR_ERR(v);
	if (switched(v)) {
		err = -EOPNOTSUPP;
	} else if (on && nic_kind(v->vf->pf)->flags & NIC_SPOOFCHK_NEEDS_MAC &&
		   is_zero_ether_addr(v->mac)) {
		err = -EPERM;
	} else {
		changed = v->spoofchk != on;
		v->spoofchk = on;
	}
	return vf_done(v, OP_SPOOFCHK, err, changed);
}

int nic_set_link_state(struct net_device *dev, int n, int state)
{
	struct nic_vf *v = vf_begin(dev, n, OP_LINK_STATE);
	int err = 0;

	if (IS_ERR(v))
		return PTR_ERR(v);
	if (state < IFLA_VF_LINK_STATE_AUTO || state > IFLA_VF_LINK_STATE_DISABLE)
		err = -EINVAL;
	else if (!(state == IFLA_VF_LINK_STATE_ENABLE &&
		   nic_kind(v->vf->pf)->flags & NIC_LINK_NO_ENABLE))
		v->link_state = state;
	nic_carrier(v->vf->pf);
	return vf_done(v, OP_LINK_STATE, err, false);
}

int nic_set_rss_query(struct net_device *dev, int n, bool on)
{
	struct nic_vf *v = vf_begin(dev, n, OP_RSS_QUERY);

	if (IS_ERR(v))
		return PTR_ERR(v);
	v->rss_query = on;
	return vf_done(v, OP_RSS_QUERY, 0, false);
}

int nic_set_trust(struct net_device *dev, int n, bool on)
{
	struct nic_vf *v = vf_begin(dev, n, OP_TRUST);
	bool changed = false;
	int err = 0;

	if (IS_ERR(v))
		return PTR_ERR(v);
	if (((struct nic_pf *)v->vf->pf->data)->switchdev) {
		err = -EOPNOTSUPP;
	} else {
		changed = v->trust != on;
		v->trust = on;
	}
	return vf_done(v, OP_TRUST, err, changed);
}

int nic_set_guid(struct net_device *dev, int n, u64 guid, int type)
{
	struct nic_vf *v = vf_begin(dev, n, OP_GUID);

	if (IS_ERR(v))
		return PTR_ERR(v);
	if (type == IFLA_VF_IB_NODE_GUID)
		v->node_guid = guid;
	else
		v->port_guid = guid;
	return vf_done(v, OP_GUID, 0, false);
}

/* A driver leaves fields that it does not support unchanged, and rtnetlink does not report them. */
int nic_get_config(struct net_device *dev, int n, struct ifla_vf_info *info)
{
	struct nic_link *link = netdev_priv(dev);
	struct bench_pf *pf = link->pf;
	struct nic_pf *nic = pf->data;
	u32 can = nic_kind(pf)->can;
	struct nic_vf *v;
	int err;

	if (n < 0 || n >= pf->num_vfs)
		return -EINVAL;
	err = bench_fault(pf, OP_GET, n);
	if (!err && nic_kind(pf)->flags & NIC_ONE_AT_A_TIME && test_bit(0, &nic->busy))
		err = -EAGAIN;
	if (err)
		return err;
	v = &nic->vfs[n];
	info->vf = n;
	if (can & BIT(OP_MAC))
		ether_addr_copy(info->mac, v->mac);
	info->vlan = v->vlan;
	info->qos = v->qos;
	info->vlan_proto = v->proto;
	info->min_tx_rate = v->min_rate;
	info->max_tx_rate = v->max_rate;
	info->linkstate = v->link_state;
	if (can & BIT(OP_SPOOFCHK))
		info->spoofchk = v->spoofchk;
	if (can & BIT(OP_RSS_QUERY))
		info->rss_query_en = v->rss_query;
	if (can & BIT(OP_TRUST))
		info->trusted = v->trust;
	return 0;
}

int nic_get_guid(struct net_device *dev, int n, struct ifla_vf_guid *node,
		 struct ifla_vf_guid *port)
{
	struct nic_link *link = netdev_priv(dev);
	struct nic_pf *nic = link->pf->data;

	if (!(nic_kind(link->pf)->can & BIT(OP_GUID)))
		return -EOPNOTSUPP;
	if (n < 0 || n >= link->pf->num_vfs)
		return -EINVAL;
	node->guid = nic->vfs[n].node_guid;
	port->guid = nic->vfs[n].port_guid;
	return 0;
}

/* By the names of ip(8); a rate as stored in the card, which the driver may report differently. */
void nic_show_vf(struct bench_vf *vf, struct seq_file *out)
{
	static const char *const states[] = { "auto", "enable", "disable" };
	struct nic_pf *nic = vf->pf->data;
	struct nic_vf *v = &nic->vfs[vf->index];

	seq_printf(out,
		   " mac=%pM vlan=%d qos=%d proto=%04x min=%d max=%d spoofchk=%d link-state=%s",
		   v->mac, v->vlan, v->qos, ntohs(v->proto), v->min_rate, v->max_rate, v->spoofchk,
		   states[v->link_state]);
	seq_printf(out, " query-rss=%d trust=%d node-guid=%016llx port-guid=%016llx", v->rss_query,
		   v->trust, v->node_guid, v->port_guid);
}
