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

static void a7_ignore(void)
{
	a7("ignore");
}

static void a7_report(void)
{
	a7("report");
}

/* The retry of a job that restores what another program changed does not write to a held VF. */
static void a8(void)
{
	file_write("a.conf", PF0 "vfs = 2\n[vf*]\nlevel = 5\n");
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

static void a12(void)
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
static void a12_refused(void)
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

static void a13(void)
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
static void b1(void)
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

static void b4_invalid(void)
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

static void b4_fewer(void)
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

static void b8(void)
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

static void b10(void)
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

/* The directory cannot be read once: no file is deleted. */
static void a2(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	tree_rename("etc/vio.d", "etc/vio.away");
	tree_text("etc/vio.d", "no directory\n");
	daemon_reload();
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

/* The name does not resolve at a restart. */
static void a5(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	rename_interface(0, "eth9");
	daemon_reload();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
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

/* A record that cannot be read for a moment is no corrupt one. */
static void a10(void)
{
	other_count(0, 2);
	file_write("a.conf", PF0 "vfs = 3\n");
	begin();
	machine_run(SIM_SEC);
	sim->fault = (struct sim_fault){ .only = "viod/pf/0000:01:00.0.json", .choice = 0 };
	file_write("a.conf", PF0 "vfs = 3\n[vf0]\nlevel = 1\n");
	machine_run(5 * SIM_SEC);
	EXPECT(sim->fault.error, "the record is read");
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
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

/* files_collect() looks at PFs that it has freed. */
static void d1(void)
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
static void d2(void)
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
static void c5(void)
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

const struct regression known_failures[] = {
	{ "A7-ignore", "drift = ignore, unplugged and plugged in (state table)", a7_ignore },
	{ "A7-report", "drift = report, unplugged and plugged in (state table)", a7_report },
	{ "A8", "the retry of a drift job writes to a held VF (state table)", a8 },
	{ "A12", "a refused version is applied later (state table)", a12 },
	{ "A12-refused", "a refused version is not tried again (state table)", a12_refused },
	{ "A13", "a version is applied to another PF (state table)", a13 },
	{ "B1", "a driver that comes while the job runs (state table)", b1 },
	{ "B4-invalid", "a release that is invalid for a while (state table)", b4_invalid },
	{ "B4-fewer", "a release of VFs that are not there any more (state table)", b4_fewer },
	{ "B8", "a second file for the PF while its job runs (state table)", b8 },
	{ "B10", "events lost while a job runs (state table)", b10 },
	{ "A1", "on-remove = keep in the file of a configured PF", a1 },
	{ "A2", "a directory of files that cannot be read", a2 },
	{ "A3", "a VF that is used since the wait for the lock", a3 },
	{ "A4", "adopted VFs after a count that was not changed", a4 },
	{ "A5", "an interface name that does not resolve at a reload", a5 },
	{ "A9", "another card in the slot", a9 },
	{ "A10", "a record that cannot be read for a moment", a10 },
	{ "A11", "a value that is not reported, after a job that failed", a11 },
	{ "A15", "a job that was stopped while it waited for the lock", a15 },
	{ "B9", "autoprobe between two tries", b9 },
	{ "D1", "two files that are deleted at the same time", d1 },
	{ "D2", "a state file that could not be written once", d2 },
	{ "C5", "metrics of two files for one PF", c5 },
	{ NULL, NULL, NULL },
};
