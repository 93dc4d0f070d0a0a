/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel that answers netlink requests: interfaces with VFs and addresses, an eswitch with ports,
 * VLAN offloads. socket(), send() and recv() of the test program lead here. Each request that
 * changes something is counted and obeyed, unless the test has set an error.
 */
#ifndef VIOD_TEST_FAKENETLINK_H
#define VIOD_TEST_FAKENETLINK_H

#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "../pluginbench.h"

#define NICS_MAX 8
#define VFS_MAX_HERE 8
#define PORTS_MAX 4
#define QUEUE_MAX 16
#define DEVLINK_FAMILY 21
#define ETHTOOL_FAMILY 22
#define PORT_FUNCTION_CAPS 4

struct fake_vf {
	uint8_t mac[6];
	uint32_t vlan, qos, min_rate, max_rate, link_state;
	uint16_t protocol;
	uint32_t spoofchk, trust, query_rss;
	uint64_t node_guid, port_guid;
};

struct fake_nic {
	int index;
	const char *parent;
	char name[IFNAMSIZ];
	unsigned flags, type;
	uint32_t mtu;
	uint8_t permanent[6];
	struct fake_vf vfs[VFS_MAX_HERE];
	unsigned n_vfs;
};

struct fake_port {
	uint32_t index;
	uint16_t vf;
	const char *device; /* NULL: the PF */
	uint8_t mac[6];
	struct nla_bitfield32 caps;
	bool external, physical;
};

static struct {
	struct fake_nic nics[NICS_MAX];
	unsigned n_nics;
	struct {
		int index, family, scope;
		uint8_t bytes[16];
	} addresses[4];
	unsigned n_addresses;
	struct fake_port ports[PORTS_MAX];
	unsigned n_ports;
	int mode, inline_mode, encap; /* -1: it does not say */
	int64_t offload;
	bool no_devlink, no_ethtool;
	/* Errors, positive: of requests by what they ask for. */
	int socket_error, send_error, get_error, set_error, address_error, eswitch_error,
		eswitch_set_error, port_error, port_set_error, offload_error;
	bool silent;	      /* no answer comes */
	bool short_answer;    /* cut off in the middle */
	unsigned stale;	      /* answers to an older request before the right one */
	unsigned interrupted; /* EINTR of recv() */
	uint32_t foreign;     /* port of another program that answers before the kernel; 0: none */
	uint32_t sender;      /* port of the program that answers now */
	unsigned writes;
	int protocols[64]; /* of sockets, by their number */
	struct {
		uint8_t *bytes;
		size_t size;
		uint32_t port; /* of the sender; 0: the kernel */
	} queue[QUEUE_MAX];
	unsigned first, last;
} kernel;

static inline void kernel_new(void)
{
	for (unsigned i = kernel.first; i < kernel.last; i++)
		free(kernel.queue[i].bytes);
	memset(&kernel, 0, sizeof(kernel));
	kernel.mode = kernel.inline_mode = kernel.encap = -1;
}

/* --- answers ---------------------------------------------------------------------------------- */

static inline void kernel_queue(const void *bytes, size_t size)
{
	ck_assert_uint_lt(kernel.last, QUEUE_MAX);
	kernel.queue[kernel.last].bytes = malloc(size);
	memcpy(kernel.queue[kernel.last].bytes, bytes, size);
	kernel.queue[kernel.last].port = kernel.sender;
	kernel.queue[kernel.last++].size = size;
}

/* Takes the message. */
static inline void kernel_reply(struct nl_msg *message, const struct nlmsghdr *request)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	header->nlmsg_seq = request->nlmsg_seq;
	if (kernel.short_answer)
		header->nlmsg_len += 64;
	kernel_queue(header, kernel.short_answer ? header->nlmsg_len - 64 : header->nlmsg_len);
	nlmsg_free(message);
}

