/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From changes to steps. */
#include <linux/devlink.h>
#include <linux/if_ether.h>

#include "fakenet.h"

/* --- plan ------------------------------------------------------------------------------------ */

static const struct net_batch *batch(size_t step)
{
	return plan.data[step];
}

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
	ck_assert_uint_eq(batch(0)->updates[0].attributes, 1u << NET_ATTRIBUTE_VLAN);
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
	ck_assert_uint_eq(batch(0)->n_updates, 8);
	ck_assert_int_eq(batch(0)->updates[7].vf, 9);
	ck_assert_uint_eq(batch(0)->updates[7].attributes, 1u << NET_ATTRIBUTE_MAC);
	ck_assert_uint_eq(batch(0)->updates[3].where[NET_ROW_VLAN].line, 13);
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
	ck_assert_uint_eq(batch(0)->n_updates, 4);
}
END_TEST

START_TEST(batch_sizes)
{
	static const struct {
		uint16_t quirk;
		size_t steps;
	} batches[] = { { 0, 3 }, { 1000, 3 }, { 256, 3 }, { 64, 10 }, { 1, 600 } };
	struct viod_net_quirk quirk = { .size = sizeof(quirk) };

	for (size_t i = 0; i < NET_ARRAY_SIZE(batches); i++) {
		tear_down();
		set_up();
		quirk.batch = batches[i].quirk;
		pf.quirk.kind = &quirk;
		for (unsigned vf = 0; vf < 600; vf++)
			change_vlan(vf, 1);
		make_plan();
		ck_assert_uint_eq(plan.n_steps, batches[i].steps);
	}
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
	for (unsigned vf = 0; vf < 3; vf++) {
		change_mac(vf);
		changes[n_changes - 1].flags = VIOD_STEP_DISRUPTIVE;
		change_vlan(vf, 5);
	}
	make_plan();
	ck_assert_uint_eq(plan.n_steps, 4);
	ck_assert_str_eq(plan.steps[0].text, "set vlan of vf0-vf2");
	ck_assert_uint_eq(plan.n_named[0], 3);
	ck_assert_str_eq(plan.steps[2].text, "vf1.mac: 02:..:01");
	ck_assert_uint_eq(plan.n_named[2], 1);
	ck_assert_ptr_eq(plan.steps[2].change, &changes[2]);
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
	ck_assert_int_eq(batch(0)->updates[0].values.vlan, 200);
	ck_assert_int_eq(batch(0)->updates[0].values.qos, 5);
	ck_assert_int_eq(batch(0)->updates[0].values.vlan_proto, ETH_P_8021AD);
}
END_TEST

static const struct net_setting *setting_of(size_t step)
{
	ck_assert_uint_eq(plan.steps[step].size, sizeof(struct net_setting));
	return plan.data[step];
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
	static const struct viod_net_quirk quirk = { .size = sizeof(quirk),
						     .flags = VIOD_NET_ESWITCH_WITH_VFS };

	change_pf(NET_ROW_ESWITCH, &switchdev, &legacy, VIOD_PF);
	make_plan();
	pf.quirk.kind = &quirk;
	make_plan();
	ck_assert_int_eq(plan.steps[0].phase, VIOD_PHASE_PREPARE);
	ck_assert_int_eq(plan.steps[1].phase, VIOD_PHASE_CONFIGURE);
}
END_TEST

/* Settings of interfaces on the host come after the drivers, one step each. */
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
	ck_assert_uint_eq(batch(2)->updates[0].rows, NET_ROW_BIT(VLAN));
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
	const TTest *const tests[] = {
		nothing_to_do,
		one_row_reads_as_a_change,
		many_vfs_are_one_step,
		any_order_of_changes,
		batch_sizes,
		retried_drivers_get_one_vf_a_step,
		disruptive_rows_stand_alone,
		long_texts_end_in_dots,
		neighbours_are_kept,
		settings_of_the_pf,
		link_down_comes_last,
		eswitch_when_the_driver_can,
		settings_of_interfaces,
		port_ranks,
	};

	return run_net_tests("net-plan", tests, NET_ARRAY_SIZE(tests));
}
