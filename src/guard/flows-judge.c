/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a flow lives by rules that are gone. A new connection like it is
 * walked through the rules before and those of now, as the kernel would have
 * it: by INPUT, OUTPUT or FORWARD as its addresses and the routes say, and where
 * nat leads it elsewhere, in two parts.
 *
 * There may be a quarter of a million flows, and few kinds of them: so sets are
 * walked first, wide ones before narrow ones, and each set once. */
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/x_tables.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/walk.h>
#include "flows-internal.h"
#include "routes.h"
#include "tracking.h"

#define WALKS_MAX 200000	/* of one search */

/* How much of a flow a set of packets still says. */
enum level {
	LEVEL_WAY,		/* its way and protocol */
	LEVEL_SERVICE,		/* and its destination and port */
	LEVEL_SOURCE,		/* and its source, or that one's class */
	LEVEL_LINKS,		/* and its links: the routes must be asked */
	LEVEL_EXACT,		/* and the source's port */
};

static const char *const way_names[] = { "INPUT", "OUTPUT", "FORWARD" };
enum way { WAY_INPUT, WAY_OUTPUT, WAY_FORWARD };

/* A set that was walked. Compared as bytes. */
struct kind {
	enum level level;
	enum way way;
	uint8_t proto;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t dport;
	uint16_t inside[CLASS_DEPTH];
	char in[IFNAMSIZ];
	struct in6_addr to;
	struct in6_addr src;
	enum fate fate;		/* of no account in a comparison */
};

/* The link of the route to an address. */
struct hop {
	struct in6_addr addr;
	char ifname[IFNAMSIZ];	/* "": not known */
};

/* The tables as packets meet them that nat has not led elsewhere yet, and
 * behind that. */
struct parts {
	struct tables *front;
	struct tables *behind;
};

struct judge {
	const struct tables *before;
	const struct tables *now;
	struct parts parts_before;	/* made when they are needed */
	struct parts parts_now;
	struct routes *routes;
	struct source_classes *classes;
	void *kinds;		/* tsearch(3) */
	void *hops;
	size_t walks;
};

struct judge *
judge_open(const struct tables *before, const struct tables *now)
{
	struct judge *judge = xcalloc(1, sizeof(*judge));

	judge->before = before;
	judge->now = now;
	judge->routes = routes_open();
	judge->classes = source_classes_new(before, now);
	return judge;
}

void
judge_close(struct judge *judge)
{
	if (!judge)
		return;
	tables_free(judge->parts_before.front);
	tables_free(judge->parts_before.behind);
	tables_free(judge->parts_now.front);
	tables_free(judge->parts_now.behind);
	tdestroy(judge->kinds, free);
	tdestroy(judge->hops, free);
	source_classes_free(judge->classes);
	routes_close(judge->routes);
	free(judge);
}

/* --- What is known of a flow --- */

static bool
is_led(const struct flow *flow)
{
	return !addr_equal(&flow->dst, &flow->end) ||
	       flow->dport != flow->end_port;
}

static enum way
way_of(const struct judge *judge, const struct flow *flow)
{
	if (routes_own(judge->routes, &flow->end) ||
	    addr_is_loopback(&flow->end) || addr_is_multicast(&flow->end))
		return WAY_INPUT;
	return routes_own(judge->routes, &flow->src) ||
	       addr_is_loopback(&flow->src) ? WAY_OUTPUT : WAY_FORWARD;
}

