/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections would not be let begin any more: the first packet of each
 * is walked through the old rules and the present ones. */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/flows.h>
#include <sallyport/i18n.h>
#include <sallyport/lifeline.h>
#include <sallyport/mem.h>
#include <sallyport/walk.h>
#include "flows-internal.h"
#include "routes.h"

/* Where packets to an address leave, asked once: many flows share an end. */
struct place {
	struct in6_addr addr;
	bool own;
	char ifname[IFNAMSIZ];	/* "" unknown */
};

struct search {
	const struct tables *before;
	const struct tables *now;
	const struct vec *lifelines;
	struct routes *routes;
	void *places;		/* a tree of struct place * */
	struct flows *flows;
};

/* --- Where it goes --- */

static int
compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static struct place *
place_new(struct search *s, const struct in6_addr *addr)
{
	const struct route_query query = { .dst = *addr };
	struct place *place = xcalloc(1, sizeof(*place));
	struct route route;

	place->addr = *addr;
	place->own = routes_own(s->routes, addr) || addr_is_loopback(addr);
	if (!place->own && !addr_is_link_local(addr) &&
	    routes_find(s->routes, &query, &route))
		str_copy(place->ifname, IFNAMSIZ, route.link.ifname);
	return place;
}

static const struct place *
place_of(struct search *s, const struct in6_addr *addr)
{
	const struct place key = { .addr = *addr };
	struct place **found = tfind(&key, &s->places, compare_places);

	if (found)
		return *found;
	found = tsearch(place_new(s, addr), &s->places, compare_places);
	if (!found)
		die(_("out of memory"));
	return *found;
}

static const char *
way_of(const struct place *src, const struct place *end)
{
	if (end->own || addr_is_multicast(&end->addr))
		return "INPUT";
	return src->own ? "OUTPUT" : "FORWARD";
}

/* --- Its first packet --- */

static struct packet
first_packet(struct search *s, const struct flow *flow)
{
	const struct place *src = place_of(s, &flow->src);
	const struct place *end = place_of(s, &flow->end);
	struct packet p = {
		.src = flow->src, .src_len = 128, .dst_len = 128,
		.proto = flow->proto,
		.sport = { flow->sport, flow->sport },
		.tcp_flags = flow->proto == IPPROTO_TCP ? 2 : 0,
		.icmp_type = flow->icmp_type,
		.hop_limit = { 2, 255 },
		.length = { 48, 1500 },
		.ct = CT_NEW,
	};

	if (flow->proto == IPPROTO_TCP)
		p.length = (struct range){ 60, 120 };
	str_copy(p.in, IFNAMSIZ, src->own ? "lo" : src->ifname);
	str_copy(p.out, IFNAMSIZ, end->ifname);
	p.in_unknown = !p.in[0];
	p.out_unknown = !p.out[0];
	return p;
}

static bool
is_led(const struct flow *flow)
{
	return !addr_equal(&flow->dst, &flow->end) ||
	       flow->dport != flow->end_port;
}

/* nat must still lead it away from where it was addressed. */
static bool
is_still_led(const struct tables *tables, const struct flow *flow,
	     struct packet p, struct walk_result *r)
{
	p.dst = flow->dst;
	p.dport = (struct range){ flow->dport, flow->dport };
	walk(tables, flow->way, &p, r);
	if (r->loss == LOSS_DIVERTED)
		return true;
	if (r->verdict == VERDICT_ACCEPT) {
		r->verdict = VERDICT_DROP;
		r->loss = LOSS_ASTRAY;
	}
	return false;
}

static void
judge(const struct tables *tables, const struct flow *flow, struct packet p,
      struct walk_result *r)
{
	if (is_led(flow) && !is_still_led(tables, flow, p, r))
		return;
	p.dst = flow->end;
	p.dport = (struct range){ flow->end_port, flow->end_port };
	walk(tables, flow->way, &p, r);
}

/* --- Whether a session stands on it --- */

static bool
fits(const struct in6_addr *addr, const struct in6_addr *want, unsigned len,
     uint16_t port, uint16_t want_port)
{
	return (addr_is_any(want) || addr_in_prefix(addr, want, len)) &&
	       (!want_port || port == want_port);
}

