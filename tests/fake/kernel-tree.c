/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of the fake kernel: those of /sys that the daemon reads, /dev/vfio, and /proc of
 * holders. A function's directory is devices/pci0000:00/ADDRESS; bus/pci/devices links to it. */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel.h"
#include "raw.h"
#include "sim.h"

#define VENDOR 0x1af4
#define VF_DEVICE 0x10ff

/* --- files ----------------------------------------------------------------------------------- */

#define FORMAT(path_, format_)                                       \
	do {                                                         \
		va_list arguments;                                   \
		va_start(arguments, format_);                        \
		vsnprintf(path_, sizeof(path_), format_, arguments); \
		va_end(arguments);                                   \
	} while (0)

void tree_directory(const char *format, ...)
{
	char path[256];

	FORMAT(path, format);
	(void)raw(mkdirat, SIM_FD_ROOT, path, 0755);
}

static void put(const char *path, const char *text, int mode)
{
	int fd =
		(int)raw(openat, SIM_FD_ROOT, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0) {
		sim_fail("the harness cannot write %s: %s", path, strerror(errno));
		return;
	}
	(void)raw(write, fd, text, strlen(text));
	(void)raw(close, fd);
}

void tree_text(const char *path, const char *format, ...)
{
	char text[512];

	FORMAT(text, format);
	put(path, text, 0644);
}

void tree_link(const char *target, const char *format, ...)
{
	char path[256];

	FORMAT(path, format);
	(void)raw(symlinkat, target, SIM_FD_ROOT, path);
}

void tree_mode(const char *path, int mode)
{
	(void)raw(fchmodat, SIM_FD_ROOT, path, mode);
	sim_act();
}

void tree_remove(const char *format, ...)
{
	char path[256];

	FORMAT(path, format);
	if (raw(unlinkat, SIM_FD_ROOT, path, 0) < 0 && errno == EISDIR)
		(void)raw(unlinkat, SIM_FD_ROOT, path, AT_REMOVEDIR);
}

struct entry64 {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static void empty_directory(int fd)
{
	_Alignas(8) char buffer[8192];
	long n;

