/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random packets of every kind that a lifeline lives on, and of some that it
 * does not, each with the state that conntrack gives it. */
#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <string.h>
#include "../tap.h"
#include "../unit/rules.h"
#include "walk-random.h"

#define IN 1
#define OUT 2
#define THROUGH 4
#define HERE (IN | OUT)
#define ALL (IN | OUT | THROUGH)

/* Where it goes: to the other end, or to a group on the link. */
enum to {
	TO_END,
	TO_NODE,		/* the other end's solicited-node address */
	TO_NODES,		/* ff02::1 */
	TO_ROUTERS,		/* ff02::2 */
};

static struct kind {
	const char *name;
	unsigned ways;
	uint8_t proto;
	uint8_t type;		/* TCP: flags */
	uint8_t code;
	enum ct_state ct;
	bool reply;
	bool half_open;
	enum to to;
	struct range length;
	unsigned drawn;
} kinds[] = {
#define TCP(word, where, flags, ...) \
	{ .name = word, .ways = where, .proto = IPPROTO_TCP, .type = flags, \
	  .length = { 60, 89 }, .ct = __VA_ARGS__ }
#define UDP(word, ...) \
	{ .name = word, .ways = ALL, .proto = IPPROTO_UDP, \
	  .length = { 49, 88 }, .ct = __VA_ARGS__ }
#define ICMP(word, where, number, ...) \
	{ .name = word, .ways = where, .proto = IPPROTO_ICMPV6, \
	  .type = number, .length = { 64, 103 }, .ct = __VA_ARGS__ }
#define OTHER(word, number) \
	{ .name = word, .ways = ALL, .proto = number, \
	  .length = { 60, 89 }, .ct = CT_NEW }
	TCP("SYN", ALL, TH_SYN, CT_NEW),
	TCP("SYN", ALL, TH_SYN, CT_NEW),
	TCP("lone ACK", ALL, TH_ACK, CT_NEW),
	TCP("lone data", ALL, TH_ACK | TH_PUSH, CT_NEW),
	TCP("lone RST", ALL, TH_RST, CT_INVALID),
	TCP("lone SYN-ACK", ALL, TH_SYN | TH_ACK, CT_INVALID),
	TCP("lone FIN", ALL, TH_FIN, CT_INVALID),
	TCP("ACK", ALL, TH_ACK, CT_ESTABLISHED),
	TCP("data", ALL, TH_ACK | TH_PUSH, CT_ESTABLISHED),
	TCP("answer", ALL, TH_ACK | TH_PUSH, CT_ESTABLISHED, .reply = true),
	TCP("SYN-ACK", ALL, TH_SYN | TH_ACK, CT_ESTABLISHED, .reply = true,
	    .half_open = true),
	TCP("FIN", ALL, TH_FIN | TH_ACK, CT_ESTABLISHED, .reply = true),
	UDP("UDP", CT_NEW),
	UDP("UDP on", CT_ESTABLISHED),
	UDP("UDP answer", CT_ESTABLISHED, .reply = true),
	ICMP("NS", HERE, ND_NEIGHBOR_SOLICIT, CT_UNTRACKED, .to = TO_NODE),
	ICMP("NS probe", ALL, ND_NEIGHBOR_SOLICIT, CT_UNTRACKED),
	ICMP("NA", ALL, ND_NEIGHBOR_ADVERT, CT_UNTRACKED),
	ICMP("RA", HERE, ND_ROUTER_ADVERT, CT_UNTRACKED, .to = TO_NODES),
	ICMP("RS", HERE, ND_ROUTER_SOLICIT, CT_UNTRACKED, .to = TO_ROUTERS),
	ICMP("MLD", HERE, MLD_LISTENER_QUERY, CT_UNTRACKED, .to = TO_NODES),
	ICMP("MLD report", ALL, 143, CT_UNTRACKED),
	ICMP("echo", ALL, ICMP6_ECHO_REQUEST, CT_NEW),
	ICMP("echo on", ALL, ICMP6_ECHO_REQUEST, CT_ESTABLISHED),
	ICMP("echo answer", ALL, ICMP6_ECHO_REPLY, CT_ESTABLISHED,
	     .reply = true),
	ICMP("lone echo answer", ALL, ICMP6_ECHO_REPLY, CT_INVALID),
	ICMP("lone error", ALL, ICMP6_DST_UNREACH, CT_INVALID, .code = 4),
	ICMP("error", ALL, ICMP6_DST_UNREACH, CT_RELATED, .code = 4,
	     .reply = true),
	ICMP("too big", ALL, ICMP6_PACKET_TOO_BIG, CT_RELATED, .reply = true),
	ICMP("time exceeded", ALL, ICMP6_TIME_EXCEEDED, CT_RELATED,
	     .reply = true),
	OTHER("6in6", IPPROTO_IPV6), OTHER("GRE", IPPROTO_GRE),
	OTHER("ESP", IPPROTO_ESP),
};

static unsigned
way_bit(const char *way)
{
	return *way == 'I' ? IN : *way == 'O' ? OUT : THROUGH;
}

