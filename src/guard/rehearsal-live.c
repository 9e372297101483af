/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a link of this host looks: read over netlink, nothing changed. */
#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/str.h>
#include "rehearsal-internal.h"

#define MTU_MIN 1280	/* RFC 8200 5 */

static void
read_mac(struct nl_addr *from, unsigned char mac[ETH_ALEN], bool *known)
{
	*known = from && nl_addr_get_len(from) == ETH_ALEN;
	if (*known)
		memcpy(mac, nl_addr_get_binary_addr(from), ETH_ALEN);
}

static void
read_link(struct rtnl_link *link, struct live_link *facts)
{
	facts->mtu = rtnl_link_get_mtu(link);
	facts->group = rtnl_link_get_group(link);
	facts->noarp = rtnl_link_get_flags(link) & IFF_NOARP;
	facts->slave = rtnl_link_get_master(link) != 0;
	facts->ethernet = rtnl_link_get_arptype(link) == ARPHRD_ETHER;
	if (facts->ethernet)
		read_mac(rtnl_link_get_addr(link), facts->mac,
			 &facts->ethernet);
	if (facts->mtu < MTU_MIN)
		facts->mtu = MTU_MIN;
}

static void
read_address(struct nl_object *object, void *arg)
{
	struct live_link *facts = arg;
	struct rtnl_addr *addr = (struct rtnl_addr *)object;
	struct nl_addr *local = rtnl_addr_get_local(addr);
	struct link_addr *to = &facts->addrs[facts->n_addrs];
	unsigned flags = rtnl_addr_get_flags(addr);

	if (facts->n_addrs == LINK_ADDRS || !local ||
	    nl_addr_get_len(local) != sizeof(to->addr) ||
	    flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return;
	memcpy(&to->addr, nl_addr_get_binary_addr(local), sizeof(to->addr));
	to->len = (unsigned)rtnl_addr_get_prefixlen(addr);
	to->deprecated = flags & IFA_F_DEPRECATED;
	facts->n_addrs++;
}

static void
read_addresses(struct nl_sock *sk, int ifindex, struct live_link *facts)
{
	struct rtnl_addr *wanted = rtnl_addr_alloc();
	struct nl_cache *cache;

	if (wanted && rtnl_addr_alloc_cache(sk, &cache) >= 0) {
		rtnl_addr_set_family(wanted, AF_INET6);
		rtnl_addr_set_ifindex(wanted, ifindex);
		nl_cache_foreach_filter(cache, (struct nl_object *)wanted,
					read_address, facts);
		nl_cache_free(cache);
	}
	rtnl_addr_put(wanted);
}

bool
live_link_read(const char *ifname, struct live_link *facts)
{
	struct nl_sock *sk;
	struct rtnl_link *link;
	bool found;

	memset(facts, 0, sizeof(*facts));
	str_copy(facts->ifname, sizeof(facts->ifname), ifname);
	if (net_open(&sk) < 0)
		return false;
	found = rtnl_link_get_kernel(sk, 0, ifname, &link) >= 0;
	if (found) {
		read_link(link, facts);
		read_addresses(sk, rtnl_link_get_ifindex(link), facts);
		rtnl_link_put(link);
	}
	nl_socket_free(sk);
	return found;
}

struct wanted_neighbour {
	const struct in6_addr *addr;
	unsigned char *mac;
	bool known;
};

static void
read_neighbour(struct nl_object *object, void *arg)
{
	struct wanted_neighbour *wanted = arg;
	struct rtnl_neigh *neigh = (struct rtnl_neigh *)object;
	struct nl_addr *dst = rtnl_neigh_get_dst(neigh);

	if (dst && nl_addr_get_len(dst) == sizeof(*wanted->addr) &&
	    memcmp(nl_addr_get_binary_addr(dst), wanted->addr,
		   sizeof(*wanted->addr)) == 0)
		read_mac(rtnl_neigh_get_lladdr(neigh), wanted->mac,
			 &wanted->known);
}

bool
neighbour_mac(const char *ifname, const struct in6_addr *addr,
	      unsigned char mac[ETH_ALEN])
{
	struct wanted_neighbour wanted = { .addr = addr, .mac = mac };
	struct rtnl_neigh *like = rtnl_neigh_alloc();
	struct nl_cache *cache;
	struct nl_sock *sk;

	if (net_open(&sk) < 0)
		return false;
	if (like && rtnl_neigh_alloc_cache(sk, &cache) >= 0) {
		rtnl_neigh_set_family(like, AF_INET6);
		rtnl_neigh_set_ifindex(like, (int)if_nametoindex(ifname));
		nl_cache_foreach_filter(cache, (struct nl_object *)like,
					read_neighbour, &wanted);
		nl_cache_free(cache);
	}
	rtnl_neigh_put(like);
	nl_socket_free(sk);
	return wanted.known;
}
