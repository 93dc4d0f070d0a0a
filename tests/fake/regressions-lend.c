/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lending (drift = on-return): what other programs do to VFs before, while and after they use them,
 * in the order of their writes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "regression.h"

#define LENDER PF0 "vfs = 2\n[vf0]\nlevel = 4\n[vf1]\nlevel = 5\n"
#define LENDER_DRIVER LENDER "driver = fakevf\n"

/* --- what they share ------------------------------------------------------------------------- */

static void configured(const char *text)
{
	file_write("a.conf", text);
	begin();
	machine_run(SIM_SEC);
	expect_state(0, "configured");
}

/* The state of a VF in the state file. */
static const char *vf_state(int vf)
{
	static char state[16], text[16384], index[24];
	const char *at;

	state[0] = '\0';
	snprintf(index, sizeof(index), "{\"index\":%d,", vf);
	if (!tree_read("run/viod/state/0000:01:00.0.json", text, sizeof(text)))
		return state;
	at = strstr(text, index);
	at = at ? strstr(at, "\"state\":\"") : NULL;
	if (at)
		(void)sscanf(at + 9, "%15[^\"]", state);
	return state;
}

static void expect_vf(int vf, const char *state)
{
	if (strcmp(vf_state(vf), state) != 0)
		sim_fail("VF %d has the state '%s', not '%s'", vf, vf_state(vf), state);
}

static void expect_driver(int vf, enum kernel_driver driver)
{
	if (kernel->pfs[0].vfs[vf].driver != driver)
		sim_fail("VF %d has the driver %s, not %s", vf,
			 kernel_drivers[kernel->pfs[0].vfs[vf].driver], kernel_drivers[driver]);
}

static void unbind(int vf)
{
	const struct kernel_function *f = kernel_function(0, vf);
	char path[64];

	snprintf(path, sizeof(path), "bus/pci/drivers/%s/unbind", kernel_drivers[f->driver]);
	EXPECT(kernel_other_write(path, f->address) > 0, "it can be unbound");
}

static void probe(int vf)
{
	(void)kernel_other_write("bus/pci/drivers_probe", kernel_function(0, vf)->address);
}

/* virPCIDeviceBindToStub() and virPCIDeviceUnbindFromStub() of libvirt: the override first. */
static void libvirt_detach(int vf)
{
	(void)other_write(0, vf, "driver_override", "vfio-pci");
	machine_run(20 * SIM_MSEC);
	unbind(vf);
	machine_run(20 * SIM_MSEC);
	probe(vf);
	expect_driver(vf, DRIVER_VFIO);
}

static void libvirt_reattach(int vf)
{
	(void)other_write(0, vf, "driver_override", "\n");
	machine_run(20 * SIM_MSEC);
	unbind(vf);
	machine_run(20 * SIM_MSEC);
	probe(vf);
}

static void use(int vf, enum holder_kind kind, uint64_t time)
{
	EXPECT(kernel_hold(0, vf, kind), "VF %d can be used", vf);
	machine_run(time);
	kernel_end_holder(kernel_holder_of(0, vf));
}

static unsigned mark;

static void begin_of_silence(void)
{
	mark = kernel->n_writes;
}

static void expect_silence(const char *when)
{
	if (kernel->n_writes != mark)
		sim_fail("%s, the daemon writes %s", when, kernel->log[mark % KERNEL_LOG].path);
}

/* --- libvirt, Proxmox, Incus ----------------------------------------------------------------- */

static void libvirt(const char *text)
{
	configured(text);
	begin_of_silence();
	for (int i = 0; i < 3; i++) {
		libvirt_detach(1);
		machine_run(3 * SIM_SEC);
		expect_vf(1, "lent");
		use(1, HOLDER_VFIO, 20 * SIM_SEC);
		libvirt_reattach(1);
		machine_run(SIM_SEC);
		expect_driver(1, DRIVER_VF);
		expect_vf(1, "free");
	}
	machine_run(30 * SIM_SEC);
	expect_silence("around a machine of libvirt");
	expect_state(0, "configured");
}

void lend_libvirt(void)
{
	libvirt(PF0 "vfs = 2\n");
}

void lend_libvirt_attributes(void)
{
	libvirt(LENDER);
}

void lend_libvirt_driver(void)
{
	libvirt(LENDER_DRIVER);
}

/* <interface type='hostdev'>: libvirt sets attributes of the VF on the PF once it is detached, and
 * restores them before it is attached again. */
void lend_libvirt_interface(void)
{
	configured(LENDER);
	begin_of_silence();
	libvirt_detach(1);
	(void)other_write(0, 1, "level", "42");
	events_link(0);
	machine_run(3 * SIM_SEC);
	use(1, HOLDER_VFIO, 20 * SIM_SEC);
	(void)other_write(0, 1, "level", "5");
	events_link(0);
	libvirt_reattach(1);
	machine_run(30 * SIM_SEC);
	expect_silence("around an interface of libvirt");
	expect_vf(1, "free");
}

