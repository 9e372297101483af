/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way a flow goes, as its addresses and the routes say, and the packets
 * that begin connections like it. */
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <search.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "flows-judge.h"

/* The link of the route to an address. */
struct hop {
	struct in6_addr addr;
	char ifname[IFNAMSIZ];	/* "": not known */
};

enum way
judge_way(const struct judge *judge, const struct flow *flow)
{
	if (routes_own(judge->routes, &flow->end) ||
	    addr_is_loopback(&flow->end) || addr_is_multicast(&flow->end))
		return WAY_INPUT;
	return routes_own(judge->routes, &flow->src) ||
	       addr_is_loopback(&flow->src) ? WAY_OUTPUT : WAY_FORWARD;
}

bool
judge_is_within(const struct judge *judge, const struct flow *flow)
{
	return judge_way(judge, flow) == WAY_INPUT &&
	       (routes_own(judge->routes, &flow->src) ||
		addr_is_loopback(&flow->src));
}

static int
compare_hops(const void *left, const void *right)
{
	const struct hop *a = left, *b = right;

	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* A link-local address may be on any link. */
const char *
judge_link(struct judge *judge, const struct in6_addr *addr)
{
	const struct route_query query = { .dst = *addr };
	struct hop key = { .addr = *addr }, *hop;
	struct route route;
	void *found = tfind(&key, &judge->hops, compare_hops);

	if (found)
		return (*(struct hop **)found)->ifname;
	hop = xmemdup(&key, sizeof(key));
	if (!addr_is_link_local(addr) && !addr_is_multicast(addr) &&
	    routes_find(judge->routes, &query, &route))
		str_copy(hop->ifname, IFNAMSIZ, route.link.ifname);
	if (!tsearch(hop, &judge->hops, compare_hops))
		die(_("out of memory"));
	return hop->ifname;
}

static void
set_links(struct judge *judge, const struct flow *flow, enum way way,
	  enum level level, struct packet *p)
{
	bool named = level >= LEVEL_LINKS;

	if (named && way != WAY_OUTPUT)
		str_copy(p->in, IFNAMSIZ, judge_is_within(judge, flow) ? "lo" :
			 judge_link(judge, &flow->src));
	if (named && way != WAY_INPUT)
		str_copy(p->out, IFNAMSIZ, judge_link(judge, &flow->end));
	p->in_unknown = way != WAY_OUTPUT && !p->in[0];
	p->out_unknown = way != WAY_INPUT && !p->out[0];
	p->routed_back = p->in[0] != '\0';
}

static void
set_protocol(const struct flow *flow, enum level level, struct packet *p)
{
	static const struct range any = { 0, 65535 };

	p->proto = flow->proto;
	p->sport = any;
	p->dport = any;
	if (level >= LEVEL_SERVICE)
		p->dport = (struct range){ flow->end_port, flow->end_port };
	if (level >= LEVEL_EXACT)
		p->sport = (struct range){ flow->sport, flow->sport };
	p->icmp_type = flow->icmp_type;
	p->icmp_code = flow->icmp_code;
	if (flow->proto == IPPROTO_TCP) {
		p->tcp_flags = TH_SYN;
		p->length = (struct range){ 60, 120 };
	}
}

/* The first packet of all connections that are like the flow so far. A program
 * may have given it a mark when it was sent from here. */
struct packet
judge_packet(struct judge *judge, const struct flow *flow, enum way way,
	    enum level level)
{
	struct packet p = {
		.hop_limit = { 1, 255 },
		.length = { 48, 1500 },
		.ct = CT_NEW,
		.mark_unknown = way == WAY_OUTPUT,
	};

	set_links(judge, flow, way, level, &p);
	set_protocol(flow, level, &p);
	if (level >= LEVEL_SERVICE) {
		p.dst = flow->end;
		p.dst_len = 128;
	}
	if (level >= LEVEL_SOURCE) {
		p.src = flow->src;
		p.src_len = 128;
	}
	p.dst_local = way == WAY_INPUT && p.dst_len == 0;
	return p;
}
