// SPDX-License-Identifier: GPL-2.0-only
/* Mediated devices of the kernel's mdev: each VF is the parent of one device at most, or the PF is
 * the parent of many. */
#include "gpu.h"

#include <linux/mdev.h>
#include <linux/slab.h>

struct mediated {
	struct mdev_parent parent;
	struct mdev_type types[VGPU_TYPES], *list[VGPU_TYPES];
	struct vgpu_pf *gpu;
	struct vgpu *vgpu; /* NULL: the parent is the PF, with a list of its own */
};

static bool registered;

static struct mediated *mediated_of(struct mdev_type *type)
{
	return container_of(type->parent, struct mediated, parent);
}

static const struct vgpu_type *type_of(struct mdev_type *type)
{
	return &vgpu_types[type - mediated_of(type)->types];
}

/* With the lock held: the slot for the next mdev; NULL. */
static struct vgpu *free_vgpu(struct mediated *mediated)
{
	int n;

	if (mediated->vgpu)
		return mediated->vgpu->type ? NULL : mediated->vgpu;
	for (n = 0; n < VGPU_OWN; n++)
		if (!mediated->gpu->own[n].type)
			return &mediated->gpu->own[n];
	return NULL;
}

static int mediated_probe(struct mdev_device *mdev)
{
	struct mediated *mediated = mediated_of(mdev->type);
	struct vgpu_pf *gpu = mediated->gpu;
	struct vgpu *vgpu;
	int err =
		bench_fault(gpu->pf, OP_ATTRIBUTE, mediated->vgpu ? mediated->vgpu->vf->index : -1);

	if (err)
		return err;
	if (mediated->vgpu)
		atomic_inc(&mediated->vgpu->vf->sets);
	mutex_lock(&gpu->lock);
	vgpu = free_vgpu(mediated);
	if (vgpu && vgpu_creatable(gpu, type_of(mdev->type), NULL))
		vgpu->type = type_of(mdev->type)->id;
	else
		err = -ENOSPC;
	mutex_unlock(&gpu->lock);
	if (err)
		return err;
	vgpu->vfio = vgpu_vfio_new(&mdev->dev, &vgpu->users);
	dev_set_drvdata(&mdev->dev, vgpu);
	if (vgpu->vfio)
		return 0;
	vgpu->type = 0;
	return -ENOMEM;
}

static void mediated_remove(struct mdev_device *mdev)
{
	struct vgpu *vgpu = dev_get_drvdata(&mdev->dev);

	vgpu_vfio_free(vgpu->vfio);
	vgpu->vfio = NULL;
	vgpu->type = 0;
}

static unsigned int mediated_available(struct mdev_type *type)
{
	struct mediated *mediated = mediated_of(type);
	unsigned int left = 0;

	mutex_lock(&mediated->gpu->lock);
	if (free_vgpu(mediated))
		left = vgpu_left(mediated->gpu, type_of(type), NULL);
	mutex_unlock(&mediated->gpu->lock);
	return mediated->vgpu ? min(left, 1U) : left;
}

static ssize_t mediated_description(struct mdev_type *type, char *text)
{
	const struct vgpu_type *vgpu = type_of(type);

	return sysfs_emit(text,
			  "num_heads=4, frl_config=60, framebuffer=%uM, max_resolution=5120x2880, "
			  "max_instance=%u\n",
			  vgpu->memory, VGPU_MEMORY / vgpu->memory);
}

static struct mdev_driver mediated_driver = {
	.device_api = "vfio-pci",
	.probe = mediated_probe,
	.remove = mediated_remove,
	.get_available = mediated_available,
	.show_description = mediated_description,
	.driver = { .name = "nvidia-vgpu-vfio", .owner = THIS_MODULE, .mod_name = KBUILD_MODNAME },
};

static struct mediated *mediated_new(struct vgpu_pf *gpu, struct vgpu *vgpu, struct pci_dev *pdev)
{
	static const char *const names[VGPU_TYPES] = { "710", "711", "712", "713", "714", "715" };
	struct mediated *mediated;
	int i, err;

	if (!registered) {
		err = mdev_register_driver(&mediated_driver);
		if (err)
			return ERR_PTR(err);
		registered = true;
	}
	mediated = kzalloc(sizeof(*mediated), GFP_KERNEL);
	if (!mediated)
		return ERR_PTR(-ENOMEM);
	mediated->gpu = gpu;
	mediated->vgpu = vgpu;
	for (i = 0; i < VGPU_TYPES; i++) {
		mediated->types[i].sysfs_name = names[i];
		mediated->types[i].pretty_name = vgpu_types[i].name;
		mediated->list[i] = &mediated->types[i];
	}
	err = mdev_register_parent(&mediated->parent, &pdev->dev, &mediated_driver, mediated->list,
				   VGPU_TYPES);
	if (err) {
		kfree(mediated);
		return ERR_PTR(err);
	}
	return mediated;
}

static void mediated_free(struct mediated *mediated)
{
	mdev_unregister_parent(&mediated->parent);
	kfree(mediated);
}

int vgpu_mdev_probe(struct bench_vf *vf, struct pci_dev *pdev)
{
	struct mediated *mediated = mediated_new(vf->pf->data, vgpu_of(vf), pdev);

	if (IS_ERR(mediated))
		return PTR_ERR(mediated);
	vgpu_of(vf)->mediated = mediated;
	return 0;
}

void vgpu_mdev_remove(struct bench_vf *vf)
{
	mediated_free(vgpu_of(vf)->mediated);
	vgpu_of(vf)->mediated = NULL;
}

int vgpu_mdev_pf_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	struct vgpu_pf *gpu = pf->data;
	struct mediated *mediated = mediated_new(gpu, NULL, pdev);

	if (IS_ERR(mediated))
		return PTR_ERR(mediated);
	gpu->mediated = mediated;
	return 0;
}

void vgpu_mdev_pf_remove(struct bench_pf *pf)
{
	struct vgpu_pf *gpu = pf->data;

	mediated_free(gpu->mediated);
	gpu->mediated = NULL;
}

void vgpu_mdev_exit(void)
{
	if (registered)
		mdev_unregister_driver(&mediated_driver);
}
