/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is built and asked over netlink in the namespace that we are in. */
#include <net/if.h>
#include <netinet/in.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>
#include <linux/if_link.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include "rehearsal-internal.h"

int
net_open(struct nl_sock **sk)
{
	int rc;

	*sk = nl_socket_alloc();
	if (!*sk)
		die(_("out of memory"));
	rc = nl_connect(*sk, NETLINK_ROUTE);
	if (rc < 0)
		nl_socket_free(*sk);
	return rc;
}

static struct nl_addr *
address_of(const struct in6_addr *addr, unsigned len)
{
	struct nl_addr *a = nl_addr_build(AF_INET6, addr, sizeof(*addr));

	if (!a)
		die(_("out of memory"));
	nl_addr_set_prefixlen(a, (int)len);
	return a;
}

int
net_add_cable(struct nl_sock *sk, const struct live_link *facts,
	      const char *outer_name, int outer_ns)
{
	struct rtnl_link *link = rtnl_link_veth_alloc();
	struct rtnl_link *peer = link ? rtnl_link_veth_get_peer(link) : NULL;
	struct nl_addr *mac = NULL;
	int rc;

	if (!link || !peer)
		die(_("out of memory"));
	rtnl_link_set_name(link, facts->ifname);
	rtnl_link_set_mtu(link, facts->mtu);
	rtnl_link_set_group(link, (int)facts->group);
	if (facts->ethernet) {
		mac = nl_addr_build(AF_LLC, facts->mac, ETH_ALEN);
		rtnl_link_set_addr(link, mac);
	}
	rtnl_link_set_name(peer, outer_name);
	rtnl_link_set_mtu(peer, facts->mtu);
	rtnl_link_set_ns_fd(peer, outer_ns);
	rc = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	nl_addr_put(mac);
	rtnl_link_put(peer);
	rtnl_link_put(link);
	return rc;
}

static int
change_link(struct nl_sock *sk, int ifindex, struct rtnl_link *to)
{
	struct rtnl_link *link = rtnl_link_alloc();
	int rc;

	if (!link)
		die(_("out of memory"));
	rtnl_link_set_ifindex(link, ifindex);
	rc = rtnl_link_change(sk, link, to, 0);
	rtnl_link_put(link);
	return rc;
}

/* Without an address of its own making. */
int
net_bring_up(struct nl_sock *sk, int ifindex, bool noarp)
{
	struct rtnl_link *mode = rtnl_link_alloc(), *up = rtnl_link_alloc();
	int rc;

	if (!mode || !up)
		die(_("out of memory"));
	rtnl_link_set_ifindex(mode, ifindex);
	rc = rtnl_link_inet6_set_addr_gen_mode(mode, IN6_ADDR_GEN_MODE_NONE);
	if (rc == 0)
		rc = change_link(sk, ifindex, mode);
	rtnl_link_set_flags(up, noarp ? IFF_UP | IFF_NOARP : IFF_UP);
	if (rc == 0)
		rc = change_link(sk, ifindex, up);
	rtnl_link_put(up);
	rtnl_link_put(mode);
	return rc;
}

int
net_add_address(struct nl_sock *sk, int ifindex, const struct link_addr *from)
{
	struct nl_addr *local = address_of(&from->addr, from->len);
	struct rtnl_addr *addr = rtnl_addr_alloc();
	int rc;

	if (!addr)
		die(_("out of memory"));
	rtnl_addr_set_ifindex(addr, ifindex);
	rtnl_addr_set_flags(addr, IFA_F_NODAD);
	rtnl_addr_set_local(addr, local);
	if (from->deprecated) {
		rtnl_addr_set_valid_lifetime(addr, 3600);
		rtnl_addr_set_preferred_lifetime(addr, 0);
	}
	rc = rtnl_addr_add(sk, addr, NLM_F_REPLACE);
	rtnl_addr_put(addr);
	nl_addr_put(local);
	return rc;
}

