// SPDX-License-Identifier: GPL-2.0-only
/*
 * The embedded switch of NICs that have one: its mode by devlink, a port for the PF and, in
 * switchdev mode, a port and an interface (the representor) for each VF.
 *
 * The lock of the devlink instance comes before RTNL. Depending on the driver of the card, the mode
 * may change while there are VFs or only while there are none; the representors of later VFs exist
 * before the VFs.
 */
#include "nic.h"

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <net/devlink.h>

struct nic_eswitch {
	struct bench_pf *pf;
	struct devlink_port uplink;
	u8 inline_mode;
	enum devlink_eswitch_encap_mode encap;
};

struct nic_representor {
	struct nic_vf *v;
	struct devlink_port port;
	struct net_device *dev;
	bool roce, migratable;
};

static struct nic_eswitch *eswitch_of(struct bench_pf *pf)
{
	return devlink_priv(((struct nic_pf *)pf->data)->devlink);
}

/* ---- ports */

static void switch_id(struct bench_pf *pf, struct netdev_phys_item_id *id)
{
	put_unaligned_be32(0xb0000000 | pf->card->sysdata.domain << 4 | pf->port, id->id);
	id->id_len = 4;
}

static int uplink_add(struct bench_pf *pf)
{
	struct nic_eswitch *eswitch = eswitch_of(pf);
	struct nic_pf *nic = pf->data;
	struct devlink_port_attrs attrs = {
		.flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL,
		.phys.port_number = pf->port,
	};

	if (nic->switchdev)
		switch_id(pf, &attrs.switch_id);
	memset(&eswitch->uplink, 0, sizeof(eswitch->uplink));
	devlink_port_attrs_set(&eswitch->uplink, &attrs);
	return devl_port_register(nic->devlink, &eswitch->uplink, pf->port);
}

static struct nic_representor *representor(struct devlink_port *port)
{
	return container_of(port, struct nic_representor, port);
}

static int function_mac_get(struct devlink_port *port, u8 *address, int *length,
			    struct netlink_ext_ack *extack)
{
	ether_addr_copy(address, representor(port)->v->mac);
	*length = ETH_ALEN;
	return 0;
}

static int function_begin(struct nic_vf *v)
{
	bench_count(v->vf->pf, COUNT_VF_SETS);
	atomic_inc(&v->vf->sets);
	return bench_fault(v->vf->pf, OP_FUNCTION, v->vf->index);
}

static int function_mac_set(struct devlink_port *port, const u8 *address, int length,
			    struct netlink_ext_ack *extack)
{
	struct nic_vf *v = representor(port)->v;
	int err = function_begin(v);

	if (!err && (length != ETH_ALEN || is_multicast_ether_addr(address)))
		err = -EINVAL;
	if (!err)
		ether_addr_copy(v->mac, address);
	return err;
}

/* A setting that the driver of the VF reads when it probes cannot change while it is bound. */
static int function_flag(struct devlink_port *port, bool *flag, bool on,
			 struct netlink_ext_ack *extack)
{
	struct nic_vf *v = representor(port)->v;
	int err = function_begin(v);

	if (err)
		return err;
	if (v->vf->pdev) {
		NL_SET_ERR_MSG(extack, "the driver of the VF is bound");
		return -EBUSY;
	}
	*flag = on;
	return 0;
}

static int roce_get(struct devlink_port *port, bool *on, struct netlink_ext_ack *extack)
{
	*on = representor(port)->roce;
	return 0;
}

static int roce_set(struct devlink_port *port, bool on, struct netlink_ext_ack *extack)
{
	return function_flag(port, &representor(port)->roce, on, extack);
}

static int migratable_get(struct devlink_port *port, bool *on, struct netlink_ext_ack *extack)
{
	*on = representor(port)->migratable;
	return 0;
}

static int migratable_set(struct devlink_port *port, bool on, struct netlink_ext_ack *extack)
{
	return function_flag(port, &representor(port)->migratable, on, extack);
}

static const struct devlink_port_ops function_operations = {
	.port_fn_hw_addr_get = function_mac_get,
	.port_fn_hw_addr_set = function_mac_set,
	.port_fn_roce_get = roce_get,
	.port_fn_roce_set = roce_set,
	.port_fn_migratable_get = migratable_get,
	.port_fn_migratable_set = migratable_set,
};

