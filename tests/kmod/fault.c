// SPDX-License-Identifier: GPL-2.0-only
/* Rules that delay operations, or make them fail or hang; and counters of operations. */
#include "bench.h"

#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define LONGEST 600000 /* ms */

struct fault {
	struct list_head node;
	enum bench_op op;
	int vf; /* -1: every VF, and operations without a VF */
	int error;
	unsigned int delay;
	bool hang, less;
	int left; /* times; -1 = for ever */
	unsigned int hits;
};

const char *const bench_op_names[BENCH_OPS] = {
	[OP_CREATE] = "create",	      [OP_DESTROY] = "destroy",
	[OP_PF_PROBE] = "pf-probe",   [OP_PROBE] = "probe",
	[OP_NETDEV] = "netdev",	      [OP_MAC] = "mac",
	[OP_VLAN] = "vlan",	      [OP_RATE] = "rate",
	[OP_SPOOFCHK] = "spoofchk",   [OP_LINK_STATE] = "link-state",
	[OP_RSS_QUERY] = "query-rss", [OP_TRUST] = "trust",
	[OP_GUID] = "guid",	      [OP_GET] = "get",
	[OP_ESWITCH] = "eswitch",     [OP_FUNCTION] = "function",
	[OP_ATTRIBUTE] = "attribute",
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EPERM", EPERM },
	{ "ENOENT", ENOENT },
	{ "EIO", EIO },
	{ "ENXIO", ENXIO },
	{ "EAGAIN", EAGAIN },
	{ "ENOMEM", ENOMEM },
	{ "EACCES", EACCES },
	{ "EBUSY", EBUSY },
	{ "EEXIST", EEXIST },
	{ "ENODEV", ENODEV },
	{ "EINVAL", EINVAL },
	{ "ENOSPC", ENOSPC },
	{ "ERANGE", ERANGE },
	{ "ENETDOWN", ENETDOWN },
	{ "EMSGSIZE", EMSGSIZE },
	{ "EPROTONOSUPPORT", EPROTONOSUPPORT },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "ETIMEDOUT", ETIMEDOUT },
};

static bool meant(const struct fault *fault, enum bench_op op, int vf)
{
	return fault->op == op && fault->left && (fault->vf < 0 || fault->vf == vf);
}

static void hit(struct fault *fault)
{
	fault->hits++;
	if (fault->left > 0)
		fault->left--;
}

unsigned int bench_fault_delay(struct bench_pf *pf, enum bench_op op, int vf)
{
	struct fault *fault;
	unsigned int delay = 0;

	spin_lock(&pf->fault_lock);
	list_for_each_entry(fault, &pf->faults, node) if (meant(fault, op, vf) && fault->delay)
	{
		delay += fault->delay;
		hit(fault);
	}
	spin_unlock(&pf->fault_lock);
	return delay;
}

void bench_fault_wait(struct bench_pf *pf, enum bench_op op, int vf)
{
	unsigned int delay = bench_fault_delay(pf, op, vf), generation;
	struct fault *fault;
	bool hang = false;

	if (delay)
		msleep(delay);
	spin_lock(&pf->fault_lock);
	generation = pf->fault_generation;
	list_for_each_entry(fault, &pf->faults, node) if (meant(fault, op, vf) && fault->hang)
	{
		hang = true;
		hit(fault);
	}
	spin_unlock(&pf->fault_lock);
	/* Uninterruptible, as in real drivers. Waking up now and then avoids the report of a hung
	 * task. */
	while (hang && READ_ONCE(pf->fault_generation) == generation)
		schedule_timeout_uninterruptible(HZ / 20);
}

int bench_fault_error(struct bench_pf *pf, enum bench_op op, int vf)
{
	struct fault *fault;
	int err = 0;

	spin_lock(&pf->fault_lock);
	list_for_each_entry_reverse(fault, &pf->faults,
				    node) if (meant(fault, op, vf) && (fault->error || fault->less))
	{
		err = fault->less ? BENCH_SHORT : -fault->error;
		hit(fault);
		break;
	}
	spin_unlock(&pf->fault_lock);
	return err;
}

