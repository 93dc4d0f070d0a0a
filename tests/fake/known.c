/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bugs that were reproduced and are not cured yet: each sequence says what is right, and fails.
 * They are reported apart and count neither as passed nor as failed. One that holds has been cured:
 * move it to regressions.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "regression.h"

/* --- records --------------------------------------------------------------------------------- */

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

static void b9(void)
{
	kernel->pfs[0].count_errors = 1000;
	kernel->pfs[0].count_error = EIO;
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(10 * SIM_SEC);
	EXPECT(kernel->pfs[0].autoprobe, "autoprobe is as it was between the tries");
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

const struct regression known_failures[] = {
	{ "A1", "on-remove = keep in the file of a configured PF", a1 },
	{ "A3", "a VF that is used since the wait for the lock", a3 },
	{ "A4", "adopted VFs after a count that was not changed", a4 },
	{ "A9", "another card in the slot", a9 },
	{ "A11", "a value that is not reported, after a job that failed", a11 },
	{ "A14", "another kind in the file", a14 },
	{ "A15", "a job that was stopped while it waited for the lock", a15 },
	{ "D7", "a state file that could not be removed once", d7 },
	{ "B9", "autoprobe between two tries", b9 },
	{ NULL, NULL, NULL },
};
