// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space, answered from memory.
 *
 * A card is a domain. Its PFs are the functions of device 0 on bus 0, and the VFs of function p are
 * all functions of bus p + 1. There are no BARs, no interrupts and no power management: a PCI
 * Express capability with a function level reset, and SR-IOV.
 */
#include "bench.h"

#include <linux/unaligned.h>

#define EXPRESS 0x40
#define SRIOV 0x100

/* The writable registers; all others are read-only. */
static const struct {
	u16 first, size;
} writable[] = {
	{ PCI_COMMAND, 2 },
	{ PCI_CACHE_LINE_SIZE, 2 },
	{ PCI_INTERRUPT_LINE, 1 },
	{ EXPRESS + PCI_EXP_DEVCTL, 2 },
	{ EXPRESS + PCI_EXP_LNKCTL, 2 },
	{ EXPRESS + PCI_EXP_DEVCTL2, 2 },
	{ SRIOV + PCI_SRIOV_CTRL, 2 },
	{ SRIOV + PCI_SRIOV_NUM_VF, 2 },
	{ SRIOV + PCI_SRIOV_SYS_PGSIZE, 4 },
};

static void put16(u8 *space, int where, u16 value)
{
	put_unaligned_le16(value, space + where);
}

static void put32(u8 *space, int where, u32 value)
{
	put_unaligned_le32(value, space + where);
}

static void config_function(u8 *space, u16 vendor, u16 device, const struct bench_personality *is)
{
	put16(space, PCI_VENDOR_ID, vendor);
	put16(space, PCI_DEVICE_ID, device);
	put16(space, PCI_STATUS, PCI_STATUS_CAP_LIST);
	put32(space, PCI_CLASS_REVISION, is->class << 8 | 1);
	put16(space, PCI_SUBSYSTEM_VENDOR_ID, is->vendor);
	put16(space, PCI_SUBSYSTEM_ID, 1);
	space[PCI_CAPABILITY_LIST] = EXPRESS;
	put16(space, EXPRESS, PCI_CAP_ID_EXP);
	put16(space, EXPRESS + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	put32(space, EXPRESS + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER);
	put32(space, EXPRESS + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_8_0GB | 16 << 4);
	put16(space, EXPRESS + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_CLS_8_0GB | 16 << 4);
}

void bench_config_pf(struct bench_pf *pf)
{
	const struct bench_personality *is = pf->is;

	config_function(pf->space, is->vendor, is->device, is);
	if (pf->card->ports > 1)
		pf->space[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_MFD;
	if (!pf->total_vfs)
		return;
	put32(pf->space, SRIOV, PCI_EXT_CAP_ID_SRIOV | 1 << 16);
	put16(pf->space, SRIOV + PCI_SRIOV_INITIAL_VF, pf->total_vfs);
	put16(pf->space, SRIOV + PCI_SRIOV_TOTAL_VF, pf->total_vfs);
	pf->space[SRIOV + PCI_SRIOV_FUNC_LINK] = pf->port;
	put16(pf->space, SRIOV + PCI_SRIOV_VF_OFFSET, 0x100 * (pf->port + 1) - pf->port);
	put16(pf->space, SRIOV + PCI_SRIOV_VF_STRIDE, 1);
	put16(pf->space, SRIOV + PCI_SRIOV_VF_DID, is->vf_device);
	put32(pf->space, SRIOV + PCI_SRIOV_SUP_PGSIZE, 0x553);
	put32(pf->space, SRIOV + PCI_SRIOV_SYS_PGSIZE, 1);
}

/* A VF has no ids of its own: they are in the capability of its PF. */
void bench_config_vfs(struct bench_pf *pf)
{
	int n;

	for (n = 0; n < pf->total_vfs; n++) {
		memset(pf->vfs[n].space, 0, sizeof(pf->vfs[n].space));
		config_function(pf->vfs[n].space, 0xffff, 0xffff, pf->is);
	}
}

static struct bench_pf *find(struct pci_bus *bus, unsigned int devfn, int *vf)
{
	struct bench_card *card = container_of(to_pci_sysdata(bus), struct bench_card, sysdata);
	unsigned int port = bus->number ? bus->number - 1 : devfn;

	*vf = bus->number ? devfn : -1;
	return port < card->ports ? card->pf[port] : NULL;
}

struct bench_pf *bench_pf_of(struct pci_dev *pdev, int *vf)
{
	return pdev->bus->ops == &bench_pci_ops ? find(pdev->bus, pdev->devfn, vf) : NULL;
}

/* The space of a function, or NULL if there is none. With the lock held. */
static u8 *space_of(struct bench_pf *pf, int vf, int *size)
{
	u8 *sriov = pf->space + SRIOV;

	if (!pf->present)
		return NULL;
	if (vf < 0) {
		*size = sizeof(pf->space);
		return pf->space;
	}
	if (!pf->total_vfs || !(sriov[PCI_SRIOV_CTRL] & PCI_SRIOV_CTRL_VFE) ||
	    vf >= min(get_unaligned_le16(sriov + PCI_SRIOV_NUM_VF), pf->total_vfs))
		return NULL;
	*size = sizeof(pf->vfs[vf].space);
	return pf->vfs[vf].space;
}

static int bench_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	int vf, length, i;
	struct bench_pf *pf = find(bus, devfn, &vf);
	unsigned long flags;
	u8 *space;

	*value = ~0;
	if (!pf)
		return PCIBIOS_DEVICE_NOT_FOUND;
	raw_spin_lock_irqsave(&pf->lock, flags);
	space = space_of(pf, vf, &length);
	if (space) {
		*value = 0;
		for (i = 0; i < size && where + i < length; i++)
			*value |= (u32)space[where + i] << 8 * i;
	}
	raw_spin_unlock_irqrestore(&pf->lock, flags);
	return space ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

/* After a function level reset all writable registers have the values of power-on. With the lock
 * held. */
static void level_reset(struct bench_pf *pf, int vf, u8 *space)
{
	put16(space, PCI_COMMAND, 0);
	put16(space, EXPRESS + PCI_EXP_DEVCTL, 0);
	if (vf < 0) {
		put16(space, SRIOV + PCI_SRIOV_CTRL, 0);
		put16(space, SRIOV + PCI_SRIOV_NUM_VF, 0);
		bench_count(pf, COUNT_FLRS);
	} else {
		atomic_inc(&pf->vfs[vf].resets);
		bench_count(pf, COUNT_VF_RESETS);
	}
}

static void write_byte(u8 *space, int length, int where, u8 value)
{
	int i;

	for (i = 0; where < length && i < ARRAY_SIZE(writable); i++)
		if (where >= writable[i].first && where < writable[i].first + writable[i].size)
			space[where] = value;
}

static int bench_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	int vf, length, i;
	struct bench_pf *pf = find(bus, devfn, &vf);
	unsigned long flags;
	u8 *space;

	if (!pf)
		return PCIBIOS_DEVICE_NOT_FOUND;
	raw_spin_lock_irqsave(&pf->lock, flags);
	space = space_of(pf, vf, &length);
	if (space) {
		for (i = 0; i < size; i++)
			write_byte(space, length, where + i, value >> 8 * i);
		if (get_unaligned_le16(space + EXPRESS + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR)
			level_reset(pf, vf, space);
	}
	raw_spin_unlock_irqrestore(&pf->lock, flags);
	return space ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

struct pci_ops bench_pci_ops = {
	.read = bench_read,
	.write = bench_write,
};
