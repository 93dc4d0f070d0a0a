/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an NVMe controller says of its VFs and namespaces, in one process where nvme-cli takes six:
 *
 *   nvme-look DEVICE            the lines of both below, for namespaces 1 to 5
 *   nvme-look DEVICE secondaries  VF:STATE:QUEUES:INTERRUPTS of those that have anything, in a line
 *   nvme-look DEVICE attached N   the controllers that namespace N is attached to, one a line
 */
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { ATTACHED_CONTROLLERS = 0x12, SECONDARY_CONTROLLERS = 0x15 };

static uint8_t data[4096] __attribute__((aligned(4096)));

static void identify(int fd, unsigned what, unsigned nsid)
{
	struct nvme_admin_cmd command = {
		.opcode = 0x06,
		.nsid = nsid,
		.addr = (uintptr_t)data,
		.data_len = sizeof(data),
		.cdw10 = what,
	};
	int r = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);

	if (r) {
		fprintf(stderr, "Identify 0x%02x of namespace %u: %d\n", what, nsid, r);
		exit(EXIT_FAILURE);
	}
}

static unsigned word(unsigned offset)
{
	return data[offset] | data[offset + 1] << 8;
}

static void print_secondaries(int fd)
{
	const char *space = "";

	identify(fd, SECONDARY_CONTROLLERS, 0);
	for (unsigned n = 0, at = 32; n < data[0] && at + 32 <= sizeof(data); n++, at += 32) {
		if (!(data[at + 4] & 1) && !word(at + 10) && !word(at + 12))
			continue;
		printf("%s%u:%s:%u:%u", space, word(at + 8),
		       data[at + 4] & 1 ? "Online" : "Offline", word(at + 10), word(at + 12));
		space = " ";
	}
	putchar('\n');
}

static void print_attached(int fd, unsigned nsid)
{
	identify(fd, ATTACHED_CONTROLLERS, nsid);
	for (unsigned n = 0; n < word(0) && 2 * n + 4 <= sizeof(data); n++)
		printf("0x%x\n", word(2 + 2 * n));
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0) {
		perror(argc > 1 ? argv[1] : "usage: nvme-look DEVICE [secondaries|attached NSID]");
		return EXIT_FAILURE;
	}
	if (!*what || strcmp(what, "secondaries") == 0)
		print_secondaries(fd);
	if (argc > 3)
		print_attached(fd, strtoul(argv[3], NULL, 10));
	for (unsigned nsid = 1; !*what && nsid <= 5; nsid++) {
		printf("namespace %u\n", nsid);
		print_attached(fd, nsid);
	}
	return EXIT_SUCCESS;
}
