/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bugs in the life of a PF (core/daemon) that were reproduced, and cured. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "regression.h"

/* --- the life of a PF ------------------------------------------------------------------------ */

static void a7(const char *drift)
{
	char text[128];

	snprintf(text, sizeof(text), PF0 "vfs = 2\ndrift = %s\n", drift);
	file_write("a.conf", text);
	begin();
	machine_run(SIM_SEC);
	kernel_unplug(0);
	machine_run(SIM_SEC);
	expect_state(0, "absent");
	kernel_plug(0);
	machine_run(60 * SIM_SEC);
	expect_vfs(0, 2);
}

void a7_ignore(void)
{
	a7("ignore");
}

void a7_report(void)
{
	a7("report");
}

/* The retry of a job that restores what another program changed does not write to a held VF. */
void a8(void)
{
	file_write("a.conf", PF0 "vfs = 2\ndrift = enforce\n[vf*]\nlevel = 5\n");
	begin();
	machine_run(SIM_SEC);
	EXPECT(kernel_hold(0, 0, HOLDER_NODE), "VF 0 can be used");
	(void)other_write(0, 0, "level", "7");
	events_link(0);
	machine_run(SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 7, "a VF in use is left alone");
	kernel->pfs[0].level_errors = 1;
	(void)other_write(0, 1, "level", "8");
	events_link(0);
	machine_run(500 * SIM_MSEC);
	events_object("add", "/module/other", "module");
	machine_run(60 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 7, "a VF in use is still left alone");
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "the other is restored");
}

static void set_total(int pf, unsigned total)
{
	char path[96];

	kernel->pfs[pf].total = total;
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/sriov_totalvfs",
		 kernel->pfs[pf].self.address);
	tree_text(path, "%u\n", total);
}

void a12(void)
{
	set_total(0, 2);
	file_write("a.conf", PF0 "vfs = 4\n");
	begin();
	machine_run(SIM_SEC);
	expect_state(0, "invalid");
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(SIM_SEC);
	expect_vfs(0, 0);
	kernel_unplug(0);
	machine_run(SIM_SEC);
	kernel->pfs[0].total = 4;
	kernel_plug(0);
	machine_run(60 * SIM_SEC);
	expect_vfs(0, 3);
	expect_state(0, "configured");
}

/* The last version that the device agreed to stays in force, and the newest is tried again when the
 * device is another. */
void a12_refused(void)
{
	set_total(0, 2);
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 4\n");
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
	kernel_unplug(0);
	machine_run(SIM_SEC);
	kernel->pfs[0].total = 4;
	kernel_plug(0);
	machine_run(60 * SIM_SEC);
	expect_vfs(0, 4);
	expect_state(0, "configured");
}

void a13(void)
{
	kernel->pfs[0].count_delay = 5 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 2\n");
	daemon_start();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 1\n");
	machine_run(SIM_SEC);
	file_write("a.conf", PF1 "vfs = 99\n");
	machine_run(60 * SIM_SEC);
	expect_vfs(1, 0);
}

/* Whenever the driver comes while the job runs that would have waited for it. */
void b1(void)
{
	for (unsigned call = 40; call < 400; call += 20) {
		machine_end();
		machine_reset(call);
		kernel_pf_unbind(0);
		file_write("a.conf", PF0 "vfs = 1\n");
		daemon_start();
		(void)machine_run_to_call(call, SIM_SEC);
		kernel_pf_bind(0);
		machine_run(120 * SIM_SEC);
		expect_vfs(0, 1);
		if (sim->failure[0])
			return;
	}
}

void b4_invalid(void)
{
	other_count(0, 3);
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
	set_total(0, 2);
	file_remove("a.conf");
	machine_run(SIM_SEC);
	set_total(0, 4);
	machine_run(130 * SIM_SEC);
	expect_vfs(0, 3);
	EXPECT(!has_record(0), "the release has ended");
}

