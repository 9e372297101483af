/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges over rtnetlink: their addresses and routes tell the subnets, their
 * neighbours who is there, and the bridge's own table behind which port. The
 * kernel filters by interface where it can, so that a full routing table costs
 * nothing; the callbacks look again, as older kernels do not. */
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <string.h>
#include <stdlib.h>
#include <sallyport/addr.h>
#include <sallyport/err.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "containers-internal.h"
#include "routes.h"

#define MAC_SIZE 6

/* What the bridge has learnt: behind which port a link address is. */
struct learnt {
	unsigned char mac[MAC_SIZE];
	unsigned port;
};

struct look {
	struct nl_sock *sk;
	struct containers *out;
	struct bridge *bridge;	/* that is looked at */
	struct vec learnt;	/* of struct learnt * */
};

/* A question: what is dumped, its header, and by which attribute the kernel
 * filters it. */
struct question {
	int type;
	const void *head;
	size_t size;
	int filter;
	nl_recvmsg_msg_cb_t take;
};

static void
ask(struct look *look, const struct question *q)
{
	struct nl_msg *msg = nlmsg_alloc_simple(q->type,
						NLM_F_REQUEST | NLM_F_DUMP);

	if (!msg || nlmsg_append(msg, (void *)q->head, q->size,
				 NLMSG_ALIGNTO) < 0 ||
	    (q->filter && nla_put_u32(msg, q->filter,
				      look->bridge->ifindex) < 0))
		die(_("out of memory"));
	nl_socket_modify_cb(look->sk, NL_CB_VALID, NL_CB_CUSTOM, q->take, look);
	if (nl_send_auto(look->sk, msg) >= 0)
		nl_recvmsgs_default(look->sk);
	nlmsg_free(msg);
}

static bool
has_address(struct nlattr *attr, struct in6_addr *addr)
{
	if (!attr || nla_len(attr) != sizeof(*addr))
		return false;
	memcpy(addr, nla_data(attr), sizeof(*addr));
	return true;
}

static bool
is_bridge(struct nlattr *info)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	return info && nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) == 0 &&
	       tb[IFLA_INFO_KIND] &&
	       nla_strcmp(tb[IFLA_INFO_KIND], "bridge") == 0;
}

static int
on_link(struct nl_msg *msg, void *arg)
{
	struct look *look = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifinfomsg *link = nlmsg_data(h);
	struct nlattr *tb[IFLA_MAX + 1];
	struct bridge *bridge;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(h, sizeof(*link), tb, IFLA_MAX, NULL) < 0 ||
	    !tb[IFLA_IFNAME] || !is_bridge(tb[IFLA_LINKINFO]))
		return NL_SKIP;
	bridge = xcalloc(1, sizeof(*bridge));
	bridge->ifindex = (unsigned)link->ifi_index;
	str_copy(bridge->ifname, IFNAMSIZ, nla_get_string(tb[IFLA_IFNAME]));
	vec_push(&look->out->bridges, bridge);
	return NL_OK;
}

static int
on_address(struct nl_msg *msg, void *arg)
{
	struct look *look = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifaddrmsg *ifa = nlmsg_data(h);
	struct nlattr *tb[IFA_MAX + 1];
	struct in6_addr addr;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    nlmsg_parse(h, sizeof(*ifa), tb, IFA_MAX, NULL) < 0 ||
	    ifa->ifa_index != look->bridge->ifindex ||
	    ifa->ifa_prefixlen == 128 || !has_address(tb[IFA_ADDRESS], &addr))
		return NL_SKIP;
	if (subnet_is_useful(&addr, ifa->ifa_prefixlen))
		bridge_add_subnet(look->bridge, &addr, ifa->ifa_prefixlen);
	return NL_OK;
}

static int
on_route(struct nl_msg *msg, void *arg)
{
	struct look *look = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct rtmsg *rtm = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];
	struct in6_addr dst;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(h, sizeof(*rtm), tb, RTA_MAX, NULL) < 0 ||
	    rtm->rtm_type != RTN_UNICAST || rtm->rtm_table == RT_TABLE_LOCAL ||
	    !tb[RTA_OIF] || nla_get_u32(tb[RTA_OIF]) != look->bridge->ifindex ||
	    !has_address(tb[RTA_DST], &dst))
		return NL_SKIP;
	if (subnet_is_useful(&dst, rtm->rtm_dst_len))
		bridge_add_subnet(look->bridge, &dst, rtm->rtm_dst_len);
	return NL_OK;
}

