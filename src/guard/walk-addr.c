/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches of addresses: their ranges, whose they are, and the way back. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "walk-internal.h"

static enum part
in_addresses(struct question *q, enum addr_field field,
	     const struct in6_addr *min, const struct in6_addr *max)
{
	struct addr_set rest;
	enum part part = addr_set_within(&q->set->addr[field], min, max, &rest);

	if (part == PART_CUT) {
		*q->rest = *q->set;
		q->rest->addr[field] = rest;
	}
	return part;
}

enum match
match_iprange(const void *data, struct question *q)
{
	const struct xt_iprange_mtinfo *info = data;
	enum match m = MATCH_YES;

	if (info->flags & IPRANGE_SRC)
		m = match_answer(in_addresses(q, ADDR_SRC, &info->src_min.in6,
					      &info->src_max.in6),
				 info->flags & IPRANGE_SRC_INV);
	if (m == MATCH_YES && (info->flags & IPRANGE_DST))
		m = match_answer(in_addresses(q, ADDR_DST, &info->dst_min.in6,
					      &info->dst_max.in6),
				 info->flags & IPRANGE_DST_INV);
	return m;
}

/* Is the address one of this host's, as the kernel's own routes have it? Asked
 * of unicast addresses that are routed alike on all links. */
static enum match
match_local(struct question *q, enum addr_field field)
{
	static const struct routed {
		struct in6_addr prefix;
		unsigned len;
	} routed[] = {
		{ { .s6_addr = { 0x20 } }, 3 },
		{ { .s6_addr = { 0xfc } }, 7 },
	};

	if (field == ADDR_DST && q->packet->dst_local)
		return MATCH_YES;
	for (size_t i = 0; i < ARRAY_LEN(routed); i++) {
		struct in6_addr mask = addr_mask(routed[i].len);
		enum part part = in_mask(q, field, &routed[i].prefix, &mask);

		if (part == PART_CUT)
			return MATCH_CUT;
		if (part == PART_ALL && q->own[field] != OWN_UNKNOWN)
			return q->own[field] == OWN_YES ? MATCH_YES : MATCH_NO;
	}
	return MATCH_MAYBE;
}

/* Neither a group nor :: nor IPv4 in disguise (__ipv6_addr_type in
 * net/ipv6/addrconf_core.c). */
static enum match
match_unicast(struct question *q, enum addr_field field)
{
	static const struct kind {
		struct in6_addr prefix;
		unsigned len;
	} others[] = {
		{ { .s6_addr = { 0xff } }, 8 },
		{ { .s6_addr = { 0 } }, 128 },
		{ { .s6_addr = { [10] = 0xff, [11] = 0xff } }, 96 },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct in6_addr mask = addr_mask(others[i].len);
		enum match m = match_answer(in_mask(q, field, &others[i].prefix,
						    &mask), true);

		if (m != MATCH_YES)
			return m;
	}
	return MATCH_YES;
}

/* What the address itself tells: it must be of each kind that is named. */
static enum match
match_kinds(struct question *q, enum addr_field field, unsigned types)
{
	static const struct in6_addr multicast = { .s6_addr = { 0xff } }, any;
	struct in6_addr mask = addr_mask(8), all = addr_mask(128);
	enum match m = MATCH_YES;

	if (types & XT_ADDRTYPE_MULTICAST)
		m = match_answer(in_mask(q, field, &multicast, &mask), false);
	if (m == MATCH_YES && (types & XT_ADDRTYPE_UNICAST))
		m = match_unicast(q, field);
	if (m == MATCH_YES && (types & XT_ADDRTYPE_UNSPEC))
		m = match_answer(in_mask(q, field, &any, &all), false);
	return m;
}

/* What the routes tell: it may be of any kind that is named. */
static enum match
match_routed(struct question *q, enum addr_field field, unsigned types,
	     unsigned flags)
{
	const unsigned limited = XT_ADDRTYPE_LIMIT_IFACE_IN |
				 XT_ADDRTYPE_LIMIT_IFACE_OUT;
	const unsigned others = XT_ADDRTYPE_ANYCAST | XT_ADDRTYPE_UNREACHABLE;
	enum match m = MATCH_MAYBE;

	if (!(types & (XT_ADDRTYPE_LOCAL | others)))
		return MATCH_YES;
	if ((types & XT_ADDRTYPE_LOCAL) && !(flags & limited))
		m = match_local(q, field);
	return m == MATCH_NO && (types & others) ? MATCH_MAYBE : m;
}

/* match_type6() in net/netfilter/xt_addrtype.c. */
static enum match
match_type(struct question *q, enum addr_field field, unsigned types,
	   unsigned flags, bool invert)
{
	enum match m = match_kinds(q, field, types);

	if (m == MATCH_YES)
		m = match_routed(q, field, types, flags);
	if (m == MATCH_MAYBE)
		return match_maybe(q, "addrtype");
	if (m == MATCH_CUT || !invert)
		return m;
	return m == MATCH_YES ? MATCH_NO : MATCH_YES;
}

enum match
match_addrtype(const void *data, struct question *q)
{
	const struct xt_addrtype_info_v1 *info = data;
	enum match src = MATCH_YES, dst = MATCH_YES;

	if (info->source)
		src = match_type(q, ADDR_SRC, info->source, info->flags,
				 info->flags & XT_ADDRTYPE_INVERT_SOURCE);
	if (src == MATCH_NO || src == MATCH_CUT)
		return src;
	if (info->dest)
		dst = match_type(q, ADDR_DST, info->dest, info->flags,
				 info->flags & XT_ADDRTYPE_INVERT_DEST);
	return dst == MATCH_YES ? src : dst;
}

/* Is the way back the way in (ip6t_rpfilter.c)? A link-local source is asked for
 * on the link itself, and :: is not asked for. */
enum match
match_rpfilter(const void *data, struct question *q)
{
	static const struct in6_addr link_local = { .s6_addr = { 0xfe, 0x80 } };
	const struct xt_rpfilter_info *info = data;
	struct in6_addr mask = addr_mask(10), first;
	enum part part = in_mask(q, ADDR_SRC, &link_local, &mask);
	bool by_mark = (info->flags & XT_RPFILTER_VALID_MARK) &&
		       !bits_are(q->set->mark, 0);
	const struct addr_set *src = &q->set->addr[ADDR_SRC];

	if (part == PART_CUT)
		return MATCH_CUT;
	if (part == PART_ALL || strcmp(q->packet->in, "lo") == 0 ||
	    (addr_set_first(src, &first) && addr_is_any(&first) &&
	     addr_equal(&src->lo, &src->hi)) ||
	    (q->packet->routed_back && !by_mark))
		return match_answer(PART_ALL,
				    info->flags & XT_RPFILTER_INVERT);
	return match_maybe(q, "rpfilter");
}
