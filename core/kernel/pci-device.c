/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An error handler of libpci must not return, and there are such errors for a damaged pci.ids, too.
 * So it runs in a process of its own, which is all that such an error ends. It is loaded there, for
 * a few messages only: with libudev and libz it would take 230 KiB of the daemon's memory.
 */
#include "kernel/pci-device.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pci/pci.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIBPCI "libpci.so.3"
#define FUNCTION(name_) __typeof__(pci_##name_) *name_

struct libpci {
	FUNCTION(alloc);
	FUNCTION(set_param);
	FUNCTION(set_name_list_path);
	FUNCTION(init);
	FUNCTION(lookup_name);
	FUNCTION(get_dev);
	FUNCTION(find_cap);
	FUNCTION(read_block);
};

#undef FUNCTION
#define FUNCTION(name_)                                       \
	{                                                     \
		"pci_" #name_, offsetof(struct libpci, name_) \
	}

static bool load_libpci(struct libpci *ret_library)
{
	static const struct {
		const char *name;
		size_t offset;
	} functions[] = {
		FUNCTION(alloc),    FUNCTION(set_param),   FUNCTION(set_name_list_path),
		FUNCTION(init),	    FUNCTION(lookup_name), FUNCTION(get_dev),
		FUNCTION(find_cap), FUNCTION(read_block),
	};
	void *handle = dlopen(LIBPCI, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; handle && i < ARRAY_SIZE(functions); i++) {
		void *symbol = dlsym(handle, functions[i].name);

		if (!symbol)
			return false;
		memcpy((char *)ret_library + functions[i].offset, &symbol, sizeof(symbol));
	}
	return handle;
}

__attribute__((noreturn)) static void give_up(char *message, ...)
{
	_exit(1);
}

static void ignore(char *message, ...)
{
}

static void read_description(const struct libpci *pci, const struct roots *roots,
			     const struct viod_function *function,
			     struct pci_description *description)
{
	struct pci_access *access = pci->alloc();
	unsigned domain, bus, slot, number;
	struct pci_dev *device;
	uint32_t header;
	char path[64];

	access->error = give_up;
	access->warning = access->debug = ignore;
	/* The other methods write to ports. */
	access->method = PCI_ACCESS_SYS_BUS_PCI;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/bus/pci", roots->trees[VIOD_TREE_SYS]);
	(void)pci->set_param(access, (char *)"sysfs.path", path);
	(void)pci->set_param(access, (char *)"hwdb.disable", (char *)"1");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/usr/share/misc/pci.ids", roots->root);
	pci->set_name_list_path(access, path, 0);
	pci->init(access);
	(void)pci->lookup_name(access, description->name, sizeof(description->name),
			       PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, function->vendor,
			       function->device);
	make_printable(description->name);
	if (sscanf(function->address, "%x:%x:%x.%x", &domain, &bus, &slot, &number) != 4)
		return;
	device = pci->get_dev(access, (int)domain, (int)bus, (int)slot, (int)number);
	description->sriov = pci->find_cap(device, PCI_EXT_CAP_ID_SRIOV, PCI_CAP_EXTENDED);
	description->acs = pci->find_cap(device, PCI_EXT_CAP_ID_ACS, PCI_CAP_EXTENDED);
	description->partial = pci->find_cap(device, PCI_CAP_ID_EXP, PCI_CAP_NORMAL) &&
			       !pci->read_block(device, 0x100, (void *)&header, sizeof(header));
}

static _Noreturn void look_and_exit(const struct roots *roots, const struct viod_function *function,
				    int fd)
{
	struct pci_description description = { 0 };
	struct libpci pci;

	if (!load_libpci(&pci))
		_exit(1);
	read_description(&pci, roots, function, &description);
	/* Nothing is freed: the process ends. */
	_exit(write_all(fd, &description, sizeof(description)) < 0 ? 1 : 0);
}

int pci_describe(const struct roots *roots, const struct viod_function *function,
		 struct pci_description *ret_description)
{
	struct pci_description description;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		look_and_exit(roots, function, fds[1]);
	close(fds[1]);
	/* So few bytes are written at once. */
	do
		n = pid < 0 ? -1 : read(fds[0], &description, sizeof(description));
	while (n < 0 && pid > 0 && errno == EINTR);
	close(fds[0]);
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(description))
		return -EIO;
	description.name[sizeof(description.name) - 1] = '\0';
	*ret_description = description;
	return 0;
}

/* The path of a device in sysfs names everything above it, from the root of the hierarchy on:
 * "../../../devices/pci0000:00/0000:00:1c.0/0000:05:00.0". */
int pci_port_without_acs(const struct roots *roots, const char *directory, char *ret_address,
			 size_t size)
{
	char path[PATH_MAX], *slash;
	ssize_t n;

	n = readlinkat(roots->trees[VIOD_TREE_SYS], directory, path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	while (slash) {
		struct viod_function port = { 0 };
		struct pci_description description;
		unsigned numbers[4];
		char end;
		int r;

		*slash = '\0';
		slash = strrchr(path, '/');
		port.address = slash ? slash + 1 : path;
		if (sscanf(port.address, "%x:%x:%x.%x%c", &numbers[0], &numbers[1], &numbers[2],
			   &numbers[3], &end) != 4)
			return 0;
		r = pci_describe(roots, &port, &description);
		if (r == 0 && description.partial)
			r = -EACCES;
		if (r < 0)
			return r;
		if (!description.acs)
			return copy_text(ret_address, size, port.address) < 0 ? -EMSGSIZE : 1;
	}
	return 0;
}
