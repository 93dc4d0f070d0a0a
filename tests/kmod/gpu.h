/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal interface of the GPUs of the bench. */
#ifndef VIOD_BENCH_GPU_H
#define VIOD_BENCH_GPU_H

#include "bench.h"

/* drm.c: /dev/dri/cardN and renderDN of a function, without functionality */
struct drm_nodes {
	struct device *card, *render;
	int number;
};
int drm_nodes_add(struct drm_nodes *nodes, struct device *parent);
void drm_nodes_remove(struct drm_nodes *nodes);
void drm_exit(void);

/* The share of a function of an Intel GPU. */
enum xe_share {
	XE_EXEC_QUANTUM,    /* milliseconds; 0 = no limit */
	XE_PREEMPT_TIMEOUT, /* microseconds; 0 = no limit */
	XE_PRIORITY,	    /* index in "low normal high" */
	XE_VRAM,	    /* bytes */
	XE_SHARES,
};

#define XE_VRAM_TOTAL (16ULL << 30)
#define XE_VRAM_UNIT (2ULL << 20) /* quotas are rounded up to a multiple */
#define XE_LONGEST 100000000ULL

struct xe_function {
	u64 share[XE_SHARES];
	struct drm_nodes nodes;
};

struct xe_pf;

/* A file in debugfs. */
struct xe_knob {
	struct xe_pf *xe;
	int n, share;
};

struct xe_pf {
	struct bench_pf *pf;
	struct mutex lock; /* over all that follows */
	struct kobject *admin, *bulk, *self, *self_profile;
	struct kobject **vfs, **profiles;
	struct dentry *dri;
	struct xe_knob *knobs;
	struct kobject **nodes; /* of i915.c */
	size_t n_nodes;
	bool by_hand;		       /* shares were set that the driver does not change */
	struct xe_function function[]; /* the PF, then the VFs */
};

/* xe.c: the shares of functions, and automatic provisioning */
int xe_init(struct bench_pf *pf);
void xe_exit(struct bench_pf *pf);
bool xe_any_vram(struct xe_pf *xe);
void xe_created(struct bench_pf *pf);
void xe_destroying(struct bench_pf *pf);
void xe_show_vf(struct bench_vf *vf, struct seq_file *out);
int xe_vf_probe(struct bench_vf *vf, struct pci_dev *pdev);
void xe_vf_remove(struct bench_vf *vf);
/* The text of a file, and a text that is written to it; -errno. @n is 0 for the PF. */
int xe_show(struct xe_pf *xe, int n, enum xe_share share, char *text, size_t size);
int xe_set(struct xe_pf *xe, int n, enum xe_share share, const char *text);

/* Enables automatic provisioning again. */
int xe_restore(struct xe_pf *xe);

/* xe-debugfs.c: of Linux 6.19 and before it */
int xe_debugfs_probe(struct bench_pf *pf, struct pci_dev *pdev);
int xe_debugfs_probe_old(struct bench_pf *pf, struct pci_dev *pdev);
void xe_debugfs_remove(struct bench_pf *pf);

/* xe-sysfs.c: sriov_admin, of Linux 6.19 */
int xe_sysfs_probe(struct bench_pf *pf, struct pci_dev *pdev);
void xe_sysfs_remove(struct bench_pf *pf);

/* i915.c: the same below the PF's card, as in drivers from outside the kernel tree */
void i915_created(struct bench_pf *pf);
void i915_destroying(struct bench_pf *pf);
int i915_probe(struct bench_pf *pf, struct pci_dev *pdev);
int i915_probe_prelim(struct bench_pf *pf, struct pci_dev *pdev);
void i915_remove(struct bench_pf *pf);

/* vgpu.c: vGPUs. The memory of a PF is divided among types of one size, and the lists of types that
 * can be created shrink. */
#define VGPU_MEMORY 16384 /* MiB */
#define VGPU_TYPES 6
#define VGPU_OWN 16 /* of a PF without VFs */

struct vgpu_type {
	unsigned int id, memory;
	const char *name;
	bool mig; /* needs a GPU instance */
};
extern const struct vgpu_type vgpu_types[VGPU_TYPES];

struct vgpu {
	struct bench_vf *vf; /* NULL: one of the PF's own */
	unsigned int type;   /* its id, or 0 */
	atomic_t users;	     /* number of open descriptors of its VFIO device */
	struct kobject *dir;
	struct vfio_device *vfio;
	void *mediated; /* struct mediated, of vgpu-mdev.c */
};

struct vgpu_pf {
	struct bench_pf *pf;
	struct mutex lock;
	bool mixed;	/* permits types of several sizes at a time */
	bool mig;	/* there are GPU instances */
	void *mediated; /* if the PF itself is a parent */
	struct vgpu own[VGPU_OWN];
	struct vgpu vgpus[];
};

int vgpu_init(struct bench_pf *pf);
void vgpu_exit(struct bench_pf *pf);
void vgpu_knobs(struct bench_pf *pf);
void vgpu_show_vf(struct bench_vf *vf, struct seq_file *out);
int vgpu_pf_probe(struct bench_pf *pf, struct pci_dev *pdev);
struct vgpu *vgpu_of(struct bench_vf *vf);
/* With the lock held: whether there is room for one more, not counting the vGPU of @but. */
bool vgpu_creatable(struct vgpu_pf *gpu, const struct vgpu_type *type, const struct vgpu *but);
/* With the lock held: how many more there is room for. */
unsigned int vgpu_left(struct vgpu_pf *gpu, const struct vgpu_type *type, const struct vgpu *but);
/* A VFIO device without functionality, in the IOMMU group of @dev or in one of its own; @users
 * counts its open descriptors.
 */
struct vfio_device *vgpu_vfio_new(struct device *dev, atomic_t *users);
void vgpu_vfio_free(struct vfio_device *vfio);

/* vgpu-vfio.c: the vendor's interface; vgpu-mdev.c: mediated devices */
int vgpu_vfio_probe(struct bench_vf *vf, struct pci_dev *pdev);
void vgpu_vfio_remove(struct bench_vf *vf);
int vgpu_mdev_probe(struct bench_vf *vf, struct pci_dev *pdev);
void vgpu_mdev_remove(struct bench_vf *vf);
int vgpu_mdev_pf_probe(struct bench_pf *pf, struct pci_dev *pdev);
void vgpu_mdev_pf_remove(struct bench_pf *pf);
void vgpu_mdev_exit(void);

#endif
