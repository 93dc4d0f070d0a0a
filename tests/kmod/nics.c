// SPDX-License-Identifier: GPL-2.0-only
/* The NICs that the bench imitates, each with the features of its driver in Linux 6.12. */
#include "nic.h"

#include <linux/errno.h>

#define ETHERNET 0x020000

#define MAC_VLAN (BIT(OP_MAC) | BIT(OP_VLAN))
#define USUAL (MAC_VLAN | BIT(OP_RATE) | BIT(OP_SPOOFCHK) | BIT(OP_TRUST) | BIT(OP_LINK_STATE))

/* A card with an unknown driver, without peculiarities. */
static const struct nic_kind plain = {
	.can = USUAL,
	.flags = NIC_MIN_RATE | NIC_SPOOFCHK,
	.speed = 10000,
};

static const struct nic_kind mlx5 = {
	.can = USUAL,
	.flags = NIC_MIN_RATE | NIC_ESWITCH | NIC_UPLINK_ANEW | NIC_FUNCTIONS,
	.most_error = ERANGE,
	.speed = 100000,
};

static const struct nic_kind mlx5_infiniband = {
	.can = BIT(OP_LINK_STATE) | BIT(OP_GUID),
	.flags = NIC_INFINIBAND,
	.speed = 100000,
};

static const struct nic_kind mlx4 = {
	.can = MAC_VLAN | BIT(OP_RATE) | BIT(OP_SPOOFCHK) | BIT(OP_LINK_STATE),
	.flags = NIC_SPOOFCHK_NEEDS_MAC,
	.speed = 40000,
};

static const struct nic_kind i40e = {
	.can = USUAL,
	.flags = NIC_SPOOFCHK | NIC_RATE_SPEED | NIC_ONE_AT_A_TIME | NIC_COUNT_RESETS |
		 NIC_MAC_LOCKED,
	.resets = BIT(OP_VLAN) | BIT(OP_TRUST),
	.resets_always = BIT(OP_MAC),
	.most_error = EPERM,
	.busy_error = EAGAIN,
	.busy_wait = 300,
	.reset_ms = 200,
	.netdev_ms = 300,
	.speed = 40000,
};

static const struct nic_kind ice = {
	.can = USUAL,
	.flags = NIC_SPOOFCHK | NIC_MIN_RATE | NIC_RATE_SPEED | NIC_ESWITCH | NIC_ESWITCH_NO_VFS |
		 NIC_MAC_LOCKED,
	.resets = BIT(OP_MAC) | BIT(OP_VLAN) | BIT(OP_TRUST),
	.most_error = EOPNOTSUPP,
	.busy_error = EBUSY,
	.busy_wait = 300,
	.reset_ms = 100,
	.netdev_ms = 300,
	.speed = 100000,
};

static const struct nic_kind ixgbe = {
	.can = USUAL | BIT(OP_RSS_QUERY),
	.flags = NIC_SPOOFCHK | NIC_RATE_LINK | NIC_RATE_10G | NIC_RATE_SPEED | NIC_LINK_NO_ENABLE |
		 NIC_COUNT_RESETS,
	.resets = BIT(OP_TRUST),
	.most_error = EPERM,
	.speed = 10000,
};

static const struct nic_kind igb = {
	.can = MAC_VLAN | BIT(OP_RATE) | BIT(OP_SPOOFCHK) | BIT(OP_TRUST),
	.flags = NIC_SPOOFCHK | NIC_RATE_LINK | NIC_RATE_SPEED,
	.most_error = EPERM,
	.speed = 1000,
};

/* Its hardware limits only all VFs together. */
static const struct nic_kind i350 = {
	.can = MAC_VLAN | BIT(OP_SPOOFCHK) | BIT(OP_TRUST),
	.flags = NIC_SPOOFCHK,
	.most_error = EPERM,
	.speed = 1000,
};

static const struct nic_kind bnxt = {
	.can = USUAL,
	.flags = NIC_SPOOFCHK | NIC_MIN_RATE | NIC_RATE_LINK | NIC_RATE_SPEED | NIC_QOS_NEEDS_VLAN |
		 NIC_COUNT_NEEDS_UP | NIC_ESWITCH,
	.speed = 25000,
};

