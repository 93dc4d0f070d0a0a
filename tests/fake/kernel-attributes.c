/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a write to a file of sysfs does. Each function names the one of the kernel that it plays
 * (Linux 6.1 to 6.18; they do not differ in what is played here).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "sim.h"

/* --- what must never happen ------------------------------------------------------------------ */

/* A holder that came after this process has looked for one is not its fault. */
static void check_held(const struct kernel_function *f, const char *what)
{
	const struct kernel_holder *holder = f->vf < 0 ? NULL : kernel_holder_of(f->pf, f->vf);
	const struct sim_slot *slot = &sim->slots[sim_self];
	uint64_t looked = slot->looked_proc;

	if (holder && holder->kind == HOLDER_NETNS)
		looked = slot->looked_net[f->pf * KERNEL_VFS + f->vf];
	if (looked < slot->started)
		looked = slot->started;
	if (holder && sim_self > 0 && holder->since <= looked)
		sim_fail("VF %d of %s is held (process %d), and the %s %s it", f->vf,
			 kernel->pfs[f->pf].self.address, holder->pid, slot->role, what);
}

/* --- drivers --------------------------------------------------------------------------------- */

static enum kernel_driver native_of(const struct kernel_function *f)
{
	return f->vf < 0 ? DRIVER_PF : DRIVER_VF;
}

/* pci_match_device() of drivers/pci/pci-driver.c: an override names the one driver that matches. */
static enum kernel_driver match(const struct kernel_function *f)
{
	if (!f->override[0])
		return native_of(f);
	for (int driver = DRIVER_PF; driver < DRIVER_MAX_; driver++) {
		if (strcmp(f->override, kernel_drivers[driver]) != 0)
			continue;
		/* fakepf and fakevf have no id that fits the other. With an override the id does
		 * not matter, but their probe() refuses what is not theirs. */
		if ((driver == DRIVER_PF) != (f->vf < 0) && driver != DRIVER_VFIO &&
		    driver != DRIVER_OTHER)
			return DRIVER_NONE;
		return (enum kernel_driver)driver;
	}
	return DRIVER_NONE;
}

/* pci_device_can_probe() of drivers/pci/pci-driver.c. */
static bool can_probe(const struct kernel_function *f)
{
	return f->vf < 0 || kernel->pfs[f->pf].autoprobe || f->override[0];
}

/* What register_netdevice() and unregister_netdevice() of a PF's driver send. */
static void announce_interface(const struct kernel_function *f, enum kernel_driver driver,
			       const char *action)
{
	char path[96];

	if (driver != DRIVER_PF)
		return;
	snprintf(path, sizeof(path), "/devices/pci0000:00/%s/net/%s", f->address,
		 kernel->pfs[f->pf].interface);
	events_object(action, path, "net");
	if (strcmp(action, "remove") == 0)
		events_link_removed(f->pf);
	else
		events_link(f->pf);
}

/* __device_attach() of drivers/base/dd.c: 1 bound, 0 nothing bound it. */
int kernel_attach(struct kernel_function *f)
{
	enum kernel_driver driver = match(f);

	if (f->driver || !driver || !kernel->loaded[driver] || !can_probe(f))
		return f->driver != DRIVER_NONE;
	if (f->vf >= 0 && kernel->pfs[f->pf].probe_errors) {
		kernel->pfs[f->pf].probe_errors--;
		return 0;
	}
	f->driver = driver;
	tree_bind(f, driver);
	events_device("bind", f);
	if (f->vf < 0)
		announce_interface(f, driver, "add");
	return 1;
}

/* __device_release_driver() of drivers/base/dd.c. */
void kernel_detach(struct kernel_function *f)
{
	enum kernel_driver driver = f->driver;

	if (!driver)
		return;
	f->driver = DRIVER_NONE;
	tree_unbind(f, driver);
	if (f->vf < 0)
		announce_interface(f, driver, "remove");
	events_device("unbind", f);
}

/* --- the count ------------------------------------------------------------------------------- */

/* pci_iov_add_virtfn() of drivers/pci/iov.c: device_add(), the links, a change, device_attach(). */
static void add_vf(int pf, int vf)
{
	struct kernel_function *f = kernel_function(pf, vf);

	f->present = true;
	f->generation++;
	f->driver = DRIVER_NONE;
	f->override[0] = '\0';
	f->level = f->quiet = 0;
	f->resets = 0;
	tree_add_vf(pf, vf);
	events_device("add", f);
	events_device("change", f);
	(void)kernel_attach(f);
}

