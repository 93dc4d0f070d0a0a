/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who answers a request, since any process may send to a netlink socket; and messages that were
 * lost. */
#include "kernel/rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "../fixture.h"
#include "kernel/netif.h"

/* The datagrams that arrive, in their order: an error each. */
static struct datagram {
	uint32_t port, sequence;
	int error;
	int lost;    /* the errno of recvfrom() */
	bool is_big; /* does not fit into any buffer */
	bool is_link;
} datagrams[4];
static unsigned received;

int socket(int family, int type, int protocol)
{
	return eventfd(1, EFD_CLOEXEC);
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
		union {
			struct nlmsgerr error;
			struct ifinfomsg link;
		};
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = next->is_link ? RTM_NEWLINK : NLMSG_ERROR,
			    .nlmsg_seq = next->sequence },
	};

	if (received++ == ARRAY_SIZE(datagrams)) {
		errno = EAGAIN;
		return -1;
	}
	if (next->lost) {
		errno = next->lost;
		return -1;
	}
	if (next->is_link)
		message.link.ifi_index = 7;
	else
		message.error.error = next->error;
	memcpy(address, &from, sizeof(from));
	*address_size = sizeof(from);
	memcpy(data, &message, sizeof(message));
	return next->is_big ? (ssize_t)size + 1 : (ssize_t)sizeof(message);
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

/* Not -ETIMEDOUT, after which the same request would be sent again. */
START_TEST(an_answer_that_was_lost_is_an_error)
{
	datagrams[0] = (struct datagram){ .lost = ENOBUFS };
	ck_assert_int_eq(ask(), -ENOBUFS);
	datagrams[0] = (struct datagram){ .lost = EAGAIN };
	ck_assert_int_eq(ask(), -ETIMEDOUT);
	datagrams[0] = (struct datagram){ .sequence = 1, .is_big = true };
	ck_assert_int_eq(ask(), -EMSGSIZE);
}
END_TEST

struct heard {
	unsigned links, lost;
};

static void on_link(void *userdata, const struct link_event *event)
{
	struct heard *heard = userdata;

	heard->lost += !event;
	heard->links += event && event->index == 7;
}

/* What the handler is given for one datagram of the kernel's group. */
static struct heard hear(struct datagram datagram)
{
	struct heard heard = { 0 };
	struct roots roots = { 0 };
	struct links *links;
	sd_event *event;

	datagrams[0] = datagram;
	received = 0;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(links_new(event, &roots, on_link, &heard, &links), 0);
	ck_assert_int_ge(sd_event_run(event, 0), 0);
	ck_assert_uint_eq(received, 1);
	links_free(links);
	sd_event_unref(event);
	return heard;
}

/* After ENOBUFS anything may have happened: the handler must look at everything. */
START_TEST(lost_events_are_reported)
{
	struct heard heard = hear((struct datagram){ .lost = ENOBUFS });

	ck_assert_uint_eq(heard.lost, 1);
	heard = hear((struct datagram){ .is_big = true, .is_link = true });
	ck_assert_uint_eq(heard.lost, 1);
	ck_assert_uint_eq(heard.links, 0);
	heard = hear((struct datagram){ .lost = EAGAIN });
	ck_assert_uint_eq(heard.lost, 0);
	heard = hear((struct datagram){ .is_link = true });
	ck_assert_uint_eq(heard.lost, 0);
	ck_assert_uint_eq(heard.links, 1);
	/* Not of the kernel. */
	heard = hear((struct datagram){ .is_link = true, .port = 4711 });
	ck_assert_uint_eq(heard.lost + heard.links, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		only_the_kernel_answers,
		an_answer_to_another_request_is_none,
		an_answer_that_was_lost_is_an_error,
		lost_events_are_reported,
	};

	return run_tests("rtnetlink", tests, ARRAY_SIZE(tests));
}
