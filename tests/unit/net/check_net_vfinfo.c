/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Link messages as the kernel writes them, its 16-bit lengths included. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/net/vfinfo.h"

#define MESSAGE_MAX (512 * 1024)

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t size;
};

static struct message message; /* too large for a stack */

static void begin(void)
{
	static const struct ifinfomsg header = { .ifi_index = 7,
						 .ifi_flags = IFF_UP | IFF_PROMISC,
						 .ifi_type = 1 };

	memcpy(message.bytes, &header, sizeof(header));
	message.size = sizeof(header);
}

/* Returns the place of the header, for end_nest(). */
static size_t put(uint16_t type, const void *value, size_t size)
{
	struct nlattr header = { .nla_len = (uint16_t)(sizeof(header) + size), .nla_type = type };
	size_t place = message.size;

	ck_assert_uint_le(place + sizeof(header) + NLA_ALIGN(size), MESSAGE_MAX);
	memcpy(message.bytes + place, &header, sizeof(header));
	memset(message.bytes + place + sizeof(header), 0, NLA_ALIGN(size));
	if (size)
		memcpy(message.bytes + place + sizeof(header), value, size);
	message.size += sizeof(header) + NLA_ALIGN(size);
	return place;
}

/* As nla_nest_end() does: the length is cut to 16 bits without a check. */
static void end_nest(size_t place)
{
	uint16_t length = (uint16_t)(message.size - place);

	memcpy(message.bytes + place, &length, sizeof(length));
}

static void put_mac(uint32_t vf)
{
	struct ifla_vf_mac mac = { .vf = vf };

	mac.mac[0] = 2;
	mac.mac[4] = (uint8_t)(vf >> 8);
	mac.mac[5] = (uint8_t)vf;
	put(IFLA_VF_MAC, &mac, sizeof(mac));
}

static void put_vlan_list(uint32_t vf, uint16_t protocol)
{
	struct ifla_vf_vlan_info info = {
		.vf = vf, .vlan = 100 + vf, .qos = 3, .vlan_proto = htons(protocol)
	};
	size_t list = put(IFLA_VF_VLAN_LIST, NULL, 0);

	put(IFLA_VF_VLAN_INFO, &info, sizeof(info));
	end_nest(list);
}

/* In the order, and with the sizes, of a kernel that omits the statistics on request. */
static void put_vf(uint32_t vf, uint32_t settings)
{
	size_t nest = put(IFLA_VF_INFO, NULL, 0);
	struct ifla_vf_broadcast broadcast = { { 0xff } };
	struct ifla_vf_vlan vlan = { .vf = vf, .vlan = 100 + vf, .qos = 3 };
	struct ifla_vf_rate rate = { .vf = vf, .min_tx_rate = 10, .max_tx_rate = 1000 };
	struct ifla_vf_tx_rate tx_rate = { .vf = vf, .rate = 1000 };
	struct ifla_vf_spoofchk pair = { .vf = vf, .setting = settings };
	struct ifla_vf_link_state state = { .vf = vf, .link_state = IFLA_VF_LINK_STATE_DISABLE };

	put_mac(vf);
	put(IFLA_VF_BROADCAST, &broadcast, sizeof(broadcast));
	put(IFLA_VF_VLAN, &vlan, sizeof(vlan));
	put(IFLA_VF_RATE, &rate, sizeof(rate));
	put(IFLA_VF_TX_RATE, &tx_rate, sizeof(tx_rate));
	put(IFLA_VF_SPOOFCHK, &pair, sizeof(pair));
	put(IFLA_VF_LINK_STATE, &state, sizeof(state));
	put(IFLA_VF_RSS_QUERY_EN, &pair, sizeof(pair));
	put(IFLA_VF_TRUST, &pair, sizeof(pair));
	put_vlan_list(vf, ETH_P_8021AD);
	end_nest(nest);
}

static void put_link(uint32_t n_vfs, uint32_t skip)
{
	size_t list;

	begin();
	put(IFLA_IFNAME, "enp5s0", sizeof("enp5s0"));
	put(IFLA_NUM_VF, &n_vfs, sizeof(n_vfs));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	for (uint32_t vf = 0; vf < n_vfs; vf++)
		if (!skip || vf % skip != 0)
			put_vf(vf, 1);
	end_nest(list);
	put(IFLA_PARENT_DEV_NAME, "0000:05:00.0", sizeof("0000:05:00.0"));
}

static void parse(struct net_link *link)
{
	*link = (struct net_link){ 0 };
	ck_assert_int_eq(net_link_parse(message.bytes, message.size, link), 0);
}

