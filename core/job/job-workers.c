/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drivers of many VFs at once. A probe takes its time inside the kernel, and those of different VFs
 * do not wait for each other: a few processes, children of the job, take one VF after the other,
 * each VF's steps in their order. What they have to say comes back through a pipe. One that crashes
 * takes the job with it, as it would have done without this; one whose job is gone ends after the
 * step that it is in.
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

#include "device/row-state.h"
#include "job/job-run.h"

/* Most of what they do is waiting, so these are not as many as there are processors. */
#define WORKERS_MAX 32
/* How soon the daemon sees what the workers are at. */
#define LOOK_MSEC 50
/* What one of them says in the end; a VF with more to say than this has gone wild. */
#define REPORT_MAX (4 * 1024 * 1024)

struct worker {
	pid_t pid; /* 0: gone */
	int fd;
	char *buffer;
	size_t size;
};

/* In memory that all of them share. */
struct shared {
	uint32_t next; /* the next of the crew's VFs */
	struct progress progress[WORKERS_MAX];
};

struct crew {
	struct job_run *run;
	const struct plan_step *steps;
	size_t n_steps;
	int *vfs;
	size_t n_vfs;
	struct shared *shared;
	struct progress *progress; /* the job's own */
	pid_t boss;
	struct worker workers[WORKERS_MAX];
	size_t n_workers;
	int death; /* status of a worker that did not end well */
	size_t dead;
};

/* --- what is said ---------------------------------------------------------------------------- */

static json_t *mark_json(const struct device_mark *mark)
{
	return json_pack("{s:i, s:i, s:s?, s:i}", "mark", (int)mark->mark, "vf", mark->vf, "key",
			 mark->option ? mark->option->key : NULL, "scope",
			 mark->option ? mark->option->scope : 0);
}

/* What has been added since there were so many. */
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

static void take_mark(struct job_run *run, const json_t *json)
{
	const char *key = json_string_value(json_object_get(json, "key"));
	json_int_t scope = json_integer_value(json_object_get(json, "scope"));
	const struct schema_row *row =
		key && scope >= 0 && scope < VIOD_SCOPE_MAX_
			? schema_find(run->schema, (enum viod_scope)scope, key)
			: NULL;

	(void)mark_add(&run->pf, (int)json_integer_value(json_object_get(json, "vf")),
		       row ? row->option : NULL,
		       (enum viod_mark)json_integer_value(json_object_get(json, "mark")));
}

static void take_line(struct job_run *run, const char *line, size_t size)
{
	json_t *report = json_loadb(line, size, 0, NULL);
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(report, "diags"), i, item)
		(void)diag_from_json(&run->pf.diags, item);
	json_array_foreach(json_object_get(report, "marks"), i, item)
		take_mark(run, item);
	run->writes += (size_t)json_integer_value(json_object_get(report, "writes"));
	json_decref(report);
}

/* --- a worker -------------------------------------------------------------------------------- */

static const struct progress *own;

/* The job was ended. Who is inside the kernel ends after that step; a plugin that hangs never
 * would. */
static void on_orphaned(int number)
{
	if (!own->in_kernel)
		_exit(1);
}