static struct kind *
random_kind(unsigned way)
{
	for (;;) {
		struct kind *kind = &PICK(kinds);

		if (kind->ways & way)
			return kind;
	}
}

/* No connection twice. */
static uint32_t
next_port(void)
{
	static unsigned port;

	port = (port + 1) % 64000;
	return 1024 + (port * 7919) % 64000;
}

static struct range
just(uint32_t n)
{
	return (struct range){ n, n };
}

static void
set_ports(struct packet *p)
{
	static const uint16_t ports[] = { 22, 53, 80, 443, 4001 };
	uint32_t here = PICK(ports), there = next_port();

	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return;
	p->sport = just(p->ct_reply && draw(2) ? here : there);
	p->dport = just(p->sport.lo == here ? there : here);
}

static void
set_hops(struct packet *p)
{
	static const uint8_t hops[] = { 255, 64, 63, 4 };
	bool discovery = p->proto == IPPROTO_ICMPV6 &&
			 p->icmp_type >= ND_ROUTER_SOLICIT &&
			 p->icmp_type <= ND_NEIGHBOR_ADVERT;

	p->hop_limit = just(discovery && draw(4) ? 255 : PICK(hops));
}

/* Without ports, an address of its own. */
static void
set_alone(struct in6_addr *peer)
{
	static uint16_t alone;

	alone++;
	peer->s6_addr[12] = (uint8_t)(alone >> 8);
	peer->s6_addr[13] = (uint8_t)alone;
}

static void
set_ends(struct packet *p, unsigned way, enum to to)
{
	static const char *const peers[] = {
		"2001:db8:a::1", "2001:db8:a::2", "2001:db8:b::1",
		"2001:db8:b::2", "2001:db8:c::3",
	};

	p->src = address(way == OUT ? HOST : PICK(peers));
	p->dst = address(way == OUT ? PICK(peers) :
			 way == THROUGH ? BEHIND : HOST);
	p->src_len = p->dst_len = 128;
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP &&
	    p->proto != IPPROTO_ICMPV6)
		set_alone(way == OUT ? &p->dst : &p->src);
	switch (to) {
	case TO_END:
		break;
	case TO_NODE:
		p->dst = addr_solicited_node(&p->dst);
		break;
	case TO_NODES:
		p->dst = address("ff02::1");
		break;
	case TO_ROUTERS:
		p->dst = address("ff02::2");
		break;
	}
}

static void
set_links(struct packet *p, unsigned way)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xfe };

	if (way != OUT)
		strcpy(p->in, "veth0");
	if (way != IN)
		strcpy(p->out, way == OUT ? "veth0" : "veth1");
	p->routed_back = way != OUT;
	p->ethernet = p->mac_known = true;
	memcpy(p->mac, mac, sizeof(mac));
}

void
random_packet(struct sending *s, const char *name)
{
	unsigned way = way_bit(name);
	struct kind *kind = random_kind(way);
	struct packet *p = &s->p;

	kind->drawn++;
	memset(s, 0, sizeof(*s));
	s->name = kind->name;
	s->entry = kind->ct == CT_ESTABLISHED || kind->ct == CT_RELATED;
	s->half_open = kind->half_open;
	s->error = kind->ct == CT_RELATED;
	p->proto = kind->proto;
	if (kind->proto == IPPROTO_TCP)
		p->tcp_flags = kind->type;
	else
		p->icmp_type = kind->type;
	p->icmp_code = kind->code;
	p->ct = kind->ct;
	p->ct_reply = kind->reply;
	p->length = just(kind->length.lo +
			 draw(kind->length.hi - kind->length.lo + 1));
	if (s->error)
		p->length = just(40 + 8 + 40 + 8);
	set_ports(p);
	set_hops(p);
	set_ends(p, way, kind->to);
	set_links(p, way);
}

void
packet_kinds(struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		str_addf(out, "%s%s %u", i ? ", " : "", kinds[i].name,
			 kinds[i].drawn);
}

/* TCP is taken up in its midst, but not by such flags (nf_conntrack_proto_tcp.c,
 * with nf_conntrack_tcp_loose 1); an answer to no echo is none. */
static enum ct_state
state_without_entry(const struct packet *p)
{
	if (p->ct == CT_RELATED)
		return CT_INVALID;
	if (p->proto == IPPROTO_TCP && (p->tcp_flags & (TH_SYN | TH_FIN)))
		return CT_INVALID;
	if (p->proto == IPPROTO_ICMPV6 && p->icmp_type == ICMP6_ECHO_REPLY)
		return CT_INVALID;
	return CT_NEW;
}

bool
packet_in_zone(struct sending *s, const struct tracking *tracking)
{
	struct packet *p = &s->p;

	if (!s->entry)
		return true;
	if (!tracking->known)
		return false;
	if (!tracking->tracked ||
	    !(p->ct_reply ? tracking->zone_reply : tracking->zone_original))
		return true;
	/* Half of the new connection is the old one's, which nat avoids by
	 * another port. */
	if (!tracking->zone_reply || !tracking->zone_original)
		return false;
	p->ct = state_without_entry(p);
	p->ct_reply = false;
	return true;
}
