/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* Multicast groups of NETLINK_KOBJECT_UEVENT: the kernel sends to 1, udev to 2. */
#define GROUP_KERNEL 1
/* The kernel's limit for one event (UEVENT_BUFFER_SIZE plus the header). */
#define MESSAGE_MAX 8192
/* Creating 256 VFs sends thousands of events, possibly while the daemon is busy. */
#define RECEIVE_BUFFER (16 * 1024 * 1024)

struct uevents {
	sd_event_source *source;
	uevent_handler handler;
	void *userdata;
};

static const char *value_after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

int uevent_parse(const char *message, size_t size, struct uevent *ret_event)
{
	struct uevent event = { 0 };
	const char *value;

	if (!size || message[size - 1] != '\0' || !strchr(message, '@'))
		return -EBADMSG;
	for (size_t i = strlen(message) + 1; i < size; i += strlen(message + i) + 1) {
		const char *text = message + i;

		if ((value = value_after(text, "ACTION=")))
			event.action = value;
		else if ((value = value_after(text, "DEVPATH=")))
			event.devpath = value;
		else if ((value = value_after(text, "SUBSYSTEM=")))
			event.subsystem = value;
		else if ((value = value_after(text, "DRIVER=")))
			event.driver = value;
		else if ((value = value_after(text, "SEQNUM=")))
			event.seqnum = strtoull(value, NULL, 10);
	}
	if (!event.action || !event.devpath || !event.subsystem)
		return -EBADMSG;
	*ret_event = event;
	return 0;
}

/* Any process may send to a netlink socket, but only the kernel has port 0 in its own messages. A
 * container's root may have the kernel send what it injected into its own namespace: such a message
 * has port 0 and the sender's user. */
static bool is_from_kernel(const struct msghdr *header, const struct sockaddr_nl *from)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	struct ucred sender;

	if (from->nl_pid != 0 || !control || control->cmsg_level != SOL_SOCKET ||
	    control->cmsg_type != SCM_CREDENTIALS || control->cmsg_len != CMSG_LEN(sizeof(sender)))
		return false;
	memcpy(&sender, CMSG_DATA(control), sizeof(sender));
	return sender.uid == 0;
}

static int on_uevent_message(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct uevents *uevents = userdata;
	char message[MESSAGE_MAX];
	struct sockaddr_nl from = { 0 };
	struct iovec vector = { .iov_base = message, .iov_len = sizeof(message) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct msghdr header = { .msg_name = &from,
				 .msg_namelen = sizeof(from),
				 .msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	struct uevent event;
	ssize_t n;

	n = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == ENOBUFS)
		uevents->handler(uevents->userdata, NULL);
	if (n <= 0 || (header.msg_flags & MSG_TRUNC) || !is_from_kernel(&header, &from))
		return 0;
	if (uevent_parse(message, (size_t)n, &event) == 0)
		uevents->handler(uevents->userdata, &event);
	return 0;
}

struct uevents *uevents_free(struct uevents *uevents)
{
	if (uevents)
		sd_event_source_disable_unref(uevents->source);
	free(uevents);
	return NULL;
}

int uevents_new(sd_event *loop, uevent_handler handler, void *userdata,
		struct uevents **ret_uevents)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
	_cleanup_close_ int fd = -1;
	struct uevents *uevents;
	int size = RECEIVE_BUFFER, on = 1, r;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	uevents = calloc(1, sizeof(*uevents));
	if (!uevents)
		return -ENOMEM;
	uevents->handler = handler;
	uevents->userdata = userdata;
	r = sd_event_add_io(loop, &uevents->source, fd, EPOLLIN, on_uevent_message, uevents);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(uevents->source, true);
	if (r < 0) {
		uevents_free(uevents);
		return r;
	}
	TAKE_FD(fd);
	*ret_uevents = uevents;
	return 0;
}
