/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure parts of the net plugin, with a host that only takes notes. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/net/generic.h"
#include "../../plugins/net/net.h"

#define VFS_MAX 600
#define STEPS_MAX 700
#define REPORTS_MAX 8

/* --- a host ---------------------------------------------------------------------------------- */

struct viod_values {
	unsigned n_vfs;
	struct net_vf vfs[VFS_MAX];
	uint32_t known[VFS_MAX]; /* bits of enum net_row */
	struct viod_where where[VFS_MAX];
};

struct viod_plan {
	struct viod_step steps[STEPS_MAX];
	struct net_update *updates[STEPS_MAX];
	size_t n_steps;
};

struct viod_pf {
	struct viod_quirk quirk;
	struct {
		int vf;
		unsigned line;
		char text[256];
	} reports[REPORTS_MAX];
	size_t n_reports;
};

static struct viod_values state, wanted;
static struct viod_plan plan;
static struct viod_pf pf;
static struct viod_change changes[VFS_MAX * 2];
static size_t n_changes;

static const void *fake_get(const struct viod_values *values, int vf,
			    const struct viod_option *option)
{
	if (!(values->known[vf] & (1u << (option - net_options))))
		return NULL;
	return (const uint8_t *)&values->vfs[vf] + option->offset;
}

static const struct viod_where *fake_where(const struct viod_values *values, int vf,
					   const struct viod_option *option)
{
	return &values->where[vf];
}

static const void *fake_values(const struct viod_values *values, int vf,
			       const struct viod_plugin *plugin)
{
	return &values->vfs[vf];
}

static unsigned fake_vf_count(const struct viod_values *values)
{
	return values->n_vfs;
}

static int fake_step(struct viod_plan *into, const struct viod_plugin *plugin,
		     const struct viod_step *step)
{
	struct net_update *updates = malloc(step->size);

	ck_assert_uint_lt(into->n_steps, STEPS_MAX);
	ck_assert_ptr_nonnull(updates);
	ck_assert_ptr_eq(plugin, &viod_plugin);
	memcpy(updates, step->data, step->size);
	into->steps[into->n_steps] = *step;
	into->updates[into->n_steps++] = updates;
	return 0;
}

static void __attribute__((format(printf, 7, 8)))
fake_report(struct viod_pf *to, enum viod_severity severity, int vf,
	    const struct viod_option *option, const struct viod_where *where, int error,
	    const char *format, ...)
{
	va_list arguments;

	ck_assert_uint_lt(to->n_reports, REPORTS_MAX);
	to->reports[to->n_reports].vf = vf;
	to->reports[to->n_reports].line = where ? where->line : 0;
	va_start(arguments, format);
	vsnprintf(to->reports[to->n_reports].text, sizeof(to->reports[0].text), format, arguments);
	va_end(arguments);
	to->n_reports++;
}

static const struct viod_quirk *fake_quirk(struct viod_pf *of)
{
	return &of->quirk;
}

static int fake_format(const struct viod_option *option, const void *value, char *ret_text,
		       size_t size)
{
	const struct viod_mac *mac = value;

	if (option->type == VIOD_TYPE_BOOL)
		snprintf(ret_text, size, "%s", *(const bool *)value ? "on" : "off");
	else if (option->type == VIOD_TYPE_STRING)
		snprintf(ret_text, size, "%s", (const char *)value);
	else if (option->type == VIOD_TYPE_RATE)
		snprintf(ret_text, size, "%llu", (unsigned long long)*(const uint64_t *)value);
	else if (option->type != VIOD_TYPE_MAC)
		snprintf(ret_text, size, "%lld", (long long)*(const int64_t *)value);
	else if (mac->word)
		snprintf(ret_text, size, "none");
	else
		snprintf(ret_text, size, "%02x:..:%02x", mac->octets[0], mac->octets[5]);
	return 0;
}

static const struct viod_host fake_host = {
	.size = sizeof(fake_host),
	.get = fake_get,
	.where = fake_where,
	.values = fake_values,
	.vf_count = fake_vf_count,
	.step = fake_step,
	.report = fake_report,
	.quirk = fake_quirk,
	.format = fake_format,
};

static void set_up(void)
{
	viod_host = &fake_host;
	memset(&state, 0, sizeof(state));
	memset(&wanted, 0, sizeof(wanted));
	memset(&plan, 0, sizeof(plan));
	memset(&pf, 0, sizeof(pf));
	n_changes = 0;
	for (unsigned vf = 0; vf < VFS_MAX; vf++)
		wanted.where[vf] =
			(struct viod_where){ .file = "a.conf", .line = 10 + vf, .column = 1 };
}

static void tear_down(void)
{
	for (size_t i = 0; i < plan.n_steps; i++)
		free(plan.updates[i]);
}

