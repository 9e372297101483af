/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule of a fix as ip6tables would be told it: no wider than the lifeline
 * needs, or than the live rules are. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/addr.h>
#include <sallyport/text.h>
#include "fix-rule.h"

/* One end of the packets as a rule names it; len 0: anybody. */
struct end {
	struct in6_addr addr;
	unsigned len;
};

static bool
is_way(const struct check *check, const char *hook)
{
	return strcmp(check->hook, hook) == 0;
}

/* Is the far end where they go? */
static bool
goes_far(const struct check *check)
{
	return is_way(check, "OUTPUT") ||
	       (is_way(check, "FORWARD") && check->set.ct_reply);
}

bool
fix_may_be_stateful(const struct check *check)
{
	return check->set.ct_reply && check->set.ct == CT_ESTABLISHED &&
	       !is_way(check, "OUTPUT");
}

/* The prefix length of a mask; 128 for one with holes. */
static unsigned
mask_length(const struct in6_addr *mask)
{
	for (unsigned len = 0; len < 128; len++) {
		struct in6_addr same = addr_mask(len);

		if (addr_equal(&same, mask))
			return len;
	}
	return 128;
}

/* Do the live rules let anybody's through? */
static bool
is_open(const struct tables *live, const struct check *check, bool far_dst)
{
	static const struct in6_addr global = { .s6_addr = { 0x20 } };
	struct packet wide = check->set;
	struct walk_result result;

	*(far_dst ? &wide.dst : &wide.src) = global;
	*(far_dst ? &wide.dst_len : &wide.src_len) = 3;
	walk(live, check->hook, &wide, &result);
	return result.verdict == VERDICT_ACCEPT;
}

/* The prefix that the live rule which lets them in names. */
static void
live_prefix(const struct tables *live, const struct check *check,
	    struct end *end)
{
	const struct ip6t_entry *entry;
	const struct chain *chain;
	struct walk_result result;
	unsigned len;

	walk(live, check->hook, &check->set, &result);
	if (result.verdict != VERDICT_ACCEPT || !result.rule)
		return;
	chain = ruleset_chain(tables_get(live, result.table), result.chain);
	entry = (const void *)chain_rule(chain, result.rule - 1)->entry;
	len = mask_length(&entry->ipv6.smsk);
	if (entry->ipv6.invflags & IP6T_INV_SRCIP || len >= end->len)
		return;
	*end = (struct end){ entry->ipv6.src, len };
}

/* For whom: anybody, the prefix that the live rules name, or just this peer. Who
 * answers is known: let in for its own port, anybody could choose that. */
static struct end
far_end(const struct tables *live, const struct check *check)
{
	bool dst = goes_far(check);
	struct end end = {
		dst ? check->set.dst : check->set.src,
		dst ? check->set.dst_len : check->set.src_len,
	};

	if (addr_is_link_local(&end.addr) && end.len < 128)
		end.len = 10;
	else if (addr_is_link_local(&end.addr) ||
		 addr_is_multicast(&end.addr) ||
		 (check->set.ct_reply && is_way(check, "INPUT")))
		return end;
	else if (end.len <= 3 || is_open(live, check, dst))
		end.len = 0;
	else if (!dst)
		live_prefix(live, check, &end);
	return end;
}

void
fix_add_prefix(struct str *spec, const char *option,
	       const struct in6_addr *addr, unsigned len)
{
	if (len == 0)
		return;
	str_addf(spec, "%s ", option);
	addr_format(spec, addr);
	str_addf(spec, "/%u ", len);
}

static void
add_end(struct str *spec, const char *option, const struct end *end)
{
	fix_add_prefix(spec, option, &end->addr, end->len);
}

/* Whose port is open behind this host must be said; and what nat is not to
 * divert, as it may divert the same port of another address. */
static struct end
near_end(const struct check *check)
{
	bool dst = !goes_far(check);
	struct end end = { dst ? check->set.dst : check->set.src, 128 };
	bool nat = strcmp(check->candidate.table, "nat") == 0 && dst;

	if ((!nat && !is_way(check, "FORWARD")) || addr_is_any(&end.addr))
		end.len = 0;
	return end;
}

static void
add_ports(const struct check *check, struct str *spec)
{
	const struct packet *set = &check->set;
	const struct range *port = set->ct_reply ? &set->sport : &set->dport;
	const char *name = set->proto == IPPROTO_TCP ? "tcp" : "udp";

	str_addf(spec, "-p %s -m %s ", name, name);
	if (addr_is_link_local(&set->src) && set->sport.lo == set->sport.hi &&
	    !set->ct_reply && !check->running)
		str_addf(spec, "--sport %u ", set->sport.lo);
	str_addf(spec, "--%s %u", set->ct_reply ? "sport" : "dport", port->lo);
	if (port->hi > port->lo)
		str_addf(spec, ":%u", port->hi);
	str_addc(spec, ' ');
}

static void
flow_spec(const struct tables *live, const struct check *check, bool stateful,
	  struct str *spec)
{
	struct end far = far_end(live, check), near = near_end(check);
	bool dst = goes_far(check);
	uint8_t proto = check->set.proto;

	add_end(spec, "-s", dst ? &near : &far);
	add_end(spec, "-d", dst ? &far : &near);
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		add_ports(check, spec);
	else
		str_addf(spec, "-p %u ", proto);
	if (stateful)
		str_add(spec, "-m conntrack --ctstate ESTABLISHED ");
	str_add(spec, "-j ACCEPT");
}

enum err
fix_parse(const struct ruleset *rs, const char *spec, struct rule **rule)
{
	struct chain_names names = ruleset_chain_names(rs);
	struct vec rules = { 0 };
	size_t n;
	char **words = words_split(spec, &n);
	enum err err = xt_parse(rs->table, (int)n, words, &names, &rules);

	*rule = vec_pop(&rules);
	vec_done(&rules);
	words_free(words);
	return err;
}

enum err
fix_rule(const struct tables *live, const struct ruleset *rs,
	 const struct check *check, bool stateful, struct rule **rule)
{
	struct str spec = { 0 };
	enum err err;

	if (check->set.proto == IPPROTO_ICMPV6)
		str_addf(&spec, "-p ipv6-icmp -m icmp6 --icmpv6-type %u"
				" -j ACCEPT", check->set.icmp_type);
	else
		flow_spec(live, check, stateful, &spec);
	err = fix_parse(rs, str_text(&spec), rule);
	str_done(&spec);
	return err;
}
