/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink sockets of the daemon and its jobs, inotify, and the descriptors that become readable
 * when the fake kernel sends something. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include "kernel.h"
#include "raw.h"
#include "sim.h"
#include "vfd.h"

#define ANSWER_MAX 4096

static struct vfd vfds[SIM_FDS];
static int highest = -1;

/* --- descriptors ----------------------------------------------------------------------------- */

struct vfd *vfd_of(int fd)
{
	return fd >= 0 && fd <= highest && vfds[fd].type ? &vfds[fd] : NULL;
}

struct vfd *vfd_set(int fd, enum vfd_type type)
{
	if (fd < 0 || fd >= SIM_FDS)
		return NULL;
	vfd_forget(fd);
	vfds[fd] = (struct vfd){ .type = type, .deadline = SIM_NEVER };
	highest = fd > highest ? fd : highest;
	return &vfds[fd];
}

void vfd_forget(int fd)
{
	struct vfd *vfd = vfd_of(fd);

	if (!vfd)
		return;
	/* A job closes its copies: the daemon's socket stays open. */
	if (vfd->type == VFD_UEVENTS && strcmp(sim->slots[sim_self].role, "daemon") == 0)
		kernel->uevents.open = false;
	if (vfd->type == VFD_LINKS && strcmp(sim->slots[sim_self].role, "daemon") == 0)
		kernel->links.open = false;
	free(vfd->data);
	*vfd = (struct vfd){ .type = VFD_NONE };
}

static bool is_ready(struct vfd *vfd)
{
	switch (vfd->type) {
	case VFD_TIMER:
		return vfd->signaled || vfd->deadline <= sim->now;
	case VFD_PIDFD:
		return kernel_has_ended(vfd->pid);
	case VFD_UEVENTS:
		return ring_ready(&kernel->uevents);
	case VFD_LINKS:
		return ring_ready(&kernel->links);
	case VFD_ROUTE:
		return vfd->size > 0;
	case VFD_SYSFS:
	case VFD_NONE:
		break;
	}
	return false;
}

static void show(int fd, struct vfd *vfd)
{
	bool ready = is_ready(vfd);
	uint64_t value = 1;

	if (ready == vfd->signaled)
		return;
	vfd->signaled = ready;
	if (ready)
		(void)raw(write, fd, &value, sizeof(value));
	else
		(void)raw(read, fd, &value, sizeof(value));
	if (vfd->type == VFD_TIMER && ready)
		vfd->deadline = SIM_NEVER;
}

uint64_t vfd_refresh(void)
{
	uint64_t next = SIM_NEVER;

	for (int fd = 0; fd <= highest; fd++) {
		struct vfd *vfd = &vfds[fd];

		if (!vfd->type || vfd->type == VFD_SYSFS)
			continue;
		show(fd, vfd);
		if (vfd->type == VFD_TIMER && vfd->deadline < next)
			next = vfd->deadline;
	}
	return next;
}

/* --- sockets --------------------------------------------------------------------------------- */

#pragma GCC visibility push(default)
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static const int socket_errors[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM, 0 };
static const int message_errors[] = { ENOBUFS, ENOMEM, EINTR, 0 };

static int fails(const char *name, const int *errors)
{
	int error = sim_call(name, NULL, errors);

	if (error)
		errno = error;
	return error;
}

int socket(int family, int type, int protocol)
{
	int fd;

	if (sim_self <= 0 || family != AF_NETLINK)
		return (int)raw(socket, family, type, protocol);
	if (fails("socket", socket_errors))
		return -1;
	fd = (int)raw(eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!vfd_set(fd, protocol == NETLINK_KOBJECT_UEVENT ? VFD_UEVENTS : VFD_ROUTE)) {
		(void)raw(close, fd);
		errno = EMFILE;
		return -1;
	}
	return fd;
}

