/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Match extensions. Exact, as the kernel compares, for those that the table
 * below lists by name and revision; what is not in it is a MAYBE. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_socket.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_hl.h>
#include <sallyport/mem.h>
#include "walk-internal.h"

/* Cut the field in front of at. */
static enum part
cut_range(struct question *q, enum range_field field, uint32_t at)
{
	*q->rest = *q->set;
	q->set->range[field].hi = at - 1;
	q->rest->range[field].lo = at;
	return PART_CUT;
}

enum part
in_range(struct question *q, enum range_field field, uint32_t lo, uint32_t hi)
{
	struct range *set = &q->set->range[field];

	if (lo > hi || set->hi < lo || set->lo > hi)
		return PART_NONE;
	if (set->lo < lo)
		return cut_range(q, field, lo);
	if (set->hi > hi)
		return cut_range(q, field, hi + 1);
	return PART_ALL;
}

/* (flags & mask) == value, where some flags may be set or not. */
static enum part
flags_equal(struct question *q, uint8_t mask, uint8_t value)
{
	struct piece_set *set = q->set;
	uint8_t open = mask & set->tcp_flags_any;
	uint8_t bit = open & (uint8_t)-open;

	if (value & ~mask)
		return PART_NONE;
	if ((set->tcp_flags ^ value) & mask & ~set->tcp_flags_any)
		return PART_NONE;
	if (!bit)
		return PART_ALL;
	set->tcp_flags_any ^= bit;
	*q->rest = *set;
	set->tcp_flags |= bit;
	q->rest->tcp_flags &= (uint8_t)~bit;
	return PART_CUT;
}

static enum match
match_tcp(const void *data, struct question *q)
{
	const struct xt_tcp *tcp = data;
	enum match m;

	m = match_answer(in_range(q, RANGE_SPORT, tcp->spts[0], tcp->spts[1]),
			 tcp->invflags & XT_TCP_INV_SRCPT);
	if (m != MATCH_YES)
		return m;
	m = match_answer(in_range(q, RANGE_DPORT, tcp->dpts[0], tcp->dpts[1]),
			 tcp->invflags & XT_TCP_INV_DSTPT);
	if (m != MATCH_YES)
		return m;
	m = match_answer(flags_equal(q, tcp->flg_mask, tcp->flg_cmp),
			 tcp->invflags & XT_TCP_INV_FLAGS);
	if (m == MATCH_YES && tcp->option)
		return match_maybe(q, "--tcp-option");
	return m;
}

static enum match
match_udp(const void *data, struct question *q)
{
	const struct xt_udp *udp = data;
	enum match m;

	m = match_answer(in_range(q, RANGE_SPORT, udp->spts[0], udp->spts[1]),
			 udp->invflags & XT_UDP_INV_SRCPT);
	if (m != MATCH_YES)
		return m;
	return match_answer(in_range(q, RANGE_DPORT, udp->dpts[0],
				     udp->dpts[1]),
			    udp->invflags & XT_UDP_INV_DSTPT);
}

static enum match
match_icmp6(const void *data, struct question *q)
{
	const struct ip6t_icmp *icmp = data;
	bool hit = q->packet->icmp_type == icmp->type &&
		   q->packet->icmp_code >= icmp->code[0] &&
		   q->packet->icmp_code <= icmp->code[1];

	return match_answer(hit ? PART_ALL : PART_NONE,
			    icmp->invflags & IP6T_ICMP_INV);
}

/* Is port in the list? And *edge, when not NULL: the lowest port above it where
 * a port or range of the list begins or has ended. */
static bool
port_in_list(const struct xt_multiport_v1 *mp, uint32_t port, uint32_t *edge)
{
	bool hit = false;

	for (unsigned i = 0; i < mp->count && i < XT_MULTI_PORTS; i++) {
		uint32_t lo = mp->ports[i], hi = lo;

		if (mp->pflags[i] && i + 1 < XT_MULTI_PORTS)
			hi = mp->ports[++i];
		if (lo > hi)
			continue;
		hit = hit || (port >= lo && port <= hi);
		if (lo > port && lo < *edge)
			*edge = lo;
		if (hi + 1 > port && hi + 1 < *edge)
			*edge = hi + 1;
	}
	return hit;
}

static enum part
in_list(struct question *q, enum range_field field,
	const struct xt_multiport_v1 *mp)
{
	const struct range *set = &q->set->range[field];
	uint32_t at = set->lo, edge = UINT32_MAX;
	bool hit = port_in_list(mp, at, &edge);

	while (edge <= set->hi) {
		at = edge;
		edge = UINT32_MAX;
		if (port_in_list(mp, at, &edge) != hit)
			return cut_range(q, field, at);
	}
	return hit ? PART_ALL : PART_NONE;
}

static enum match
match_multiport(const void *data, struct question *q)
{
	const struct xt_multiport_v1 *mp = data;
	enum part part = PART_NONE;

	if (mp->flags != XT_MULTIPORT_DESTINATION)
		part = in_list(q, RANGE_SPORT, mp);
	if (part == PART_NONE && mp->flags != XT_MULTIPORT_SOURCE)
		part = in_list(q, RANGE_DPORT, mp);
	return match_answer(part, mp->invert);
}