static inline void kernel_answer(const struct nlmsghdr *request, int error)
{
	struct nlmsgerr body = { .error = -error, .msg = *request };
	struct nl_msg *message = nlmsg_alloc_simple(NLMSG_ERROR, 0);

	nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO);
	kernel_reply(message, request);
}

static inline void kernel_done(const struct nlmsghdr *request)
{
	struct nl_msg *message = nlmsg_alloc_simple(NLMSG_DONE, NLM_F_MULTI);
	int error = 0;

	nlmsg_append(message, &error, sizeof(error), NLMSG_ALIGNTO);
	kernel_reply(message, request);
}

static inline struct nl_msg *kernel_generic(uint16_t family, uint8_t command)
{
	struct nl_msg *message = nlmsg_alloc_size(16384);
	struct genlmsghdr header = { .cmd = command, .version = 1 };

	nlmsg_hdr(message)->nlmsg_type = family;
	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	return message;
}

/* --- interfaces ------------------------------------------------------------------------------- */

static inline struct fake_nic *kernel_nic(int index)
{
	for (unsigned i = 0; i < kernel.n_nics; i++)
		if (kernel.nics[i].index == index)
			return &kernel.nics[i];
	return NULL;
}

static inline void put_fake_vf(struct nl_msg *message, const struct fake_nic *nic, unsigned vf)
{
	const struct fake_vf *from = &nic->vfs[vf];
	struct nlattr *nest = nla_nest_start(message, IFLA_VF_INFO), *list;
	struct ifla_vf_mac mac = { .vf = vf };
	struct ifla_vf_vlan vlan = { vf, from->vlan, from->qos };
	struct ifla_vf_vlan_info entry = { vf, from->vlan, from->qos, htons(from->protocol) };
	struct ifla_vf_rate rate = { vf, from->min_rate, from->max_rate };
	struct ifla_vf_spoofchk spoofchk = { vf, from->spoofchk };
	struct ifla_vf_link_state link_state = { vf, from->link_state };
	struct ifla_vf_rss_query_en rss = { vf, from->query_rss };
	struct ifla_vf_trust trust = { vf, from->trust };
	struct ifla_vf_guid node = { vf, from->node_guid }, port = { vf, from->port_guid };

	memcpy(mac.mac, from->mac, 6);
	nla_put(message, IFLA_VF_MAC, sizeof(mac), &mac);
	nla_put(message, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	list = nla_nest_start(message, IFLA_VF_VLAN_LIST);
	nla_put(message, IFLA_VF_VLAN_INFO, sizeof(entry), &entry);
	nla_nest_end(message, list);
	nla_put(message, IFLA_VF_RATE, sizeof(rate), &rate);
	nla_put(message, IFLA_VF_SPOOFCHK, sizeof(spoofchk), &spoofchk);
	nla_put(message, IFLA_VF_LINK_STATE, sizeof(link_state), &link_state);
	nla_put(message, IFLA_VF_RSS_QUERY_EN, sizeof(rss), &rss);
	nla_put(message, IFLA_VF_TRUST, sizeof(trust), &trust);
	if (nic->type == ARPHRD_INFINIBAND) {
		nla_put(message, IFLA_VF_IB_NODE_GUID, sizeof(node), &node);
		nla_put(message, IFLA_VF_IB_PORT_GUID, sizeof(port), &port);
	}
	nla_nest_end(message, nest);
}

static inline void kernel_get_link(const struct nlmsghdr *request)
{
	const struct ifinfomsg *asked = nlmsg_data(request);
	const struct fake_nic *nic = kernel_nic(asked->ifi_index);
	struct nlattr *mask = nlmsg_find_attr((struct nlmsghdr *)request, sizeof(*asked),
					      IFLA_EXT_MASK),
		      *list;
	struct nl_msg *message;
	struct ifinfomsg header;

	if (!nic || kernel.get_error) {
		kernel_answer(request, kernel.get_error ? kernel.get_error : ENODEV);
		return;
	}
	header = (struct ifinfomsg){ .ifi_index = nic->index,
				     .ifi_flags = nic->flags,
				     .ifi_type = (unsigned short)nic->type };
	message = nlmsg_alloc_size(16384);
	nlmsg_hdr(message)->nlmsg_type = RTM_NEWLINK;
	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put_string(message, IFLA_IFNAME, nic->name);
	nla_put_u32(message, IFLA_MTU, nic->mtu);
	nla_put(message, IFLA_PERM_ADDRESS, 6, nic->permanent);
	if (nic->parent)
		nla_put_string(message, IFLA_PARENT_DEV_NAME, nic->parent);
	ck_assert_ptr_nonnull(mask);
	if ((nla_get_u32(mask) & RTEXT_FILTER_VF) && nic->n_vfs) {
		nla_put_u32(message, IFLA_NUM_VF, nic->n_vfs);
		list = nla_nest_start(message, IFLA_VFINFO_LIST);
		for (unsigned vf = 0; vf < nic->n_vfs; vf++)
			put_fake_vf(message, nic, vf);
		nla_nest_end(message, list);
	}
	kernel_reply(message, request);
}

static inline void set_fake_vf(struct fake_nic *nic, struct nlattr *attribute)
{
	const void *data = nla_data(attribute);
	struct fake_vf *vf = &nic->vfs[*(const uint32_t *)data];
	struct nlattr *entry;

	switch (nla_type(attribute)) {
	case IFLA_VF_MAC:
		memcpy(vf->mac, ((const struct ifla_vf_mac *)data)->mac, 6);
		break;
	case IFLA_VF_VLAN:
		vf->vlan = ((const struct ifla_vf_vlan *)data)->vlan;
		break;
	case IFLA_VF_VLAN_LIST:
		entry = nla_data(attribute);
		vf = &nic->vfs[((const struct ifla_vf_vlan_info *)nla_data(entry))->vf];
		vf->vlan = ((const struct ifla_vf_vlan_info *)nla_data(entry))->vlan;
		break;
	case IFLA_VF_TRUST:
		vf->trust = ((const struct ifla_vf_trust *)data)->setting;
		break;
	default:
		ck_abort_msg("attribute %d", nla_type(attribute));
	}
}

static inline void kernel_set_link(const struct nlmsghdr *request)
{
	struct nlmsghdr *message = (struct nlmsghdr *)request;
	const struct ifinfomsg *header = nlmsg_data(request);
	struct fake_nic *nic = kernel_nic(header->ifi_index);
	struct nlattr *name, *mtu, *list, *nest, *attribute;
	int left, inner;

	if (!nic || kernel.set_error) {
		kernel_answer(request, nic ? kernel.set_error : ENODEV);
		return;
	}
	kernel.writes++;
	nic->flags = (nic->flags & ~header->ifi_change) | (header->ifi_flags & header->ifi_change);
	name = nlmsg_find_attr(message, sizeof(*header), IFLA_IFNAME);
	if (name)
		snprintf(nic->name, sizeof(nic->name), "%s", nla_get_string(name));
	mtu = nlmsg_find_attr(message, sizeof(*header), IFLA_MTU);
	if (mtu)
		nic->mtu = nla_get_u32(mtu);
	list = nlmsg_find_attr(message, sizeof(*header), IFLA_VFINFO_LIST);
	if (list)
		nla_for_each_nested(nest, list, left)
		{
			nla_for_each_nested(attribute, nest, inner) set_fake_vf(nic, attribute);
		}
	kernel_answer(request, 0);
}

static inline void kernel_get_addresses(const struct nlmsghdr *request)
{
	if (kernel.address_error) {
		kernel_answer(request, kernel.address_error);
		return;
	}
	for (unsigned i = 0; i < kernel.n_addresses; i++) {
		struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_MULTI);
		struct ifaddrmsg header = { .ifa_family = (uint8_t)kernel.addresses[i].family,
					    .ifa_scope = (uint8_t)kernel.addresses[i].scope,
					    .ifa_index = (unsigned)kernel.addresses[i].index };

		nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
		nla_put(message, header.ifa_family == AF_INET ? IFA_LOCAL : IFA_ADDRESS,
			header.ifa_family == AF_INET ? 4 : 16, kernel.addresses[i].bytes);
		kernel_reply(message, request);
	}
	kernel_done(request);
}