int bench_fault(struct bench_pf *pf, enum bench_op op, int vf)
{
	int err;

	atomic_inc(&pf->done[op]);
	bench_fault_wait(pf, op, vf);
	err = bench_fault_error(pf, op, vf);
	return err < 0 ? err : 0;
}

static int parse_op(const char *text)
{
	int op;

	for (op = 0; text && op < BENCH_OPS; op++)
		if (!strcmp(text, bench_op_names[op]))
			return op;
	return -EINVAL;
}

static int parse_action(struct fault *fault, const char *text)
{
	int i;

	if (!text)
		return -EINVAL;
	if (!strcmp(text, "hang")) {
		fault->hang = true;
		return 0;
	}
	if (!strcmp(text, "short")) {
		fault->less = true;
		return fault->op == OP_CREATE ? 0 : -EINVAL;
	}
	if (!strncmp(text, "delay=", 6))
		return kstrtouint(text + 6, 10, &fault->delay)
			       ?: fault->delay > LONGEST ? -EINVAL
							 : 0;
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (!strcmp(text, errors[i].name)) {
			fault->error = errors[i].number;
			return 0;
		}
	return kstrtoint(text, 10, &fault->error)
		       ?: fault->error <= 0 || fault->error >= 512 ? -EINVAL
								   : 0;
}

/* OP VF ACTION [TIMES] */
int bench_fault_add(struct bench_pf *pf, char *text)
{
	struct fault *fault = kzalloc(sizeof(*fault), GFP_KERNEL);
	char *vf, *action, *times;
	int op, err;

	if (!fault)
		return -ENOMEM;
	op = parse_op(strsep(&text, " "));
	vf = strsep(&text, " ");
	action = strsep(&text, " ");
	times = text;
	fault->op = op;
	fault->vf = -1;
	fault->left = -1;
	err = op < 0 || !vf ? -EINVAL : 0;
	if (!err && strcmp(vf, "*"))
		err = kstrtoint(vf, 10, &fault->vf)
			      ?: fault->vf < 0 || fault->vf >= BENCH_VFS ? -EINVAL
									 : 0;
	if (!err)
		err = parse_action(fault, action);
	if (!err && times)
		err = kstrtoint(times, 10, &fault->left) ?: fault->left <= 0 ? -EINVAL : 0;
	if (err) {
		kfree(fault);
		return err;
	}
	spin_lock(&pf->fault_lock);
	list_add_tail(&fault->node, &pf->faults);
	spin_unlock(&pf->fault_lock);
	return 0;
}

void bench_fault_clear(struct bench_pf *pf)
{
	struct fault *fault, *next;
	LIST_HEAD(gone);

	spin_lock(&pf->fault_lock);
	list_splice_init(&pf->faults, &gone);
	pf->fault_generation++;
	spin_unlock(&pf->fault_lock);
	list_for_each_entry_safe(fault, next, &gone, node) kfree(fault);
}

void bench_fault_show(struct bench_pf *pf, struct seq_file *out)
{
	struct fault *fault;

	spin_lock(&pf->fault_lock);
	list_for_each_entry(fault, &pf->faults, node)
	{
		seq_printf(out, "%s ", bench_op_names[fault->op]);
		if (fault->vf < 0)
			seq_puts(out, "* ");
		else
			seq_printf(out, "%d ", fault->vf);
		if (fault->hang)
			seq_puts(out, "hang");
		else if (fault->less)
			seq_puts(out, "short");
		else if (fault->delay)
			seq_printf(out, "delay=%u", fault->delay);
		else
			seq_printf(out, "%d", fault->error);
		seq_printf(out, " hits=%u left=%d\n", fault->hits, fault->left);
	}
	spin_unlock(&pf->fault_lock);
}
