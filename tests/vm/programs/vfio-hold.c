/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds a VF the way a virtual machine does: vfio-hold HOW ADDRESS|UUID [SECONDS]. HOW is "all"
 * (group, container and device stay open) or "device" (only the device's descriptor does, as in a
 * process that was handed one). Prints "holding", then waits that long, or until it is killed.
 * After SIGUSR1 it closes all of them, prints "closed", and lives on.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void on_signal(int number)
{
}

static void need(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

static int open_group(const char *address)
{
	char path[128], target[256], *number;
	ssize_t n;
	int fd;

	/* An mdev is named by its UUID. */
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/iommu_group",
		 strlen(address) == 36 ? "mdev" : "pci", address);
	n = readlink(path, target, sizeof(target) - 1);
	need((int)n, path);
	target[n] = '\0';
	number = strrchr(target, '/');
	snprintf(path, sizeof(path), "/dev/vfio/%s", number ? number + 1 : target);
	fd = open(path, O_RDWR);
	need(fd, path);
	return fd;
}

int main(int argc, char **argv)
{
	const struct sigaction interrupts = { .sa_handler = on_signal };
	int container, group, device;

	if (argc < 3) {
		fprintf(stderr, "usage: vfio-hold all|device ADDRESS [SECONDS]\n");
		return EXIT_FAILURE;
	}
	container = open("/dev/vfio/vfio", O_RDWR);
	need(container, "/dev/vfio/vfio");
	group = open_group(argv[2]);
	need(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "VFIO_GROUP_SET_CONTAINER");
	need(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "VFIO_SET_IOMMU");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2]);
	need(device, "VFIO_GROUP_GET_DEVICE_FD");
	if (strcmp(argv[1], "device") == 0) {
		close(group);
		close(container);
	}
	sigaction(SIGUSR1, &interrupts, NULL);
	puts("holding");
	fflush(stdout);
	if (argc > 3) {
		sleep((unsigned)strtoul(argv[3], NULL, 10));
		return EXIT_SUCCESS;
	}
	pause();
	close(device);
	close(container);
	close(group);
	puts("closed");
	fflush(stdout);
	for (;;)
		pause();
}
