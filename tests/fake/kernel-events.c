/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel sends: uevents, notifications of rtnetlink, and answers to RTM_GETLINK and
 * RTM_GETROUTE. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "sim.h"

#define IFF_UP_ 1u
#define IFF_LOWER_UP_ (1u << 16)

/* --- rings ----------------------------------------------------------------------------------- */

/* A socket whose buffer is full loses the message, and its next read says ENOBUFS:
 * netlink_overrun() of net/netlink/af_netlink.c. */
static void push(struct kernel_ring *ring, const void *data, size_t size)
{
	struct kernel_message *slot;

	if (!ring->open)
		return;
	if (ring->count == KERNEL_RING || kernel->lose_events) {
		ring->lost = true;
		sim_act();
		return;
	}
	slot = &ring->items[(ring->first + ring->count++) % KERNEL_RING];
	slot->size = (uint16_t)size;
	memcpy(slot->data, data, size);
	sim_act();
}

bool ring_ready(const struct kernel_ring *ring)
{
	return ring->lost || ring->count;
}

ssize_t ring_pop(struct kernel_ring *ring, void *ret_data, size_t size)
{
	const struct kernel_message *item = &ring->items[ring->first];

	if (ring->lost) {
		ring->lost = false;
		return -ENOBUFS;
	}
	if (!ring->count)
		return -EAGAIN;
	ring->first = (ring->first + 1) % KERNEL_RING;
	ring->count--;
	memcpy(ret_data, item->data, item->size < size ? item->size : size);
	return item->size;
}

void events_lose(void)
{
	kernel->uevents.count = kernel->links.count = 0;
	kernel->uevents.lost = kernel->uevents.open;
	kernel->links.lost = kernel->links.open;
	sim_act();
}

/* --- uevents --------------------------------------------------------------------------------- */

/* kobject_uevent_env() of lib/kobject_uevent.c: the number increases with or without listeners. */
void events_object(const char *action, const char *devpath, const char *subsystem)
{
	char text[510];
	int n;

	kernel->seqnum++;
	tree_text("sys/kernel/uevent_seqnum", "%llu\n", (unsigned long long)kernel->seqnum);
	n = snprintf(text, sizeof(text),
		     "%s@%s%cACTION=%s%cDEVPATH=%s%cSUBSYSTEM=%s%cSEQNUM=%llu%c", action, devpath,
		     0, action, 0, devpath, 0, subsystem, 0, (unsigned long long)kernel->seqnum, 0);
	push(&kernel->uevents, text, (size_t)n);
}

void events_device(const char *action, const struct kernel_function *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/devices/pci0000:00/%s", f->address);
	events_object(action, path, "pci");
}

/* --- rtnetlink ------------------------------------------------------------------------------- */

static void add_attribute(struct nlmsghdr *message, unsigned short type, const void *data,
			  size_t size)
{
	struct rtattr *attribute =
		(struct rtattr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), data, size);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static void add_altname(int pf, struct nlmsghdr *message)
{
	char name[16];
	_Alignas(struct rtattr) char list[64] = { 0 };
	struct rtattr *inner = (struct rtattr *)(void *)list;

	snprintf(name, sizeof(name), "port%d", pf);
	inner->rta_type = IFLA_ALT_IFNAME;
	inner->rta_len = (unsigned short)RTA_LENGTH(strlen(name) + 1);
	memcpy(RTA_DATA(inner), name, strlen(name) + 1);
	add_attribute(message, IFLA_PROP_LIST | NLA_F_NESTED, list, RTA_ALIGN(inner->rta_len));
}

