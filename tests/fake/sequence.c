/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sequence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

/* Longer than the longest wait of the daemon before it tries again, twice. */
#define SETTLE (150 * SIM_SEC)

static const char *const names[OP_MAX_] = {
	[OP_WRITE] = "write file",
	[OP_DELETE] = "delete file",
	[OP_UNPLUG] = "unplug",
	[OP_PLUG] = "plug",
	[OP_PF_UNBIND] = "unbind PF",
	[OP_PF_BIND] = "bind PF",
	[OP_HOLD] = "hold",
	[OP_HOLDER_ENDS] = "the holder ends",
	[OP_RESTART] = "restart daemon",
	[OP_KILL_DAEMON] = "kill daemon",
	[OP_KILL_JOB] = "kill job",
	[OP_RELOAD] = "reload",
	[OP_OTHER_COUNT] = "other program: count",
	[OP_OTHER_LEVEL] = "other program: level",
	[OP_OTHER_UNBIND] = "other program: unbind VF",
	[OP_COUNT_ERROR] = "count fails",
	[OP_SHORT_COUNT] = "short count",
	[OP_LEVEL_ERROR] = "level fails",
	[OP_PROBE_ERROR] = "probe fails",
	[OP_DELAY] = "the count is slow",
	[OP_LOSE_EVENTS] = "events are lost",
	[OP_FAULT] = "a system call fails",
	[OP_CARRIER] = "carrier",
};

/* How often each comes. */
static const unsigned weights[OP_MAX_] = {
	[OP_WRITE] = 30,      [OP_DELETE] = 10,	    [OP_UNPLUG] = 4,	   [OP_PLUG] = 4,
	[OP_PF_UNBIND] = 3,   [OP_PF_BIND] = 3,	    [OP_HOLD] = 12,	   [OP_HOLDER_ENDS] = 6,
	[OP_RESTART] = 4,     [OP_KILL_DAEMON] = 4, [OP_KILL_JOB] = 5,	   [OP_RELOAD] = 3,
	[OP_OTHER_COUNT] = 2, [OP_OTHER_LEVEL] = 2, [OP_OTHER_UNBIND] = 2, [OP_COUNT_ERROR] = 3,
	[OP_SHORT_COUNT] = 1, [OP_LEVEL_ERROR] = 3, [OP_PROBE_ERROR] = 3,  [OP_DELAY] = 2,
	[OP_LOSE_EVENTS] = 2, [OP_FAULT] = 6,	    [OP_CARRIER] = 2,
};

/* --- making ---------------------------------------------------------------------------------- */

static uint64_t state;

/* splitmix64; the sequence does not depend on what the simulation draws. */
static unsigned draw(unsigned below)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (unsigned)((z ^ (z >> 31)) % below);
}

static enum op_type draw_type(void)
{
	unsigned total = 0, at;

	for (int i = 0; i < OP_MAX_; i++)
		total += weights[i];
	at = draw(total);
	for (int i = 0; i < OP_MAX_; i++) {
		if (at < weights[i])
			return (enum op_type)i;
		at -= weights[i];
	}
	return OP_WRITE;
}

static void draw_file(struct file_spec *file)
{
	static const int counts[] = { 0, 1, 1, 1, 2, 2, 3 };
	static const int drivers[] = { -1, -1, -1, -1, DRIVER_OTHER, DRIVER_VFIO, DRIVER_NONE };

	*file = (struct file_spec){ .exists = true, .vfs = counts[draw(7)], .keep = !draw(12) };
	for (int vf = 0; vf < FILE_VFS; vf++) {
		file->vf[vf].level = draw(3) ? (int)draw(5) : -1;
		file->vf[vf].quiet = draw(5) ? -1 : (int)draw(5);
		file->vf[vf].driver = drivers[draw(7)];
	}
}

static void draw_op(struct op *op, int pf)
{
	static const uint64_t waits[] = { 0,	       50 * SIM_MSEC, 500 * SIM_MSEC,
					  3 * SIM_SEC, 3 * SIM_SEC,   70 * SIM_SEC };

	*op = (struct op){ .type = draw_type(), .pf = pf };
	op->vf = (int)draw(2);
	op->number = (int)draw(1000);
	if (draw(3))
		op->wait = waits[draw(6)];
	else
		op->calls = 1 + draw(500);
	draw_file(&op->file);
}

void sequence_make(uint64_t seed, struct sequence *ret_sequence)
{
	struct sequence sequence = { .seed = seed };
	bool both;

	state = seed * 0xd1342543de82ef95ULL + 1;
	both = !draw(5);
	sequence.preempt = draw(3) ? 0 : 20 + draw(100);
	sequence.adopted[0] = draw(4) ? 0 : 1 + (int)draw(2);
	sequence.n_ops = 3 + draw(4);
	for (unsigned i = 0; i < sequence.n_ops; i++)
		draw_op(&sequence.ops[i], both ? (int)draw(KERNEL_PFS) : 0);
	/* Without a file there is little to see. */
	sequence.ops[0].type = OP_WRITE;
	*ret_sequence = sequence;
}

