/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bugs in records, jobs and locks (core/job) that were reproduced, and cured. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"
#include "regression.h"

/* --- what the record holds ------------------------------------------------------------------- */

static void a1(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 2\non-remove = keep\n");
	machine_run(SIM_SEC);
	file_remove("a.conf");
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
}

/* Another program made VFs, and one of them went into a container, while the job waited for the
 * lock. */
static void a3(void)
{
	int lock;

	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	lock = lock_pci();
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(SIM_SEC);
	(void)other_write(0, -1, "sriov_drivers_autoprobe", "1");
	other_count(0, 4);
	EXPECT(kernel_hold(0, 3, HOLDER_NETNS), "VF 3 can be used");
	unlock_pci(lock);
	machine_run(5 * SIM_SEC);
	EXPECT(kernel_holder_of(0, 3) && kernel->pfs[0].numvfs == 4, "VF 3 is still there");
}

/* A count that was never changed makes no VF the daemon's own. */
static void a4(void)
{
	other_count(0, 2);
	(void)other_write(0, 0, "driver_override", "othervf");
	(void)kernel_other_write("bus/pci/drivers/fakevf/unbind", kernel_function(0, 0)->address);
	(void)kernel_other_write("bus/pci/drivers_probe", kernel_function(0, 0)->address);
	EXPECT(kernel_hold(0, 1, HOLDER_NODE), "VF 1 can be used");
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(SIM_SEC);
	expect_state(0, "blocked");
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_OTHER, "no line asks for another driver");
}

/* Another card in the slot has nothing of the record of the one before. */
static void a9(void)
{
	other_count(0, 2);
	file_write("a.conf", PF0 "vfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	kernel_unplug(0);
	machine_run(SIM_SEC);
	kernel->pfs[0].device = 0x10f1;
	kernel_plug(0);
	machine_run(5 * SIM_SEC);
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 0);
}

/* A value that is not reported: what was written counts, whatever became of the job. */
static void a11(void)
{
	file_write("a.conf", PF0 "vfs = 1\n[vf0]\nquiet = 1\nlevel = 1\n");
	begin();
	machine_run(SIM_SEC);
	kernel->pfs[0].level_errors = 1;
	file_write("a.conf", PF0 "vfs = 1\n[vf0]\nquiet = 2\nlevel = 2\n");
	machine_run(500 * SIM_MSEC);
	file_write("a.conf", PF0 "vfs = 1\n[vf0]\nquiet = 1\nlevel = 1\n");
	machine_run(60 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].quiet == 1, "it is %d", kernel->pfs[0].vfs[0].quiet);
}

/* What the rows of the former kind set is restored, too. */
static void a14(void)
{
	other_count(0, 1);
	(void)other_write(0, 0, "level", "10");
	file_write("a.conf", PF0 "[vf0]\nlevel = 5\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", "[pf]\nname = 0000:01:00.0\nkind = dev\n[vf0]\ndriver = othervf\n");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_OTHER, "the kind dev is there");
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 10, "it is %d", kernel->pfs[0].vfs[0].level);
}

/* A job that was to stop while it waited for the lock writes nothing. */
static void a15(void)
{
	unsigned generation;
	int lock;

	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	generation = kernel->pfs[0].vfs[0].generation;
	lock = lock_pci();
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(SIM_SEC);
	unlock_pci(lock);
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].generation == generation, "the VFs are those there were");
}

/* A state file that could not be removed is removed later. */
static void d7(void)
{
	file_write("a.conf", PF0 "vfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	file_remove("a.conf");
	EXPECT(machine_run_to_job(50), "a job runs");
	sim->fault = (struct sim_fault){ .only = "0000:01:00.0.json" };
	machine_run(600 * SIM_SEC);
	EXPECT(sim->fault.error, "the state file is removed");
	expect_state(0, "");
}

static void b9(void)
{
	kernel->pfs[0].count_errors = 1000;
	kernel->pfs[0].count_error = EIO;
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(10 * SIM_SEC);
	EXPECT(kernel->pfs[0].autoprobe, "autoprobe is as it was between the tries");
}

/* "on-remove = keep" counts only as long as the file has it. */
static void a1_release(void)
{
	file_write("a.conf", PF0 "vfs = 2\non-remove = keep\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(SIM_SEC);
	file_remove("a.conf");
	machine_run(SIM_SEC);
	expect_vfs(0, 0);
}

/* The card of before in its slot again has lost what is not reported. */
static void a9_same(void)
{
	file_write("a.conf", PF0 "hush = 3\n");
	begin();
	machine_run(SIM_SEC);
	EXPECT(kernel->pfs[0].hush == 3, "it is %d", kernel->pfs[0].hush);
	kernel_unplug(0);
	kernel_plug(0);
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].hush == 3, "it is %d after the hot-plug", kernel->pfs[0].hush);
}

