/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is true of a file, a record or a name that cannot be read now is not known: nothing is
 * removed for it, and it is asked again. */
#include <stdio.h>
#include <string.h>

#include "regression.h"

#define LIMIT "bus/pci/devices/0000:01:00.0/sriov_totalvfs"

/* --- what cannot be read ---------------------------------------------------------------------- */

/* The directory cannot be read once: no file is deleted. */
void a2(void)
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

/* The name does not resolve at a restart. */
void a5(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	rename_interface(0, "eth9");
	daemon_reload();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
}

/* A record that cannot be read for a moment is no corrupt one. */
void a10(void)
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

/* The interface of the name belongs to a device at another address now. */
void b5(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	kernel_unplug(0);
	machine_run(SIM_SEC);
	rename_interface(1, "eth0");
	machine_run(30 * SIM_SEC);
	expect_vfs(1, 2);
}

/* A release waits for the list of records. */
void d5(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	sim->fault = (struct sim_fault){ .only = "viod/pf" };
	file_remove("a.conf");
	machine_run(120 * SIM_SEC);
	EXPECT(sim->fault.error, "the directory is read");
	expect_vfs(0, 0);
}

/* A name that is not found at a restart still means the device that the file has configured. */
void a5_restart(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	rename_interface(0, "eth9");
	daemon_start();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	expect_state(0, "configured");
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n[vf0]\nlevel = 5\n");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "an edit is applied");
}

/* The file asks for a driver of the PF with which its interface goes away. */
void a5_driver(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\ndriver = othervf\n");
	begin();
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].self.driver == DRIVER_OTHER, "the driver of the file");
	daemon_reload();
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].self.driver == DRIVER_OTHER, "after a reload");
	daemon_stop();
	daemon_start();
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].self.driver == DRIVER_OTHER, "after a restart");
}

/* A file that names what is not there does not ask for the VFs of the PF before to be removed: it
 * may be the same one. */
void a5_edit(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", "[pf]\nname = eth7\nkind = lab\nvfs = 2\n");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	rename_interface(1, "eth7");
	machine_run(5 * SIM_SEC);
	expect_vfs(1, 2);
	expect_vfs(0, 0);
}

/* The record of a PF cannot be read at the start: which device the file means is not known, and
 * nothing is removed. */
void a10_start(void)
{
	file_write("a.conf", "[pf]\nname = eth0\nkind = lab\nvfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	rename_interface(0, "eth9");
	sim->fault = (struct sim_fault){ .only = "viod/pf/0000:01:00.0.json" };
	daemon_start();
	machine_run(30 * SIM_SEC);
	EXPECT(sim->fault.error, "the record is read");
	expect_vfs(0, 2);
	expect_state(0, "configured");
}

/* The limit cannot be read for a moment: the device has SR-IOV nevertheless. */
void d3(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	sim->fault = (struct sim_fault){ .only = LIMIT };
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 5\n");
	machine_run(30 * SIM_SEC);
	EXPECT(sim->fault.error, "it is read");
	expect_vfs(0, 2);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "the file is applied");
	sim->fault = (struct sim_fault){ .only = LIMIT };
	file_remove("a.conf");
	machine_run(30 * SIM_SEC);
	EXPECT(sim->fault.error, "it is read");
	expect_vfs(0, 0);
	EXPECT(!has_record(0), "the release has ended");
}

/* A file that cannot be read for a moment is read again. */
void d4(void)
{
	begin();
	sim->fault = (struct sim_fault){ .only = "etc/vio.d/a.conf" };
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(30 * SIM_SEC);
	EXPECT(sim->fault.error, "the file is looked at");
	expect_vfs(0, 2);
	expect_state(0, "configured");
}

/* Where the directory can be read again without an event, it is read again. */
void a2_again(void)
{
	begin();
	sim->fault = (struct sim_fault){ .only = "etc/vio.d" };
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(30 * SIM_SEC);
	EXPECT(sim->fault.error, "the directory is read");
	expect_vfs(0, 2);
}

/* A directory that another user may write to says nothing, and takes nothing away. */
void l4(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	tree_mode("etc/vio.d", 0777);
	file_write("b.conf", PF1 "vfs = 2\n");
	daemon_reload();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	expect_vfs(1, 0);
	file_remove("a.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	tree_mode("etc/vio.d", 0755);
	machine_run(90 * SIM_SEC);
	expect_vfs(0, 0);
	expect_vfs(1, 2);
}

/* --- the file in force ------------------------------------------------------------------------ */

/* Which of two files sorts first says nothing where one of them is in force. */
void in_force(void)
{
	unsigned generation;

	file_write("b.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	generation = kernel->pfs[0].vfs[0].generation;
	file_write("a.conf", PF0 "vfs = 1\n");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	daemon_stop();
	daemon_start();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	daemon_kill();
	daemon_start();
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].generation == generation, "the VFs are those there were");
	/* Its settings are enforced meanwhile. */
	(void)other_write(0, 0, "level", "7");
	file_write("b.conf", PF0 "vfs = 2\ndrift = enforce\n[vf0]\nlevel = 5\n");
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "it is edited");
	(void)other_write(0, 0, "level", "7");
	events_link(0);
	machine_run(5 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 5, "it is %d", kernel->pfs[0].vfs[0].level);
	file_remove("b.conf");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 1);
}

