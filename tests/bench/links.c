/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor for the netlink part: "links INTERFACE COUNT SEED ATTRIBUTES" sets these of "mac",
 * "vlan", "spoofchk", "trust", "link-state" and "max-tx-rate" (joined by commas) for VFs 0 to
 * COUNT - 1 with as few messages as the 16-bit length of the list permits, without reading a file
 * or observing the current state. The values follow from the VF and SEED, 0 or 1, as in
 * tests/bench/net.sh. Prints microseconds: wall time, and the CPU time that was spent in it.
 */
#include <net/if.h>
#include <stdio.h>

#include "message.h"

#define BATCH 256

static void add_vf(uint32_t vf, uint32_t seed, const char *wanted)
{
	const struct ifla_vf_vlan vlan = { .vf = vf, .vlan = 1000 + 1000 * seed + vf };
	const struct ifla_vf_spoofchk flag = { .vf = vf, .setting = seed };
	const struct ifla_vf_link_state state = { vf, seed ? IFLA_VF_LINK_STATE_DISABLE
							   : IFLA_VF_LINK_STATE_AUTO };
	const struct ifla_vf_rate rate = { .vf = vf, .max_tx_rate = 1000 + 1000 * seed };
	struct ifla_vf_mac mac = { .vf = vf };
	struct rtattr *info = add(IFLA_VF_INFO | NLA_F_NESTED, NULL, 0);

	mac.mac[0] = 2;
	mac.mac[3] = (uint8_t)seed;
	mac.mac[4] = (uint8_t)(vf >> 8);
	mac.mac[5] = (uint8_t)vf;
	if (strstr(wanted, "mac"))
		(void)add(IFLA_VF_MAC, &mac, sizeof(mac));
	if (strstr(wanted, "vlan"))
		(void)add(IFLA_VF_VLAN, &vlan, sizeof(vlan));
	if (strstr(wanted, "max-tx-rate"))
		(void)add(IFLA_VF_RATE, &rate, sizeof(rate));
	if (strstr(wanted, "spoofchk"))
		(void)add(IFLA_VF_SPOOFCHK, &flag, sizeof(flag));
	if (strstr(wanted, "link-state"))
		(void)add(IFLA_VF_LINK_STATE, &state, sizeof(state));
	if (strstr(wanted, "trust"))
		(void)add(IFLA_VF_TRUST, &flag, sizeof(flag));
	end(info);
}

static void set(int fd, int index, uint32_t from, uint32_t to, uint32_t seed, const char *wanted)
{
	struct rtattr *list;

	begin(index, 0);
	list = add(IFLA_VFINFO_LIST | NLA_F_NESTED, NULL, 0);
	for (uint32_t vf = from; vf < to; vf++)
		add_vf(vf, seed, wanted);
	end(list);
	send_request(fd);
}

int main(int argc, char **argv)
{
	long long began = now(CLOCK_MONOTONIC);
	int index = argc > 4 ? (int)if_nametoindex(argv[1]) : 0;
	uint32_t count = argc > 4 ? (uint32_t)atoi(argv[2]) : 0;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || !index)
		errx(EXIT_FAILURE, "links INTERFACE COUNT SEED ATTRIBUTES");
	for (uint32_t from = 0; from < count; from += BATCH)
		set(fd, index, from, from + BATCH < count ? from + BATCH : count,
		    (uint32_t)atoi(argv[3]), argv[4]);
	printf("%lld %lld\n", now(CLOCK_MONOTONIC) - began, now(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
