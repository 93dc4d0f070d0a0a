/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file leaves open is completed from the device, and who uses its interfaces. */
#include <viod/net.h>

#include "netbench.h"

#include "../../../plugins/net/mac.h"

#include "device/holder.h"

/* --- completing ------------------------------------------------------------------------------- */

/* If a new version of viod changed an address, the network would see a new machine. */
START_TEST(stable_addresses)
{
	struct viod_mac first, other;
	struct bench b;

	machine(&b);
	root_write(&b.root, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	ck_assert_int_eq(net_mac_stable(&b.pf, "52:54:00:00:01:00", 0, &first), 0);
	ck_assert_mem_eq(first.octets, "\x62\xe7\x04\x5e\x58\x2e", 6);
	ck_assert_int_eq(net_mac_stable(&b.pf, "52:54:00:00:01:00", 1, &other), 0);
	ck_assert_mem_ne(&first, &other, sizeof(first));
	for (int vf = 0; vf < 1000; vf++) {
		ck_assert_int_eq(net_mac_stable(&b.pf, "0000:05:00.0", vf, &other), 0);
		ck_assert_uint_eq(other.octets[0] & 3, 2);
	}
	root_write(&b.root, "etc/machine-id", "1123456789abcdef0123456789abcdef\n");
	ck_assert_int_eq(net_mac_stable(&b.pf, "52:54:00:00:01:00", 0, &other), 0);
	ck_assert_mem_ne(&first, &other, sizeof(first));
	root_write(&b.root, "etc/machine-id", "uninitialized\n");
	ck_assert_int_lt(net_mac_stable(&b.pf, "52:54:00:00:01:00", 0, &other), 0);
	bench_clear(&b);
}
END_TEST

START_TEST(words_become_addresses)
{
	char first[32] = "";
	struct bench b;

	machine(&b);
	root_write(&b.root, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	memcpy(kernel.nics[0].permanent, "\2\1\1\1\1\1", 6);
	put(&b, b.wanted, 0, "mac", "stable", 3);
	put(&b, b.wanted, 1, "mac", "legacy", 4);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	value_format(row_of(&b, 0, "mac")->option, values_get(b.wanted, 0, row_of(&b, 0, "mac")),
		     first, sizeof(first));
	ck_assert_uint_eq(strlen(first), 17);
	ck_assert_ptr_null(strstr(first, "00:00:00"));
	/* The same in another slot, another one with another card. */
	kernel.nics[0].permanent[5] = 2;
	put(&b, b.wanted, 1, "mac", "stable", 4);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	put(&b, b.wanted, 0, "mac", "stable", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	{
		char other[32];

		value_format(row_of(&b, 0, "mac")->option,
			     values_get(b.wanted, 0, row_of(&b, 0, "mac")), other, sizeof(other));
		ck_assert_str_ne(first, other);
		kernel.nics[0].permanent[5] = 1;
		put(&b, b.wanted, 0, "mac", "stable", 3);
		ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
		expect(&b, b.wanted, 0, "mac", first);
	}
	root_write(&b.root, "etc/machine-id", "uninitialized\n");
	put(&b, b.wanted, 0, "mac", "stable", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EINVAL);
	reported(&b, 1, "/etc/machine-id, which cannot be used");
	ck_assert_uint_eq(b.pf.diags.items[0].line, 3);
	ck_assert_int_eq(unlinkat(b.root.fd, "etc/machine-id", 0), 0);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EINVAL);
	kernel.get_error = EPERM;
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EPERM);
	bench_clear(&b);
}
END_TEST

START_TEST(what_a_vlan_brings_along)
{
	struct bench b;

	machine(&b);
	for (int vf = 0; vf < 2; vf++) {
		put(&b, b.state, vf, "vlan", "100", 0);
		put(&b, b.state, vf, "qos", "3", 0);
		put(&b, b.state, vf, "vlan-proto", "802.1ad", 0);
	}
	put(&b, b.wanted, 0, "vlan", "0", 3);
	put(&b, b.wanted, 1, "vlan", "200", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, 0, "qos", "0");
	expect(&b, b.wanted, 0, "vlan-proto", "802.1Q");
	expect(&b, b.wanted, 1, "qos", "3");
	expect(&b, b.wanted, 1, "vlan-proto", "802.1ad");
	values_forget(b.wanted, 1, row_of(&b, 1, "qos"));
	put(&b, b.wanted, 1, "vlan", "100", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, 1, "qos", NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(keys_of_the_other_kind_of_network)
{
	struct bench b;

	machine(&b);
	put(&b, b.wanted, 0, "node-guid", "00:11:22:33:44:55:66:77", 3);
	put(&b, b.wanted, 1, "mac", "02:00:00:00:00:01", 4);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EINVAL);
	reported(&b, 1, "only InfiniBand has GUIDs");
	ck_assert_uint_eq(b.pf.diags.items[0].line, 3);
	kernel.nics[0].type = ARPHRD_INFINIBAND;
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EINVAL);
	reported(&b, 2, "InfiniBand has no such setting");
	ck_assert_uint_eq(b.pf.diags.items[1].line, 4);
	bench_clear(&b);
}
END_TEST

START_TEST(keys_that_switchdev_mode_lacks)
{
	struct bench b;

	machine(&b);
	put(&b, b.state, VIOD_PF, "eswitch", "switchdev", 0);
	put(&b, b.wanted, 0, "vlan", "0", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	put(&b, b.wanted, 0, "vlan", "5", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EINVAL);
	reported(&b, 1, "");
	put(&b, b.wanted, VIOD_PF, "eswitch", "legacy", 2);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	put(&b, b.wanted, VIOD_PF, "eswitch", "switchdev", 2);
	put(&b, b.wanted, 0, "vlan", "0", 3);
	put(&b, b.wanted, 1, "trust", "on", 4);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), -EINVAL);
	reported(&b, 2, "");
	ck_assert_uint_eq(b.pf.diags.items[1].line, 4);
	bench_clear(&b);
}
END_TEST