/* pci_iov_remove_virtfn() of drivers/pci/iov.c. */
static void remove_vf(int pf, int vf)
{
	struct kernel_function *f = kernel_function(pf, vf);

	check_held(f, "removes");
	kernel_detach(f);
	tree_remove_vf(pf, vf);
	f->present = false;
	events_device("remove", f);
}

/* sriov_enable() and sriov_disable() of drivers/pci/iov.c; both close with a change of the PF. */
int kernel_set_count(int pf, unsigned count)
{
	struct kernel_pf *p = &kernel->pfs[pf];
	char path[96];

	for (unsigned vf = p->numvfs; vf-- > count;)
		remove_vf(pf, (int)vf);
	for (unsigned vf = p->numvfs; vf < count; vf++)
		add_vf(pf, (int)vf);
	if (p->numvfs != count)
		events_device("change", &p->self);
	p->numvfs = count;
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/sriov_numvfs", p->self.address);
	tree_text(path, "%u\n", count);
	return 0;
}

/* The PF driver's sriov_configure(): how many VFs it makes, or -errno. */
static int configure(struct kernel_pf *p, unsigned count)
{
	if (p->count_errors) {
		p->count_errors--;
		return -p->count_error;
	}
	if (count > 1 && p->short_counts) {
		p->short_counts--;
		count--;
	}
	(void)kernel_set_count(p->self.pf, count);
	return (int)count;
}

/* kstrtou16() of lib/kstrtox.c. */
static bool parse(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	*ret_number = strtoul(text, &end, 0);
	return end != text && (!*end || strcmp(end, "\n") == 0) && *ret_number <= max;
}

/* sriov_numvfs_store() of drivers/pci/iov.c. */
static long numvfs_store(struct kernel_function *f, const char *text, size_t size)
{
	struct kernel_pf *p = &kernel->pfs[f->pf];
	unsigned long count;
	int r;

	if (!parse(text, UINT16_MAX, &count))
		return -EINVAL;
	if (count > p->total)
		return -ERANGE;
	if (p->count_delay && sim_self > 0) {
		uint64_t end = sim->now + p->count_delay;

		p->count_delay = 0;
		sim_sleep_in_kernel(end);
	}
	if (count == p->numvfs)
		return (long)size;
	if (f->driver != DRIVER_PF)
		return -ENOENT;
	if (count && p->numvfs)
		return -EBUSY;
	r = configure(p, (unsigned)count);
	return r < 0 ? r : (long)size;
}

/* sriov_drivers_autoprobe_store() of drivers/pci/iov.c. */
static long autoprobe_store(struct kernel_function *f, const char *text, size_t size)
{
	char path[96];

	if (!strchr("01yYnN", text[0]) || !text[0])
		return -EINVAL;
	kernel->pfs[f->pf].autoprobe = strchr("1yY", text[0]);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/sriov_drivers_autoprobe",
		 f->address);
	tree_text(path, "%d\n", kernel->pfs[f->pf].autoprobe);
	return (long)size;
}

/* driver_override_store() of drivers/pci/pci-sysfs.c and driver_set_override() of
 * drivers/base/driver.c: a newline alone clears it. */
static long override_store(struct kernel_function *f, const char *text, size_t size)
{
	char path[96];

	if (size >= sizeof(f->override))
		return -EINVAL;
	snprintf(f->override, sizeof(f->override), "%.*s", (int)strcspn(text, "\n"), text);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/driver_override", f->address);
	tree_text(path, "%s\n", f->override[0] ? f->override : "(null)");
	return (long)size;
}

/* --- the bus --------------------------------------------------------------------------------- */

static struct kernel_function *find(const char *text)
{
	size_t length = strcspn(text, "\n");

	for (int pf = 0; pf < KERNEL_PFS_MAX; pf++)
		for (int vf = -1; vf < KERNEL_VFS; vf++) {
			struct kernel_function *f = kernel_function(pf, vf);

			if (f->present && strlen(f->address) == length &&
			    strncmp(f->address, text, length) == 0)
				return f;
		}
	return NULL;
}

/* drivers_probe_store() of drivers/base/bus.c: success, whether anything was bound or not. */
static long probe_store(const char *text, size_t size)
{
	struct kernel_function *f = find(text);

	if (!f)
		return -EINVAL;
	(void)kernel_attach(f);
	return (long)size;
}

/* unbind_store() of drivers/base/bus.c. */
static long unbind_store(enum kernel_driver driver, const char *text, size_t size)
{
	struct kernel_function *f = find(text);

	if (!f || f->driver != driver)
		return -ENODEV;
	check_held(f, "unbinds");
	if (f->vf < 0)
		(void)kernel_set_count(f->pf, 0);
	kernel_detach(f);
	return (long)size;
}

