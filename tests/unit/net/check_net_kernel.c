/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the net plugin reads from the kernel and writes to it, over netlink and sysfs. */
/* The steps of a job share the socket of the first. */
#define DESCRIPTORS_KEPT 1

#include <viod/net.h>

#include "netbench.h"

#include "../../../plugins/net/message.h"
#include "../../../plugins/net/port.h"
#include "../../../plugins/net/rows.h"
#include "../../../plugins/net/rtnl.h"
#include "../../../plugins/net/steps.h"

/* --- observing -------------------------------------------------------------------------------- */

START_TEST(all_that_the_kernel_reports)
{
	struct bench b;

	machine(&b);
	kernel.nics[0].flags = IFF_UP | IFF_ALLMULTI;
	kernel.nics[0].mtu = 9000;
	kernel.nics[0].vfs[1] = (struct fake_vf){ .mac = { 2, 0, 0, 0, 0, 9 },
						  .vlan = 100,
						  .qos = 3,
						  .protocol = 0x88a8,
						  .min_rate = 10,
						  .max_rate = 1000,
						  .spoofchk = 1,
						  .query_rss = 1,
						  .link_state = IFLA_VF_LINK_STATE_DISABLE };
	kernel.nics[0].vfs[0].trust = 1;
	kernel.nics[1].flags = IFF_PROMISC;
	kernel.nics[1].mtu = 1400;
	kernel.offload = NET_OFFLOAD_TX;
	kernel.mode = DEVLINK_ESWITCH_MODE_LEGACY;
	kernel.inline_mode = DEVLINK_ESWITCH_INLINE_MODE_NETWORK;
	kernel.encap = DEVLINK_ESWITCH_ENCAP_MODE_BASIC;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "promisc", "off");
	expect(&b, b.state, VIOD_PF, "allmulti", "on");
	expect(&b, b.state, VIOD_PF, "mtu", "9000");
	expect(&b, b.state, VIOD_PF, "link", "up");
	expect(&b, b.state, VIOD_PF, "vlan-offload", "tx");
	expect(&b, b.state, VIOD_PF, "eswitch", "legacy");
	expect(&b, b.state, VIOD_PF, "inline-mode", "network");
	expect(&b, b.state, VIOD_PF, "encap", "basic");
	expect(&b, b.state, 0, "mac", "none");
	expect(&b, b.state, 0, "vlan", "0");
	expect(&b, b.state, 0, "vlan-proto", "802.1Q");
	expect(&b, b.state, 0, "trust", "on");
	expect(&b, b.state, 0, "spoofchk", "off");
	expect(&b, b.state, 0, "link-state", "auto");
	expect(&b, b.state, 1, "mac", "02:00:00:00:00:09");
	expect(&b, b.state, 1, "vlan", "100");
	expect(&b, b.state, 1, "qos", "3");
	expect(&b, b.state, 1, "vlan-proto", "802.1ad");
	expect(&b, b.state, 1, "trust", "off");
	expect(&b, b.state, 1, "spoofchk", "on");
	expect(&b, b.state, 1, "query-rss", "on");
	expect(&b, b.state, 1, "link-state", "disable");
	expect(&b, b.state, 1, "min-tx-rate", "10");
	expect(&b, b.state, 1, "max-tx-rate", "1000");
	expect(&b, b.state, 1, "node-guid", NULL);
	expect(&b, b.state, 0, "ifname", "eth5");
	expect(&b, b.state, 0, "mtu", "1400");
	expect(&b, b.state, 0, "promisc", "on");
	expect(&b, b.state, 1, "ifname", NULL);
	ck_assert_uint_eq(kernel.writes, 0);
	bench_clear(&b);
}
END_TEST

