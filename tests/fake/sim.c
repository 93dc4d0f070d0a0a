/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "coverage.h"
#include "raw.h"

/* A sequence that hands the turn over this often does not come to an end. */
#define PASSES_MAX 300000

struct sim *sim;
int sim_self = -1;
bool (*sim_spared)(const char *role, const char *argument);
void (*sim_noted)(const char *role, const char *name, const char *argument);

static void on_death(void);

/* The sanitizers' runtime has it; other builds do not. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

void sim_open(void)
{
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(on_death);
	sim = mmap(NULL, sizeof(*sim), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sim == MAP_FAILED)
		_exit(99);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void sim_reset(const char *root, uint64_t seed)
{
	bool verbose = sim->verbose;

	memset(sim, 0, sizeof(*sim));
	sim->verbose = verbose;
	sim->now = 1000 * SIM_SEC;
	sim->random = seed * 0x9e3779b97f4a7c15ULL + 1;
	snprintf(sim->root, sizeof(sim->root), "%s", root);
	sim->slots[0] = (struct sim_slot){ .pid = getpid(), .state = SIM_RUNNABLE };
	sim_self = 0;
}

uint64_t sim_random(void)
{
	uint64_t z = (sim->random += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* --- words ----------------------------------------------------------------------------------- */

void sim_trace(const char *format, ...)
{
	char line[1024];
	va_list arguments;
	int n, m;

	if (!sim || sim_self < 0)
		return;
	n = snprintf(line, sizeof(line), "%10.3f %-7s ", (double)(sim->now - 1000 * SIM_SEC) / 1e9,
		     sim_self ? sim->slots[sim_self].role : "test");
	va_start(arguments, format);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, arguments);
	va_end(arguments);
	n += m < (int)sizeof(line) - n - 2 ? m : (int)sizeof(line) - n - 2;
	line[n++] = '\n';
	(void)raw(write, SIM_FD_TRACE, line, n);
}