/* --- generic netlink -------------------------------------------------------------------------- */

static inline struct nlattr *asked_for(const struct nlmsghdr *request, int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)request, GENL_HDRLEN, type);
}

static inline void kernel_get_family(const struct nlmsghdr *request)
{
	const char *name = nla_get_string(asked_for(request, CTRL_ATTR_FAMILY_NAME));
	bool devlink = streq(name, "devlink"), ethtool = streq(name, "ethtool");
	struct nl_msg *message;

	if ((!devlink && !ethtool) || (devlink && kernel.no_devlink) ||
	    (ethtool && kernel.no_ethtool)) {
		kernel_answer(request, ENOENT);
		return;
	}
	message = kernel_generic(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name);
	nla_put_u16(message, CTRL_ATTR_FAMILY_ID, devlink ? DEVLINK_FAMILY : ETHTOOL_FAMILY);
	kernel_reply(message, request);
}

static inline void kernel_get_eswitch(const struct nlmsghdr *request)
{
	struct nl_msg *message;

	if (kernel.eswitch_error) {
		kernel_answer(request, kernel.eswitch_error);
		return;
	}
	message = kernel_generic(DEVLINK_FAMILY, DEVLINK_CMD_ESWITCH_GET);
	if (kernel.mode >= 0)
		nla_put_u16(message, DEVLINK_ATTR_ESWITCH_MODE, (uint16_t)kernel.mode);
	if (kernel.inline_mode >= 0)
		nla_put_u8(message, DEVLINK_ATTR_ESWITCH_INLINE_MODE, (uint8_t)kernel.inline_mode);
	if (kernel.encap >= 0)
		nla_put_u8(message, DEVLINK_ATTR_ESWITCH_ENCAP_MODE, (uint8_t)kernel.encap);
	kernel_reply(message, request);
}