START_TEST(a_device_without_an_eswitch_is_in_legacy_mode)
{
	static const int errors[] = { EOPNOTSUPP, ENODEV, ENOENT };
	struct bench b;

	for (size_t i = 0; i <= ARRAY_SIZE(errors); i++) {
		machine(&b);
		kernel.no_devlink = i == ARRAY_SIZE(errors);
		kernel.eswitch_error = kernel.no_devlink ? 0 : errors[i];
		kernel.no_ethtool = true;
		ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
		expect(&b, b.state, VIOD_PF, "eswitch", "legacy");
		expect(&b, b.state, VIOD_PF, "inline-mode", NULL);
		expect(&b, b.state, VIOD_PF, "vlan-offload", NULL);
		bench_clear(&b);
	}
	machine(&b);
	kernel.eswitch_error = EPERM;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "eswitch", NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(ports_report_in_switchdev_mode)
{
	struct bench b;

	machine(&b);
	kernel.mode = DEVLINK_ESWITCH_MODE_SWITCHDEV;
	kernel.ports[0] =
		(struct fake_port){ .index = 9,
				    .vf = 1,
				    .mac = { 2, 0, 0, 0, 0, 7 },
				    .caps = { .value = NET_PORT_MIGRATABLE,
					      .selector = NET_PORT_ROCE | NET_PORT_MIGRATABLE } };
	/* Of another device, of another host, of no VF, of a VF that is not there. */
	kernel.ports[1] =
		(struct fake_port){ .index = 1, .vf = 0, .device = "0000:09:00.0", .mac = { 4 } };
	kernel.ports[2] = (struct fake_port){ .index = 2, .vf = 0, .external = true, .mac = { 4 } };
	kernel.ports[3] = (struct fake_port){ .index = 3, .vf = 2, .mac = { 4 } };
	kernel.n_ports = 4;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "eswitch", "switchdev");
	expect(&b, b.state, 1, "mac", "02:00:00:00:00:07");
	expect(&b, b.state, 1, "roce", "off");
	expect(&b, b.state, 1, "migratable", "on");
	expect(&b, b.state, 0, "mac", "none");
	expect(&b, b.state, 0, "roce", NULL);
	kernel.ports[3] = (struct fake_port){ .index = 3, .vf = 0, .physical = true, .mac = { 4 } };
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, 0, "mac", "none");
	kernel.port_error = EOPNOTSUPP;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	kernel.port_error = EPERM;
	ck_assert_int_eq(net_observe(&b.pf, b.state), -EPERM);
	bench_clear(&b);
}
END_TEST

START_TEST(infiniband_has_guids)
{
	struct bench b;

	machine(&b);
	kernel.nics[0].type = ARPHRD_INFINIBAND;
	kernel.nics[0].vfs[0].node_guid = 0x0011223344556677;
	kernel.nics[0].vfs[1].port_guid = 0x8877665544332211;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, 0, "mac", NULL);
	expect(&b, b.state, 0, "vlan", NULL);
	expect(&b, b.state, 0, "node-guid", "00:11:22:33:44:55:66:77");
	expect(&b, b.state, 1, "port-guid", "88:77:66:55:44:33:22:11");
	bench_clear(&b);
}
END_TEST

START_TEST(no_interface_is_no_error)
{
	struct bench b;

	kernel_new();
	bench_new(&b, "net", 2, 2);
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "mtu", NULL);
	/* An interface of another device, or of another name, has the number now. */
	add_nic(&b, PF_DIRECTORY, "eth0", 2, "0000:09:00.0");
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "mtu", NULL);
	kernel.nics[0].parent = NULL;
	strcpy(kernel.nics[0].name, "eth1");
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "mtu", NULL);
	strcpy(kernel.nics[0].name, "eth0");
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	expect(&b, b.state, VIOD_PF, "mtu", "1500");
	bench_clear(&b);
}
END_TEST

START_TEST(errors_of_the_kernel)
{
	struct bench b;

	machine(&b);
	kernel.get_error = EPERM;
	ck_assert_int_eq(net_observe(&b.pf, b.state), -EPERM);
	kernel.get_error = 0;
	kernel.socket_error = EMFILE;
	ck_assert_int_eq(net_observe(&b.pf, b.state), -EMFILE);
	kernel.socket_error = 0;
	kernel.send_error = ENOBUFS;
	ck_assert_int_eq(net_observe(&b.pf, b.state), -ENOBUFS);
	kernel.send_error = 0;
	kernel.silent = true;
	ck_assert_int_eq(net_observe(&b.pf, b.state), -ETIMEDOUT);
	kernel.silent = false;
	kernel.short_answer = true;
	ck_assert_int_eq(net_observe(&b.pf, b.state), -EBADMSG);
	kernel.short_answer = false;
	kernel.stale = 2;
	kernel.interrupted = 2;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	/* Another program's answer, with the right number. */
	kernel.foreign = 4711;
	ck_assert_int_eq(net_observe(&b.pf, b.state), 0);
	kernel.foreign = 0;
	bench_clear(&b);
}
END_TEST

/* --- which interface -------------------------------------------------------------------------- */

