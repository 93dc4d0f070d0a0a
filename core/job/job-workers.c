/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Binds the drivers of many VFs at once. Probes of different VFs run in parallel inside the kernel:
 * a pool of child processes of the job handles one VF after the other, and the steps of each VF in
 * their order. They report through a pipe. A worker that crashes ends the job in the same way, as
 * the step would have done without workers; a worker whose job has ended exits after its current
 * step.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json-lines.h"
#include "device/row-state.h"
#include "job/job-run.h"

/* Workers mostly wait, so their number is independent of the number of processors. */
#define WORKERS_MAX 32
/* How soon the daemon sees the current step of the workers. */
#define LOOK_MSEC 50
/* The most bytes of one report; a worker that writes more is corrupt. */
#define REPORT_MAX (4 * 1024 * 1024)

struct worker {
	pid_t pid; /* 0: has exited */
	int fd;
	struct json_lines lines;
};

/* In memory shared by all workers. */
struct shared {
	uint32_t next; /* index of the next VF of the pool */
	struct progress progress[WORKERS_MAX];
};

struct pool {
	struct job_run *run;
	const struct plan_step *steps;
	size_t n_steps;
	int *vfs;
	size_t n_vfs;
	struct shared *shared;
	struct progress *progress; /* the job's own_progress */
	pid_t parent;
	struct worker workers[WORKERS_MAX];
	size_t n_workers;
	int failed_status; /* wait status of the first worker that failed */
	size_t failed_worker;
};

/* --- reports --------------------------------------------------------------------------------- */

static json_t *mark_json(const struct device_mark *mark)
{
	return json_pack("{s:i, s:i, s:s?, s:i}", "mark", (int)mark->mark, "vf", mark->vf, "key",
			 mark->option ? mark->option->key : NULL, "scope",
			 mark->option ? mark->option->scope : 0);
}

/* The diagnostics and marks after the given numbers of them. */
static json_t *report_json(const struct viod_pf *pf, size_t n_diags, size_t n_marks, size_t writes)
{
	json_t *diags = json_array(), *marks = json_array();

	for (size_t i = n_diags; i < pf->diags.count; i++)
		(void)json_array_append_new(diags, diag_to_json(&pf->diags.items[i]));
	for (size_t i = n_marks; i < pf->n_marks; i++)
		(void)json_array_append_new(marks, mark_json(&pf->marks[i]));
	return json_pack("{s:o, s:o, s:I}", "diags", diags, "marks", marks, "writes",
			 (json_int_t)writes);
}

static void apply_mark(struct job_run *run, const json_t *json)
{
	const char *key = json_string_value(json_object_get(json, "key"));
	json_int_t scope = json_integer_value(json_object_get(json, "scope"));
	const struct schema_row *row =
		key && scope >= 0 && scope < VIOD_SCOPE_MAX_
			? schema_find(run->schema, (enum viod_scope)scope, key)
			: NULL;

	(void)row_mark_add(&run->pf, (int)json_integer_value(json_object_get(json, "vf")),
			   row ? row->option : NULL,
			   (enum row_mark)json_integer_value(json_object_get(json, "mark")));
}

static void apply_report(void *userdata, const json_t *report)
{
	struct job_run *run = userdata;
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(report, "diags"), i, item)
		(void)diag_from_json(&run->pf.diags, item);
	json_array_foreach(json_object_get(report, "marks"), i, item)
		apply_mark(run, item);
	run->writes += (size_t)json_integer_value(json_object_get(report, "writes"));
}

/* --- a worker -------------------------------------------------------------------------------- */

static const struct progress *own_progress;

/* The job has ended. A worker inside a kernel write exits after that step; any other exits at once,
 * because its plugin may hang. */
static void on_orphaned(int number)
{
	if (!own_progress->in_kernel)
		_exit(1);
}

static void watch_parent(const struct progress *progress)
{
	struct sigaction action = { .sa_handler = on_orphaned, .sa_flags = SA_RESTART };

	own_progress = progress;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void attach_vf(struct pool *pool, int vf)
{
	for (size_t i = 0; i < pool->n_steps; i++) {
		pool->run->stopped = pool->run->stopped || pool->progress->stop;
		if (pool->steps[i].step.vf == vf && getppid() == pool->parent &&
		    !job_skip_step(pool->run, &pool->steps[i].step))
			(void)job_apply_step(pool->run, &pool->steps[i]);
	}
}

static _Noreturn void run_worker(struct pool *pool, size_t number, int fd)
{
	struct job_run *run = pool->run;
	FILE *out = fdopen(fd, "we");
	uint32_t next;

	(void)prctl(PR_SET_NAME, "viod-worker");
	run->pf.progress = &pool->shared->progress[number];
	watch_parent(run->pf.progress);
	while (out && (next = __atomic_fetch_add(&pool->shared->next, 1, __ATOMIC_RELAXED)) <
			      pool->n_vfs) {
		size_t n_diags = run->pf.diags.count, n_marks = run->pf.n_marks;
		size_t writes = run->writes;
		json_t *report;

		attach_vf(pool, pool->vfs[next]);
		(void)__atomic_add_fetch(&pool->progress->vfs_done, 1, __ATOMIC_RELAXED);
		report = report_json(&run->pf, n_diags, n_marks, run->writes - writes);
		if (!report || json_dumpf(report, out, JSON_COMPACT) < 0 ||
		    fputc('\n', out) == EOF || fflush(out) == EOF)
			_exit(1);
		json_decref(report);
	}
	_exit(out ? 0 : 1);
}

/* --- the job --------------------------------------------------------------------------------- */

static void start_workers(struct pool *pool)
{
	size_t wanted = MIN(pool->n_vfs, (size_t)WORKERS_MAX);

	pool->parent = getpid();
	for (size_t i = 0; i < wanted; i++) {
		struct worker *worker = &pool->workers[i];
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0)
			break;
		worker->pid = fork();
		if (worker->pid == 0)
			run_worker(pool, i, fds[1]);
		close(fds[1]);
		if (worker->pid < 0) {
			close(fds[0]);
			break;
		}
		worker->fd = fds[0];
		pool->n_workers++;
	}
}