static void want_mac(unsigned vf, uint8_t last)
{
	wanted.vfs[vf].mac = (struct viod_mac){ .octets = { 2, 0, 0, 0, 0, last } };
	wanted.known[vf] |= 1u << NET_ROW_MAC;
	if (wanted.n_vfs <= vf)
		wanted.n_vfs = vf + 1;
}

static void change(unsigned vf, enum net_row row, bool known)
{
	const struct viod_option *option = &net_options[row];

	changes[n_changes++] = (struct viod_change){
		.option = option,
		.wanted = (const uint8_t *)&wanted.vfs[vf] + option->offset,
		.state = known ? (const uint8_t *)&state.vfs[vf] + option->offset : NULL,
		.where = wanted.where[vf],
		.vf = (int32_t)vf,
	};
}

static void change_mac(unsigned vf)
{
	want_mac(vf, (uint8_t)vf);
	change(vf, NET_ROW_MAC, false);
}

static void change_vlan(unsigned vf, int64_t vlan)
{
	wanted.vfs[vf].vlan = vlan;
	change(vf, NET_ROW_VLAN, true);
}

static void make_plan(void)
{
	ck_assert_int_eq(net_plan(&pf, &state, changes, n_changes, &plan), 0);
}

/* --- plan ------------------------------------------------------------------------------------ */

START_TEST(nothing_to_do)
{
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 0);
}
END_TEST

START_TEST(one_row_reads_as_a_change)
{
	state.n_vfs = 4;
	state.vfs[3].vlan = 100;
	change_vlan(3, 200);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 1);
	ck_assert_str_eq(plan.steps[0].text, "vf3.vlan: 100 -> 200");
	ck_assert_int_eq(plan.steps[0].vf, 3);
	ck_assert_int_eq(plan.steps[0].phase, VIOD_PHASE_CONFIGURE);
	ck_assert_ptr_eq(plan.steps[0].change, &changes[0]);
	ck_assert_uint_eq(plan.steps[0].where.line, 13);
	ck_assert_uint_eq(plan.updates[0][0].attributes, 1u << NET_ATTRIBUTE_VLAN);
}
END_TEST

START_TEST(many_vfs_are_one_step)
{
	for (unsigned vf = 0; vf < 7; vf++) {
		change_mac(vf);
		change_vlan(vf, 100);
	}
	change_mac(9);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 1);
	ck_assert_str_eq(plan.steps[0].text, "set mac, vlan of vf0-vf6, vf9");
	ck_assert_int_eq(plan.steps[0].vf, VIOD_PF);
	ck_assert_ptr_null(plan.steps[0].change);
	ck_assert_uint_eq(plan.steps[0].size, 8 * sizeof(struct net_update));
	ck_assert_int_eq(plan.updates[0][7].vf, 9);
	ck_assert_uint_eq(plan.updates[0][7].attributes, 1u << NET_ATTRIBUTE_MAC);
	ck_assert_uint_eq(plan.updates[0][3].where[NET_ROW_VLAN].line, 13);
}
END_TEST

START_TEST(any_order_of_changes)
{
	static const unsigned order[] = { 5, 0, 2, 1 };

	for (size_t i = 0; i < NET_ARRAY_SIZE(order); i++)
		change_mac(order[i]);
	for (size_t i = 0; i < NET_ARRAY_SIZE(order); i++)
		change_vlan(order[i], 7);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 1);
	ck_assert_str_eq(plan.steps[0].text, "set mac, vlan of vf0-vf2, vf5");
	ck_assert_uint_eq(plan.steps[0].size, 4 * sizeof(struct net_update));
}
END_TEST

START_TEST(batch_sizes)
{
	static const struct {
		uint16_t quirk;
		size_t steps;
	} batches[] = { { 0, 3 }, { 1000, 3 }, { 256, 3 }, { 64, 10 }, { 1, 600 } };

	pf.quirk.batch = batches[_i].quirk;
	for (unsigned vf = 0; vf < 600; vf++)
		change_vlan(vf, 1);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, batches[_i].steps);
}
END_TEST

START_TEST(retried_drivers_get_one_vf_a_step)
{
	static const struct viod_retry retries[] = {
		{ .error = EBUSY, .milliseconds = 100, .phase = VIOD_PHASE_RESIZE },
		{ .error = EAGAIN, .milliseconds = 100, .phase = VIOD_PHASE_CONFIGURE },
		{ 0 },
	};

	pf.quirk.retries = retries;
	change_mac(0);
	change_mac(1);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 2);
	ck_assert_int_eq(plan.steps[1].vf, 1);
}
END_TEST

START_TEST(disruptive_rows_stand_alone)
{
	static const char *const disruptive[] = { "mac", NULL };

	pf.quirk.disruptive = disruptive;
	for (unsigned vf = 0; vf < 3; vf++) {
		change_mac(vf);
		change_vlan(vf, 5);
	}
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 4);
	ck_assert_str_eq(plan.steps[0].text, "set vlan of vf0-vf2");
	ck_assert_uint_eq(plan.steps[0].flags, 0);
	ck_assert_str_eq(plan.steps[2].text, "vf1.mac: 02:..:01");
	ck_assert_uint_eq(plan.steps[2].flags, VIOD_STEP_DISRUPTIVE);
	ck_assert_int_eq(plan.steps[2].vf, 1);
}
END_TEST