/* PVE::QemuServer::PCI binds with new_id where there is no override, and unbinds before. */
void lend_proxmox(void)
{
	configured(LENDER_DRIVER);
	begin_of_silence();
	unbind(1);
	machine_run(SIM_SEC);
	(void)kernel_other_write("bus/pci/drivers/vfio-pci/new_id", "1af4 10ff");
	(void)other_write(0, 1, "driver_override", "vfio-pci");
	(void)kernel_other_write("bus/pci/drivers/vfio-pci/bind", kernel_function(0, 1)->address);
	machine_run(2 * SIM_SEC);
	expect_driver(1, DRIVER_VFIO);
	use(1, HOLDER_VFIO, 60 * SIM_SEC);
	expect_silence("around a machine of Proxmox");
	/* It leaves the VF on vfio-pci: restored when it has been free for 5 s. */
	machine_run(4 * SIM_SEC);
	expect_silence("before grace is over");
	expect_vf(1, "lent");
	machine_run(2 * SIM_SEC);
	expect_driver(1, DRIVER_VF);
	EXPECT(kernel->pfs[0].vfs[1].resets == 0, "vfio-pci resets it itself");
	expect_vf(1, "free");
}

/* What the file does not say is not enforced: no line asks for another driver. */
void lend_not_back(void)
{
	configured(LENDER);
	begin_of_silence();
	libvirt_detach(1);
	machine_run(2 * SIM_SEC);
	use(1, HOLDER_VFIO, 60 * SIM_SEC);
	machine_run(60 * SIM_SEC);
	expect_silence("after it was used");
	expect_driver(1, DRIVER_VFIO);
	expect_vf(1, "free");
	file_write("a.conf", PF0 "vfs = 1\n");
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 1);
}

/* --- bound long before it is opened ---------------------------------------------------------- */

void lend_dra(void)
{
	configured(LENDER_DRIVER);
	begin_of_silence();
	libvirt_detach(1);
	machine_run(600 * SIM_SEC);
	expect_vf(1, "lent");
	file_write("a.conf", PF0 "vfs = 3\n[vf1]\nlevel = 5\ndriver = fakevf\n[vf0]\nlevel = 4\n");
	machine_run(10 * SIM_SEC);
	expect_state(0, "blocked");
	use(1, HOLDER_VFIO, 120 * SIM_SEC);
	expect_silence("while it is lent");
	machine_run(70 * SIM_SEC);
	expect_vfs(0, 3);
	expect_state(0, "configured");
	expect_driver(1, DRIVER_VF);
}

/* One that never opens it. */
void lend_never_used(void)
{
	unsigned forks;
	char text[16384];

	configured(LENDER_DRIVER);
	begin_of_silence();
	libvirt_detach(1);
	machine_run(2 * SIM_SEC);
	forks = sim->forks;
	machine_run(3600 * SIM_SEC);
	EXPECT(sim->forks - forks < 75, "an hour costs few looks");
	expect_silence("while it is lent");
	expect_vf(1, "lent");
	file_remove("a.conf");
	machine_run(10 * SIM_SEC);
	expect_state(0, "blocked");
	EXPECT(tree_read("run/viod/state/0000:01:00.0.json", text, sizeof(text)) &&
		       strstr(text, "systemctl reload viod") && strstr(text, "since"),
	       "what waits says how it ends");
	expect_silence("while the release waits");
	daemon_reload();
	machine_run(5 * SIM_SEC);
	expect_vfs(0, 0);
	EXPECT(!has_record(0), "the release has ended");
}

/* --- attributes ------------------------------------------------------------------------------ */

static void set_level(int vf, const char *level)
{
	(void)other_write(0, vf, "level", level);
	events_link(0);
	machine_run(2 * SIM_SEC);
}

void lend_attribute(void)
{
	configured(LENDER);
	begin_of_silence();
	set_level(1, "7");
	expect_vf(1, "lent");
	/* Edits of other rows, and restarts, leave it alone. */
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 3\n[vf1]\nlevel = 5\n");
	machine_run(2 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 3, "the other VF is configured");
	begin_of_silence();
	daemon_stop();
	daemon_start();
	machine_run(5 * SIM_SEC);
	daemon_kill();
	daemon_start();
	machine_run(100 * SIM_SEC);
	expect_silence("after a restart");
	expect_vf(1, "lent");
	/* It reads again as the file wants. */
	set_level(1, "5");
	expect_silence("as it is again");
	expect_vf(1, "free");
	/* An edit of its rows asks for it, and so does a reload. */
	set_level(1, "7");
	expect_vf(1, "lent");
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 3\n[vf1]\nlevel = 5\nquiet = 1\n");
	machine_run(2 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[1].level == 5 && kernel->pfs[0].vfs[1].quiet == 1, "the edit");
	set_level(1, "8");
	daemon_reload();
	machine_run(2 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "the reload");
	expect_vf(1, "free");
}