static void read_worker(struct pool *pool, size_t number)
{
	struct worker *worker = &pool->workers[number];
	int status;

	if (json_lines_read(&worker->lines, worker->fd, REPORT_MAX, apply_report, pool->run) > 0)
		return;
	close(worker->fd);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	json_lines_clear(&worker->lines);
	if (status && !pool->failed_status) {
		pool->failed_status = status;
		pool->failed_worker = number;
		/* The others start no further VF. */
		__atomic_store_n(&pool->shared->next, (uint32_t)pool->n_vfs, __ATOMIC_RELAXED);
	}
}

/* The daemon sees one progress page: the step of one worker stands for all, and the job counts as
 * inside the kernel while any worker is. */
static void show_progress(struct pool *pool)
{
	bool in_kernel = false;
	size_t shown = pool->failed_worker;

	for (size_t i = 0; i < pool->n_workers; i++) {
		if (!pool->workers[i].pid)
			continue;
		pool->shared->progress[i].stop = pool->progress->stop;
		in_kernel = in_kernel || pool->shared->progress[i].in_kernel;
		if (!pool->failed_status)
			shown = i;
	}
	memcpy(pool->progress->plugin, pool->shared->progress[shown].plugin,
	       sizeof(pool->progress->plugin));
	memcpy(pool->progress->op, pool->shared->progress[shown].op, sizeof(pool->progress->op));
	memcpy(pool->progress->text, pool->shared->progress[shown].text,
	       sizeof(pool->progress->text));
	pool->progress->in_kernel = in_kernel;
}

static void supervise(struct pool *pool)
{
	uint64_t reported = now_usec();
	size_t left = pool->n_workers;

	while (left) {
		struct pollfd polls[WORKERS_MAX];

		for (size_t i = 0; i < pool->n_workers; i++)
			polls[i] = (struct pollfd){
				.fd = pool->workers[i].pid ? pool->workers[i].fd : -1,
				.events = POLLIN,
			};
		show_progress(pool);
		(void)poll(polls, pool->n_workers, LOOK_MSEC);
		left = 0;
		for (size_t i = 0; i < pool->n_workers; i++) {
			if (pool->workers[i].pid && polls[i].revents)
				read_worker(pool, i);
			left += pool->workers[i].pid != 0;
		}
		if (now_usec() - reported > 200000) {
			reported = now_usec();
			job_send_progress(pool->run, NULL);
		}
	}
}

/* End as the worker did, so that the daemon reports it like a crash of the job. */
static void exit_as(const struct pool *pool)
{
	sigset_t none;

	if (WIFEXITED(pool->failed_status))
		_exit(WEXITSTATUS(pool->failed_status));
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(WTERMSIG(pool->failed_status), SIG_DFL);
	(void)raise(WTERMSIG(pool->failed_status));
	_exit(1);
}

static int prepare_pool(struct pool *pool)
{
	int last = VIOD_PF;

	pool->vfs = calloc(pool->n_steps, sizeof(*pool->vfs));
	if (!pool->vfs)
		return -ENOMEM;
	for (size_t i = 0; i < pool->n_steps; i++) {
		int vf = pool->steps[i].step.vf;
		bool known = vf == last;

		for (size_t k = 0; k < pool->n_vfs && !known && vf < last; k++)
			known = pool->vfs[k] == vf;
		if (!known)
			pool->vfs[pool->n_vfs++] = vf;
		last = MAX(last, vf);
	}
	pool->shared = mmap(NULL, sizeof(*pool->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return pool->shared == MAP_FAILED ? -errno : 0;
}

/* The run of steps ends before one that must not run beside others. */
static size_t count_steps(const struct viod_plan *plan, size_t first)
{
	const uint8_t alone = VIOD_STEP_DISRUPTIVE | PLAN_STEP_PCI_LOCK | PLAN_STEP_ALWAYS;
	size_t end = first;

	while (end < plan->n_steps && plan->steps[end].step.phase == VIOD_PHASE_ATTACH &&
	       plan->steps[end].step.vf != VIOD_PF && !(plan->steps[end].step.flags & alone))
		end++;
	return end - first;
}

size_t job_attach(struct job_run *run, size_t first)
{
	struct pool pool = {
		.run = run,
		.steps = &run->plan.steps[first],
		.n_steps = count_steps(&run->plan, first),
		.shared = MAP_FAILED,
		.progress = run->pf.progress,
	};
	size_t done = 0;

	if (pool.n_steps > 1 && prepare_pool(&pool) == 0 && pool.n_vfs > 1)
		start_workers(&pool);
	if (pool.n_workers) {
		supervise(&pool);
		if (pool.failed_status)
			show_progress(&pool);
		run->pf.progress->in_kernel = false;
		run->pf.progress->plugin[0] = pool.failed_status ? run->pf.progress->plugin[0]
								 : '\0';
		done = pool.n_steps;
	}
	if (pool.shared != MAP_FAILED)
		(void)munmap(pool.shared, sizeof(*pool.shared));
	free(pool.vfs);
	if (pool.failed_status)
		exit_as(&pool);
	return done;
}
