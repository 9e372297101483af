/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conntrack's entry of a connection lies in the zone of its first packet.
 * Packets that raw leads elsewhere do not find it (nf_conntrack_find_get in
 * net/netfilter/nf_conntrack_core.c): TCP in the midst of a connection is then
 * a new one, or INVALID if net.netfilter.nf_conntrack_tcp_loose is 0; a SYN-ACK
 * that answers nothing is INVALID (nf_conntrack_proto_tcp.c). */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "tracking.h"

#define BIT(state) (1u << (state))

/* Both directions of a connection. */
struct pair {
	struct tracking in;
	struct tracking out;
};

/* Any packet of the connection that goes as packet goes. */
static struct packet
any_flags(const struct packet *packet)
{
	struct packet any = *packet;

	any.tcp_flags = 0;
	any.tcp_flags_any = 0x3f;
	return any;
}

static struct packet
other_way(const struct packet *packet)
{
	struct packet back = *packet;

	back.src = packet->dst;
	back.src_len = packet->dst_len;
	back.dst = packet->src;
	back.dst_len = packet->src_len;
	back.sport = packet->dport;
	back.dport = packet->sport;
	memcpy(back.in, packet->out, IFNAMSIZ);
	memcpy(back.out, packet->in, IFNAMSIZ);
	back.in_unknown = packet->out_unknown;
	back.out_unknown = packet->in_unknown;
	return back;
}

static bool
is_by_lo(const struct packet *packet)
{
	return strcmp(packet->in, "lo") == 0 || strcmp(packet->out, "lo") == 0;
}

/* What comes in by lo was tracked, or not, when it went out. */
static void
find_tracking(const struct tables *tables, const struct packet *packet,
	      bool out, struct tracking *tracking)
{
	struct packet p = *packet;

	if (is_by_lo(packet) && !out) {
		memcpy(p.out, packet->in, IFNAMSIZ);
		memset(p.in, 0, IFNAMSIZ);
		out = true;
	}
	walk_tracking(tables, out ? "OUTPUT" : "INPUT", &p, tracking);
}

static void
find_pair(const struct tables *tables, const struct check *check,
	  struct pair *pair)
{
	bool out = strcmp(check->hook, "OUTPUT") == 0;
	struct packet this = any_flags(&check->set);
	struct packet back = other_way(&this);

	find_tracking(tables, &this, out, out ? &pair->out : &pair->in);
	find_tracking(tables, &back, !out, out ? &pair->in : &pair->out);
}

static bool
is_known(const struct pair *pair)
{
	return pair->in.known && pair->out.known;
}

/* Do answers meet the connection that a packet from the peer began? */
static bool
is_whole(const struct pair *pair)
{
	return pair->in.tracked && pair->out.tracked &&
	       pair->in.zone_reply == pair->out.zone_reply;
}

/* Do the packets find the connection begun under old? */
static bool
is_found(const struct pair *old, const struct pair *now, bool out)
{
	if (!is_whole(old))
		return false;
	return out ? now->out.tracked &&
		     now->out.zone_reply == old->in.zone_reply :
		     now->in.tracked &&
		     now->in.zone_original == old->in.zone_original;
}

/* What becomes of ESTABLISHED without an entry. Out, it is a new connection, or
 * the peer's packets made one meanwhile. */
static unsigned
lost_states(const struct lifeline *ll, const struct check *check)
{
	if (check->set.tcp_flags & TH_SYN)
		return BIT(CT_INVALID);
	if (!check->running)
		return BIT(CT_NEW) | BIT(CT_INVALID);
	if (ll->strict)
		return BIT(CT_INVALID);
	return strcmp(check->hook, "OUTPUT") == 0 ?
	       BIT(CT_NEW) | BIT(CT_ESTABLISHED) : BIT(CT_NEW);
}

static unsigned
established_states(const struct tables *live, const struct tables *tables,
		   const struct lifeline *ll, const struct check *check)
{
	bool out = strcmp(check->hook, "OUTPUT") == 0;
	struct pair now, old;

	find_pair(tables, check, &now);
	old = now;
	if (check->running && tables != live)
		find_pair(live, check, &old);
	if (!is_known(&now) || !is_known(&old))
		return lost_states(ll, check) | BIT(CT_ESTABLISHED);
	if (check->running ? is_found(&old, &now, out) : is_whole(&now))
		return BIT(CT_ESTABLISHED);
	return lost_states(ll, check);
}

/* Out by lo, untracked; then it comes in untracked too, whatever raw says. */
static unsigned
states_by_lo(const struct tables *tables, const struct check *check,
	     unsigned states)
{
	struct tracking out;

	if (!is_by_lo(&check->set) || strcmp(check->hook, "INPUT") != 0)
		return states;
	find_tracking(tables, &check->set, false, &out);
	if (!out.known)
		return states | BIT(CT_UNTRACKED);
	return out.tracked ? states : BIT(CT_UNTRACKED);
}

static void
join(struct walk_result *all, const struct walk_result *one)
{
	bool same = all->verdict == one->verdict;

	if (all->verdict == VERDICT_ACCEPT)
		*all = *one;
	if (same || all->verdict == VERDICT_UNKNOWN)
		return;
	all->verdict = VERDICT_UNKNOWN;
	all->why = "CT";
}

void
walk_tracked(const struct tables *live, const struct tables *tables,
	     const struct lifeline *ll, const struct check *check,
	     struct walk_result *result)
{
	unsigned states = BIT(check->set.ct);
	struct packet set = check->set;
	struct walk_result one;
	bool first = true;

	if (check->set.ct == CT_ESTABLISHED)
		states = established_states(live, tables, ll, check);
	states = states_by_lo(tables, check, states);
	for (enum ct_state ct = CT_NEW; ct <= CT_UNTRACKED; ct++) {
		if (!(states & BIT(ct)))
			continue;
		set.ct = ct;
		set.ct_reply = ct == CT_ESTABLISHED && check->set.ct_reply;
		walk(tables, check->hook, &set, first ? result : &one);
		if (!first)
			join(result, &one);
		first = false;
	}
}