static const struct devlink_port_ops mute_operations = {};

/* ---- representors; under the lock of the devlink instance */

static int representor_add(struct nic_vf *v)
{
	struct bench_pf *pf = v->vf->pf;
	struct nic_pf *nic = pf->data;
	struct nic_representor *rep = kzalloc(sizeof(*rep), GFP_KERNEL);
	struct devlink_port_attrs attrs = {};
	int err;

	if (!rep)
		return -ENOMEM;
	rep->v = v;
	rep->roce = true;
	switch_id(pf, &attrs.switch_id);
	rep->port.attrs = attrs;
	devlink_port_attrs_pci_vf_set(&rep->port, 0, pf->port, v->vf->index, false);
	err = devl_port_register_with_ops(nic->devlink, &rep->port, BENCH_PORTS + v->vf->index,
					  nic_kind(pf)->flags & NIC_FUNCTIONS ? &function_operations
									      : &mute_operations);
	if (err) {
		kfree(rep);
		return err;
	}
	err = nic_link_register(&rep->dev, pf, NIC_REPRESENTOR, pf->pdev, &rep->port);
	if (err) {
		devl_port_unregister(&rep->port);
		kfree(rep);
		return err;
	}
	v->representor = rep;
	return 0;
}

static void representors_remove(struct nic_pf *nic)
{
	struct nic_representor *rep;
	int n;

	for (n = 0; n < nic->pf->total_vfs; n++) {
		rep = nic->vfs[n].representor;
		if (!rep)
			continue;
		nic->vfs[n].representor = NULL;
		nic_link_unregister(&rep->dev);
		devl_port_unregister(&rep->port);
		kfree(rep);
	}
}

static int representors_add(struct nic_pf *nic)
{
	int n, err = 0;

	for (n = 0; !err && nic->switchdev && n < nic->pf->num_vfs; n++)
		if (!nic->vfs[n].representor)
			err = representor_add(&nic->vfs[n]);
	if (err)
		representors_remove(nic);
	return err;
}

void nic_created(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	if (!nic->devlink)
		return;
	devl_lock(nic->devlink);
	representors_add(nic);
	devl_unlock(nic->devlink);
}

void nic_destroying(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	if (nic_kind(pf)->flags & NIC_COUNT_RESETS)
		bench_count(pf, COUNT_PF_RESETS);
	if (!nic->devlink)
		return;
	devl_lock(nic->devlink);
	representors_remove(nic);
	devl_unlock(nic->devlink);
}

/* ---- the mode */

static int mode_get(struct devlink *devlink, u16 *mode)
{
	struct nic_eswitch *eswitch = devlink_priv(devlink);
	struct nic_pf *nic = eswitch->pf->data;

	*mode = nic->switchdev ? DEVLINK_ESWITCH_MODE_SWITCHDEV : DEVLINK_ESWITCH_MODE_LEGACY;
	return 0;
}

/* The PF's interface is replaced by another one, which is down and may have another name. */
static int uplink_anew(struct bench_pf *pf, bool switchdev)
{
	struct nic_eswitch *eswitch = eswitch_of(pf);
	struct nic_pf *nic = pf->data;
	int err;

	nic_link_unregister(&nic->dev);
	devl_port_unregister(&eswitch->uplink);
	nic->switchdev = switchdev;
	err = uplink_add(pf);
	return err ?: nic_link_register(&nic->dev, pf, NIC_OWN, pf->pdev, &eswitch->uplink);
}

static int mode_set(struct devlink *devlink, u16 mode, struct netlink_ext_ack *extack)
{
	struct nic_eswitch *eswitch = devlink_priv(devlink);
	struct bench_pf *pf = eswitch->pf;
	struct nic_pf *nic = pf->data;
	u32 flags = nic_kind(pf)->flags;
	bool switchdev = mode == DEVLINK_ESWITCH_MODE_SWITCHDEV;
	int err = bench_fault(pf, OP_ESWITCH, -1);

	if (err || nic->switchdev == switchdev)
		return err;
	if (flags & NIC_ESWITCH_NO_VFS && pf->num_vfs) {
		NL_SET_ERR_MSG(extack,
			       "Changing eswitch mode is allowed only if there is no VFs created");
		return -EOPNOTSUPP;
	}
	representors_remove(nic);
	if (flags & NIC_UPLINK_ANEW)
		err = uplink_anew(pf, switchdev);
	else
		nic->switchdev = switchdev;
	return err ?: representors_add(nic);
}

