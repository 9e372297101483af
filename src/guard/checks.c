/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must get through for a lifeline: its connection, the next login and its
 * replies, and neighbour discovery on its link, each with the state that
 * connection tracking gives it. Two tables; a row is a set of packets. */
#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks.h"

static const struct range any_hops = { 1, 255 };
static const struct range ndp_hops = { 255, 255 };	/* RFC 4861 7.1 */
/* With the IPv6 header: a TCP header with options, segments up to what receive
 * offload makes of them, a solicitation with some options. */
static const struct range syn_length = { 60, 120 };
static const struct range tcp_length = { 60, 65535 };
static const struct range ndp_length = { 64, 104 };

static const struct tcp_need {
	const char *packet;
	bool out;
	bool running;	/* the very connection, not any from the peer */
	uint8_t flags;
	uint8_t flags_any;
	enum ct_state ct;
} tcp_needs[] = {
	{ N_("the running connection in"), false, true,
	  TH_ACK, TH_PUSH, CT_ESTABLISHED },
	{ N_("the running connection out"), true, true,
	  TH_ACK, TH_PUSH, CT_ESTABLISHED },
	{ N_("a new connection in"), false, false, TH_SYN, 0, CT_NEW },
	{ N_("the answer to a new connection out"), true, false,
	  TH_SYN | TH_ACK, 0, CT_ESTABLISHED },
	{ N_("an established connection in"), false, false,
	  TH_ACK, TH_PUSH, CT_ESTABLISHED },
	{ N_("an established connection out"), true, false,
	  TH_ACK, TH_PUSH, CT_ESTABLISHED },
};

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
	bool advisory;
} ndp_needs[] = {
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR, END_US_NODE, false },
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR_LINK, END_US_NODE, false },
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR, END_US, false },
	{ N_("neighbour solicitation in"), false, ND_NEIGHBOR_SOLICIT,
	  END_NEIGHBOUR_LINK, END_US, false },
	{ N_("neighbour advertisement out"), true, ND_NEIGHBOR_ADVERT,
	  END_US, END_NEIGHBOUR, false },
	{ N_("neighbour advertisement out"), true, ND_NEIGHBOR_ADVERT,
	  END_US, END_NEIGHBOUR_LINK, false },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US, END_NEIGHBOUR_NODE, false },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US_LINK, END_NEIGHBOUR_NODE, false },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US, END_NEIGHBOUR, false },
	{ N_("neighbour solicitation out"), true, ND_NEIGHBOR_SOLICIT,
	  END_US_LINK, END_NEIGHBOUR, false },
	{ N_("neighbour advertisement in"), false, ND_NEIGHBOR_ADVERT,
	  END_NEIGHBOUR, END_US, false },
	{ N_("neighbour advertisement in"), false, ND_NEIGHBOR_ADVERT,
	  END_NEIGHBOUR, END_US_LINK, false },
	{ N_("duplicate address detection in"), false, ND_NEIGHBOR_SOLICIT,
	  END_UNSPECIFIED, END_US_NODE, true },
};

static void
set_link(struct packet *p, const struct lifeline *ll, bool out)
{
	char *name = out ? p->out : p->in;

	memcpy(name, ll->link.ifname, IFNAMSIZ);
	if (!ll->link.ifname[0] && out)
		p->out_unknown = true;
	else if (!ll->link.ifname[0])
		p->in_unknown = true;
}

static struct packet
tcp_packet(const struct lifeline *ll, const struct tcp_need *need)
{
	struct range ours = { ll->local_port, ll->local_port };
	struct range theirs = { CLIENT_PORT_MIN, UINT16_MAX };
	struct packet p = {
		.src = need->out ? ll->local : ll->peer,
		.src_len = 128,
		.dst = need->out ? ll->peer : ll->local,
		.dst_len = 128,
		.proto = IPPROTO_TCP,
		.tcp_flags = need->flags,
		.tcp_flags_any = need->flags_any,
		.hop_limit = any_hops,
		.length = need->flags & TH_SYN ? syn_length : tcp_length,
		.ct = need->ct,
		.ct_reply = need->out,
	};

	p.routed_back = !need->out && ll->link.ifname[0];
	if (need->running)
		theirs = (struct range){ ll->peer_port, ll->peer_port };
	p.sport = need->out ? ours : theirs;
	p.dport = need->out ? theirs : ours;
	set_link(&p, ll, need->out);
	return p;
}

