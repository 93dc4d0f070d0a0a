/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which interfaces default routes go through, as messages of the kernel say it. */
#include "kernel/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "../fixture.h"

struct found {
	int indexes[8];
	size_t count;
};

static int note(void *userdata, int index)
{
	struct found *found = userdata;

	ck_assert_uint_lt(found->count, ARRAY_SIZE(found->indexes));
	found->indexes[found->count++] = index;
	return 0;
}

static struct nl_msg *route_new(uint8_t family, uint8_t length, uint8_t table, uint8_t type)
{
	struct rtmsg header = {
		.rtm_family = family, .rtm_dst_len = length, .rtm_table = table, .rtm_type = type
	};
	struct nl_msg *route = nlmsg_alloc_simple(RTM_NEWROUTE, 0);

	ck_assert_int_eq(nlmsg_append(route, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	return route;
}

/* Takes the message. */
static int parse(struct nl_msg *route, struct found *ret_found)
{
	int r;

	*ret_found = (struct found){ 0 };
	r = route_parse_default(nlmsg_hdr(route), note, ret_found);
	nlmsg_free(route);
	return r;
}

static struct nl_msg *with_output(struct nl_msg *route, uint32_t index)
{
	ck_assert_int_eq(nla_put_u32(route, RTA_OIF, index), 0);
	return route;
}

static struct nl_msg *with_hops(struct nl_msg *route, const void *hops, size_t size)
{
	ck_assert_int_eq(nla_put(route, RTA_MULTIPATH, (int)size, hops), 0);
	return route;
}

START_TEST(a_default_route_has_an_interface)
{
	struct found found;

	ck_assert_int_eq(
		parse(with_output(route_new(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST), 3), &found),
		0);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_int_eq(found.indexes[0], 3);
	ck_assert_int_eq(parse(with_output(route_new(AF_INET6, 0, 100, RTN_UNICAST), 4), &found),
			 0);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_int_eq(found.indexes[0], 4);
}
END_TEST

START_TEST(each_next_hop_of_a_multipath_route_counts)
{
	/* The second hop has an attribute of its own: a gateway. */
	struct {
		struct rtnexthop first, second;
		struct nlattr header;
		uint32_t gateway;
		struct rtnexthop third;
	} hops = {
		.first = { .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 2 },
		.second = { .rtnh_len = sizeof(struct rtnexthop) + 8, .rtnh_ifindex = 7 },
		.header = { .nla_len = 8, .nla_type = RTA_GATEWAY },
		.third = { .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 9 },
	};
	struct found found;

	ck_assert_int_eq(parse(with_hops(route_new(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST), &hops,
					 sizeof(hops)),
			       &found),
			 0);
	ck_assert_uint_eq(found.count, 3);
	ck_assert_int_eq(found.indexes[1], 7);
	ck_assert_int_eq(found.indexes[2], 9);
}
END_TEST

START_TEST(other_routes_do_not_count)
{
	struct nl_msg *link = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct found found;

	ck_assert_int_eq(
		parse(with_output(route_new(AF_INET, 24, RT_TABLE_MAIN, RTN_UNICAST), 3), &found),
		0);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(
		parse(with_output(route_new(AF_INET6, 0, RT_TABLE_MAIN, RTN_UNREACHABLE), 1),
		      &found),
		0);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(
		parse(with_output(route_new(AF_INET, 0, RT_TABLE_LOCAL, RTN_UNICAST), 1), &found),
		0);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(parse(link, &found), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(what_cannot_be_read_is_no_answer)
{
	const struct rtnexthop broken[] = {
		{ .rtnh_len = 0, .rtnh_ifindex = 2 },
		{ .rtnh_len = sizeof(struct rtnexthop) - 1, .rtnh_ifindex = 2 },
		{ .rtnh_len = sizeof(struct rtnexthop) + 4, .rtnh_ifindex = 2 },
	};
	struct nl_msg *headless = nlmsg_alloc_simple(RTM_NEWROUTE, 0);
	struct nl_msg *odd = route_new(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST);
	struct found found;

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct nl_msg *route = route_new(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST);

		ck_assert_int_eq(parse(with_hops(route, &broken[i], sizeof(broken[i])), &found),
				 -EBADMSG);
	}
	/* A next hop object, and a kernel that names nothing else. */
	ck_assert_int_eq(parse(route_new(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST), &found),
			 -ENODATA);
	ck_assert_int_eq(parse(headless, &found), -EBADMSG);
	ck_assert_int_eq(nla_put(odd, RTA_OIF, 2, "x"), 0);
	ck_assert_int_eq(parse(odd, &found), -EBADMSG);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_default_route_has_an_interface,
		each_next_hop_of_a_multipath_route_counts,
		other_routes_do_not_count,
		what_cannot_be_read_is_no_answer,
	};

	return run_tests("route", tests, ARRAY_SIZE(tests));
}