static bool
is_within(const struct judge *judge, const struct flow *flow)
{
	return way_of(judge, flow) == WAY_INPUT &&
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
static const char *
link_to(struct judge *judge, const struct in6_addr *addr)
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

/* --- Sets of packets --- */

static void
set_links(struct judge *judge, const struct flow *flow, enum way way,
	  enum level level, struct packet *p)
{
	bool named = level >= LEVEL_LINKS;

	if (named && way != WAY_OUTPUT)
		str_copy(p->in, IFNAMSIZ, is_within(judge, flow) ? "lo" :
			 link_to(judge, &flow->src));
	if (named && way != WAY_INPUT)
		str_copy(p->out, IFNAMSIZ, link_to(judge, &flow->end));
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
static struct packet
packet_like(struct judge *judge, const struct flow *flow, enum way way,
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

/* --- Nat --- */

static const struct parts *
parts_of(struct parts *parts, const struct tables *tables)
{
	if (!parts->front) {
		parts->front = tables_part(tables, true);
		parts->behind = tables_part(tables, false);
	}
	return parts;
}

/* The target that diverts such packets, or NULL. */
static const struct xt_entry_target *
diverter(const struct tables *front, const struct walk_result *result)
{
	const struct chain *chain;

	if (result->verdict != VERDICT_DROP || !result->rule ||
	    result->loss != LOSS_DIVERTED || strcmp(result->table, "nat") != 0)
		return NULL;
	chain = ruleset_chain(tables_get(front, "nat"), result->chain);
	return rule_extension(chain_rule(chain, result->rule - 1));
}

static bool
leads_alike(const struct xt_entry_target *a, const struct xt_entry_target *b)
{
	return a->u.target_size == b->u.target_size &&
	       strcmp(a->u.user.name, b->u.user.name) == 0 &&
	       memcmp(a->data, b->data, a->u.target_size - sizeof(*a)) == 0;
}

/* Is what nat makes of a new one certain, and the same as before? OPEN: the same.
 * CLOSED: it is not led there any more. */
static enum fate
judge_lead(struct judge *judge, const struct flow *flow)
{
	const struct parts *was = parts_of(&judge->parts_before, judge->before);
	const struct parts *is = parts_of(&judge->parts_now, judge->now);
	struct packet p = packet_like(judge, flow, WAY_INPUT, LEVEL_EXACT);
	const struct xt_entry_target *then, *now;
	struct walk_result before, after;

	p.dst = flow->dst;
	p.dport = (struct range){ flow->dport, flow->dport };
	str_copy(p.in, IFNAMSIZ, link_to(judge, &flow->src));
	p.in_unknown = !p.in[0];
	walk(was->front, "INPUT", &p, &before);
	walk(is->front, "INPUT", &p, &after);
	judge->walks += 2;
	then = diverter(was->front, &before);
	now = diverter(is->front, &after);
	if (!then)
		return FATE_MIXED;
	if (now)
		return leads_alike(then, now) ? FATE_OPEN : FATE_MIXED;
	return after.verdict == VERDICT_UNKNOWN ? FATE_MIXED : FATE_CLOSED;
}

/* --- Verdicts --- */

static void
walk_way(struct judge *judge, const struct tables *tables, enum way way,
	 const struct packet *p, struct walk_result *result)
{
	judge->walks++;
	walk(tables, way_names[way], p, result);
}

/* What nat sends elsewhere is neither open nor closed. */
static enum fate
fate_of(const struct walk_result *before, const struct walk_result *now)
{
	bool was_closed = before->verdict == VERDICT_DROP;
	bool is_closed = now->verdict == VERDICT_DROP &&
			 now->loss == LOSS_DROPPED;

	if (was_closed || now->verdict == VERDICT_ACCEPT)
		return FATE_OPEN;
	return before->verdict == VERDICT_ACCEPT && is_closed ? FATE_CLOSED :
								FATE_MIXED;
}

/* Of a set: OPEN where all are accepted now or none was before. */
static enum fate
judge_set(struct judge *judge, enum way way, const struct packet *p)
{
	struct walk_result result;
	struct packet one;

	walk_way(judge, judge->now, way, p, &result);
	if (result.verdict == VERDICT_ACCEPT)
		return FATE_OPEN;
	judge->walks++;
	return walk_find(judge->before, way_names[way], p, &one) ==
	       VERDICT_DROP ? FATE_OPEN : FATE_MIXED;
}

static int
compare_kinds(const void *left, const void *right)
{
	return memcmp(left, right, offsetof(struct kind, fate));
}

static struct kind
kind_of(struct judge *judge, const struct flow *flow, enum way way,
	enum level level)
{
	struct kind key;

	memset(&key, 0, sizeof(key));
	key.level = level;
	key.way = way;
	key.proto = flow->proto;
	key.icmp_type = flow->icmp_type;
	key.icmp_code = flow->icmp_code;
	if (level >= LEVEL_SERVICE) {
		key.to = flow->end;
		key.dport = flow->end_port;
	}
	if (level >= LEVEL_SOURCE &&
	    !source_classes_find(judge->classes, &flow->src, key.inside))
		key.src = flow->src;
	if (level >= LEVEL_LINKS && way != WAY_OUTPUT)
		str_copy(key.in, IFNAMSIZ, link_to(judge, &flow->src));
	return key;
}

static enum fate
judge_kind(struct judge *judge, const struct flow *flow, enum way way,
	   enum level level)
{
	struct kind key = kind_of(judge, flow, way, level), *kind;
	void *found = tfind(&key, &judge->kinds, compare_kinds);
	struct packet p;

	if (found)
		return (*(struct kind **)found)->fate;
	p = packet_like(judge, flow, way, level);
	key.fate = judge_set(judge, way, &p);
	kind = xmemdup(&key, sizeof(key));
	if (!tsearch(kind, &judge->kinds, compare_kinds))
		die(_("out of memory"));
	return kind->fate;
}

/* Does it live on? What is ESTABLISHED may be dropped, too. */
static bool
lives_on(struct judge *judge, const struct tables *now, enum way way,
	 const struct packet *first)
{
	struct packet p = *first;
	struct walk_result result;

	p.ct = CT_ESTABLISHED;
	p.length = (struct range){ 60, 1500 };
	if (p.proto == IPPROTO_TCP)
		p.tcp_flags = TH_ACK;
	walk_way(judge, now, way, &p, &result);
	return result.verdict != VERDICT_DROP;
}

static void
note_rule(const struct walk_result *now, struct flow *flow)
{
	struct str rule = { 0 };

	walk_result_rule(now, &rule);
	str_copy(flow->rule, sizeof(flow->rule), str_text(&rule));
	str_done(&rule);
}

static enum fate
judge_exactly(struct judge *judge, const struct tables *before,
	      const struct tables *now, struct flow *flow, enum way way)
{
	struct packet p = packet_like(judge, flow, way, LEVEL_EXACT);
	struct walk_result was, is;
	enum fate fate;

	walk_way(judge, before, way, &p, &was);
	walk_way(judge, now, way, &p, &is);
	fate = fate_of(&was, &is);
	if (fate != FATE_CLOSED)
		return fate;
	note_rule(&is, flow);
	return lives_on(judge, now, way, &p) ? FATE_CLOSED : FATE_OPEN;
}

/* Led by nat: it needs both, to be led there and to be let through behind. */
static enum fate
judge_led(struct judge *judge, struct flow *flow, enum way way)
{
	enum fate lead = way == WAY_OUTPUT ? FATE_MIXED :
					     judge_lead(judge, flow);
	struct packet p = packet_like(judge, flow, way, LEVEL_EXACT);
	struct walk_result was;

	if (lead == FATE_MIXED)
		return FATE_MIXED;
	if (lead == FATE_OPEN)
		return judge_exactly(judge, judge->parts_before.behind,
				     judge->parts_now.behind, flow, way);
	walk_way(judge, judge->parts_before.behind, way, &p, &was);
	if (was.verdict != VERDICT_ACCEPT)
		return was.verdict == VERDICT_DROP ? FATE_OPEN : FATE_MIXED;
	str_copy(flow->rule, sizeof(flow->rule), "nat");
	return lives_on(judge, judge->parts_now.behind, way, &p) ?
	       FATE_CLOSED : FATE_OPEN;
}

/* From this host to itself: it must go out and come in. */
static enum fate
judge_within(struct judge *judge, struct flow *flow)
{
	enum fate out = judge_exactly(judge, judge->before, judge->now, flow,
				      WAY_OUTPUT);
	enum fate in = judge_exactly(judge, judge->before, judge->now, flow,
				     WAY_INPUT);

	if (out == FATE_MIXED || in == FATE_MIXED)
		return FATE_MIXED;
	return out == FATE_CLOSED || in == FATE_CLOSED ? FATE_CLOSED :
							 FATE_OPEN;
}

enum fate
judge_flow(struct judge *judge, struct flow *flow)
{
	enum way way = way_of(judge, flow);
	enum fate fate = FATE_MIXED;

	flow->way = way_names[way];
	if (flow->expected)
		return FATE_OPEN;	/* its like is RELATED, not NEW */
	if (judge->walks > WALKS_MAX)
		return FATE_UNLOOKED;
	if (is_led(flow))
		return judge_led(judge, flow, way);
	if (is_within(judge, flow))
		return judge_within(judge, flow);
	for (enum level level = LEVEL_WAY; level < LEVEL_EXACT &&
	     fate == FATE_MIXED; level++)
		fate = judge_kind(judge, flow, way, level);
	return fate == FATE_MIXED ? judge_exactly(judge, judge->before,
						  judge->now, flow, way) : fate;
}

/* --- Lifelines --- */

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
