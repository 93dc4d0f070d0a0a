// SPDX-License-Identifier: GPL-2.0-only
/* Cards: each is a PCI domain of its own, with a root bus that is not below a bridge of the
 * machine. */
#include "bench.h"

#include <linux/slab.h>

LIST_HEAD(bench_cards);
DEFINE_MUTEX(bench_lock);

static void pf_free(struct bench_pf *pf)
{
	if (!pf)
		return;
	bench_knobs_remove(pf);
	bench_fault_clear(pf);
	if (pf->data && pf->is->exit)
		pf->is->exit(pf);
	kvfree(pf->vfs);
	kfree(pf);
}

static int pf_new(struct bench_card *card, int port, const struct bench_card_options *options)
{
	struct bench_pf *pf = kzalloc(sizeof(*pf), GFP_KERNEL);
	int n;

	if (!pf)
		return -ENOMEM;
	card->pf[port] = pf;
	pf->card = card;
	pf->is = options->is;
	pf->port = port;
	pf->present = true;
	pf->total_vfs = options->vfs >= 0 ? options->vfs : pf->is->vfs;
	pf->limit = options->limit >= 0 ? options->limit : pf->is->limit ?: pf->total_vfs;
	pf->initial = options->initial > 0 ? options->initial : 0;
	raw_spin_lock_init(&pf->lock);
	spin_lock_init(&pf->fault_lock);
	INIT_LIST_HEAD(&pf->faults);
	snprintf(pf->address, sizeof(pf->address), "%04x:00:00.%d", card->sysdata.domain, port);
	pf->vfs = kvcalloc(max_t(int, pf->total_vfs, 1), sizeof(*pf->vfs), GFP_KERNEL);
	if (!pf->vfs)
		return -ENOMEM;
	for (n = 0; n < pf->total_vfs; n++) {
		pf->vfs[n].pf = pf;
		pf->vfs[n].index = n;
	}
	bench_config_pf(pf);
	bench_config_vfs(pf);
	if (pf->is->init && pf->is->init(pf) < 0)
		return -ENOMEM;
	bench_knobs_add(pf);
	return 0;
}

static void card_free(struct bench_card *card)
{
	int port;

	for (port = 0; port < card->ports; port++)
		pf_free(card->pf[port]);
	kfree(card);
}

static int card_plug(struct bench_card *card)
{
	LIST_HEAD(resources);

	card->buses = (struct resource){
		.name = "viod bench",
		.start = 0,
		.end = card->ports,
		.flags = IORESOURCE_BUS,
	};
	pci_add_resource(&resources, &card->buses);
	pci_lock_rescan_remove();
	card->root = pci_create_root_bus(NULL, 0, &bench_pci_ops, &card->sysdata, &resources);
	if (card->root) {
		pci_scan_child_bus(card->root);
		pci_bus_add_devices(card->root);
	} else {
		pci_free_resource_list(&resources);
	}
	pci_unlock_rescan_remove();
	return card->root ? 0 : -ENOMEM;
}

static struct bench_card *card_find(int domain)
{
	struct bench_card *card;

	list_for_each_entry(card, &bench_cards,
			    node) if (card->sysdata.domain == domain) return card;
	return NULL;
}

int bench_card_add(const struct bench_card_options *options)
{
	struct bench_card *card;
	int domain = options->domain, port, err = 0;

	if (domain < 0)
		for (domain = BENCH_DOMAIN; card_find(domain); domain++)
			;
	if (card_find(domain) || pci_find_bus(domain, 0))
		return -EEXIST;
	card = kzalloc(sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	card->ports = options->ports > 0 ? options->ports : 1;
	card->sysdata.domain = domain;
	card->sysdata.node = NUMA_NO_NODE;
	for (port = 0; !err && port < card->ports; port++)
		err = pf_new(card, port, options);
	if (!err)
		err = bench_drivers_register(options->is);
	if (!err)
		err = card_plug(card);
	if (err) {
		card_free(card);
		return err;
	}
	list_add_tail(&card->node, &bench_cards);
	return 0;
}

static void pf_remove(struct bench_card *card, int port)
{
	struct pci_dev *pdev = pci_get_slot(card->root, port);

	if (pdev) {
		pci_stop_and_remove_bus_device(pdev);
		pci_dev_put(pdev);
	}
}

/*
 * To remove a VF, the PCI core searches for it from the first device on. Cards are therefore
 * removed in the order of their creation; the reverse order takes minutes with thousands of VFs.
 */
static void card_remove(struct bench_card *card)
{
	int port;

	/* A task that hangs has locks that the removal needs, and no rule must block a task again.
	 */
	for (port = 0; port < card->ports; port++)
		bench_fault_clear(card->pf[port]);
	pci_lock_rescan_remove();
	for (port = 0; port < card->ports; port++)
		pf_remove(card, port);
	pci_stop_root_bus(card->root);
	pci_remove_root_bus(card->root);
	pci_unlock_rescan_remove();
	list_del(&card->node);
	card_free(card);
}

int bench_card_remove(int domain)
{
	struct bench_card *card = card_find(domain);

	if (!card)
		return -ENODEV;
	card_remove(card);
	return 0;
}

void bench_cards_remove(void)
{
	struct bench_card *card, *next;

	list_for_each_entry_safe(card, next, &bench_cards, node) card_remove(card);
}

/* Surprise removal: from now on the card does not answer. */
int bench_plug(struct bench_pf *pf, bool present)
{
	struct pci_dev *pdev;
	unsigned long flags;

	raw_spin_lock_irqsave(&pf->lock, flags);
	if (present && !pf->present) {
		memset(pf->space, 0, sizeof(pf->space));
		bench_config_pf(pf);
	}
	pf->present = present;
	raw_spin_unlock_irqrestore(&pf->lock, flags);

	if (!present)
		bench_fault_clear(pf);
	pci_lock_rescan_remove();
	if (present) {
		pci_rescan_bus(pf->card->root);
	} else {
		pdev = pci_get_slot(pf->card->root, pf->port);
		if (pdev) {
			WRITE_ONCE(pdev->error_state, pci_channel_io_perm_failure);
			pci_stop_and_remove_bus_device(pdev);
			pci_dev_put(pdev);
		}
	}
	pci_unlock_rescan_remove();
	return 0;
}