static inline void kernel_set_eswitch(const struct nlmsghdr *request)
{
	struct nlattr *mode = asked_for(request, DEVLINK_ATTR_ESWITCH_MODE);
	struct nlattr *inline_mode = asked_for(request, DEVLINK_ATTR_ESWITCH_INLINE_MODE);
	struct nlattr *encap = asked_for(request, DEVLINK_ATTR_ESWITCH_ENCAP_MODE);

	if (!kernel.eswitch_set_error) {
		kernel.writes++;
		kernel.mode = mode ? nla_get_u16(mode) : kernel.mode;
		kernel.inline_mode = inline_mode ? nla_get_u8(inline_mode) : kernel.inline_mode;
		kernel.encap = encap ? nla_get_u8(encap) : kernel.encap;
	}
	kernel_answer(request, kernel.eswitch_set_error);
}

static inline void kernel_get_ports(const struct nlmsghdr *request)
{
	if (kernel.port_error) {
		kernel_answer(request, kernel.port_error);
		return;
	}
	for (unsigned i = 0; i < kernel.n_ports; i++) {
		const struct fake_port *port = &kernel.ports[i];
		struct nl_msg *message = kernel_generic(DEVLINK_FAMILY, DEVLINK_CMD_PORT_NEW);
		struct nlattr *function;

		nla_put_string(message, DEVLINK_ATTR_BUS_NAME, "pci");
		nla_put_string(message, DEVLINK_ATTR_DEV_NAME,
			       port->device ? port->device : FAKE_PF);
		nla_put_u32(message, DEVLINK_ATTR_PORT_INDEX, port->index);
		nla_put_u16(message, DEVLINK_ATTR_PORT_FLAVOUR,
			    port->physical ? DEVLINK_PORT_FLAVOUR_PHYSICAL
					   : DEVLINK_PORT_FLAVOUR_PCI_VF);
		nla_put_u16(message, DEVLINK_ATTR_PORT_PCI_VF_NUMBER, port->vf);
		nla_put_u8(message, DEVLINK_ATTR_PORT_EXTERNAL, port->external);
		function = nla_nest_start(message, DEVLINK_ATTR_PORT_FUNCTION);
		nla_put(message, DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR, 6, port->mac);
		nla_put(message, PORT_FUNCTION_CAPS, sizeof(port->caps), &port->caps);
		nla_nest_end(message, function);
		nlmsg_hdr(message)->nlmsg_flags |= NLM_F_MULTI;
		kernel_reply(message, request);
	}
	kernel_done(request);
}

