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

	for (size_t i = 0; i < ARRAY_LEN(routed); i++) {
		struct in6_addr mask = addr_mask(routed[i].len);
		enum part part = in_mask(q, field, &routed[i].prefix, &mask);

		if (part == PART_CUT)
			return MATCH_CUT;
		if (part == PART_ALL && q->own[field] != OWN_UNKNOWN)
			return q->own[field] == OWN_YES ? MATCH_YES : MATCH_NO;
	}
	return match_maybe(q, "addrtype");
}

static enum match
match_type(struct question *q, enum addr_field field, unsigned types,
	   unsigned flags, bool invert)
{
	static const struct in6_addr multicast = { .s6_addr = { 0xff } };
	struct in6_addr mask = addr_mask(8);
	enum match m = MATCH_MAYBE;

	if (types == XT_ADDRTYPE_MULTICAST)
		return match_answer(in_mask(q, field, &multicast, &mask),
				    invert);
	if (types == XT_ADDRTYPE_LOCAL &&
	    !(flags & (XT_ADDRTYPE_LIMIT_IFACE_IN |
		       XT_ADDRTYPE_LIMIT_IFACE_OUT)))
		m = match_local(q, field);
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
	bool by_mark = (info->flags & XT_RPFILTER_VALID_MARK) && q->set->marked;
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
