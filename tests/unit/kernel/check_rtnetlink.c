/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who answers a request: any process may send to a netlink socket. */
#include "kernel/rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "../fixture.h"

/* The datagrams that arrive, in their order: an error each. */
static struct datagram {
	uint32_t port, sequence;
	int error;
} datagrams[4];
static unsigned received;

int socket(int family, int type, int protocol)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	return 0;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	return (ssize_t)size;
}

ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags,
		 struct sockaddr *restrict address, socklen_t *restrict address_size)
{
	const struct datagram *next = &datagrams[received];
	struct sockaddr_nl from = { .nl_family = AF_NETLINK, .nl_pid = next->port };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = NLMSG_ERROR,
			    .nlmsg_seq = next->sequence },
		.error = { .error = next->error },
	};

	if (received++ == ARRAY_SIZE(datagrams)) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(address, &from, sizeof(from));
	*address_size = sizeof(from);
	memcpy(data, &message, sizeof(message));
	return sizeof(message);
}

static int ask(void)
{
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, 0);
	int r;

	received = 0;
	r = rtnetlink_request(request, NULL, NULL);
	nlmsg_free(request);
	return r;
}

START_TEST(only_the_kernel_answers)
{
	datagrams[0] = (struct datagram){ .port = 4711, .sequence = 1, .error = -ENODEV };
	datagrams[1] = (struct datagram){ .port = 0, .sequence = 1, .error = -EPERM };
	ck_assert_int_eq(ask(), -EPERM);
	ck_assert_uint_eq(received, 2);
}
END_TEST

START_TEST(an_answer_to_another_request_is_none)
{
	datagrams[0] = (struct datagram){ .port = 0, .sequence = 7, .error = -ENODEV };
	datagrams[1] = (struct datagram){ .port = 0, .sequence = 0, .error = -ENODEV };
	datagrams[2] = (struct datagram){ .port = 0, .sequence = 1, .error = -EPERM };
	ck_assert_int_eq(ask(), -EPERM);
	ck_assert_uint_eq(received, 3);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		only_the_kernel_answers,
		an_answer_to_another_request_is_none,
	};

	return run_tests("rtnetlink", tests, ARRAY_SIZE(tests));
}
