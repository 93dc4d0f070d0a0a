/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine: devices that are plugged and unplugged, drivers that are loaded, and holders of VFs.
 */
#include "kernel.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "raw.h"
#include "sim.h"

struct kernel *kernel;

const char *const kernel_drivers[DRIVER_MAX_] = {
	[DRIVER_PF] = "fakepf",
	[DRIVER_VF] = "fakevf",
	[DRIVER_OTHER] = "othervf",
	[DRIVER_VFIO] = "vfio-pci",
};

void kernel_open(void)
{
	kernel = mmap(NULL, sizeof(*kernel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (kernel == MAP_FAILED)
		_exit(99);
}

struct kernel_function *kernel_function(int pf, int vf)
{
	return vf < 0 ? &kernel->pfs[pf].self : &kernel->pfs[pf].vfs[vf];
}

static void make_pf(int pf)
{
	struct kernel_pf *p = &kernel->pfs[pf];

	p->total = 4;
	p->device = 0x10f0;
	p->base_class = 2;
	snprintf(p->interface, sizeof(p->interface), "eth%d", pf);
	p->self = (struct kernel_function){ .pf = pf, .vf = -1 };
	snprintf(p->self.address, sizeof(p->self.address), "0000:%02x:00.0", pf + 1);
	for (int vf = 0; vf < KERNEL_VFS; vf++) {
		p->vfs[vf] = (struct kernel_function){ .pf = pf, .vf = vf };
		snprintf(p->vfs[vf].address, sizeof(p->vfs[vf].address), "0000:%02x:%02x.%d",
			 pf + 1, 0x10 + (vf + (int)p->offset) / 8, (vf + (int)p->offset) % 8);
	}
}

void kernel_reset(void)
{
	memset(kernel, 0, offsetof(struct kernel, uevents));
	kernel->uevents.first = kernel->uevents.count = 0;
	kernel->links.first = kernel->links.count = 0;
	kernel->uevents.open = kernel->links.open = false;
	kernel->uevents.lost = kernel->links.lost = kernel->lose_events = false;
	kernel->next_pid = KERNEL_PID_FIRST;
	kernel->dumps = 0;
	tree_reset();
	for (int driver = DRIVER_PF; driver < DRIVER_MAX_; driver++) {
		kernel->loaded[driver] = kernel->loadable[driver] = true;
		tree_add_driver((enum kernel_driver)driver);
	}
	for (int pf = 0; pf < KERNEL_PFS; pf++)
		kernel_plug(pf);
}

/* --- devices --------------------------------------------------------------------------------- */

void kernel_plug(int pf)
{
	struct kernel_pf *p = &kernel->pfs[pf];

	if (p->self.present)
		return;
	if (!p->self.address[0])
		make_pf(pf);
	p->self.present = true;
	p->self.generation++;
	p->self.override[0] = '\0';
	p->autoprobe = true;
	p->numvfs = 0;
	p->hush = 0;
	tree_add_pf(pf);
	events_device("add", &p->self);
	(void)kernel_attach(&p->self);
	sim_act();
}

/* Surprise removal: pciehp removes the device even if it is in use. Its holders' descriptors go
 * dead. */
void kernel_unplug(int pf)
{
	struct kernel_pf *p = &kernel->pfs[pf];

	if (!p->self.present)
		return;
	for (int i = 0; i < KERNEL_HOLDERS; i++)
		if (kernel->holders[i].pid && kernel->holders[i].pf == pf)
			kernel_end_holder(&kernel->holders[i]);
	(void)kernel_set_count(pf, 0);
	kernel_detach(&p->self);
	events_device("remove", &p->self);
	tree_remove_pf(pf);
	p->self.present = false;
	sim_act();
}

void kernel_pf_bind(int pf)
{
	(void)kernel_attach(&kernel->pfs[pf].self);
	sim_act();
}

/* The driver's remove() calls pci_disable_sriov(), as that of igb does. */
void kernel_pf_unbind(int pf)
{
	for (int i = 0; i < KERNEL_HOLDERS; i++)
		if (kernel->holders[i].pid && kernel->holders[i].pf == pf)
			kernel_end_holder(&kernel->holders[i]);
	(void)kernel_set_count(pf, 0);
	kernel_detach(&kernel->pfs[pf].self);
	sim_act();
}

/* driver_attach() of drivers/base/dd.c: all devices without a driver. */
void kernel_load_driver(enum kernel_driver driver)
{
	char path[64];

	if (kernel->loaded[driver])
		return;
	kernel->loaded[driver] = true;
	tree_add_driver(driver);
	snprintf(path, sizeof(path), "/module/%s", kernel_drivers[driver]);
	events_object("add", path, "module");
	snprintf(path, sizeof(path), "/bus/pci/drivers/%s", kernel_drivers[driver]);
	events_object("add", path, "drivers");
	for (int pf = 0; pf < KERNEL_PFS_MAX; pf++)
		for (int vf = -1; vf < KERNEL_VFS; vf++)
			if (kernel_function(pf, vf)->present)
				(void)kernel_attach(kernel_function(pf, vf));
	sim_act();
}

/* A driver whose devices are in use stays: rmmod says EBUSY by the module's count. */
void kernel_unload_driver(enum kernel_driver driver)
{
	if (!kernel->loaded[driver])
		return;
	for (int i = 0; i < KERNEL_HOLDERS; i++)
		if (kernel->holders[i].pid &&
		    kernel_function(kernel->holders[i].pf, kernel->holders[i].vf)->driver == driver)
			return;
	for (int pf = 0; pf < KERNEL_PFS_MAX; pf++) {
		if (driver == DRIVER_PF && kernel->pfs[pf].self.driver == driver)
			kernel_pf_unbind(pf);
		for (int vf = 0; vf < KERNEL_VFS; vf++)
			if (kernel->pfs[pf].vfs[vf].driver == driver)
				kernel_detach(&kernel->pfs[pf].vfs[vf]);
	}
	kernel->loaded[driver] = false;
	tree_remove_driver(driver);
	sim_act();
}

void kernel_set_carrier(int pf, bool carrier)
{
	kernel->pfs[pf].carrier = carrier;
	if (kernel->pfs[pf].self.driver == DRIVER_PF)
		events_link(pf);
	sim_act();
}

/* What the harness's own writes do is not what the daemon did. */
long kernel_other_write(const char *path, const char *text)
{
	long r = kernel_write(path, text, strlen(text));

	sim_trace("another program: %s <- '%s' = %ld", path, text, r);
	sim_act();
	return r;
}

/* --- holders --------------------------------------------------------------------------------- */

struct kernel_holder *kernel_holder_of(int pf, int vf)
{
	for (int i = 0; i < KERNEL_HOLDERS; i++)
		if (kernel->holders[i].pid && !kernel->holders[i].closed &&
		    kernel->holders[i].pf == pf && kernel->holders[i].vf == vf)
			return &kernel->holders[i];
	return NULL;
}

static bool can_hold(const struct kernel_function *f, enum holder_kind kind)
{
	if (!f->present || kernel_holder_of(f->pf, f->vf))
		return false;
	if (kind == HOLDER_VFIO)
		return f->driver == DRIVER_VFIO;
	return kind == HOLDER_NETNS ? f->driver == DRIVER_VF : f->driver != DRIVER_NONE;
}

bool kernel_hold(int pf, int vf, enum holder_kind kind)
{
	const struct kernel_function *f = kernel_function(pf, vf);

	if (!can_hold(f, kind))
		return false;
	for (int i = 0; i < KERNEL_HOLDERS; i++) {
		struct kernel_holder *holder = &kernel->holders[i];

		if (holder->pid)
			continue;
		*holder = (struct kernel_holder){
			.pid = kernel->next_pid++,
			.pf = pf,
			.vf = vf,
			.kind = kind,
			.since = sim->calls,
		};
		tree_hold(holder);
		sim_act();
		return true;
	}
	return false;
}

void kernel_end_holder(struct kernel_holder *holder)
{
	if (!holder)
		return;
	tree_end_holder(holder);
	if (holder->kind == HOLDER_NETNS)
		events_device("change", kernel_function(holder->pf, holder->vf));
	holder->pid = 0;
	sim_act();
}

void kernel_holder_closes(struct kernel_holder *holder)
{
	holder->closed = true;
	tree_close_node(holder);
	sim_act();
}

bool kernel_has_ended(pid_t pid)
{
	for (int i = 0; i < KERNEL_HOLDERS; i++)
		if (kernel->holders[i].pid == pid)
			return false;
	return true;
}