/* Whenever a job is killed: what it has written is restored, and written again. */
static void a11_killed(void)
{
	for (unsigned call = 1; call < 260; call += 7) {
		machine_end();
		machine_reset(call);
		other_count(0, 1);
		(void)other_write(0, 0, "level", "10");
		file_write("a.conf", PF0 "[vf0]\nlevel = 10\nquiet = 1\n");
		begin();
		file_write("a.conf", PF0 "[vf0]\nlevel = 11\nquiet = 2\n");
		if (!machine_run_to_job(call) || sim_find("job") < 0)
			return;
		sim_kill(sim_find("job"));
		file_write("a.conf", PF0 "[vf0]\nquiet = 1\n");
		machine_run(5 * SIM_SEC);
		EXPECT(kernel->pfs[0].vfs[0].quiet == 1, "it is %d, call %u",
		       kernel->pfs[0].vfs[0].quiet, call);
		file_remove("a.conf");
		machine_run(5 * SIM_SEC);
		EXPECT(kernel->pfs[0].vfs[0].level == 10, "it is %d, call %u",
		       kernel->pfs[0].vfs[0].level, call);
		if (sim->failure[0])
			return;
	}
}

/* Rows of a kind that the file names later have a baseline, too. */
static void a14_later(void)
{
	other_count(0, 1);
	(void)other_write(0, 0, "level", "10");
	file_write("a.conf", "[pf]\nname = 0000:01:00.0\nkind = dev\n[vf0]\ndriver = othervf\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "[vf0]\nlevel = 5\n");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "the kind lab is there");
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 10, "it is %d", kernel->pfs[0].vfs[0].level);
}

/* VFs that another program created later under a file without a count. */
static void a14_vf(void)
{
	other_count(0, 1);
	file_write("a.conf", PF0 "[vf*]\nlevel = 5\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	other_count(0, 2);
	(void)other_write(0, 1, "level", "11");
	daemon_start();
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "it is %d", kernel->pfs[0].vfs[1].level);
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[1].level == 11, "it is %d, not as it was",
	       kernel->pfs[0].vfs[1].level);
}

/* The daemon ends while a job waits for the lock: the job writes nothing when it gets it. */
static void a15_end(void)
{
	unsigned generation;
	int lock;

	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	generation = kernel->pfs[0].vfs[0].generation;
	lock = lock_pci();
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(SIM_SEC);
	daemon_stop();
	unlock_pci(lock);
	machine_run(SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].generation == generation, "the VFs are those there were");
	expect_whole(0);
}

