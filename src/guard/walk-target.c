/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What targets do. Those of the tables below are known by name; of those that
 * change packets, what rules or receivers see of the change is modelled. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_HL.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "walk-internal.h"

const struct xt_entry_target *
rule_entry_target(const struct rule *rule, size_t *size)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct xt_entry_target *t =
		(const void *)(rule->entry + entry->target_offset);

	*size = t->u.target_size - sizeof(*t);
	return t;
}

struct target {
	const char *name;
	enum action action;
};

static const struct target standard[] = {
	{ "ACCEPT", ACTION_ACCEPT },
	{ "DROP", ACTION_DROP },
	{ "RETURN", ACTION_RETURN },
	{ "QUEUE", ACTION_UNKNOWN },
	{ "", ACTION_NEXT },
};

/* TOS and the like change what no match that is modelled looks at. A source
 * that is rewritten is so by nat's last chain on the way: no rule sees it, and
 * conntrack gives the answers their old destination back before filter sees
 * them. TPROXY hands the packet to a transparent socket, which an SSH server's
 * is not, or drops it. */
static const struct target extensions[] = {
	{ "AUDIT", ACTION_NEXT },
	{ "CHECKSUM", ACTION_NEXT },
	{ "CLASSIFY", ACTION_NEXT },
	{ "CONNMARK", ACTION_MARK },
	{ "CONNSECMARK", ACTION_NEXT },
	{ "CT", ACTION_CHANGE },
	{ "DNAT", ACTION_REWRITE },
	{ "DSCP", ACTION_NEXT },
	{ "HL", ACTION_CHANGE },
	{ "HMARK", ACTION_MARK },
	{ "IDLETIMER", ACTION_NEXT },
	{ "LED", ACTION_NEXT },
	{ "LOG", ACTION_NEXT },
	{ "MARK", ACTION_MARK },
	{ "MASQUERADE", ACTION_ACCEPT },
	{ "NETMAP", ACTION_REWRITE },
	{ "NFLOG", ACTION_NEXT },
	{ "NOTRACK", ACTION_CHANGE },
	{ "RATEEST", ACTION_NEXT },
	{ "REDIRECT", ACTION_REWRITE },
	{ "REJECT", ACTION_DROP },
	{ "SECMARK", ACTION_NEXT },
	{ "SET", ACTION_MARK },
	{ "SNAT", ACTION_ACCEPT },
	{ "TCPMSS", ACTION_CHANGE },
	{ "TCPOPTSTRIP", ACTION_NEXT },
	{ "TEE", ACTION_NEXT },
	{ "TOS", ACTION_NEXT },
	{ "TPROXY", ACTION_DIVERT },
	{ "TRACE", ACTION_NEXT },
};

static enum action
find_action(const struct target *targets, size_t n, const char *name,
	    enum action otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].action;
	return otherwise;
}

enum action
rule_action(const struct rule *rule)
{
	const char *name = rule_target(rule);

	return rule_has_standard_target(rule) ?
	       find_action(standard, ARRAY_LEN(standard), name, ACTION_CHAIN) :
	       find_action(extensions, ARRAY_LEN(extensions), name,
			   ACTION_UNKNOWN);
}

/* The connection that CT names in advance looks like a new one (xt_CT.c). */
static void
prepare_tracking(const struct xt_ct_target_info *info, struct piece_set *set)
{
	const unsigned one_way = XT_CT_ZONE_DIR_ORIG | XT_CT_ZONE_DIR_REPL;
	unsigned ways = info->flags & one_way ? info->flags : one_way;

	set->ct = CT_NEW;
	set->ct_reply = false;
	set->zone_by_mark = info->flags & XT_CT_ZONE_MARK;
	set->zone_ways = ways;
	if (ways & XT_CT_ZONE_DIR_ORIG)
		set->tracking.zone_original = info->zone;
	if (ways & XT_CT_ZONE_DIR_REPL)
		set->tracking.zone_reply = info->zone;
}

static void
change_tracking(const struct xt_entry_target *t, size_t size,
		struct piece_set *set)
{
	const struct xt_ct_target_info *info = (const void *)t->data;

	if (set->ct_set)
		return;
	set->ct_set = true;
	if (strcmp(t->u.user.name, "NOTRACK") == 0 || size < sizeof(*info) ||
	    info->flags & XT_CT_NOTRACK) {
		set->ct = CT_UNTRACKED;
		set->tracking.tracked = false;
	} else {
		prepare_tracking(info, set);
	}
}

static uint32_t
new_hop_limit(const struct ip6t_HL_info *info, uint32_t old)
{
	uint32_t by = info->hop_limit;

	switch (info->mode) {
	case IP6T_HL_SET:
		return by;
	case IP6T_HL_INC:
		return old + by < 255 ? old + by : 255;
	case IP6T_HL_DEC:
		return old > by ? old - by : 0;
	}
	return old;
}