/* A port that sshd listens on is a lifeline too, but nobody's session. */
static bool
is_session(const struct lifeline *ll)
{
	return ll->running || ll->origin == LIFELINE_MOSH ||
	       ll->origin == LIFELINE_CONFIGURED ||
	       ll->origin == LIFELINE_OUTER;
}

static bool
stands_on(const struct lifeline *ll, const struct flow *flow)
{
	unsigned len = ll->any_peer ? 0 : ll->peer_len;

	if (!is_session(ll) || ll->v4 || ll->proto != flow->proto)
		return false;
	if (fits(&flow->src, &ll->peer, len, flow->sport, ll->peer_port) &&
	    fits(&flow->end, &ll->local, 128, flow->end_port, ll->local_port))
		return true;
	return fits(&flow->end, &ll->peer, len, flow->end_port,
		    ll->peer_port) &&
	       fits(&flow->src, &ll->local, 128, flow->sport, ll->local_port);
}

static bool
is_lifeline(const struct vec *lifelines, const struct flow *flow)
{
	for (size_t i = 0; lifelines && i < lifelines->n; i++) {
		const struct lifeline *ll = lifelines->v[i];

		if (stands_on(ll, flow) ||
		    (ll->outer && stands_on(ll->outer, flow)))
			return true;
	}
	return false;
}

/* --- The search --- */

static void
name_rule(struct flow *flow, const struct walk_result *r)
{
	struct str name = { 0 };

	if (r->loss == LOSS_ASTRAY)
		str_add(&name, "nat");
	else
		walk_result_rule(r, &name);
	str_copy(flow->rule, sizeof(flow->rule), str_text(&name));
	str_done(&name);
}

/* A connection that both ends have closed is only remembered. */
static bool
is_over(const struct flow *flow)
{
	static const char *const over[] = { "TIME_WAIT", "CLOSE", "LAST_ACK" };

	return str_find(over, ARRAY_LEN(over), flow->state) != NULL;
}

/* Of what passes still nothing more is asked: that is nearly all. */
static bool
outlives(struct flow *flow, void *arg)
{
	struct search *s = arg;
	struct walk_result now, before;
	struct packet p;

	if (is_over(flow))
		return false;
	flow->way = way_of(place_of(s, &flow->src), place_of(s, &flow->end));
	p = first_packet(s, flow);
	judge(s->now, flow, p, &now);
	if (now.verdict == VERDICT_ACCEPT)
		return false;
	judge(s->before, flow, p, &before);
	if (now.verdict == VERDICT_UNKNOWN) {
		s->flows->unsure += before.verdict == VERDICT_ACCEPT;
		return false;
	}
	if (before.verdict == VERDICT_DROP)
		return false;
	name_rule(flow, &now);
	flow->lifeline = is_lifeline(s->lifelines, flow);
	return true;
}

enum err
flows_find(const struct tables *before, const struct tables *now,
	   const struct vec *lifelines, struct flows *flows)
{
	struct search s = {
		.before = before, .now = now, .lifelines = lifelines,
		.routes = routes_open(), .flows = flows,
	};
	enum err err;

	*flows = (struct flows){ 0 };
	err = conntrack_each(outlives, &s, &flows->v, &flows->seen);
	tdestroy(s.places, free);
	routes_close(s.routes);
	if (err)
		flows_done(flows);
	return err;
}

void
flows_done(struct flows *flows)
{
	while (flows->v.n)
		flow_free(vec_pop(&flows->v));
	vec_done(&flows->v);
}

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_UDPLITE;
}

static void
add_end(struct str *out, const struct flow *flow, const struct in6_addr *addr,
	uint16_t port)
{
	bool ports = has_ports(flow->proto);

	str_add(out, ports ? "[" : "");
	addr_format(out, addr);
	if (ports)
		str_addf(out, "]:%u", port);
}

void
flow_describe(const struct flow *flow, struct str *out)
{
	xt_proto_name(flow->proto, out);
	str_addc(out, ' ');
	add_end(out, flow, &flow->src, flow->sport);
	str_add(out, " -> ");
	add_end(out, flow, &flow->dst, flow->dport);
	if (is_led(flow)) {
		str_add(out, " => ");
		add_end(out, flow, &flow->end, flow->end_port);
	}
}