/* A record of the version before has no identity and no list of what was about to be done. */
static void upgrade(void)
{
	unsigned writes;

	other_count(0, 2);
	(void)other_write(0, 0, "level", "10");
	tree_directory("run/viod");
	tree_directory("run/viod/pf");
	tree_text("run/viod/pf/0000:01:00.0.json",
		  "{\"address\": \"0000:01:00.0\", \"kind\": \"lab\", \"config\": "
		  "\"/etc/vio.d/a.conf\", \"created\": false, \"keep\": false, \"baseline\": "
		  "{\"pf\": {\"vfs\": \"2\"}, \"vfs\": [{\"level\": \"7\"}, {\"level\": "
		  "\"0\"}]}, \"set\": {\"pf\": {\"vfs\": \"2\"}, \"vfs\": [{\"level\": "
		  "\"10\", \"quiet\": \"3\"}, {}]}, \"managed\": [\"0000:01:10.0\", "
		  "\"0000:01:10.1\"]}\n");
	tree_directory("run/viod/managed");
	tree_link("../state/0000:01:00.0.json", "run/viod/managed/0000:01:10.0");
	tree_link("../state/0000:01:00.0.json", "run/viod/managed/0000:01:10.1");
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 10\nquiet = 3\n");
	writes = kernel->n_writes;
	begin();
	machine_run(5 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(kernel->n_writes == writes, "nothing differs");
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	EXPECT(kernel->pfs[0].vfs[0].level == 7, "it is %d", kernel->pfs[0].vfs[0].level);
	EXPECT(!has_record(0), "the release has ended");
}

/* --- autoprobe ------------------------------------------------------------------------------- */

/* Whenever a job is killed, or stopped with the daemon. */
static void b9_at(unsigned call, void (*end)(void))
{
	machine_end();
	machine_reset(call);
	file_write("a.conf", PF0 "vfs = 2\non-remove = keep\n");
	daemon_start();
	(void)machine_run_to_call(call, SIM_SEC);
	end();
	file_remove("a.conf");
	if (!daemon_runs())
		daemon_start();
	machine_run(10 * SIM_SEC);
	EXPECT(kernel->pfs[0].autoprobe, "call %u", call);
	EXPECT(!has_record(0) && !*state_of(0), "nothing of the daemon is left, call %u", call);
}

static void kill_job(void)
{
	if (sim_find("job") > 0)
		sim_kill(sim_find("job"));
}

static void b9_keep(void)
{
	for (unsigned call = 60; call < 700 && !sim->failure[0]; call += 11)
		b9_at(call, kill_job);
}

static void stop_and_look(void)
{
	daemon_stop();
	EXPECT(kernel->pfs[0].autoprobe, "the daemon has ended");
}

static void b9_stop(void)
{
	for (unsigned call = 60; call < 700 && !sim->failure[0]; call += 11)
		b9_at(call, stop_and_look);
}

/* --- locks ----------------------------------------------------------------------------------- */

/* The time that a job waits for another PF does not count. */
static void b7_time(void)
{
	int lock;

	daemon_start();
	machine_run(SIM_SEC);
	lock = lock_pci();
	file_write("a.conf", PF0 "vfs = 2\ntimeout = 10\n");
	machine_run(200 * SIM_SEC);
	EXPECT(strcmp(state_of(0), "stuck") != 0, "it waits");
	kernel->pfs[0].count_delay = 9 * SIM_SEC;
	unlock_pci(lock);
	machine_run(9500 * SIM_MSEC);
	expect_vfs(0, 2);
	expect_state(0, "configured");
}

/* More PFs wait for the lock than jobs may run: another PF does not wait behind them. */
static void b7_slots(void)
{
	char name[16], text[128];
	int lock;

	for (int pf = KERNEL_PFS; pf < KERNEL_PFS_MAX; pf++)
		kernel_plug(pf);
	file_write("last.conf", PF0 "vfs = 1\n");
	begin();
	lock = lock_pci();
	for (int pf = 1; pf < KERNEL_PFS_MAX; pf++) {
		snprintf(name, sizeof(name), "a%d.conf", pf);
		snprintf(text, sizeof(text), "[pf]\nname = %s\nkind = lab\nvfs = 1\n",
			 kernel->pfs[pf].self.address);
		file_write(name, text);
	}
	machine_run(5 * SIM_SEC);
	file_write("last.conf", PF0 "vfs = 1\n[vf0]\nlevel = 5\n");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "it needs no lock");
	expect_vfs(1, 0);
	unlock_pci(lock);
	machine_run(60 * SIM_SEC);
	for (int pf = 1; pf < KERNEL_PFS_MAX; pf++)
		expect_vfs(pf, 1);
}

/* --- jobs ------------------------------------------------------------------------------------ */

/* Another program creates VFs while the job runs. */
static void c1(void)
{
	for (unsigned call = 10; call < 260; call += 10) {
		machine_end();
		machine_reset(call);
		other_count(0, 1);
		file_write("a.conf", PF0 "drift = enforce\n[vf0]\nlevel = 5\n");
		begin();
		(void)other_write(0, 0, "level", "7");
		events_link(0);
		if (machine_run_to_job(call)) {
			other_count(0, 4);
			(void)kernel_hold(0, 2, HOLDER_NODE);
		}
		machine_run(10 * SIM_SEC);
		EXPECT(kernel->pfs[0].vfs[0].level == 5, "it is %d", kernel->pfs[0].vfs[0].level);
		if (sim->failure[0])
			return;
	}
}

