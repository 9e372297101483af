/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTM_GETROUTE over libnl: one question, one answer, nothing changed. */
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sallyport/err.h>
#include <sallyport/i18n.h>
#include <sallyport/str.h>
#include "routes.h"

/* What the kernel answers. */
struct answer {
	bool found;
	int ifindex;
	struct in6_addr gateway;
	bool has_gateway;
};

static int
on_route(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct rtmsg *rtm = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(h, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return NL_SKIP;
	if ((rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_LOCAL) ||
	    !tb[RTA_OIF])
		return NL_SKIP;
	answer->found = true;
	answer->ifindex = (int)nla_get_u32(tb[RTA_OIF]);
	if (tb[RTA_GATEWAY] && nla_len(tb[RTA_GATEWAY]) == 16) {
		memcpy(&answer->gateway, nla_data(tb[RTA_GATEWAY]), 16);
		answer->has_gateway = true;
	}
	return NL_OK;
}

static bool
ask(struct nl_sock *sk, const struct in6_addr *dst, unsigned ifindex,
    struct answer *answer)
{
	struct rtmsg rtm = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	int rc = -1;

	if (!msg || nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) < 0 ||
	    nla_put(msg, RTA_DST, sizeof(*dst), dst) < 0 ||
	    (ifindex && nla_put_u32(msg, RTA_OIF, ifindex) < 0))
		die(_("out of memory"));
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_route, answer);
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	return rc >= 0 && answer->found;
}

static bool
describe_link(struct nl_sock *sk, int ifindex, struct lifeline_link *link)
{
	struct rtnl_link *there;

	if (rtnl_link_get_kernel(sk, ifindex, NULL, &there) < 0)
		return false;
	str_copy(link->ifname, sizeof(link->ifname), rtnl_link_get_name(there));
	link->no_ndp = rtnl_link_get_flags(there) & (IFF_NOARP | IFF_LOOPBACK);
	rtnl_link_put(there);
	return true;
}

bool
route_lookup(const struct in6_addr *dst, unsigned ifindex,
	     struct lifeline_link *link)
{
	struct nl_sock *sk = nl_socket_alloc();
	struct answer answer = { .found = false };
	bool found;

	memset(link, 0, sizeof(*link));
	if (!sk)
		die(_("out of memory"));
	nl_socket_disable_auto_ack(sk);
	found = nl_connect(sk, NETLINK_ROUTE) >= 0 &&
		ask(sk, dst, ifindex, &answer) &&
		describe_link(sk, answer.ifindex, link);
	nl_socket_free(sk);
	link->gateway = answer.gateway;
	link->on_link = found && !answer.has_gateway;
	return found;
}
