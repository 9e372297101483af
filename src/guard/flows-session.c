/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a session stands on a flow: then it is never deleted. */
#include <sallyport/addr.h>
#include "flows-judge.h"

static bool
port_fits(uint16_t wanted, uint16_t port)
{
	return wanted == 0 || wanted == port;
}

/* The host's own end, where it is not told which of its addresses. */
static bool
is_near(const struct judge *judge, const struct lifeline *ll,
	const struct in6_addr *addr)
{
	if (!addr_is_any(&ll->local))
		return addr_equal(&ll->local, addr);
	return ll->way == LIFELINE_THROUGH || addr_is_loopback(addr) ||
	       routes_own(judge->routes, addr);
}

static bool
stands_on(const struct judge *judge, const struct lifeline *ll,
	  const struct in6_addr *near, uint16_t near_port,
	  const struct in6_addr *far, uint16_t far_port)
{
	return is_near(judge, ll, near) &&
	       (ll->any_peer ||
		addr_in_prefix(far, &ll->peer, ll->peer_len)) &&
	       port_fits(ll->local_port, near_port) &&
	       port_fits(ll->peer_port, far_port);
}

static bool
is_of(const struct judge *judge, const struct flow *flow,
      const struct lifeline *ll)
{
	if (ll->v4 || ll->proto != flow->proto)
		return false;
	return stands_on(judge, ll, &flow->end, flow->end_port, &flow->src,
			 flow->sport) ||
	       stands_on(judge, ll, &flow->src, flow->sport, &flow->end,
			 flow->end_port);
}

bool
judge_is_lifeline(const struct judge *judge, const struct flow *flow,
	      const struct vec *lifelines)
{
	for (size_t i = 0; i < lifelines->n; i++)
		for (const struct lifeline *ll = lifelines->v[i]; ll;
		     ll = ll->outer)
			if (is_of(judge, flow, ll))
				return true;
	return false;
}