static void assert_fails(size_t size)
{
	struct net_link link = { .index = 4711 };

	ck_assert_int_eq(net_link_parse(message.bytes, size, &link), -EBADMSG);
	ck_assert_int_eq(link.index, 4711);
}

START_TEST(all_fields)
{
	const struct net_vfinfo *info;
	struct net_link link;

	put_link(2, 0);
	parse(&link);
	ck_assert_int_eq(link.index, 7);
	ck_assert_uint_eq(link.flags, IFF_UP | IFF_PROMISC);
	ck_assert_uint_eq(link.type, 1);
	ck_assert_str_eq(link.name, "enp5s0");
	ck_assert_str_eq(link.parent, "0000:05:00.0");
	ck_assert_uint_eq(link.n_total, 2);
	ck_assert_uint_eq(link.n_vfs, 2);
	info = net_link_vf(&link, 1);
	ck_assert_ptr_nonnull(info);
	ck_assert_mem_eq(info->mac, "\2\0\0\0\0\1", 6);
	ck_assert_uint_eq(info->vlan, 101);
	ck_assert_uint_eq(info->qos, 3);
	ck_assert_uint_eq(info->vlan_proto, ETH_P_8021AD);
	ck_assert_uint_eq(info->min_rate, 10);
	ck_assert_uint_eq(info->max_rate, 1000);
	ck_assert_uint_eq(info->spoofchk, 1);
	ck_assert_uint_eq(info->trust, 1);
	ck_assert_uint_eq(info->query_rss, 1);
	ck_assert_uint_eq(info->link_state, IFLA_VF_LINK_STATE_DISABLE);
	ck_assert_uint_eq(info->known, NET_KNOWS_MAC | NET_KNOWS_VLAN | NET_KNOWS_RATE |
					       NET_KNOWS_SPOOFCHK | NET_KNOWS_LINK_STATE |
					       NET_KNOWS_QUERY_RSS | NET_KNOWS_TRUST);
	ck_assert_ptr_null(net_link_vf(&link, 2));
	net_link_clear(&link);
}
END_TEST

/* Kernels and drivers without the list of VLANs send one without its protocol. */
START_TEST(a_vlan_without_a_list)
{
	struct ifla_vf_vlan vlan = { .vf = 0, .vlan = 77, .qos = 2 };
	struct net_link link;
	size_t list, nest;
	uint32_t one = 1;

	begin();
	put(IFLA_NUM_VF, &one, sizeof(one));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	nest = put(IFLA_VF_INFO, NULL, 0);
	put_mac(0);
	put(IFLA_VF_VLAN, &vlan, sizeof(vlan));
	end_nest(nest);
	end_nest(list);
	ck_assert_int_eq(net_link_parse(message.bytes, message.size, &link), 0);
	ck_assert_uint_eq(link.n_vfs, 1);
	ck_assert_uint_eq(link.vfs[0].known, NET_KNOWS_MAC | NET_KNOWS_VLAN);
	ck_assert_uint_eq(link.vfs[0].vlan, 77);
	ck_assert_uint_eq(link.vfs[0].qos, 2);
	ck_assert_uint_eq(link.vfs[0].vlan_proto, ETH_P_8021Q);
	net_link_clear(&link);
}
END_TEST

START_TEST(not_known_is_not_a_value)
{
	struct net_link link;
	uint32_t one = 1;
	size_t list;

	begin();
	put(IFLA_NUM_VF, &one, sizeof(one));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	put_vf(0, UINT32_MAX);
	end_nest(list);
	parse(&link);
	ck_assert_uint_eq(link.n_vfs, 1);
	ck_assert_uint_eq(link.vfs[0].known,
			  NET_KNOWS_MAC | NET_KNOWS_VLAN | NET_KNOWS_RATE | NET_KNOWS_LINK_STATE);
	net_link_clear(&link);
}
END_TEST

START_TEST(plain_vlan_is_8021q)
{
	struct ifla_vf_vlan vlan = { .vf = 0, .vlan = 9, .qos = 1 };
	struct net_link link;
	uint32_t one = 1;
	size_t list, nest;

	begin();
	put(IFLA_NUM_VF, &one, sizeof(one));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	nest = put(IFLA_VF_INFO, NULL, 0);
	put_mac(0);
	put(IFLA_VF_VLAN, &vlan, sizeof(vlan));
	end_nest(nest);
	end_nest(list);
	parse(&link);
	ck_assert_uint_eq(link.vfs[0].vlan, 9);
	ck_assert_uint_eq(link.vfs[0].qos, 1);
	ck_assert_uint_eq(link.vfs[0].vlan_proto, ETH_P_8021Q);
	net_link_clear(&link);
}
END_TEST