static int inline_get(struct devlink *devlink, u8 *mode)
{
	*mode = ((struct nic_eswitch *)devlink_priv(devlink))->inline_mode;
	return 0;
}

static int inline_set(struct devlink *devlink, u8 mode, struct netlink_ext_ack *extack)
{
	((struct nic_eswitch *)devlink_priv(devlink))->inline_mode = mode;
	return 0;
}

static int encap_get(struct devlink *devlink, enum devlink_eswitch_encap_mode *mode)
{
	*mode = ((struct nic_eswitch *)devlink_priv(devlink))->encap;
	return 0;
}

static int encap_set(struct devlink *devlink, enum devlink_eswitch_encap_mode mode,
		     struct netlink_ext_ack *extack)
{
	struct nic_eswitch *eswitch = devlink_priv(devlink);
	struct nic_pf *nic = eswitch->pf->data;

	if (nic->switchdev && eswitch->pf->num_vfs) {
		NL_SET_ERR_MSG(extack, "there are VFs");
		return -EOPNOTSUPP;
	}
	eswitch->encap = mode;
	return 0;
}

static int info_get(struct devlink *devlink, struct devlink_info_req *request,
		    struct netlink_ext_ack *extack)
{
	struct nic_eswitch *eswitch = devlink_priv(devlink);
	char serial[16];

	snprintf(serial, sizeof(serial), "BENCH%04X", eswitch->pf->card->sysdata.domain);
	return devlink_info_serial_number_put(request, serial);
}

static const struct devlink_ops plain_eswitch = {
	.info_get = info_get,
	.eswitch_mode_get = mode_get,
	.eswitch_mode_set = mode_set,
};

static const struct devlink_ops full_eswitch = {
	.info_get = info_get,
	.eswitch_mode_get = mode_get,
	.eswitch_mode_set = mode_set,
	.eswitch_inline_mode_get = inline_get,
	.eswitch_inline_mode_set = inline_set,
	.eswitch_encap_mode_get = encap_get,
	.eswitch_encap_mode_set = encap_set,
};

/* ---- of a PF */

int nic_eswitch_add(struct bench_pf *pf, struct pci_dev *pdev)
{
	struct nic_pf *nic = pf->data;
	struct nic_eswitch *eswitch;
	int err;

	nic->devlink =
		devlink_alloc(nic_kind(pf)->flags & NIC_FUNCTIONS ? &full_eswitch : &plain_eswitch,
			      sizeof(*eswitch), &pdev->dev);
	if (!nic->devlink)
		return -ENOMEM;
	eswitch = eswitch_of(pf);
	eswitch->pf = pf;
	eswitch->inline_mode = DEVLINK_ESWITCH_INLINE_MODE_NONE;
	eswitch->encap = DEVLINK_ESWITCH_ENCAP_MODE_BASIC;
	nic->switchdev = false;
	devl_lock(nic->devlink);
	err = uplink_add(pf);
	if (!err) {
		err = nic_link_register(&nic->dev, pf, NIC_OWN, pdev, &eswitch->uplink);
		if (err)
			devl_port_unregister(&eswitch->uplink);
	}
	if (!err)
		devl_register(nic->devlink);
	devl_unlock(nic->devlink);
	if (err) {
		devlink_free(nic->devlink);
		nic->devlink = NULL;
	}
	return err;
}

void nic_eswitch_remove(struct bench_pf *pf)
{
	struct nic_pf *nic = pf->data;

	devl_lock(nic->devlink);
	devl_unregister(nic->devlink);
	representors_remove(nic);
	nic_link_unregister(&nic->dev);
	devl_port_unregister(&eswitch_of(pf)->uplink);
	devl_unlock(nic->devlink);
	devlink_free(nic->devlink);
	nic->devlink = NULL;
}
