/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generic.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>

#include "socket.h"
#include "util.h"

/* Names of the kernel's features; numbers differ from one kernel to the next. */
static const struct {
	const char *name;
	int64_t bit;
} features[] = {
	{ "rx-vlan-hw-parse", NET_OFFLOAD_RX },
	{ "tx-vlan-hw-insert", NET_OFFLOAD_TX },
};

int net_generic_message(uint16_t family, uint8_t command, uint8_t version,
			struct nl_msg **ret_message)
{
	struct nl_msg *message = nlmsg_alloc();

	if (!message)
		return -ENOMEM;
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, command, version)) {
		nlmsg_free(message);
		return -ENOMEM;
	}
	*ret_message = message;
	return 0;
}

/* --- families -------------------------------------------------------------------------------- */

const void *net_generic_attributes(const struct nlmsghdr *message, size_t *ret_size)
{
	int size = nlmsg_datalen(message) - GENL_HDRLEN;

	*ret_size = size > 0 ? (size_t)size : 0;
	return (const uint8_t *)nlmsg_data(message) + GENL_HDRLEN;
}

static int read_family(const struct nlmsghdr *message, void *userdata)
{
	uint16_t *family = userdata;
	size_t size;
	const void *attributes = net_generic_attributes(message, &size);
	struct nlattr *id = nla_find(attributes, (int)size, CTRL_ATTR_FAMILY_ID);

	if (id && nla_len(id) >= (int)sizeof(*family))
		*family = nla_get_u16(id);
	return 1;
}

int net_generic_open(const char *name, int *ret_fd, uint16_t *ret_family)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_close_ int fd = net_socket_open(NETLINK_GENERIC);
	uint16_t family = 0;
	int r;

	if (fd < 0)
		return fd;
	r = net_generic_message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, &message);
	if (r == 0 && nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = net_socket_exchange(fd, message, read_family, &family);
	if (r < 0)
		return r;
	*ret_fd = fd;
	fd = -1;
	*ret_family = family;
	return 0;
}

/* --- devlink --------------------------------------------------------------------------------- */

int net_message_eswitch(uint16_t family, const char *bus, const char *address,
			const struct net_eswitch *set, struct nl_msg **ret_message)
{
	uint8_t command = set ? DEVLINK_CMD_ESWITCH_SET : DEVLINK_CMD_ESWITCH_GET;
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r;

	r = net_generic_message(family, command, DEVLINK_GENL_VERSION, &message);
	if (r < 0)
		return r;
	if (nla_put_string(message, DEVLINK_ATTR_BUS_NAME, bus) < 0 ||
	    nla_put_string(message, DEVLINK_ATTR_DEV_NAME, address) < 0)
		return -ENOMEM;
	if (set && ((set->mode >= 0 &&
		     nla_put_u16(message, DEVLINK_ATTR_ESWITCH_MODE, (uint16_t)set->mode) < 0) ||
		    (set->inline_mode >= 0 && nla_put_u8(message, DEVLINK_ATTR_ESWITCH_INLINE_MODE,
							 (uint8_t)set->inline_mode) < 0) ||
		    (set->encap >= 0 && nla_put_u8(message, DEVLINK_ATTR_ESWITCH_ENCAP_MODE,
						   (uint8_t)set->encap) < 0)))
		return -ENOMEM;
	*ret_message = message;
	message = NULL;
	return 0;
}

static int number_of(const void *attributes, size_t size, int type, int width)
{
	struct nlattr *attribute = nla_find(attributes, (int)size, type);

	if (!attribute || nla_len(attribute) < width)
		return -1;
	return width == 2 ? nla_get_u16(attribute) : nla_get_u8(attribute);
}

int net_eswitch_parse(const void *attributes, size_t size, struct net_eswitch *ret_eswitch)
{
	*ret_eswitch = (struct net_eswitch){
		.mode = number_of(attributes, size, DEVLINK_ATTR_ESWITCH_MODE, 2),
		.inline_mode = number_of(attributes, size, DEVLINK_ATTR_ESWITCH_INLINE_MODE, 1),
		.encap = number_of(attributes, size, DEVLINK_ATTR_ESWITCH_ENCAP_MODE, 1),
	};
	return 1;
}

static int read_eswitch(const struct nlmsghdr *message, void *userdata)
{
	size_t size;
	const void *attributes = net_generic_attributes(message, &size);

	return net_eswitch_parse(attributes, size, userdata);
}

static int ask_devlink(struct viod_pf *pf, const char *bus, const char *address,
		       const struct net_eswitch *set, struct net_eswitch *ret_eswitch)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_close_ int fd = -1;
	uint16_t family;
	int r;

	r = net_generic_open(DEVLINK_GENL_NAME, &fd, &family);
	if (r == 0)
		r = net_message_eswitch(family, bus, address, set, &message);
	if (r < 0)
		return r;
	return set ? net_socket_send(pf, fd, message)
		   : net_socket_exchange(fd, message, read_eswitch, ret_eswitch);
}