START_TEST(the_pf_has_the_port_and_not_what_stands_for_a_vf)
{
	struct net_interfaces found = { 0 };
	struct net_link link = { 0 };
	struct bench b;
	int fd = net_rtnl_open();

	machine(&b);
	fake_text(&b.root, PF_DIRECTORY "/net/eth0", "phys_port_name", "pf0vf0\n");
	add_nic(&b, PF_DIRECTORY, "eth1", 3, FAKE_PF);
	fake_text(&b.root, PF_DIRECTORY "/net/eth1", "dev_port", "1\n");
	add_nic(&b, PF_DIRECTORY, "eth3", 4, FAKE_PF);
	ck_assert_int_eq(net_interface_read(&b.pf, VIOD_PF, false, fd, &link), 0);
	ck_assert_int_eq(link.index, 4);
	net_link_clear(&link);
	fake_text(&b.root, PF_DIRECTORY "/net/eth1", "phys_port_name", "p0\n");
	ck_assert_int_eq(net_interface_read(&b.pf, VIOD_PF, false, fd, &link), 0);
	ck_assert_int_eq(link.index, 3);
	net_link_clear(&link);
	ck_assert_int_eq(net_interfaces_find(&b.pf, VIOD_PF, &found), 0);
	ck_assert_uint_eq(found.count, 3);
	ck_assert(!found.elsewhere);
	for (size_t i = 0; i < found.count; i++)
		ck_assert_int_eq(found.items[i].index, (int)i + 2);
	ck_assert_str_eq(found.items[1].name, "eth1");
	net_interfaces_clear(&found);
	fake_directory(&b.root, VF_DIRECTORY(1) "/net");
	ck_assert_int_eq(net_interfaces_find(&b.pf, 1, &found), 0);
	ck_assert(found.elsewhere && !found.count);
	net_interfaces_clear(&found);
	close(fd);
	bench_clear(&b);
}
END_TEST

/* --- settings --------------------------------------------------------------------------------- */

static int apply(struct bench *b, int code, int vf, const char *key,
		 const struct net_setting *setting)
{
	struct viod_change change = { .option = row_of(b, vf, key)->option, .vf = vf };
	struct viod_step step = { .code = (uint16_t)code,
				  .vf = vf,
				  .change = &change,
				  .data = setting,
				  .size = sizeof(*setting),
				  .where = { "a.conf", 7, 1 } };

	return net_apply_setting(&b->pf, &step);
}

START_TEST(settings_reach_their_interface)
{
	const struct net_setting flags = { .flags = IFF_UP, .change = IFF_UP | IFF_PROMISC };
	const struct net_setting mtu = { .number = 4000 }, rx = { .number = NET_OFFLOAD_RX };
	const struct net_setting name = { .name = "lan0" };
	struct bench b;

	machine(&b);
	kernel.nics[0].flags = IFF_PROMISC | IFF_MULTICAST;
	ck_assert_int_eq(apply(&b, NET_STEP_FLAGS, VIOD_PF, "link", &flags), 0);
	ck_assert_uint_eq(kernel.nics[0].flags, IFF_UP | IFF_MULTICAST);
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, 0, "mtu", &mtu), 0);
	ck_assert_uint_eq(kernel.nics[0].mtu, 1500);
	ck_assert_uint_eq(kernel.nics[1].mtu, 4000);
	kernel.offload = NET_OFFLOAD_TX;
	ck_assert_int_eq(apply(&b, NET_STEP_OFFLOAD, VIOD_PF, "vlan-offload", &rx), 0);
	ck_assert_int_eq(kernel.offload, NET_OFFLOAD_RX);
	/* udev has named it already. */
	fake_directory(&b.root, "run/udev/data");
	root_write(&b.root, "run/udev/control", "");
	root_write(&b.root, "run/udev/data/n5", "");
	ck_assert_int_eq(apply(&b, NET_STEP_NAME, 0, "ifname", &name), 0);
	ck_assert_str_eq(kernel.nics[1].name, "lan0");
	ck_assert_uint_eq(kernel.writes, 4);
	ck_assert_int_eq(apply(&b, NET_STEP_VFS, 0, "mac", &name), -EINVAL);
	reported(&b, 0, NULL);
	kernel.set_error = EPERM;
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, VIOD_PF, "mtu", &mtu), -EPERM);
	kernel.offload_error = EINVAL;
	ck_assert_int_eq(apply(&b, NET_STEP_OFFLOAD, VIOD_PF, "vlan-offload", &rx), -EINVAL);
	kernel.socket_error = EMFILE;
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, VIOD_PF, "mtu", &mtu), -EMFILE);
	bench_clear(&b);
}
END_TEST

