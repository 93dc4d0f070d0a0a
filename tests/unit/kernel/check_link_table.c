/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces by their names, kept by events. */
#include "kernel/link-table.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "../fixture.h"

/* A message about an interface; altname may be NULL. The event points into it. */
static struct nl_msg *event_of(int index, const char *name, const char *altname,
			       unsigned char family, struct link_event *ret_event)
{
	struct ifinfomsg header = { .ifi_index = index, .ifi_family = family };
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct nlattr *list;

	ck_assert_int_eq(nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	nla_put_string(message, IFLA_IFNAME, name);
	if (altname) {
		list = nla_nest_start(message, IFLA_PROP_LIST);
		nla_put_string(message, IFLA_ALT_IFNAME, "another");
		nla_put_string(message, IFLA_ALT_IFNAME, altname);
		nla_nest_end(message, list);
	}
	ck_assert_int_eq(link_parse(nlmsg_data(nlmsg_hdr(message)),
				    (size_t)nlmsg_datalen(nlmsg_hdr(message)), ret_event),
			 0);
	return message;
}

static bool update(struct link_table *table, int index, const char *name, const char *altname,
		   bool removed)
{
	struct link_event event;
	struct nl_msg *message = event_of(index, name, altname, AF_UNSPEC, &event);
	bool changed;

	event.removed = removed;
	changed = link_table_update(table, &event);
	nlmsg_free(message);
	return changed;
}

static const char *name_of(const struct link_table *table, const char *altname)
{
	const struct link_entry *entry = link_table_altname(table, altname);

	return entry ? entry->name : NULL;
}

START_TEST(events_keep_the_table)
{
	struct link_table table = { .known = true };

	ck_assert(update(&table, 7, "eth0", "port0", false));
	ck_assert(update(&table, 8, "eth1", "port1", false));
	ck_assert_str_eq(name_of(&table, "port1"), "eth1");
	ck_assert_str_eq(name_of(&table, "another"), "eth0");
	ck_assert_ptr_null(name_of(&table, "eth1"));
	/* The same again is no change; another name is. */
	ck_assert(!update(&table, 8, "eth1", "port1", false));
	ck_assert(update(&table, 8, "eth1", "port2", false));
	ck_assert_ptr_null(name_of(&table, "port1"));
	ck_assert(update(&table, 8, "lan", "port2", false));
	ck_assert_str_eq(name_of(&table, "port2"), "lan");
	ck_assert(update(&table, 8, "lan", NULL, false));
	ck_assert_ptr_null(name_of(&table, "port2"));
	/* One that is removed is not found any more, and the others are. */
	ck_assert(!update(&table, 7, "eth0", "port0", true));
	ck_assert_ptr_null(name_of(&table, "port0"));
	ck_assert_uint_eq(table.count, 1);
	ck_assert_str_eq(table.items[0].name, "lan");
	ck_assert(!update(&table, 9, "eth9", NULL, true));
	link_table_clear(&table);
}
END_TEST

/* A bridge reports its port, without most of what the link has, and the end of the port as the end
 * of a link. */
START_TEST(messages_of_bridges_change_nothing)
{
	struct link_table table = { .known = true };
	struct link_event event;
	struct nl_msg *message = event_of(7, "eth0", NULL, AF_BRIDGE, &event);

	ck_assert(update(&table, 7, "eth0", "port0", false));
	ck_assert(!link_table_update(&table, &event));
	event.removed = true;
	ck_assert(!link_table_update(&table, &event));
	ck_assert_str_eq(name_of(&table, "port0"), "eth0");
	nlmsg_free(message);
	link_table_clear(&table);
}
END_TEST

START_TEST(lost_events_make_it_unknown)
{
	struct link_table table = { 0 };

	/* The kernel of the test has at least a loopback. */
	ck_assert_int_eq(link_table_read(&table), 0);
	ck_assert(table.known);
	ck_assert_uint_ge(table.count, 1);
	ck_assert(link_table_update(&table, NULL));
	ck_assert(!table.known);
	ck_assert_int_eq(link_table_read(&table), 0);
	ck_assert(table.known);
	link_table_clear(&table);
}
END_TEST

START_TEST(an_error_is_not_tried_again_at_once)
{
	struct link_table table = { .error = -ETIMEDOUT };

	ck_assert_int_eq(link_table_read(&table), -ETIMEDOUT);
	ck_assert(!table.known);
	link_table_retry(&table);
	ck_assert_int_eq(link_table_read(&table), 0);
	link_table_clear(&table);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		events_keep_the_table,
		messages_of_bridges_change_nothing,
		lost_events_make_it_unknown,
		an_error_is_not_tried_again_at_once,
	};

	return run_tests("link-table", tests, ARRAY_SIZE(tests));
}
