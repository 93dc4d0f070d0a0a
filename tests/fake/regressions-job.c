/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job does where a device refuses, and what it reports of it. */
#include <errno.h>
#include <string.h>

#include "regression.h"

static unsigned vfs_on(int pf, enum kernel_driver driver)
{
	unsigned count = 0;

	for (unsigned vf = 0; vf < kernel->pfs[pf].numvfs; vf++)
		count += kernel->pfs[pf].vfs[vf].driver == driver;
	return count;
}

/* --- one VF of several ----------------------------------------------------------------------- */

/* Drivers are bound by workers; the others go on, and the one is tried again. */
void one_probe_fails(void)
{
	unsigned generation;

	kernel->pfs[0].probe_errors = 1;
	file_write("a.conf", PF0 "vfs = 4\n[vf*]\ndriver = othervf\n");
	daemon_start();
	machine_run(700 * SIM_MSEC);
	expect_state(0, "degraded");
	EXPECT(vfs_on(0, DRIVER_OTHER) == 3 && vfs_on(0, DRIVER_NONE) == 1, "three of four");
	EXPECT(count_in_state(0, "\"error\":null") == 3, "one has an error");
	EXPECT(count_in_state(0, "\"driver\":\"othervf\"") == 3, "and the others a driver");
	EXPECT(in_metrics("viod_pf_vfs{pf=\"0000:01:00.0\",which=\"failed\"} 1\n"), "it counts");
	EXPECT(sim->ready, "a start is over when each PF has failed once");
	generation = kernel->pfs[0].vfs[0].generation;
	machine_run(5 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(vfs_on(0, DRIVER_OTHER) == 4, "it was tried again");
	EXPECT(count_in_state(0, "\"error\":null") == 4, "without an error");
	EXPECT(kernel->pfs[0].vfs[0].generation == generation, "the others were left alone");
}

/* A VF that could not be configured gets no driver: a machine would use it as it is. */
void one_value_fails(void)
{
	kernel->pfs[0].level_errors = 1;
	file_write("a.conf", PF0 "vfs = 3\n[vf*]\nlevel = 5\ndriver = othervf\n");
	daemon_start();
	machine_run(700 * SIM_MSEC);
	expect_state(0, "degraded");
	EXPECT(vfs_on(0, DRIVER_OTHER) == 2 && vfs_on(0, DRIVER_NONE) == 1, "two of three");
	for (unsigned vf = 0; vf < 3; vf++)
		EXPECT((kernel->pfs[0].vfs[vf].level == 5) ==
			       (kernel->pfs[0].vfs[vf].driver == DRIVER_OTHER),
		       "VF %u", vf);
	EXPECT(kernel->pfs[0].autoprobe, "autoprobe is as it was");
	machine_run(5 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(vfs_on(0, DRIVER_OTHER) == 3, "it was tried again");
}

/* A count that is refused is an error of the PF, and nothing of its VFs is tried. */
void count_fails(void)
{
	kernel->pfs[0].count_errors = 1;
	kernel->pfs[0].count_error = EIO;
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 5\n");
	daemon_start();
	machine_run(700 * SIM_MSEC);
	expect_state(0, "failed");
	EXPECT(count_in_state(0, "/etc/vio.d/a.conf:4:7: the kernel did not create 2 VFs") >= 1,
	       "its error and the line that asked for it");
	expect_vfs(0, 0);
	EXPECT(sim->ready, "a start is over when each PF has failed once");
	machine_run(5 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "the value of the file");
}

/* A VF that another driver refuses has the one of before again, and an override as it was. */
void driver_refused(void)
{
	const char *address = kernel_function(0, 0)->address;

	other_count(0, 2);
	(void)other_write(0, 0, "driver_override", "othervf");
	(void)kernel_other_write("bus/pci/drivers/fakevf/unbind", address);
	(void)kernel_other_write("bus/pci/drivers_probe", address);
	(void)other_write(0, 0, "driver_override", "\n");
	EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_OTHER, "bound by another program");
	kernel->pfs[0].probe_errors = 1;
	file_write("a.conf", PF0 "[vf0]\ndriver = vfio-pci\n");
	daemon_start();
	machine_run(700 * SIM_MSEC);
	expect_state(0, "degraded");
	EXPECT(said("its previous driver 'othervf' is bound again") == 1, "the log says so");
	EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_OTHER, "bound again");
	EXPECT(!kernel->pfs[0].vfs[0].override[0], "'%s'", kernel->pfs[0].vfs[0].override);
	machine_run(5 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_VFIO, "it was tried again");
}

