// SPDX-License-Identifier: GPL-2.0-only
/* NVIDIA GPUs: the common part of both vGPU interfaces. */
#include "gpu.h"

#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vfio.h>

const struct vgpu_type vgpu_types[VGPU_TYPES] = {
	{ 710, 1024, "NVIDIA A16-1Q" },	  { 711, 2048, "NVIDIA A16-2Q" },
	{ 712, 4096, "NVIDIA A16-4Q" },	  { 713, 8192, "NVIDIA A16-8Q" },
	{ 714, 16384, "NVIDIA A16-16Q" }, { 715, 4096, "NVIDIA A16-1-4C", .mig = true },
};

int vgpu_init(struct bench_pf *pf)
{
	struct vgpu_pf *gpu = kvzalloc(struct_size(gpu, vgpus, pf->total_vfs), GFP_KERNEL);
	int n;

	if (!gpu)
		return -ENOMEM;
	gpu->pf = pf;
	mutex_init(&gpu->lock);
	for (n = 0; n < pf->total_vfs; n++)
		gpu->vgpus[n].vf = &pf->vfs[n];
	pf->data = gpu;
	return 0;
}

void vgpu_exit(struct bench_pf *pf)
{
	kvfree(pf->data);
}

int vgpu_pf_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	return 0;
}

struct vgpu *vgpu_of(struct bench_vf *vf)
{
	return &((struct vgpu_pf *)vf->pf->data)->vgpus[vf->index];
}

static unsigned int memory_of(unsigned int type)
{
	int i;

	for (i = 0; i < VGPU_TYPES; i++)
		if (vgpu_types[i].id == type)
			return vgpu_types[i].memory;
	return 0;
}

/* False: a vGPU has another size than @type. */
static bool add_used(struct vgpu_pf *gpu, const struct vgpu *vgpu, const struct vgpu_type *type,
		     unsigned int *used)
{
	*used += memory_of(vgpu->type);
	return !vgpu->type || vgpu->type == type->id || gpu->mixed;
}

unsigned int vgpu_left(struct vgpu_pf *gpu, const struct vgpu_type *type, const struct vgpu *but)
{
	unsigned int used = 0;
	int n;

	if (type->mig && !gpu->mig)
		return 0;
	for (n = 0; n < gpu->pf->total_vfs; n++)
		if (&gpu->vgpus[n] != but && !add_used(gpu, &gpu->vgpus[n], type, &used))
			return 0;
	for (n = 0; n < VGPU_OWN; n++)
		if (!add_used(gpu, &gpu->own[n], type, &used))
			return 0;
	return used < VGPU_MEMORY ? (VGPU_MEMORY - used) / type->memory : 0;
}

bool vgpu_creatable(struct vgpu_pf *gpu, const struct vgpu_type *type, const struct vgpu *but)
{
	return vgpu_left(gpu, type, but) > 0;
}

void vgpu_knobs(struct bench_pf *pf)
{
	struct vgpu_pf *gpu = pf->data;

	debugfs_create_bool("mixed", 0600, pf->dir, &gpu->mixed);
	debugfs_create_bool("mig", 0600, pf->dir, &gpu->mig);
}

void vgpu_show_vf(struct bench_vf *vf, struct seq_file *out)
{
	struct vgpu *vgpu = vgpu_of(vf);

	seq_printf(out, " type=%u users=%d", vgpu->type, atomic_read(&vgpu->users));
}

/* ---- the device that a virtual machine opens */

struct opened {
	struct vfio_device vfio;
	atomic_t *users;
};

static int opened_open(struct vfio_device *vfio)
{
	atomic_inc(container_of(vfio, struct opened, vfio)->users);
	return 0;
}

static void opened_close(struct vfio_device *vfio)
{
	atomic_dec(container_of(vfio, struct opened, vfio)->users);
}

static long opened_ioctl(struct vfio_device *vfio, unsigned int command, unsigned long argument)
{
	return -ENOTTY;
}

static const struct vfio_device_ops opened_operations = {
	.name = "viod-bench-vgpu",
	.open_device = opened_open,
	.close_device = opened_close,
	.ioctl = opened_ioctl,
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};

struct vfio_device *vgpu_vfio_new(struct device *dev, atomic_t *users)
{
	struct opened *opened = vfio_alloc_device(opened, vfio, dev, &opened_operations);
	int err;

	if (IS_ERR(opened))
		return NULL;
	opened->users = users;
	err = dev->iommu_group ? vfio_register_group_dev(&opened->vfio)
			       : vfio_register_emulated_iommu_dev(&opened->vfio);
	if (err) {
		vfio_put_device(&opened->vfio);
		return NULL;
	}
	return &opened->vfio;
}

void vgpu_vfio_free(struct vfio_device *vfio)
{
	if (!vfio)
		return;
	vfio_unregister_group_dev(vfio);
	vfio_put_device(vfio);
}
