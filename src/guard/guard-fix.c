/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least fix: for what is refused, one accept rule in the table that
 * decides, before the rule of the built-in chain from which the packet does not
 * come back; judged again. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/addr.h>
#include <sallyport/guard.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>

#define FIX_MAX 128	/* rules */

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

/* For whom the live rules let such a packet in: anybody, the prefix that the
 * accepting rule names, or just this peer. */
static void
peer_prefix(const struct tables *live, const struct check *check,
	    struct in6_addr *peer, unsigned *len)
{
	static const struct in6_addr global = { .s6_addr = { 0x20 } };
	bool out = strcmp(check->hook, "OUTPUT") == 0;
	struct packet wide = check->set;
	struct walk_result result;
	const struct ip6t_entry *entry;
	const struct chain *chain;

	*peer = out ? check->set.dst : check->set.src;
	*len = 128;
	*(out ? &wide.dst : &wide.src) = global;
	*(out ? &wide.dst_len : &wide.src_len) = 3;
	walk(live, check->hook, &wide, &result);
	if (result.verdict == VERDICT_ACCEPT) {
		*len = 0;
		return;
	}
	walk(live, check->hook, &check->set, &result);
	if (result.verdict != VERDICT_ACCEPT || !result.rule || out)
		return;
	chain = ruleset_chain(tables_get(live, result.table), result.chain);
	entry = (const void *)chain_rule(chain, result.rule - 1)->entry;
	if (entry->ipv6.invflags & IP6T_INV_SRCIP)
		return;
	*len = mask_length(&entry->ipv6.smsk);
	if (*len < 128)
		*peer = entry->ipv6.src;
}

static void
tcp_spec(const struct tables *live, const struct check *check, struct str *spec)
{
	bool out = strcmp(check->hook, "OUTPUT") == 0;
	struct in6_addr peer;
	unsigned len;

	peer_prefix(live, check, &peer, &len);
	if (len) {
		str_add(spec, out ? "-d " : "-s ");
		addr_format(spec, &peer);
		str_addf(spec, "/%u ", len);
	}
	if (strcmp(check->candidate.table, "nat") == 0 && !out &&
	    !addr_is_any(&check->set.dst)) {
		str_add(spec, "-d ");
		addr_format(spec, &check->set.dst);
		str_add(spec, "/128 ");
	}
	str_addf(spec, "-p tcp -m tcp --%s %u -j ACCEPT",
		 out ? "sport" : "dport",
		 out ? check->set.sport.lo : check->set.dport.lo);
}

static enum err
make_rule(const struct tables *live, const struct ruleset *candidate,
	  const struct check *check, struct rule **rule)
{
	struct chain_names names = ruleset_chain_names(candidate);
	struct vec rules = { 0 };
	struct str spec = { 0 };
	char **words;
	size_t n;
	enum err err;

	if (check->set.proto == IPPROTO_TCP)
		tcp_spec(live, check, &spec);
	else
		str_addf(&spec, "-p ipv6-icmp -m icmp6 --icmpv6-type %u"
				" -j ACCEPT", check->set.icmp_type);
	words = words_split(str_text(&spec), &n);
	err = xt_parse(candidate->table, (int)n, words, &names, &rules);
	*rule = vec_pop(&rules);
	vec_done(&rules);
	words_free(words);
	str_done(&spec);
	return err;
}

static enum err
add_rule(const struct tables *live, struct tables *candidate,
	 const struct check *check)
{
	struct ruleset *rs = tables_get(candidate, check->candidate.table);
	struct chain *chain = ruleset_chain(rs, check->candidate.hook);
	struct rule *rule;
	size_t at;
	enum err err = make_rule(live, rs, check, &rule);

	if (err)
		return err;
	at = check->candidate.hook_rule ? check->candidate.hook_rule - 1 :
					  chain->rules.n;
	vec_insert(&chain->rules, at, rule);
	return OK;
}

/* What is refused under the candidate, if anything is. */
static bool
first_refused(const struct vec *lifelines, const struct tables *live,
	      const struct tables *candidate, struct check *check)
{
	struct guard_report *report = guard_judge(lifelines, live, candidate,
						  false);
	const struct lifeline_verdict *verdict;
	bool refused = report->judgement == JUDGED_REFUSED;

	if (refused)
		*check = *guard_deciding_check(report, &verdict);
	guard_report_free(report);
	return refused;
}

/* Mend until nothing is refused; *n gets how many rules that took. */
static enum err
mend(const struct vec *lifelines, const struct tables *live,
     struct tables *candidate, int *n)
{
	struct check check;

	for (*n = 0; first_refused(lifelines, live, candidate, &check); ++*n)
		if (*n == FIX_MAX ||
		    add_rule(live, candidate, &check))
			return fail(ERR_NOT_FOUND,
				    _("no rule is known that makes it safe"));
	return OK;
}

enum err
guard_fix(const struct vec *lifelines, const struct tables *live,
	  const struct tables *candidate, struct tables **fixed)
{
	int n;
	enum err err;

	*fixed = tables_copy(candidate);
	err = mend(lifelines, live, *fixed, &n);
	if (!err && n == 0)
		err = fail(ERR_NOT_FOUND, _("there is nothing to mend"));
	if (!err)
		return OK;
	tables_free(*fixed);
	*fixed = NULL;
	return err;
}