static int
on_learnt(struct nl_msg *msg, void *arg)
{
	struct look *look = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ndmsg *nd = nlmsg_data(h);
	struct nlattr *tb[NDA_MAX + 1];
	struct learnt *learnt;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    nlmsg_parse(h, sizeof(*nd), tb, NDA_MAX, NULL) < 0 ||
	    !tb[NDA_LLADDR] || nla_len(tb[NDA_LLADDR]) != MAC_SIZE ||
	    (unsigned)nd->ndm_ifindex == look->bridge->ifindex)
		return NL_SKIP;
	learnt = xcalloc(1, sizeof(*learnt));
	memcpy(learnt->mac, nla_data(tb[NDA_LLADDR]), MAC_SIZE);
	learnt->port = (unsigned)nd->ndm_ifindex;
	vec_push(&look->learnt, learnt);
	return NL_OK;
}

static void
set_port(const struct look *look, struct nlattr *mac, struct container *one)
{
	char name[IFNAMSIZ];

	for (size_t i = 0; mac && i < look->learnt.n; i++) {
		const struct learnt *learnt = look->learnt.v[i];

		if (nla_len(mac) == MAC_SIZE &&
		    memcmp(nla_data(mac), learnt->mac, MAC_SIZE) == 0 &&
		    if_indextoname(learnt->port, name))
			str_copy(one->port, IFNAMSIZ, name);
	}
}

static int
on_neighbour(struct nl_msg *msg, void *arg)
{
	static const int there = NUD_REACHABLE | NUD_STALE | NUD_DELAY |
				 NUD_PROBE | NUD_PERMANENT;
	struct look *look = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ndmsg *nd = nlmsg_data(h);
	struct nlattr *tb[NDA_MAX + 1];
	struct container *one;
	struct in6_addr addr;

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    nlmsg_parse(h, sizeof(*nd), tb, NDA_MAX, NULL) < 0 ||
	    (unsigned)nd->ndm_ifindex != look->bridge->ifindex ||
	    !(nd->ndm_state & there) || !has_address(tb[NDA_DST], &addr) ||
	    !subnet_is_useful(&addr, 128))
		return NL_SKIP;
	one = containers_take(look->out, &addr);
	if (!one)
		return NL_SKIP;
	memcpy(one->ifname, look->bridge->ifname, IFNAMSIZ);
	set_port(look, tb[NDA_LLADDR], one);
	return NL_OK;
}

static void
clear_learnt(struct look *look)
{
	for (size_t i = 0; i < look->learnt.n; i++)
		free(look->learnt.v[i]);
	vec_done(&look->learnt);
}

static void
look_at_bridge(struct look *look)
{
	struct ifaddrmsg ifa = { .ifa_family = AF_INET6,
				 .ifa_index = look->bridge->ifindex };
	struct rtmsg rtm = { .rtm_family = AF_INET6 };
	struct ndmsg fdb = { .ndm_family = AF_BRIDGE };
	struct ndmsg nd = { .ndm_family = AF_INET6 };
	const struct question questions[] = {
		{ RTM_GETADDR, &ifa, sizeof(ifa), 0, on_address },
		{ RTM_GETROUTE, &rtm, sizeof(rtm), RTA_OIF, on_route },
		{ RTM_GETNEIGH, &fdb, sizeof(fdb), NDA_MASTER, on_learnt },
		{ RTM_GETNEIGH, &nd, sizeof(nd), NDA_IFINDEX, on_neighbour },
	};

	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		ask(look, &questions[i]);
	clear_learnt(look);
}

/* What is on the bridge that leads outside passes it, not our rules. */
static void
drop_uplink(struct containers *out)
{
	static const struct in6_addr anywhere = { .s6_addr = { 0x20 } };
	struct lifeline_link link;

	if (!route_lookup(&anywhere, 0, &link))
		return;
	for (size_t i = 0; i < out->bridges.n; i++) {
		struct bridge *bridge = out->bridges.v[i];

		if (strcmp(bridge->ifname, link.ifname))
			continue;
		free(vec_remove(&out->bridges, i));
		return;
	}
}

void
containers_from_kernel(struct containers *out)
{
	struct look look = { .sk = nl_socket_alloc(), .out = out };
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	int on = 1;

	if (!look.sk)
		die(_("out of memory"));
	if (nl_connect(look.sk, NETLINK_ROUTE) == 0) {
		setsockopt(nl_socket_get_fd(look.sk), SOL_NETLINK,
			   NETLINK_GET_STRICT_CHK, &on, sizeof(on));
		ask(&look, &(struct question){ RTM_GETLINK, &link, sizeof(link),
					       0, on_link });
		drop_uplink(out);
		for (size_t i = 0; i < out->bridges.n; i++) {
			look.bridge = out->bridges.v[i];
			look_at_bridge(&look);
		}
	}
	nl_socket_free(look.sk);
}
