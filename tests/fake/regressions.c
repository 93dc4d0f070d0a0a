/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "regression.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- what they share ------------------------------------------------------------------------- */

void begin(void)
{
	daemon_start();
	machine_run(SIM_SEC);
	EXPECT(sim->ready, "the daemon has not said READY=1");
}

void expect_state(int pf, const char *state)
{
	if (strcmp(state_of(pf), state) != 0)
		sim_fail("PF %d has the state '%s', not '%s'", pf, state_of(pf), state);
}

void expect_vfs(int pf, unsigned count)
{
	if (kernel->pfs[pf].numvfs != count)
		sim_fail("PF %d has %u VFs, not %u", pf, kernel->pfs[pf].numvfs, count);
}

void expect_whole(int pf)
{
	for (unsigned vf = 0; vf < kernel->pfs[pf].numvfs; vf++)
		if (kernel->pfs[pf].vfs[vf].driver != DRIVER_VF)
			sim_fail("VF %u of PF %d has no driver", vf, pf);
	if (!kernel->pfs[pf].autoprobe)
		sim_fail("autoprobe of PF %d is off", pf);
}

long other_write(int pf, int vf, const char *attribute, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "devices/pci0000:00/%s/%s", kernel_function(pf, vf)->address,
		 attribute);
	return kernel_other_write(path, text);
}

void other_count(int pf, unsigned count)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", count);
	if (kernel->pfs[pf].numvfs)
		(void)other_write(pf, -1, "sriov_numvfs", "0");
	if (count)
		(void)other_write(pf, -1, "sriov_numvfs", text);
}

/* How often a file below the root has this text. */
static unsigned count_in(const char *path, const char *text)
{
	static char content[65536];
	unsigned count = 0;

	if (!tree_read(path, content, sizeof(content)))
		return 0;
	for (const char *at = content; (at = strstr(at, text)); at++)
		count++;
	return count;
}

unsigned count_in_state(int pf, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "run/viod/state/%s.json", kernel->pfs[pf].self.address);
	return count_in(path, text);
}

bool in_metrics(const char *line)
{
	return count_in("run/viod/metrics.prom", line);
}

unsigned daemon_descriptors(void)
{
	int slot = sim_find("daemon");
	unsigned count = 0;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", slot > 0 ? (int)sim->slots[slot].pid : 0);
	dir = opendir(path);
	while (dir && readdir(dir))
		count++;
	if (dir)
		(void)closedir(dir);
	return count;
}

/* --- the loop -------------------------------------------------------------------------------- */

static void loop(void)
{
	unsigned writes;

	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 5\n");
	begin();
	machine_run(SIM_SEC);
	expect_state(0, "configured");
	expect_vfs(0, 2);
	expect_whole(0);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "the value of the file");
	writes = kernel->n_writes;
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 6\n");
	machine_run(SIM_SEC);
	EXPECT(kernel->n_writes == writes + 1, "one value, one write");
	file_remove("a.conf");
	machine_run(SIM_SEC);
	expect_vfs(0, 0);
	EXPECT(!has_record(0) && !*state_of(0), "nothing of the daemon is left");
	daemon_stop();
}

static void restart_writes_nothing(void)
{
	unsigned writes;

	file_write("a.conf",
		   PF0 "vfs = 3\n[vf1]\nlevel = 5\ndriver = othervf\n[vf2]\ndriver = none\n");
	begin();
	machine_run(SIM_SEC);
	expect_vfs(0, 3);
	writes = kernel->n_writes;
	daemon_stop();
	daemon_start();
	machine_run(5 * SIM_SEC);
	daemon_kill();
	daemon_start();
	machine_run(5 * SIM_SEC);
	daemon_reload();
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->n_writes == writes, "nothing differs");
}