/* --- playing --------------------------------------------------------------------------------- */

static void file_name(int pf, char ret_name[static 16])
{
	snprintf(ret_name, 16, "%c.conf", 'a' + pf);
}

static void write_file(const struct op *op)
{
	char name[16], content[512];

	file_name(op->pf, name);
	file_text(&op->file, op->pf, content, sizeof(content));
	file_write(name, content);
}

/* What another program does to a configured PF, and to VFs that are not held. */
static bool other_program(const struct op *op)
{
	struct kernel_function *f = kernel_function(op->pf, op->vf);
	char path[96], number[16];

	if (!f->present || kernel_holder_of(op->pf, op->vf) ||
	    strcmp(state_of(op->pf), "configured") != 0)
		return false;
	if (op->type == OP_OTHER_COUNT) {
		for (int vf = 0; vf < KERNEL_VFS; vf++)
			if (kernel_holder_of(op->pf, vf))
				return false;
		snprintf(path, sizeof(path), "devices/pci0000:00/%s/sriov_numvfs",
			 kernel->pfs[op->pf].self.address);
		(void)kernel_other_write(path, "0");
		return false;
	} else if (op->type == OP_OTHER_LEVEL) {
		snprintf(path, sizeof(path), "devices/pci0000:00/%s/level", f->address);
		snprintf(number, sizeof(number), "%d", 1 + op->number % 89);
		(void)kernel_other_write(path, number);
		events_link(op->pf);
	} else if (f->driver) {
		snprintf(path, sizeof(path), "bus/pci/drivers/%s/unbind",
			 kernel_drivers[f->driver]);
		(void)kernel_other_write(path, f->address);
	}
	return true;
}

static void device_fault(const struct op *op)
{
	static const int errors[] = { EBUSY, EAGAIN, ENOMEM, EIO };
	struct kernel_pf *pf = &kernel->pfs[op->pf];

	if (op->type == OP_COUNT_ERROR) {
		pf->count_errors = 1 + (unsigned)op->number % 3;
		pf->count_error = errors[op->number / 3 % 4];
	} else if (op->type == OP_SHORT_COUNT) {
		pf->short_counts = 1;
	} else if (op->type == OP_LEVEL_ERROR) {
		pf->level_errors = 1 + (unsigned)op->number % 3;
	} else if (op->type == OP_PROBE_ERROR) {
		pf->probe_errors = 1 + (unsigned)op->number % 3;
	} else {
		pf->count_delay = (uint64_t)(op->number % 200) * SIM_SEC;
	}
}

static void hold(const struct op *op)
{
	static const enum holder_kind kinds[] = { HOLDER_NODE, HOLDER_NETNS, HOLDER_VFIO };

	for (int i = 0; i < 3; i++)
		if (kernel_hold(op->pf, op->vf, kinds[(op->number + i) % 3]))
			return;
}

static void play_process(const struct op *op)
{
	switch (op->type) {
	case OP_RESTART:
		daemon_stop();
		daemon_start();
		break;
	case OP_KILL_DAEMON:
		daemon_kill();
		machine_run(100 * SIM_MSEC);
		daemon_start();
		break;
	case OP_KILL_JOB:
		if (sim_find("job") > 0)
			sim_kill(sim_find("job"));
		break;
	case OP_RELOAD:
		daemon_reload();
		break;
	case OP_FAULT:
		sim->fault = (struct sim_fault){ .at = sim->calls + 1 + (unsigned)op->number / 2,
						 .choice = (unsigned)op->number };
		break;
	default:
		break;
	}
}

static void play(struct model *model, const struct op *op)
{
	struct kernel_holder *holder;
	char name[16];

	switch (op->type) {
	case OP_WRITE:
		write_file(op);
		break;
	case OP_DELETE:
		file_name(op->pf, name);
		file_remove(name);
		break;
	case OP_UNPLUG:
		kernel_unplug(op->pf);
		break;
	case OP_PLUG:
		kernel_plug(op->pf);
		break;
	case OP_PF_UNBIND:
		if (kernel->pfs[op->pf].self.present)
			kernel_pf_unbind(op->pf);
		break;
	case OP_PF_BIND:
		if (kernel->pfs[op->pf].self.present)
			kernel_pf_bind(op->pf);
		break;
	case OP_HOLD:
		hold(op);
		break;
	case OP_HOLDER_ENDS:
		holder = kernel_holder_of(op->pf, op->vf);
		if (holder)
			kernel_end_holder(holder);
		break;
	case OP_OTHER_COUNT:
	case OP_OTHER_LEVEL:
	case OP_OTHER_UNBIND:
		if (other_program(op))
			model_other(model, op->pf, op->vf);
		break;
	case OP_COUNT_ERROR:
	case OP_SHORT_COUNT:
	case OP_LEVEL_ERROR:
	case OP_PROBE_ERROR:
	case OP_DELAY:
		device_fault(op);
		break;
	case OP_LOSE_EVENTS:
		events_lose();
		break;
	case OP_CARRIER:
		kernel_set_carrier(op->pf, op->number % 2);
		break;
	default:
		play_process(op);
		break;
	}
}