START_TEST(long_texts_end_in_dots)
{
	const char *text;

	for (unsigned vf = 0; vf < 500; vf += 2)
		change_vlan(vf, 5);
	make_plan();
	text = plan.steps[0].text;
	ck_assert_uint_eq(plan.n_steps, 1);
	ck_assert_uint_eq(strlen(text), sizeof(plan.steps[0].text) - 1);
	ck_assert_str_eq(text + strlen(text) - 4, " ...");
}
END_TEST

/* A new VLAN keeps the priority and protocol that the VF has. */
START_TEST(neighbours_are_kept)
{
	state.n_vfs = 1;
	state.vfs[0] = (struct net_vf){ .vlan = 100, .qos = 5, .vlan_proto = ETH_P_8021AD };
	change_vlan(0, 200);
	make_plan();
	ck_assert_int_eq(plan.updates[0][0].values.vlan, 200);
	ck_assert_int_eq(plan.updates[0][0].values.qos, 5);
	ck_assert_int_eq(plan.updates[0][0].values.vlan_proto, ETH_P_8021AD);
}
END_TEST

static const struct net_setting *setting_of(size_t step)
{
	ck_assert_uint_eq(plan.steps[step].size, sizeof(struct net_setting));
	return (const struct net_setting *)plan.updates[step];
}

static void change_pf(enum net_row row, const void *to, const void *from, int32_t vf)
{
	changes[n_changes++] = (struct viod_change){
		.option = &net_options[row], .wanted = to, .state = from, .vf = vf
	};
}

START_TEST(settings_of_the_pf)
{
	static const bool on = true, off = false;
	static const int64_t up = 1, down = 0, large = 9000, small = 1500;

	change_pf(NET_ROW_PROMISC, &on, &off, VIOD_PF);
	change_pf(NET_ROW_ALLMULTI, &off, &on, VIOD_PF);
	change_pf(NET_ROW_MTU, &large, &small, VIOD_PF);
	change_pf(NET_ROW_LINK, &up, &down, VIOD_PF);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 4);
	ck_assert_str_eq(plan.steps[0].text, "promisc: off -> on");
	ck_assert_int_eq(plan.steps[0].code, NET_STEP_FLAGS);
	ck_assert_uint_eq(setting_of(0)->flags, IFF_PROMISC);
	ck_assert_uint_eq(setting_of(0)->change, IFF_PROMISC);
	ck_assert_uint_eq(setting_of(1)->flags, 0);
	ck_assert_uint_eq(setting_of(1)->change, IFF_ALLMULTI);
	ck_assert_int_eq(plan.steps[2].code, NET_STEP_MTU);
	ck_assert_int_eq(setting_of(2)->number, 9000);
	ck_assert_uint_eq(setting_of(3)->flags, IFF_UP);
	ck_assert_int_eq(plan.steps[3].phase, VIOD_PHASE_PREPARE);
}
END_TEST

/* Up before everything else, down after it. */
START_TEST(link_down_comes_last)
{
	static const int64_t up = 1, down = 0;

	change_pf(NET_ROW_LINK, &down, &up, VIOD_PF);
	make_plan();
	ck_assert_int_eq(plan.steps[0].phase, VIOD_PHASE_SETTLE);
	ck_assert_uint_eq(setting_of(0)->flags, 0);
	ck_assert_uint_eq(setting_of(0)->change, IFF_UP);
}
END_TEST

START_TEST(eswitch_when_the_driver_can)
{
	static const int64_t legacy = DEVLINK_ESWITCH_MODE_LEGACY;
	static const int64_t switchdev = DEVLINK_ESWITCH_MODE_SWITCHDEV;

	change_pf(NET_ROW_ESWITCH, &switchdev, &legacy, VIOD_PF);
	make_plan();
	pf.quirk.flags = VIOD_QUIRK_ESWITCH_WITH_VFS;
	make_plan();
	ck_assert_int_eq(plan.steps[0].phase, VIOD_PHASE_PREPARE);
	ck_assert_int_eq(plan.steps[0].flags, VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS);
	ck_assert_int_eq(plan.steps[1].phase, VIOD_PHASE_CONFIGURE);
}
END_TEST

/* What VFs have on the host comes after their drivers, one step each. */
START_TEST(settings_of_interfaces)
{
	static const char name[IFNAMSIZ] = "lan3";
	static const int64_t mtu = 9000;

	change_pf(NET_ROW_VF_IFNAME, name, NULL, 3);
	change_pf(NET_ROW_VF_MTU, &mtu, NULL, 3);
	change_vlan(3, 5);
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 3);
	ck_assert_int_eq(plan.steps[0].phase, VIOD_PHASE_SETTLE);
	ck_assert_int_eq(plan.steps[0].vf, 3);
	ck_assert_str_eq(setting_of(0)->name, "lan3");
	ck_assert_int_eq(plan.steps[2].code, NET_STEP_VFS);
	ck_assert_uint_eq(plan.updates[2][0].rows, NET_ROW_BIT(VLAN));
}
END_TEST

