/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor under viod: the bare kernel calls for one end state, by somebody who knows the machine,
 * needs no file, looks at nothing and remembers nothing. Nothing that reaches the same end state in
 * the same safe order (no VF meets a driver before it has its address and VLAN) can do with less.
 *
 *	floor PF COUNT			VFs with their native driver
 *	floor PF COUNT DRIVER		VFs with this driver
 *	floor PF COUNT - IFINDEX VLAN	native driver; VF n has the MAC 52:54:00:be:9c:n and the
 *VLAN
 *
 * Prints microseconds: wall time, and the CPU time that was spent in it, the kernel's included.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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

static struct {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[65536];
} request;

static void *end_of_request(void)
{
	return (char *)&request + NLMSG_ALIGN(request.header.nlmsg_len);
}

static struct rtattr *add(unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute = end_of_request();

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), data, size);
	request.header.nlmsg_len += (uint32_t)RTA_SPACE(size);
	return attribute;
}

static void end(struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((char *)end_of_request() - (char *)nest);
}

static void send_request(void)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char copy[256];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(struct nlmsghdr) + 4)
		err(1, "netlink");
	if (answer.error.error)
		errx(1, "RTM_SETLINK: %s", strerror(-answer.error.error));
	close(fd);
}

static void begin(int ifindex, unsigned flags)
{
	request.header = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
					    .nlmsg_type = RTM_SETLINK,
					    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	request.link.ifi_index = ifindex;
	request.link.ifi_flags = request.link.ifi_change = flags;
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
	send_request();
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

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
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
		send_request();
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