	while ((n = raw(getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry64 *entry = (const struct entry64 *)(buffer + at);
			int inner;

			at += entry->length;
			if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
				continue;
			if (entry->type != DT_DIR) {
				(void)raw(unlinkat, fd, entry->name, 0);
				continue;
			}
			inner = (int)raw(openat, fd, entry->name,
					 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (inner >= 0) {
				empty_directory(inner);
				(void)raw(close, inner);
			}
			(void)raw(unlinkat, fd, entry->name, AT_REMOVEDIR);
		}
	}
}

void tree_remove_all(const char *path)
{
	int fd = (int)raw(openat, SIM_FD_ROOT, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		empty_directory(fd);
		(void)raw(close, fd);
	}
	if (strcmp(path, ".") != 0)
		(void)raw(unlinkat, SIM_FD_ROOT, path, AT_REMOVEDIR);
}

bool tree_read(const char *path, char *ret_text, size_t size)
{
	int fd = (int)raw(openat, SIM_FD_ROOT, path, O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? -1 : raw(read, fd, ret_text, size - 1);

	if (fd >= 0)
		(void)raw(close, fd);
	ret_text[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

/* A real node would need a privilege: calls-file.c shows a file with these nanoseconds as a node,
 * whose numbers are its times. */
void tree_node(const char *path, bool block, unsigned major, unsigned minor)
{
	struct timespec times[2] = { { 0 } };

	put(path, "", 0644);
	times[0].tv_sec = block;
	times[1].tv_sec = (time_t)major * 1000000 + minor;
	times[1].tv_nsec = TREE_NODE;
	(void)raw(fchmodat, SIM_FD_ROOT, path, 0600);
	(void)raw(utimensat, SIM_FD_ROOT, path, times, 0);
}

/* --- the machine ----------------------------------------------------------------------------- */

void tree_reset(void)
{
	static const char *const directories[] = {
		"sys",
		"sys/bus",
		"sys/bus/pci",
		"sys/bus/pci/devices",
		"sys/bus/pci/drivers",
		"sys/class",
		"sys/class/net",
		"sys/dev",
		"sys/dev/char",
		"sys/dev/block",
		"sys/kernel",
		"sys/kernel/iommu_groups",
		"sys/class/iommu",
		"sys/class/iommu/dmar0",
		"sys/module",
		"sys/devices",
		"sys/devices/pci0000:00",
		"sys/devices/fake",
		"proc",
		"proc/1",
		"proc/1/fd",
		"proc/net",
		"dev",
		"dev/vfio",
		"etc",
		"etc/vio.d",
		"run",
		"usr",
		"usr/lib",
	};

	tree_remove_all(".");
	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		tree_directory("%s", directories[i]);
	tree_text("sys/kernel/uevent_seqnum", "0\n");
	put("sys/bus/pci/drivers_probe", "", 0200);
	tree_text("dev/iommu", "%s", "");
	tree_text("proc/1/comm", "systemd\n");
	tree_text("proc/1/cgroup", "0::/init.scope\n");
	tree_text("proc/1/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_text("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	tree_text("proc/net/route", "Iface\tDestination\n");
	tree_text("etc/viod.conf", "plugins = lab, vfio, dev\n");
}

static void function_path(const struct kernel_function *f, char ret_path[static 96])
{
	snprintf(ret_path, 96, "sys/devices/pci0000:00/%s", f->address);
}

static void attribute(const struct kernel_function *f, const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/%s", f->address, name);
	put(path, text, 0644);
}

/* What drivers/pci/pci-sysfs.c shows of any device. */
static void add_function(const struct kernel_function *f, unsigned device)
{
	char text[128], path[96];

	function_path(f, path);
	tree_directory("%s", path);
	snprintf(text, sizeof(text), "../../../devices/pci0000:00/%s", f->address);
	tree_link(text, "sys/bus/pci/devices/%s", f->address);
	tree_link("../../../bus/pci", "%s/subsystem", path);
	snprintf(text, sizeof(text), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc00i00\n", VENDOR, device,
		 VENDOR, 1, kernel->pfs[f->pf].base_class);
	attribute(f, "modalias", text);
	attribute(f, "driver_override", "(null)\n");
}

void tree_add_pf(int pf)
{
	const struct kernel_pf *p = &kernel->pfs[pf];
	char text[64];

	add_function(&p->self, p->device);
	snprintf(text, sizeof(text), "%u\n", p->total);
	attribute(&p->self, "sriov_totalvfs", text);
	attribute(&p->self, "sriov_numvfs", "0\n");
	attribute(&p->self, "sriov_drivers_autoprobe", "1\n");
	attribute(&p->self, "hush", "0\n");
}

void tree_remove_pf(int pf)
{
	char path[96];

	tree_remove("sys/bus/pci/devices/%s", kernel->pfs[pf].self.address);
	function_path(&kernel->pfs[pf].self, path);
	tree_remove_all(path);
}

static int group_of(const struct kernel_function *f)
{
	return f->pf * 100 + f->vf + 10;
}

/* pci_iov_add_virtfn() of drivers/pci/iov.c. */
void tree_add_vf(int pf, int vf)
{
	const struct kernel_function *f = kernel_function(pf, vf);
	const char *parent = kernel->pfs[pf].self.address;
	char text[64], path[96];

	add_function(f, VF_DEVICE);
	function_path(f, path);
	attribute(f, "level", "0\n");
	attribute(f, "quiet", "");
	attribute(f, "reset", "");
	snprintf(text, sizeof(text), "../../../kernel/iommu_groups/%d", group_of(f));
	tree_link(text, "%s/iommu_group", path);
	tree_directory("sys/kernel/iommu_groups/%d", group_of(f));
	tree_directory("sys/kernel/iommu_groups/%d/devices", group_of(f));
	snprintf(text, sizeof(text), "../../../../devices/pci0000:00/%s", f->address);
	tree_link(text, "sys/kernel/iommu_groups/%d/devices/%s", group_of(f), f->address);
	snprintf(text, sizeof(text), "../%s", parent);
	tree_link(text, "%s/physfn", path);
	snprintf(text, sizeof(text), "../%s", f->address);
	tree_link(text, "sys/devices/pci0000:00/%s/virtfn%d", parent, vf);
	snprintf(text, sizeof(text), "../../devices/pci0000:00/%s/node", f->address);
	tree_link(text, "sys/dev/char/240:%d", group_of(f));
	tree_directory("%s/node", path);
	snprintf(text, sizeof(text), "MAJOR=240\nMINOR=%d\nDEVNAME=fake%d\n", group_of(f),
		 group_of(f));
	attribute(f, "node/uevent", text);
}

void tree_remove_vf(int pf, int vf)
{
	const struct kernel_function *f = kernel_function(pf, vf);
	char path[96];

	tree_remove("sys/devices/pci0000:00/%s/virtfn%d", kernel->pfs[pf].self.address, vf);
	tree_remove("sys/dev/char/240:%d", group_of(f));
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d", group_of(f));
	tree_remove_all(path);
	tree_remove("sys/bus/pci/devices/%s", f->address);
	function_path(f, path);
	tree_remove_all(path);
}

/* --- drivers --------------------------------------------------------------------------------- */

void tree_add_driver(enum kernel_driver driver)
{
	const char *name = kernel_drivers[driver];
	char path[128], target[64];

	tree_directory("sys/bus/pci/drivers/%s", name);
	tree_directory("sys/module/%s", name);
	snprintf(target, sizeof(target), "../../../../module/%s", name);
	tree_link(target, "sys/bus/pci/drivers/%s/module", name);
	for (int i = 0; i < 3; i++) {
		static const char *const files[] = { "bind", "unbind", "new_id" };

		snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/%s", name, files[i]);
		put(path, "", 0200);
	}
}

void tree_remove_driver(enum kernel_driver driver)
{
	char path[96];

	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s", kernel_drivers[driver]);
	tree_remove_all(path);
	tree_remove("sys/module/%s", kernel_drivers[driver]);
}

static void interface_of(const struct kernel_function *f, char ret_name[static 16])
{
	if (f->vf < 0)
		snprintf(ret_name, 16, "%s", kernel->pfs[f->pf].interface);
	else
		snprintf(ret_name, 16, "%sv%d", kernel->pfs[f->pf].interface, f->vf);
}

static void add_interface(const struct kernel_function *f)
{
	char name[16], path[96], text[128];

	function_path(f, path);
	interface_of(f, name);
	tree_directory("%s/net", path);
	tree_directory("%s/net/%s", path, name);
	snprintf(text, sizeof(text), "../../../%s", f->address);
	tree_link(text, "%s/net/%s/device", path, name);
	snprintf(text, sizeof(text), "net/%s/address", name);
	attribute(f, text, f->pf ? "02:00:00:00:02:01\n" : "02:00:00:00:01:01\n");
	snprintf(text, sizeof(text), "net/%s/uevent", name);
	attribute(f, text, "");
	snprintf(text, sizeof(text), "../../devices/pci0000:00/%s/net/%s", f->address, name);
	tree_link(text, "sys/class/net/%s", name);
}

static void remove_interface(const struct kernel_function *f, bool folder)
{
	char name[16], path[96], inner[128];

	function_path(f, path);
	interface_of(f, name);
	tree_remove("sys/class/net/%s", name);
	snprintf(inner, sizeof(inner), "%s/net/%s", path, name);
	tree_remove_all(inner);
	if (folder)
		tree_remove("%s/net", path);
}

void tree_bind(const struct kernel_function *f, enum kernel_driver driver)
{
	char path[96], text[96];

	function_path(f, path);
	snprintf(text, sizeof(text), "../../../bus/pci/drivers/%s", kernel_drivers[driver]);
	tree_link(text, "%s/driver", path);
	snprintf(text, sizeof(text), "../../../../devices/pci0000:00/%s", f->address);
	tree_link(text, "sys/bus/pci/drivers/%s/%s", kernel_drivers[driver], f->address);
	if (driver == DRIVER_VF || driver == DRIVER_PF)
		add_interface(f);
	if (driver == DRIVER_VFIO) {
		snprintf(path, sizeof(path), "dev/vfio/%d", group_of(f));
		tree_node(path, false, 511, (unsigned)group_of(f));
	}
}

void tree_unbind(const struct kernel_function *f, enum kernel_driver driver)
{
	char path[96];

	function_path(f, path);
	tree_remove("%s/driver", path);
	tree_remove("sys/bus/pci/drivers/%s/%s", kernel_drivers[driver], f->address);
	if (driver == DRIVER_VF || driver == DRIVER_PF)
		remove_interface(f, true);
	if (driver == DRIVER_VFIO)
		tree_remove("dev/vfio/%d", group_of(f));
}

/* --- holders --------------------------------------------------------------------------------- */

void tree_hold(const struct kernel_holder *holder)
{
	const struct kernel_function *f = kernel_function(holder->pf, holder->vf);
	char path[96], text[96];

	if (holder->kind == HOLDER_NETNS) {
		remove_interface(f, false);
		return;
	}
	tree_directory("proc/%d", holder->pid);
	tree_directory("proc/%d/fd", holder->pid);
	tree_directory("proc/%d/fdinfo", holder->pid);
	snprintf(path, sizeof(path), "proc/%d/comm", holder->pid);
	tree_text(path, "qemu\n");
	snprintf(path, sizeof(path), "proc/%d/cgroup", holder->pid);
	tree_text(path, "0::/machine.slice/vm%d.scope\n", holder->pid - KERNEL_PID_FIRST);
	if (holder->kind == HOLDER_NODE) {
		snprintf(path, sizeof(path), "dev/fake%d", group_of(f));
		tree_node(path, false, 240, (unsigned)group_of(f));
		snprintf(text, sizeof(text), "../../../dev/fake%d", group_of(f));
	} else {
		snprintf(text, sizeof(text), "../../../dev/vfio/%d", group_of(f));
	}
	tree_link(text, "proc/%d/fd/7", holder->pid);
	snprintf(path, sizeof(path), "proc/%d/fdinfo/7", holder->pid);
	tree_text(path, "pos:\t0\nflags:\t02100002\nmnt_id:\t30\nino:\t7\n");
}

void tree_add_hung(int pid)
{
	struct timespec times[2] = { { 0 } };
	char path[96];

	tree_directory("proc/%d", pid);
	tree_directory("proc/%d/fd", pid);
	snprintf(path, sizeof(path), "proc/%d/fd/3", pid);
	put(path, "", 0644);
	times[1].tv_nsec = TREE_HUNG;
	(void)raw(utimensat, SIM_FD_ROOT, path, times, 0);
}

/* The kernel's own inotify reports this. */
static void close_node(const char *path)
{
	int fd = (int)raw(openat, SIM_FD_ROOT, path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)raw(close, fd);
}

void tree_close_node(const struct kernel_holder *holder)
{
	const struct kernel_function *f = kernel_function(holder->pf, holder->vf);
	char path[96];

	snprintf(path, sizeof(path), holder->kind == HOLDER_NODE ? "dev/fake%d" : "dev/vfio/%d",
		 group_of(f));
	tree_remove("proc/%d/fd/7", holder->pid);
	close_node(path);
}

void tree_end_holder(const struct kernel_holder *holder)
{
	const struct kernel_function *f = kernel_function(holder->pf, holder->vf);
	char path[96];

	if (holder->kind == HOLDER_NETNS && f->present && f->driver == DRIVER_VF)
		add_interface(f);
	if (holder->kind == HOLDER_NETNS)
		return;
	snprintf(path, sizeof(path), "proc/%d", holder->pid);
	tree_remove_all(path);
}