static inline void kernel_set_port(const struct nlmsghdr *request)
{
	uint32_t index = nla_get_u32(asked_for(request, DEVLINK_ATTR_PORT_INDEX));
	struct nlattr *function = asked_for(request, DEVLINK_ATTR_PORT_FUNCTION);
	struct nlattr *mac =
		nla_find(nla_data(function), nla_len(function), DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR);
	struct nlattr *caps = nla_find(nla_data(function), nla_len(function), PORT_FUNCTION_CAPS);
	struct nla_bitfield32 bits;

	ck_assert_str_eq(nla_get_string(asked_for(request, DEVLINK_ATTR_BUS_NAME)), "pci");
	ck_assert_str_eq(nla_get_string(asked_for(request, DEVLINK_ATTR_DEV_NAME)), FAKE_PF);
	for (unsigned i = 0; i < kernel.n_ports && !kernel.port_set_error; i++) {
		if (kernel.ports[i].index != index)
			continue;
		kernel.writes++;
		if (mac)
			memcpy(kernel.ports[i].mac, nla_data(mac), 6);
		if (caps) {
			memcpy(&bits, nla_data(caps), sizeof(bits));
			kernel.ports[i].caps.value = (kernel.ports[i].caps.value & ~bits.selector) |
						     (bits.value & bits.selector);
		}
	}
	kernel_answer(request, kernel.port_set_error);
}

static inline int64_t feature_of(struct nlattr *bit)
{
	struct nlattr *name = nla_find(nla_data(bit), nla_len(bit), ETHTOOL_A_BITSET_BIT_NAME);

	return nla_strcmp(name, "rx-vlan-hw-parse") == 0    ? 1
	       : nla_strcmp(name, "tx-vlan-hw-insert") == 0 ? 2
							    : 0;
}

static inline void kernel_features(const struct nlmsghdr *request, bool set)
{
	struct nlattr *wanted, *bits, *bit;
	struct nl_msg *message;
	int left;

	if (kernel.offload_error) {
		kernel_answer(request, kernel.offload_error);
		return;
	}
	if (set) {
		kernel.writes++;
		wanted = asked_for(request, ETHTOOL_A_FEATURES_WANTED);
		bits = nla_find(nla_data(wanted), nla_len(wanted), ETHTOOL_A_BITSET_BITS);
		nla_for_each_nested(bit, bits, left)
		{
			int64_t feature = feature_of(bit);

			kernel.offload &= ~feature;
			if (nla_find(nla_data(bit), nla_len(bit), ETHTOOL_A_BITSET_BIT_VALUE))
				kernel.offload |= feature;
		}
		kernel_answer(request, 0);
		return;
	}
	message = kernel_generic(ETHTOOL_FAMILY, ETHTOOL_MSG_FEATURES_GET_REPLY);
	wanted = nla_nest_start(message, ETHTOOL_A_FEATURES_ACTIVE);
	bits = nla_nest_start(message, ETHTOOL_A_BITSET_BITS);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "rx-vlan-hw-parse", "tx-vlan-hw-insert",
						     "rx-gro" };

		if (i < 2 && !(kernel.offload & (1 << i)))
			continue;
		bit = nla_nest_start(message, ETHTOOL_A_BITSET_BITS_BIT);
		nla_put_string(message, ETHTOOL_A_BITSET_BIT_NAME, names[i]);
		nla_nest_end(message, bit);
	}
	nla_nest_end(message, bits);
	nla_nest_end(message, wanted);
	kernel_reply(message, request);
}

