/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of the kernel over rtnetlink, devlink and ethtool: any bytes at all, at the end of a
 * heap block so that a read past it shows. */
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/net/generic.h"
#include "../../plugins/net/port.h"
#include "kernel/netif.h"
#include "kernel/route.h"
#include "kernel/rtnetlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_route(void *userdata, int index)
{
	return ++*(unsigned *)userdata > 65536;
}

static int read_message(void *userdata, const struct nlmsghdr *message)
{
	struct link_event event;

	(void)link_parse(nlmsg_data(message), (size_t)nlmsg_datalen(message), &event);
	(void)route_parse_default(message, count_route, userdata);
	return 0;
}

static void parse_generic(const uint8_t *copy, size_t size)
{
	struct net_eswitch eswitch;
	struct net_ports ports = { 0 };
	int64_t offload;

	(void)net_offload_parse(copy, size, &offload);
	(void)net_eswitch_parse(copy, size, &eswitch);
	(void)net_port_parse(copy, size, "0000:01:00.0", &ports);
	net_ports_clear(&ports);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	unsigned routes = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	parse_generic(copy, size);
	/* The sequence number of the first message fits. */
	if (size >= sizeof(struct nlmsghdr) && size <= RTNETLINK_MESSAGE_MAX) {
		((struct nlmsghdr *)(void *)copy)->nlmsg_seq = 1;
		(void)rtnetlink_read_answer((struct nlmsghdr *)(void *)copy, (int)size,
					    read_message, &routes);
	}
	free(copy);
	return 0;
}
