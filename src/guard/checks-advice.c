/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a firewall had better let through, and no lifeline is cut without: the
 * rest of RFC 4890 4.4.1, the host's connections to itself, and the other
 * addresses from which the next login may come. */
#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks-parts.h"

#define MLD2_REPORT 143		/* RFC 3810 5.2 */

/* With the IPv6 header: errors hold what caused them (RFC 4443 2.4), queries
 * and reports a hop-by-hop option. */
static const struct range error_length = { 88, 1280 };
static const struct range mld_length = { 72, 1280 };

/* Where a switch listens (MLD snooping), who does not answer queries gets no
 * more neighbour solicitations. */
static const struct advice {
	const char *packet;
	bool out;
	uint8_t type;
	struct in6_addr group;	/* dst; :: where it is our address */
} advices[] = {
	{ N_("Packet Too Big in"), false, ICMP6_PACKET_TOO_BIG, { { { 0 } } } },
	{ N_("ICMPv6 errors in"), false, ICMP6_DST_UNREACH, { { { 0 } } } },
	{ N_("ICMPv6 errors in"), false, ICMP6_TIME_EXCEEDED, { { { 0 } } } },
	{ N_("ICMPv6 errors in"), false, ICMP6_PARAM_PROB, { { { 0 } } } },
	{ N_("multicast listener query in"), false, MLD_LISTENER_QUERY,
	  { .s6_addr = { 0xff, 0x02, [15] = 0x01 } } },
	{ N_("multicast listener report out"), true, MLD2_REPORT,
	  { .s6_addr = { 0xff, 0x02, [15] = 0x16 } } },
};

/* An error tells of a connection: it comes from the peer, if not from between,
 * and is RELATED. A query comes from a router of the link. */
static void
add_advice(const struct lifeline *ll, const struct advice *advice,
	   struct vec *checks)
{
	bool mld = !addr_is_any(&advice->group);
	struct packet p = {
		.src = mld ? link_local : ll->peer,
		.src_len = mld ? 64 : ll->peer_len,
		.dst = mld ? advice->group : ll->local,
		.dst_len = 128,
		.proto = IPPROTO_ICMPV6,
		.icmp_type = advice->type,
		.hop_limit = any_hops,
		.length = mld ? mld_length : error_length,
		.ct = mld ? CT_UNTRACKED : CT_RELATED,
	};

	if (mld)
		p.hop_limit = (struct range){ 1, 1 };
	p.routed_back = !advice->out && ll->link.ifname[0];
	packet_set_links(&p, advice->out ? NULL : &ll->link,
			 advice->out ? &ll->link : NULL);
	checks_push(checks, (struct check){
			.packet = advice->packet, .advisory = true, .set = p,
		    }, advice->out ? "OUTPUT" : "INPUT");
}

/* A connection of the host to itself, to a port that no rule would name. */
static void
add_loopback(bool out, struct vec *checks)
{
	static const struct lifeline_link lo = { .ifname = "lo" };
	struct packet p = {
		.src = { .s6_addr = { [15] = 1 } },
		.src_len = 128,
		.dst = { .s6_addr = { [15] = 1 } },
		.dst_len = 128,
		.proto = IPPROTO_TCP,
		.sport = { 49152, UINT16_MAX },
		.dport = { 49151, 49151 },
		.tcp_flags = TH_SYN,
		.hop_limit = { 64, 64 },
		.length = { 60, 120 },
		.ct = CT_NEW,
		.routed_back = true,
	};

	packet_set_links(&p, out ? NULL : &lo, out ? &lo : NULL);
	checks_push(checks, (struct check){
			.packet = N_("a connection of this host to itself"),
			.advisory = true,
			.set = p,
		    }, out ? "OUTPUT" : "INPUT");
}

/* The peer's next login may come from another address of its link: temporary
 * ones (RFC 8981) change by the day. */
void
checks_advice(const struct lifeline *ll, struct vec *checks)
{
	struct packet p = packet_new_connection(ll);

	if (!ll->ssh || ll->way != LIFELINE_IN || ll->peer_len < 128 ||
	    addr_is_link_local(&ll->peer) || addr_is_loopback(&ll->peer))
		return;
	p.src_len = 64;
	checks_push(checks, (struct check){
			.packet = N_("a new connection from another address of "
				     "its /64"),
			.advisory = true,
			.led = ll->dialled_port != 0,
			.set = p,
		    }, "INPUT");
}

void
checks_advice_once(const struct lifeline *ll, struct vec *checks)
{
	bool far = !ll->link.no_ndp && ll->way != LIFELINE_THROUGH;

	for (size_t i = 0; i < ARRAY_LEN(advices) && far; i++)
		add_advice(ll, &advices[i], checks);
	checks_duplicates(ll, checks);
	add_loopback(false, checks);
	add_loopback(true, checks);
}