/* 335 VFs is where the length of the list wraps; 512 wraps more than once with more attributes. */
START_TEST(length_wraps)
{
	static const uint32_t counts[] = { 1, 7, 64, 256, 334, 335, 336, 512, 1024 };
	uint32_t n_vfs = counts[_i];
	struct net_link link;

	put_link(n_vfs, 0);
	parse(&link);
	ck_assert_uint_eq(link.n_vfs, n_vfs);
	for (uint32_t vf = 0; vf < n_vfs; vf++) {
		ck_assert_uint_eq(link.vfs[vf].vf, vf);
		ck_assert_uint_eq(link.vfs[vf].vlan, 100 + vf);
	}
	ck_assert_str_eq(link.parent, "0000:05:00.0");
	net_link_clear(&link);
}
END_TEST

/* The length of a list that fills exactly 64 KiB reads as zero. */
START_TEST(length_wraps_to_zero)
{
	uint32_t n_vfs = 2000, used = 0;
	struct net_link link;
	size_t list;

	begin();
	put(IFLA_NUM_VF, &n_vfs, sizeof(n_vfs));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	while (message.size - list < 65536 - 48) {
		size_t nest = put(IFLA_VF_INFO, NULL, 0), left = 65536 - (nest - list);

		put_mac(used++);
		/* One entry has 44 bytes; the last one is extended by an unknown attribute. */
		if (left < 2 * 44 + 4)
			put(1000, message.bytes, left - 44 - 4);
		end_nest(nest);
	}
	ck_assert_uint_eq(message.size - list, 65536);
	end_nest(list);
	put(IFLA_PARENT_DEV_NAME, "0000:05:00.0", sizeof("0000:05:00.0"));
	parse(&link);
	ck_assert_uint_eq(link.n_vfs, used);
	ck_assert_str_eq(link.parent, "0000:05:00.0");
	net_link_clear(&link);
}
END_TEST

START_TEST(skipped_vfs)
{
	static const uint32_t counts[] = { 1, 7, 512 };
	struct net_link link;

	put_link(counts[_i], 3);
	parse(&link);
	ck_assert_uint_eq(link.n_total, counts[_i]);
	ck_assert_uint_lt(link.n_vfs, counts[_i]);
	for (size_t i = 0; i < link.n_vfs; i++)
		ck_assert_uint_ne(link.vfs[i].vf % 3, 0);
	ck_assert_ptr_null(net_link_vf(&link, 3));
	ck_assert_str_eq(link.parent, "0000:05:00.0");
	net_link_clear(&link);
}
END_TEST

START_TEST(no_vfs)
{
	struct net_link link;
	uint32_t none = 0;

	begin();
	put(IFLA_NUM_VF, &none, sizeof(none));
	parse(&link);
	ck_assert_uint_eq(link.n_vfs, 0);
	ck_assert_ptr_null(net_link_vf(&link, 0));
	net_link_clear(&link);
}
END_TEST

START_TEST(guids)
{
	struct ifla_vf_guid node = { .vf = 0, .guid = 0x0011223344556677 };
	struct ifla_vf_guid port = { .vf = 0, .guid = 0x8899aabbccddeeff };
	struct net_link link;
	uint32_t one = 1;
	size_t list, nest;

	begin();
	put(IFLA_NUM_VF, &one, sizeof(one));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	nest = put(IFLA_VF_INFO, NULL, 0);
	put_mac(0);
	put(IFLA_VF_IB_NODE_GUID, &node, sizeof(node));
	put(IFLA_VF_IB_PORT_GUID, &port, sizeof(port));
	end_nest(nest);
	end_nest(list);
	parse(&link);
	ck_assert_uint_eq(link.vfs[0].node_guid, node.guid);
	ck_assert_uint_eq(link.vfs[0].port_guid, port.guid);
	net_link_clear(&link);
}
END_TEST

/* Each cut either leaves less of a whole message, or is noticed; none may be read past. */
START_TEST(every_cut)
{
	put_link(3, 0);
	for (size_t size = 0; size < message.size; size++) {
		uint8_t *copy = malloc(size ? size : 1);
		struct net_link link = { 0 };

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, message.bytes, size);
		if (net_link_parse(copy, size, &link) == 0)
			ck_assert_uint_le(link.n_vfs, 3);
		net_link_clear(&link);
		free(copy);
	}
}
END_TEST

