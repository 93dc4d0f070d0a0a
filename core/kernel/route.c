/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/rtnetlink.h"

/* How often routes may change while they are listed. */
#define ATTEMPTS 8

static bool is_default(const struct rtmsg *route)
{
	return route->rtm_dst_len == 0 && route->rtm_type == RTN_UNICAST &&
	       route->rtm_table != RT_TABLE_LOCAL && !(route->rtm_flags & RTM_F_CLONED) &&
	       (route->rtm_family == AF_INET || route->rtm_family == AF_INET6);
}

static int each_hop(const struct nlattr *attribute, route_fn callback, void *userdata)
{
	const uint8_t *at = nla_data(attribute);
	int left = nla_len(attribute), r = 0;

	while (left > 0 && r == 0) {
		struct rtnexthop hop;

		if ((size_t)left < sizeof(hop))
			return -EBADMSG;
		memcpy(&hop, at, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return -EBADMSG;
		r = callback(userdata, hop.rtnh_ifindex);
		at += RTNH_ALIGN(hop.rtnh_len);
		left -= RTNH_ALIGN(hop.rtnh_len);
	}
	return r;
}

int route_parse_default(const struct nlmsghdr *message, route_fn callback, void *userdata)
{
	const struct nlattr *output, *hops;
	struct rtmsg route;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_datalen(message) < (int)sizeof(route))
		return -EBADMSG;
	memcpy(&route, nlmsg_data(message), sizeof(route));
	if (!is_default(&route))
		return 0;
	hops = nlmsg_find_attr((struct nlmsghdr *)message, sizeof(route), RTA_MULTIPATH);
	output = nlmsg_find_attr((struct nlmsghdr *)message, sizeof(route), RTA_OIF);
	if (hops)
		return each_hop(hops, callback, userdata);
	if (!output)
		return -ENODATA;
	return nla_len(output) == sizeof(uint32_t) ? callback(userdata, (int)nla_get_u32(output))
						   : -EBADMSG;
}

struct search {
	route_fn callback;
	void *userdata;
	int result;
	bool changed;
};

static int handle_route(void *userdata, const struct nlmsghdr *message)
{
	struct search *search = userdata;

	search->changed = search->changed || message->nlmsg_flags & NLM_F_DUMP_INTR;
	search->result = route_parse_default(message, search->callback, search->userdata);
	return search->result ? 1 : 0;
}

static int list_routes(struct search *search)
{
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg header = { 0 };
	int r = -ENOMEM;

	if (request && nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) == 0)
		r = rtnetlink_request(request, handle_route, search);
	nlmsg_free(request);
	return r < 0 ? r : search->result;
}

int route_for_each_default(route_fn callback, void *userdata)
{
	int r = 0;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct search search = { .callback = callback, .userdata = userdata };

		r = list_routes(&search);
		if (r != 0 || !search.changed)
			return r;
	}
	return -EBUSY;
}
