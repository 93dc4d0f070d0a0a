/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From values to messages, byte by byte, and derived addresses. */
#include <arpa/inet.h>
#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "../../../plugins/net/generic.h"
#include "fakenet.h"

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

/* A message that was prepared in a step equals one that is made now, for any interface. */
START_TEST(batch_holds_its_message)
{
	struct net_update updates[2] = {
		{ .vf = 0, .attributes = 1u << NET_ATTRIBUTE_VLAN, .values = { .vlan = 5 } },
		{ .vf = 1, .attributes = 1u << NET_ATTRIBUTE_TRUST },
	};
	struct nl_msg *message = message_of(updates, 2), *kept;
	struct net_batch *batch;
	size_t size;

	ck_assert_int_eq(net_batch_new(updates, 2, &batch, &size), 0);
	ck_assert_int_eq(net_batch_message(batch, 7, &kept), 0);
	ck_assert_uint_eq(size, sizeof(*batch) + sizeof(updates) + batch->message_size);
	ck_assert_mem_eq(batch->updates, updates, sizeof(updates));
	ck_assert_uint_eq(nlmsg_hdr(kept)->nlmsg_len, nlmsg_hdr(message)->nlmsg_len);
	ck_assert_mem_eq(nlmsg_data(nlmsg_hdr(kept)), nlmsg_data(nlmsg_hdr(message)),
			 (size_t)nlmsg_datalen(nlmsg_hdr(message)));
	nlmsg_free(message);
	nlmsg_free(kept);
	free(batch);
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

/* The kernel applies the attributes of one nest in an order of its own. */
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

/* As the earlier program of this name derived them. */
START_TEST(legacy_addresses)
{
	struct viod_mac mac;

	net_mac_legacy("05:00.0", 1, &mac);
	assert_mac(&mac, "02:66:2d:03:53:95");
	net_mac_legacy("0000:05:00.0", 1, &mac);
	assert_mac(&mac, "02:78:af:f9:5e:42");
}
END_TEST

START_TEST(accepted_values)
{
	struct net_update update = {
		.values = { .mac = { .octets = { 2, 0, 0, 0, 0, 1 } }, .vlan = 20, .qos = 4 }
	};
	struct net_vfinfo info = { .known = NET_KNOWS_MAC | NET_KNOWS_VLAN,
				   .mac = { 2, 0, 0, 0, 0, 1 },
				   .vlan = 20,
				   .qos = 4,
				   .vlan_proto = ETH_P_8021Q };

	ck_assert(net_attributes[NET_ATTRIBUTE_MAC].is_set(&update, &info));
	ck_assert(net_attributes[NET_ATTRIBUTE_VLAN].is_set(&update, &info));
	info.qos = 3;
	info.mac[0] = 6;
	ck_assert(!net_attributes[NET_ATTRIBUTE_MAC].is_set(&update, &info));
	ck_assert(!net_attributes[NET_ATTRIBUTE_VLAN].is_set(&update, &info));
	info = (struct net_vfinfo){ .vlan = 20, .qos = 4 };
	ck_assert(!net_attributes[NET_ATTRIBUTE_VLAN].is_set(&update, &info));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		message_has_only_what_is_asked_for,
		message_of_a_vlan,
		full_message_fits,
		batch_holds_its_message,
		order_of_attributes,
		bytes_of_a_message,
		message_of_flags,
		message_of_a_setting,
		message_of_an_eswitch,
		message_of_offloads,
		legacy_addresses,
		accepted_values,
	};

	return run_net_tests("net-message", tests, NET_ARRAY_SIZE(tests));
}