static void watch_boss(const struct progress *progress)
{
	struct sigaction action = { .sa_handler = on_orphaned, .sa_flags = SA_RESTART };

	own = progress;
	(void)sigaction(SIGTERM, &action, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void attach(struct crew *crew, int vf)
{
	for (size_t i = 0; i < crew->n_steps; i++) {
		crew->run->stopped = crew->run->stopped || crew->progress->stop;
		if (crew->steps[i].step.vf == vf && getppid() == crew->boss &&
		    !job_skip_step(crew->run, &crew->steps[i].step))
			(void)job_apply_step(crew->run, &crew->steps[i]);
	}
}

static _Noreturn void work(struct crew *crew, size_t number, int fd)
{
	struct job_run *run = crew->run;
	FILE *out = fdopen(fd, "we");
	uint32_t next;

	(void)prctl(PR_SET_NAME, "viod-worker");
	run->pf.progress = &crew->shared->progress[number];
	watch_boss(run->pf.progress);
	while (out && (next = __atomic_fetch_add(&crew->shared->next, 1, __ATOMIC_RELAXED)) <
			      crew->n_vfs) {
		size_t n_diags = run->pf.diags.count, n_marks = run->pf.n_marks;
		size_t writes = run->writes;
		json_t *report;

		attach(crew, crew->vfs[next]);
		(void)__atomic_add_fetch(&crew->progress->vfs_done, 1, __ATOMIC_RELAXED);
		report = report_json(&run->pf, n_diags, n_marks, run->writes - writes);
		if (!report || json_dumpf(report, out, JSON_COMPACT) < 0 ||
		    fputc('\n', out) == EOF || fflush(out) == EOF)
			_exit(1);
		json_decref(report);
	}
	_exit(out ? 0 : 1);
}

/* --- the job --------------------------------------------------------------------------------- */

static void hire(struct crew *crew)
{
	size_t wanted = MIN(crew->n_vfs, (size_t)WORKERS_MAX);

	crew->boss = getpid();
	for (size_t i = 0; i < wanted; i++) {
		struct worker *worker = &crew->workers[i];
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0)
			break;
		worker->pid = fork();
		if (worker->pid == 0)
			work(crew, i, fds[1]);
		close(fds[1]);
		if (worker->pid < 0) {
			close(fds[0]);
			break;
		}
		worker->fd = fds[0];
		crew->n_workers++;
	}
}

/* 0 at its end. */
static ssize_t read_more(struct worker *worker)
{
	char *buffer;
	ssize_t n;

	buffer = worker->size < REPORT_MAX ? realloc(worker->buffer, worker->size + 65536) : NULL;
	if (!buffer)
		return -1;
	worker->buffer = buffer;
	do
		n = read(worker->fd, buffer + worker->size, 65536);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		worker->size += (size_t)n;
	return n;
}

static void listen_to(struct crew *crew, size_t number)
{
	struct worker *worker = &crew->workers[number];
	ssize_t n = read_more(worker);
	char *line = worker->buffer, *end;
	int status;

	while (worker->size &&
	       (end = memchr(line, '\n', worker->size - (size_t)(line - worker->buffer)))) {
		take_line(crew->run, line, (size_t)(end - line));
		line = end + 1;
	}
	if (line != worker->buffer) {
		worker->size -= (size_t)(line - worker->buffer);
		memmove(worker->buffer, line, worker->size);
	}
	if (n > 0)
		return;
	close(worker->fd);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	free(worker->buffer);
	if (status && !crew->death) {
		crew->death = status;
		crew->dead = number;
		/* The others begin with no further VF. */
		__atomic_store_n(&crew->shared->next, (uint32_t)crew->n_vfs, __ATOMIC_RELAXED);
	}
}

/* The daemon sees one page: what one of the workers is at stands for all of them, and as long as
 * one of them is inside the kernel the job counts as there. */
static void show(struct crew *crew)
{
	bool in_kernel = false;
	size_t shown = crew->dead;

	for (size_t i = 0; i < crew->n_workers; i++) {
		if (!crew->workers[i].pid)
			continue;
		crew->shared->progress[i].stop = crew->progress->stop;
		in_kernel = in_kernel || crew->shared->progress[i].in_kernel;
		if (!crew->death)
			shown = i;
	}
	memcpy(crew->progress->plugin, crew->shared->progress[shown].plugin,
	       sizeof(crew->progress->plugin));
	memcpy(crew->progress->op, crew->shared->progress[shown].op, sizeof(crew->progress->op));
	memcpy(crew->progress->text, crew->shared->progress[shown].text,
	       sizeof(crew->progress->text));
	crew->progress->in_kernel = in_kernel;
}

static void supervise(struct crew *crew)
{
	uint64_t told = now_usec();
	size_t left = crew->n_workers;

	while (left) {
		struct pollfd polls[WORKERS_MAX];

		for (size_t i = 0; i < crew->n_workers; i++)
			polls[i] = (struct pollfd){
				.fd = crew->workers[i].pid ? crew->workers[i].fd : -1,
				.events = POLLIN,
			};
		show(crew);
		(void)poll(polls, crew->n_workers, LOOK_MSEC);
		left = 0;
		for (size_t i = 0; i < crew->n_workers; i++) {
			if (crew->workers[i].pid && polls[i].revents)
				listen_to(crew, i);
			left += crew->workers[i].pid != 0;
		}
		if (now_usec() - told > 200000) {
			told = now_usec();
			job_send_progress(crew->run, NULL);
		}
	}
}

/* As if it had happened here: the daemon tells of it in its usual words. */
static void die_like(const struct crew *crew)
{
	sigset_t none;

	if (WIFEXITED(crew->death))
		_exit(WEXITSTATUS(crew->death));
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(WTERMSIG(crew->death), SIG_DFL);
	(void)raise(WTERMSIG(crew->death));
	_exit(1);
}

static int prepare(struct crew *crew)
{
	int last = VIOD_PF;

	crew->vfs = calloc(crew->n_steps, sizeof(*crew->vfs));
	if (!crew->vfs)
		return -ENOMEM;
	for (size_t i = 0; i < crew->n_steps; i++) {
		int vf = crew->steps[i].step.vf;
		bool known = vf == last;

		for (size_t k = 0; k < crew->n_vfs && !known && vf < last; k++)
			known = crew->vfs[k] == vf;
		if (!known)
			crew->vfs[crew->n_vfs++] = vf;
		last = MAX(last, vf);
	}
	crew->shared = mmap(NULL, sizeof(*crew->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return crew->shared == MAP_FAILED ? -errno : 0;
}

/* Steps that no other process may carry out at the same time end the run. */
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
	struct crew crew = {
		.run = run,
		.steps = &run->plan.steps[first],
		.n_steps = count_steps(&run->plan, first),
		.shared = MAP_FAILED,
		.progress = run->pf.progress,
	};
	size_t done = 0;

	if (crew.n_steps > 1 && prepare(&crew) == 0 && crew.n_vfs > 1)
		hire(&crew);
	if (crew.n_workers) {
		supervise(&crew);
		if (crew.death)
			show(&crew);
		run->pf.progress->in_kernel = false;
		run->pf.progress->plugin[0] = crew.death ? run->pf.progress->plugin[0] : '\0';
		done = crew.n_steps;
	}
	if (crew.shared != MAP_FAILED)
		(void)munmap(crew.shared, sizeof(*crew.shared));
	free(crew.vfs);
	if (crew.death)
		die_like(&crew);
	return done;
}
