/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root directory with a PF and VFs as sysfs shows them. It does not react to writes: what needs a
 * kernel is tested in the guest. */
#ifndef VIOD_TEST_FAKESYS_H
#define VIOD_TEST_FAKESYS_H

#include "fixture.h"
#include "kernel/sysfs.h"

#define FAKE_PF "0000:01:00.0"

static inline void fake_directory(const struct root *root, const char *path)
{
	ck_assert_int_eq(make_directories_at(root->fd, path, 0755), 0);
}

static inline void fake_link(const struct root *root, const char *path, const char *target)
{
	ck_assert_int_eq(symlinkat(target, root->fd, path), 0);
}

static inline void fake_text(const struct root *root, const char *directory, const char *name,
			     const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	root_write_bytes(root, path, text, strlen(text));
}

static inline void fake_function(const struct root *root, const char *address, const char *driver)
{
	char directory[128], path[160], target[128];

	snprintf(directory, sizeof(directory), "sys/bus/pci/devices/%s", address);
	fake_directory(root, directory);
	fake_text(root, directory, "vendor", "0x8086\n");
	fake_text(root, directory, "device", "0x10c9\n");
	fake_text(root, directory, "subsystem_vendor", "0x1af4\n");
	fake_text(root, directory, "subsystem_device", "0x1100\n");
	fake_text(root, directory, "class", "0x020000\n");
	fake_text(root, directory, "driver_override", "(null)\n");
	if (!driver)
		return;
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s", driver);
	fake_directory(root, path);
	snprintf(path, sizeof(path), "%s/driver", directory);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	fake_link(root, path, target);
}

/* /proc is the real one; the PF is an igb with n VFs on igbvf. */
static inline void fake_machine(struct root *root, struct roots *ret_roots, unsigned n_vfs)
{
	const char *pf = "sys/bus/pci/devices/" FAKE_PF;
	char address[32], link[160], target[64];

	root_new(root);
	fake_directory(root, "sys/kernel");
	fake_directory(root, "sys/dev/char");
	fake_directory(root, "sys/dev/block");
	fake_directory(root, "dev");
	fake_directory(root, "etc");
	fake_directory(root, "run");
	fake_link(root, "proc", "/proc");
	fake_text(root, "sys/kernel", "uevent_seqnum", "7\n");
	fake_function(root, FAKE_PF, "igb");
	fake_text(root, pf, "sriov_totalvfs", "7\n");
	fake_text(root, pf, "sriov_drivers_autoprobe", "1\n");
	for (unsigned i = 0; i < n_vfs; i++) {
		snprintf(address, sizeof(address), "0000:01:10.%u", i);
		fake_function(root, address, "igbvf");
		snprintf(link, sizeof(link), "%s/virtfn%u", pf, i);
		snprintf(target, sizeof(target), "../%s", address);
		fake_link(root, link, target);
	}
	ck_assert_int_eq(roots_open(root->path, ret_roots), 0);
}

/* A /proc of its own, without any process but 1. */
static inline void fake_proc(const struct root *root, struct roots *roots)
{
	ck_assert_int_eq(unlinkat(root->fd, "proc", 0), 0);
	fake_directory(root, "proc/1/fd");
	fake_directory(root, "proc/net");
	close(roots->trees[VIOD_TREE_PROC]);
	roots->trees[VIOD_TREE_PROC] = openat(root->fd, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(roots->trees[VIOD_TREE_PROC], 0);
}

static inline void fake_clear(struct root *root, struct roots *roots)
{
	roots_close(roots);
	root_clear(root);
}

#endif
