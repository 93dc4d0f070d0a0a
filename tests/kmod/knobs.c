// SPDX-License-Identifier: GPL-2.0-only
/* The files below /sys/kernel/debug/viod-bench; bench.c describes them. */
#include "bench.h"

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

static struct dentry *root;

static const char *const count_names[BENCH_COUNTS] = {
	[COUNT_WRITES] = "numvfs-writes",
	[COUNT_VF_SETS] = "vf-sets",
	[COUNT_VF_RESETS] = "vf-resets",
	[COUNT_PF_RESETS] = "pf-resets",
	[COUNT_FLRS] = "flrs",
};

/* The written line without its newline; the caller frees it. */
static char *line_of(const char __user *text, size_t size)
{
	char *line;

	if (size > 200)
		return ERR_PTR(-EINVAL);
	line = memdup_user_nul(text, size);
	if (!IS_ERR(line))
		strim(line);
	return line;
}

/* ---- of a PF */

static int faults_show(struct seq_file *out, void *unused)
{
	bench_fault_show(out->private, out);
	return 0;
}

static int faults_open(struct inode *inode, struct file *file)
{
	return single_open(file, faults_show, inode->i_private);
}

static ssize_t faults_write(struct file *file, const char __user *text, size_t size, loff_t *offset)
{
	struct bench_pf *pf = file_inode(file)->i_private;
	char *line = line_of(text, size);
	int err = 0;

	if (IS_ERR(line))
		return PTR_ERR(line);
	if (!strcmp(line, "clear"))
		bench_fault_clear(pf);
	else
		err = bench_fault_add(pf, line);
	kfree(line);
	return err ?: size;
}

