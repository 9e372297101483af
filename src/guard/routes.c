/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTM_GETROUTE over libnl: one question, one answer, nothing changed. A second
 * one (RTM_F_FIB_MATCH) tells of the entry itself, and whether it expires. */
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/err.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "addresses.h"
#include "routes.h"
#include "routing-rules.h"

struct routes {
	struct nl_sock *sk;
	struct vec addresses;	/* of struct own_address * */
	bool bridged;		/* all bridges, by the sysctl */
	bool bridge_rules;	/* br_netfilter is there at all */
	bool by_mark;		/* ip -6 rule fwmark */
};

/* What the kernel answers. */
struct answer {
	bool found;
	unsigned ifindex;
	struct in6_addr gateway;
	struct in6_addr source;
	bool has_gateway;
	uint8_t protocol;	/* who made the route: RTPROT_RA */
	bool expires;
};

static void
read_address(const struct nlattr *attr, struct in6_addr *addr)
{
	if (attr && nla_len(attr) == 16)
		memcpy(addr, nla_data(attr), 16);
}

static int
on_route(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct rtmsg *rtm = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];
	const struct rta_cacheinfo *cache;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(h, sizeof(*rtm), tb, RTA_MAX, NULL) < 0 ||
	    (rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_LOCAL))
		return NL_SKIP;
	answer->found = true;
	if (tb[RTA_OIF])
		answer->ifindex = nla_get_u32(tb[RTA_OIF]);
	read_address(tb[RTA_GATEWAY], &answer->gateway);
	read_address(tb[RTA_PREFSRC], &answer->source);
	answer->has_gateway = tb[RTA_GATEWAY] || tb[RTA_VIA];
	answer->protocol = rtm->rtm_protocol;
	if (tb[RTA_CACHEINFO] &&
	    nla_len(tb[RTA_CACHEINFO]) >= (int)sizeof(*cache)) {
		cache = nla_data(tb[RTA_CACHEINFO]);
		answer->expires = cache->rta_expires != 0;
	}
	return NL_OK;
}

static void
put(struct nl_msg *msg, int type, const void *data, int len)
{
	if (nla_put(msg, type, len, data) < 0)
		die(_("out of memory"));
}

static bool
ask(struct nl_sock *sk, const struct route_query *q, unsigned flags,
    struct answer *answer)
{
	struct rtmsg rtm = { .rtm_family = AF_INET6, .rtm_dst_len = 128,
			     .rtm_flags = flags };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	bool from = !addr_is_any(&q->src);
	int rc;

	*answer = (struct answer){ .found = false };
	rtm.rtm_src_len = from ? 128 : 0;
	if (!msg || nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) < 0)
		die(_("out of memory"));
	put(msg, RTA_DST, &q->dst, sizeof(q->dst));
	if (from)
		put(msg, RTA_SRC, &q->src, sizeof(q->src));
	if (q->ifindex)
		put(msg, RTA_OIF, &q->ifindex, sizeof(q->ifindex));
	if (q->mark)
		put(msg, RTA_MARK, &q->mark, sizeof(q->mark));
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_route, answer);
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	return rc >= 0 && answer->found;
}

/* A route that router advertisements keep alive: the kernel's own from them
 * (RTPROT_RA), those that a network manager makes of them, and the prefix's,
 * which the kernel calls its own and lets expire (addrconf_prefix_route). */
static bool
hangs_on_ra(struct routes *routes, const struct route_query *q)
{
	struct answer entry;

	return ask(routes->sk, q, RTM_F_FIB_MATCH, &entry) &&
	       (entry.protocol == RTPROT_RA ||
		(entry.protocol == RTPROT_KERNEL && entry.expires));
}

static void
learn_address(const struct routes *routes, const struct in6_addr *source,
	      struct lifeline_link *link)
{
	const struct own_address *own = addresses_find(&routes->addresses,
						       source);

	if (own && own->lasts == LASTS_BY_RA)
		link->by_ra = true;
	if (own && own->lasts == LASTS_BY_LEASE)
		link->leased = true;
}

static void
learn_link(const struct routes *routes, const struct link_facts *facts,
	   struct lifeline_link *link)
{
	memcpy(link->ifname, facts->ifname, sizeof(link->ifname));
	link->no_ndp = facts->no_ndp;
	link->by_mark = routes->by_mark;
	link->bridged = strcmp(facts->kind, "bridge") == 0 &&
			(routes->bridged ||
			 (routes->bridge_rules && facts->nf_call));
}

bool
routes_find(struct routes *routes, const struct route_query *query,
	    struct route *route)
{
	struct link_facts facts = { .ifname = "" };
	struct answer answer;

	*route = (struct route){ .source = query->src };
	if (!routes || !ask(routes->sk, query, 0, &answer) ||
	    !answer.ifindex || !link_find(routes->sk, answer.ifindex, &facts))
		return false;
	route->ifindex = answer.ifindex;
	route->tunnel = facts.tunnel;
	if (addr_is_any(&route->source))
		route->source = answer.source;
	learn_link(routes, &facts, &route->link);
	route->link.local = addr_is_any(&answer.source) ? route->source :
							  answer.source;
	route->link.gateway = answer.gateway;
	route->link.on_link = !answer.has_gateway;
	route->link.by_ra = hangs_on_ra(routes, query);
	learn_address(routes, &route->source, &route->link);
	return true;
}

bool
routes_link(struct routes *routes, unsigned ifindex,
	    struct lifeline_link *link)
{
	struct link_facts facts = { .ifname = "" };

	*link = (struct lifeline_link){ .ifname = "" };
	if (!routes || !ifindex || !link_find(routes->sk, ifindex, &facts))
		return false;
	learn_link(routes, &facts, link);
	return true;
}

bool
routes_own(const struct routes *routes, const struct in6_addr *addr)
{
	return routes && addresses_find(&routes->addresses, addr) != NULL;
}

static void
read_bridge_setting(struct routes *routes)
{
	struct str text = { 0 };

	routes->bridge_rules = !file_read(AT_FDCWD, "/proc/sys/net/bridge/"
		"bridge-nf-call-ip6tables", 16, &text);
	routes->bridged = routes->bridge_rules && text.len > 0 &&
			  text.s[0] == '1';
	str_done(&text);
}

struct routes *
routes_open(void)
{
	struct routes *routes = xcalloc(1, sizeof(*routes));

	routes->sk = nl_socket_alloc();
	if (!routes->sk)
		die(_("out of memory"));
	nl_socket_disable_auto_ack(routes->sk);
	if (nl_connect(routes->sk, NETLINK_ROUTE) < 0) {
		routes_close(routes);
		return NULL;
	}
	addresses_list(routes->sk, &routes->addresses);
	read_bridge_setting(routes);
	routes->by_mark = routing_by_mark(routes->sk);
	return routes;
}

void
routes_close(struct routes *routes)
{
	if (!routes)
		return;
	nl_socket_free(routes->sk);
	for (size_t i = 0; i < routes->addresses.n; i++)
		free(routes->addresses.v[i]);
	vec_done(&routes->addresses);
	free(routes);
}

bool
route_lookup(const struct in6_addr *dst, unsigned ifindex,
	     struct lifeline_link *link)
{
	const struct route_query query = { .dst = *dst, .ifindex = ifindex };
	struct routes *routes = routes_open();
	struct route route;
	bool found = routes_find(routes, &query, &route);

	*link = route.link;
	routes_close(routes);
	return found;
}
