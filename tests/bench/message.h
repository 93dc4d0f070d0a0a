/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_SETLINK by hand, for the floor programs: no library, one message at a time. */
#ifndef TESTS_BENCH_MESSAGE_H
#define TESTS_BENCH_MESSAGE_H

#include <err.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static struct {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[65536];
} request;

static inline void *end_of_request(void)
{
	return (char *)&request + NLMSG_ALIGN(request.header.nlmsg_len);
}

static inline void begin(int index, unsigned flags)
{
	request.header = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
					    .nlmsg_type = RTM_SETLINK,
					    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	request.link.ifi_index = index;
	request.link.ifi_flags = request.link.ifi_change = flags;
}

static inline struct rtattr *add(unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute = end_of_request();

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), data, size);
	request.header.nlmsg_len += (uint32_t)RTA_SPACE(size);
	return attribute;
}

static inline void end(struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((char *)end_of_request() - (char *)nest);
}

/* And wait for the kernel's answer. */
static inline void send_request(int fd)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char copy[256];
	} answer;

	if (send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(struct nlmsghdr) + 4)
		err(EXIT_FAILURE, "netlink");
	if (answer.error.error)
		errx(EXIT_FAILURE, "RTM_SETLINK: %s", strerror(-answer.error.error));
}

/* Microseconds. */
static inline long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

#endif
