/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expires must be renewed: a route or an address that router
 * advertisements brought goes when they stop, one that is leased when DHCPv6
 * cannot renew it, long after the confirmation. */
#include <netinet/icmp6.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks-parts.h"

/* With the IPv6 header. */
static const struct range ra_length = { 56, 1280 };
static const struct range rs_length = { 48, 80 };
static const struct range dhcp_length = { 52, 1280 };

#define ALL_NODES { .s6_addr = { 0xff, 0x02, [15] = 1 } }
#define ALL_ROUTERS { .s6_addr = { 0xff, 0x02, [15] = 2 } }
#define ALL_DHCP { .s6_addr = { 0xff, 0x02, [13] = 1, [15] = 2 } }
#define DHCP_CLIENT { 546, 546 }
#define DHCP_SERVER { 547, 547 }

/* To a group, or to or from any link-local address. A router's answer to a
 * solicitation may come to our address alone (RFC 4861 6.2.6). A DHCPv6 client
 * asks a group: the answer is no answer for conntrack, but NEW. */
static const struct renewal_need {
	const char *packet;
	bool leased;	/* for link.leased; else for link.by_ra */
	bool out;
	bool group;	/* dst is a group */
	bool advisory;
	struct packet set;
} renewal_needs[] = {
	{ N_("router advertisement in"), .group = true, .set = {
		.proto = IPPROTO_ICMPV6, .icmp_type = ND_ROUTER_ADVERT,
		.dst = ALL_NODES, .hop_limit = { 255, 255 },
		.ct = CT_UNTRACKED } },
	{ N_("router advertisement in"), .set = {
		.proto = IPPROTO_ICMPV6, .icmp_type = ND_ROUTER_ADVERT,
		.hop_limit = { 255, 255 }, .ct = CT_UNTRACKED } },
	{ N_("router solicitation out"), .out = true, .group = true,
	  .advisory = true, .set = {
		.proto = IPPROTO_ICMPV6, .icmp_type = ND_ROUTER_SOLICIT,
		.dst = ALL_ROUTERS, .hop_limit = { 255, 255 },
		.ct = CT_UNTRACKED } },
	{ N_("DHCPv6 answer in"), .leased = true, .set = {
		.proto = IPPROTO_UDP, .sport = DHCP_SERVER,
		.dport = DHCP_CLIENT, .hop_limit = { 1, 255 },
		.ct = CT_NEW } },
	{ N_("DHCPv6 request out"), .leased = true, .out = true, .group = true,
	  .set = {
		.proto = IPPROTO_UDP, .sport = DHCP_CLIENT,
		.dport = DHCP_SERVER, .dst = ALL_DHCP, .hop_limit = { 1, 255 },
		.ct = CT_NEW } },
};

static struct range
need_length(const struct packet *set)
{
	if (set->proto == IPPROTO_UDP)
		return dhcp_length;
	return set->icmp_type == ND_ROUTER_SOLICIT ? rs_length : ra_length;
}

/* The router that the route names is the one that renews it. */
static void
set_source(const struct lifeline_link *link, const struct renewal_need *need,
	   struct packet *p)
{
	bool router = !need->out && !need->leased &&
		      addr_is_link_local(&link->gateway);

	p->src = router ? link->gateway : link_local;
	p->src_len = router ? 128 : 64;
}

static void
add_need(const struct lifeline_link *link, const struct renewal_need *need,
	 struct vec *checks)
{
	struct packet p = need->set;

	set_source(link, need, &p);
	if (!need->group)
		p.dst = link_local;
	p.dst_len = need->group ? 128 : 64;
	p.length = need_length(&p);
	p.routed_back = !need->out && link->ifname[0];
	packet_set_links(&p, need->out ? NULL : link, need->out ? link : NULL);
	checks_push(checks, (struct check){
			.packet = need->packet,
			.advisory = need->advisory,
			.set = p,
		    }, need->out ? "OUTPUT" : "INPUT");
}

static void
add_link(const struct lifeline_link *link, struct vec *checks)
{
	for (size_t i = 0; i < ARRAY_LEN(renewal_needs); i++) {
		const struct renewal_need *need = &renewal_needs[i];

		if (need->leased ? link->leased : link->by_ra)
			add_need(link, need, checks);
	}
}

void
checks_renewal(const struct lifeline *ll, struct vec *checks)
{
	add_link(&ll->link, checks);
	if (ll->way == LIFELINE_THROUGH)
		add_link(&ll->inner, checks);
}
