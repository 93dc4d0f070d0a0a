/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/job-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/capabilities.h"
#include "base/json-lines.h"
#include "base/json-text.h"
#include "job/job-restrict.h"

/* A job that writes more than this is broken: 65535 VFs need about 40 MiB. */
#define JOB_OUTPUT_MAX (256 * 1024 * 1024)
#define USEC_PER_SEC_ 1000000ULL

struct job {
	pid_t pid;
	uint64_t timeout;
	struct progress *progress;
	sd_event_source *child, *output, *deadline;
	struct json_lines lines;
	json_t *result;
	struct json_text vfs;
	char *death;
	uint64_t started; /* CLOCK_MONOTONIC, usec */
	bool exited, closed, ended, discarded;
	const struct job_handlers *handlers;
	void *userdata;
};

struct job *job_free(struct job *job)
{
	if (!job)
		return NULL;
	sd_event_source_disable_unref(job->child);
	sd_event_source_disable_unref(job->output);
	sd_event_source_disable_unref(job->deadline);
	if (job->progress)
		munmap(job->progress, sizeof(*job->progress));
	json_decref(job->result);
	json_lines_clear(&job->lines);
	json_text_clear(&job->vfs);
	free(job->death);
	free(job);
	return NULL;
}

/* Of the daemon's exchange and the job's, once it has the lock, only one succeeds. */
void job_stop(struct job *job)
{
	uint32_t waits = PROGRESS_WAITS;

	__atomic_store_n(&job->progress->stop, true, __ATOMIC_SEQ_CST);
	if (job->exited ||
	    !__atomic_compare_exchange_n(&job->progress->lock, &waits, PROGRESS_ENDED, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	job->discarded = true;
	(void)kill(job->pid, SIGKILL);
}

bool job_waits(const struct job *job)
{
	return !job->exited &&
	       __atomic_load_n(&job->progress->lock, __ATOMIC_SEQ_CST) == PROGRESS_WAITS;
}

pid_t job_pid(const struct job *job)
{
	return job->pid;
}

/* A crashing job may have written anything to this page: each text is terminated here. */
static void describe(const struct job *job, char *ret_text, size_t size)
{
	struct progress p;

	memcpy(&p, job->progress, sizeof(p));
	p.plugin[sizeof(p.plugin) - 1] = '\0';
	p.op[sizeof(p.op) - 1] = '\0';
	p.text[sizeof(p.text) - 1] = '\0';
	if (!p.plugin[0] && p.text[0])
		snprintf(ret_text, size, "at '%s'", p.text);
	else if (!p.plugin[0])
		snprintf(ret_text, size, "between two steps");
	else if (streq(p.op, "apply"))
		snprintf(ret_text, size, "in apply() of plugin '%s', step '%s'", p.plugin, p.text);
	else
		snprintf(ret_text, size, "in %s() of plugin '%s'", p.op, p.plugin);
}

static void finish(struct job *job)
{
	struct job_outcome outcome = { .result = job->result,
				       .vfs = job->vfs.text,
				       .death = job->death,
				       .discarded = job->discarded && !job->result };

	if (job->exited && job->closed)
		job->handlers->done(job->userdata, &outcome);
}

/* The daemon only copies a VF to the state file, so it stays text. */
static bool handle_vf(void *userdata, const char *line, size_t size)
{
	static const char head[] = "{\"vf\":";
	size_t length = strlen(head);
	struct job *job = userdata;

	if (size <= length || memcmp(line, head, length) != 0 || line[size - 1] != '}' ||
	    !json_text_is_object(line + length, size - length - 1))
		return false;
	json_text_add(&job->vfs, job->vfs.size ? ",\n  " : "");
	json_text_add_bytes(&job->vfs, line + length, size - length - 1);
	return true;
}

static void handle_message(void *userdata, const json_t *message)
{
	struct job *job = userdata;
	const json_t *progress = json_object_get(message, "progress");
	json_t *result = json_object_get(message, "result");

	if (json_is_object(result)) {
		json_decref(job->result);
		job->result = json_incref(result);
	} else if (json_is_object(progress)) {
		job->handlers->progress(job->userdata, progress);
	}
}

static int on_output(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct job *job = userdata;
	ssize_t n = json_lines_read(&job->lines, fd, JOB_OUTPUT_MAX, handle_message, job);

	if (n > 0 || n == -EAGAIN)
		return 0;
	job->closed = true;
	job->output = sd_event_source_disable_unref(job->output);
	finish(job);
	return 0;
}

static int on_exit_(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct job *job = userdata;
	char where[512];

	job->exited = true;
	job->deadline = sd_event_source_disable_unref(job->deadline);
	describe(job, where, sizeof(where));
	if (info->si_code != CLD_EXITED &&
	    asprintf(&job->death, "the job %s (SIG%s) %s", job->ended ? "was ended" : "crashed",
		     sigabbrev_np(info->si_status) ? sigabbrev_np(info->si_status) : "?",
		     where) < 0)
		job->death = NULL;
	else if (info->si_code == CLD_EXITED && info->si_status != 0 &&
		 asprintf(&job->death, "the job ended itself with status %d %s", info->si_status,
			  where) < 0)
		job->death = NULL;
	/* All that the job wrote was read; a process that a plugin started may keep the pipe open.
	 */
	if (!job->closed && info->si_code != CLD_EXITED) {
		job->closed = true;
		job->output = sd_event_source_disable_unref(job->output);
	}
	finish(job);
	return 0;
}

/* The time that it waited for locks does not count. 0: it is over. */
static uint64_t time_left(const struct job *job)
{
	uint64_t now = now_usec(), waited = MIN(job->progress->waited_usec, now - job->started);
	uint64_t due = job->started + job->timeout * USEC_PER_SEC_ + waited;

	if (job_waits(job))
		return job->timeout * USEC_PER_SEC_;
	return due > now ? due - now : 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct job *job = userdata;
	uint64_t left = time_left(job);
	char where[512];

	if (left) {
		(void)sd_event_source_set_time_relative(source, left);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	describe(job, where, sizeof(where));
	/* After SIGKILL, a write that waits for the holder of a VF could never be ended. */
	job->ended = !job->progress->in_kernel;
	job->handlers->overdue(job->userdata, where, job->ended);
	if (job->ended)
		(void)kill(job->pid, SIGKILL);
	return 0;
}

/* --- in the child ---------------------------------------------------------------------------- */

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* No exec follows the fork, so close-on-exec does not close the daemon's descriptors. */
static void close_others(const struct roots *roots, int fd)
{
	int keep[ARRAY_SIZE(roots->trees) + 2], n = 0, next = 3;

	keep[n++] = fd;
	keep[n++] = roots->root;
	for (size_t i = 0; i < ARRAY_SIZE(roots->trees); i++)
		keep[n++] = roots->trees[i];
	qsort(keep, (size_t)n, sizeof(*keep), compare_fds);
	for (int i = 0; i < n; i++) {
		if (keep[i] > next)
			(void)close_range((unsigned)next, (unsigned)keep[i] - 1, 0);
		next = MAX(next, keep[i] + 1);
	}
	(void)close_range((unsigned)next, ~0U, 0);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(const struct job_request *request, struct progress *progress,
				int fd)
{
	reset_signals();
	close_others(request->roots, fd);
	(void)prctl(PR_SET_NAME, "viod-job");
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_PID");
	capabilities_use();
	job_restrict(request->goal, request->roots);
	_exit(job_run(request, progress, fd) < 0 ? 1 : 0);
}

/* --- start ----------------------------------------------------------------------------------- */

static int watch_child(sd_event *event, struct job *job, int *fd)
{
	int r;

	r = sd_event_add_child(event, &job->child, job->pid, WEXITED, on_exit_, job);
	if (r >= 0)
		r = sd_event_add_io(event, &job->output, *fd, EPOLLIN, on_output, job);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(job->output, true);
	if (r >= 0)
		TAKE_FD(*fd);
	if (r >= 0 && job->timeout)
		r = sd_event_add_time_relative(event, &job->deadline, CLOCK_MONOTONIC,
					       job->timeout * USEC_PER_SEC_, 100000, on_deadline,
					       job);
	/* The output of a job is read before its end is handled. */
	if (r >= 0)
		r = sd_event_source_set_priority(job->child, SD_EVENT_PRIORITY_NORMAL + 10);
	return r < 0 ? r : 0;
}

/* Its end would go unnoticed. It has just begun, and is in no write yet. */
static void end_unwatched(struct job *job)
{
	job->child = sd_event_source_disable_unref(job->child);
	(void)kill(job->pid, SIGKILL);
	while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int job_start(sd_event *event, const struct job_request *request, uint64_t timeout,
	      const struct job_handlers *handlers, void *userdata, struct job **ret_job)
{
	struct job *job = calloc(1, sizeof(*job));
	_cleanup_close_ int ours = -1;
	int pipe_fds[2], r;

	if (!job)
		return -ENOMEM;
	job->handlers = handlers;
	job->lines.text_handler = handle_vf;
	job->userdata = userdata;
	job->timeout = timeout;
	job->progress = mmap(NULL, sizeof(*job->progress), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job->progress == MAP_FAILED) {
		job->progress = NULL;
		job_free(job);
		return -ENOMEM;
	}
	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		r = -errno;
		job_free(job);
		return r;
	}
	ours = pipe_fds[0];
	(void)fcntl(ours, F_SETFL, O_NONBLOCK);
	job->pid = fork();
	if (job->pid == 0)
		run_child(request, job->progress, pipe_fds[1]);
	r = job->pid < 0 ? -errno : 0;
	close(pipe_fds[1]);
	job->started = now_usec();
	if (r == 0) {
		r = watch_child(event, job, &ours);
		if (r < 0)
			end_unwatched(job);
	}
	if (r < 0) {
		job_free(job);
		return r;
	}
	*ret_job = job;
	return 0;
}
