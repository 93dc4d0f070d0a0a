/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net.h"

/* Room for the answer of a PF with all VFs there can be, as the kernel accounts for it. */
#define RECEIVE_BUFFER (16 * 1024 * 1024)

/* The kernel answers before send() returns; whoever waits longer has lost the answer. */
#define ANSWER_SECONDS 30

/** Looks at one message of an answer: 0 to go on, 1 when it was what was asked for, or -errno. */
typedef int (*answer_fn)(const struct nlmsghdr *message, void *userdata);

static void set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

int net_rtnl_open(void)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	/* All of these only make things better; an answer that is lost ends in a time-out. */
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
		buffer = malloc(n ? (size_t)n : 1);
		if (!buffer)
			return -ENOMEM;
		n = recv(fd, buffer, (size_t)n, 0);
	}
	/* EAGAIN would be tried again for as long as a driver's quirk says. */
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
static int read_message(const struct nlmsghdr *message, answer_fn answer, void *userdata)
{
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		int r = read_error(message);

		return r < 0 ? r : 1;
	}
	return answer ? answer(message, userdata) : 0;
}

static int read_datagram(const struct nlmsghdr *message, size_t size, uint32_t sequence,
			 answer_fn answer, void *userdata)
{
	while (size > 0) {
		size_t padded;
		int r = 0;

		if (size < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		    message->nlmsg_len > size)
			return -EBADMSG;
		/* Late answers to a request that was given up carry an older number. */
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

static int exchange(int fd, struct nl_msg *request, answer_fn answer, void *userdata)
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

int net_rtnl_send(int fd, struct nl_msg *request)
{
	nlmsg_hdr(request)->nlmsg_flags |= NLM_F_ACK;
	return exchange(fd, request, NULL, NULL);
}

/* --- one interface --------------------------------------------------------------------------- */

static int read_link(const struct nlmsghdr *message, void *userdata)
{
	struct net_link *link = userdata;
	int r;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	r = net_link_parse(nlmsg_data(message), (size_t)nlmsg_datalen(message), link);
	return r < 0 ? r : 1;
}

int net_rtnl_link(int fd, int index, bool with_vfs, struct net_link *ret_link)
{
	uint32_t extensions = RTEXT_FILTER_SKIP_STATS | (with_vfs ? RTEXT_FILTER_VF : 0);
	_cleanup_(net_messagep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, 0);
	struct ifinfomsg header = { .ifi_index = index };
	struct net_link link = { 0 };
	int r;

	if (!request || nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
	    nla_put_u32(request, IFLA_EXT_MASK, extensions) < 0)
		return -ENOMEM;
	r = exchange(fd, request, read_link, &link);
	if (r < 0)
		return r;
	if (link.index != index)
		return -ENODEV;
	*ret_link = link;
	return 0;
}

/* --- addresses ------------------------------------------------------------------------------- */

struct address_query {
	int index;
	char *text;
	size_t size;
};

/* An address that the kernel makes up for every interface that is up says nothing about its use. */
static int read_address(const struct nlmsghdr *message, void *userdata)
{
	const struct address_query *query = userdata;
	const struct ifaddrmsg *header = nlmsg_data(message);
	char text[INET6_ADDRSTRLEN];
	struct nlattr *address;

	if (message->nlmsg_type != RTM_NEWADDR || nlmsg_datalen(message) < (int)sizeof(*header) ||
	    header->ifa_index != (unsigned)query->index || header->ifa_scope == RT_SCOPE_LINK)
		return 0;
	address = nlmsg_find_attr((struct nlmsghdr *)message, sizeof(*header), IFA_LOCAL);
	if (!address)
		address = nlmsg_find_attr((struct nlmsghdr *)message, sizeof(*header), IFA_ADDRESS);
	if (!address || nla_len(address) < (header->ifa_family == AF_INET ? 4 : 16) ||
	    !inet_ntop(header->ifa_family, nla_data(address), text, sizeof(text)))
		return 0;
	snprintf(query->text, query->size, "%s", text);
	return 0;
}

int net_rtnl_address(int fd, int index, char *ret_text, size_t size)
{
	_cleanup_(net_messagep) struct nl_msg *request =
		nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg header = { .ifa_index = (unsigned)index };
	char text[INET6_ADDRSTRLEN] = "";
	struct address_query query = { index, text, sizeof(text) };
	int r;

	if (!request || nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) < 0)
		return -ENOMEM;
	r = exchange(fd, request, read_address, &query);
	if (r < 0)
		return r;
	snprintf(ret_text, size, "%s", text);
	return 0;
}