/* --- processes that end ---------------------------------------------------------------------- */

/* What a worker ends by, its job ends by, and the next one finishes what is left. */
void worker_killed(void)
{
	file_write("a.conf", PF0 "vfs = 4\n[vf*]\ndriver = othervf\n");
	daemon_start();
	EXPECT(machine_run_to_job(1), "a job runs");
	while (sim_find("worker") < 0 && sim_find("job") > 0)
		(void)machine_run_to_call(1, SIM_SEC);
	EXPECT(sim_find("worker") > 0, "drivers are bound by workers");
	if (sim_find("worker") > 0)
		sim_kill(sim_find("worker"));
	machine_run(200 * SIM_MSEC);
	EXPECT(said("the job crashed (SIGKILL)") == 1, "it is reported");
	machine_run(10 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(vfs_on(0, DRIVER_OTHER) == 4, "all of them are bound");
	EXPECT(kernel->pfs[0].autoprobe, "autoprobe is as it was");
}

/* A write that waits in the kernel is explained by who holds a VF. */
void stuck_explained(void)
{
	file_write("a.conf", PF0 "vfs = 2\ntimeout = 10\n");
	begin();
	machine_run(SIM_SEC);
	kernel->pfs[0].count_delay = 100 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 3\ntimeout = 10\n");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel_hold(0, 1, HOLDER_NODE), "VF 1 can be used");
	machine_run(10 * SIM_SEC);
	expect_state(0, "stuck");
	EXPECT(said("the kernel has not answered a write yet") == 1, "what it waits for");
	EXPECT(said("VF 1 (") == 1 && count_in_state(0, " is used by ") >= 1, "and who is there");
}

/* --- the PF's own driver --------------------------------------------------------------------- */

void pf_without_driver(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	EXPECT(kernel_hold(0, 1, HOLDER_NODE), "VF 1 can be used");
	file_write("a.conf", PF0 "vfs = 0\ndriver = none\n");
	machine_run(30 * SIM_SEC);
	expect_state(0, "blocked");
	expect_vfs(0, 2);
	EXPECT(kernel->pfs[0].self.driver == DRIVER_PF, "a held VF keeps the PF's driver");
	kernel_end_holder(kernel_holder_of(0, 1));
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].self.driver == DRIVER_NONE, "unbound");
	expect_vfs(0, 0);
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].self.driver == DRIVER_PF, "as it was before");
	EXPECT(!has_record(0), "the release has ended");
}

/* --- descriptors ----------------------------------------------------------------------------- */

/* A daemon that runs for a year must not end up with more and more of them. */
void no_descriptor_is_left(void)
{
	unsigned before;

	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 5\n");
	begin();
	machine_run(5 * SIM_SEC);
	before = daemon_descriptors();
	EXPECT(before > 5, "%u", before);
	for (int i = 0; i < 5; i++) {
		file_write("a.conf", PF0 "vfs = 3\n[vf0]\nlevel = 6\n");
		machine_run(5 * SIM_SEC);
		EXPECT(kernel_hold(0, 1, HOLDER_NODE), "VF 1 can be used");
		file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 5\n");
		file_write("b.conf", PF1 "nonsense\n");
		machine_run(5 * SIM_SEC);
		expect_state(0, "blocked");
		kernel_end_holder(kernel_holder_of(0, 1));
		file_remove("b.conf");
		machine_run(5 * SIM_SEC);
		kernel_unplug(0);
		machine_run(5 * SIM_SEC);
		kernel_plug(0);
		daemon_reload();
		machine_run(5 * SIM_SEC);
	}
	expect_state(0, "configured");
	EXPECT(daemon_descriptors() == before, "%u, and %u before", daemon_descriptors(), before);
}
