/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/netif.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rtnetlink.h"

/* IFF_LOWER_UP of <linux/if.h>, which cannot be included together with <net/if.h>. */
#define LOWER_UP (1u << 16)
/* The bus, and how its devices' names begin. */
#define VIRTIO "virtio"

struct links {
	sd_event_source *source;
	const struct roots *roots;
	link_handler handler;
	void *userdata;
};

/* --- messages -------------------------------------------------------------------------------- */

static void copy_attribute(struct nlattr *attribute, void *ret_value, size_t size)
{
	if (attribute && (size_t)nla_len(attribute) == size)
		memcpy(ret_value, nla_data(attribute), size);
}

static void copy_name_attribute(struct nlattr *attribute, char *ret_name, size_t size)
{
	size_t length = attribute ? strnlen(nla_data(attribute), (size_t)nla_len(attribute)) : 0;

	if (length < size && length)
		memcpy(ret_name, nla_data(attribute), length);
}

int link_parse(const void *payload, size_t size, struct link_event *ret_event)
{
	struct link_event event = { 0 };
	const struct nlattr *attributes, *properties;
	struct ifinfomsg header;
	int left;

	if (size < sizeof(header) || size > INT32_MAX)
		return -EBADMSG;
	memcpy(&header, payload, sizeof(header));
	event.index = header.ifi_index;
	event.port = header.ifi_family != AF_UNSPEC;
	event.carrier = header.ifi_flags & LOWER_UP;
	attributes =
		(const struct nlattr *)((const uint8_t *)payload + NLMSG_ALIGN(sizeof(header)));
	left = (int)(size - NLMSG_ALIGN(sizeof(header)));
	copy_name_attribute(nla_find(attributes, left, IFLA_IFNAME), event.name,
			    sizeof(event.name));
	copy_name_attribute(nla_find(attributes, left, IFLA_PARENT_DEV_NAME), event.parent,
			    sizeof(event.parent));
	copy_attribute(nla_find(attributes, left, IFLA_ADDRESS), event.address,
		       sizeof(event.address));
	copy_attribute(nla_find(attributes, left, IFLA_PERM_ADDRESS), event.permanent,
		       sizeof(event.permanent));
	properties = nla_find(attributes, left, IFLA_PROP_LIST);
	if (properties) {
		event.properties = nla_data(properties);
		event.properties_size = (size_t)nla_len(properties);
	}
	*ret_event = event;
	return 0;
}

int link_each_altname(const struct link_event *event,
		      int (*callback)(void *userdata, const char *name, size_t length),
		      void *userdata)
{
	const struct nlattr *attribute = event->properties;
	int left = (int)event->properties_size, r = 0;

	for (; r == 0 && attribute && nla_ok(attribute, left);
	     attribute = nla_next(attribute, &left)) {
		const char *name = nla_data(attribute);
		size_t length = strnlen(name, (size_t)nla_len(attribute));

		if (nla_type(attribute) == IFLA_ALT_IFNAME && length)
			r = callback(userdata, name, length);
	}
	return r;
}

/* --- listening ------------------------------------------------------------------------------- */

/* The device of a virtio NIC is a child of the PCI device, which has nothing else. */
static int find_pci_parent(int sys, const char *interface, char *ret_name, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "class/net/%s/device/..", interface);
	fd = openat(sys, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sysfs_link_name(AT_FDCWD, path, ret_name, size);
}

int link_device(int sys, const char *interface, char *ret_name, size_t size)
{
	char path[64], bus[16];
	int r;

	if (!*interface || interface[0] == '.' || strchr(interface, '/') ||
	    strlen(interface) >= IFNAMSIZ)
		return -ENOENT;
	snprintf(path, sizeof(path), "class/net/%s/device", interface);
	r = sysfs_link_name(sys, path, ret_name, size);
	if (r < 0 || strncmp(ret_name, VIRTIO, strlen(VIRTIO)) != 0)
		return r == -ENOTDIR || r == -EINVAL ? -ENOENT : r;
	snprintf(path, sizeof(path), "class/net/%s/device/subsystem", interface);
	if (sysfs_link_name(sys, path, bus, sizeof(bus)) < 0 || !streq(bus, VIRTIO))
		return 0;
	return find_pci_parent(sys, interface, ret_name, size);
}

