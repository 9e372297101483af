/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a rule match a set of packets? Each condition is asked of the whole set:
 * where it holds for a part of it, the set is cut in two and the rule is asked
 * again for each. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include "walk-internal.h"

enum match
match_answer(enum part part, bool invert)
{
	switch (part) {
	case PART_CUT:
		return MATCH_CUT;
	case PART_ALL:
		return invert ? MATCH_NO : MATCH_YES;
	case PART_NONE:
		return invert ? MATCH_YES : MATCH_NO;
	}
	return MATCH_MAYBE;
}

/* MAYBE, and why. */
enum match
match_maybe(struct question *q, const char *why)
{
	if (!q->why)
		q->why = why;
	return MATCH_MAYBE;
}

enum part
in_mask(struct question *q, enum addr_field field, const struct in6_addr *value,
	const struct in6_addr *mask)
{
	struct addr_set rest;
	enum part part = addr_set_masked(&q->set->addr[field], value, mask,
					 &rest);

	if (part == PART_CUT) {
		*q->rest = *q->set;
		q->rest->addr[field] = rest;
	}
	return part;
}

/* The kernel's comparison of interface names; true where they differ. */
static bool
name_differs(const char *name, const char *want, const unsigned char *mask)
{
	uint64_t a[2], b[2], m[2];

	memcpy(a, name, sizeof(a));
	memcpy(b, want, sizeof(b));
	memcpy(m, mask, sizeof(m));
	return ((a[0] ^ b[0]) & m[0]) || ((a[1] ^ b[1]) & m[1]);
}

static enum match
match_name(const char *name, bool unknown, const char *want,
	   const unsigned char *mask, bool invert, const char *option,
	   struct question *q)
{
	static const unsigned char none[IFNAMSIZ];

	if (memcmp(mask, none, IFNAMSIZ) == 0)
		return invert ? MATCH_NO : MATCH_YES;
	if (!unknown)
		return name_differs(name, want, mask) == invert ? MATCH_YES :
								  MATCH_NO;
	/* An unknown interface is any one but lo. */
	if (memcmp(want, "lo", 3) == 0 && mask[2])
		return invert ? MATCH_YES : MATCH_NO;
	return match_maybe(q, option);
}

static enum match
match_protocol(const struct ip6t_ip6 *ip, const struct question *q)
{
	bool invert = ip->invflags & IP6T_INV_PROTO;

	if (!(ip->flags & IP6T_F_PROTO))
		return MATCH_YES;
	if (ip->proto == q->packet->proto)
		return invert ? MATCH_NO : MATCH_YES;
	return ip->proto == 0 || invert ? MATCH_YES : MATCH_NO;
}

static enum match
both(enum match a, enum match b)
{
	if (a == MATCH_NO || b == MATCH_NO)
		return MATCH_NO;
	return a == MATCH_MAYBE ? a : b;
}

/* What cannot be cut comes first: it saves needless cuts. */
static enum match
match_core(const struct ip6t_ip6 *ip, struct question *q)
{
	const struct packet *p = q->packet;
	enum match m = match_protocol(ip, q), a;

	if (m == MATCH_NO)
		return m;
	m = both(match_name(p->in, p->in_unknown, ip->iniface,
			    ip->iniface_mask,
			    ip->invflags & IP6T_INV_VIA_IN, "-i", q),
		 match_name(p->out, p->out_unknown, ip->outiface,
			    ip->outiface_mask,
			    ip->invflags & IP6T_INV_VIA_OUT, "-o", q));
	if (m == MATCH_NO)
		return m;
	a = match_answer(in_mask(q, ADDR_SRC, &ip->src, &ip->smsk),
			 ip->invflags & IP6T_INV_SRCIP);
	if (a != MATCH_YES)
		return a;
	a = match_answer(in_mask(q, ADDR_DST, &ip->dst, &ip->dmsk),
			 ip->invflags & IP6T_INV_DSTIP);
	return a == MATCH_YES ? m : a;
}

enum match
rule_match(const struct rule *rule, struct question *q)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct xt_entry_match *m = NULL;
	enum match all, one;

	q->why = NULL;
	q->may_drop = false;
	q->may_mark = false;
	all = match_core(&entry->ipv6, q);
	if (all == MATCH_NO || all == MATCH_CUT)
		return all;
	while ((m = rule_next_match(rule, m)) != NULL) {
		one = match_extension(m, q);
		if (one == MATCH_NO || one == MATCH_CUT)
			return one;
		all = both(all, one);
	}
	return all;
}
