/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links of a lifeline, and what carries them: the packets around those of a
 * tunnel are a lifeline too, and may go through a tunnel themselves. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "lifeline-links.h"
#include "wireguard.h"

#define DEPTH_MAX 4	/* tunnels in tunnels */

/* Where nobody is known: whoever is far away. */
static const struct in6_addr anywhere = { .s6_addr = { 0x20 } };

static struct lifeline *
outer_of(const struct lifeline *ll, const struct tunnel *tunnel)
{
	struct lifeline *outer = xcalloc(1, sizeof(*outer));

	outer->origin = LIFELINE_OUTER;
	outer->way = LIFELINE_IN;
	outer->proto = tunnel->proto;
	outer->v4 = tunnel->v4;
	outer->any_peer = addr_is_any(&tunnel->remote);
	outer->peer = tunnel->remote;
	outer->peer_len = 128;
	outer->local = tunnel->local;
	outer->peer_port = tunnel->remote_port;
	outer->local_port = tunnel->local_port;
	outer->strict = ll->strict;
	return outer;
}

static void learn(struct routes *routes, struct lifeline *ll,
		  unsigned ifindex, uint32_t mark, int depth);

static void
learn_tunnel(struct routes *routes, struct lifeline *ll,
	     struct route *route, int depth)
{
	struct tunnel *tunnel = &route->tunnel;

	if (tunnel->wireguard)
		wireguard_find(route->ifindex, &ll->peer, tunnel);
	if (!tunnel->proto || depth == DEPTH_MAX)
		return;
	ll->outer = outer_of(ll, tunnel);
	if (ll->outer->v4)
		return;
	learn(routes, ll->outer, tunnel->ifindex, tunnel->mark, depth + 1);
	/* A route to the far end through the tunnel itself tells nothing. */
	if (strcmp(ll->outer->link.ifname, ll->link.ifname) == 0) {
		lifeline_free(ll->outer->outer);
		ll->outer->outer = NULL;
		ll->outer->link = (struct lifeline_link){ .ifname = "" };
	}
}

static void
learn(struct routes *routes, struct lifeline *ll, unsigned ifindex,
      uint32_t mark, int depth)
{
	const struct route_query query = {
		.dst = ll->any_peer || addr_is_any(&ll->peer) ? anywhere :
								ll->peer,
		.src = ll->way == LIFELINE_THROUGH ? in6addr_any : ll->local,
		.ifindex = ifindex,
		.mark = mark,
	};
	struct route route;

	if (!routes_find(routes, &query, &route))
		return;
	ll->link = route.link;
	if (ll->way == LIFELINE_OUT)
		ll->local = route.source;
	learn_tunnel(routes, ll, &route, depth);
}

void
lifeline_learn_links(struct routes *routes, struct lifeline *ll,
		     unsigned ifindex)
{
	const struct route_query behind = { .dst = ll->local };
	struct route route;

	if (ll->v4)
		return;
	learn(routes, ll, ifindex, 0, 0);
	if (strcmp(ll->from.ifname, ll->link.ifname) == 0 ||
	    !routes_link(routes, if_nametoindex(ll->from.ifname), &ll->from))
		ll->from = (struct lifeline_link){ .ifname = "" };
	if (ll->way == LIFELINE_THROUGH &&
	    routes_find(routes, &behind, &route))
		ll->inner = route.link;
}

void
lifeline_free(struct lifeline *ll)
{
	while (ll) {
		struct lifeline *outer = ll->outer;

		free(ll);
		ll = outer;
	}
}