/* bind_store() of drivers/base/bus.c: -ENODEV where the driver does not match. */
static long bind_store(enum kernel_driver driver, const char *text, size_t size)
{
	struct kernel_function *f = find(text);

	if (!f || match(f) != driver)
		return -ENODEV;
	if (f->driver)
		return -EBUSY;
	return kernel_attach(f) ? (long)size : -ENODEV;
}

static long driver_write(const char *path, const char *text, size_t size)
{
	char name[32], file[16];

	if (sscanf(path, "%31[^/]/%15s", name, file) != 2)
		return -EACCES;
	for (int driver = DRIVER_PF; driver < DRIVER_MAX_; driver++) {
		if (strcmp(name, kernel_drivers[driver]) != 0)
			continue;
		if (strcmp(file, "unbind") == 0)
			return unbind_store((enum kernel_driver)driver, text, size);
		if (strcmp(file, "bind") == 0)
			return bind_store((enum kernel_driver)driver, text, size);
		/* new_id_store() of drivers/pci/pci-driver.c: fakepf and fakevf have these ids. */
		return strcmp(file, "new_id") == 0 ? (long)size : -EACCES;
	}
	return -ENODEV;
}

/* --- attributes of the test plugin ----------------------------------------------------------- */

static long number_store(struct kernel_function *f, const char *name, int *number, const char *text,
			 size_t size)
{
	struct kernel_pf *p = &kernel->pfs[f->pf];
	unsigned long value;
	char path[96];

	if (!parse(text, 99, &value))
		return -EINVAL;
	if (p->level_errors && f->vf >= 0 && sim_self > 0) {
		p->level_errors--;
		return -EIO;
	}
	*number = (int)value;
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/%s", f->address, name);
	if (strcmp(name, "quiet") != 0)
		tree_text(path, "%d\n", *number);
	return (long)size;
}

/* reset_store() of drivers/pci/pci-sysfs.c, which asks no holder. */
static long reset_store(struct kernel_function *f, size_t size)
{
	check_held(f, "resets");
	f->resets++;
	return (long)size;
}

/* --- all of them ----------------------------------------------------------------------------- */

static long device_write(struct kernel_function *f, const char *name, const char *text, size_t size)
{
	if (strcmp(name, "sriov_numvfs") == 0)
		return numvfs_store(f, text, size);
	if (strcmp(name, "sriov_drivers_autoprobe") == 0)
		return autoprobe_store(f, text, size);
	if (strcmp(name, "driver_override") == 0)
		return override_store(f, text, size);
	if (strcmp(name, "level") == 0)
		return number_store(f, name, &f->level, text, size);
	if (strcmp(name, "quiet") == 0)
		return number_store(f, name, &f->quiet, text, size);
	if (strcmp(name, "hush") == 0)
		return number_store(f, name, &kernel->pfs[f->pf].hush, text, size);
	if (strcmp(name, "reset") == 0)
		return reset_store(f, size);
	/* uevent_store() of drivers/base/core.c, here for network interfaces. */
	if (strncmp(name, "net/", 4) == 0 && strstr(name, "/uevent"))
		return (long)size;
	return -EACCES;
}

static void note_write(const char *path, const char *text, size_t size, long result)
{
	struct kernel_write *entry = &kernel->log[kernel->n_writes++ % KERNEL_LOG];

	entry->now = sim->now;
	entry->result = result;
	snprintf(entry->role, sizeof(entry->role), "%s", sim->slots[sim_self].role);
	snprintf(entry->path, sizeof(entry->path), "%s", path);
	snprintf(entry->text, sizeof(entry->text), "%.*s", (int)size, text);
	sim_trace("write %s <- '%.*s' = %ld", path, (int)strcspn(entry->text, "\n"), entry->text,
		  result);
}

static long dispatch(const char *path, const char *text, size_t size)
{
	char address[16];
	int length = 0;

	if (strcmp(path, "bus/pci/drivers_probe") == 0)
		return probe_store(text, size);
	if (strncmp(path, "bus/pci/drivers/", 16) == 0)
		return driver_write(path + 16, text, size);
	if (sscanf(path, "devices/pci0000:00/%15[^/]/%n", address, &length) == 1 && length) {
		struct kernel_function *f = find(address);

		return f ? device_write(f, path + length, text, size) : -ENODEV;
	}
	return -EACCES;
}

long kernel_write(const char *path, const char *text, size_t size)
{
	char copy[64];
	long r;

	if (size >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	r = dispatch(path, copy, size);
	if (sim_self > 0)
		note_write(path, text, size, r);
	return r;
}