/* --- messages -------------------------------------------------------------------------------- */

static struct nl_msg *message_of(const struct net_update *updates, size_t count)
{
	struct nl_msg *message;

	ck_assert_int_eq(net_message_vfs(7, updates, count, &message), 0);
	ck_assert_int_eq(nlmsg_hdr(message)->nlmsg_type, RTM_SETLINK);
	return message;
}

static struct nlattr *vf_list(struct nl_msg *message)
{
	return nlmsg_find_attr(nlmsg_hdr(message), sizeof(struct ifinfomsg), IFLA_VFINFO_LIST);
}

START_TEST(message_has_only_what_is_asked_for)
{
	struct net_update update = { .vf = 3, .attributes = 1u << NET_ATTRIBUTE_MAC };
	struct nlattr *nest, *attribute;
	struct nl_msg *message;
	struct ifla_vf_mac mac;

	update.values.mac.octets[5] = 9;
	message = message_of(&update, 1);
	nest = nla_data(vf_list(message));
	ck_assert_int_eq(nla_type(nest), IFLA_VF_INFO);
	attribute = nla_data(nest);
	ck_assert_int_eq(nla_type(attribute), IFLA_VF_MAC);
	ck_assert_int_eq(nla_len(attribute), sizeof(mac));
	ck_assert_int_eq(nla_total_size(nla_len(attribute)), nla_len(nest));
	memcpy(&mac, nla_data(attribute), sizeof(mac));
	ck_assert_uint_eq(mac.vf, 3);
	ck_assert_uint_eq(mac.mac[5], 9);
	nlmsg_free(message);
}
END_TEST

START_TEST(message_of_a_vlan)
{
	struct net_update update = { .vf = 1,
				     .attributes = 1u << NET_ATTRIBUTE_VLAN,
				     .values = { .vlan = 20, .qos = 4 } };
	struct ifla_vf_vlan_info info;
	struct ifla_vf_vlan vlan;
	struct nlattr *attribute;
	struct nl_msg *message;

	message = message_of(&update, 1);
	attribute = nla_data(nla_data(vf_list(message)));
	ck_assert_int_eq(nla_type(attribute), IFLA_VF_VLAN);
	memcpy(&vlan, nla_data(attribute), sizeof(vlan));
	ck_assert_uint_eq(vlan.vlan, 20);
	ck_assert_uint_eq(vlan.qos, 4);
	nlmsg_free(message);

	update.values.vlan_proto = ETH_P_8021AD;
	message = message_of(&update, 1);
	attribute = nla_data(nla_data(vf_list(message)));
	ck_assert_int_eq(nla_type(attribute), IFLA_VF_VLAN_LIST);
	memcpy(&info, nla_data((struct nlattr *)nla_data(attribute)), sizeof(info));
	ck_assert_uint_eq(info.vlan, 20);
	ck_assert_uint_eq(info.vlan_proto, htons(ETH_P_8021AD));
	nlmsg_free(message);

	/* No VLAN has neither priority nor protocol. */
	update.values.vlan = 0;
	message = message_of(&update, 1);
	attribute = nla_data(nla_data(vf_list(message)));
	ck_assert_int_eq(nla_type(attribute), IFLA_VF_VLAN);
	memcpy(&vlan, nla_data(attribute), sizeof(vlan));
	ck_assert_uint_eq(vlan.qos, 0);
	nlmsg_free(message);
}
END_TEST

START_TEST(full_message_fits)
{
	static struct net_update updates[NET_BATCH_MAX];
	struct nlattr *list, *nest;
	struct nl_msg *message;
	int left, count = 0;

	for (int32_t vf = 0; vf < NET_BATCH_MAX; vf++)
		updates[vf] = (struct net_update){
			.vf = vf,
			.attributes = (1u << NET_ATTRIBUTES_) - 1,
			.values = { .vlan = 5, .vlan_proto = ETH_P_8021AD, .trust = true }
		};
	message = message_of(updates, NET_BATCH_MAX);
	list = vf_list(message);
	nla_for_each_nested(nest, list, left) count++;
	ck_assert_int_eq(count, NET_BATCH_MAX * 5);
	ck_assert_int_eq(left, 0);
	nlmsg_free(message);
}
END_TEST

/* The attributes of all nests of a message, in their order; 0 ends a nest. */
static size_t flatten(struct nl_msg *message, int *ret_types, size_t size)
{
	struct nlattr *nest, *attribute;
	int left, inner;
	size_t count = 0;

	nla_for_each_nested(nest, vf_list(message), left)
	{
		nla_for_each_nested(attribute, nest, inner)
		{
			ck_assert_uint_lt(count + 1, size);
			ret_types[count++] = nla_type(attribute);
		}
		ret_types[count++] = 0;
	}
	return count;
}

