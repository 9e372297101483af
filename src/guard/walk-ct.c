/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet shows of its connection: the state that conntrack gave it, and
 * the matches that look at it. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_state.h>
#include "walk-internal.h"

/* What conntrack has not seen yet has no connection: raw sees INVALID. Save
 * what comes in by lo, which bears what it got on its way out. */
void
ct_before(struct piece_set *set, const struct packet *packet)
{
	bool by_lo = strcmp(packet->in, "lo") == 0;

	set->ct = by_lo ? packet->ct : CT_INVALID;
	set->ct_reply = by_lo && packet->ct_reply;
	set->ct_set = by_lo;
	set->ct_mark = (struct bits){ .known = 0 };
}

/* The template of CT takes the mark that the packet bears when it leaves raw
 * (nf_ct_zone_tmpl in net/netfilter/nf_conntrack_zones.h). */
static void
zone_by_mark(struct piece_set *set)
{
	struct tracking *tracking = &set->tracking;
	uint16_t zone = (uint16_t)set->mark.value;

	if ((set->mark.known & UINT16_MAX) != UINT16_MAX)
		tracking->known = false;
	if (set->zone_ways & XT_CT_ZONE_DIR_ORIG)
		tracking->zone_original = zone;
	if (set->zone_ways & XT_CT_ZONE_DIR_REPL)
		tracking->zone_reply = zone;
	set->zone_by_mark = false;
}

/* The first packet's connection is new, and bears no mark yet. By lo comes what
 * rules have seen already. */
static void
mark_connection(struct piece_set *set, const struct packet *packet)
{
	bool first = set->ct == CT_NEW && strcmp(packet->in, "lo") != 0;

	set->ct_mark = (struct bits){ .known = first ? UINT32_MAX : 0 };
}

/* Conntrack comes behind raw. What is untracked stays so. */
void
ct_after(struct piece_set *set, const struct packet *packet)
{
	if (!set->tracking.tracked)
		return;
	if (set->zone_by_mark)
		zone_by_mark(set);
	set->ct = packet->ct;
	set->ct_reply = packet->ct_reply;
	mark_connection(set, packet);
}

/* The bit that conntrack and state look for (xt_conntrack.c, xt_state.c). */
static unsigned
state_bit(enum ct_state ct, unsigned untracked)
{
	switch (ct) {
	case CT_NEW:
		return XT_CONNTRACK_STATE_BIT(IP_CT_NEW);
	case CT_ESTABLISHED:
		return XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED);
	case CT_RELATED:
		return XT_CONNTRACK_STATE_BIT(IP_CT_RELATED);
	case CT_INVALID:
		return XT_CONNTRACK_STATE_INVALID;
	case CT_UNTRACKED:
		return untracked;
	}
	return 0;
}

enum match
match_state(const void *data, struct question *q)
{
	const struct xt_state_info *info = data;

	return info->statemask & state_bit(q->set->ct, XT_STATE_UNTRACKED) ?
	       MATCH_YES : MATCH_NO;
}

/* Options beside state and direction are not modelled. Without a connection
 * (INVALID, UNTRACKED) the kernel looks at the state and at nothing else. What
 * nat changes a new connection by, the walk does not follow. */
static enum match
match_ct(struct question *q, unsigned flags, unsigned inverted, unsigned states)
{
	const unsigned known = XT_CONNTRACK_STATE | XT_CONNTRACK_DIRECTION |
			       XT_CONNTRACK_STATE_ALIAS;
	const unsigned nat = XT_CONNTRACK_STATE_SNAT | XT_CONNTRACK_STATE_DNAT;
	enum ct_state ct = q->set->ct;
	bool tracked = ct != CT_INVALID && ct != CT_UNTRACKED;
	bool hit = states & state_bit(ct, XT_CONNTRACK_STATE_UNTRACKED);
	bool open = tracked && !hit && ct != CT_NEW && (states & nat);

	if ((flags & XT_CONNTRACK_STATE) && !open &&
	    hit == !!(inverted & XT_CONNTRACK_STATE))
		return MATCH_NO;
	if (!tracked)
		return flags & XT_CONNTRACK_STATE ? MATCH_YES : MATCH_NO;
	if ((flags & XT_CONNTRACK_DIRECTION) &&
	    q->set->ct_reply == !(inverted & XT_CONNTRACK_DIRECTION))
		return MATCH_NO;
	if ((flags & ~known) || ((flags & XT_CONNTRACK_STATE) && open))
		return match_maybe(q, "conntrack");
	return MATCH_YES;
}

enum match
match_conntrack1(const void *data, struct question *q)
{
	const struct xt_conntrack_mtinfo1 *info = data;

	return match_ct(q, info->match_flags, info->invert_flags,
			info->state_mask);
}

enum match
match_conntrack2(const void *data, struct question *q)
{
	const struct xt_conntrack_mtinfo2 *info = data;

	return match_ct(q, info->match_flags, info->invert_flags,
			info->state_mask);
}

enum match
match_conntrack3(const void *data, struct question *q)
{
	const struct xt_conntrack_mtinfo3 *info = data;

	return match_ct(q, info->match_flags, info->invert_flags,
			info->state_mask);
}