static inline void kernel_request_generic(const struct nlmsghdr *request)
{
	uint8_t command = ((const struct genlmsghdr *)nlmsg_data(request))->cmd;

	if (request->nlmsg_type == GENL_ID_CTRL)
		kernel_get_family(request);
	else if (request->nlmsg_type == ETHTOOL_FAMILY)
		kernel_features(request, command == ETHTOOL_MSG_FEATURES_SET);
	else if (command == DEVLINK_CMD_ESWITCH_GET)
		kernel_get_eswitch(request);
	else if (command == DEVLINK_CMD_ESWITCH_SET)
		kernel_set_eswitch(request);
	else if (command == DEVLINK_CMD_PORT_GET)
		kernel_get_ports(request);
	else if (command == DEVLINK_CMD_PORT_SET)
		kernel_set_port(request);
	else
		ck_abort_msg("type %d, command %d", request->nlmsg_type, command);
}

/* --- system calls ----------------------------------------------------------------------------- */

int socket(int domain, int type, int protocol)
{
	int fd;

	ck_assert_int_eq(domain, AF_NETLINK);
	ck_assert(type & SOCK_CLOEXEC);
	if (kernel.socket_error) {
		errno = kernel.socket_error;
		return -1;
	}
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	ck_assert(fd >= 0 && fd < (int)ARRAY_SIZE(kernel.protocols));
	kernel.protocols[fd] = protocol;
	return fd;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	const struct nlmsghdr *request = data;

	ck_assert_uint_eq(request->nlmsg_len, size);
	ck_assert(request->nlmsg_flags & NLM_F_REQUEST);
	if (kernel.send_error) {
		errno = kernel.send_error;
		return -1;
	}
	for (; kernel.stale > 0; kernel.stale--) {
		struct nlmsghdr older = *request;

		older.nlmsg_seq--;
		kernel_answer(&older, EPERM);
	}
	if (kernel.foreign) {
		kernel.sender = kernel.foreign;
		kernel_answer(request, EPERM);
		kernel.sender = 0;
	}
	if (kernel.silent)
		return (ssize_t)size;
	if (kernel.protocols[fd] == NETLINK_GENERIC)
		kernel_request_generic(request);
	else if (request->nlmsg_type == RTM_GETLINK)
		kernel_get_link(request);
	else if (request->nlmsg_type == RTM_SETLINK || request->nlmsg_type == RTM_NEWLINK)
		kernel_set_link(request);
	else if (request->nlmsg_type == RTM_GETADDR)
		kernel_get_addresses(request);
	else
		ck_abort_msg("type %d", request->nlmsg_type);
	return (ssize_t)size;
}

ssize_t recvfrom(int fd, void *restrict buffer, size_t size, int flags,
		 struct sockaddr *restrict address, socklen_t *restrict address_size)
{
	size_t there;

	if (kernel.interrupted > 0 && kernel.interrupted--) {
		errno = EINTR;
		return -1;
	}
	if (kernel.first == kernel.last) {
		errno = EAGAIN;
		return -1;
	}
	there = kernel.queue[kernel.first].size;
	if (address) {
		const struct sockaddr_nl from = { .nl_family = AF_NETLINK,
						  .nl_pid = kernel.queue[kernel.first].port };

		memcpy(address, &from, sizeof(from));
		*address_size = sizeof(from);
	}
	if (size)
		memcpy(buffer, kernel.queue[kernel.first].bytes, MIN(size, there));
	if (!(flags & MSG_PEEK)) {
		free(kernel.queue[kernel.first++].bytes);
		if (kernel.first == kernel.last)
			kernel.first = kernel.last = 0;
	}
	return (ssize_t)(flags & MSG_TRUNC ? there : MIN(size, there));
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	return recvfrom(fd, buffer, size, flags, NULL, NULL);
}

#endif