static enum match
match_hl(const void *data, struct question *q)
{
	const struct ip6t_hl_info *info = data;
	uint32_t limit = info->hop_limit;

	switch (info->mode) {
	case IP6T_HL_EQ:
	case IP6T_HL_NE:
		return match_answer(in_range(q, RANGE_HOP_LIMIT, limit, limit),
				    info->mode == IP6T_HL_NE);
	case IP6T_HL_LT:
		return match_answer(in_range(q, RANGE_HOP_LIMIT, limit, 255),
				    true);
	case IP6T_HL_GT:
		return match_answer(in_range(q, RANGE_HOP_LIMIT, 0, limit),
				    true);
	}
	return match_maybe(q, "hl");
}

/* In the range whatever was added, or only if something was or was not. */
static enum match
match_length(const void *data, struct question *q)
{
	const struct xt_length_info *info = data;
	uint32_t slack = q->set->length_slack, min = info->min, max = info->max;
	enum part part;

	part = max < slack ? PART_NONE :
	       in_range(q, RANGE_LENGTH, min, max - slack);
	if (part != PART_NONE || !slack)
		return match_answer(part, info->invert);
	part = in_range(q, RANGE_LENGTH, min > slack ? min - slack : 0, max);
	return part == PART_ALL ? match_maybe(q, "TCPMSS") :
				  match_answer(part, info->invert);
}

static enum match
match_always(const void *data, struct question *q)
{
	return MATCH_YES;
}

/* The packets of a walk have no extension headers, and of a header that is not
 * there nothing matches, "not this type" neither (rt_mt6 in
 * net/ipv6/netfilter/ip6t_rt.c, and the likes of it). */
static enum match
match_header(const void *data, struct question *q)
{
	return MATCH_NO;
}

/* It may give the packet the mark of the socket that it finds. */
static enum match
match_socket(const void *data, struct question *q)
{
	const struct xt_socket_mtinfo3 *info = data;

	if (info->flags & XT_SOCKET_RESTORESKMARK)
		q->may_mark = true;
	return match_maybe(q, "socket");
}

/* What is modelled: a match, its revision and the size of its data. */
static const struct model {
	const char *name;
	uint8_t revision;
	size_t size;
	enum match (*match)(const void *data, struct question *q);
} models[] = {
	{ "tcp", 0, sizeof(struct xt_tcp), match_tcp },
	{ "conntrack", 3, sizeof(struct xt_conntrack_mtinfo3),
	  match_conntrack3 },
	{ "comment", 0, 0, match_always },
	{ "udp", 0, sizeof(struct xt_udp), match_udp },
	{ "multiport", 1, sizeof(struct xt_multiport_v1), match_multiport },
	{ "icmp6", 0, sizeof(struct ip6t_icmp), match_icmp6 },
	{ "state", 0, sizeof(struct xt_state_info), match_state },
	{ "conntrack", 2, sizeof(struct xt_conntrack_mtinfo2),
	  match_conntrack2 },
	{ "conntrack", 1, sizeof(struct xt_conntrack_mtinfo1),
	  match_conntrack1 },
	{ "iprange", 1, sizeof(struct xt_iprange_mtinfo), match_iprange },
	{ "hl", 0, sizeof(struct ip6t_hl_info), match_hl },
	{ "addrtype", 1, sizeof(struct xt_addrtype_info_v1), match_addrtype },
	{ "rpfilter", 0, sizeof(struct xt_rpfilter_info), match_rpfilter },
	{ "length", 0, sizeof(struct xt_length_info), match_length },
	{ "mark", 1, sizeof(struct xt_mark_mtinfo1), match_mark },
	{ "connmark", 1, sizeof(struct xt_connmark_mtinfo1), match_connmark },
	{ "pkttype", 0, sizeof(struct xt_pkttype_info), match_pkttype },
	{ "mac", 0, sizeof(struct xt_mac_info), match_mac },
	{ "socket", 3, sizeof(struct xt_socket_mtinfo3), match_socket },
	{ "ah", 0, 0, match_header },
	{ "rt", 0, 0, match_header },
	{ "frag", 0, 0, match_header },
	{ "hbh", 0, 0, match_header },
	{ "dst", 0, 0, match_header },
};

/* Matches that are not modelled but answer yes or no and nothing else. All
 * others may also drop what they cannot read or have no room for (hotdrop). */
static const char *const only_yes_or_no[] = {
	"addrtype", "bpf", "cgroup", "comment", "connbytes", "connlabel",
	"connmark", "conntrack", "cpu", "devgroup", "dscp", "ecn", "helper",
	"hl", "ipv6header", "iprange", "ipvs", "length", "limit", "mac", "mark",
	"nfacct", "owner", "physdev", "pkttype", "policy", "quota", "recent",
	"rpfilter", "set", "socket", "state", "statistic", "string", "time",
	"tos", "u32",
};

static bool
may_drop(const char *name)
{
	return !str_find(only_yes_or_no, ARRAY_LEN(only_yes_or_no), name);
}

enum match
match_extension(const struct xt_entry_match *m, struct question *q)
{
	size_t size = m->u.match_size - sizeof(*m);

	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (m->u.user.revision == models[i].revision &&
		    size >= models[i].size &&
		    strcmp(m->u.user.name, models[i].name) == 0)
			return models[i].match(m->data, q);
	if (may_drop(m->u.user.name))
		q->may_drop = true;
	return match_maybe(q, m->u.user.name);
}
