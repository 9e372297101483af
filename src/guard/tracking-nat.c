/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running connection that conntrack takes up anew meets the table nat, which
 * never saw it: with another source its peer, or our own socket, does not know
 * it any more (measured: a reset). */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/addr.h>
#include "tracking.h"

/* The last rule of nat that may rewrite the source of such packets. */
struct rewriter {
	const struct tables *tables;
	const char *hook;	/* where nat does so on their way */
	const struct rule *rule;
	char chain[CHAIN_NAME_SIZE];
	size_t at;
	size_t hook_rule;
};

static bool
rewrites_source(const struct rule *rule)
{
	const char *target = rule_target(rule);

	return !rule_has_standard_target(rule) &&
	       (strcmp(target, "MASQUERADE") == 0 ||
		strcmp(target, "NETMAP") == 0 || strcmp(target, "SNAT") == 0);
}

static void
on_rule(const char *table, const char *chain, size_t at, void *arg)
{
	struct rewriter *rewriter = arg;
	const struct chain *of;

	if (strcmp(table, "nat") != 0)
		return;
	of = ruleset_chain(tables_get(rewriter->tables, table), chain);
	if (strcmp(chain, "PREROUTING") == 0 || strcmp(chain, "OUTPUT") == 0)
		rewriter->hook_rule = 0;
	else if (strcmp(chain, rewriter->hook) == 0)
		rewriter->hook_rule = at;
	if (!rewriter->hook_rule || !rewrites_source(chain_rule(of, at - 1)))
		return;
	rewriter->rule = chain_rule(of, at - 1);
	rewriter->at = at;
	str_copy(rewriter->chain, sizeof(rewriter->chain), chain);
}

/* To the very address that it has? MASQUERADE takes the one that the kernel
 * would choose for a connection of the host. */
static bool
keeps_source(const struct rule *rule, const struct lifeline *ll,
	     const struct packet *packet)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct xt_entry_target *t =
		(const void *)(rule->entry + entry->target_offset);
	const struct nf_nat_range *to = (const void *)t->data;
	const struct in6_addr *source = &ll->link.local;

	if (to->flags & NF_NAT_RANGE_PROTO_SPECIFIED)
		return false;
	if (strcmp(rule_target(rule), "SNAT") == 0 &&
	    addr_equal(&to->min_addr.in6, &to->max_addr.in6))
		source = &to->min_addr.in6;
	else if (strcmp(rule_target(rule), "MASQUERADE") != 0)
		return false;
	return packet->src_len == 128 && addr_equal(source, &packet->src);
}

/* It is diverted; where the source may stay, that is not known. */
static void
set_result(const struct rewriter *rewriter, const struct lifeline *ll,
	   struct walk_result *result)
{
	const char *target = rule_target(rewriter->rule);
	bool known = strcmp(target, "SNAT") == 0 ||
		     (strcmp(target, "MASQUERADE") == 0 &&
		      !addr_is_any(&ll->link.local));
	bool certain = known && result->verdict == VERDICT_ACCEPT &&
		       !result->why;

	memset(result, 0, sizeof(*result));
	result->verdict = certain ? VERDICT_DROP : VERDICT_UNKNOWN;
	result->loss = LOSS_DIVERTED;
	result->table = "nat";
	result->hook = rewriter->hook;
	memcpy(result->chain, rewriter->chain, sizeof(result->chain));
	result->rule = rewriter->at;
	result->hook_rule = rewriter->hook_rule;
	result->why = target;
}

void
walk_taken_up(const struct tables *tables, const struct lifeline *ll,
	      const struct check *check, const struct packet *packet,
	      struct walk_result *result)
{
	struct rewriter rewriter = {
		.tables = tables,
		.hook = strcmp(check->hook, "INPUT") == 0 ? "INPUT" :
							    "POSTROUTING",
	};

	walk_path(tables, check->hook, packet, result, on_rule, &rewriter);
	if (result->verdict != VERDICT_DROP && rewriter.rule &&
	    !keeps_source(rewriter.rule, ll, packet))
		set_result(&rewriter, ll, result);
}