START_TEST(contradictions)
{
	uint32_t two = 2;
	size_t list, nest;

	assert_fails(0);
	put_link(2, 0);
	assert_fails(sizeof(struct ifinfomsg) + 3);
	/* A list that says it is longer than it is. */
	begin();
	put(IFLA_NUM_VF, &two, sizeof(two));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	put_vf(0, 1);
	end_nest(list);
	message.bytes[list] = (uint8_t)(message.bytes[list] + 4);
	assert_fails(message.size);
	/* An entry without the attribute that numbers it. */
	begin();
	put(IFLA_NUM_VF, &two, sizeof(two));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	nest = put(IFLA_VF_INFO, NULL, 0);
	put(IFLA_VF_TRUST, "\0\0\0\0\1\0\0", 8);
	end_nest(nest);
	end_nest(list);
	assert_fails(message.size);
	/* The same VF twice, and one that the kernel does not count. */
	begin();
	put(IFLA_NUM_VF, &two, sizeof(two));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	put_vf(1, 1);
	put_vf(1, 1);
	end_nest(list);
	assert_fails(message.size);
	begin();
	put(IFLA_NUM_VF, &two, sizeof(two));
	list = put(IFLA_VFINFO_LIST, NULL, 0);
	put_vf(2, 1);
	end_nest(list);
	assert_fails(message.size);
	/* Two lists. */
	begin();
	put(IFLA_NUM_VF, &two, sizeof(two));
	for (int i = 0; i < 2; i++) {
		list = put(IFLA_VFINFO_LIST, NULL, 0);
		put_vf((uint32_t)i, 1);
		end_nest(list);
	}
	assert_fails(message.size);
}
END_TEST

START_TEST(long_names_are_refused)
{
	static const char name[] = "a-name-of-sixteen";
	struct net_link link;

	begin();
	put(IFLA_IFNAME, name, sizeof(name));
	parse(&link);
	ck_assert_str_eq(link.name, "");
	net_link_clear(&link);
}
END_TEST

/* What the kernel answered in the guest (tests/vm/programs/vfs.c), each VF with values made from
 * its number; with their statistics 222 VFs are enough for a length that wraps. */
static const struct {
	const char *file;
	size_t n_vfs;
} recorded[] = {
	{ "igb-7", 7 },
	{ "netdevsim-1", 1 },
	{ "netdevsim-221-stats", 221 },
	{ "netdevsim-222-stats", 222 },
	{ "netdevsim-334", 334 },
	{ "netdevsim-335", 335 },
	{ "netdevsim-512", 512 },
};

static void load(const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/vfinfo/%s", name);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	message.size = fread(message.bytes, 1, MESSAGE_MAX, file);
	fclose(file);
}

START_TEST(recorded_answers)
{
	bool from_netdevsim = recorded[_i].file[0] == 'n';
	struct net_link link;

	load(recorded[_i].file);
	parse(&link);
	ck_assert_uint_eq(link.n_total, recorded[_i].n_vfs);
	ck_assert_uint_eq(link.n_vfs, recorded[_i].n_vfs);
	for (uint32_t vf = 0; from_netdevsim && vf < link.n_vfs; vf++) {
		const struct net_vfinfo *info = &link.vfs[vf];

		ck_assert_uint_eq(info->vf, vf);
		ck_assert_uint_eq(info->mac[4] * 256u + info->mac[5], vf);
		ck_assert_uint_eq(info->vlan, vf % 4094 + 1);
		ck_assert_uint_eq(info->qos, vf % 8);
		ck_assert_uint_eq(info->vlan_proto, vf % 2 ? ETH_P_8021AD : ETH_P_8021Q);
		ck_assert_uint_eq(info->spoofchk, vf % 3 != 0);
		ck_assert_uint_eq(info->link_state,
				  vf % 5 ? IFLA_VF_LINK_STATE_AUTO : IFLA_VF_LINK_STATE_DISABLE);
		ck_assert_uint_eq(info->trust, vf % 7 != 0);
		ck_assert_uint_eq(info->query_rss, vf % 2);
		ck_assert_uint_eq(info->min_rate, vf * 3);
		ck_assert_uint_eq(info->max_rate, vf * 20);
	}
	net_link_clear(&link);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net-vfinfo");
	TCase *tests = tcase_create("net-vfinfo");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, all_fields);
	tcase_add_test(tests, not_known_is_not_a_value);
	tcase_add_test(tests, plain_vlan_is_8021q);
	tcase_add_loop_test(tests, length_wraps, 0, 9);
	tcase_add_test(tests, length_wraps_to_zero);
	tcase_add_loop_test(tests, skipped_vfs, 0, 3);
	tcase_add_test(tests, no_vfs);
	tcase_add_test(tests, a_vlan_without_a_list);
	tcase_add_test(tests, guids);
	tcase_add_test(tests, every_cut);
	tcase_add_test(tests, contradictions);
	tcase_add_test(tests, long_names_are_refused);
	tcase_add_loop_test(tests, recorded_answers, 0, sizeof(recorded) / sizeof(recorded[0]));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
