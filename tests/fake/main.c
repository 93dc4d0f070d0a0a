/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake PLUGINS check SEED SEQUENCES [faults]   all of this, for make check-fake
 * fake PLUGINS regressions [NAME...]  sequences written by hand; those named with their trace
 * fake PLUGINS sequences SEED COUNT   random sequences, from this seed on
 * fake PLUGINS seed SEED              one of them, with its trace
 * fake PLUGINS faults [NUMBER]        errors of system calls; one of them with its trace
 * fake PLUGINS kills [NUMBER]         SIGKILL in front of writes; one of them with its trace
 *
 * VERBOSE=1 adds every system call to a trace. EVERY_ERROR=1 tries each error that a call can
 * return; EVERY_CALL=1 kills in front of every system call. BRIEF=1 ends at the first failure,
 * without a trace.
 */
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "kills.h"
#include "machine.h"
#include "raw.h"
#include "regression.h"
#include "sequence.h"

/* A process that waits in the real kernel, or that does not end its loop, waits for ever. */
#define PATIENCE_SEC 300
#define RUNNERS_MAX 16
#define FAILURES_MAX 5

enum result { PASSED, FAILED, KNOWN, LEFT_OUT };

/* One of many independent tests. */
typedef enum result (*test_fn)(uint64_t number);

/* In memory that all runners share. */
struct tally {
	uint64_t next, end;
	unsigned long results[LEFT_OUT + 1], processes, calls;
};

static struct tally *tally;
static const char *plugins;
static char **named;
static bool brief;

/* --- many at a time -------------------------------------------------------------------------- */

static void on_alarm(int number)
{
	static const char text[] = "FAIL: it hangs; the trace:\n";

	(void)!write(STDOUT_FILENO, text, sizeof(text) - 1);
	machine_print_trace();
	for (int i = 1; i < SIM_SLOTS; i++)
		if (sim->slots[i].state != SIM_FREE)
			(void)raw(kill, sim->slots[i].pid, SIGKILL);
	_exit(2);
}

/* The processes of a sequence run one after the other: on one processor they hand over faster. */
static void pin(int runner)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(runner, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static _Noreturn void run_share(test_fn test, int runner)
{
	uint64_t number;

	(void)setpgid(0, 0);
	pin(runner);
	machine_open(plugins);
	(void)signal(SIGALRM, on_alarm);
	while ((number = __atomic_fetch_add(&tally->next, 1, __ATOMIC_RELAXED)) < tally->end) {
		enum result result;

		(void)alarm(PATIENCE_SEC);
		result = test(number);
		__atomic_add_fetch(&tally->results[result], 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&tally->processes, sim->forks, __ATOMIC_RELAXED);
		__atomic_add_fetch(&tally->calls, sim->calls, __ATOMIC_RELAXED);
		(void)fflush(stdout);
		if (brief && result == FAILED)
			__atomic_store_n(&tally->next, tally->end, __ATOMIC_RELAXED);
	}
	machine_close();
	_exit(0);
}

/* Tests first to end - 1; a runner that hangs is one failure, and another one replaces it. */
static void run_all(test_fn test, uint64_t first, uint64_t end)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int runners = processors > RUNNERS_MAX ? RUNNERS_MAX : (int)processors;
	int status;
	pid_t pid;

	(void)fflush(stdout);
	tally->next = first;
	tally->end = end;
	for (int i = 0; i < runners; i++)
		if (fork() == 0)
			run_share(test, i);
	while ((pid = wait(&status)) > 0) {
		/* What a runner that crashed has left behind. */
		(void)kill(-pid, SIGKILL);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			continue;
		tally->results[FAILED]++;
		if (fork() == 0)
			run_share(test, 0);
	}
}

/* --- written by hand ------------------------------------------------------------------------- */

static bool is_named(const char *name)
{
	for (char **word = named; *word; word++)
		if (strcmp(*word, name) == 0)
			return true;
	return !*named;
}