int
net_add_route(struct nl_sock *sk, int ifindex, const struct in6_addr *dst,
	      unsigned len, const struct in6_addr *gateway)
{
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct rtnl_route *route = rtnl_route_alloc();
	struct nl_addr *to = address_of(dst, len), *by = NULL;
	int rc;

	if (!hop || !route)
		die(_("out of memory"));
	rtnl_route_nh_set_ifindex(hop, ifindex);
	if (gateway) {
		by = address_of(gateway, 128);
		rtnl_route_nh_set_gateway(hop, by);
		rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
	}
	rtnl_route_add_nexthop(route, hop);
	rtnl_route_set_dst(route, to);
	rc = rtnl_route_add(sk, route, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_route_put(route);
	nl_addr_put(to);
	nl_addr_put(by);
	return rc;
}

int
net_dress(struct nl_sock *sk, int ifindex, const struct live_link *facts)
{
	int rc = net_bring_up(sk, ifindex, facts->noarp);

	for (size_t i = 0; rc == 0 && i < facts->n_addrs; i++)
		rc = net_add_address(sk, ifindex, &facts->addrs[i]);
	return rc;
}

/* --- Neighbours --- */

struct neighbours {
	struct nl_sock *sk;
	const struct in6_addr *addr;
	int state;
};

static void
each_neighbour(int ifindex, void (*each)(struct nl_object *, void *),
	       struct neighbours *n)
{
	struct rtnl_neigh *like = rtnl_neigh_alloc();
	struct nl_cache *cache;

	if (net_open(&n->sk) < 0)
		return;
	if (like && rtnl_neigh_alloc_cache(n->sk, &cache) >= 0) {
		rtnl_neigh_set_family(like, AF_INET6);
		rtnl_neigh_set_ifindex(like, ifindex);
		nl_cache_foreach_filter(cache, (struct nl_object *)like, each,
					n);
		nl_cache_free(cache);
	}
	rtnl_neigh_put(like);
	nl_socket_free(n->sk);
}

static void
forget(struct nl_object *object, void *arg)
{
	struct neighbours *n = arg;
	struct rtnl_neigh *neigh = (struct rtnl_neigh *)object;

	if (!(rtnl_neigh_get_state(neigh) & NUD_NOARP))
		rtnl_neigh_delete(n->sk, neigh, 0);
}

void
net_forget_neighbours(int ifindex)
{
	struct neighbours n = { .state = 0 };

	each_neighbour(ifindex, forget, &n);
}

static void
look_at(struct nl_object *object, void *arg)
{
	struct neighbours *n = arg;
	struct rtnl_neigh *neigh = (struct rtnl_neigh *)object;
	struct nl_addr *dst = rtnl_neigh_get_dst(neigh);

	if (dst && nl_addr_get_len(dst) == sizeof(*n->addr) &&
	    memcmp(nl_addr_get_binary_addr(dst), n->addr,
		   sizeof(*n->addr)) == 0)
		n->state = rtnl_neigh_get_state(neigh);
}

int
net_neighbour_state(int ifindex, const struct in6_addr *addr)
{
	struct neighbours n = { .addr = addr };

	each_neighbour(ifindex, look_at, &n);
	return n.state;
}

bool
net_doubt_neighbour(int ifindex, const struct in6_addr *addr)
{
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	struct nl_addr *dst = address_of(addr, 128);
	struct nl_sock *sk;
	int rc = net_open(&sk);

	if (!neigh)
		die(_("out of memory"));
	rtnl_neigh_set_ifindex(neigh, ifindex);
	rtnl_neigh_set_dst(neigh, dst);
	rtnl_neigh_set_state(neigh, NUD_PROBE);
	if (rc == 0) {
		rc = rtnl_neigh_add(sk, neigh, NLM_F_REPLACE);
		nl_socket_free(sk);
	}
	nl_addr_put(dst);
	rtnl_neigh_put(neigh);
	return rc == 0;
}
