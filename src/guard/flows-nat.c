/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A flow that nat led elsewhere: whether a new one like it would be led there. */
#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter/x_tables.h>
#include <string.h>
#include <sallyport/addr.h>
#include "flows-judge.h"
#include "tracking.h"

bool
flow_is_led(const struct flow *flow)
{
	return !addr_equal(&flow->dst, &flow->end) ||
	       flow->dport != flow->end_port;
}

static const struct parts *
parts_of(struct parts *parts, const struct tables *tables)
{
	if (!parts->front) {
		parts->front = tables_part(tables, true);
		parts->behind = tables_part(tables, false);
	}
	return parts;
}

/* The target that diverts such packets, or NULL. */
static const struct xt_entry_target *
diverter(const struct tables *front, const struct walk_result *result)
{
	const struct chain *chain;

	if (result->verdict != VERDICT_DROP || !result->rule ||
	    result->loss != LOSS_DIVERTED || strcmp(result->table, "nat") != 0)
		return NULL;
	chain = ruleset_chain(tables_get(front, "nat"), result->chain);
	return rule_extension(chain_rule(chain, result->rule - 1));
}

static bool
leads_alike(const struct xt_entry_target *a, const struct xt_entry_target *b)
{
	return a->u.target_size == b->u.target_size &&
	       strcmp(a->u.user.name, b->u.user.name) == 0 &&
	       memcmp(a->data, b->data, a->u.target_size - sizeof(*a)) == 0;
}

enum fate
judge_lead(struct judge *judge, const struct flow *flow)
{
	const struct parts *was = parts_of(&judge->parts_before, judge->before);
	const struct parts *is = parts_of(&judge->parts_now, judge->now);
	struct packet p = judge_packet(judge, flow, WAY_INPUT, LEVEL_EXACT);
	const struct xt_entry_target *then, *now;
	struct walk_result before, after;

	p.dst = flow->dst;
	p.dport = (struct range){ flow->dport, flow->dport };
	str_copy(p.in, IFNAMSIZ, judge_link(judge, &flow->src));
	p.in_unknown = !p.in[0];
	walk(was->front, "INPUT", &p, &before);
	walk(is->front, "INPUT", &p, &after);
	judge->walks += 2;
	then = diverter(was->front, &before);
	now = diverter(is->front, &after);
	if (!then)
		return FATE_MIXED;
	if (now)
		return leads_alike(then, now) ? FATE_OPEN : FATE_MIXED;
	return after.verdict == VERDICT_UNKNOWN ? FATE_MIXED : FATE_CLOSED;
}
