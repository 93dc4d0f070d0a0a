/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "../fixture.h"

#define MESSAGE(text_) text_, sizeof(text_)

/* --- the socket ------------------------------------------------------------------------------ */

static struct {
	uint32_t port;
	bool has_sender;
	uid_t sender;
	bool passes; /* SO_PASSCRED was set */
	int lost;    /* the errno of recvmsg() */
	unsigned n_lost;
} datagram;

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
	datagram.passes = datagram.passes || (level == SOL_SOCKET && option == SO_PASSCRED);
	return 0;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	static const char text[] = "add@/x\0ACTION=add\0DEVPATH=/x\0SUBSYSTEM=pci";
	struct sockaddr_nl from = { .nl_family = AF_NETLINK, .nl_pid = datagram.port };
	struct ucred sender = { .uid = datagram.sender };
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (datagram.lost) {
		errno = datagram.lost;
		return -1;
	}
	memcpy(message->msg_name, &from, sizeof(from));
	memcpy(message->msg_iov[0].iov_base, text, sizeof(text));
	message->msg_flags = 0;
	if (!datagram.has_sender || !control || !datagram.passes) {
		message->msg_controllen = 0;
		return sizeof(text);
	}
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_CREDENTIALS;
	control->cmsg_len = CMSG_LEN(sizeof(sender));
	memcpy(CMSG_DATA(control), &sender, sizeof(sender));
	return sizeof(text);
}

static void count_event(void *userdata, const struct uevent *event)
{
	datagram.n_lost += !event;
	*(unsigned *)userdata += event != NULL;
}

/* How many events one datagram of this sender makes. */
static unsigned deliver(uint32_t port, bool has_sender, uid_t sender)
{
	struct uevents *uevents;
	unsigned count = 0;
	sd_event *event;

	datagram.port = port;
	datagram.has_sender = has_sender;
	datagram.sender = sender;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(uevents_new(event, count_event, &count, &uevents), 0);
	ck_assert_int_ge(sd_event_run(event, 0), 0);
	uevents_free(uevents);
	sd_event_unref(event);
	return count;
}

START_TEST(only_the_kernel_sends_events)
{
	ck_assert_uint_eq(deliver(0, true, 0), 1);
	ck_assert_uint_eq(deliver(4711, true, 0), 0);
	/* Root of a container, whose messages the kernel passes on. */
	ck_assert_uint_eq(deliver(0, true, 100000), 0);
	ck_assert_uint_eq(deliver(0, false, 0), 0);
}
END_TEST

/* After ENOBUFS anything may have happened: the handler must look at everything. */
START_TEST(lost_events_are_reported)
{
	datagram.n_lost = 0;
	datagram.lost = ENOBUFS;
	ck_assert_uint_eq(deliver(0, true, 0), 0);
	ck_assert_uint_eq(datagram.n_lost, 1);
	datagram.lost = EAGAIN;
	ck_assert_uint_eq(deliver(0, true, 0), 0);
	ck_assert_uint_eq(datagram.n_lost, 1);
	datagram.lost = 0;
	ck_assert_uint_eq(deliver(0, true, 0), 1);
	ck_assert_uint_eq(datagram.n_lost, 1);
}
END_TEST

/* --- messages -------------------------------------------------------------------------------- */

START_TEST(a_kernel_message_is_read)
{
	struct uevent event;

	ck_assert_int_eq(uevent_parse(MESSAGE("bind@/devices/pci0000:00/0000:01:10.0\0ACTION=bind\0"
					      "DEVPATH=/devices/pci0000:00/0000:01:10.0\0"
					      "SUBSYSTEM=pci\0DRIVER=igbvf\0SEQNUM=4711"),
				      &event),
			 0);
	ck_assert_str_eq(event.action, "bind");
	ck_assert_str_eq(event.devpath, "/devices/pci0000:00/0000:01:10.0");
	ck_assert_str_eq(event.subsystem, "pci");
	ck_assert_str_eq(event.driver, "igbvf");
	ck_assert_uint_eq(event.seqnum, 4711);
}
END_TEST

START_TEST(anything_else_is_refused)
{
	struct uevent event;
	char message[] = "add@/x\0ACTION=add\0DEVPATH=/x\0SUBSYSTEM=pci";

	ck_assert_int_eq(uevent_parse("", 0, &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(MESSAGE("libudev\0\xfe\xed"), &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(MESSAGE("add@/x"), &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(MESSAGE("add@/x\0ACTION=add\0DEVPATH=/x"), &event), -EBADMSG);
	ck_assert_int_eq(uevent_parse(message, sizeof(message), &event), 0);
	/* Without its last NUL the message has no end. */
	ck_assert_int_eq(uevent_parse(message, sizeof(message) - 1, &event), -EBADMSG);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_kernel_message_is_read,
		anything_else_is_refused,
		only_the_kernel_sends_events,
		lost_events_are_reported,
	};

	return run_tests("uevent", tests, ARRAY_SIZE(tests));
}