/* What did not hold, or "". */
static const char *run_regression(const struct regression *regression)
{
	static char why[sizeof(sim->failure)];

	machine_reset(1);
	regression->run();
	memcpy(why, sim->failure, sizeof(why));
	if (*named)
		machine_print_trace();
	machine_end();
	return why;
}

static uint64_t count(const struct regression *list)
{
	uint64_t n = 0;

	while (list[n].name)
		n++;
	return n;
}

static enum result test_regression(uint64_t number)
{
	uint64_t first = count(regressions);
	const struct regression *regression = number < first ? &regressions[number]
							     : &record_regressions[number - first];
	const char *why;

	if (!is_named(regression->name))
		return LEFT_OUT;
	why = run_regression(regression);
	printf("%s %s: %s%s%s\n", *why ? "FAIL" : "ok  ", regression->name, regression->what,
	       *why ? ": " : "", why);
	if (*why && !*named && !brief)
		machine_print_trace();
	return *why ? FAILED : PASSED;
}

static enum result test_known(uint64_t number)
{
	const struct regression *regression = &known_failures[number];
	const char *why;

	if (!is_named(regression->name))
		return LEFT_OUT;
	why = run_regression(regression);
	if (*why)
		printf("     known failure %s: %s: %s\n", regression->name, regression->what, why);
	else
		printf("     known failure %s holds now, move it to regressions.c: %s\n",
		       regression->name, regression->what);
	return KNOWN;
}

static void run_regressions(void)
{
	run_all(test_regression, 0, count(regressions) + count(record_regressions));
	if (!brief)
		run_all(test_known, 0, count(known_failures));
}

/* --- random ---------------------------------------------------------------------------------- */

static void report(uint64_t seed)
{
	struct sequence sequence;
	const char *wrong;

	sequence_make(seed, &sequence);
	sequence_shrink(&sequence);
	wrong = sequence_run(&sequence);
	printf("FAIL sequence %llu: %s\n", (unsigned long long)seed,
	       wrong ? wrong : "it does not fail each time");
	sequence_print(&sequence);
	machine_print_trace();
}

static enum result test_sequence(uint64_t seed)
{
	struct sequence sequence;

	sequence_make(seed, &sequence);
	if (!sequence_run(&sequence))
		return PASSED;
	if (tally->results[FAILED] < FAILURES_MAX && !brief)
		report(seed);
	else
		printf("FAIL sequence %llu\n", (unsigned long long)seed);
	return FAILED;
}

static void run_sequences(uint64_t seed, uint64_t sequences)
{
	unsigned long failed = tally->results[FAILED];

	tally->processes = tally->calls = 0;
	sim_spared = faults_is_known;
	run_all(test_sequence, seed, seed + sequences);
	printf("%s %llu random sequences from seed %llu on: %lu processes, %lu system calls\n",
	       tally->results[FAILED] > failed ? "FAIL" : "ok  ", (unsigned long long)sequences,
	       (unsigned long long)seed, tally->processes, tally->calls);
}

static void run_seed(uint64_t seed)
{
	struct sequence sequence;
	const char *wrong;

	machine_open(plugins);
	sim_spared = faults_is_known;
	sim->verbose = getenv("VERBOSE");
	sequence_make(seed, &sequence);
	wrong = sequence_run(&sequence);
	machine_print_trace();
	sequence_print(&sequence);
	machine_close();
	printf("%s\n", wrong ? wrong : "ok");
	tally->results[wrong ? FAILED : PASSED]++;
}

/* --- errors ---------------------------------------------------------------------------------- */

static enum result test_fault(uint64_t number)
{
	const char *name, *known, *wrong = faults_run(number, &name, &known);

	machine_end();
	if (wrong && known)
		printf("     fault %llu: %s: known failure %s\n", (unsigned long long)number, name,
		       known);
	else if (wrong)
		printf("FAIL fault %llu: %s: %s\n", (unsigned long long)number, name, wrong);
	return !wrong ? PASSED : known ? KNOWN : FAILED;
}

