/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of a lifeline's own connection, each with the state that
 * connection tracking gives it. Two tables: TCP and all that has no flags; a
 * row is a set of packets. */
#include <netinet/tcp.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks-parts.h"

/* With the IPv6 header: a TCP header with options, segments up to what receive
 * offload makes of them. */
static const struct range syn_length = { 60, 120 };
static const struct range tcp_length = { 60, 65535 };
static const struct range udp_length = { 48, 65535 };
static const struct range any_length = { 40, 65535 };

/* What is forwarded has one to lose. */
static const struct range more_hops = { 2, 255 };

/* The columns of names: enum lifeline_way, then those of a tunnel. */
#define NAMES 5
#define NAME_TUNNEL 3

struct flow_need {
	const char *names[NAMES];
	bool back;	/* to whom began it */
	bool running;	/* the very connection, not any from the peer */
	bool lost;	/* only where conntrack has no entry of that one */
	bool loose;	/* the same, if that takes it up */
	bool kept;	/* only where it is so now */
	uint8_t flags;
	uint8_t flags_any;
	enum ct_state ct;
};

static const struct flow_need tcp_needs[] = {
	{ .names = { N_("the running connection in"),
		     N_("the running connection out"),
		     N_("the running connection through") },
	  .running = true,
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_ESTABLISHED },
	{ .names = { N_("the running connection out"),
		     N_("the running connection in"),
		     N_("the running connection back through") },
	  .back = true, .running = true,
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_ESTABLISHED },
	{ .names = { N_("a new connection in"),
		     N_("a new connection out"),
		     N_("a new connection through") },
	  .flags = TH_SYN, .ct = CT_NEW },
	{ .names = { N_("the answer to a new connection out"),
		     N_("the answer to a new connection in"),
		     N_("the answer to a new connection back through") },
	  .back = true, .flags = TH_SYN | TH_ACK, .ct = CT_ESTABLISHED },
	{ .names = { N_("an established connection in"),
		     N_("an established connection out"),
		     N_("an established connection through") },
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_ESTABLISHED },
	{ .names = { N_("an established connection out"),
		     N_("an established connection in"),
		     N_("an established connection back through") },
	  .back = true,
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_ESTABLISHED },
	{ .names = { N_("the running connection in (no conntrack entry)"),
		     N_("the running connection out (no conntrack entry)"),
		     N_("the running connection through (no conntrack "
			"entry)") },
	  .running = true, .lost = true,
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_NEW },
	{ .names = { N_("the running connection out (no conntrack entry)"),
		     N_("the running connection in (no conntrack entry)"),
		     N_("the running connection back through (no conntrack "
			"entry)") },
	  .back = true, .running = true, .lost = true,
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_NEW },
	/* The next packet of who began it makes an entry: it only waits. */
	{ .names = { N_("the running connection out (until the peer sends)"),
		     N_("the running connection in (until we send)"),
		     N_("the running connection back through (until the "
			"peer sends)") },
	  .back = true, .running = true, .lost = true, .loose = true,
	  .flags = TH_ACK, .flags_any = TH_PUSH, .ct = CT_NEW },
};

/* UDP, and what has no ports: conntrack knows no more of it than whether it was
 * answered. Either end of a tunnel may begin: who waits for the other one now
 * may go on so. */
static const struct flow_need other_needs[] = {
	{ .names = { N_("a first packet in"),
		     N_("a first packet out"),
		     N_("a first packet through"),
		     N_("the tunnel's first packet in"),
		     N_("the tunnel's first packet out") },
	  .kept = true, .ct = CT_NEW },
	{ .names = { N_("the answer to a first packet out"),
		     N_("the answer to a first packet in"),
		     N_("the answer to a first packet back through"),
		     N_("the tunnel's packets out"),
		     N_("the tunnel's packets in") },
	  .back = true, .ct = CT_ESTABLISHED },
	{ .names = { N_("later packets in"),
		     N_("later packets out"),
		     N_("later packets through"),
		     N_("the tunnel's packets in"),
		     N_("the tunnel's packets out") },
	  .ct = CT_ESTABLISHED },
};

static const char *
hook_of(const struct lifeline *ll, bool back)
{
	switch (ll->way) {
	case LIFELINE_IN:
		return back ? "OUTPUT" : "INPUT";
	case LIFELINE_OUT:
		return back ? "INPUT" : "OUTPUT";
	case LIFELINE_THROUGH:
		break;
	}
	return "FORWARD";
}