struct packet
packet_new_connection(const struct lifeline *ll)
{
	static const struct tcp_need syn = { .flags = TH_SYN, .ct = CT_NEW };

	return tcp_packet(ll, &syn);
}

static void
push_check(struct vec *checks, struct check check, bool out)
{
	check.packet = _(check.packet);
	check.hook = out ? "OUTPUT" : "INPUT";
	vec_push(checks, xmemdup(&check, sizeof(check)));
}

/* The neighbour's address and prefix length: fe80::/64 where nothing is known
 * of it. */
static unsigned
neighbour(const struct lifeline *ll, struct in6_addr *addr)
{
	*addr = ll->link.on_link ? ll->peer : ll->link.gateway;
	if (!addr_is_any(addr))
		return 128;
	addr->s6_addr[0] = 0xfe;
	addr->s6_addr[1] = 0x80;
	return 64;
}

static unsigned
node_of(struct in6_addr *addr, unsigned len)
{
	*addr = addr_solicited_node(addr);
	return len == 128 ? 128 : 104;
}

/* The address at an end. False where another row says the same: the end's own
 * address is link-local already. */
static bool
end_address(const struct lifeline *ll, enum end end, struct in6_addr *addr,
	    unsigned *len)
{
	static const struct in6_addr link_local = { .s6_addr = { 0xfe, 0x80 } };
	struct in6_addr other;

	*len = 128;
	*addr = ll->local;
	switch (end) {
	case END_UNSPECIFIED:
		memset(addr, 0, sizeof(*addr));
		return true;
	case END_US:
		return true;
	case END_US_NODE:
		*len = node_of(addr, 128);
		return true;
	case END_NEIGHBOUR:
		*len = neighbour(ll, addr);
		return true;
	case END_NEIGHBOUR_NODE:
		*len = neighbour(ll, addr);
		*len = node_of(addr, *len);
		return true;
	case END_US_LINK:
	case END_NEIGHBOUR_LINK:
		other = ll->local;
		if (end == END_NEIGHBOUR_LINK)
			neighbour(ll, &other);
		*addr = link_local;
		*len = 64;
		return !addr_is_link_local(&other);
	}
	return false;
}

static void
add_ndp(const struct lifeline *ll, const struct ndp_need *need,
	struct vec *checks)
{
	struct packet p = {
		.proto = IPPROTO_ICMPV6,
		.icmp_type = need->type,
		.hop_limit = ndp_hops,
		.length = ndp_length,
		.ct = CT_UNTRACKED,
	};

	if (!end_address(ll, need->src, &p.src, &p.src_len) ||
	    !end_address(ll, need->dst, &p.dst, &p.dst_len))
		return;
	/* The next hop is reached by its link, whatever its address is. */
	p.routed_back = need->src == END_NEIGHBOUR && ll->link.ifname[0];
	set_link(&p, ll, need->out);
	push_check(checks, (struct check){
			.packet = need->packet,
			.advisory = need->advisory,
			.set = p,
		   }, need->out);
}

void
checks_add(const struct lifeline *ll, struct vec *checks)
{
	for (size_t i = 0; i < ARRAY_LEN(tcp_needs); i++) {
		const struct tcp_need *need = &tcp_needs[i];

		if (need->running && !ll->running)
			continue;
		push_check(checks, (struct check){
				.packet = need->packet,
				.running = need->running,
				.set = tcp_packet(ll, need),
			   }, need->out);
	}
	for (size_t i = 0; i < ARRAY_LEN(ndp_needs) && !ll->link.no_ndp; i++)
		add_ndp(ll, &ndp_needs[i], checks);
}

void
checks_free(struct vec *checks)
{
	for (size_t i = 0; i < checks->n; i++)
		free(checks->v[i]);
	vec_done(checks);
}