/* rtnl_fill_ifinfo() of net/core/rtnetlink.c. */
static size_t fill_link(int pf, uint32_t sequence, uint16_t flags, void *ret_message)
{
	const struct kernel_pf *p = &kernel->pfs[pf];
	uint8_t address[6] = { 2, 0, 0, 0, (uint8_t)(pf + 1), 1 };
	struct nlmsghdr *message = ret_message;
	struct ifinfomsg link = { .ifi_index = pf + 2 };

	memset(message, 0, NLMSG_LENGTH(sizeof(link)));
	link.ifi_flags = IFF_UP_ | (p->carrier ? IFF_LOWER_UP_ : 0);
	message->nlmsg_type = RTM_NEWLINK;
	message->nlmsg_flags = flags;
	message->nlmsg_seq = sequence;
	message->nlmsg_len = NLMSG_LENGTH(sizeof(link));
	memcpy(NLMSG_DATA(message), &link, sizeof(link));
	add_attribute(message, IFLA_IFNAME, p->interface, strlen(p->interface) + 1);
	add_attribute(message, IFLA_ADDRESS, address, sizeof(address));
	add_attribute(message, IFLA_PERM_ADDRESS, address, sizeof(address));
	add_attribute(message, IFLA_PARENT_DEV_NAME, p->self.address, strlen(p->self.address) + 1);
	add_altname(pf, message);
	return message->nlmsg_len;
}

void events_link(int pf)
{
	_Alignas(struct nlmsghdr) char message[512];

	push(&kernel->links, message, fill_link(pf, 0, 0, message));
}

void events_link_removed(int pf)
{
	_Alignas(struct nlmsghdr) char message[512];
	size_t size = fill_link(pf, 0, 0, message);

	((struct nlmsghdr *)(void *)message)->nlmsg_type = RTM_DELLINK;
	push(&kernel->links, message, size);
}

static size_t fill_error(const struct nlmsghdr *request, int error, void *ret_message)
{
	struct nlmsgerr body = { .error = error, .msg = *request };
	struct nlmsghdr *message = ret_message;

	*message = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(sizeof(body)),
		.nlmsg_type = NLMSG_ERROR,
		.nlmsg_seq = request->nlmsg_seq,
	};
	memcpy(NLMSG_DATA(message), &body, sizeof(body));
	return message->nlmsg_len;
}

static const char *asked_name(const struct nlmsghdr *request, size_t size)
{
	const char *at = (const char *)request + NLMSG_SPACE(sizeof(struct ifinfomsg));
	const char *end = (const char *)request + size;

	while (at + sizeof(struct rtattr) <= end) {
		const struct rtattr *attribute = (const struct rtattr *)at;

		if (attribute->rta_len < sizeof(*attribute))
			break;
		if (attribute->rta_type == IFLA_IFNAME || attribute->rta_type == IFLA_ALT_IFNAME)
			return RTA_DATA(attribute);
		at += RTA_ALIGN(attribute->rta_len);
	}
	return NULL;
}

/* rtnl_getlink() and rtnl_dump_ifinfo() of net/core/rtnetlink.c; the alternative name of ethN is
 * portN. */
size_t rtnetlink_answer(const void *data, size_t size, void *ret_answer, size_t max)
{
	const struct nlmsghdr *request = data;
	bool dump = request->nlmsg_flags & NLM_F_DUMP;
	const char *name = asked_name(request, size);
	char *answer = ret_answer;
	size_t used = 0;

	/* There are no routes. */
	if (request->nlmsg_type == RTM_GETROUTE && dump) {
		used = fill_error(request, 0, answer);
		((struct nlmsghdr *)answer)->nlmsg_type = NLMSG_DONE;
		return used;
	}
	if (request->nlmsg_type != RTM_GETLINK)
		return fill_error(request, -EOPNOTSUPP, answer);
	kernel->dumps += dump && request->nlmsg_type == RTM_GETLINK;
	for (int pf = 0; pf < KERNEL_PFS_MAX; pf++) {
		char other[16];

		snprintf(other, sizeof(other), "port%d", pf);
		if (kernel->pfs[pf].self.driver != DRIVER_PF ||
		    (!dump && (!name || (strcmp(name, kernel->pfs[pf].interface) != 0 &&
					 strcmp(name, other) != 0))))
			continue;
		used += NLMSG_ALIGN(
			fill_link(pf, request->nlmsg_seq, dump ? NLM_F_MULTI : 0, answer + used));
	}
	if (!dump)
		return used + fill_error(request, used ? 0 : -ENODEV, answer + used);
	used += fill_error(request, 0, answer + used);
	((struct nlmsghdr *)(answer + used - NLMSG_LENGTH(sizeof(struct nlmsgerr))))->nlmsg_type =
		NLMSG_DONE;
	return used < max ? used : max;
}
