// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IOMMU with a group for each function of the bench, so that VFIO accepts them. Nothing does
 * DMA: mappings are only recorded. As there is no interrupt remapping, VFIO opens a group only if
 * vfio_iommu_type1.allow_unsafe_interrupts is set.
 *
 * The core finds the IOMMU of a device by its firmware node; the IOMMU of the machine is not
 * involved. Devices must not hold a reference to the module: it can be unloaded with cards in it.
 */
#include "bench.h"

#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/xarray.h>

struct mapping {
	struct iommu_domain domain;
	struct xarray pages; /* by IOVA, in pages: physical addresses, in pages */
};

static struct iommu_device iommu;

static int attach(struct iommu_domain *domain, struct device *dev)
{
	return 0;
}

static int map_pages(struct iommu_domain *domain, unsigned long iova, phys_addr_t physical,
		     size_t size, size_t count, int protection, gfp_t gfp, size_t *mapped)
{
	struct mapping *mapping = container_of(domain, struct mapping, domain);
	size_t n;
	int err;

	for (n = 0; n < count; n++) {
		err = xa_err(xa_store(&mapping->pages, (iova >> PAGE_SHIFT) + n,
				      xa_mk_value((physical >> PAGE_SHIFT) + n), gfp));
		if (err)
			return err;
		*mapped += size;
	}
	return 0;
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t size,
			  size_t count, struct iommu_iotlb_gather *gather)
{
	struct mapping *mapping = container_of(domain, struct mapping, domain);
	size_t n;

	for (n = 0; n < count && xa_erase(&mapping->pages, (iova >> PAGE_SHIFT) + n); n++)
		;
	return n * size;
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct mapping *mapping = container_of(domain, struct mapping, domain);
	void *entry = xa_load(&mapping->pages, iova >> PAGE_SHIFT);

	return entry ? ((phys_addr_t)xa_to_value(entry) << PAGE_SHIFT) + offset_in_page(iova) : 0;
}

static void domain_free(struct iommu_domain *domain)
{
	struct mapping *mapping = container_of(domain, struct mapping, domain);

	xa_destroy(&mapping->pages);
	kfree(mapping);
}

static const struct iommu_domain_ops mapping_operations = {
	.attach_dev = attach,
	.map_pages = map_pages,
	.unmap_pages = unmap_pages,
	.iova_to_phys = iova_to_phys,
	.free = domain_free,
};

static struct iommu_domain *domain_alloc(struct device *dev)
{
	struct mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);

	if (!mapping)
		return NULL;
	xa_init(&mapping->pages);
	mapping->domain.geometry.aperture_end = DMA_BIT_MASK(48);
	mapping->domain.geometry.force_aperture = true;
	mapping->domain.pgsize_bitmap = PAGE_SIZE;
	return &mapping->domain;
}

static const struct iommu_domain_ops fixed_operations = { .attach_dev = attach };
static struct iommu_domain identity = { .type = IOMMU_DOMAIN_IDENTITY, .ops = &fixed_operations };
static struct iommu_domain blocked = { .type = IOMMU_DOMAIN_BLOCKED, .ops = &fixed_operations };

static bool iommu_can(struct device *dev, enum iommu_cap what)
{
	return what == IOMMU_CAP_CACHE_COHERENCY;
}

static struct iommu_device *probe_device(struct device *dev)
{
	return &iommu;
}

static int default_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static struct iommu_ops operations = {
	.capable = iommu_can,
	.domain_alloc_paging = domain_alloc,
	.probe_device = probe_device,
	.device_group = generic_device_group,
	.def_domain_type = default_type,
	.default_domain_ops = &mapping_operations,
	.pgsize_bitmap = PAGE_SIZE,
	.owner = THIS_MODULE,
	.identity_domain = &identity,
	.blocked_domain = &blocked,
};

void bench_iommu_claim(struct pci_dev *pdev)
{
	iommu_fwspec_init(&pdev->dev, iommu.fwnode);
}

int bench_iommu_init(void)
{
	int err;

	iommu.fwnode = fwnode_create_software_node(NULL, NULL);
	if (IS_ERR(iommu.fwnode))
		return PTR_ERR(iommu.fwnode);
	err = iommu_device_sysfs_add(&iommu, NULL, NULL, "viod-bench");
	if (err)
		goto no_sysfs;
	err = iommu_device_register(&iommu, &operations, NULL);
	if (err)
		goto no_device;
	/* The API requires an owner here, and every device would hold a reference to it. */
	operations.owner = NULL;
	return 0;
no_device:
	iommu_device_sysfs_remove(&iommu);
no_sysfs:
	fwnode_remove_software_node(iommu.fwnode);
	return err;
}

void bench_iommu_exit(void)
{
	iommu_device_unregister(&iommu);
	iommu_device_sysfs_remove(&iommu);
	fwnode_remove_software_node(iommu.fwnode);
}
