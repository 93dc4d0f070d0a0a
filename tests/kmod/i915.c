// SPDX-License-Identifier: GPL-2.0-only
/*
 * i915 with SR-IOV, from outside the kernel tree: cardN/iov of a GPU without memory of its own, and
 * cardN/prelim_iov of one with memory. A write of a VF's memory ends automatic provisioning until
 * auto_provisioning is enabled again, which requires that no VF has memory. The driver never
 * assigns time: it remains set when the VFs are removed.
 */
#include "gpu.h"

#include <linux/slab.h>
#include <linux/sysfs.h>

struct iov_node {
	struct kobject kobj;
	struct xe_pf *xe;
	int n; /* 0 = PF */
};

struct iov_file {
	struct attribute attribute;
	int share; /* enum xe_share, or -1: auto_provisioning */
};

/* ---- automatic provisioning */

void i915_created(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;
	u64 fair = rounddown(XE_VRAM_TOTAL / (pf->num_vfs + 1), XE_VRAM_UNIT);
	int n;

	mutex_lock(&xe->lock);
	for (n = 1; n <= pf->num_vfs && !xe->by_hand; n++)
		xe->function[n].share[XE_VRAM] = fair;
	mutex_unlock(&xe->lock);
}

void i915_destroying(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;
	int n;

	mutex_lock(&xe->lock);
	for (n = 1; n <= pf->total_vfs && !xe->by_hand; n++)
		xe->function[n].share[XE_VRAM] = 0;
	mutex_unlock(&xe->lock);
}

static int set_automatic(struct xe_pf *xe, const char *text)
{
	bool automatic;
	int err = kstrtobool(text, &automatic);

	if (err)
		return err;
	mutex_lock(&xe->lock);
	if (automatic && xe->by_hand && xe_any_vram(xe))
		err = -ESTALE;
	else
		xe->by_hand = !automatic;
	mutex_unlock(&xe->lock);
	return err;
}

/* ---- files */

static ssize_t file_show(struct kobject *kobj, struct attribute *attribute, char *text)
{
	struct iov_node *node = container_of(kobj, struct iov_node, kobj);
	struct iov_file *file = container_of(attribute, struct iov_file, attribute);

	if (file->share < 0)
		return sysfs_emit(text, "%d\n", !node->xe->by_hand);
	return xe_show(node->xe, node->n, file->share, text, PAGE_SIZE);
}

static ssize_t file_store(struct kobject *kobj, struct attribute *attribute, const char *text,
			  size_t size)
{
	struct iov_node *node = container_of(kobj, struct iov_node, kobj);
	struct iov_file *file = container_of(attribute, struct iov_file, attribute);
	int err;

	if (file->share < 0)
		err = set_automatic(node->xe, text);
	else
		err = xe_set(node->xe, node->n, file->share, text);
	if (!err && file->share == XE_VRAM && node->n)
		node->xe->by_hand = true;
	return err ?: size;
}

#define FILE(NAME, SHARE)                                    \
	&(struct iov_file){                                  \
		.attribute = { .name = NAME, .mode = 0644 }, \
		.share = SHARE,                              \
	}                                                    \
		 .attribute

static struct attribute *top_files[] = { FILE("auto_provisioning", -1), NULL };
static struct attribute *time_files[] = {
	FILE("exec_quantum_ms", XE_EXEC_QUANTUM),
	FILE("preempt_timeout_us", XE_PREEMPT_TIMEOUT),
	NULL,
};
static struct attribute *spare_files[] = { FILE("lmem_spare", XE_VRAM), NULL };
static struct attribute *quota_files[] = { FILE("lmem_quota", XE_VRAM), NULL };

static const struct sysfs_ops node_operations = { .show = file_show, .store = file_store };

static void node_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct iov_node, kobj));
}

static const struct kobj_type node_type = { .release = node_release,
					    .sysfs_ops = &node_operations };

/* ---- folders */

static struct kobject *node_add(struct xe_pf *xe, int n, struct kobject *parent, const char *name)
{
	struct iov_node *node = parent ? kzalloc(sizeof(*node), GFP_KERNEL) : NULL;

	if (!node)
		return NULL;
	node->xe = xe;
	node->n = n;
	if (kobject_init_and_add(&node->kobj, &node_type, parent, "%s", name)) {
		kobject_put(&node->kobj);
		return NULL;
	}
	xe->nodes[xe->n_nodes++] = &node->kobj;
	return &node->kobj;
}

static bool files_add(struct kobject *kobj, struct attribute **files)
{
	return kobj && !sysfs_create_files(kobj, (const struct attribute **)files);
}

static bool function_add(struct xe_pf *xe, int n, struct kobject *root, bool has_memory)
{
	struct kobject *function, *gt;
	char name[16] = "pf";

	if (n)
		snprintf(name, sizeof(name), "vf%d", n);
	function = node_add(xe, n, root, name);
	gt = node_add(xe, n, function, has_memory ? "gt0" : "gt");
	return files_add(gt, time_files) && (n || files_add(function, top_files)) &&
	       (!has_memory || files_add(gt, n ? quota_files : spare_files));
}

static int probe(struct bench_pf *pf, struct pci_dev *pdev, const char *root, bool has_memory)
{
	struct xe_pf *xe = pf->data;
	struct kobject *iov;
	int n, err;

	xe->nodes = kvcalloc(2 * pf->total_vfs + 3, sizeof(*xe->nodes), GFP_KERNEL);
	if (!xe->nodes)
		return -ENOMEM;
	err = drm_nodes_add(&xe->function[0].nodes, &pdev->dev);
	if (err) {
		kvfree(xe->nodes);
		return err;
	}
	iov = node_add(xe, 0, &xe->function[0].nodes.card->kobj, root);
	for (n = 0; n <= pf->total_vfs; n++)
		if (!function_add(xe, n, iov, has_memory)) {
			i915_remove(pf);
			return -ENOMEM;
		}
	return 0;
}

int i915_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	return probe(pf, pdev, "iov", false);
}

int i915_probe_prelim(struct bench_pf *pf, struct pci_dev *pdev)
{
	return probe(pf, pdev, "prelim_iov", true);
}

void i915_remove(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;

	while (xe->n_nodes) {
		struct kobject *node = xe->nodes[--xe->n_nodes];

		kobject_del(node);
		kobject_put(node);
	}
	kvfree(xe->nodes);
	xe->nodes = NULL;
	drm_nodes_remove(&xe->function[0].nodes);
}