static void listen_to(struct kernel_ring *ring)
{
	ring->open = true;
	ring->lost = false;
	ring->first = ring->count = 0;
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;
	const struct sockaddr_nl *netlink = (const struct sockaddr_nl *)(const void *)address;

	if (!vfd)
		return (int)raw(bind, fd, address, size);
	if (fails("bind", message_errors))
		return -1;
	if (vfd->type == VFD_ROUTE && (netlink->nl_groups & RTMGRP_LINK))
		vfd->type = VFD_LINKS;
	if (vfd->type != VFD_ROUTE)
		listen_to(vfd->type == VFD_LINKS ? &kernel->links : &kernel->uevents);
	return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;

	if (!vfd)
		return (int)raw(setsockopt, fd, level, option, value, size);
	if (option == SO_RCVTIMEO) {
		const struct timeval *time = value;

		vfd->patience = (uint64_t)time->tv_sec * SIM_SEC + (uint64_t)time->tv_usec * 1000;
	}
	return 0;
}

/* Of all links. */
static bool is_dump(const struct nlmsghdr *request)
{
	return request->nlmsg_type == RTM_GETLINK && (request->nlmsg_flags & NLM_F_DUMP);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;
	_Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
	int error;

	if (!vfd)
		return raw(sendto, fd, data, size, flags, NULL, 0);
	error = sim_call("send", is_dump(data) ? "(dump)" : NULL, message_errors);
	if (error) {
		errno = error;
		return -1;
	}
	free(vfd->data);
	vfd->size = rtnetlink_answer(data, size, answer, sizeof(answer));
	vfd->data = malloc(vfd->size);
	memcpy(vfd->data, answer, vfd->size);
	return (ssize_t)size;
}

/* One datagram; without one until the socket's patience ends. */
static ssize_t pop(struct vfd *vfd, void *data, size_t size, int flags)
{
	ssize_t n;

	if (vfd->type != VFD_ROUTE) {
		n = ring_pop(vfd->type == VFD_LINKS ? &kernel->links : &kernel->uevents, data,
			     size);
		if (n >= 0)
			return n;
		errno = (int)-n;
		return -1;
	}
	if (!vfd->size && !(flags & MSG_DONTWAIT))
		sim_block(vfd->patience ? sim->now + vfd->patience : SIM_NEVER);
	if (!vfd->size) {
		errno = EAGAIN;
		return -1;
	}
	n = (ssize_t)vfd->size;
	memcpy(data, vfd->data, vfd->size < size ? vfd->size : size);
	vfd->size = 0;
	return n;
}

static void from_kernel(struct sockaddr *address, socklen_t *size)
{
	struct sockaddr_nl kernel_address = { .nl_family = AF_NETLINK };

	if (!address || !size)
		return;
	memcpy(address, &kernel_address,
	       *size < sizeof(kernel_address) ? *size : sizeof(kernel_address));
	*size = sizeof(kernel_address);
}

ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags,
		 struct sockaddr *restrict address, socklen_t *restrict address_size)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;

	if (!vfd)
		return raw(recvfrom, fd, data, size, flags, address, address_size);
	if (fails("recvfrom", message_errors))
		return -1;
	from_kernel(address, address_size);
	return pop(vfd, data, size, flags);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	return recvfrom(fd, data, size, flags, NULL, NULL);
}

/* SO_PASSCRED. */
static void sent_by_root(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	const struct ucred root = { 0 };

	if (!control)
		return;
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_CREDENTIALS;
	control->cmsg_len = CMSG_LEN(sizeof(root));
	memcpy(CMSG_DATA(control), &root, sizeof(root));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;

	if (!vfd)
		return raw(recvmsg, fd, message, flags);
	if (fails("recvmsg", message_errors))
		return -1;
	from_kernel(message->msg_name, &message->msg_namelen);
	sent_by_root(message);
	message->msg_flags = 0;
	return pop(vfd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len, flags);
}

/* --- inotify --------------------------------------------------------------------------------- */

int inotify_init1(int flags)
{
	if (sim_self > 0 && fails("inotify_init1", socket_errors))
		return -1;
	return (int)raw(inotify_init1, flags);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	static const int errors[] = { ENOSPC, ENOMEM, EACCES, 0 };
	int error = sim_self > 0 ? sim_call("inotify_add_watch", path, errors) : 0;

	if (error) {
		errno = error;
		return -1;
	}
	return (int)raw(inotify_add_watch, fd, path, mask);
}
