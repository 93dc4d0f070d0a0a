// SPDX-License-Identifier: GPL-2.0-only
/* Intel GPUs: the time and memory of each function. The driver assigns equal shares to VFs for
 * which none were set, and clears all shares when the VFs are removed. */
#include "gpu.h"

#include <linux/seq_file.h>
#include <linux/slab.h>

static const char *const priorities[] = { "low", "normal", "high" };

static void function_begin(struct xe_function *function)
{
	memset(function->share, 0, sizeof(function->share));
}

int xe_init(struct bench_pf *pf)
{
	struct xe_pf *xe = kvzalloc(struct_size(xe, function, pf->total_vfs + 1), GFP_KERNEL);

	if (!xe)
		return -ENOMEM;
	xe->pf = pf;
	mutex_init(&xe->lock);
	pf->data = xe;
	return 0;
}

void xe_exit(struct bench_pf *pf)
{
	kvfree(pf->data);
}

/* ---- automatic provisioning */

bool xe_any_vram(struct xe_pf *xe)
{
	int n;

	for (n = 1; n <= xe->pf->total_vfs; n++)
		if (xe->function[n].share[XE_VRAM])
			return true;
	return false;
}

/* Time that was set before the creation of the VFs is overwritten; memory is not: if any VF has a
 * quota, no VF gets an automatic one. */
void xe_created(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;
	u64 fair = rounddown(XE_VRAM_TOTAL / (pf->num_vfs + 1), XE_VRAM_UNIT);
	bool vram;
	int n;

	mutex_lock(&xe->lock);
	vram = xe_any_vram(xe);
	for (n = 1; n <= pf->num_vfs && !xe->by_hand; n++) {
		xe->function[n].share[XE_EXEC_QUANTUM] = 16;
		xe->function[n].share[XE_PREEMPT_TIMEOUT] = 32000;
		if (!vram)
			xe->function[n].share[XE_VRAM] = fair;
	}
	mutex_unlock(&xe->lock);
}

void xe_destroying(struct bench_pf *pf)
{
	struct xe_pf *xe = pf->data;
	int n;

	mutex_lock(&xe->lock);
	for (n = 1; n <= pf->total_vfs && !xe->by_hand; n++)
		function_begin(&xe->function[n]);
	mutex_unlock(&xe->lock);
}

int xe_restore(struct xe_pf *xe)
{
	int n;

	mutex_lock(&xe->lock);
	xe->by_hand = false;
	for (n = 1; n <= xe->pf->total_vfs; n++)
		function_begin(&xe->function[n]);
	mutex_unlock(&xe->lock);
	return 0;
}

/* ---- its nodes in /dev */

int xe_vf_probe(struct bench_vf *vf, struct pci_dev *pdev)
{
	struct xe_pf *xe = vf->pf->data;

	return drm_nodes_add(&xe->function[vf->index + 1].nodes, &pdev->dev);
}

void xe_vf_remove(struct bench_vf *vf)
{
	struct xe_pf *xe = vf->pf->data;

	drm_nodes_remove(&xe->function[vf->index + 1].nodes);
}

/* ---- as files */

int xe_show(struct xe_pf *xe, int n, enum xe_share share, char *text, size_t size)
{
	u64 value = xe->function[n].share[share];
	int i, used = 0;

	if (share != XE_PRIORITY)
		return scnprintf(text, size, "%llu\n", value);
	for (i = 0; i < ARRAY_SIZE(priorities); i++)
		used += scnprintf(text + used, size - used, i == value ? "%s[%s]" : "%s%s",
				  i ? " " : "", priorities[i]);
	return used + scnprintf(text + used, size - used, "\n");
}

static bool fits(struct xe_pf *xe, int n, u64 vram)
{
	u64 sum = vram;
	int i;

	for (i = 1; i <= xe->pf->total_vfs; i++)
		if (i != n)
			sum += xe->function[i].share[XE_VRAM];
	return sum <= XE_VRAM_TOTAL;
}

/* The memory of a VF with a driver does not change. */
static bool in_use(struct xe_pf *xe, int n)
{
	struct pci_dev *vf;
	bool used = false;

	if (n > xe->pf->num_vfs)
		return false;
	vf = pci_get_domain_bus_and_slot(xe->pf->card->sysdata.domain, xe->pf->port + 1, n - 1);
	if (vf)
		used = READ_ONCE(vf->dev.driver);
	pci_dev_put(vf);
	return used;
}

static int set(struct xe_pf *xe, int n, enum xe_share share, const char *text)
{
	u64 value;
	int err;

	if (share == XE_PRIORITY) {
		err = sysfs_match_string(priorities, text);
		if (err < 0)
			return err;
		if (n && err == 2)
			return -EPERM;
		xe->function[n].share[share] = err;
		return 0;
	}
	err = kstrtou64(text, 10, &value);
	if (err)
		return err;
	if (share == XE_VRAM) {
		value = roundup(value, XE_VRAM_UNIT);
		if (n && in_use(xe, n))
			return -EBUSY;
		if (!fits(xe, n, value))
			return -EIO;
	} else if (value > XE_LONGEST) {
		return -EINVAL;
	}
	xe->function[n].share[share] = value;
	return 0;
}

int xe_set(struct xe_pf *xe, int n, enum xe_share share, const char *text)
{
	int err = bench_fault(xe->pf, OP_ATTRIBUTE, n - 1);

	if (err)
		return err;
	if (n)
		atomic_inc(&xe->pf->vfs[n - 1].sets);
	mutex_lock(&xe->lock);
	err = set(xe, n, share, text);
	mutex_unlock(&xe->lock);
	return err;
}

void xe_show_vf(struct bench_vf *vf, struct seq_file *out)
{
	struct xe_pf *xe = vf->pf->data;
	const u64 *share = xe->function[vf->index + 1].share;

	seq_printf(out, " exec-quantum=%llu preempt-timeout=%llu priority=%s vram=%llu",
		   share[XE_EXEC_QUANTUM], share[XE_PREEMPT_TIMEOUT],
		   priorities[share[XE_PRIORITY]], share[XE_VRAM]);
}