static void find_parent(const struct links *links, struct link_event *event)
{
	if ((event->parent[0] && strncmp(event->parent, VIRTIO, strlen(VIRTIO)) != 0) ||
	    event->removed)
		return;
	if (link_device(links->roots->trees[VIOD_TREE_SYS], event->name, event->parent,
			sizeof(event->parent)) < 0)
		event->parent[0] = '\0';
}

static void handle_messages(struct links *links, struct nlmsghdr *message, int left)
{
	struct link_event event;

	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
		    link_parse(nlmsg_data(message), (size_t)nlmsg_datalen(message), &event) < 0)
			continue;
		event.removed = message->nlmsg_type == RTM_DELLINK;
		find_parent(links, &event);
		links->handler(links->userdata, &event);
	}
}

static int on_link_message(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_Alignas(struct nlmsghdr) char buffer[RTNETLINK_MESSAGE_MAX];
	struct links *links = userdata;
	struct sockaddr_nl from = { 0 };
	socklen_t size = sizeof(from);
	ssize_t n;

	n = recvfrom(fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from,
		     &size);
	if ((n < 0 && errno == ENOBUFS) || n > (ssize_t)sizeof(buffer))
		links->handler(links->userdata, NULL);
	/* Only the kernel has port 0; any process may send to a netlink socket. */
	else if (n > 0 && from.nl_pid == 0)
		handle_messages(links, (struct nlmsghdr *)(void *)buffer, (int)n);
	return 0;
}

struct links *links_free(struct links *links)
{
	if (links)
		sd_event_source_disable_unref(links->source);
	free(links);
	return NULL;
}

int links_new(sd_event *loop, const struct roots *roots, link_handler handler, void *userdata,
	      struct links **ret_links)
{
	_cleanup_close_ int fd = rtnetlink_open(RTMGRP_LINK);
	struct links *links;
	int r;

	if (fd < 0)
		return fd;
	links = calloc(1, sizeof(*links));
	if (!links)
		return -ENOMEM;
	*links = (struct links){ .roots = roots, .handler = handler, .userdata = userdata };
	r = sd_event_add_io(loop, &links->source, fd, EPOLLIN, on_link_message, links);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(links->source, true);
	if (r < 0) {
		links_free(links);
		return r;
	}
	TAKE_FD(fd);
	*ret_links = links;
	return 0;
}

/* --- requests -------------------------------------------------------------------------------- */

typedef int (*each_fn)(void *userdata, const struct link_event *event);

struct each {
	each_fn callback;
	void *userdata;
	int result;
};

/* Keeps the callback's result apart from the result of the request. */
static int handle_link(void *userdata, const struct nlmsghdr *message)
{
	struct link_event event;
	struct each *each = userdata;

	if (message->nlmsg_type == RTM_NEWLINK &&
	    link_parse(nlmsg_data(message), (size_t)nlmsg_datalen(message), &event) == 0)
		each->result = each->callback(each->userdata, &event);
	return each->result ? 1 : 0;
}

static int request_links(struct nl_msg *request, each_fn callback, void *userdata)
{
	struct each each = { .callback = callback, .userdata = userdata };
	int r = rtnetlink_request(request, handle_link, &each);

	return r < 0 ? r : each.result;
}

static struct nl_msg *new_request(int flags)
{
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, flags);
	struct ifinfomsg header = { 0 };

	if (request && (nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
			nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

int link_for_each(each_fn callback, void *userdata)
{
	struct nl_msg *request = new_request(NLM_F_DUMP);
	int r = request ? request_links(request, callback, userdata) : -ENOMEM;

	nlmsg_free(request);
	return r;
}
