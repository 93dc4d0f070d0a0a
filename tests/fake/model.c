/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must be there when all is in order again: no holder, every device present with its driver,
 * no error left, and time enough. It follows what was asked for, and knows nothing of the daemon:
 *
 *   a file        so many VFs as it says, each with the driver and the values that it says; what it
 *                 leaves open has its native driver
 *   no file       what was there before the file: no VFs, or those that the daemon found with the
 *                 values they had; nothing else of the daemon is left
 *   keep          what the last file made stays
 *   lent          a VF that another program has changed is as that program left it; if something
 *                 happened since that may have ended this, it is so or as the file says; and what
 *                 needs it removed waits for it
 *   a device that is removed: the one that is plugged in after it has no VFs, and gets none that
 *                 only the former one had
 *
 * Where it does not judge, since the rules say nothing:
 *
 *   VFs that were there before the daemon, and went with the PF's driver: whether they come back
 *   on-remove of a file that is deleted before a job has read it
 */
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "sequence.h"

static char text[256];

void file_text(const struct file_spec *file, int pf, char *ret_text, size_t size)
{
	size_t n = (size_t)snprintf(ret_text, size, "[pf]\nname = %s\nkind = lab\n",
				    kernel->pfs[pf].self.address);

	if (file->vfs >= 0)
		n += (size_t)snprintf(ret_text + n, size - n, "vfs = %d\n", file->vfs);
	if (file->keep)
		n += (size_t)snprintf(ret_text + n, size - n, "on-remove = keep\n");
	for (int vf = 0; vf < FILE_VFS && vf < file->vfs; vf++) {
		n += (size_t)snprintf(ret_text + n, size - n, "[vf%d]\n", vf);
		if (file->vf[vf].level >= 0)
			n += (size_t)snprintf(ret_text + n, size - n, "level = %d\n",
					      file->vf[vf].level);
		if (file->vf[vf].quiet >= 0)
			n += (size_t)snprintf(ret_text + n, size - n, "quiet = %d\n",
					      file->vf[vf].quiet);
		if (file->vf[vf].driver >= 0)
			n += (size_t)snprintf(
				ret_text + n, size - n, "driver = %s\n",
				file->vf[vf].driver ? kernel_drivers[file->vf[vf].driver] : "none");
	}
}

void model_begin(struct model *model, const struct sequence *sequence)
{
	memset(model, 0, sizeof(*model));
	for (int pf = 0; pf < KERNEL_PFS; pf++) {
		model->pfs[pf].adopted = sequence->adopted[pf];
		for (int vf = 0; vf < FILE_VFS; vf++)
			model->pfs[pf].levels[vf] = 10 + vf;
	}
}

/* --- lending --------------------------------------------------------------------------------- */

/* Long enough for the daemon to have seen an edit and applied it. */
#define APPLIED (3 * SIM_SEC)

static void rows_of(const struct file_spec *file, int vf, int ret_rows[static 3])
{
	ret_rows[0] = file->vf[vf].level;
	ret_rows[1] = file->vf[vf].quiet;
	ret_rows[2] = file->vf[vf].driver;
}

void model_other(struct model *model, int pf, int vf)
{
	const struct kernel_function *f = kernel_function(pf, vf);
	struct model_pf *m = &model->pfs[pf];
	struct model_lent *lent = &m->lent[vf];

	if (!m->file.exists)
		return;
	*lent = (struct model_lent){
		.lent = true,
		/* What it did may be what an edit that waits says, or be taken for that of a job
		 * which has not come to its end. */
		.asked = model->faults || sim->now < m->written + APPLIED ||
			 f->level == m->file.vf[vf].level || sim_find("job") > 0,
		.generation = f->generation,
		.level = f->level,
		.driver = (int)f->driver,
	};
	rows_of(&m->file, vf, lent->rows);
}

/* Whether the VF is still the one, and the file says of it what it did. */
static bool may_be_lent(const struct model_pf *m, int pf, int vf)
{
	const struct model_lent *lent = &m->lent[vf];
	int rows[3];

	rows_of(&m->file, vf, rows);
	return lent->lent && kernel_function(pf, vf)->present &&
	       kernel_function(pf, vf)->generation == lent->generation &&
	       (!m->file.exists || memcmp(rows, lent->rows, sizeof(rows)) == 0);
}