static void assert_order(const struct net_update *update, const int *order, size_t n)
{
	struct nl_msg *message = message_of(update, 1);
	int types[32];
	size_t count = flatten(message, types, NET_ARRAY_SIZE(types));

	ck_assert_uint_eq(count, n);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(types[i], order[i]);
	nlmsg_free(message);
}

/* The kernel takes the attributes of one nest in an order of its own. */
START_TEST(order_of_attributes)
{
	static const int opening[] = { IFLA_VF_SPOOFCHK,
				       IFLA_VF_TRUST,
				       0,
				       IFLA_VF_MAC,
				       IFLA_VF_VLAN,
				       IFLA_VF_LINK_STATE,
				       IFLA_VF_RSS_QUERY_EN,
				       0,
				       IFLA_VF_IB_NODE_GUID,
				       0,
				       IFLA_VF_IB_PORT_GUID,
				       0,
				       IFLA_VF_RATE,
				       0 };
	static const int closing[] = { IFLA_VF_MAC, IFLA_VF_SPOOFCHK, IFLA_VF_TRUST, 0 };
	static const int alone[] = { IFLA_VF_SPOOFCHK, IFLA_VF_TRUST, 0 };
	struct net_update update = { .attributes = (1u << NET_ATTRIBUTES_) - 1,
				     .values = { .trust = true } };

	assert_order(&update, opening, NET_ARRAY_SIZE(opening));
	update.attributes = 1u << NET_ATTRIBUTE_TRUST | 1u << NET_ATTRIBUTE_SPOOFCHK;
	assert_order(&update, alone, NET_ARRAY_SIZE(alone));
	update.attributes |= 1u << NET_ATTRIBUTE_MAC;
	update.values.trust = false;
	update.values.spoofchk = true;
	assert_order(&update, closing, NET_ARRAY_SIZE(closing));
}
END_TEST

/* Every byte behind the message's header, in the order of this machine. */
START_TEST(bytes_of_a_message)
{
	struct net_update update = {
		.vf = 2,
		.attributes = 1u << NET_ATTRIBUTE_RATE | 1u << NET_ATTRIBUTE_LINK_STATE |
			      1u << NET_ATTRIBUTE_PORT_GUID,
		.values = { .min_tx_rate = 100,
			    .max_tx_rate = 1000,
			    .link_state = IFLA_VF_LINK_STATE_DISABLE,
			    .port_guid = 0x1122334455667788 },
	};
	const struct {
		struct ifinfomsg header;
		struct nlattr list, nest, link_state_header;
		struct ifla_vf_link_state link_state;
		struct nlattr guid_nest, guid_header;
		struct {
			uint32_t vf, padding;
			uint32_t guid[2];
		} guid;
		struct nlattr rate_nest, rate_header;
		struct ifla_vf_rate rate;
	} wanted_bytes = {
		.header = { .ifi_index = 7 },
		.list = { 64, IFLA_VFINFO_LIST | NLA_F_NESTED },
		.nest = { 16, IFLA_VF_INFO | NLA_F_NESTED },
		.link_state_header = { 12, IFLA_VF_LINK_STATE },
		.link_state = { 2, IFLA_VF_LINK_STATE_DISABLE },
		.guid_nest = { 24, IFLA_VF_INFO | NLA_F_NESTED },
		.guid_header = { 20, IFLA_VF_IB_PORT_GUID },
		.guid = { 2, 0, { 0x55667788, 0x11223344 } },
		.rate_nest = { 20, IFLA_VF_INFO | NLA_F_NESTED },
		.rate_header = { 16, IFLA_VF_RATE },
		.rate = { 2, 100, 1000 },
	};
	struct nl_msg *message = message_of(&update, 1);

	ck_assert_int_eq(nlmsg_datalen(nlmsg_hdr(message)), sizeof(wanted_bytes));
	ck_assert_mem_eq(nlmsg_data(nlmsg_hdr(message)), &wanted_bytes, sizeof(wanted_bytes));
	nlmsg_free(message);
}
END_TEST

START_TEST(message_of_flags)
{
	const struct ifinfomsg *header;
	struct nl_msg *message;

	ck_assert_int_eq(net_message_flags(7, IFF_PROMISC, IFF_PROMISC, &message), 0);
	header = nlmsg_data(nlmsg_hdr(message));
	ck_assert_int_eq(header->ifi_index, 7);
	ck_assert_uint_eq(header->ifi_flags, IFF_PROMISC);
	ck_assert_uint_eq(header->ifi_change, IFF_PROMISC);
	nlmsg_free(message);
}
END_TEST

