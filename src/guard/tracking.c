/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conntrack's entry of a connection lies in the zone of its first packet.
 * Packets that raw leads elsewhere do not find it (nf_conntrack_find_get in
 * net/netfilter/nf_conntrack_core.c), and there is none of what began before
 * the first rule that needs conntrack. TCP in the midst of a connection is then
 * a new one, or INVALID if net.netfilter.nf_conntrack_tcp_loose is 0; a SYN-ACK
 * that answers nothing is INVALID (nf_conntrack_proto_tcp.c). What has no flags
 * is new. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "conntrack.h"
#include "tracking.h"

#define BIT(state) (1u << (state))

/* Both directions of a connection: of whom began it, and back. */
struct pair {
	struct tracking there;
	struct tracking back;
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

/* The hook at the other end of the host. */
static const char *
other_hook(const char *hook)
{
	if (strcmp(hook, "INPUT") == 0)
		return "OUTPUT";
	return strcmp(hook, "OUTPUT") == 0 ? "INPUT" : hook;
}

/* What comes in by lo was tracked, or not, when it went out. */
static void
find_tracking(const struct tables *tables, const struct packet *packet,
	      const char *hook, struct tracking *tracking)
{
	struct packet p = *packet;

	if (is_by_lo(packet) && strcmp(hook, "INPUT") == 0) {
		memcpy(p.out, packet->in, IFNAMSIZ);
		memset(p.in, 0, IFNAMSIZ);
		hook = "OUTPUT";
	}
	walk_tracking(tables, hook, &p, tracking);
}

static void
find_pair(const struct tables *tables, const struct lifeline *ll,
	  const struct check *check, struct pair *pair)
{
	bool reply = check->set.ct_reply;
	struct packet this = any_flags(&check->set);
	struct packet other = other_way(&this);
	struct packet *in = reply ? &other : &this;

	if (ll->dialled_port)
		*in = packet_as_dialled(ll, in);

	find_tracking(tables, &this, check->hook,
		      reply ? &pair->back : &pair->there);
	find_tracking(tables, &other, other_hook(check->hook),
		      reply ? &pair->there : &pair->back);
}

static bool
is_known(const struct pair *pair)
{
	return pair->there.known && pair->back.known;
}

/* Do answers meet the connection that a packet began? */
static bool
is_whole(const struct pair *pair)
{
	return pair->there.tracked && pair->back.tracked &&
	       pair->there.zone_reply == pair->back.zone_reply;
}

/* Did conntrack see the connection under the live rules? Those that are there
 * now may be younger than it; the kernel was asked in zone 0. */
static bool
was_seen(const struct tables *live, const struct lifeline *ll,
	 const struct pair *old)
{
	if (!is_whole(old))
		return false;
	if (old->there.zone_original == 0 && ll->entry != ENTRY_UNKNOWN)
		return ll->entry == ENTRY_FOUND;
	return conntrack_is_used(live);
}

/* Do the packets find the connection begun under old? */
static bool
is_found(const struct pair *old, const struct pair *now, bool reply)
{
	return reply ? now->back.tracked &&
		       now->back.zone_reply == old->there.zone_reply :
		       now->there.tracked &&
		       now->there.zone_original == old->there.zone_original;
}

/* The states of what answers, or goes on, if conntrack does not know that of
 * it. */
static unsigned
unanswered_states(const struct lifeline *ll, const struct check *check)
{
	if (check->set.proto != IPPROTO_TCP)
		return BIT(CT_NEW);
	if (check->set.tcp_flags & TH_SYN)
		return BIT(CT_INVALID);
	if (check->running)
		return ll->strict ? BIT(CT_INVALID) : BIT(CT_NEW);
	return BIT(CT_NEW) | BIT(CT_INVALID);
}

/* Of what is ESTABLISHED if all is well. What is taken up anew is so too, once
 * its first packet has passed: that is another check. */
static unsigned
established_states(const struct tables *tables, const struct lifeline *ll,
		   const struct check *check)
{
	struct pair now;
	unsigned states = BIT(CT_ESTABLISHED);

	find_pair(tables, ll, check, &now);
	if (!is_known(&now))
		return states | unanswered_states(ll, check);
	return is_whole(&now) ? states : unanswered_states(ll, check);
}

/* Out by lo, untracked; then it comes in untracked too, whatever raw says. */
static unsigned
states_by_lo(const struct tables *tables, const struct check *check,
	     unsigned states)
{
	struct tracking out;

	if (!is_by_lo(&check->set) || strcmp(check->hook, "INPUT") != 0)
		return states;
	find_tracking(tables, &check->set, check->hook, &out);
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

/* Nothing is said against the packets. */
static void
say_nothing(const struct check *check, struct walk_result *result)
{
	memset(result, 0, sizeof(*result));
	result->verdict = VERDICT_ACCEPT;
	result->table = "filter";
	result->hook = check->hook;
	str_copy(result->chain, sizeof(result->chain), check->hook);
}

/* Packets of the running connection that are the first of it which conntrack
 * sees. What comes from the other end is waited for if it is dropped, but
 * rewritten it is the end. */
static void
walk_lost(const struct tables *tables, const struct lifeline *ll,
	  const struct check *check, struct walk_result *result)
{
	struct packet set = check->set;

	set.ct_reply = false;
	if (ll->strict) {
		set.ct = CT_INVALID;
		walk(tables, check->hook, &set, result);
		return;
	}
	walk_taken_up(tables, ll, check, &set, result);
	if (check->set.ct_reply && !check->advisory &&
	    strcmp(result->table, "nat") != 0)
		say_nothing(check, result);
}

/* The same, if there are such packets. */
static void
walk_if_lost(const struct tables *live, const struct tables *tables,
	     const struct lifeline *ll, const struct check *check,
	     struct walk_result *result)
{
	struct walk_result lost;
	struct pair now, old;
	bool known;

	find_pair(tables, ll, check, &now);
	find_pair(live, ll, check, &old);
	known = is_known(&now) && is_known(&old);
	say_nothing(check, result);
	if (known && was_seen(live, ll, &old) &&
	    is_found(&old, &now, check->set.ct_reply))
		return;
	walk_lost(tables, ll, check, &lost);
	if (known)
		*result = lost;
	else
		join(result, &lost);
}

static void
walk_set(const struct tables *tables, const struct lifeline *ll,
	 const struct check *check, const struct packet *set,
	 struct walk_result *result)
{
	if (check->led)
		walk_led(tables, ll, set, result);
	else
		walk(tables, check->hook, set, result);
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

	if (check->lost) {
		walk_if_lost(live, tables, ll, check, result);
		return;
	}
	if (check->set.ct == CT_ESTABLISHED)
		states = established_states(tables, ll, check);
	states = states_by_lo(tables, check, states);
	for (enum ct_state ct = CT_NEW; ct <= CT_UNTRACKED; ct++) {
		if (!(states & BIT(ct)))
			continue;
		set.ct = ct;
		set.ct_reply = ct == CT_ESTABLISHED && check->set.ct_reply;
		walk_set(tables, ll, check, &set, first ? result : &one);
		if (!first)
			join(result, &one);
		first = false;
	}
}
