// SPDX-License-Identifier: GPL-2.0-only
/* Nodes in /dev/dri, as a DRM driver creates them for each function: a card and a render node. The
 * kernel of the guest has no DRM. */
#include "gpu.h"

#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#define MINORS 256 /* 0 and up: cards; 128 and up: their render nodes */

static struct class *class;
static struct cdev cdev;
static dev_t first;
static DEFINE_IDA(numbers);

static int node_open(struct inode *inode, struct file *file)
{
	return 0;
}

static const struct file_operations operations = { .owner = THIS_MODULE, .open = node_open };

static char *node_path(const struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "dri/%s", dev_name(dev));
}

static int class_get(void)
{
	int err;

	if (class)
		return 0;
	err = alloc_chrdev_region(&first, 0, MINORS, "viod-drm");
	if (err)
		return err;
	cdev_init(&cdev, &operations);
	err = cdev_add(&cdev, first, MINORS);
	if (err)
		goto no_cdev;
	class = class_create("drm");
	err = PTR_ERR_OR_ZERO(class);
	if (err)
		goto no_class;
	class->devnode = node_path;
	return 0;
no_class:
	class = NULL;
	cdev_del(&cdev);
no_cdev:
	unregister_chrdev_region(first, MINORS);
	return err;
}

int drm_nodes_add(struct drm_nodes *nodes, struct device *parent)
{
	int err = class_get();

	if (err)
		return err;
	nodes->number = ida_alloc_max(&numbers, 127, GFP_KERNEL);
	if (nodes->number < 0)
		return nodes->number;
	nodes->card =
		device_create(class, parent, first + nodes->number, NULL, "card%d", nodes->number);
	nodes->render = device_create(class, parent, first + 128 + nodes->number, NULL, "renderD%d",
				      128 + nodes->number);
	if (!IS_ERR(nodes->card) && !IS_ERR(nodes->render))
		return 0;
	drm_nodes_remove(nodes);
	return -ENOMEM;
}

void drm_nodes_remove(struct drm_nodes *nodes)
{
	if (!nodes->card)
		return;
	device_destroy(class, first + nodes->number);
	device_destroy(class, first + 128 + nodes->number);
	ida_free(&numbers, nodes->number);
	nodes->card = nodes->render = NULL;
}

void drm_exit(void)
{
	if (!class)
		return;
	class_destroy(class);
	cdev_del(&cdev);
	unregister_chrdev_region(first, MINORS);
	class = NULL;
}