START_TEST(message_of_a_setting)
{
	struct nl_msg *message;

	ck_assert_int_eq(net_message_mtu(7, 9000, &message), 0);
	ck_assert_uint_eq(nla_get_u32(nlmsg_find_attr(nlmsg_hdr(message), sizeof(struct ifinfomsg),
						      IFLA_MTU)),
			  9000);
	nlmsg_free(message);
	ck_assert_int_eq(net_message_name(7, "lan3", &message), 0);
	ck_assert_str_eq(nla_get_string(nlmsg_find_attr(nlmsg_hdr(message),
							sizeof(struct ifinfomsg), IFLA_IFNAME)),
			 "lan3");
	nlmsg_free(message);
}
END_TEST

/* What stands behind the header of a generic message. */
static void *body_of(struct nl_msg *message, size_t *ret_size)
{
	*ret_size = (size_t)nlmsg_datalen(nlmsg_hdr(message)) - GENL_HDRLEN;
	return (uint8_t *)nlmsg_data(nlmsg_hdr(message)) + GENL_HDRLEN;
}

START_TEST(message_of_an_eswitch)
{
	struct net_eswitch eswitch = { DEVLINK_ESWITCH_MODE_SWITCHDEV, -1,
				       DEVLINK_ESWITCH_ENCAP_MODE_BASIC };
	struct net_eswitch read;
	struct nl_msg *message;
	size_t size;
	void *body;

	ck_assert_int_eq(net_message_eswitch(30, "pci", "0000:05:00.0", &eswitch, &message), 0);
	ck_assert_int_eq(nlmsg_hdr(message)->nlmsg_type, 30);
	body = body_of(message, &size);
	ck_assert_str_eq(nla_get_string(nla_find(body, (int)size, DEVLINK_ATTR_BUS_NAME)), "pci");
	ck_assert_str_eq(nla_get_string(nla_find(body, (int)size, DEVLINK_ATTR_DEV_NAME)),
			 "0000:05:00.0");
	ck_assert_int_eq(net_eswitch_parse(body, size, &read), 1);
	ck_assert_mem_eq(&read, &eswitch, sizeof(read));
	nlmsg_free(message);
	ck_assert_int_eq(net_message_eswitch(30, "pci", "0000:05:00.0", NULL, &message), 0);
	body = body_of(message, &size);
	ck_assert_int_eq(net_eswitch_parse(body, size, &read), 1);
	ck_assert_int_eq(read.mode, -1);
	nlmsg_free(message);
}
END_TEST

/* The kernel answers with the bits that are set; other features are among them. */
START_TEST(message_of_offloads)
{
	struct nlattr *active, *bits, *bit;
	struct nl_msg *message;
	int64_t offload = -1;
	size_t size;
	void *body;

	ck_assert_int_eq(net_message_offload(31, 7, true, NET_OFFLOAD_RX, &message), 0);
	body = body_of(message, &size);
	ck_assert_ptr_nonnull(nla_find(body, (int)size, ETHTOOL_A_FEATURES_WANTED));
	ck_assert_int_eq(net_offload_parse(body, size, &offload), -EBADMSG);
	active = nla_nest_start(message, ETHTOOL_A_FEATURES_ACTIVE);
	bits = nla_nest_start(message, ETHTOOL_A_BITSET_BITS);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "rx-checksum", "tx-vlan-hw-insert", "rx-gro" };

		bit = nla_nest_start(message, ETHTOOL_A_BITSET_BITS_BIT);
		nla_put_u32(message, ETHTOOL_A_BITSET_BIT_INDEX, (uint32_t)i);
		nla_put_string(message, ETHTOOL_A_BITSET_BIT_NAME, names[i]);
		nla_nest_end(message, bit);
	}
	nla_nest_end(message, bits);
	nla_nest_end(message, active);
	body = body_of(message, &size);
	ck_assert_int_eq(net_offload_parse(body, size, &offload), 1);
	ck_assert_int_eq(offload, NET_OFFLOAD_TX);
	nlmsg_free(message);
}
END_TEST

/* --- addresses from words -------------------------------------------------------------------- */

static void assert_mac(const struct viod_mac *mac, const char *text)
{
	char is[32];

	snprintf(is, sizeof(is), "%02x:%02x:%02x:%02x:%02x:%02x", mac->octets[0], mac->octets[1],
		 mac->octets[2], mac->octets[3], mac->octets[4], mac->octets[5]);
	ck_assert_str_eq(is, text);
	ck_assert_uint_eq(mac->word, 0);
}

/* As the earlier program of this name made them. */
START_TEST(legacy_addresses)
{
	struct viod_mac mac;

	net_mac_legacy("05:00.0", 1, &mac);
	assert_mac(&mac, "02:66:2d:03:53:95");
	net_mac_legacy("0000:05:00.0", 1, &mac);
	assert_mac(&mac, "02:78:af:f9:5e:42");
}
END_TEST

