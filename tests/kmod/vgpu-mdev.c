// SPDX-License-Identifier: GPL-2.0-only
/* Mediated devices, as the kernel's mdev has them: each VF is a parent, of one device at most. */
#include "gpu.h"

#include <linux/mdev.h>
#include <linux/slab.h>

struct mediated {
	struct mdev_parent parent;
	struct mdev_type types[VGPU_TYPES], *list[VGPU_TYPES];
	struct vgpu *vgpu;
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

static int mediated_probe(struct mdev_device *mdev)
{
	struct vgpu *vgpu = mediated_of(mdev->type)->vgpu;
	struct vgpu_pf *gpu = vgpu->vf->pf->data;
	int err = bench_fault(vgpu->vf->pf, OP_ATTRIBUTE, vgpu->vf->index);

	if (err)
		return err;
	atomic_inc(&vgpu->vf->sets);
	mutex_lock(&gpu->lock);
	if (vgpu->type || !vgpu_creatable(gpu, type_of(mdev->type), NULL))
		err = -ENOSPC;
	else
		vgpu->type = type_of(mdev->type)->id;
	mutex_unlock(&gpu->lock);
	if (err)
		return err;
	vgpu->vfio = vgpu_vfio_new(&mdev->dev, &vgpu->users);
	if (vgpu->vfio)
		return 0;
	vgpu->type = 0;
	return -ENOMEM;
}

static void mediated_remove(struct mdev_device *mdev)
{
	struct vgpu *vgpu = mediated_of(mdev->type)->vgpu;

	vgpu_vfio_free(vgpu->vfio);
	vgpu->vfio = NULL;
	vgpu->type = 0;
}

static unsigned int mediated_available(struct mdev_type *type)
{
	struct vgpu *vgpu = mediated_of(type)->vgpu;
	struct vgpu_pf *gpu = vgpu->vf->pf->data;
	bool can;

	mutex_lock(&gpu->lock);
	can = !vgpu->type && vgpu_creatable(gpu, type_of(type), NULL);
	mutex_unlock(&gpu->lock);
	return can;
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

int vgpu_mdev_probe(struct bench_vf *vf, struct pci_dev *pdev)
{
	static const char *const names[VGPU_TYPES] = { "710", "711", "712", "713", "714" };
	struct mediated *mediated;
	int i, err;

	if (!registered) {
		err = mdev_register_driver(&mediated_driver);
		if (err)
			return err;
		registered = true;
	}
	mediated = kzalloc(sizeof(*mediated), GFP_KERNEL);
	if (!mediated)
		return -ENOMEM;
	mediated->vgpu = vgpu_of(vf);
	for (i = 0; i < VGPU_TYPES; i++) {
		mediated->types[i].sysfs_name = names[i];
		mediated->types[i].pretty_name = vgpu_types[i].name;
		mediated->list[i] = &mediated->types[i];
	}
	err = mdev_register_parent(&mediated->parent, &pdev->dev, &mediated_driver, mediated->list,
				   VGPU_TYPES);
	if (err) {
		kfree(mediated);
		return err;
	}
	vgpu_of(vf)->mediated = mediated;
	return 0;
}

void vgpu_mdev_remove(struct bench_vf *vf)
{
	struct mediated *mediated = vgpu_of(vf)->mediated;

	mdev_unregister_parent(&mediated->parent);
	kfree(mediated);
	vgpu_of(vf)->mediated = NULL;
}

void vgpu_mdev_exit(void)
{
	if (registered)
		mdev_unregister_driver(&mediated_driver);
}
