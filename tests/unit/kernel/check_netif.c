/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says when an interface changes, and who has an address. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "../fixture.h"
#include "kernel/netif.h"

static struct nl_msg *message_of(unsigned flags)
{
	struct ifinfomsg header = { .ifi_index = 7, .ifi_flags = flags };
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWLINK, 0);

	ck_assert_ptr_nonnull(message);
	ck_assert_int_eq(nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	return message;
}

static int parse(struct nl_msg *message, struct link_event *ret_event)
{
	return link_parse(nlmsg_data(nlmsg_hdr(message)), (size_t)nlmsg_datalen(nlmsg_hdr(message)),
			  ret_event);
}

START_TEST(a_whole_message)
{
	static const uint8_t address[6] = { 2, 0, 0, 0, 0, 9 }, permanent[6] = { 2, 0, 0, 0, 0, 1 };
	struct nl_msg *message = message_of(IFF_UP | 1u << 16);
	struct link_event event;

	nla_put_string(message, IFLA_IFNAME, "eth0");
	nla_put(message, IFLA_ADDRESS, 6, address);
	nla_put(message, IFLA_PERM_ADDRESS, 6, permanent);
	nla_put_string(message, IFLA_PARENT_DEV_NAME, "0000:05:00.0");
	ck_assert_int_eq(parse(message, &event), 0);
	ck_assert_int_eq(event.index, 7);
	ck_assert(event.carrier);
	ck_assert_str_eq(event.name, "eth0");
	ck_assert_str_eq(event.parent, "0000:05:00.0");
	ck_assert_mem_eq(event.address, address, 6);
	ck_assert_mem_eq(event.permanent, permanent, 6);
	nlmsg_free(message);
}
END_TEST

/* InfiniBand has addresses of 20 bytes, a name may be longer than any, and nothing need be there.
 */
START_TEST(what_does_not_fit_is_ignored)
{
	static const uint8_t address[20] = { 1 };
	struct nl_msg *message = message_of(0);
	struct link_event event;

	nla_put_string(message, IFLA_IFNAME, "a-name-that-is-too-long");
	nla_put(message, IFLA_ADDRESS, 20, address);
	ck_assert_int_eq(parse(message, &event), 0);
	ck_assert(!event.carrier);
	ck_assert_str_eq(event.name, "");
	ck_assert_uint_eq(event.address[0], 0);
	ck_assert_int_eq(link_parse(nlmsg_data(nlmsg_hdr(message)), 8, &event), -EBADMSG);
	nlmsg_free(message);
}
END_TEST

static int count_loopback(void *userdata, const struct link_event *event)
{
	*(int *)userdata += event->index == 1;
	return 0;
}

static int stop_at_first(void *userdata, const struct link_event *event)
{
	return 42;
}

START_TEST(the_kernel_answers)
{
	int found = 0;

	ck_assert_int_eq(link_for_each(count_loopback, &found), 0);
	ck_assert_int_eq(found, 1);
	ck_assert_int_eq(link_for_each(stop_at_first, NULL), 42);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { a_whole_message, what_does_not_fit_is_ignored,
				       the_kernel_answers };

	return run_tests("link", tests, ARRAY_SIZE(tests));
}
