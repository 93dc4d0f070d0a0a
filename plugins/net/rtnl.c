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

#include "socket.h"
#include "util.h"
#include "vfinfo.h"

int net_rtnl_open(void)
{
	return net_socket_open(NETLINK_ROUTE);
}

int net_rtnl_send(struct viod_pf *pf, int fd, struct nl_msg *request)
{
	return net_socket_send(pf, fd, request);
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
	r = net_socket_exchange(fd, request, read_link, &link);
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

/* A link-local address, which every interface gets that is up, does not indicate use. */
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
	r = net_socket_exchange(fd, request, read_address, &query);
	if (r < 0)
		return r;
	snprintf(ret_text, size, "%s", text);
	return 0;
}
