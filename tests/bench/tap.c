/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Monitors the requests of programs about links, on an nlmon interface: "tap INTERFACE" prints a
 * line when it has started, and at SIGTERM the number of requests that set something, their bytes,
 * the number of queries, and the microseconds from the first request that set something to the
 * kernel's last answer to one. It slows all programs down alike.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static volatile sig_atomic_t ending;
static unsigned sets, gets;
static size_t bytes;
static long long first, last;

static void end(int signal_number)
{
	ending = 1;
}

static long long stamp(struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct timespec time = { 0 };

	if (c && c->cmsg_type == SCM_TIMESTAMPNS)
		memcpy(&time, CMSG_DATA(c), sizeof(time));
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void count(const struct nlmsghdr *header, long long when)
{
	if (header->nlmsg_type == NLMSG_ERROR && first)
		last = when;
	if (!(header->nlmsg_flags & NLM_F_REQUEST))
		return;
	if (header->nlmsg_type == RTM_GETLINK)
		gets++;
	if (header->nlmsg_type != RTM_SETLINK && header->nlmsg_type != RTM_NEWLINK)
		return;
	first = first ? first : when;
	sets++;
	bytes += header->nlmsg_len;
}

static int open_tap(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	const struct timeval patience = { .tv_usec = 100000 };
	const int on = 1, room = 64 << 20;
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));

	if (fd < 0 || !address.sll_ifindex ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(EXIT_FAILURE, "tap %s", interface);
	return fd;
}

int main(int argc, char **argv)
{
	int fd = open_tap(argc > 1 ? argv[1] : "");

	signal(SIGTERM, end);
	puts("ready");
	fflush(stdout);
	for (;;) {
		char head[64] __attribute__((aligned(8))), control[64];
		struct sockaddr_ll from;
		struct iovec part = { head, sizeof(head) };
		struct msghdr message = { .msg_name = &from,
					  .msg_namelen = sizeof(from),
					  .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = control,
					  .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &message, 0);

		if (n < 0 && ending)
			break;
		if (n >= (ssize_t)sizeof(struct nlmsghdr) &&
		    ntohs(from.sll_protocol) == NETLINK_ROUTE)
			count((struct nlmsghdr *)head, stamp(&message));
	}
	printf("%u %zu %u %lld\n", sets, bytes, gets, last - first);
	return 0;
}