START_TEST(a_pf_that_must_be_up)
{
	static const struct viod_net_quirk quirk = { .size = sizeof(quirk),
						     .flags = VIOD_NET_PF_MUST_BE_UP };
	struct bench b;

	machine(&b);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, VIOD_PF, "link", NULL);
	b.pf.quirk.kind = &quirk;
	kernel.nics[0].flags = IFF_UP;
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, VIOD_PF, "link", NULL);
	kernel.nics[0].flags = 0;
	put(&b, b.wanted, VIOD_PF, "link", "down", 3);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, VIOD_PF, "link", "down");
	values_forget(b.wanted, VIOD_PF, row_of(&b, VIOD_PF, "link"));
	/* VFs that there are do not have it set up again. */
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, VIOD_PF, "link", NULL);
	ck_assert_int_eq(values_resize(b.state, 0), 0);
	ck_assert_int_eq(net_complete(&b.pf, b.state, b.wanted), 0);
	expect(&b, b.wanted, VIOD_PF, "link", "up");
	bench_clear(&b);
}
END_TEST

/* --- holders ---------------------------------------------------------------------------------- */

static void expect_holders(struct bench *b, int vf, size_t count, const char *part)
{
	struct viod_holders holders = { 0 };

	ck_assert_int_eq(net_holders(&b->pf, vf, &holders), 0);
	ck_assert_uint_eq(holders.count, count);
	if (count)
		ck_assert_msg(strstr(holders.items[count - 1].what, part), "'%s'",
			      holders.items[count - 1].what);
	holders_clear(&holders);
}

START_TEST(who_uses_an_interface)
{
	struct viod_holders holders = { 0 };
	struct bench b;

	machine(&b);
	expect_holders(&b, 0, 0, NULL);
	fake_directory(&b.root, VF_DIRECTORY(1) "/net");
	expect_holders(&b, 1, 1, "another network namespace");
	/* Link-local, and of another interface. */
	kernel.addresses[0].index = 5;
	kernel.addresses[0].family = AF_INET6;
	kernel.addresses[0].scope = RT_SCOPE_LINK;
	kernel.addresses[1].index = 2;
	kernel.addresses[1].family = AF_INET;
	kernel.n_addresses = 2;
	expect_holders(&b, 0, 0, NULL);
	kernel.addresses[2].index = 5;
	kernel.addresses[2].family = AF_INET;
	memcpy(kernel.addresses[2].bytes, "\12\0\0\7", 4);
	kernel.n_addresses = 3;
	expect_holders(&b, 0, 1, "the host: eth5 is up with address 10.0.0.7");
	kernel.addresses[2].family = AF_INET6;
	memcpy(kernel.addresses[2].bytes, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	expect_holders(&b, 0, 1, "the host: eth5 is up with address fd00::1");
	fake_directory(&b.root, VF_DIRECTORY(0) "/net/eth5/upper_br0");
	expect_holders(&b, 0, 2, "the host");
	fake_text(&b.root, VF_DIRECTORY(0) "/net/eth5", "flags", "0x1002\n");
	expect_holders(&b, 0, 1, "br0, which its network interface eth5 is part of");
	fake_text(&b.root, VF_DIRECTORY(0) "/net/eth5", "flags", "0x1003\n");
	kernel.address_error = EPERM;
	ck_assert_int_eq(net_holders(&b.pf, 0, &holders), -EPERM);
	holders_clear(&holders);
	kernel.socket_error = EMFILE;
	ck_assert_int_eq(net_holders(&b.pf, 0, &holders), -EMFILE);
	holders_clear(&holders);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		stable_addresses,
		words_become_addresses,
		what_a_vlan_brings_along,
		keys_of_the_other_kind_of_network,
		keys_that_switchdev_mode_lacks,
		a_pf_that_must_be_up,
		who_uses_an_interface,
	};

	return run_tests("net-complete", tests, ARRAY_SIZE(tests));
}