static const struct nic_kind qede = {
	.can = USUAL,
	.flags = NIC_MIN_RATE | NIC_MAC_NOT_ZERO | NIC_MAC_LOCKED,
	.most_error = EINVAL,
	.speed = 25000,
};

static const struct nic_kind sfc = {
	.can = MAC_VLAN | BIT(OP_SPOOFCHK) | BIT(OP_LINK_STATE),
	.flags = NIC_NO_QOS,
	.resets = MAC_VLAN,
	.speed = 10000,
};

static const struct nic_kind nfp = {
	.can = USUAL,
	.flags = NIC_MIN_RATE,
	.most_error = EINVAL,
	.speed = 25000,
};

/* Like virtio-net: VFs without any settings. */
static const struct nic_kind mute = {
	.flags = NIC_NO_VF_OPS,
	.speed = 10000,
};

#define NIC(NAME, KIND, DRIVER, VF_DRIVER, VENDOR, DEVICE, VF_DEVICE, VFS, ...)                   \
	{                                                                                         \
		.name = NAME, .driver = DRIVER, .vf_driver = VF_DRIVER, .vendor = VENDOR,         \
		.device = DEVICE, .vf_device = VF_DEVICE, .class = ETHERNET, .vfs = VFS,          \
		.table = &KIND, .init = nic_init, .exit = nic_exit, .pf_probe = nic_pf_probe,     \
		.pf_remove = nic_pf_remove, .vf_probe = nic_vf_probe, .vf_remove = nic_vf_remove, \
		.admit = nic_admit, .begin = nic_begin, .finish = nic_finish,                     \
		.created = nic_created, .destroying = nic_destroying, .reset = nic_reset,         \
		.knobs = nic_knobs, .show_vf = nic_show_vf, __VA_ARGS__                           \
	}

/* Identifiers are those of real cards, with these exceptions: igb (not I350), since the guest has
 * the real driver; nfp, whose two drivers are one module; and virtio, which only has the vendor of
 * a real one: the guest's own disks use the driver of that name, and it binds only to devices it
 * knows. */
const struct bench_personality bench_nics[] = {
	NIC("plain", plain, "plain_nic", "plain_nicvf", 0x1f0f, 0x0001, 0x0002, 256),
	NIC("mute", mute, "mute_nic", "mute_nicvf", 0x1f0f, 0x0003, 0x0004, 64),
	NIC("virtio", mute, "virtio_nic", "virtio_nicvf", 0x1af4, 0x1f41, 0x1f42, 64),
	NIC("mlx5_core", mlx5, "mlx5_core", "mlx5_core", 0x15b3, 0x101d, 0x101e, 127),
	NIC("mlx5_core-ib", mlx5_infiniband, "mlx5_core", "mlx5_core", 0x15b3, 0x101b, 0x101c, 16,
	    .class = 0x020700),
	NIC("mlx4_core", mlx4, "mlx4_core", "mlx4_core", 0x15b3, 0x1007, 0x1004, 64,
	    .read_only = true),
	NIC("i40e", i40e, "i40e", "iavf", 0x8086, 0x1583, 0x154c, 64),
	NIC("ice", ice, "ice", "iavf", 0x8086, 0x1592, 0x1889, 256),
	NIC("ixgbe", ixgbe, "ixgbe", "ixgbevf", 0x8086, 0x10fb, 0x10ed, 64, .limit = 63),
	NIC("igb", igb, "igb", "igbvf", 0x8086, 0xb0c9, 0xb0ca, 8, .limit = 7),
	NIC("igb-i350", i350, "igb", "igbvf", 0x8086, 0x1521, 0xb0ca, 8, .limit = 7),
	NIC("bnxt_en", bnxt, "bnxt_en", "bnxt_en", 0x14e4, 0x16d7, 0x16dc, 128),
	NIC("qede", qede, "qede", "qede", 0x1077, 0x1656, 0x1664, 96),
	NIC("sfc", sfc, "sfc", "sfc", 0x1924, 0x0a03, 0x1a03, 127),
	NIC("nfp", nfp, "nfp", "nfp_netvf", 0x19ee, 0x6000, 0x60b3, 64),
	{}
};