static void hold_kind(enum holder_kind kind, const char *driver)
{
	char text[128];

	snprintf(text, sizeof(text), PF0 "vfs = 2\n[vf*]\ndriver = %s\n", driver);
	file_write("a.conf", text);
	begin();
	machine_run(SIM_SEC);
	EXPECT(kernel_hold(0, 1, kind), "VF 1 can be used");
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(30 * SIM_SEC);
	expect_vfs(0, 2);
	expect_state(0, "blocked");
	file_remove("a.conf");
	machine_run(30 * SIM_SEC);
	expect_vfs(0, 2);
	kernel_end_holder(kernel_holder_of(0, 1));
	machine_run(2 * SIM_SEC);
	expect_vfs(0, 0);
}

static void held_by_node(void)
{
	hold_kind(HOLDER_NODE, "default");
}

static void held_by_container(void)
{
	hold_kind(HOLDER_NETNS, "default");
}

static void held_by_machine(void)
{
	hold_kind(HOLDER_VFIO, "vfio-pci");
}

/* A descriptor of the group lies in the queue of a socket: no process shows it. */
static void held_unseen(void)
{
	char path[32];

	file_write("a.conf", PF0 "vfs = 2\n[vf*]\ndriver = vfio-pci\n");
	begin();
	machine_run(SIM_SEC);
	EXPECT(kernel_hold(0, 1, HOLDER_VFIO), "VF 1 can be used");
	snprintf(path, sizeof(path), "proc/%d", (int)kernel_holder_of(0, 1)->pid);
	tree_remove_all(path);
	file_write("a.conf", PF0 "vfs = 2\n[vf*]\ndriver = othervf\n");
	machine_run(10 * SIM_SEC);
	expect_state(0, "blocked");
	EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_OTHER, "VF 0 is free");
	EXPECT(kernel->pfs[0].vfs[1].driver == DRIVER_VFIO, "VF 1 is used");
	kernel_end_holder(kernel_holder_of(0, 1));
	machine_run(90 * SIM_SEC);
	expect_state(0, "configured");
	EXPECT(kernel->pfs[0].vfs[1].driver == DRIVER_OTHER, "VF 1 is free");
}

/* A process has a file of a server open that is not reachable. */
static void hung_file_system(void)
{
	tree_add_hung(KERNEL_PID_FIRST - 1);
	file_write("a.conf", PF0 "vfs = 2\n[vf*]\ndriver = vfio-pci\n");
	begin();
	machine_run(SIM_SEC);
	expect_state(0, "configured");
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 3);
	expect_state(0, "configured");
}

/* --- the clock ------------------------------------------------------------------------------- */

/* A refused count is tried again after 1, 2, 4 ... 60 s, and an hour costs some dozen jobs. */
static void back_off(void)
{
	kernel->pfs[0].count_errors = 1000000;
	kernel->pfs[0].count_error = EIO;
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(3600 * SIM_SEC);
	EXPECT(sim->forks > 50 && sim->forks < 80, "one job a minute");
	kernel->pfs[0].count_errors = 0;
	machine_run(61 * SIM_SEC);
	expect_vfs(0, 2);
	expect_state(0, "configured");
}

static void stuck(void)
{
	kernel->pfs[0].count_delay = 500 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 2\ntimeout = 10\n");
	daemon_start();
	machine_run(5 * SIM_SEC);
	EXPECT(!sim->ready, "a job runs");
	machine_run(10 * SIM_SEC);
	expect_state(0, "stuck");
	EXPECT(sim->ready, "what waits in the kernel holds up no start");
	machine_run(600 * SIM_SEC);
	expect_state(0, "configured");
	expect_whole(0);
}

/* --- events, and lost events ------------------------------------------------------------------ */

static void lost_events(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	kernel->lose_events = true;
	kernel_unplug(0);
	kernel_plug(0);
	kernel->lose_events = false;
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
	expect_whole(0);
}

static void short_count(void)
{
	kernel->pfs[0].short_counts = 1;
	file_write("a.conf", PF0 "vfs = 3\n");
	begin();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 3);
	expect_state(0, "configured");
}

