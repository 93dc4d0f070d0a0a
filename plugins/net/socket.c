/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <viod/plugin.h>

#include "util.h"

/* Room for the answer of a PF with the maximum of VFs, as the kernel accounts for it. */
#define RECEIVE_BUFFER (16 * 1024 * 1024)

/* The kernel answers before send() returns; after this time the answer is lost. */
#define ANSWER_SECONDS 30

static void set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

int net_socket_open(int protocol)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	/* None of these is required; a lost answer ends in a timeout. */
	set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
	set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static int send_request(int fd, struct nl_msg *request, uint32_t *ret_sequence)
{
	static uint32_t sequence;
	struct nlmsghdr *header = nlmsg_hdr(request);
	ssize_t n;

	header->nlmsg_seq = ++sequence;
	header->nlmsg_flags |= NLM_F_REQUEST;
	n = send(fd, header, header->nlmsg_len, 0);
	if (n < 0)
		return -errno;
	*ret_sequence = sequence;
	return 0;
}

/* The next datagram, whatever its size. */
static int receive(int fd, struct nlmsghdr **ret_messages, size_t *ret_size)
{
	_cleanup_free_ void *buffer = NULL;
	ssize_t n;

	do
		n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		struct sockaddr_nl from = { 0 };
		socklen_t length = sizeof(from);

		buffer = malloc(n ? (size_t)n : 1);
		if (!buffer)
			return -ENOMEM;
		n = recvfrom(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, &length);
		/* Only the kernel has port 0; any process may send to a netlink socket. */
		n = n > 0 && from.nl_pid != 0 ? 0 : n;
	}
	/* EAGAIN would be retried as long as the quirk of a driver requests. */
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*ret_messages = buffer;
	*ret_size = (size_t)n;
	buffer = NULL;
	return 0;
}

static int read_error(const struct nlmsghdr *message)
{
	int error;

	if (nlmsg_datalen(message) < (int)sizeof(error))
		return message->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&error, nlmsg_data(message), sizeof(error));
	return error > 0 ? -EBADMSG : error;
}

/* 0 to go on, 1 when the answer is complete. */
static int read_message(const struct nlmsghdr *message, net_answer_fn answer, void *userdata)
{
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		int r = read_error(message);

		return r < 0 ? r : 1;
	}
	return answer ? answer(message, userdata) : 0;
}

static int read_datagram(const struct nlmsghdr *message, size_t size, uint32_t sequence,
			 net_answer_fn answer, void *userdata)
{
	while (size > 0) {
		size_t padded;
		int r = 0;

		if (size < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		    message->nlmsg_len > size)
			return -EBADMSG;
		/* Late answers to an abandoned request have an older number. */
		if (message->nlmsg_seq == sequence)
			r = read_message(message, answer, userdata);
		if (r != 0)
			return r;
		padded = NLMSG_ALIGN(message->nlmsg_len);
		size -= padded < size ? padded : size;
		message = (const struct nlmsghdr *)((const uint8_t *)message + padded);
	}
	return 0;
}

int net_socket_exchange(int fd, struct nl_msg *request, net_answer_fn answer, void *userdata)
{
	uint32_t sequence = 0;
	int r;

	r = send_request(fd, request, &sequence);
	while (r == 0) {
		_cleanup_free_ struct nlmsghdr *messages = NULL;
		size_t size = 0;

		r = receive(fd, &messages, &size);
		if (r == 0)
			r = read_datagram(messages, size, sequence, answer, userdata);
	}
	return r < 0 ? r : 0;
}

int net_socket_send(struct viod_pf *pf, int fd, struct nl_msg *request)
{
	int r;

	nlmsg_hdr(request)->nlmsg_flags |= NLM_F_ACK;
	viod_kernel_enter(pf);
	r = net_socket_exchange(fd, request, NULL, NULL);
	viod_kernel_leave(pf);
	return r;
}
