/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour discovery on the links that a lifeline crosses. Without it they
 * fall silent within a minute. */
#include <netinet/icmp6.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks-parts.h"

/* With the IPv6 header: a solicitation with some options. */
static const struct range ndp_length = { 64, 104 };

/* Addresses of neighbour discovery. */
enum end {
	END_US,
	END_US_LINK,		/* our link-local address */
	END_US_NODE,		/* our solicited-node multicast address */
	END_NEIGHBOUR,
	END_NEIGHBOUR_LINK,
	END_NEIGHBOUR_NODE,
	END_UNSPECIFIED,
};

/* Who asks whom (RFC 4861 7.2): a solicitation goes to the solicited-node
 * address, a probe to the address itself. Linux asks from the address that its
 * packet comes from, and from its link-local one when it probes. */
static const struct ndp_need {
	const char *packet;
	bool out;
	uint8_t type;
	enum end src;
	enum end dst;
} ndp_needs[] = {
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR, END_US_NODE },
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR_LINK, END_US_NODE },
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR, END_US },
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR_LINK, END_US },
	{ N_("neighbour advertisement out"), true, ND_NEIGHBOR_ADVERT,
	  END_US, END_NEIGHBOUR },
	{ N_("neighbour advertisement out"), true, ND_NEIGHBOR_ADVERT,
	  END_US, END_NEIGHBOUR_LINK },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US, END_NEIGHBOUR_NODE },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US_LINK, END_NEIGHBOUR_NODE },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US, END_NEIGHBOUR },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US_LINK, END_NEIGHBOUR },
	{ N_("neighbour advertisement in"), false, ND_NEIGHBOR_ADVERT,
	  END_NEIGHBOUR, END_US },
	{ N_("neighbour advertisement in"), false, ND_NEIGHBOR_ADVERT,
	  END_NEIGHBOUR, END_US_LINK },
};

/* Both ends of a link as neighbour discovery sees them. */
struct ends {
	const struct lifeline_link *link;
	struct in6_addr us;	/* our address, link-local where no other one is
				 * known */
	unsigned us_len;
	struct in6_addr neighbour;	/* the same of the next hop */
	unsigned neighbour_len;
	bool bridged;		/* "us" is behind the bridge too */
};

static void
set_end(struct in6_addr *end, unsigned *end_len, const struct in6_addr *addr,
	unsigned len)
{
	bool known = !addr_is_any(addr);

	*end = known ? *addr : link_local;
	*end_len = known ? len : 64;
}

/* The solicited-node address of what is no single address: any such. */
static unsigned
node_of(struct in6_addr *addr, unsigned len)
{
	*addr = addr_solicited_node(addr);
	return len == 128 ? 128 : 104;
}

/* The address at an end. False where another row says the same: the end's own
 * address is link-local already. */
static bool
end_address(const struct ends *ends, enum end end, struct in6_addr *addr,
	    unsigned *len)
{
	bool ours = end == END_US || end == END_US_LINK || end == END_US_NODE;

	*addr = ours ? ends->us : ends->neighbour;
	*len = ours ? ends->us_len : ends->neighbour_len;
	switch (end) {
	case END_US:
	case END_NEIGHBOUR:
		return true;
	case END_US_NODE:
	case END_NEIGHBOUR_NODE:
		*len = node_of(addr, *len);
		return true;
	case END_US_LINK:
	case END_NEIGHBOUR_LINK:
		if (addr_is_link_local(addr))
			return false;
		*addr = link_local;
		*len = 64;
		return true;
	case END_UNSPECIFIED:
		memset(addr, 0, sizeof(*addr));
		*len = 128;
		return true;
	}
	return false;
}

/* Bridged frames go in and out by the same bridge, and lose no hop. */
static const char *
set_hook(const struct ends *ends, bool out, struct packet *p)
{
	p->bridged = ends->bridged;
	packet_set_links(p, !out || ends->bridged ? ends->link : NULL,
			 out || ends->bridged ? ends->link : NULL);
	if (ends->bridged)
		return "FORWARD";
	return out ? "OUTPUT" : "INPUT";
}

static void
add_need(const struct ends *ends, const struct ndp_need *need, bool advisory,
	 struct vec *checks)
{
	struct packet p = {
		.proto = IPPROTO_ICMPV6,
		.icmp_type = need->type,
		.hop_limit = ndp_hops,
		.length = ndp_length,
		.ct = CT_UNTRACKED,
	};
	const char *hook = set_hook(ends, need->out, &p);

	if (!end_address(ends, need->src, &p.src, &p.src_len) ||
	    !end_address(ends, need->dst, &p.dst, &p.dst_len))
		return;
	/* The next hop is reached by its link, whatever its address is. */
	p.routed_back = need->src == END_NEIGHBOUR && ends->link->ifname[0];
	checks_push(checks, (struct check){
			.packet = need->packet, .advisory = advisory, .set = p,
		    }, hook);
}

static void
add_link(const struct ends *ends, struct vec *checks)
{
	for (size_t i = 0; i < ARRAY_LEN(ndp_needs) && !ends->link->no_ndp; i++)
		add_need(ends, &ndp_needs[i], false, checks);
}

/* Towards the peer. */
static struct ends
outward(const struct lifeline *ll)
{
	const struct lifeline_link *link = &ll->link;
	bool ours = ll->way != LIFELINE_THROUGH || lifeline_is_bridged(ll);
	struct ends ends = { .link = link, .bridged = lifeline_is_bridged(ll) };

	set_end(&ends.us, &ends.us_len, ours ? &ll->local : &link->local, 128);
	set_end(&ends.neighbour, &ends.neighbour_len,
		link->on_link ? &ll->peer : &link->gateway,
		link->on_link ? ll->peer_len : 128);
	return ends;
}

/* Towards whom a lifeline through this host reaches. */
static struct ends
inward(const struct lifeline *ll)
{
	const struct lifeline_link *link = &ll->inner;
	struct ends ends = { .link = link };

	set_end(&ends.us, &ends.us_len, &link->local, 128);
	set_end(&ends.neighbour, &ends.neighbour_len,
		link->on_link ? &ll->local : &link->gateway, 128);
	return ends;
}

/* Where the peer's packets come in: the router there is not known, nor the
 * address of ours that it asks for. */
static struct ends
backward(const struct lifeline *ll)
{
	struct ends ends = { .link = &ll->from };

	set_end(&ends.us, &ends.us_len, &ll->from.local, 128);
	set_end(&ends.neighbour, &ends.neighbour_len, &ll->from.gateway, 128);
	return ends;
}

void
checks_neighbours(const struct lifeline *ll, struct vec *checks)
{
	struct ends out = outward(ll), in = inward(ll), back = backward(ll);

	add_link(&out, checks);
	if (ll->from.ifname[0])
		add_link(&back, checks);
	if (ll->way == LIFELINE_THROUGH && !out.bridged)
		add_link(&in, checks);
}

void
checks_duplicates(const struct lifeline *ll, struct vec *checks)
{
	static const struct ndp_need need = {
		N_("duplicate address detection in"), false,
		ND_NEIGHBOR_SOLICIT, END_UNSPECIFIED, END_US_NODE,
	};
	struct ends ends = outward(ll);

	if (!ll->link.no_ndp && !ends.bridged)
		add_need(&ends, &need, true, checks);
}
