// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel QuickAssist of the fourth generation. Its services are chosen while it is down, it has all
 * of its VFs or none, and bringing it down removes them, even if they are in use
 * (Documentation/ABI/testing/sysfs-driver-qat, drivers/crypto/intel/qat/qat_common).
 */
#include "bench.h"

#include <linux/slab.h>
#include <linux/sysfs.h>

struct qat_pf {
	bool up;
	const char *services;
};

/* One service, or two in either order. */
static const char *const services[] = {
	"sym;asym", "asym;sym", "dc",	   "dcc",    "sym",
	"asym",	    "dc;asym",	"asym;dc", "dc;sym", "sym;dc",
};

static int qat_init(struct bench_pf *pf)
{
	struct qat_pf *qat = kzalloc(sizeof(*qat), GFP_KERNEL);

	if (!qat)
		return -ENOMEM;
	qat->services = services[0];
	pf->data = qat;
	return 0;
}

static void qat_exit(struct bench_pf *pf)
{
	kfree(pf->data);
}

/* ---- VFs */

/* The device is brought down and up again for VFs, and stays down if that fails. */
static int qat_admit(struct bench_pf *pf, int count)
{
	struct qat_pf *qat = pf->data;

	qat->up = false;
	return pf->total_vfs;
}

static void qat_made_anew(struct bench_pf *pf)
{
	struct qat_pf *qat = pf->data;

	qat->up = true;
}

/* ---- files */

static struct bench_pf *pf_of(struct device *dev)
{
	int vf;

	return bench_pf_of(to_pci_dev(dev), &vf);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct qat_pf *qat = pf_of(dev)->data;

	return sysfs_emit(text, "%s\n", qat->up ? "up" : "down");
}

static int set_state(struct bench_pf *pf, bool up)
{
	struct qat_pf *qat = pf->data;
	int err = bench_fault(pf, OP_ATTRIBUTE, -1);

	if (err)
		return err;
	if (!up && pf->num_vfs)
		bench_vfs_destroy(pf);
	qat->up = up;
	return 0;
}

static ssize_t state_store(struct device *dev, struct device_attribute *attribute, const char *text,
			   size_t size)
{
	bool up = sysfs_streq(text, "up");
	int err;

	if (!up && !sysfs_streq(text, "down"))
		return -EINVAL;
	/* A task that unbinds the driver waits for this file with the lock held. */
	if (!device_trylock(dev))
		return -EBUSY;
	err = set_state(pf_of(dev), up);
	device_unlock(dev);
	return err ?: size;
}
static DEVICE_ATTR_RW(state);

static ssize_t cfg_services_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct qat_pf *qat = pf_of(dev)->data;

	return sysfs_emit(text, "%s\n", qat->services);
}

static ssize_t cfg_services_store(struct device *dev, struct device_attribute *attribute,
				  const char *text, size_t size)
{
	struct bench_pf *pf = pf_of(dev);
	struct qat_pf *qat = pf->data;
	int chosen = sysfs_match_string(services, text);
	int err = bench_fault(pf, OP_ATTRIBUTE, -1);

	if (err || chosen < 0)
		return err ?: chosen;
	if (qat->up)
		return -EINVAL;
	qat->services = services[chosen];
	return size;
}
static DEVICE_ATTR_RW(cfg_services);

static struct attribute *files[] = { &dev_attr_state.attr, &dev_attr_cfg_services.attr, NULL };
static const struct attribute_group group = { .name = "qat", .attrs = files };

static int qat_pf_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	qat_made_anew(pf);
	return sysfs_create_group(&pdev->dev.kobj, &group);
}

static void qat_pf_remove(struct bench_pf *pf)
{
	sysfs_remove_group(&pf->pdev->dev.kobj, &group);
}

#define QAT(NAME, DEVICE, VF_DEVICE)                                                      \
	{                                                                                 \
		.name = NAME, .driver = NAME, .vf_driver = NAME "vf", .vendor = 0x8086,   \
		.device = DEVICE, .vf_device = VF_DEVICE, .class = 0x0b4000, .vfs = 16,   \
		.init = qat_init, .exit = qat_exit, .pf_probe = qat_pf_probe,             \
		.pf_remove = qat_pf_remove, .admit = qat_admit, .created = qat_made_anew, \
		.destroying = qat_made_anew,                                              \
	}

const struct bench_personality bench_accelerators[] = { QAT("4xxx", 0x4940, 0x4941), {} };
