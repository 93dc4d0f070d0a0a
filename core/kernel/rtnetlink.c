/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/rtnetlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/util.h"

#define RECEIVE_BUFFER (1024 * 1024)
/* The kernel answers a request without VFs before send() returns, unless its lock is held for long.
 * The daemon's loop does not wait for that: it retries later. */
#define ANSWER_MSEC 200
/* Each request has a socket of its own. */
#define SEQUENCE 1

int rtnetlink_open(unsigned groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int size = RECEIVE_BUFFER, r;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* 0 if more follows, 1 at the end, or what the callback returned. */
int rtnetlink_read_answer(struct nlmsghdr *message, int left, rtnetlink_fn callback, void *userdata)
{
	int r = 0, error;

	for (; r == 0 && nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		if (message->nlmsg_seq != SEQUENCE)
			continue;
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR) {
			if (nlmsg_datalen(message) < (int)sizeof(error))
				return -EBADMSG;
			memcpy(&error, nlmsg_data(message), sizeof(error));
			return error < 0 ? error : 1;
		}
		r = callback(userdata, message);
	}
	return r;
}

int rtnetlink_request(struct nl_msg *request, rtnetlink_fn callback, void *userdata)
{
	struct timeval timeout = { .tv_usec = ANSWER_MSEC * 1000 };
	_Alignas(struct nlmsghdr) char buffer[RTNETLINK_MESSAGE_MAX];
	_cleanup_close_ int fd = rtnetlink_open(0);
	int r = 0;

	if (fd < 0)
		return fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	nlmsg_hdr(request)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	nlmsg_hdr(request)->nlmsg_seq = SEQUENCE;
	if (send(fd, nlmsg_hdr(request), nlmsg_hdr(request)->nlmsg_len, 0) < 0)
		return -errno;
	while (r == 0) {
		struct sockaddr_nl from = { 0 };
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, buffer, sizeof(buffer), MSG_TRUNC,
				     (struct sockaddr *)&from, &size);

		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		/* Only the kernel has port 0; any process may send to a netlink socket. */
		if (from.nl_pid != 0)
			continue;
		if (n > (ssize_t)sizeof(buffer))
			return -EMSGSIZE;
		r = rtnetlink_read_answer((struct nlmsghdr *)(void *)buffer, (int)n, callback,
					  userdata);
	}
	return r;
}
