/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A random sequence: what people, other programs, devices and the system do to a machine with the
 * daemon on it, made from a seed; and the model that says what must be there in the end. */
#ifndef VIOD_FAKE_SEQUENCE_H
#define VIOD_FAKE_SEQUENCE_H

#include "kernel.h"

#define SEQUENCE_OPS 12
#define FILE_VFS 4

enum op_type {
	OP_WRITE,  /* a file is written */
	OP_DELETE, /* a file is deleted */
	OP_UNPLUG,
	OP_PLUG,
	OP_PF_UNBIND,
	OP_PF_BIND,
	OP_HOLD,
	OP_HOLDER_ENDS,
	OP_RESTART, /* of the daemon, by SIGTERM */
	OP_KILL_DAEMON,
	OP_KILL_JOB,
	OP_RELOAD,
	OP_OTHER_COUNT,
	OP_OTHER_LEVEL,
	OP_OTHER_UNBIND, /* another program's writes */
	OP_COUNT_ERROR,
	OP_SHORT_COUNT,
	OP_LEVEL_ERROR,
	OP_PROBE_ERROR,
	OP_DELAY,
	OP_LOSE_EVENTS,
	OP_FAULT, /* a system call fails */
	OP_CARRIER,
	OP_MAX_
};

/** What a file asks for; -1: it does not say. */
struct file_spec {
	bool exists, keep;
	int vfs;
	struct {
		int level, quiet, driver;
	} vf[FILE_VFS];
};

struct op {
	enum op_type type;
	int pf, vf, number;
	struct file_spec file; /* OP_WRITE */
	/* When it happens: after so many further system calls, or after so long. */
	unsigned calls;
	uint64_t wait;
};

struct sequence {
	uint64_t seed;
	unsigned preempt;	 /* one in so many system calls passes the turn; 0: none */
	int adopted[KERNEL_PFS]; /* VFs that were there before the daemon */
	unsigned n_ops;
	struct op ops[SEQUENCE_OPS];
};

void sequence_make(uint64_t seed, struct sequence *ret_sequence);
/** Play it on a new machine and judge it; the first thing that is wrong, or NULL. */
const char *sequence_run(const struct sequence *sequence);
/** Leave out what is not needed for it to fail. */
void sequence_shrink(struct sequence *sequence);
void sequence_print(const struct sequence *sequence);

/** A VF that another program has changed: it is lent, and stays as that program left it until it
 * was used, or a person asks for it. */
struct model_lent {
	bool lent;
	bool asked; /* something since may have ended that, or not */
	unsigned generation;
	int level, driver;
	int rows[3]; /* of the file, when it was changed */
};

/** model.c: what has been asked for, without a look at what the daemon made of it. */
struct model_pf {
	struct file_spec file; /* as it is now */
	bool touched;	       /* the daemon may have changed it since it was last as found */
	bool unread;	       /* no job may have read on-remove of the file */
	bool unknown;	       /* see the list at the head of model.c */
	int adopted;	       /* VFs that it had before */
	int levels[FILE_VFS];  /* of these; -1: another program has changed it */
	uint64_t written;      /* when the file was written last */
	struct model_lent lent[FILE_VFS];
};
struct model {
	bool faults; /* the daemon may not have seen all */
	struct model_pf pfs[KERNEL_PFS];
	bool disturbed; /* something may have kept a job from reading the files */
};

void model_begin(struct model *model, const struct sequence *sequence);
void model_op(struct model *model, const struct op *op);
/** Another program has changed this VF, which is not in use. */
void model_other(struct model *model, int pf, int vf);
/** Whether a VF may still be lent. */
bool model_may_lend(const struct model *model);
/** After all is in order again: the first difference, or NULL. */
const char *model_judge(const struct model *model);

void file_text(const struct file_spec *file, int pf, char *ret_text, size_t size);

#endif