/* Nor does an error in the file that is in force give its PF to another one. */
void in_force_with_error(void)
{
	file_write("b.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	file_write("b.conf", PF0 "vfs = 2\nmistake = 1\n");
	file_write("a.conf", PF0 "vfs = 1\n");
	daemon_start();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 2);
	file_write("b.conf", PF0 "vfs = 3\n");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 3);
}

/* The record says which one is in force; it cannot be read at first. */
void in_force_unread(void)
{
	file_write("b.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	file_write("a.conf", PF0 "vfs = 1\n");
	machine_run(SIM_SEC);
	daemon_stop();
	sim->fault = (struct sim_fault){ .only = "viod/pf/0000:01:00.0.json" };
	daemon_start();
	machine_run(2 * SIM_SEC);
	EXPECT(sim->fault.error, "the record is read");
	machine_run(30 * SIM_SEC);
	expect_vfs(0, 2);
	expect_state(0, "configured");
}

/* --- a device that the file cannot be about --------------------------------------------------- */

static void expect_error(const char *address, const char *error)
{
	char path[96], text[16384];

	snprintf(path, sizeof(path), "run/viod/state/%s.json", address);
	EXPECT(tree_read(path, text, sizeof(text)), "there is a state file of %s", address);
	EXPECT(strstr(text, "\"state\": \"invalid\"") && strstr(text, error), "it says: %.400s",
	       text);
}

/* What only the device knows is reported beside what is wrong with the text; nothing is changed. */
void all_errors(void)
{
	file_write("a.conf", PF0 "nonsense = 1\nvfs = 9\n");
	begin();
	machine_run(SIM_SEC);
	expect_error("0000:01:00.0", "unknown key 'nonsense'");
	expect_error("0000:01:00.0", "vfs = 9 is more than this device can have");
	expect_vfs(0, 0);
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(SIM_SEC);
	expect_state(0, "configured");
}

void vf_name(void)
{
	other_count(0, 1);
	file_write("a.conf", "[pf]\nname = 0000:01:10.0\nkind = lab\nvfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	expect_error("0000:01:10.0", "0000:01:10.0 is a VF of 0000:01:00.0; name that PF");
}

/* A kind refuses a device of a class that is not its own, and nothing happens to it. */
void other_class(void)
{
	kernel_unplug(0);
	kernel->pfs[0].base_class = 1;
	kernel_plug(0);
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	expect_error("0000:01:00.0",
		     "which is a storage controller (PCI class 010000); write kind = dev");
	expect_vfs(0, 0);
	file_write("a.conf", "[pf]\nname = 0000:01:00.0\nkind = dev\nvfs = 2\n");
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
}

/* --- names ------------------------------------------------------------------------------------ */

/* Names that wait for their device cost no dump of all links for each event. */
void c3(void)
{
	char name[16], text[64];
	unsigned dumps;

	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "%d.conf", i);
		snprintf(text, sizeof(text), "[pf]\nname = mac:02:00:00:00:99:%02d\nkind = lab\n",
			 i);
		file_write(name, text);
	}
	begin();
	machine_run(SIM_SEC);
	dumps = kernel->dumps;
	EXPECT(dumps <= 2, "%u dumps at the start", dumps);
	for (int i = 0; i < 300; i++) {
		events_object("add", "/devices/virtual/net/tap0", "net");
		machine_run(SIM_MSEC);
	}
	machine_run(SIM_SEC);
	EXPECT(kernel->dumps == dumps, "%u dumps for 300 events", kernel->dumps - dumps);
	/* What the events say is known: an alternative name, an address. */
	file_write("0.conf", "[pf]\nname = mac:02:00:00:00:01:01\nkind = lab\nvfs = 1\n");
	file_write("1.conf", "[pf]\nname = port1\nkind = lab\nvfs = 1\n");
	machine_run(SIM_SEC);
	expect_vfs(0, 1);
	expect_vfs(1, 1);
	EXPECT(kernel->dumps <= dumps, "%u dumps for two files", kernel->dumps - dumps);
}

/* An interface that comes later is found by the message about it. */
void c3_later(void)
{
	kernel_pf_unbind(0);
	file_write("a.conf", "[pf]\nname = mac:02:00:00:00:01:01\nkind = lab\nvfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	expect_vfs(0, 0);
	kernel_pf_bind(0);
	machine_run(SIM_SEC);
	expect_vfs(0, 1);
}

/* The dump fails, and is not tried for each event. */
void c3_fails(void)
{
	file_write("a.conf", "[pf]\nname = mac:02:00:00:00:01:01\nkind = lab\nvfs = 1\n");
	sim->fault = (struct sim_fault){ .only = "(dump)" };
	daemon_start();
	machine_run(30 * SIM_SEC);
	EXPECT(sim->fault.error, "the links are read");
	expect_vfs(0, 1);
}
