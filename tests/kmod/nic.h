/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal interface of the NICs of the bench. */
#ifndef VIOD_BENCH_NIC_H
#define VIOD_BENCH_NIC_H

#include "bench.h"

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>

struct devlink;
struct devlink_port;
struct nic_representor;

enum nic_flag {
	NIC_MIN_RATE = BIT(0),	   /* supports a guaranteed rate */
	NIC_AD = BIT(1),	   /* supports 802.1ad */
	NIC_SPOOFCHK = BIT(2),	   /* the default of VFs */
	NIC_RATE_LINK = BIT(3),	   /* rates need a carrier */
	NIC_RATE_10G = BIT(4),	   /* ... of exactly this speed */
	NIC_RATE_SPEED = BIT(5),   /* no rate is above that of the link */
	NIC_MAC_NOT_ZERO = BIT(6), /* an address cannot be cleared */
	NIC_NO_QOS = BIT(7),	   /* no priority with a VLAN */
	NIC_QOS_NEEDS_VLAN = BIT(8),
	NIC_SPOOFCHK_NEEDS_MAC = BIT(9),
	NIC_LINK_NO_ENABLE = BIT(10), /* accepts "enable" without an effect */
	NIC_COUNT_NEEDS_UP = BIT(11), /* a PF that is down creates no VFs, and reports success */
	NIC_COUNT_RESETS = BIT(12),   /* a change of the count resets the PF */
	NIC_ONE_AT_A_TIME = BIT(13),  /* EAGAIN while another operation on VFs runs */
	NIC_MAC_LOCKED = BIT(14),     /* a VF that is not trusted keeps what its PF has set */
	NIC_NO_VF_OPS = BIT(15),      /* has no settings of VFs */
	NIC_INFINIBAND = BIT(16),
	NIC_ESWITCH = BIT(17),
	NIC_ESWITCH_NO_VFS = BIT(18), /* its mode changes only while there are no VFs */
	NIC_UPLINK_ANEW = BIT(19),    /* with it the PF's interface is replaced */
	NIC_FUNCTIONS = BIT(20), /* representors have settable functions, and the PF refuses the
				    same settings */
};

struct nic_kind {
	u32 can;	   /* BIT(enum bench_op) */
	u32 flags;	   /* enum nic_flag */
	u32 resets;	   /* BIT(enum bench_op): a new value resets the VF */
	u32 resets_always; /* even an unchanged value resets the VF */
	int most_error;	   /* for more VFs than the driver's limit */
	int busy_error;	   /* for a VF that is still in its reset after busy_wait ms */
	unsigned int busy_wait, reset_ms;
	unsigned int netdev_ms; /* after a VF's probe */
	u32 speed;		/* Mbit/s */
};

struct nic_vf {
	struct bench_vf *vf;
	u8 mac[ETH_ALEN];
	u16 vlan;
	u8 qos;
	__be16 proto;
	int min_rate, max_rate;
	bool spoofchk, rss_query, trust;
	int link_state;
	u64 node_guid, port_guid;
	unsigned long ready;	/* jiffies at which its reset ends */
	struct net_device *dev; /* under RTNL */
	struct delayed_work appear;
	struct nic_representor *representor; /* under the lock of the devlink instance */
};

struct nic_pf {
	struct bench_pf *pf;
	struct net_device *dev; /* under RTNL */
	bool carrier;
	u32 speed, reset_ms;
	unsigned long busy; /* bit 0: an operation on VFs */
	struct devlink *devlink;
	bool switchdev;		 /* under its lock */
	struct net_device *bond; /* its bond can become a LAG; under RTNL, as the next two */
	bool lag;
	unsigned long lag_since; /* jiffies */
	struct dentry *lag_dir;
	struct nic_vf vfs[];
};

#define NIC_OWN -1 /* interfaces that are not of VFs: the PF's, */
#define NIC_REPRESENTOR -2

/* The private part of an interface. */
struct nic_link {
	struct bench_pf *pf;
	int vf;
};

static inline const struct nic_kind *nic_kind(const struct bench_pf *pf)
{
	return pf->is->table;
}

/* ---- net.c: interfaces */
int nic_init(struct bench_pf *pf);
void nic_exit(struct bench_pf *pf);
int nic_pf_probe(struct bench_pf *pf, struct pci_dev *pdev);
void nic_pf_remove(struct bench_pf *pf);
int nic_vf_probe(struct bench_vf *vf, struct pci_dev *pdev);
void nic_vf_remove(struct bench_vf *vf);
/* A new interface, stored in *slot when it is registered; port may be NULL. */
int nic_link_register(struct net_device **slot, struct bench_pf *pf, int vf, struct pci_dev *pdev,
		      struct devlink_port *port);
void nic_link_unregister(struct net_device **slot);
/* The PF whose own interface this is, or NULL. */
struct bench_pf *nic_of_uplink(struct net_device *dev);
void nic_knobs(struct bench_pf *pf);
/* Updates the carrier of the interfaces of a PF. Under RTNL. */
void nic_carrier(struct bench_pf *pf);

/* ---- vf.c: attributes of VFs, and the resets that they cause */
int nic_admit(struct bench_pf *pf, int count);
int nic_begin(struct bench_pf *pf);
void nic_finish(struct bench_pf *pf);
void nic_reset(struct bench_pf *pf);
void nic_show_vf(struct bench_vf *vf, struct seq_file *out);

int nic_set_mac(struct net_device *dev, int n, u8 *mac);
int nic_set_vlan(struct net_device *dev, int n, u16 vlan, u8 qos, __be16 proto);
int nic_set_rate(struct net_device *dev, int n, int min, int max);
int nic_set_spoofchk(struct net_device *dev, int n, bool on);
int nic_set_link_state(struct net_device *dev, int n, int state);
int nic_set_rss_query(struct net_device *dev, int n, bool on);
int nic_set_trust(struct net_device *dev, int n, bool on);
int nic_set_guid(struct net_device *dev, int n, u64 guid, int type);
int nic_get_config(struct net_device *dev, int n, struct ifla_vf_info *info);
int nic_get_guid(struct net_device *dev, int n, struct ifla_vf_guid *node,
		 struct ifla_vf_guid *port);

/* ---- lag.c: of a card, and when the module is unloaded */
void nic_lag_add(struct bench_pf *pf);
void nic_lag_remove(struct bench_pf *pf);
void nic_lag_exit(void);

/* ---- eswitch.c */
int nic_eswitch_add(struct bench_pf *pf, struct pci_dev *pdev);
void nic_eswitch_remove(struct bench_pf *pf);
void nic_created(struct bench_pf *pf);
void nic_destroying(struct bench_pf *pf);

#endif
