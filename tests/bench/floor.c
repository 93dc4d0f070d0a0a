/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor for viod: the bare kernel calls for one end state, by a program that was written for
 *this machine, reads no file, and neither observes nor records anything. No program that reaches
 *the same end state in the same safe order (no VF is bound to a driver before it has its address
 *and VLAN) can make fewer calls.
 *
 *	floor PF COUNT			VFs with their native driver
 *	floor PF COUNT DRIVER		VFs with this driver
 *	floor PF COUNT - IFINDEX VLAN	native; VF n has the MAC 52:54:00:be:9c:n and the VLAN
 *
 * Prints microseconds: wall time, and the CPU time that was spent in it, the kernel's included.
 */
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "message.h"

static int devices;

static void put(const char *pf, const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pf, name);
	fd = openat(devices, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s: '%s'", path, text);
	close(fd);
}

/* --- one message for all VFs ----------------------------------------------------------------- */

static void set(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		err(EXIT_FAILURE, "netlink");
	send_request(fd);
	close(fd);
}

static void set_vfs(int ifindex, unsigned count, unsigned vlan)
{
	struct rtattr *list, *info;

	begin(ifindex, 0);
	list = add(IFLA_VFINFO_LIST | NLA_F_NESTED, NULL, 0);
	for (unsigned vf = 0; vf < count; vf++) {
		struct ifla_vf_mac mac = { .vf = vf };
		struct ifla_vf_vlan tag = { .vf = vf, .vlan = vlan };

		memcpy(mac.mac, "\x52\x54\x00\xbe\x9c", 5);
		mac.mac[5] = (uint8_t)vf;
		info = add(IFLA_VF_INFO | NLA_F_NESTED, NULL, 0);
		(void)add(IFLA_VF_MAC, &mac, sizeof(mac));
		(void)add(IFLA_VF_VLAN, &tag, sizeof(tag));
		end(info);
	}
	end(list);
	set();
}

/* --- the whole ------------------------------------------------------------------------------- */

static void attach(const char *pf, unsigned vf, const char *driver)
{
	char link[64], target[256], *address;
	ssize_t n;

	snprintf(link, sizeof(link), "%s/virtfn%u", pf, vf);
	n = readlinkat(devices, link, target, sizeof(target) - 1);
	if (n < 0)
		err(1, "%s", link);
	target[n] = '\0';
	address = strrchr(target, '/') + 1;
	if (driver)
		put(address, "driver_override", driver);
	put("..", "drivers_probe", address);
}

int main(int argc, char **argv)
{
	long long began = now(CLOCK_MONOTONIC);
	const char *pf = argv[1], *driver = argc > 3 && argv[3][0] != '-' ? argv[3] : NULL;
	unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

	devices = open("/sys/bus/pci/devices", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (argc < 3 || devices < 0)
		errx(1, "floor PF COUNT [DRIVER|-] [IFINDEX VLAN]");
	if (argc > 5) {
		begin(atoi(argv[4]), IFF_UP);
		set();
	}
	put(pf, "sriov_drivers_autoprobe", "0");
	put(pf, "sriov_numvfs", argv[2]);
	if (argc > 5)
		set_vfs(atoi(argv[4]), count, (unsigned)atoi(argv[5]));
	/* Off, it would keep VFs without an override from every driver. */
	put(pf, "sriov_drivers_autoprobe", "1");
	for (unsigned vf = 0; vf < count; vf++)
		attach(pf, vf, driver);
	printf("%lld %lld\n", now(CLOCK_MONOTONIC) - began, now(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