/* The children of the daemon, also those that have ended. */
static bool has_children(void)
{
	char path[64], text[32];
	long n;
	int fd, daemon = sim_find("daemon");

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)sim->slots[daemon].pid,
		 (int)sim->slots[daemon].pid);
	fd = (int)raw(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		sim_fail("cannot read %s", path);
		return false;
	}
	n = raw(read, fd, text, sizeof(text));
	(void)raw(close, fd);
	return n > 0;
}

/* The job of a PF that is dropped ends while another process looks who uses it. */
static void c4(void)
{
	for (unsigned call = 1; call < 120; call += 9) {
		machine_end();
		machine_reset(call);
		kernel->pfs[0].count_delay = 500 * SIM_SEC;
		file_write("a.conf", PF0 "vfs = 2\ntimeout = 10\n");
		daemon_start();
		machine_run(5 * SIM_SEC);
		file_remove("a.conf");
		while (sim->forks < 3 && machine_run_to_call(1, 10 * SIM_SEC))
			;
		(void)machine_run_to_call(call, SIM_SEC);
		sim_end_waits_in_kernel();
		machine_run(120 * SIM_SEC);
		expect_vfs(0, 0);
		EXPECT(!has_children(), "a zombie, call %u", call);
		if (sim->failure[0])
			return;
	}
}

/* Files in these folders that are named for a PF. */
static unsigned leftovers(void)
{
	static const char *const folders[] = { "run/viod/pf", "run/viod/state", "run/viod/lock" };
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		DIR *dir = fdopendir(
			(int)raw(openat, SIM_FD_ROOT, folders[i], O_RDONLY | O_DIRECTORY, 0));
		const struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (strchr(entry->d_name, ':')) {
				sim_trace("%s/%s is left", folders[i], entry->d_name);
				count++;
			}
		if (dir)
			(void)closedir(dir);
	}
	return count;
}

/* Whenever the daemon and its job are killed, nothing is left of them after the release. */
static void c7(void)
{
	for (unsigned call = 100; call < 700; call += 19) {
		machine_end();
		machine_reset(call);
		file_write("a.conf", PF0 "vfs = 1\n[vf0]\nlevel = 5\n");
		daemon_start();
		(void)machine_run_to_call(call, SIM_SEC);
		daemon_kill();
		kill_job();
		daemon_start();
		machine_run(10 * SIM_SEC);
		expect_state(0, "configured");
		file_remove("a.conf");
		machine_run(10 * SIM_SEC);
		EXPECT(leftovers() == 0, "call %u", call);
		if (sim->failure[0])
			return;
	}
}

const struct regression record_regressions[] = {
	{ "A1", "on-remove = keep in the file of a configured PF", a1 },
	{ "A1-release", "on-remove = keep that the file no longer has", a1_release },
	{ "A3", "a VF that is used since the wait for the lock", a3 },
	{ "A4", "adopted VFs after a count that was not changed", a4 },
	{ "A9", "another card in the slot", a9 },
	{ "A9-same", "a card that was removed and added again", a9_same },
	{ "A11", "a value that is not reported, after a job that failed", a11 },
	{ "A11-killed", "values that a job has written before it was killed", a11_killed },
	{ "A14", "another kind in the file", a14 },
	{ "A14-later", "rows of a kind that the file names later", a14_later },
	{ "A14-vf", "a VF that another program created later", a14_vf },
	{ "A15", "a job that was stopped while it waited for the lock", a15 },
	{ "A15-end", "the daemon ends while a job waits for the lock", a15_end },
	{ "upgrade", "a record of the version before", upgrade },
	{ "B7-time", "the wait for the lock and the timeout", b7_time },
	{ "B7-slots", "PFs that wait for the lock, and one that does not", b7_slots },
	{ "B9", "autoprobe between two tries", b9 },
	{ "B9-keep", "autoprobe after a job was killed, and on-remove = keep", b9_keep },
	{ "B9-stop", "autoprobe after the daemon has ended", b9_stop },
	{ "C1", "more VFs than planned for", c1 },
	{ "C4", "a PF that is freed while a process looks who uses it", c4 },
	{ "C7", "what killed processes leave behind", c7 },
	{ "D7", "a state file that could not be removed once", d7 },
	{ NULL, NULL, NULL },
};