/* An address that changes with a new version of viod would be a new machine to the network. */
START_TEST(stable_addresses)
{
	static const char machine[] = "0123456789abcdef0123456789abcdef";
	struct viod_mac first, other;

	net_mac_stable(machine, "52:54:00:00:01:00", 0, &first);
	assert_mac(&first, "62:e7:04:5e:58:2e");
	net_mac_stable(machine, "52:54:00:00:01:00", 1, &other);
	ck_assert_mem_ne(&first, &other, sizeof(first));
	net_mac_stable("1123456789abcdef0123456789abcdef", "52:54:00:00:01:00", 0, &other);
	ck_assert_mem_ne(&first, &other, sizeof(first));
	for (int vf = 0; vf < 1000; vf++) {
		net_mac_stable(machine, "0000:05:00.0", vf, &other);
		ck_assert_uint_eq(other.octets[0] & 3, 2);
	}
}
END_TEST

START_TEST(what_took)
{
	struct net_update update = {
		.values = { .mac = { .octets = { 2, 0, 0, 0, 0, 1 } }, .vlan = 20, .qos = 4 }
	};
	struct net_vfinfo info = { .known = NET_KNOWS_MAC | NET_KNOWS_VLAN,
				   .mac = { 2, 0, 0, 0, 0, 1 },
				   .vlan = 20,
				   .qos = 4,
				   .vlan_proto = ETH_P_8021Q };

	ck_assert(net_attributes[NET_ATTRIBUTE_MAC].took(&update, &info));
	ck_assert(net_attributes[NET_ATTRIBUTE_VLAN].took(&update, &info));
	info.qos = 3;
	info.mac[0] = 6;
	ck_assert(!net_attributes[NET_ATTRIBUTE_MAC].took(&update, &info));
	ck_assert(!net_attributes[NET_ATTRIBUTE_VLAN].took(&update, &info));
	info = (struct net_vfinfo){ .vlan = 20, .qos = 4 };
	ck_assert(!net_attributes[NET_ATTRIBUTE_VLAN].took(&update, &info));
}
END_TEST

/* --- validate -------------------------------------------------------------------------------- */

static void assert_report(size_t i, int vf, unsigned line, const char *text)
{
	ck_assert_uint_lt(i, pf.n_reports);
	ck_assert_int_eq(pf.reports[i].vf, vf);
	ck_assert_uint_eq(pf.reports[i].line, line);
	ck_assert_msg(strstr(pf.reports[i].text, text) != NULL, "'%s' does not say '%s'",
		      pf.reports[i].text, text);
}

START_TEST(good_addresses)
{
	for (unsigned vf = 0; vf < 100; vf++)
		want_mac(vf, (uint8_t)vf);
	wanted.vfs[5].mac = wanted.vfs[6].mac = (struct viod_mac){ .word = NET_MAC_NONE };
	wanted.known[7] = 0;
	ck_assert_int_eq(net_validate(&pf, &wanted), 0);
	ck_assert_uint_eq(pf.n_reports, 0);
}
END_TEST

START_TEST(bad_addresses)
{
	want_mac(0, 1);
	want_mac(1, 2);
	wanted.vfs[0].mac.octets[0] = 3;
	memset(&wanted.vfs[1].mac, 0, sizeof(wanted.vfs[1].mac));
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 2);
	assert_report(0, 0, 10, "is a group address");
	assert_report(1, 1, 11, "is no address; write 'none'");
}
END_TEST

START_TEST(same_address_twice)
{
	want_mac(0, 1);
	want_mac(1, 2);
	want_mac(2, 1);
	want_mac(5, 1);
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 2);
	assert_report(0, 2, 12, "vf0 already has mac 02:..:01 (a.conf:10); give vf2 another one");
	assert_report(1, 5, 15, "vf0 already has mac 02:..:01 (a.conf:10); give vf5 another one");
}
END_TEST

/* One line of a range section is one mistake, however many VFs it names. */
START_TEST(same_address_from_one_line)
{
	for (unsigned vf = 0; vf < 64; vf++) {
		want_mac(vf, 1);
		wanted.where[vf].line = 20;
	}
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 1);
	assert_report(0, 1, 20, "vf0 and vf1 would both get mac 02:..:01 from this line");
}
END_TEST

START_TEST(bad_address_from_one_line)
{
	for (unsigned vf = 0; vf < 64; vf++) {
		want_mac(vf, 1);
		wanted.vfs[vf].mac.octets[0] = 1;
		wanted.where[vf].line = 20;
	}
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 1);
}
END_TEST