START_TEST(names_that_cannot_be_had)
{
	const struct net_setting name = { .name = "lan0" };
	struct bench b;

	machine(&b);
	kernel.set_error = EBUSY;
	ck_assert_int_eq(apply(&b, NET_STEP_NAME, 0, "ifname", &name), -EBUSY);
	reported(&b, 1, "eth5 cannot be renamed to lan0 (it is up; set it down first)");
	kernel.set_error = EEXIST;
	ck_assert_int_eq(apply(&b, NET_STEP_NAME, 0, "ifname", &name), -EEXIST);
	reported(&b, 2, "eth5 cannot be renamed to lan0 (another interface has the name)");
	ck_assert_uint_eq(b.pf.diags.items[1].line, 7);
	kernel.set_error = EPERM;
	ck_assert_int_eq(apply(&b, NET_STEP_NAME, 0, "ifname", &name), -EPERM);
	reported(&b, 2, "");
	bench_clear(&b);
}
END_TEST

START_TEST(interfaces_that_are_not_on_the_host)
{
	const struct net_setting mtu = { .number = 4000 };
	struct bench b;

	machine(&b);
	fake_directory(&b.root, VF_DIRECTORY(1) "/net");
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, 1, "mtu", &mtu), 0);
	reported(&b, 1, "that of vf1 is not (its driver is igbvf); it is left out");
	ck_assert_int_eq(b.pf.diags.items[0].severity, VIOD_WARNING);
	ck_assert_int_eq(unlinkat(b.root.fd, VF_DIRECTORY(0) "/driver", 0), 0);
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, 0, "mtu", &mtu), 0);
	reported(&b, 2, "(its driver is none); it is left out");
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	fake_link(&b.root, VF_DIRECTORY(0) "/driver", "../../drivers/vfio-pci");
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, 0, "mtu", &mtu), 0);
	reported(&b, 3, "(its driver is vfio-pci); it is left out");
	kernel.n_nics = 0;
	ck_assert_int_eq(apply(&b, NET_STEP_MTU, VIOD_PF, "mtu", &mtu), -ENODEV);
	reported(&b, 4, "the PF has no network interface here");
	ck_assert_uint_eq(kernel.writes, 0);
	bench_clear(&b);
}
END_TEST

/* --- the eswitch ------------------------------------------------------------------------------ */

START_TEST(the_eswitch_is_set_and_the_interface_restored)
{
	const struct net_setting mode = { .number = DEVLINK_ESWITCH_MODE_SWITCHDEV };
	const struct net_setting one = { .number = 1 };
	struct bench b;

	machine(&b);
	kernel.mode = kernel.inline_mode = kernel.encap = 0;
	ck_assert_int_eq(apply(&b, NET_STEP_INLINE_MODE, VIOD_PF, "inline-mode", &one), 0);
	ck_assert_int_eq(kernel.inline_mode, 1);
	ck_assert_int_eq(kernel.mode, 0);
	ck_assert_int_eq(kernel.encap, 0);
	ck_assert_int_eq(apply(&b, NET_STEP_ENCAP, VIOD_PF, "encap", &one), 0);
	ck_assert_int_eq(kernel.encap, 1);
	ck_assert_int_eq(kernel.mode, 0);
	ck_assert_int_eq(apply(&b, NET_STEP_ESWITCH, VIOD_PF, "eswitch", &mode), 0);
	ck_assert_int_eq(kernel.mode, DEVLINK_ESWITCH_MODE_SWITCHDEV);
	/* Nothing of the interface changed, and nothing was written to it. */
	ck_assert_uint_eq(kernel.writes, 3);
	reported(&b, 0, NULL);
	kernel.eswitch_set_error = EBUSY;
	ck_assert_int_eq(apply(&b, NET_STEP_ESWITCH, VIOD_PF, "eswitch", &mode), -EBUSY);
	reported(&b, 0, NULL);
	kernel.eswitch_set_error = EOPNOTSUPP;
	ck_assert_int_eq(apply(&b, NET_STEP_ESWITCH, VIOD_PF, "eswitch", &mode), -EOPNOTSUPP);
	reported(&b, 1, "igb does not offer this through devlink");
	kernel.no_devlink = true;
	ck_assert_int_eq(apply(&b, NET_STEP_ENCAP, VIOD_PF, "encap", &one), -ENOENT);
	reported(&b, 2, "igb does not offer this through devlink");
	bench_clear(&b);
}
END_TEST