static void run_faults(void)
{
	unsigned long failed = tally->results[FAILED];
	uint64_t total;

	/* In a child, which shares nothing with the runners but what it has noted. */
	machine_open(plugins);
	total = faults_prepare(getenv("EVERY_ERROR"));
	machine_close();
	run_all(test_fault, 0, total);
	printf("%s one error at a time at %llu system calls of six scenarios\n",
	       tally->results[FAILED] > failed || !total ? "FAIL" : "ok  ",
	       (unsigned long long)total);
	if (!total)
		tally->results[FAILED]++;
}

static void run_fault(uint64_t number)
{
	const char *name, *known, *wrong;

	machine_open(plugins);
	(void)faults_prepare(getenv("EVERY_ERROR"));
	sim->verbose = getenv("VERBOSE");
	wrong = faults_run(number, &name, &known);
	machine_print_trace();
	machine_end();
	machine_close();
	printf("%s: %s\n", name, wrong ? wrong : "ok");
	tally->results[wrong ? FAILED : PASSED]++;
}

/* --- kills ----------------------------------------------------------------------------------- */

static enum result test_kill(uint64_t number)
{
	const char *name, *known, *wrong = kills_run(number, &name, &known);

	machine_end();
	if (wrong && known)
		printf("     kill %llu: %s: known failure %s\n", (unsigned long long)number, name,
		       known);
	else if (wrong)
		printf("FAIL kill %llu: %s: %s\n", (unsigned long long)number, name, wrong);
	return !wrong ? PASSED : known ? KNOWN : FAILED;
}

static void run_kills(void)
{
	unsigned long failed = tally->results[FAILED];
	bool calls = getenv("EVERY_CALL");
	uint64_t total;

	machine_open(plugins);
	total = kills_prepare(calls);
	machine_close();
	run_all(test_kill, 0, total);
	printf("%s %llu kills, of a process and of the daemon, in front of each %s of ten "
	       "scenarios\n",
	       tally->results[FAILED] > failed ? "FAIL" : "ok  ", (unsigned long long)total,
	       calls ? "system call" : "write");
}

static void run_kill(uint64_t number)
{
	const char *name, *known, *wrong;

	machine_open(plugins);
	(void)kills_prepare(getenv("EVERY_CALL"));
	(void)signal(SIGALRM, on_alarm);
	(void)alarm(PATIENCE_SEC);
	sim->verbose = getenv("VERBOSE");
	wrong = kills_run(number, &name, &known);
	machine_print_trace();
	machine_end();
	machine_close();
	printf("%s: %s\n", name, wrong ? wrong : "ok");
	tally->results[wrong ? FAILED : PASSED]++;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	uint64_t sequences = argc > 4 ? strtoull(argv[4], NULL, 0) : 100;

	raw_init();
	json_object_seed(1);
	plugins = argv[1];
	named = argv + argc;
	brief = getenv("BRIEF");
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (strcmp(what, "check") == 0) {
		run_regressions();
		if (argc > 5) {
			run_kills();
			run_faults();
		}
		run_sequences(seed, sequences);
	} else if (strcmp(what, "regressions") == 0) {
		named = argv + 3;
		run_regressions();
	} else if (strcmp(what, "faults") == 0 && argc > 3) {
		run_fault(seed);
	} else if (strcmp(what, "faults") == 0) {
		run_faults();
	} else if (strcmp(what, "kills") == 0 && argc > 3) {
		run_kill(seed);
	} else if (strcmp(what, "kills") == 0) {
		run_kills();
	} else if (strcmp(what, "sequences") == 0) {
		run_sequences(seed, sequences);
	} else if (strcmp(what, "seed") == 0) {
		run_seed(seed);
	}
	if (tally->results[KNOWN])
		printf("%lu known failures are not counted\n", tally->results[KNOWN]);
	printf("%lu passed, %lu failed\n", tally->results[PASSED], tally->results[FAILED]);
	return tally->results[FAILED] || !tally->results[PASSED];
}