static bool any_may_be_lent(const struct model_pf *m, int pf)
{
	for (int vf = 0; vf < FILE_VFS; vf++)
		if (may_be_lent(m, pf, vf))
			return true;
	return false;
}

bool model_may_lend(const struct model *model)
{
	for (int pf = 0; pf < KERNEL_PFS; pf++)
		if (any_may_be_lent(&model->pfs[pf], pf))
			return true;
	return false;
}

static bool is_as_left(const struct model_pf *m, int pf, int vf)
{
	const struct kernel_function *f = kernel_function(pf, vf);

	return f->level == m->lent[vf].level && (int)f->driver == m->lent[vf].driver;
}

/* What may end a lending, or hide it from the daemon. */
static void note_asked(struct model *model, const struct op *op)
{
	bool all = op->type == OP_RELOAD || op->type == OP_KILL_JOB || op->type == OP_FAULT ||
		   op->type == OP_KILL_DAEMON || op->type == OP_LOSE_EVENTS;

	model->faults = model->faults || op->type == OP_FAULT || op->type == OP_LOSE_EVENTS;
	for (int pf = 0; pf < KERNEL_PFS; pf++)
		for (int vf = 0; vf < FILE_VFS && (all || (pf == op->pf && op->type != OP_CARRIER &&
							   op->type != OP_RESTART));
		     vf++)
			if (op->type != OP_OTHER_LEVEL && op->type != OP_OTHER_UNBIND)
				model->pfs[pf].lent[vf].asked = true;
}

/* --- what is asked for ------------------------------------------------------------------------ */

static void write_file(struct model_pf *pf, const struct file_spec *file)
{
	pf->written = sim->now;
	pf->unread = pf->file.keep != file->keep || !pf->file.exists;
	pf->file = *file;
	pf->file.exists = true;
	pf->touched = true;
}

static void delete_file(struct model_pf *pf)
{
	bool kept = pf->file.exists && pf->file.keep;

	/* What is kept is as if it had been there before the daemon. */
	if (kept || (pf->file.exists && pf->unread)) {
		pf->unknown = true;
		pf->adopted = 1;
	}
	pf->file.exists = false;
}

/* Nothing has kept a job from reading the files: the daemon ran for long enough. */
static void settle(struct model *model, const struct op *op)
{
	static const bool disturbs[OP_MAX_] = { [OP_DELAY] = true,
						[OP_FAULT] = true,
						[OP_KILL_DAEMON] = true,
						[OP_RESTART] = true,
						[OP_LOSE_EVENTS] = true };

	for (int pf = 0; pf < KERNEL_PFS && !model->disturbed; pf++)
		if (!op->calls && op->wait >= 3 * SIM_SEC)
			model->pfs[pf].unread = false;
	model->disturbed = model->disturbed || disturbs[op->type];
}

void model_op(struct model *model, const struct op *op)
{
	struct model_pf *pf = &model->pfs[op->pf];

	note_asked(model, op);
	settle(model, op);
	switch (op->type) {
	case OP_WRITE:
		write_file(pf, &op->file);
		break;
	case OP_DELETE:
		delete_file(pf);
		break;
	case OP_UNPLUG:
		pf->adopted = 0;
		pf->unknown = false;
		break;
	case OP_OTHER_LEVEL:
		/* What no file sets is left as another program set it. */
		if (!pf->file.exists || op->vf >= pf->file.vfs || pf->file.vf[op->vf].level < 0)
			pf->levels[op->vf] = -1;
		break;
	case OP_PF_UNBIND:
		if (pf->adopted && pf->touched)
			pf->unknown = true;
		if (!pf->touched)
			pf->adopted = 0;
		break;
	default:
		break;
	}
}

