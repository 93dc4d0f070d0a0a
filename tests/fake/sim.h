/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The world that one sequence runs in: real processes, one of which runs at a time, and a clock
 * that stands still while one of them runs and jumps to the next timer when none can. So a sequence
 * is the same in each run, and a wait of a minute costs nothing.
 *
 * Slot 0 is the controller: the process that starts the daemon, plays the rest of the machine and
 * judges. The daemon, its jobs and their workers have the other slots. Each system call of theirs
 * that matters passes through calls*.c, and a process that would wait passes the turn to another.
 */
#ifndef VIOD_FAKE_SIM_H
#define VIOD_FAKE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SIM_SLOTS 64
#define SIM_VFS 160
#define SIM_NEVER UINT64_MAX
#define SIM_SEC 1000000000ULL
#define SIM_MSEC 1000000ULL
/* Descriptors of the harness start here, where close_range() of a job does not reach them. */
#define SIM_FD_ROOT 900
#define SIM_FD_TRACE 901
#define SIM_FDS 900

enum sim_state { SIM_FREE, SIM_RUNNABLE, SIM_BLOCKED, SIM_DEAD };

struct sim_slot {
	uint32_t go;	/* futex: it is the turn of this process */
	uint32_t dying; /* futex: it is to write its coverage before it is killed */
	pid_t pid;
	int parent;
	enum sim_state state;
	uint64_t deadline; /* SIM_BLOCKED: wakes at this time */
	uint64_t until;	   /* in_kernel: its end */
	uint64_t seen;	   /* SIM_BLOCKED: sim->activity when it last looked */
	pid_t await;	   /* a child that is about to become a zombie */
	bool in_kernel;	   /* uninterruptible: a signal waits for the end of the call */
	bool killed;	   /* SIGKILL has been sent while in_kernel */
	bool orphaned;	   /* its parent has died and it asked for SIGTERM then */
	bool wants_signal; /* PR_SET_PDEATHSIG */
	uint64_t started;  /* sim->calls at its start */
	/* When it last began to look for holders: in /proc, and at the interface of each VF. */
	uint64_t looked_proc, looked_net[SIM_VFS];
	char role[12];
};

/** One error that a system call is to return. */
struct sim_fault {
	uint64_t at;	  /* number of the call, from 1; 0: none */
	const char *only; /* instead of at: the first call with this argument */
	unsigned choice;  /* which of the errors that this call can return */
	int error;	  /* what was returned; 0: the call has not been reached */
	char call[96];	  /* which call it was */
};

/** One SIGKILL in front of a write, or of any system call. */
struct sim_kill {
	uint64_t at_change, at_call; /* its number, from 1; 0: none */
	bool daemon; /* the daemon and all that it has started; else who is about to make it */
	int slot;    /* who was about to make it; 0: it has not come */
	bool done;
	char change[96]; /* which it was */
};

enum sim_stop {
	SIM_IDLE,     /* nothing is left to do until the limit */
	SIM_TRIGGER,  /* the call with the number sim->trigger is about to be made */
	SIM_EXITED,   /* the daemon, or a command, has ended */
	SIM_LIVELOCK, /* it goes on without end */
};

struct sim {
	uint64_t now; /* CLOCK_MONOTONIC in ns */
	uint64_t activity;
	uint64_t calls; /* of the daemon and its children */
	uint64_t trigger, preempt;
	uint64_t random;
	uint64_t serial;  /* of temporary names */
	uint64_t changes; /* writes among them */
	struct sim_fault fault;
	struct sim_kill kill;
	bool verbose;
	bool triggered;
	int status; /* of the daemon, when it has ended */
	bool exited, ready;
	unsigned ready_count;
	unsigned forks;
	char failure[512]; /* the first thing that must not happen */
	char root[64];
	struct sim_slot slots[SIM_SLOTS];
};

extern struct sim *sim;
/** Calls that random errors pass over, or NULL. */
extern bool (*sim_spared)(const char *role, const char *argument);
/** Called in front of each call that can fail, in the process that makes it, or NULL. */
extern void (*sim_noted)(const char *role, const char *name, const char *argument);
extern int sim_self; /* slot of this process; -1: outside of any sequence */

/** Map the shared memory, once in each runner. */
void sim_open(void);
/** Forget all processes, time and faults; root is the directory the daemon will see as /. */
void sim_reset(const char *root, uint64_t seed);

/** Controller: fork a process that runs once the controller waits. 0 in the child. */
pid_t sim_spawn(const char *role);
/** Controller: let the others run until nothing happens before this moment. */
enum sim_stop sim_run(uint64_t until);
/** Controller: SIGKILL for this slot, and wait for its end. */
void sim_kill(int slot);
/** Controller: SIGKILL for all; it does not wait for their end. */
void sim_kill_all(void);
/** Controller: what waits inside of the kernel goes on. */
void sim_end_waits_in_kernel(void);
/** Controller: the first slot of this role, or -1. */
int sim_find(const char *role);

/** A process: wait until something happened or the time has come. */
void sim_block(uint64_t deadline);
/** A process: wait inside of the kernel, where no signal ends it. */
void sim_sleep_in_kernel(uint64_t deadline);
/** A process: something was done that another may wait for. */
void sim_act(void);
/** A process: a system call of this name is about to be made. The error to return instead, or 0. */
int sim_call(const char *name, const char *detail, const int *errors);
/** A process: what another process, or the next one, can see is about to change. */
void sim_change(const char *name, const char *detail);
int sim_slot_for_child(void);
void sim_child(int slot);
_Noreturn void sim_exit(int status);
/** A process: the one of this slot has been sent SIGKILL. */
void sim_killed(int slot);

void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Note what must not happen; only the first counts. */
void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t sim_random(void);

#endif
