/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <dlfcn.h>
#include <getopt.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "raw.h"

/* systemd's RestartSec= and StartLimitBurst=. */
#define RESTART_NS (100 * SIM_MSEC)
#define RESTARTS_MAX 20

/* core/.../main.o with another name for its main(). */
int viod_main(int argc, char **argv);

static char directory[64], plugins[256];
static unsigned restarts;

void machine_open(const char *plugin_directory)
{
	char path[96], pattern[272];
	glob_t found = { 0 };
	int fd;

	snprintf(plugins, sizeof(plugins), "%s", plugin_directory);
	snprintf(pattern, sizeof(pattern), "%s/*.so", plugins);
	(void)glob(pattern, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!dlopen(found.gl_pathv[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
			fprintf(stderr, "%s\n", dlerror());
	globfree(&found);
	(void)umask(022);
	snprintf(directory, sizeof(directory), "%s/viod-fake.%d",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
	(void)mkdir(directory, 0755);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)dup3(fd, SIM_FD_ROOT, O_CLOEXEC);
	(void)close(fd);
	snprintf(path, sizeof(path), "%s.trace", directory);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	(void)dup3(fd, SIM_FD_TRACE, O_CLOEXEC);
	(void)close(fd);
	(void)unlink(path);
	sim_open();
	kernel_open();
}

void machine_close(void)
{
	tree_remove_all(".");
	(void)rmdir(directory);
}

void machine_reset(uint64_t seed)
{
	restarts = 0;
	sim_reset(directory, seed);
	(void)ftruncate(SIM_FD_TRACE, 0);
	kernel_reset();
}

void machine_end(void)
{
	sim_kill_all();
	while (raw(wait4, -1, NULL, 0, NULL) > 0 || errno == EINTR)
		;
	sim_self = -1;
}

/* --- the daemon ------------------------------------------------------------------------------ */

void daemon_start(void)
{
	static char name[] = "viod", root[] = "--root", plugin_dir[] = "--plugin-dir";
	sigset_t signals;
	char *arguments[] = { name, root, directory, plugin_dir, plugins, NULL };

	sim_trace("the daemon is started");
	/* A signal before it has blocked them would end it, which is a daemon_kill(). */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	if (sim_spawn("daemon") != 0)
		return;
	(void)dup2(SIM_FD_TRACE, STDERR_FILENO);
	optind = 0;
	(void)unsetenv("JOURNAL_STREAM");
	sim_exit(viod_main(5, arguments));
}

/* As the unit's KillMode=mixed does. */
static void kill_the_rest(void)
{
	for (int i = 1; i < SIM_SLOTS; i++)
		if (sim->slots[i].state != SIM_FREE && !sim->slots[i].killed)
			sim_kill(i);
}

/* What sim->kill asks for. The service manager starts a daemon again that it does not stop. */
static void kill_now(bool stops)
{
	const struct sim_kill *kill = &sim->kill;

	sim->kill.done = true;
	if (!kill->daemon && strcmp(sim->slots[kill->slot].role, "daemon") != 0) {
		sim_kill(kill->slot);
		return;
	}
	daemon_kill();
	kill_the_rest();
	if (!stops) {
		(void)sim_run(sim->now + RESTART_NS);
		daemon_start();
	}
}

bool daemon_runs(void)
{
	return sim_find("daemon") > 0;
}

static void signal_daemon(int number)
{
	int slot = sim_find("daemon");

	if (slot <= 0)
		return;
	(void)raw(kill, sim->slots[slot].pid, number);
	sim_act();
}

void daemon_stop(void)
{
	uint64_t end = sim->now + 30 * SIM_SEC;

	sim_trace("SIGTERM for the daemon");
	signal_daemon(SIGTERM);
	while (daemon_runs()) {
		enum sim_stop stop = sim_run(end);

		if (stop == SIM_TRIGGER && sim->kill.slot && !sim->kill.done)
			kill_now(true);
		else if (stop != SIM_EXITED && daemon_runs())
			sim_fail("the daemon does not end after SIGTERM");
		if (stop != SIM_TRIGGER)
			break;
	}
	kill_the_rest();
}

void daemon_kill(void)
{
	if (daemon_runs())
		sim_kill(sim_find("daemon"));
}

void daemon_reload(void)
{
	sim_trace("SIGHUP for the daemon");
	signal_daemon(SIGHUP);
}

/* --- commands -------------------------------------------------------------------------------- */

#define MORE_MAX 4

static _Noreturn void run_command(const char *const *more, int out)
{
	static char name[] = "viod", root[] = "--root", plugin_dir[] = "--plugin-dir";
	char *arguments[5 + MORE_MAX + 1] = { name, root, directory, plugin_dir, plugins };
	int n = 5, status;

	while (n < 5 + MORE_MAX && *more)
		arguments[n++] = (char *)*more++;
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(SIM_FD_TRACE, STDERR_FILENO);
	optind = 0;
	(void)unsetenv("JOURNAL_STREAM");
	status = viod_main(n, arguments);
	(void)fflush(stdout);
	sim_exit(status);
}

int command_run(const char *const *more, char *ret_output, size_t size)
{
	int out = (int)raw(memfd_create, "stdout", MFD_CLOEXEC);
	enum sim_stop stop;
	long n;

	sim_trace("viod %s", *more ? *more : "");
	(void)fflush(stdout);
	if (sim_spawn("command") == 0)
		run_command(more, out);
	do
		stop = sim_run(sim->now + 300 * SIM_SEC);
	while (stop == SIM_TRIGGER);
	n = raw(pread64, out, ret_output, size - 1, 0);
	ret_output[n > 0 ? n : 0] = '\0';
	(void)raw(close, out);
	if (stop == SIM_EXITED && WIFEXITED(sim->status))
		return WEXITSTATUS(sim->status);
	sim_fail("viod does not end by itself");
	if (sim_find("command") > 0)
		sim_kill(sim_find("command"));
	return -1;
}

unsigned said(const char *text)
{
	off_t size = lseek(SIM_FD_TRACE, 0, SEEK_END);
	unsigned count = 0;
	char *trace = calloc(1, (size_t)size + 1);
	ssize_t n;

	n = pread(SIM_FD_TRACE, trace, (size_t)size, 0);
	trace[n > 0 ? n : 0] = '\0';
	for (const char *at = trace; (at = strstr(at, text)); at++)
		count++;
	free(trace);
	return count;
}

/* --- time ------------------------------------------------------------------------------------ */

static bool went_on(uint64_t end)
{
	for (;;) {
		switch (sim_run(end)) {
		case SIM_IDLE:
			return false;
		case SIM_TRIGGER:
			if (!sim->kill.slot || sim->kill.done)
				return true;
			kill_now(false);
			break;
		case SIM_LIVELOCK:
			sim_fail("it goes on without end");
			return false;
		case SIM_EXITED:
			sim_trace("the daemon has ended, status %#x", (unsigned)sim->status);
			if (!WIFEXITED(sim->status) || WEXITSTATUS(sim->status) > 1)
				sim_fail("the daemon has ended, status %#x", (unsigned)sim->status);
			if (++restarts > RESTARTS_MAX) {
				sim_fail("the daemon ends again and again");
				return false;
			}
			(void)sim_run(sim->now + RESTART_NS);
			daemon_start();
			break;
		}
	}
}

void machine_run(uint64_t ns)
{
	while (went_on(sim->now + ns))
		;
}

bool machine_run_to_call(uint64_t calls, uint64_t ns)
{
	bool came;

	sim->trigger = sim->calls + calls;
	came = went_on(sim->now + ns);
	sim->trigger = 0;
	return came;
}

bool machine_run_to_job(uint64_t calls)
{
	uint64_t end = sim->now + 60 * SIM_SEC;

	while (sim_find("job") < 0 && sim->now < end)
		if (!machine_run_to_call(1, SIM_SEC / 100) && sim->failure[0])
			return false;
	return sim_find("job") > 0 && machine_run_to_call(calls, SIM_SEC);
}

/* --- files ----------------------------------------------------------------------------------- */

void file_write(const char *name, const char *text)
{
	char path[96], target[96];

	sim_trace("%s is written:\n%s", name, text);
	snprintf(path, sizeof(path), "etc/vio.d/.%s.new", name);
	snprintf(target, sizeof(target), "etc/vio.d/%s", name);
	tree_text(path, "%s", text);
	tree_rename(path, target);
}

void file_remove(const char *name)
{
	sim_trace("%s is deleted", name);
	tree_remove("etc/vio.d/%s", name);
	sim_act();
}

void tree_rename(const char *from, const char *to)
{
	(void)raw(renameat, SIM_FD_ROOT, from, SIM_FD_ROOT, to);
	sim_act();
}

int lock_pci(void)
{
	int fd = (int)raw(openat, SIM_FD_ROOT, "run/viod/lock/pci", O_RDWR | O_CREAT | O_CLOEXEC,
			  0600);

	if (raw(flock, fd, LOCK_EX | LOCK_NB) < 0)
		sim_fail("the lock is taken");
	return fd;
}

void unlock_pci(int lock)
{
	(void)raw(close, lock);
	sim_act();
}

void rename_interface(int pf, const char *name)
{
	struct kernel_pf *p = &kernel->pfs[pf];
	char path[96];

	sim_trace("%s is renamed to %s", p->interface, name);
	tree_unbind(&p->self, DRIVER_PF);
	snprintf(p->interface, sizeof(p->interface), "%s", name);
	tree_bind(&p->self, DRIVER_PF);
	/* device_rename() of drivers/base/core.c. */
	snprintf(path, sizeof(path), "/devices/pci0000:00/%s/net/%s", p->self.address, name);
	events_object("move", path, "net");
	events_link(pf);
}

const char *state_of(int pf)
{
	static char state[32];
	char path[96], text[16384];
	const char *at;

	snprintf(path, sizeof(path), "run/viod/state/%s.json", kernel->pfs[pf].self.address);
	state[0] = '\0';
	if (!tree_read(path, text, sizeof(text)))
		return state;
	at = strstr(text, "\"state\": \"");
	if (at)
		(void)sscanf(at + 10, "%31[^\"]", state);
	return state;
}

bool has_record(int pf)
{
	char path[96], text[4];

	snprintf(path, sizeof(path), "run/viod/pf/%s.json", kernel->pfs[pf].self.address);
	return tree_read(path, text, sizeof(text));
}

void machine_print_trace(void)
{
	char buffer[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(SIM_FD_TRACE, buffer, sizeof(buffer), at)) > 0) {
		(void)fwrite(buffer, 1, (size_t)n, stdout);
		at += n;
	}
	(void)fflush(stdout);
}