static void interface_names(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 1\n");
	file_write("b.conf", "[pf]\nname = port1\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	expect_vfs(0, 1);
	expect_vfs(1, 2);
	file_remove("a.conf");
	machine_run(SIM_SEC);
	file_remove("b.conf");
	machine_run(SIM_SEC);
	file_write("c.conf", "[pf]\nname = mac:02:00:00:00:02:01\nkind = lab\nvfs = 3\n");
	machine_run(SIM_SEC);
	expect_vfs(0, 0);
	expect_vfs(1, 3);
}

/* Killed in front of each of its calls, a job leaves what the next one finishes. */
static void job_killed(void)
{
	for (unsigned call = 1; call < 700; call += 23) {
		machine_end();
		machine_reset(call);
		file_write("a.conf", PF0 "vfs = 1\n[vf0]\nlevel = 5\ndriver = othervf\n");
		daemon_start();
		(void)machine_run_to_call(call, SIM_SEC);
		if (sim_find("job") > 0)
			sim_kill(sim_find("job"));
		machine_run(10 * SIM_SEC);
		expect_vfs(0, 1);
		expect_state(0, "configured");
		EXPECT(kernel->pfs[0].vfs[0].driver == DRIVER_OTHER, "call %u", call);
		EXPECT(kernel->pfs[0].autoprobe, "call %u", call);
		if (sim->failure[0])
			return;
	}
}

const struct regression regressions[] = {
	{ "loop", "a file, an edit, a deletion", loop },
	{ "restart", "a restart and a reload write nothing", restart_writes_nothing },
	{ "node", "a process has a node of a VF open", held_by_node },
	{ "container", "a container has the interface of a VF", held_by_container },
	{ "machine", "a virtual machine has a VF", held_by_machine },
	{ "M4", "a virtual machine has a VF, and no process shows it", held_unseen },
	{ "M6", "a process has a file open whose server never answers", hung_file_system },
	{ "back-off", "a count that is refused for an hour", back_off },
	{ "hour-node", "a VF whose node is open for an hour", held_for_an_hour_by_node },
	{ "hour-machine", "a VF in a virtual machine for an hour", held_for_an_hour_by_machine },
	{ "closed", "a node that is closed at any moment", closed_at_any_call },
	{ "ended", "a process that ends at any moment", ended_at_any_call },
	{ "closed-loop", "a node that is opened and closed in a loop", closed_in_a_loop },
	{ "stuck", "a write of the count that is longer than the timeout", stuck },
	{ "lost", "a hot-plug whose events are lost", lost_events },
	{ "short", "a driver that makes fewer VFs and calls it success", short_count },
	{ "names", "interface names, alternative names and addresses", interface_names },
	{ "killed", "a job killed at its calls", job_killed },
	{ "A7-ignore", "drift = ignore, unplugged and plugged in", a7_ignore },
	{ "A7-report", "drift = report, unplugged and plugged in", a7_report },
	{ "A8", "the retry of a drift job leaves a held VF alone", a8 },
	{ "A12", "a version that was refused and replaced is never applied", a12 },
	{ "A12-refused", "a refused version is tried again when the device changes", a12_refused },
	{ "A13", "a version for one PF is never applied to another", a13 },
	{ "B1", "a driver that comes while the job runs", b1 },
	{ "B4-invalid", "a release that is invalid for a while", b4_invalid },
	{ "B4-fewer", "a release of VFs that are not there any more", b4_fewer },
	{ "B8", "a second file for the PF while its job runs", b8 },
	{ "B10", "events lost while a job runs", b10 },
	{ "A6", "a release that waits ends when the name resolves again", a6 },
	{ "A16", "a file that names another PF while its job begins", a16 },
	{ "A17", "a file with an error that is renamed", a17 },
	{ "D1", "two files that are deleted at the same time", d1 },
	{ "D2", "a state file that could not be written once", d2 },
	{ "C5", "metrics of two files for one PF", c5 },
	{ "A2", "a directory of files that cannot be read", a2 },
	{ "A5", "an interface name that does not resolve at a reload", a5 },
	{ "A10", "a record that cannot be read for a moment", a10 },
	{ "B5", "a name that another device has", b5 },
	{ "D5", "a release while the records cannot be listed", d5 },
	{ "A5-restart", "an interface name that does not resolve at a restart", a5_restart },
	{ "A5-driver", "a driver of the PF with which its interface goes away", a5_driver },
	{ "A5-edit", "a file that names a device that is not there", a5_edit },
	{ "A10-start", "a record that cannot be read at the start", a10_start },
	{ "D3", "a limit of VFs that cannot be read for a moment", d3 },
	{ "D4", "a file that cannot be read for a moment", d4 },
	{ "A2-again", "a directory that can be read again", a2_again },
	{ "L4", "a directory that everybody may write to", l4 },
	{ "all-errors", "errors of the text and of the device", all_errors },
	{ "vf", "a file that names a VF", vf_name },
	{ "class", "a device that the kind does not serve", other_class },
	{ "in-force", "a second file for a PF that sorts first", in_force },
	{ "in-force-error", "a second file beside one with an error", in_force_with_error },
	{ "in-force-unread", "two files for a PF whose record cannot be read", in_force_unread },
	{ "C3", "names that wait, and events", c3 },
	{ "C3-later", "an address that comes later", c3_later },
	{ "C3-fails", "links that cannot be read once", c3_fails },
	{ "lend-libvirt", "libvirt uses a VF of which the file says nothing", lend_libvirt },
	{ "lend-libvirt-attributes", "the same, of which it sets an attribute",
	  lend_libvirt_attributes },
	{ "lend-libvirt-driver", "the same, of which it sets the driver", lend_libvirt_driver },
	{ "lend-libvirt-interface", "libvirt sets attributes of the VF that it uses",
	  lend_libvirt_interface },
	{ "lend-proxmox", "Proxmox uses a VF, and leaves it on vfio-pci", lend_proxmox },
	{ "lend-not-back", "the same, of which the file does not set the driver", lend_not_back },
	{ "lend-dra", "a VF that is bound ten minutes before it is opened", lend_dra },
	{ "lend-never-used", "a VF that is bound and never opened", lend_never_used },
	{ "lend-attribute", "an attribute that another program sets", lend_attribute },
	{ "lend-unseen", "VFs that are changed while no daemon runs", lend_unseen },
	{ "lend-reload-held", "a reload while a lent VF is in use", lend_reload_held },
	{ "lend-cni", "sriov-cni moves the interface into a namespace", lend_cni },
	{ "lend-enforce", "drift = enforce", lend_enforce },
	{ "lend-reset", "a PF that was reset", lend_reset },
	{ "lend-driver-unloaded", "the driver of VFs is unloaded", lend_driver_unloaded },
	{ "lend-count", "the count, and VFs that another program made", lend_count },
	{ "lend-autoprobe", "autoprobe is not a row of the file", lend_autoprobe },
	{ "lend-beside-failure", "a lent VF beside one that fails", lend_beside_failure },
	{ "command-line", "options, and arguments that there are not", command_line },
	{ "check", "viod --check before and after a file is applied", checked_before_and_after },
	{ "print", "viod --print, and what it prints as a file", printed },
	{ "second", "a second daemon", second_daemon },
	{ "plugins", "plugins that are not enabled", plugins_left_out },
	{ "log", "a line for each state", log_of_a_life },
	{ "log-retries", "no line for an attempt that ends as the one before", log_of_retries },
	{ "notify", "notifications of a start, a reload and an end", notified },
	{ "long-start", "a start that takes long", long_start },
	{ "stop", "SIGTERM while a step runs", stop_in_a_step },
	{ "state-file", "the state file and the metrics of a PF", state_file_of_a_pf },
	{ "probe", "a VF that cannot be bound", one_probe_fails },
	{ "value", "a VF that refuses a value", one_value_fails },
	{ "count", "a count that is refused", count_fails },
	{ "refused", "a VF that another driver refuses", driver_refused },
	{ "worker", "a worker that is killed", worker_killed },
	{ "stuck-why", "a write that waits for the holder of a VF", stuck_explained },
	{ "pf-driver", "a PF without a driver, and its own again", pf_without_driver },
	{ "descriptors", "descriptors of a daemon that has been busy", no_descriptor_is_left },
	{ "old-state", "state files of PFs that no file names", old_state_files },
	{ NULL, NULL, NULL },
};
