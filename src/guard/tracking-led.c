/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A login that nat leads to the server, from another port or address: what comes
 * in is addressed to that until nat has rewritten it (its chain PREROUTING, to
 * which raw and that chain of mangle come before), and to the server behind it.
 * So it is walked in two parts. */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "tracking.h"

struct packet
packet_as_dialled(const struct lifeline *ll, const struct packet *packet)
{
	struct packet dialled = *packet;

	dialled.dst = ll->dialled;
	dialled.dport = (struct range){ ll->dialled_port, ll->dialled_port };
	return dialled;
}

/* Of a table, the chains that are met before nat has rewritten, or behind; the
 * other ones let all pass. */
static void
put_part(struct tables *part, const struct tables *tables, const char *table,
	 bool before)
{
	const struct ruleset *rs = tables_get(tables, table);
	struct ruleset *copy;

	if (!rs)
		return;
	copy = ruleset_copy(rs);
	for (size_t i = 0; i < copy->chains.n; i++) {
		struct chain *chain = copy->chains.v[i];

		if (!chain_is_builtin(chain) ||
		    before == (strcmp(chain->name, "PREROUTING") == 0))
			continue;
		rules_done(&chain->rules);
		chain->policy = POLICY_ACCEPT;
	}
	tables_put_take(part, copy);
}

struct tables *
tables_part(const struct tables *tables, bool before)
{
	static const char *const names[2][4] = {
		{ "mangle", "nat", "filter", "security" },
		{ "raw", "mangle", "nat" },
	};
	struct tables *part = tables_new();

	for (size_t i = 0; i < ARRAY_LEN(names[0]) && names[before][i]; i++)
		put_part(part, tables, names[before][i], before);
	return part;
}

static void
walk_part(const struct tables *tables, bool before, const struct packet *packet,
	  struct walk_result *result)
{
	struct tables *part = tables_part(tables, before);

	walk(part, "INPUT", packet, result);
	tables_free(part);
}

/* Does the target lead to the server? REDIRECT leads to the host itself. */
static bool
leads_home(const struct rule *rule, const struct lifeline *ll)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct xt_entry_target *t =
		(const void *)(rule->entry + entry->target_offset);
	const struct nf_nat_range *to = (const void *)t->data;
	bool dnat = strcmp(rule_target(rule), "DNAT") == 0;
	uint16_t port = ll->dialled_port;

	if (!dnat && strcmp(rule_target(rule), "REDIRECT") != 0)
		return false;
	if (to->flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		if (to->min_proto.all != to->max_proto.all)
			return false;
		port = ntohs(to->min_proto.all);
	}
	if (dnat && (!addr_equal(&to->min_addr.in6, &to->max_addr.in6) ||
		     !addr_equal(&to->min_addr.in6, &ll->local)))
		return false;
	return port == ll->local_port;
}

/* The rule that diverts, if it leads to the server. */
static const struct rule *
home_rule(const struct tables *tables, const struct lifeline *ll,
	  const struct walk_result *result)
{
	const struct chain *chain;
	const struct rule *rule;

	if (result->verdict != VERDICT_DROP || !result->rule ||
	    result->loss != LOSS_DIVERTED || strcmp(result->table, "nat") != 0)
		return NULL;
	chain = ruleset_chain(tables_get(tables, "nat"), result->chain);
	rule = chain_rule(chain, result->rule - 1);
	return leads_home(rule, ll) ? rule : NULL;
}

const struct rule *
led_rule(const struct tables *tables, const struct lifeline *ll,
	 const struct check *check)
{
	struct packet dialled = packet_as_dialled(ll, &check->set);
	struct walk_result result;

	dialled.ct = CT_NEW;
	dialled.ct_reply = false;
	walk_part(tables, true, &dialled, &result);
	return home_rule(tables, ll, &result);
}

/* It comes to where nobody listens. */
static void
set_astray(struct walk_result *result)
{
	memset(result, 0, sizeof(*result));
	result->verdict = VERDICT_DROP;
	result->loss = LOSS_ASTRAY;
	result->table = "nat";
	result->hook = "PREROUTING";
	str_copy(result->chain, sizeof(result->chain), "PREROUTING");
	result->hook_rule = 1;
}

void
walk_led(const struct tables *tables, const struct lifeline *ll,
	 const struct packet *packet, struct walk_result *result)
{
	struct packet dialled = packet_as_dialled(ll, packet);
	bool first = packet->ct == CT_NEW;

	walk_part(tables, true, &dialled, result);
	if (first && result->verdict == VERDICT_ACCEPT)
		set_astray(result);
	else if (first ? home_rule(tables, ll, result) != NULL :
			 result->verdict == VERDICT_ACCEPT)
		walk_part(tables, false, packet, result);
}
