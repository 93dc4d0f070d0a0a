/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says about the VFs of an interface, by other code than viod's: "vfs INTERFACE"
 * prints a line for each, "vfs INTERFACE FILE [stats]" writes the raw answer, without its
 * netlink header (tests/fuzz/corpus/vfinfo). "ip" shows nothing of 335 VFs or more, where the 16
 * bits of the list's length do not suffice; here the entries are counted.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static union {
	struct nlmsghdr header;
	char bytes[1 << 20];
} answer;

static const char *const flags[] = { "off", "on" };
static const char *const states[] = { "auto", "enable", "disable" };

static void need(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

static void ask(unsigned index, uint32_t mask)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr attribute;
		uint32_t mask;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = (int)index },
		.attribute = { .rta_len = 8, .rta_type = IFLA_EXT_MASK },
		.mask = mask,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n;

	need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	need(send(fd, &request, sizeof(request), 0) == sizeof(request), "send");
	n = recv(fd, &answer, sizeof(answer), MSG_TRUNC);
	need(n > 0 && (size_t)n <= sizeof(answer), "recv");
	need(answer.header.nlmsg_type == RTM_NEWLINK, "the kernel's answer");
	close(fd);
}

static const char *word(const struct rtattr *attribute, const char *const *words, unsigned n_words)
{
	const struct ifla_vf_spoofchk *pair = RTA_DATA(attribute);

	return pair->setting < n_words ? words[pair->setting] : "?";
}

static void print_mac(const struct rtattr *attribute)
{
	const struct ifla_vf_mac *mac = RTA_DATA(attribute);

	printf("%u mac=%02x:%02x:%02x:%02x:%02x:%02x", mac->vf, mac->mac[0], mac->mac[1],
	       mac->mac[2], mac->mac[3], mac->mac[4], mac->mac[5]);
}

static void print_vlan(const struct rtattr *list)
{
	const struct rtattr *first = RTA_DATA(list);
	const struct ifla_vf_vlan_info *vlan = RTA_DATA(first);
	unsigned protocol = ntohs(vlan->vlan_proto);

	printf(" vlan=%u qos=%u proto=%s", vlan->vlan, vlan->qos,
	       protocol == ETH_P_8021Q	  ? "802.1q"
	       : protocol == ETH_P_8021AD ? "802.1ad"
					  : "none");
}

static void print_rate(const struct rtattr *attribute)
{
	const struct ifla_vf_rate *rate = RTA_DATA(attribute);

	printf(" min=%u max=%u", rate->min_tx_rate, rate->max_tx_rate);
}

/* In the kernel's order: mac, rate, spoofchk, link state, query rss, trust, vlan list. */
static void print_vf(const struct rtattr *vf)
{
	size_t left = RTA_PAYLOAD(vf);

	for (const struct rtattr *a = RTA_DATA(vf); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		switch (a->rta_type & NLA_TYPE_MASK) {
		case IFLA_VF_MAC:
			print_mac(a);
			break;
		case IFLA_VF_VLAN_LIST:
			print_vlan(a);
			break;
		case IFLA_VF_RATE:
			print_rate(a);
			break;
		case IFLA_VF_SPOOFCHK:
			printf(" spoofchk=%s", word(a, flags, 2));
			break;
		case IFLA_VF_LINK_STATE:
			printf(" link-state=%s", word(a, states, 3));
			break;
		case IFLA_VF_RSS_QUERY_EN:
			printf(" query-rss=%s", word(a, flags, 2));
			break;
		case IFLA_VF_TRUST:
			printf(" trust=%s", word(a, flags, 2));
			break;
		}
	}
	putchar('\n');
}

static void print_list(const struct rtattr *list, size_t left, unsigned count)
{
	const struct rtattr *vf = RTA_DATA(list);

	left -= sizeof(*list);
	for (; count && RTA_OK(vf, left) && vf->rta_type == IFLA_VF_INFO; count--) {
		print_vf(vf);
		vf = RTA_NEXT(vf, left);
	}
	if (count) {
		fprintf(stderr, "%u VFs are missing from the answer\n", count);
		exit(EXIT_FAILURE);
	}
}

static void print_answer(void)
{
	size_t left = IFLA_PAYLOAD(&answer.header);
	unsigned count = 0;

	/* Not further than the list: what comes after it is not found by its length. */
	for (const struct rtattr *a = IFLA_RTA(NLMSG_DATA(&answer.header)); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		if ((a->rta_type & NLA_TYPE_MASK) == IFLA_NUM_VF)
			memcpy(&count, RTA_DATA(a), sizeof(count));
		if ((a->rta_type & NLA_TYPE_MASK) == IFLA_VFINFO_LIST) {
			print_list(a, left, count);
			return;
		}
	}
}

static void write_answer(const char *path)
{
	size_t size = answer.header.nlmsg_len - NLMSG_HDRLEN;
	FILE *file = fopen(path, "w");

	need(file && fwrite(NLMSG_DATA(&answer.header), 1, size, file) == size && fclose(file) == 0,
	     path);
}

int main(int argc, char **argv)
{
	unsigned index = 0;

	if (argc > 1)
		index = argv[1][0] == '#' ? strtoul(argv[1] + 1, NULL, 10)
					  : if_nametoindex(argv[1]);
	need(index > 0, "usage: vfs INTERFACE|#NUMBER [FILE [stats]]");
	ask(index, RTEXT_FILTER_VF | (argc > 3 ? 0 : RTEXT_FILTER_SKIP_STATS));
	if (argc > 2)
		write_answer(argv[2]);
	else
		print_answer();
	return EXIT_SUCCESS;
}