void b4_fewer(void)
{
	other_count(0, 2);
	file_write("a.conf", PF0 "[vf1]\nlevel = 5\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	other_count(0, 1);
	file_remove("a.conf");
	daemon_start();
	machine_run(130 * SIM_SEC);
	expect_vfs(0, 1);
	EXPECT(!has_record(0), "the release has ended");
}

void b8(void)
{
	kernel->pfs[0].count_delay = 2 * SIM_SEC;
	file_write("b.conf", PF0 "vfs = 2\n");
	daemon_start();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 1\n");
	file_write("b.conf", PF0 "vfs = 2\n[vf0]\nlevel = 1\n");
	machine_run(120 * SIM_SEC);
	expect_vfs(0, 2);
	expect_whole(0);
}

void b10(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 1\n");
	EXPECT(machine_run_to_job(150), "a job runs");
	kernel->lose_events = true;
	kernel_unplug(0);
	kernel->lose_events = false;
	machine_run(120 * SIM_SEC);
	expect_state(0, "absent");
}

/* files_collect() looks at PFs that it has freed. */
void d1(void)
{
	file_write("a.conf", PF0 "vfs = 1\n");
	file_write("b.conf", PF1 "vfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	file_remove("a.conf");
	file_remove("b.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 0);
	expect_vfs(1, 0);
}

/* A state file that could not be written is written later. */
void d2(void)
{
	file_write("a.conf", PF0 "vfs = 1\n");
	daemon_start();
	EXPECT(machine_run_to_job(100), "a job runs");
	while (sim_find("job") > 0 && machine_run_to_call(1, SIM_SEC))
		;
	sim->fault = (struct sim_fault){ .only = "viod/state" };
	machine_run(600 * SIM_SEC);
	EXPECT(sim->fault.error, "the state file is written");
	expect_state(0, "configured");
}

/* The same series twice is no valid exposition. */
void c5(void)
{
	char text[4096], *first;

	file_write("a.conf", PF0 "vfs = 1\n");
	file_write("b.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	EXPECT(tree_read("run/viod/metrics.prom", text, sizeof(text)), "it is written");
	first = strstr(text, "viod_pf_vfs{pf=\"0000:01:00.0\",which=\"all\"}");
	EXPECT(first && !strstr(first + 1, "viod_pf_vfs{pf=\"0000:01:00.0\",which=\"all\"}"),
	       "one series for a PF");
}

/* A release that waits for a holder ends when the name of the PF resolves again. */
void a6(void)
{
	unsigned generation;

	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	generation = kernel->pfs[0].vfs[1].generation;
	EXPECT(kernel_hold(0, 0, HOLDER_NETNS), "VF 0 can be used");
	daemon_stop();
	rename_interface(0, "eth9");
	daemon_start();
	machine_run(5 * SIM_SEC);
	rename_interface(0, "eth0");
	machine_run(5 * SIM_SEC);
	kernel_end_holder(kernel_holder_of(0, 0));
	machine_run(30 * SIM_SEC);
	expect_vfs(0, 2);
	EXPECT(kernel->pfs[0].vfs[1].generation == generation, "the VFs are those there were");
}

/* A PF that no file names, and whose VFs are the administrator's. */
void a16(void)
{
	for (unsigned call = 10; call < 300; call += 10) {
		machine_end();
		machine_reset(call);
		begin();
		file_write("a.conf", PF0 "vfs = 2\n");
		(void)machine_run_to_job(call);
		file_write("a.conf", PF1 "vfs = 1\n");
		machine_run(30 * SIM_SEC);
		expect_vfs(0, 0);
		other_count(0, 4);
		file_write("b.conf", "# nothing\n");
		machine_run(30 * SIM_SEC);
		expect_vfs(0, 4);
		if (sim->failure[0])
			return;
	}
}

/* A file that is renamed while it has an error is still the file of its PF. */
void a17(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 2\nmistake = 1\n");
	machine_run(SIM_SEC);
	tree_rename("etc/vio.d/a.conf", "etc/vio.d/c.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
}