void sim_fail(const char *format, ...)
{
	char text[sizeof(sim->failure)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	sim_trace("MUST NOT HAPPEN: %s", text);
	if (!sim->failure[0])
		memcpy(sim->failure, text, sizeof(text));
}

/* --- the turn ------------------------------------------------------------------------------- */

static bool can_run(const struct sim_slot *slot)
{
	if (slot->state == SIM_RUNNABLE)
		return true;
	return slot->state == SIM_BLOCKED &&
	       (slot->deadline <= sim->now || (!slot->in_kernel && slot->seen != sim->activity));
}

static int pick(int from)
{
	for (int i = 1; i <= SIM_SLOTS; i++) {
		int slot = (from + i) % SIM_SLOTS;

		if (slot != 0 && can_run(&sim->slots[slot]))
			return slot;
	}
	return 0;
}

static void pass_to(int slot)
{
	__atomic_store_n(&sim->slots[slot].go, 1, __ATOMIC_SEQ_CST);
	(void)raw(futex, &sim->slots[slot].go, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* --- builds with --coverage ------------------------------------------------------------------ */

/* What is about to be killed, and waits for its turn, writes its coverage first. */
static void ask_for_coverage(struct sim_slot *slot)
{
	if (!coverage_is_measured())
		return;
	__atomic_store_n(&slot->dying, 1, __ATOMIC_SEQ_CST);
	pass_to((int)(slot - sim->slots));
	while (__atomic_load_n(&slot->dying, __ATOMIC_SEQ_CST))
		(void)raw(futex, &slot->dying, FUTEX_WAIT, 1, NULL, NULL, 0);
}

static void answer_with_coverage(struct sim_slot *slot)
{
	coverage_write();
	__atomic_store_n(&slot->dying, 0, __ATOMIC_SEQ_CST);
	(void)raw(futex, &slot->dying, FUTEX_WAKE, 1, NULL, NULL, 0);
	for (;;)
		(void)raw(ppoll, NULL, 0, NULL, NULL, 8);
}

/* --- processes that wait --------------------------------------------------------------------- */

/* Only the parent can wait until a child is a zombie, and its pidfd is readable only from then on.
 */
static void await_zombie(struct sim_slot *slot)
{
	pid_t pid = slot->await;
	siginfo_t info;

	slot->await = 0;
	if (sim_self != 0) {
		while (raw(waitid, P_PID, pid, &info, WEXITED | WNOWAIT, NULL) < 0 &&
		       errno == EINTR)
			;
	} else {
		while (raw(wait4, pid, &sim->status, 0, NULL) < 0 && errno == EINTR)
			;
	}
}

static void wait_for_turn(void)
{
	struct sim_slot *slot = &sim->slots[sim_self];

	while (!__atomic_exchange_n(&slot->go, 0, __ATOMIC_SEQ_CST))
		(void)raw(futex, &slot->go, FUTEX_WAIT, 0, NULL, NULL, 0);
	if (slot->dying)
		answer_with_coverage(slot);
	if (slot->await)
		await_zombie(slot);
	if (slot->orphaned && !slot->in_kernel) {
		slot->orphaned = false;
		(void)raise(SIGTERM);
	}
}

void sim_act(void)
{
	if (sim)
		sim->activity++;
}

void sim_block(uint64_t deadline)
{
	struct sim_slot *slot = &sim->slots[sim_self];

	slot->state = SIM_BLOCKED;
	slot->deadline = deadline;
	slot->seen = sim->activity;
	if (deadline > sim->now || pick(sim_self) != sim_self) {
		pass_to(pick(sim_self));
		wait_for_turn();
	}
	slot->state = SIM_RUNNABLE;
}

void sim_sleep_in_kernel(uint64_t deadline)
{
	struct sim_slot *slot = &sim->slots[sim_self];

	slot->in_kernel = true;
	slot->until = deadline;
	while (sim->now < slot->until)
		sim_block(slot->until);
	slot->in_kernel = false;
	if (slot->killed)
		sim_exit(128 + SIGKILL);
}

static void give_way_to(int next)
{
	sim->slots[sim_self].state = SIM_RUNNABLE;
	pass_to(next);
	wait_for_turn();
}

/* The controller kills this process, or the daemon. */
static void await_kill(const char *name, const char *detail)
{
	sim->kill.slot = sim_self;
	snprintf(sim->kill.change, sizeof(sim->kill.change), "%s: %s(%.60s)",
		 sim->slots[sim_self].role, name, detail ? detail : "");
	sim->triggered = true;
	give_way_to(0);
}

void sim_change(const char *name, const char *detail)
{
	if (sim_self > 0 && ++sim->changes == sim->kill.at_change)
		await_kill(name, detail);
}

/* Where the controller may step in between two calls of a process. */
static void give_way(void)
{
	struct sim_slot *slot = &sim->slots[sim_self];
	int next = 0;

	if (sim->trigger && sim->calls >= sim->trigger) {
		sim->trigger = 0;
		sim->triggered = true;
	} else if (sim->preempt && sim_random() % sim->preempt == 0) {
		slot->state = SIM_RUNNABLE;
		next = pick(sim_self);
		if (next == 0 || next == sim_self)
			return;
	} else {
		return;
	}
	give_way_to(next);
}

static bool is_fault(const char *detail)
{
	const struct sim_fault *fault = &sim->fault;

	if (fault->only)
		return !fault->error && detail && strcmp(fault->only, detail) == 0;
	return fault->at && sim->calls == fault->at &&
	       (!sim_spared || !sim_spared(sim->slots[sim_self].role, detail ? detail : ""));
}

int sim_call(const char *name, const char *detail, const int *errors)
{
	unsigned count = 0;

	if (sim_self <= 0)
		return 0;
	if (++sim->calls == sim->kill.at_call)
		await_kill(name, detail);
	give_way();
	if (sim->verbose)
		sim_trace("%6llu %s(%s)", (unsigned long long)sim->calls, name,
			  detail ? detail : "");
	if (errors && sim_noted)
		sim_noted(sim->slots[sim_self].role, name, detail ? detail : "");
	if (!errors || !is_fault(detail))
		return 0;
	while (errors[count])
		count++;
	sim->fault.error = errors[sim->fault.choice % count];
	snprintf(sim->fault.call, sizeof(sim->fault.call), "%s: %s(%.60s)",
		 sim->slots[sim_self].role, name, detail ? detail : "");
	sim_trace("call %llu %s(%s) fails: %s", (unsigned long long)sim->calls, name,
		  detail ? detail : "", strerror(sim->fault.error));
	return sim->fault.error;
}

/* --- processes ------------------------------------------------------------------------------- */

int sim_slot_for_child(void)
{
	for (int i = 1; i < SIM_SLOTS; i++) {
		if (sim->slots[i].state != SIM_FREE)
			continue;
		sim->slots[i] = (struct sim_slot){ .state = SIM_RUNNABLE,
						   .parent = sim_self,
						   .started = sim->calls };
		sim->forks++;
		return i;
	}
	return -1;
}

void sim_child(int slot)
{
	sim_self = slot;
	sim->slots[slot].pid = (pid_t)raw(getpid);
	wait_for_turn();
}

static bool is_alive(int slot)
{
	return sim->slots[slot].state != SIM_FREE && sim->slots[slot].state != SIM_DEAD;
}

/* What the kernel does for the children of a process that ends. */
static void orphan_children(int slot)
{
	for (int i = 1; i < SIM_SLOTS; i++) {
		if (!is_alive(i) || sim->slots[i].parent != slot)
			continue;
		sim->slots[i].parent = 0;
		sim->slots[i].orphaned = sim->slots[i].wants_signal;
		sim->slots[i].seen = 0; /* it is to look at once */
	}
}

static void note_end(int slot)
{
	struct sim_slot *ended = &sim->slots[slot];

	orphan_children(slot);
	if (strcmp(ended->role, "daemon") == 0 || strcmp(ended->role, "command") == 0)
		sim->exited = true;
	ended->state = SIM_FREE;
	sim->activity++;
}

/* The last of a process: its end is seen from now on. */
static void leave(void)
{
	int parent = sim->slots[sim_self].parent;

	coverage_write();
	note_end(sim_self);
	sim->slots[parent].await = (pid_t)raw(getpid);
	pass_to(parent);
}

/* A sanitizer is about to end this process. */
static void on_death(void)
{
	if (sim_self <= 0)
		return;
	sim_fail("the %s was ended by a sanitizer", sim->slots[sim_self].role);
	leave();
}
_Noreturn void sim_exit(int status)
{
	bool killed = sim->slots[sim_self].killed;

	sim_trace("ends with status %d", status);
	leave();
	if (killed)
		(void)raw(kill, getpid(), SIGKILL);
	for (;;)
		(void)raw(exit_group, status);
}

void sim_killed(int slot)
{
	struct sim_slot *target = &sim->slots[slot];
	siginfo_t info;

	if (target->in_kernel) {
		target->killed = true;
		return;
	}
	ask_for_coverage(target);
	(void)raw(kill, target->pid, SIGKILL);
	if (sim_self != 0)
		(void)raw(waitid, P_PID, target->pid, &info, WEXITED | WNOWAIT, NULL);
	else if (target->parent == 0)
		(void)raw(wait4, target->pid, &sim->status, 0, NULL);
	else
		/* Its parent will look at it, and must find a zombie. */
		sim->slots[target->parent].await = target->pid;
	note_end(slot);
}

/* --- the controller -------------------------------------------------------------------------- */

pid_t sim_spawn(const char *role)
{
	int slot = sim_slot_for_child();
	pid_t pid;

	if (slot < 0)
		return -1;
	sim->exited = sim->ready = false;
	snprintf(sim->slots[slot].role, sizeof(sim->slots[slot].role), "%s", role);
	pid = raw_fork();
	if (pid == 0)
		sim_child(slot);
	else
		sim->slots[slot].pid = pid;
	return pid;
}

int sim_find(const char *role)
{
	for (int i = 1; i < SIM_SLOTS; i++)
		if (is_alive(i) && strcmp(sim->slots[i].role, role) == 0)
			return i;
	return -1;
}

void sim_kill(int slot)
{
	sim_trace("SIGKILL for the %s", sim->slots[slot].role);
	sim_killed(slot);
}

void sim_kill_all(void)
{
	for (int i = 1; i < SIM_SLOTS; i++) {
		if (sim->slots[i].state == SIM_FREE)
			continue;
		if (is_alive(i))
			ask_for_coverage(&sim->slots[i]);
		(void)raw(kill, sim->slots[i].pid, SIGKILL);
	}
}

void sim_end_waits_in_kernel(void)
{
	for (int i = 1; i < SIM_SLOTS; i++)
		if (sim->slots[i].state == SIM_BLOCKED && sim->slots[i].in_kernel)
			sim->slots[i].until = sim->slots[i].deadline = sim->now;
}

static uint64_t next_deadline(void)
{
	uint64_t next = SIM_NEVER;

	for (int i = 1; i < SIM_SLOTS; i++)
		if (sim->slots[i].state == SIM_BLOCKED && sim->slots[i].deadline < next)
			next = sim->slots[i].deadline;
	return next;
}

enum sim_stop sim_run(uint64_t until)
{
	sim->activity++;
	sim->exited = false;
	for (unsigned passes = 0; passes < PASSES_MAX; passes++) {
		int next = pick(0);
		uint64_t deadline;

		if (next) {
			pass_to(next);
			wait_for_turn();
			if (sim->exited)
				return SIM_EXITED;
			if (sim->triggered) {
				sim->triggered = false;
				return SIM_TRIGGER;
			}
			continue;
		}
		deadline = next_deadline();
		if (deadline > until) {
			if (until != SIM_NEVER && until > sim->now)
				sim->now = until;
			return SIM_IDLE;
		}
		sim->now = deadline;
	}
	return SIM_LIVELOCK;
}
