/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors of a file that do not depend on the device. */
#include <linux/if_ether.h>

#include "fakenet.h"

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
	/* The state of a device without VLANs is valid as a file. */
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
	ck_assert_uint_eq(pf.n_reports, 2);
	assert_report(0, 1, 11, "this ifname of vf1 is no name for an interface");
	assert_report(1, 3, 13, "this ifname of vf3 is no name for an interface");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		good_addresses, bad_addresses,	bad_address_from_one_line,
		vlan_needs,	rates_in_order, names_of_interfaces,
	};

	return run_net_tests("net-validate", tests, NET_ARRAY_SIZE(tests));
}
