// SPDX-License-Identifier: GPL-2.0-only
/* sriov_admin: Documentation/ABI/testing/sysfs-driver-intel-xe-sriov */
#include "gpu.h"

#include <linux/slab.h>
#include <linux/sysfs.h>

struct share_node {
	struct kobject kobj;
	struct xe_pf *xe;
	int n; /* 0 = PF, -1 = all VFs */
};

struct share_file {
	struct attribute attribute;
	int share; /* enum xe_share, or -1: stop */
};

static ssize_t file_show(struct kobject *kobj, struct attribute *attribute, char *text)
{
	struct share_node *node = container_of(kobj, struct share_node, kobj);
	struct share_file *file = container_of(attribute, struct share_file, attribute);

	return xe_show(node->xe, node->n, file->share, text, PAGE_SIZE);
}

/* The PF counts as one of all, but has no quota. */
static int set_all(struct xe_pf *xe, enum xe_share share, const char *text)
{
	int n, err = 0;

	for (n = share == XE_VRAM; n <= xe->pf->total_vfs && !err; n++)
		err = xe_set(xe, n, share, text);
	return err;
}

static ssize_t file_store(struct kobject *kobj, struct attribute *attribute, const char *text,
			  size_t size)
{
	struct share_node *node = container_of(kobj, struct share_node, kobj);
	struct share_file *file = container_of(attribute, struct share_file, attribute);
	int err;

	if (file->share < 0)
		return size;
	if (node->n >= 0)
		err = xe_set(node->xe, node->n, file->share, text);
	else if (file->share == XE_PRIORITY && sysfs_streq(text, "high"))
		err = -EINVAL;
	else
		err = set_all(node->xe, file->share, text);
	return err ?: size;
}

#define FILE(NAME, MODE, SHARE)                              \
	&(struct share_file){                                \
		.attribute = { .name = NAME, .mode = MODE }, \
		.share = SHARE,                              \
	}                                                    \
		 .attribute

static struct attribute *bulk_files[] = {
	FILE("exec_quantum_ms", 0200, XE_EXEC_QUANTUM),
	FILE("preempt_timeout_us", 0200, XE_PREEMPT_TIMEOUT),
	FILE("sched_priority", 0200, XE_PRIORITY),
	FILE("vram_quota", 0200, XE_VRAM),
	NULL,
};
static struct attribute *pf_files[] = {
	FILE("exec_quantum_ms", 0644, XE_EXEC_QUANTUM),
	FILE("preempt_timeout_us", 0644, XE_PREEMPT_TIMEOUT),
	FILE("sched_priority", 0644, XE_PRIORITY),
	NULL,
};
static struct attribute *vf_files[] = {
	FILE("exec_quantum_ms", 0644, XE_EXEC_QUANTUM),
	FILE("preempt_timeout_us", 0644, XE_PREEMPT_TIMEOUT),
	FILE("sched_priority", 0444, XE_PRIORITY),
	FILE("vram_quota", 0644, XE_VRAM),
	NULL,
};
static struct attribute *control_files[] = { FILE("stop", 0200, -1), NULL };

static const struct sysfs_ops operations = { .show = file_show, .store = file_store };

static void node_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct share_node, kobj));
}

static const struct kobj_type node_type = { .release = node_release, .sysfs_ops = &operations };

static struct kobject *node_new(struct xe_pf *xe, int n, struct kobject *parent, const char *name,
				struct attribute **files)
{
	struct share_node *node = parent ? kzalloc(sizeof(*node), GFP_KERNEL) : NULL;

	if (!node)
		return NULL;
	node->xe = xe;
	node->n = n;
	if (kobject_init_and_add(&node->kobj, &node_type, parent, "%s", name) ||
	    (files && sysfs_create_files(&node->kobj, (const struct attribute **)files))) {
		kobject_put(&node->kobj);
		return NULL;
	}
	return &node->kobj;
}

static void node_free(struct kobject **node)
{
	if (*node) {
		kobject_del(*node);
		kobject_put(*node);
	}
	*node = NULL;
}

int xe_sysfs_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	struct xe_pf *xe = pf->data;
	char name[16];
	int n, err;

	xe->vfs = kvcalloc(pf->total_vfs + 1, 2 * sizeof(*xe->vfs), GFP_KERNEL);
	if (!xe->vfs)
		return -ENOMEM;
	err = drm_nodes_add(&xe->function[0].nodes, &pdev->dev);
	if (err) {
		kvfree(xe->vfs);
		return err;
	}
	xe->profiles = xe->vfs + pf->total_vfs + 1;
	xe->admin = node_new(xe, -1, &pdev->dev.kobj, "sriov_admin", NULL);
	xe->bulk = node_new(xe, -1, xe->admin, ".bulk_profile", bulk_files);
	xe->self = node_new(xe, 0, xe->admin, "pf", NULL);
	xe->self_profile = node_new(xe, 0, xe->self, "profile", pf_files);
	if (!xe->bulk || !xe->self_profile ||
	    sysfs_create_link(xe->self, &pdev->dev.kobj, "device"))
		goto fail;
	for (n = 0; n < pf->total_vfs; n++) {
		snprintf(name, sizeof(name), "vf%d", n + 1);
		xe->vfs[n] = node_new(xe, n + 1, xe->admin, name, control_files);
		xe->profiles[n] = node_new(xe, n + 1, xe->vfs[n], "profile", vf_files);
		if (!xe->profiles[n])
			goto fail;
	}
	return 0;
fail:
	xe_sysfs_remove(pf);
	return -ENOMEM;
}

void xe_sysfs_remove(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;
	int n;

	for (n = 0; n < pf->total_vfs; n++) {
		node_free(&xe->profiles[n]);
		node_free(&xe->vfs[n]);
	}
	kvfree(xe->vfs);
	xe->vfs = NULL;
	node_free(&xe->self_profile);
	node_free(&xe->self);
	node_free(&xe->bulk);
	node_free(&xe->admin);
	drm_nodes_remove(&xe->function[0].nodes);
}
