// SPDX-License-Identifier: GPL-2.0-only
/* The same in debugfs, as before Linux 6.19 and, in another order, since then. A write ends
 * automatic provisioning until it is enabled again. */
#include "gpu.h"

#include <linux/debugfs.h>
#include <linux/slab.h>

static const char *const names[XE_SHARES] = { "exec_quantum_ms", "preempt_timeout_us",
					      "sched_priority", "lmem_quota" };

static struct xe_knob *knob_of(struct file *file)
{
	return file_inode(file)->i_private;
}

static ssize_t knob_read(struct file *file, char __user *text, size_t size, loff_t *offset)
{
	struct xe_knob *knob = knob_of(file);
	char line[64];
	int length = xe_show(knob->xe, knob->n, knob->share, line, sizeof(line));

	return simple_read_from_buffer(text, size, offset, line, length);
}

static ssize_t knob_write(struct file *file, const char __user *text, size_t size, loff_t *offset)
{
	struct xe_knob *knob = knob_of(file);
	char line[64];
	int err;

	if (size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, size))
		return -EFAULT;
	line[size] = '\0';
	err = xe_set(knob->xe, knob->n, knob->share, strim(line));
	if (err)
		return err;
	knob->xe->by_hand = true;
	return size;
}

static const struct file_operations knob_operations = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = knob_read,
	.write = knob_write,
};

static int restore_set(void *data, u64 value)
{
	struct xe_pf *xe = data;

	return xe->pf->num_vfs ? -EBUSY : xe_restore(xe);
}
DEFINE_DEBUGFS_ATTRIBUTE(restore_operations, NULL, restore_set, "%llu\n");

/* Without a real GPU nothing else creates this directory. */
static struct dentry *dri(void)
{
	struct dentry *dir = debugfs_lookup("dri", NULL);

	return dir ?: debugfs_create_dir("dri", NULL);
}

static void function_add(struct xe_pf *xe, int n, struct dentry *root, bool new_order)
{
	struct dentry *dir = root, *memory;
	char name[16] = "pf";
	int share;

	if (n)
		snprintf(name, sizeof(name), "vf%d", n);
	dir = debugfs_create_dir(name, root);
	memory = dir;
	if (new_order) {
		memory = debugfs_create_dir("tile0", dir);
		dir = debugfs_create_dir("gt0", memory);
	}
	for (share = 0; share < XE_SHARES; share++) {
		struct xe_knob *knob = &xe->knobs[n * XE_SHARES + share];

		*knob = (struct xe_knob){ .xe = xe, .n = n, .share = share };
		if (share == XE_VRAM && !n)
			continue;
		debugfs_create_file(share == XE_VRAM && new_order ? "vram_quota" : names[share],
				    0600, share == XE_VRAM ? memory : dir, knob, &knob_operations);
	}
}

static int probe(struct bench_pf *pf, struct pci_dev *pdev, bool new_order)
{
	struct xe_pf *xe = pf->data;
	struct dentry *root, *parent = dri();
	int n;

	xe->knobs = kvcalloc((pf->total_vfs + 1) * XE_SHARES, sizeof(*xe->knobs), GFP_KERNEL);
	if (!xe->knobs)
		return -ENOMEM;
	xe->dri = debugfs_create_dir(pf->address, parent);
	dput(parent);
	root = debugfs_create_dir(new_order ? "sriov" : "gt0", xe->dri);
	for (n = 0; n <= pf->total_vfs; n++)
		function_add(xe, n, root, new_order);
	if (new_order)
		debugfs_create_file_unsafe("restore_auto_provisioning", 0200, root, xe,
					   &restore_operations);
	return 0;
}

int xe_debugfs_probe(struct bench_pf *pf, struct pci_dev *pdev)
{
	return probe(pf, pdev, true);
}

int xe_debugfs_probe_old(struct bench_pf *pf, struct pci_dev *pdev)
{
	return probe(pf, pdev, false);
}

void xe_debugfs_remove(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;

	debugfs_remove(xe->dri);
	kvfree(xe->knobs);
	xe->knobs = NULL;
}