START_TEST(vlan_needs)
{
	want_mac(0, 1);
	want_mac(1, 2);
	want_mac(2, 3);
	wanted.vfs[0].qos = 3;
	wanted.vfs[1].vlan_proto = ETH_P_8021AD;
	wanted.vfs[2] = (struct net_vf){
		.mac = wanted.vfs[2].mac, .vlan = 5, .qos = 3, .vlan_proto = ETH_P_8021AD
	};
	wanted.known[0] |= NET_ROW_BIT(QOS);
	wanted.known[1] |= NET_ROW_BIT(VLAN) | NET_ROW_BIT(VLAN_PROTO);
	wanted.known[2] |= NET_ROW_BIT(VLAN) | NET_ROW_BIT(QOS) | NET_ROW_BIT(VLAN_PROTO);
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 2);
	assert_report(0, 0, 10, "this qos of vf0 needs a VLAN");
	assert_report(1, 1, 11, "this vlan-proto of vf1 needs a VLAN");
	/* What a device without VLANs reports reads back as a file. */
	memset(&pf, 0, sizeof(pf));
	wanted.vfs[0].qos = 0;
	wanted.vfs[1].vlan_proto = ETH_P_8021Q;
	ck_assert_int_eq(net_validate(&pf, &wanted), 0);
}
END_TEST

START_TEST(rates_in_order)
{
	want_mac(0, 1);
	want_mac(1, 2);
	wanted.known[0] = wanted.known[1] = NET_ROW_BIT(MIN_TX_RATE) | NET_ROW_BIT(MAX_TX_RATE);
	wanted.vfs[0].min_tx_rate = 101;
	wanted.vfs[0].max_tx_rate = 100;
	wanted.vfs[1].min_tx_rate = 500; /* and no limit */
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 1);
	assert_report(0, 0, 10, "this min-tx-rate of vf0 is above its max-tx-rate");
}
END_TEST

START_TEST(names_of_interfaces)
{
	static const char *const names[] = { "lan0", "a b", "lan0", ".." };

	wanted.n_vfs = 4;
	for (unsigned vf = 0; vf < 4; vf++) {
		wanted.known[vf] = NET_ROW_BIT(VF_IFNAME);
		snprintf(wanted.vfs[vf].ifname, IFNAMSIZ, "%s", names[vf]);
	}
	ck_assert_int_eq(net_validate(&pf, &wanted), -EINVAL);
	ck_assert_uint_eq(pf.n_reports, 3);
	assert_report(0, 2, 12, "vf0 already has ifname lan0 (a.conf:10); give vf2 another one");
	assert_report(1, 1, 11, "this ifname of vf1 is no name for an interface");
	assert_report(2, 3, 13, "this ifname of vf3 is no name for an interface");
}
END_TEST

/* --- names of ports -------------------------------------------------------------------------- */

START_TEST(port_ranks)
{
	static const struct {
		const char *name;
		int rank;
	} names[] = {
		{ "", 1 },	 { "p0", 2 },  { "p12", 2 },	  { "p0s1", 2 },
		{ "pf0vf3", 0 }, { "pf0", 0 }, { "c1pf0vf0", 0 }, { "pf0sf7", 0 },
		{ "p", 0 },	 { "p0x", 0 }, { "p0s", 0 },	  { "3", 0 },
	};

	for (size_t i = 0; i < NET_ARRAY_SIZE(names); i++)
		ck_assert_msg(net_port_rank(names[i].name) == names[i].rank, "'%s'", names[i].name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net-plan");
	TCase *tests = tcase_create("net-plan");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, nothing_to_do);
	tcase_add_test(tests, one_row_reads_as_a_change);
	tcase_add_test(tests, many_vfs_are_one_step);
	tcase_add_test(tests, any_order_of_changes);
	tcase_add_loop_test(tests, batch_sizes, 0, 5);
	tcase_add_test(tests, retried_drivers_get_one_vf_a_step);
	tcase_add_test(tests, disruptive_rows_stand_alone);
	tcase_add_test(tests, long_texts_end_in_dots);
	tcase_add_test(tests, neighbours_are_kept);
	tcase_add_test(tests, settings_of_the_pf);
	tcase_add_test(tests, link_down_comes_last);
	tcase_add_test(tests, eswitch_when_the_driver_can);
	tcase_add_test(tests, settings_of_interfaces);
	tcase_add_test(tests, message_of_a_setting);
	tcase_add_test(tests, message_of_an_eswitch);
	tcase_add_test(tests, message_of_offloads);
	tcase_add_test(tests, legacy_addresses);
	tcase_add_test(tests, stable_addresses);
	tcase_add_test(tests, names_of_interfaces);
	tcase_add_test(tests, message_has_only_what_is_asked_for);
	tcase_add_test(tests, message_of_a_vlan);
	tcase_add_test(tests, full_message_fits);
	tcase_add_test(tests, order_of_attributes);
	tcase_add_test(tests, bytes_of_a_message);
	tcase_add_test(tests, vlan_needs);
	tcase_add_test(tests, rates_in_order);
	tcase_add_test(tests, message_of_flags);
	tcase_add_test(tests, what_took);
	tcase_add_test(tests, good_addresses);
	tcase_add_test(tests, bad_addresses);
	tcase_add_test(tests, same_address_twice);
	tcase_add_test(tests, same_address_from_one_line);
	tcase_add_test(tests, bad_address_from_one_line);
	tcase_add_test(tests, port_ranks);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