static void adopt(const struct sequence *sequence)
{
	for (int pf = 0; pf < KERNEL_PFS; pf++) {
		(void)kernel_set_count(pf, (unsigned)sequence->adopted[pf]);
		for (int vf = 0; vf < sequence->adopted[pf]; vf++) {
			char path[96], number[16];

			snprintf(path, sizeof(path), "devices/pci0000:00/%s/level",
				 kernel_function(pf, vf)->address);
			snprintf(number, sizeof(number), "%d", 10 + vf);
			(void)kernel_write(path, number, strlen(number));
		}
	}
}

/* Nothing is in the way any more. */
static void restore_machine(void)
{
	sim_trace("---- the machine is restored");
	sim->fault = (struct sim_fault){ 0 };
	sim->preempt = 0;
	sim_end_waits_in_kernel();
	for (int i = 0; i < KERNEL_HOLDERS; i++)
		if (kernel->holders[i].pid)
			kernel_end_holder(&kernel->holders[i]);
	for (int pf = 0; pf < KERNEL_PFS; pf++) {
		struct kernel_pf *p = &kernel->pfs[pf];

		p->count_errors = p->short_counts = p->probe_errors = p->level_errors = 0;
		p->count_delay = 0;
		kernel_plug(pf);
		kernel_pf_bind(pf);
	}
}

/* A configured machine, after a reload or a restart: nothing is written. */
static const char *judge_quiet(const struct sequence *sequence, const struct model *model)
{
	static char text[256];
	unsigned before = kernel->n_writes;
	unsigned kind = (unsigned)(sequence->seed % 8);

	/* A reload asks for VFs that are lent. */
	if (kind > 2 || (kind && model_may_lend(model)))
		return NULL;
	if (kind == 0) {
		daemon_stop();
		daemon_start();
	} else {
		daemon_reload();
	}
	machine_run(5 * SIM_SEC);
	if (kernel->n_writes == before)
		return NULL;
	snprintf(text, sizeof(text), "after a %s with nothing to do it writes %s",
		 kind ? "reload" : "restart", kernel->log[before % KERNEL_LOG].path);
	return text;
}

const char *sequence_run(const struct sequence *sequence)
{
	const char *wrong;
	struct model model;

	machine_reset(sequence->seed);
	adopt(sequence);
	model_begin(&model, sequence);
	daemon_start();
	machine_run(SIM_SEC);
	sim->preempt = sequence->preempt;
	for (unsigned i = 0; i < sequence->n_ops && !sim->failure[0]; i++) {
		const struct op *op = &sequence->ops[i];

		if (op->calls)
			(void)machine_run_to_call(op->calls, SIM_SEC);
		else if (op->wait)
			machine_run(op->wait);
		sim_trace("---- %s, PF %d", names[op->type], op->pf);
		play(&model, op);
		model_op(&model, op);
	}
	restore_machine();
	machine_run(SETTLE);
	wrong = sim->failure[0] ? sim->failure : model_judge(&model);
	wrong = wrong ? wrong : judge_quiet(sequence, &model);
	if (wrong)
		sim_trace("WRONG: %s", wrong);
	machine_end();
	return wrong;
}

/* --- a failure ------------------------------------------------------------------------------- */

void sequence_shrink(struct sequence *sequence)
{
	for (unsigned i = sequence->n_ops; i-- > 0;) {
		struct sequence less = *sequence;

		memmove(&less.ops[i], &less.ops[i + 1], (less.n_ops - i - 1) * sizeof(*less.ops));
		less.n_ops--;
		if (sequence_run(&less))
			*sequence = less;
	}
	if (sequence->preempt) {
		struct sequence less = *sequence;

		less.preempt = 0;
		if (sequence_run(&less))
			*sequence = less;
	}
}

void sequence_print(const struct sequence *sequence)
{
	printf("     seed %llu, %d VFs before, one call in %u passes the turn\n",
	       (unsigned long long)sequence->seed, sequence->adopted[0], sequence->preempt);
	for (unsigned i = 0; i < sequence->n_ops; i++) {
		const struct op *op = &sequence->ops[i];

		printf("     %u. %s, PF %d, VF %d, number %d, after %u calls or %.3f s\n", i + 1,
		       names[op->type], op->pf, op->vf, op->number, op->calls,
		       (double)op->wait / 1e9);
	}
}