static const char *judge_vf(const struct model_pf *model, int pf, int vf)
{
	const struct kernel_function *f = kernel_function(pf, vf);
	int driver = model->file.vf[vf].driver, level = model->file.vf[vf].level;
	int quiet = model->file.vf[vf].quiet;

	if (may_be_lent(model, pf, vf) && is_as_left(model, pf, vf))
		return NULL;
	if (may_be_lent(model, pf, vf) && !model->lent[vf].asked) {
		snprintf(text, sizeof(text),
			 "VF %d of PF %d is lent, and not as another program left it", vf, pf);
		return text;
	}
	/* The driver of a VF that was there before is left alone unless the file names one. */
	if (driver < 0)
		driver = model->adopted ? (int)f->driver : DRIVER_VF;
	if ((int)f->driver != driver)
		snprintf(text, sizeof(text), "VF %d of PF %d has driver %s, not %s", vf, pf,
			 f->driver ? kernel_drivers[f->driver] : "none",
			 driver ? kernel_drivers[driver] : "none");
	else if (level >= 0 && f->level != level)
		snprintf(text, sizeof(text), "VF %d of PF %d has level %d, not %d", vf, pf,
			 f->level, level);
	else if (quiet >= 0 && f->quiet != quiet)
		snprintf(text, sizeof(text), "VF %d of PF %d has quiet %d, not %d", vf, pf,
			 f->quiet, quiet);
	else if (driver == DRIVER_VF && f->override[0])
		snprintf(text, sizeof(text), "VF %d of PF %d has a driver_override %s left", vf, pf,
			 f->override);
	else
		return NULL;
	return text;
}

static const char *judge_file(const struct model_pf *model, int pf)
{
	const struct kernel_pf *p = &kernel->pfs[pf];
	const char *wrong = NULL;

	if (any_may_be_lent(model, pf) && strcmp(state_of(pf), "blocked") == 0)
		return NULL;
	if ((int)p->numvfs != model->file.vfs) {
		snprintf(text, sizeof(text), "PF %d has %u VFs, not %d", pf, p->numvfs,
			 model->file.vfs);
		return text;
	}
	for (int vf = 0; vf < model->file.vfs && !wrong; vf++)
		wrong = judge_vf(model, pf, vf);
	if (!wrong && strcmp(state_of(pf), "configured") != 0) {
		snprintf(text, sizeof(text), "PF %d has the state '%s', not configured", pf,
			 state_of(pf));
		wrong = text;
	}
	return wrong;
}

static const char *judge_release(const struct model_pf *model, int pf)
{
	const struct kernel_pf *p = &kernel->pfs[pf];

	if (any_may_be_lent(model, pf) && strcmp(state_of(pf), "blocked") == 0)
		return NULL;
	if ((int)p->numvfs != model->adopted) {
		snprintf(text, sizeof(text), "PF %d has %u VFs, not the %d there were", pf,
			 p->numvfs, model->adopted);
		return text;
	}
	for (int vf = 0; vf < model->adopted; vf++)
		if (model->levels[vf] >= 0 && p->vfs[vf].level != model->levels[vf] &&
		    !model->lent[vf].lent) {
			snprintf(text, sizeof(text),
				 "VF %d of PF %d has level %d, not the %d it had", vf, pf,
				 p->vfs[vf].level, model->levels[vf]);
			return text;
		}
	if (has_record(pf) || state_of(pf)[0]) {
		snprintf(text, sizeof(text), "PF %d still has %s, state '%s'", pf,
			 has_record(pf) ? "a record" : "no record", state_of(pf));
		return text;
	}
	return NULL;
}

const char *model_judge(const struct model *model)
{
	for (int pf = 0; pf < KERNEL_PFS; pf++) {
		const struct model_pf *m = &model->pfs[pf];
		const char *wrong = NULL;

		if (m->file.exists)
			wrong = judge_file(m, pf);
		else if (!m->unknown)
			wrong = judge_release(m, pf);
		if (!wrong && !kernel->pfs[pf].autoprobe) {
			snprintf(text, sizeof(text), "autoprobe of PF %d is still off", pf);
			wrong = text;
		}
		if (wrong)
			return wrong;
	}
	return NULL;
}