const char *
lifeline_hook(const struct lifeline *ll)
{
	return hook_of(ll, false);
}

static bool
has_ports(const struct lifeline *ll)
{
	return ll->proto == IPPROTO_TCP || ll->proto == IPPROTO_UDP;
}

static struct range
port_range(const struct lifeline *ll, uint16_t port)
{
	if (!has_ports(ll))
		return (struct range){ 0, 0 };
	if (port)
		return (struct range){ port, port };
	return (struct range){ CLIENT_PORT_MIN, UINT16_MAX };
}

/* Whoever logs in next does so from another port. */
static struct range
peer_ports(const struct lifeline *ll, bool running)
{
	bool any = ll->way == LIFELINE_IN && ll->proto == IPPROTO_TCP &&
		   !running;

	return port_range(ll, any ? 0 : ll->peer_port);
}

static struct range
packet_length(const struct lifeline *ll, const struct flow_need *need)
{
	if (ll->proto == IPPROTO_UDP)
		return udp_length;
	if (ll->proto != IPPROTO_TCP)
		return any_length;
	return need->flags & TH_SYN ? syn_length : tcp_length;
}

static void
set_ends(const struct lifeline *ll, const struct flow_need *need,
	 struct packet *p)
{
	const struct lifeline_link *inner =
		ll->way == LIFELINE_THROUGH ? &ll->inner : NULL;
	struct range theirs = peer_ports(ll, need->running);
	struct range ours = port_range(ll, ll->local_port);
	unsigned peer_len = need->running ? 128 : ll->peer_len;

	if ((ll->way == LIFELINE_OUT) == need->back) {
		p->src = ll->peer;
		p->src_len = peer_len;
		p->dst = ll->local;
		p->sport = theirs;
		p->dport = ours;
		p->dst_local = !inner;
		packet_set_links(p, lifeline_from(ll), inner);
	} else {
		p->src = ll->local;
		p->dst = ll->peer;
		p->dst_len = peer_len;
		p->sport = ours;
		p->dport = theirs;
		packet_set_links(p, inner, &ll->link);
	}
}

static struct packet
flow_packet(const struct lifeline *ll, const struct flow_need *need,
	    bool tunnel)
{
	struct packet p = {
		.src_len = 128,
		.dst_len = 128,
		.proto = ll->proto,
		.tcp_flags = need->flags,
		.tcp_flags_any = need->flags_any,
		.hop_limit = ll->way == LIFELINE_THROUGH ? more_hops : any_hops,
		.length = packet_length(ll, need),
		.ct = need->ct,
		.ct_reply = need->back,
		.mark_unknown = tunnel,	/* as wg's fwmark */
	};

	set_ends(ll, need, &p);
	p.routed_back = p.in[0] && !ll->from.ifname[0];
	return p;
}

struct packet
packet_new_connection(const struct lifeline *ll)
{
	static const struct flow_need syn = { .flags = TH_SYN, .ct = CT_NEW };
	static const struct flow_need first = { .ct = CT_NEW };
	struct lifeline settled = lifeline_settle(ll);

	return flow_packet(&settled, ll->proto == IPPROTO_TCP ? &syn : &first,
			   false);
}

/* Does nat lead the peer's packets here? */
static bool
is_led(const struct lifeline *ll)
{
	return ll->way == LIFELINE_IN && ll->dialled_port;
}

void
checks_flow(const struct lifeline *ll, bool tunnel, struct vec *checks)
{
	bool tcp = ll->proto == IPPROTO_TCP;
	const struct flow_need *needs = tcp ? tcp_needs : other_needs;
	size_t n = tcp ? ARRAY_LEN(tcp_needs) : ARRAY_LEN(other_needs);

	tunnel = tunnel && !tcp && ll->way != LIFELINE_THROUGH;
	for (size_t i = 0; i < n; i++) {
		if ((needs[i].running ? !ll->running : ll->deserted) ||
		    (needs[i].loose && ll->strict))
			continue;
		checks_push(checks, (struct check){
				.packet = needs[i].names[ll->way + tunnel *
							 NAME_TUNNEL],
				.advisory = needs[i].loose,
				.running = needs[i].running,
				.lost = needs[i].lost,
				.led = is_led(ll) && !needs[i].back,
				.kept = tunnel && needs[i].kept,
				.set = flow_packet(ll, &needs[i], tunnel),
			    }, hook_of(ll, needs[i].back));
	}
}
