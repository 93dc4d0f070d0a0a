// SPDX-License-Identifier: GPL-2.0-only
/* The vendor's interface without mediated devices: a VF on the nvidia driver has a directory
 * "nvidia", and becomes a vGPU when the number of a type is written there. */
#include "gpu.h"

#include <linux/slab.h>
#include <linux/sysfs.h>

struct vgpu_dir {
	struct kobject kobj;
	struct vgpu *vgpu;
};

static struct vgpu *vgpu_at(struct kobject *kobj)
{
	return container_of(kobj, struct vgpu_dir, kobj)->vgpu;
}

static ssize_t creatable_vgpu_types_show(struct kobject *kobj, struct kobj_attribute *attribute,
					 char *text)
{
	struct vgpu *vgpu = vgpu_at(kobj);
	struct vgpu_pf *gpu = vgpu->vf->pf->data;
	int i, used = sysfs_emit(text, "ID    : vGPU Name\n");

	mutex_lock(&gpu->lock);
	for (i = 0; i < VGPU_TYPES; i++)
		if (vgpu_creatable(gpu, &vgpu_types[i], NULL))
			used += sysfs_emit_at(text, used, "%-6u: %s\n", vgpu_types[i].id,
					      vgpu_types[i].name);
	mutex_unlock(&gpu->lock);
	return used;
}

static ssize_t current_vgpu_type_show(struct kobject *kobj, struct kobj_attribute *attribute,
				      char *text)
{
	return sysfs_emit(text, "%u\n", vgpu_at(kobj)->type);
}

static int set_type(struct vgpu *vgpu, unsigned int id)
{
	struct vgpu_pf *gpu = vgpu->vf->pf->data;
	int i;

	if (atomic_read(&vgpu->users))
		return -EPERM;
	if (id && vgpu->type)
		return -EBUSY;
	for (i = 0; id && i < VGPU_TYPES; i++)
		if (vgpu_types[i].id == id && vgpu_creatable(gpu, &vgpu_types[i], NULL))
			break;
	if (id && i == VGPU_TYPES)
		return -EINVAL;
	vgpu->type = id;
	return 0;
}

static ssize_t current_vgpu_type_store(struct kobject *kobj, struct kobj_attribute *attribute,
				       const char *text, size_t size)
{
	struct vgpu *vgpu = vgpu_at(kobj);
	struct vgpu_pf *gpu = vgpu->vf->pf->data;
	unsigned int id;
	int err = kstrtouint(text, 10, &id)
			  ?: bench_fault(vgpu->vf->pf, OP_ATTRIBUTE, vgpu->vf->index);

	if (err)
		return err;
	atomic_inc(&vgpu->vf->sets);
	mutex_lock(&gpu->lock);
	err = set_type(vgpu, id);
	mutex_unlock(&gpu->lock);
	return err ?: size;
}

static ssize_t nothing_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "0\n");
}

static struct kobj_attribute creatable = __ATTR_RO(creatable_vgpu_types);
static struct kobj_attribute current_type = __ATTR_RW(current_vgpu_type);
static struct kobj_attribute placement = __ATTR(placement_id, 0444, nothing_show, NULL);
static struct kobj_attribute instance = __ATTR(gpu_instance_id, 0444, nothing_show, NULL);
static struct kobj_attribute parameters = __ATTR(vgpu_params, 0444, nothing_show, NULL);

static const struct attribute *files[] = { &creatable.attr, &current_type.attr, &placement.attr,
					   &instance.attr,  &parameters.attr,	NULL };

static void dir_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct vgpu_dir, kobj));
}

static const struct kobj_type dir_type = { .release = dir_release, .sysfs_ops = &kobj_sysfs_ops };

static struct kobject *dir_new(struct vgpu *vgpu, struct kobject *parent)
{
	struct vgpu_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return NULL;
	dir->vgpu = vgpu;
	if (kobject_init_and_add(&dir->kobj, &dir_type, parent, "nvidia") ||
	    sysfs_create_files(&dir->kobj, files)) {
		kobject_put(&dir->kobj);
		return NULL;
	}
	return &dir->kobj;
}

int vgpu_vfio_probe(struct bench_vf *vf, struct pci_dev *pdev)
{
	struct vgpu *vgpu = vgpu_of(vf);

	vgpu->dir = dir_new(vgpu, &pdev->dev.kobj);
	if (!vgpu->dir)
		return -ENOMEM;
	vgpu->vfio = vgpu_vfio_new(&pdev->dev, &vgpu->users);
	if (vgpu->vfio)
		return 0;
	kobject_put(vgpu->dir);
	return -ENOMEM;
}

/* Unbinding the driver removes the vGPU. */
void vgpu_vfio_remove(struct bench_vf *vf)
{
	struct vgpu *vgpu = vgpu_of(vf);

	vgpu_vfio_free(vgpu->vfio);
	kobject_del(vgpu->dir);
	kobject_put(vgpu->dir);
	vgpu->dir = NULL;
	vgpu->type = 0;
}