START_TEST(abilities_of_ports)
{
	const struct net_setting on = { .number = 1 }, off = { .number = 0 };
	struct bench b;

	machine(&b);
	kernel.ports[0] = (struct fake_port){ .index = 9,
					      .vf = 0,
					      .caps = { .value = NET_PORT_MIGRATABLE,
							.selector = NET_PORT_ROCE } };
	kernel.ports[1] = (struct fake_port){
		.index = 10,
		.vf = 1,
		.caps = { .value = NET_PORT_ROCE, .selector = NET_PORT_ROCE | NET_PORT_MIGRATABLE }
	};
	kernel.n_ports = 2;
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 0, "roce", &on), 0);
	ck_assert_uint_eq(kernel.ports[0].caps.value, NET_PORT_ROCE | NET_PORT_MIGRATABLE);
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 1, "migratable", &on), 0);
	ck_assert_uint_eq(kernel.ports[1].caps.value, NET_PORT_ROCE | NET_PORT_MIGRATABLE);
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 1, "roce", &off), 0);
	ck_assert_uint_eq(kernel.ports[1].caps.value, NET_PORT_MIGRATABLE);
	reported(&b, 0, NULL);
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 0, "migratable", &on), -EOPNOTSUPP);
	reported(&b, 1, "vf0 has no port that could set 'migratable'");
	kernel.port_set_error = EBUSY;
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 0, "roce", &off), -EBUSY);
	kernel.port_error = EPERM;
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 0, "roce", &off), -EPERM);
	reported(&b, 2, "vf0 has no port that could set 'roce'");
	kernel.port_error = 0;
	kernel.n_ports = 0;
	ck_assert_int_eq(apply(&b, NET_STEP_PORT_CAP, 0, "roce", &off), -EOPNOTSUPP);
	reported(&b, 3, "vf0 has no port that could set 'roce'");
	bench_clear(&b);
}
END_TEST

/* In switchdev mode the port of a VF has its address; the rest goes through the PF. */
START_TEST(addresses_go_to_the_port)
{
	static const struct viod_net_quirk of_net = { .size = sizeof(of_net),
						      .flags = VIOD_NET_PORT_FUNCTIONS };
	static const struct viod_quirk quirk = { .kind = &of_net };
	struct net_update updates[2] = { { 0 } };
	struct net_batch *batch = NULL;
	struct viod_step step = { .code = NET_STEP_VFS, .phase = VIOD_PHASE_CONFIGURE };
	struct bench b;

	machine(&b);
	b.pf.quirk = quirk;
	kernel.mode = DEVLINK_ESWITCH_MODE_SWITCHDEV;
	kernel.ports[0] = (struct fake_port){ .index = 9, .vf = 0 };
	kernel.n_ports = 1;
	for (int vf = 0; vf < 2; vf++)
		updates[vf] = (struct net_update){
			.vf = vf,
			.attributes = 1u << NET_ATTRIBUTE_MAC | 1u << NET_ATTRIBUTE_TRUST,
			.rows = NET_ROW_BIT(MAC) | NET_ROW_BIT(TRUST),
			.values = { .mac = { .octets = { 2, 0, 0, 0, 0, (uint8_t)(vf + 1) } },
				    .trust = true },
		};
	ck_assert_int_eq(net_batch_new(updates, 2, &batch, &step.size), 0);
	step.data = batch;
	ck_assert_int_eq(net_apply(&b.pf, &step), 0);
	ck_assert_uint_eq(kernel.ports[0].mac[5], 1);
	ck_assert_uint_eq(kernel.nics[0].vfs[0].mac[5], 0);
	ck_assert_uint_eq(kernel.nics[0].vfs[1].mac[5], 2);
	ck_assert_uint_eq(kernel.nics[0].vfs[0].trust, 1);
	ck_assert_uint_eq(kernel.nics[0].vfs[1].trust, 1);
	reported(&b, 0, NULL);
	kernel.port_set_error = EINVAL;
	kernel.nics[0].vfs[1].trust = 0;
	ck_assert_int_eq(net_apply(&b.pf, &step), 0);
	reported(&b, 1, "vf0.mac was refused");
	ck_assert_uint_eq(kernel.nics[0].vfs[1].trust, 1);
	kernel.port_set_error = 0;
	kernel.mode = DEVLINK_ESWITCH_MODE_LEGACY;
	ck_assert_int_eq(net_apply(&b.pf, &step), 0);
	ck_assert_uint_eq(kernel.nics[0].vfs[0].mac[5], 1);
	free(batch);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		all_that_the_kernel_reports,
		a_device_without_an_eswitch_is_in_legacy_mode,
		ports_report_in_switchdev_mode,
		infiniband_has_guids,
		no_interface_is_no_error,
		errors_of_the_kernel,
		the_pf_has_the_port_and_not_what_stands_for_a_vf,
		settings_reach_their_interface,
		names_that_cannot_be_had,
		interfaces_that_are_not_on_the_host,
		the_eswitch_is_set_and_the_interface_restored,
		abilities_of_ports,
		addresses_go_to_the_port,
	};

	return run_tests("net-kernel", tests, ARRAY_SIZE(tests));
}