int net_eswitch_get(const char *bus, const char *address, struct net_eswitch *ret_eswitch)
{
	struct net_eswitch eswitch = { -1, -1, -1 };
	int r = ask_devlink(NULL, bus, address, NULL, &eswitch);

	if (r == 0)
		*ret_eswitch = eswitch;
	return r;
}

int net_eswitch_set(struct viod_pf *pf, const char *bus, const char *address,
		    const struct net_eswitch *eswitch)
{
	return ask_devlink(pf, bus, address, eswitch, NULL);
}

/* --- ethtool --------------------------------------------------------------------------------- */

static int put_header(struct nl_msg *message, int index)
{
	struct nlattr *header = nla_nest_start(message, ETHTOOL_A_FEATURES_HEADER);

	if (!header || nla_put_u32(message, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t)index) < 0)
		return -ENOMEM;
	return nla_nest_end(message, header);
}

static int put_feature(struct nl_msg *message, const char *name, bool on)
{
	struct nlattr *bit = nla_nest_start(message, ETHTOOL_A_BITSET_BITS_BIT);

	if (!bit || nla_put_string(message, ETHTOOL_A_BITSET_BIT_NAME, name) < 0 ||
	    (on && nla_put_flag(message, ETHTOOL_A_BITSET_BIT_VALUE) < 0))
		return -ENOMEM;
	return nla_nest_end(message, bit);
}

/* Only the bits that are named change. */
static int put_wanted(struct nl_msg *message, int64_t offload)
{
	struct nlattr *set = nla_nest_start(message, ETHTOOL_A_FEATURES_WANTED), *bits;

	bits = set ? nla_nest_start(message, ETHTOOL_A_BITSET_BITS) : NULL;
	if (!bits)
		return -ENOMEM;
	for (size_t i = 0; i < NET_ARRAY_SIZE(features); i++)
		if (put_feature(message, features[i].name, offload & features[i].bit) < 0)
			return -ENOMEM;
	if (nla_nest_end(message, bits) < 0)
		return -ENOMEM;
	return nla_nest_end(message, set);
}

int net_message_offload(uint16_t family, int index, bool set, int64_t offload,
			struct nl_msg **ret_message)
{
	uint8_t command = set ? ETHTOOL_MSG_FEATURES_SET : ETHTOOL_MSG_FEATURES_GET;
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	int r;

	r = net_generic_message(family, command, ETHTOOL_GENL_VERSION, &message);
	if (r < 0)
		return r;
	if (put_header(message, index) < 0 || (set && put_wanted(message, offload) < 0))
		return -ENOMEM;
	*ret_message = message;
	message = NULL;
	return 0;
}

static int64_t bit_of(struct nlattr *bit)
{
	struct nlattr *name = nla_find(nla_data(bit), nla_len(bit), ETHTOOL_A_BITSET_BIT_NAME);

	for (size_t i = 0; name && i < NET_ARRAY_SIZE(features); i++)
		if (nla_strcmp(name, features[i].name) == 0)
			return features[i].bit;
	return 0;
}

int net_offload_parse(const void *attributes, size_t size, int64_t *ret_offload)
{
	struct nlattr *active, *bits = NULL, *bit;
	int64_t offload = 0;
	int left;

	active = nla_find(attributes, (int)size, ETHTOOL_A_FEATURES_ACTIVE);
	if (active)
		bits = nla_find(nla_data(active), nla_len(active), ETHTOOL_A_BITSET_BITS);
	/* Without any active feature there are no bits. */
	if (!active)
		return -EBADMSG;
	if (bits)
		nla_for_each_nested(bit, bits, left) offload |= bit_of(bit);
	*ret_offload = offload;
	return 1;
}

static int read_offload(const struct nlmsghdr *message, void *userdata)
{
	size_t size;
	const void *attributes = net_generic_attributes(message, &size);

	return net_offload_parse(attributes, size, userdata);
}

int net_offload_get(int index, int64_t *ret_offload)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_close_ int fd = -1;
	int64_t offload = -1;
	uint16_t family;
	int r;

	r = net_generic_open(ETHTOOL_GENL_NAME, &fd, &family);
	if (r == 0)
		r = net_message_offload(family, index, false, 0, &message);
	if (r == 0)
		r = net_socket_exchange(fd, message, read_offload, &offload);
	if (r == 0)
		*ret_offload = offload;
	return r;
}

int net_offload_set(struct viod_pf *pf, int index, int64_t offload)
{
	_cleanup_(net_messagep) struct nl_msg *message = NULL;
	_cleanup_close_ int fd = -1;
	uint16_t family;
	int r;

	r = net_generic_open(ETHTOOL_GENL_NAME, &fd, &family);
	if (r == 0)
		r = net_message_offload(family, index, true, offload, &message);
	return r < 0 ? r : net_socket_send(pf, fd, message);
}