static const struct file_operations faults_operations = {
	.owner = THIS_MODULE,
	.open = faults_open,
	.read = seq_read,
	.write = faults_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int counters_show(struct seq_file *out, void *unused)
{
	struct bench_pf *pf = out->private;
	int i;

	for (i = 0; i < BENCH_COUNTS; i++)
		seq_printf(out, "%s %d\n", count_names[i], atomic_read(&pf->counts[i]));
	for (i = 0; i < BENCH_OPS; i++)
		seq_printf(out, "%s %d\n", bench_op_names[i], atomic_read(&pf->done[i]));
	return 0;
}

static int counters_open(struct inode *inode, struct file *file)
{
	return single_open(file, counters_show, inode->i_private);
}

/* Any write resets the counters. */
static ssize_t counters_write(struct file *file, const char __user *text, size_t size,
			      loff_t *offset)
{
	struct bench_pf *pf = file_inode(file)->i_private;
	int i;

	for (i = 0; i < BENCH_COUNTS; i++)
		atomic_set(&pf->counts[i], 0);
	for (i = 0; i < BENCH_OPS; i++)
		atomic_set(&pf->done[i], 0);
	for (i = 0; i < pf->total_vfs; i++) {
		atomic_set(&pf->vfs[i].resets, 0);
		atomic_set(&pf->vfs[i].probes, 0);
		atomic_set(&pf->vfs[i].sets, 0);
	}
	return size;
}

static const struct file_operations counters_operations = {
	.owner = THIS_MODULE,
	.open = counters_open,
	.read = seq_read,
	.write = counters_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int vfs_show(struct seq_file *out, void *unused)
{
	struct bench_pf *pf = out->private;
	int n;

	for (n = 0; n < pf->num_vfs; n++) {
		struct bench_vf *vf = &pf->vfs[n];

		seq_printf(out, "%d resets=%d probes=%d sets=%d", n, atomic_read(&vf->resets),
			   atomic_read(&vf->probes), atomic_read(&vf->sets));
		if (pf->is->show_vf)
			pf->is->show_vf(vf, out);
		seq_putc(out, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vfs);

static int present_get(void *data, u64 *value)
{
	*value = ((struct bench_pf *)data)->present;
	return 0;
}

static int present_set(void *data, u64 value)
{
	int err;

	if (!mutex_trylock(&bench_lock)) /* its owner may be waiting for this file */
		return -EBUSY;
	err = bench_plug(data, value);
	mutex_unlock(&bench_lock);
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(present_operations, present_get, present_set, "%llu\n");

static int reset_set(void *data, u64 value)
{
	struct bench_pf *pf = data;

	bench_count(pf, COUNT_PF_RESETS);
	if (pf->is->reset)
		pf->is->reset(pf);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(reset_operations, NULL, reset_set, "%llu\n");

void bench_knobs_add(struct bench_pf *pf)
{
	pf->dir = debugfs_create_dir(pf->address, root);
	debugfs_create_file("faults", 0600, pf->dir, pf, &faults_operations);
	debugfs_create_file("counters", 0600, pf->dir, pf, &counters_operations);
	debugfs_create_file("vfs", 0400, pf->dir, pf, &vfs_fops);
	debugfs_create_file_unsafe("present", 0600, pf->dir, pf, &present_operations);
	debugfs_create_file_unsafe("reset", 0200, pf->dir, pf, &reset_operations);
	debugfs_create_u16("limit", 0600, pf->dir, &pf->limit);
	if (pf->is->knobs)
		pf->is->knobs(pf);
}

void bench_knobs_remove(struct bench_pf *pf)
{
	debugfs_remove(pf->dir);
}

/* ---- of the bench */

static int card_options(char *text, struct bench_card_options *options)
{
	static const struct {
		const char *key;
		size_t offset;
		int base, first, last;
	} keys[] = {
		{ "domain", offsetof(struct bench_card_options, domain), 16, 1, 0xffff },
		{ "ports", offsetof(struct bench_card_options, ports), 10, 1, BENCH_PORTS },
		{ "vfs", offsetof(struct bench_card_options, vfs), 10, 0, BENCH_VFS },
		{ "limit", offsetof(struct bench_card_options, limit), 10, 0, BENCH_VFS },
		{ "initial", offsetof(struct bench_card_options, initial), 10, 0, BENCH_VFS },
	};
	char *word, *value;
	int i, *number;

	while ((word = strsep(&text, " "))) {
		value = strchr(word, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		for (i = 0; i < ARRAY_SIZE(keys) && strcmp(word, keys[i].key); i++)
			;
		if (i == ARRAY_SIZE(keys))
			return -EINVAL;
		number = (void *)options + keys[i].offset;
		if (kstrtoint(value, keys[i].base, number) || *number < keys[i].first ||
		    *number > keys[i].last)
			return -EINVAL;
	}
	return 0;
}

static ssize_t add_write(struct file *file, const char __user *text, size_t size, loff_t *offset)
{
	struct bench_card_options options = {
		.domain = -1,
		.ports = -1,
		.vfs = -1,
		.limit = -1,
		.initial = -1,
	};
	char *line = line_of(text, size), *rest = line;
	int err;

	if (IS_ERR(line))
		return PTR_ERR(line);
	options.is = bench_personality(strsep(&rest, " "));
	err = options.is ? card_options(rest, &options) : -ENOENT;
	if (!err) {
		mutex_lock(&bench_lock);
		err = bench_card_add(&options);
		mutex_unlock(&bench_lock);
	}
	kfree(line);
	return err ?: size;
}

static const struct file_operations add_operations = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = add_write,
};

static int remove_set(void *data, u64 domain)
{
	int err;

	mutex_lock(&bench_lock);
	err = bench_card_remove(domain);
	mutex_unlock(&bench_lock);
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(remove_operations, NULL, remove_set, "%llu\n");

static int cards_show(struct seq_file *out, void *unused)
{
	struct bench_card *card;
	int port;

	mutex_lock(&bench_lock);
	list_for_each_entry(card, &bench_cards, node) for (port = 0; port < card->ports; port++)
		seq_printf(out, "%s %s\n", card->pf[port]->address, card->pf[port]->is->name);
	mutex_unlock(&bench_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cards);

int bench_knobs_init(void)
{
	root = debugfs_create_dir("viod-bench", NULL);
	if (IS_ERR(root))
		return PTR_ERR(root);
	debugfs_create_file("add", 0200, root, NULL, &add_operations);
	debugfs_create_file_unsafe("remove", 0200, root, NULL, &remove_operations);
	debugfs_create_file("cards", 0400, root, NULL, &cards_fops);
	return 0;
}

void bench_knobs_exit(void)
{
	debugfs_remove(root);
}
