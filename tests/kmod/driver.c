// SPDX-License-Identifier: GPL-2.0-only
/* PCI drivers with the names of real ones. A name is registered when the first card needs it; all
 * are unregistered with the module. */
#include "bench.h"

#include <linux/module.h>
#include <linux/slab.h>

struct driver {
	struct list_head node;
	struct pci_driver pci;
	struct pci_device_id ids[];
};

static LIST_HEAD(drivers);

/* ---- VFs */

void bench_vfs_destroy(struct bench_pf *pf)
{
	int n;

	for (n = 0; n < pf->num_vfs; n++)
		bench_fault(pf, OP_DESTROY, n);
	if (pf->is->destroying)
		pf->is->destroying(pf);
	pci_disable_sriov(pf->pdev);
	pf->num_vfs = 0;
}

/* How many VFs the rules permit. */
static int count_allowed(struct bench_pf *pf, int count)
{
	int n, err;

	for (n = 0; n < count; n++) {
		err = bench_fault_error(pf, OP_CREATE, n);
		if (err)
			return err < 0 ? err : n;
	}
	return count;
}

int bench_vfs_create(struct bench_pf *pf, int count)
{
	int err;

	if (pf->is->admit)
		count = pf->is->admit(pf, count);
	if (count > 0)
		count = count_allowed(pf, count);
	if (count <= 0)
		return count;
	bench_config_vfs(pf);
	pf->num_vfs = count;
	err = pci_enable_sriov(pf->pdev, count);
	if (err) {
		pf->num_vfs = 0;
		return err;
	}
	if (pf->is->created)
		pf->is->created(pf);
	return count;
}

static int bench_sriov_configure(struct pci_dev *pdev, int count)
{
	struct bench_pf *pf = pci_get_drvdata(pdev);
	int r = 0, err;

	bench_count(pf, COUNT_WRITES);
	if (pf->is->begin) {
		err = pf->is->begin(pf);
		if (err)
			return err;
	}
	if (count)
		r = bench_vfs_create(pf, count);
	else if ((r = bench_fault_error(pf, OP_DESTROY, -1)) >= 0)
		bench_vfs_destroy(pf);
	if (pf->is->finish)
		pf->is->finish(pf);
	return r;
}

/* The device is in sysfs; neither the IOMMU core nor udev has seen it yet. */
static int device_notify(struct notifier_block *block, unsigned long event, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);
	struct bench_pf *pf;
	int vf;

	if (event != BUS_NOTIFY_ADD_DEVICE)
		return NOTIFY_DONE;
	pf = bench_pf_of(pdev, &vf);
	if (!pf)
		return NOTIFY_DONE;
	bench_iommu_claim(pdev);
	if (pdev->is_virtfn) {
		atomic_inc(&pf->done[OP_CREATE]);
		bench_fault_wait(pf, OP_CREATE, vf);
	}
	return NOTIFY_OK;
}

static struct notifier_block device_notifier = { .notifier_call = device_notify, .priority = 1 };

/* ---- probing */

static int pf_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	int err = bench_fault(pf, OP_PF_PROBE, -1);

	if (err)
		return err;
	pf->pdev = pdev;
	pci_set_drvdata(pdev, pf);
	err = pf->is->pf_probe(pf, pdev);
	if (!err && pf->initial) {
		err = bench_vfs_create(pf, min(pf->initial, pf->total_vfs));
		err = min(err, 0);
		if (err && pf->is->pf_remove)
			pf->is->pf_remove(pf);
	}
	if (err)
		pf->pdev = NULL;
	return err;
}

static int vf_probe(struct bench_vf *vf, struct pci_dev *pdev)
{
	int err;

	atomic_inc(&vf->probes);
	err = bench_fault(vf->pf, OP_PROBE, vf->index);
	if (err)
		return err;
	vf->pdev = pdev;
	pci_set_drvdata(pdev, vf);
	err = vf->pf->is->vf_probe ? vf->pf->is->vf_probe(vf, pdev) : 0;
	if (err)
		vf->pdev = NULL;
	return err;
}

static int bench_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const char *name = pdev->dev.driver->name;
	struct bench_pf *pf;
	int vf, err;

	/* Real devices may have the same ids, and any name may be written to driver_override. */
	pf = bench_pf_of(pdev, &vf);
	if (!pf || strcmp(name, pdev->is_virtfn ? pf->is->vf_driver : pf->is->driver))
		return -ENODEV;
	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = pdev->is_virtfn ? vf_probe(&pf->vfs[vf], pdev) : pf_probe(pf, pdev);
	if (err)
		pci_disable_device(pdev);
	return err;
}

static void bench_remove(struct pci_dev *pdev)
{
	struct bench_pf *pf;
	int vf;

	pf = bench_pf_of(pdev, &vf);
	if (pdev->is_virtfn) {
		if (pf->is->vf_remove)
			pf->is->vf_remove(&pf->vfs[vf]);
		pf->vfs[vf].pdev = NULL;
	} else {
		if (pf->num_vfs)
			bench_vfs_destroy(pf);
		if (pf->is->pf_remove)
			pf->is->pf_remove(pf);
		pf->pdev = NULL;
	}
	pci_disable_device(pdev);
}

/* ---- registration */

static int ids_for(const char *name, struct pci_device_id *ids)
{
	const struct bench_personality *is;
	int n = 0, i;

	for (i = 0; (is = bench_personality_at(i)); i++) {
		if (!strcmp(is->driver, name))
			ids[n++] = (struct pci_device_id){ PCI_DEVICE(is->vendor, is->device) };
		if (!strcmp(is->vf_driver, name))
			ids[n++] = (struct pci_device_id){ PCI_DEVICE(is->vendor, is->vf_device) };
	}
	return n;
}

/* User space may use its devices while it is bound to them. */
static bool hands_out(const char *name)
{
	const struct bench_personality *is;
	int i;

	for (i = 0; (is = bench_personality_at(i)); i++)
		if (is->hands_out && !strcmp(is->vf_driver, name))
			return true;
	return false;
}

static int driver_register_name(const char *name, bool configures)
{
	struct driver *driver;
	int err;

	list_for_each_entry(driver, &drivers, node) if (!strcmp(driver->pci.name, name)) return 0;
	driver = kzalloc(struct_size(driver, ids, 16), GFP_KERNEL);
	if (!driver)
		return -ENOMEM;
	ids_for(name, driver->ids);
	driver->pci.name = name;
	driver->pci.id_table = driver->ids;
	driver->pci.driver_managed_dma = hands_out(name);
	driver->pci.probe = bench_probe;
	driver->pci.remove = bench_remove;
	driver->pci.sriov_configure = configures ? bench_sriov_configure : NULL;
	/* Without the name of this module, so that a module alias of the real driver also matches
	 * this driver. */
	err = __pci_register_driver(&driver->pci, NULL, NULL);
	if (err) {
		kfree(driver);
		return err;
	}
	if (list_empty(&drivers))
		bus_register_notifier(&pci_bus_type, &device_notifier);
	list_add(&driver->node, &drivers);
	return 0;
}

int bench_drivers_register(const struct bench_personality *is)
{
	return driver_register_name(is->driver, !is->read_only)
		       ?: driver_register_name(is->vf_driver, false);
}

void bench_drivers_unregister(void)
{
	struct driver *driver, *next;

	if (!list_empty(&drivers))
		bus_unregister_notifier(&pci_bus_type, &device_notifier);
	list_for_each_entry_safe(driver, next, &drivers, node)
	{
		pci_unregister_driver(&driver->pci);
		list_del(&driver->node);
		kfree(driver);
	}
}