/* Changed while no daemon runs. */
void lend_unseen(void)
{
	configured(LENDER_DRIVER);
	daemon_stop();
	begin_of_silence();
	libvirt_detach(1);
	(void)other_write(0, 0, "level", "9");
	daemon_start();
	machine_run(20 * SIM_SEC);
	expect_silence("after the start");
	expect_vf(0, "lent");
	expect_vf(1, "lent");
}

/* A reload does not take a VF from the program that uses it. */
void lend_reload_held(void)
{
	configured(LENDER_DRIVER);
	begin_of_silence();
	libvirt_detach(1);
	(void)other_write(0, 1, "level", "9");
	machine_run(SIM_SEC);
	EXPECT(kernel_hold(0, 1, HOLDER_VFIO), "VF 1 can be used");
	daemon_reload();
	machine_run(10 * SIM_SEC);
	expect_silence("after a reload");
	expect_vf(1, "lent");
	kernel_end_holder(kernel_holder_of(0, 1));
	machine_run(10 * SIM_SEC);
	expect_driver(1, DRIVER_VF);
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "its rows are restored");
}

/* sriov-cni: attributes on the PF, then the interface into a namespace, and back. */
void lend_cni(void)
{
	configured(LENDER);
	begin_of_silence();
	set_level(1, "77");
	use(1, HOLDER_NETNS, 60 * SIM_SEC);
	machine_run(4 * SIM_SEC);
	expect_silence("around a container");
	machine_run(3 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "its rows are restored");
	EXPECT(kernel->pfs[0].vfs[1].resets == 1, "no driver has reset it");
	expect_driver(1, DRIVER_VF);
	expect_vf(1, "free");
	begin_of_silence();
	machine_run(100 * SIM_SEC);
	expect_silence("after the return");
}

/* --- what is no lending ---------------------------------------------------------------------- */

void lend_enforce(void)
{
	configured(PF0 "vfs = 2\ndrift = enforce\n[vf*]\nlevel = 5\n");
	set_level(1, "7");
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "drift = enforce");
	unbind(1);
	machine_run(SIM_SEC);
	expect_driver(1, DRIVER_VF);
	expect_vf(1, "free");
}

/* The VFs of a PF that was reset read as new ones do. */
void lend_reset(void)
{
	configured(LENDER);
	(void)other_write(0, 0, "level", "0");
	(void)other_write(0, 1, "level", "0");
	events_link(0);
	machine_run(SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 4 && kernel->pfs[0].vfs[1].level == 5, "at once");
}

void lend_driver_unloaded(void)
{
	configured(LENDER);
	kernel_unload_driver(DRIVER_VF);
	machine_run(2 * SIM_SEC);
	expect_driver(0, DRIVER_VF);
	expect_driver(1, DRIVER_VF);
	expect_vf(1, "free");
}

/* The count is a row of the PF: it is enforced, and new VFs are as the file says. */
void lend_count(void)
{
	configured(LENDER);
	other_count(0, 0);
	machine_run(2 * SIM_SEC);
	expect_vfs(0, 2);
	expect_whole(0);
	other_count(0, 0);
	other_count(0, 2);
	machine_run(2 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[1].level == 5, "VFs that another program made again");
	expect_vf(1, "free");
}

/* Rows of the PF that the file does not set are left alone. */
void lend_autoprobe(void)
{
	configured(LENDER);
	begin_of_silence();
	(void)other_write(0, -1, "sriov_drivers_autoprobe", "0");
	events_link(0);
	machine_run(10 * SIM_SEC);
	daemon_reload();
	machine_run(10 * SIM_SEC);
	expect_silence("the file does not say autoprobe");
}

/* A VF that is lent does not keep others from being configured, or from their retries. */
void lend_beside_failure(void)
{
	configured(LENDER_DRIVER);
	libvirt_detach(1);
	machine_run(SIM_SEC);
	begin_of_silence();
	kernel->pfs[0].level_errors = 3;
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 6\n[vf1]\nlevel = 5\ndriver = fakevf\n");
	machine_run(60 * SIM_SEC);
	EXPECT(kernel->pfs[0].vfs[0].level == 6, "VF 0 is configured in the end");
	expect_driver(1, DRIVER_VFIO);
	expect_vf(1, "lent");
}
