/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two locks of a job: that of its PF, since two jobs of one PF run at once after the daemon was
 * killed during the first; and that of the host. The PCI core serialises all count writes of the
 * host under one lock, and one write that blocks blocks all others. viod waits for a lock of its
 * own first, where a waiting job is visible as such.
 */
#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/lock-file.h"
#include "job/job-run.h"

/* A job that waits has written nothing yet: the daemon ends it rather than have it stop. 1 if it
 * had to wait, 0, or -errno. */
static int wait_for(struct job_run *run, int fd, const char *text)
{
	struct progress *progress = run->pf.progress;
	uint32_t waits = PROGRESS_WAITS;
	uint64_t begin = now_usec();
	int r;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -errno;
	(void)copy_text(progress->text, sizeof(progress->text), text);
	__atomic_store_n(&progress->lock, PROGRESS_WAITS, __ATOMIC_SEQ_CST);
	job_send_progress(run, NULL);
	while ((r = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
		;
	r = r < 0 ? -errno : 0;
	progress->waited_usec += now_usec() - begin;
	if (!__atomic_compare_exchange_n(&progress->lock, &waits, PROGRESS_RUNS, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		_exit(1);
	progress->text[0] = '\0';
	return r < 0 ? r : 1;
}

/* Released PFs have no file of a lock: another job may have removed it meanwhile. */
static bool is_removed(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_nlink == 0;
}

int job_lock_pf(struct job_run *run, int *ret_fd)
{
	const struct job_request *request = run->request;
	int fd, r;

	for (;;) {
		fd = lock_file_open(request->roots->trees[VIOD_TREE_RUN], request->address);
		if (fd < 0)
			return fd;
		r = wait_for(run, fd, "waiting until an earlier job of the PF has ended");
		if (r >= 0 && !is_removed(fd))
			break;
		close(fd);
		if (r < 0)
			return r;
	}
	*ret_fd = fd;
	return 0;
}

void job_forget_pf_lock(const struct job_run *run)
{
	lock_file_remove(run->request->roots->trees[VIOD_TREE_RUN], run->request->address);
}

bool job_needs_pci_lock(const struct job_run *run)
{
	for (size_t i = 0; i < run->plan.n_steps; i++)
		if (run->plan.steps[i].step.flags & PLAN_STEP_PCI_LOCK)
			return true;
	return false;
}

int job_lock_pci(struct job_run *run)
{
	int fd = lock_file_open(run->pf.roots->trees[VIOD_TREE_RUN], "pci"), r;

	if (fd < 0)
		return fd;
	r = wait_for(run, fd, "waiting until another PF has changed its VFs");
	if (r < 0)
		close(fd);
	else
		run->pci_lock = fd;
	return r;
}

void job_unlock_pci(struct job_run *run)
{
	closep(&run->pci_lock);
	run->pci_lock = -1;
}