/* TCPMSS may give a SYN the option that it lacks: four bytes (xt_TCPMSS.c). */
void
target_change(const struct rule *rule, struct piece_set *set)
{
	size_t size;
	const struct xt_entry_target *t = rule_entry_target(rule, &size);
	struct range *hops = &set->range[RANGE_HOP_LIMIT];

	if (strcmp(t->u.user.name, "HL") == 0) {
		hops->lo = new_hop_limit((const void *)t->data, hops->lo);
		hops->hi = new_hop_limit((const void *)t->data, hops->hi);
	} else if (strcmp(t->u.user.name, "TCPMSS") == 0) {
		if ((set->tcp_flags | set->tcp_flags_any) & TH_SYN)
			set->length_slack = 4;
	} else {
		change_tracking(t, size, set);
	}
}

/* To this address, under a mask. */
static enum match
keeps_address(const struct in6_addr *address, const struct in6_addr *mask,
	      struct question *q)
{
	struct in6_addr value = *address;

	for (int i = 0; i < 16; i++)
		value.s6_addr[i] &= mask->s6_addr[i];
	return match_answer(in_mask(q, ADDR_DST, &value, mask), false);
}

/* Out of several addresses one is chosen by a hash of both ends. */
static enum match
keeps_one_of(const struct nf_nat_range *to, struct question *q)
{
	struct in6_addr all = addr_mask(128);

	if (!(to->flags & NF_NAT_RANGE_MAP_IPS))
		return MATCH_YES;
	if (addr_equal(&to->min_addr.in6, &to->max_addr.in6))
		return keeps_address(&to->min_addr.in6, &all, q);
	return match_maybe(q, "DNAT");
}

/* A port that is in the range already stays (nf_nat_l4proto_in_range), unless
 * it is to be drawn or shifted. */
static enum match
keeps_port(const struct nf_nat_range *to, struct question *q)
{
	const unsigned drawn = NF_NAT_RANGE_PROTO_RANDOM_ALL |
			       NF_NAT_RANGE_PROTO_OFFSET;
	uint32_t lo = ntohs(to->min_proto.all), hi = ntohs(to->max_proto.all);
	enum match m;

	if (!(to->flags & NF_NAT_RANGE_PROTO_SPECIFIED))
		return MATCH_YES;
	if (to->flags & NF_NAT_RANGE_PROTO_OFFSET)
		return match_maybe(q, "DNAT");
	m = match_answer(in_range(q, RANGE_DPORT, lo, hi), false);
	return m == MATCH_YES && lo < hi && to->flags & drawn ?
	       match_maybe(q, "DNAT") : m;
}

static enum match
keeps_dnat(const struct nf_nat_range *to, struct question *q)
{
	enum match address = keeps_one_of(to, q), port;

	if (address == MATCH_NO || address == MATCH_CUT)
		return address;
	port = keeps_port(to, q);
	return port == MATCH_YES ? address : port;
}

/* To the host itself: to ::1 on the way out, else to an address of the link
 * that the kernel picks. */
static enum match
keeps_redirect(const struct nf_nat_range *to, struct question *q)
{
	struct in6_addr loopback = { .s6_addr[15] = 1 };
	struct in6_addr all = addr_mask(128);
	enum match port = keeps_port(to, q), address;

	if (port == MATCH_NO || port == MATCH_CUT)
		return port;
	if (strcmp(q->hook, "OUTPUT") != 0)
		return match_maybe(q, "REDIRECT");
	address = keeps_address(&loopback, &all, q);
	return address == MATCH_YES ? port : address;
}

/* The bits in which both ends of the range agree are replaced. */
static enum match
keeps_netmap(const struct nf_nat_range *to, struct question *q)
{
	struct in6_addr mask;

	if (strcmp(q->hook, "PREROUTING") != 0 &&
	    strcmp(q->hook, "OUTPUT") != 0)
		return MATCH_YES;
	for (int i = 0; i < 16; i++)
		mask.s6_addr[i] = (uint8_t)~(to->min_addr.in6.s6_addr[i] ^
					     to->max_addr.in6.s6_addr[i]);
	return keeps_address(&to->min_addr.in6, &mask, q);
}

enum match
target_keeps(const struct rule *rule, struct question *q)
{
	size_t size;
	const struct xt_entry_target *t = rule_entry_target(rule, &size);
	const struct nf_nat_range *to = (const void *)t->data;

	q->why = NULL;
	if (size < sizeof(*to))
		return match_maybe(q, rule_target(rule));
	if (strcmp(t->u.user.name, "DNAT") == 0)
		return keeps_dnat(to, q);
	if (strcmp(t->u.user.name, "REDIRECT") == 0)
		return keeps_redirect(to, q);
	return keeps_netmap(to, q);
}
