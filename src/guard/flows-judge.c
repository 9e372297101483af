/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a flow lives by rules that are gone. A new connection like it is
 * walked through the rules before and those of now, as the kernel would have
 * it: by INPUT, OUTPUT or FORWARD as its addresses and the routes say, and where
 * nat leads it elsewhere, in two parts.
 *
 * There may be a quarter of a million flows, and few kinds of them: so sets are
 * walked first, wide ones before narrow ones, and each set once. */
#include <netinet/tcp.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "flows-judge.h"

#define WALKS_MAX 200000	/* of one search */

static const char *const way_names[] = { "INPUT", "OUTPUT", "FORWARD" };

/* A set that was walked. Compared as bytes. */
struct kind {
	enum level level;
	enum way way;
	uint8_t proto;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t dport;
	uint16_t inside[CLASS_DEPTH];
	char in[IFNAMSIZ];
	struct in6_addr to;
	struct in6_addr src;
	enum fate fate;		/* of no account in a comparison */
};

struct judge *
judge_open(const struct tables *before, const struct tables *now)
{
	struct judge *judge = xcalloc(1, sizeof(*judge));

	judge->before = before;
	judge->now = now;
	judge->routes = routes_open();
	judge->classes = source_classes_new(before, now);
	return judge;
}

void
judge_close(struct judge *judge)
{
	if (!judge)
		return;
	tables_free(judge->parts_before.front);
	tables_free(judge->parts_before.behind);
	tables_free(judge->parts_now.front);
	tables_free(judge->parts_now.behind);
	tdestroy(judge->kinds, free);
	tdestroy(judge->hops, free);
	source_classes_free(judge->classes);
	routes_close(judge->routes);
	free(judge);
}

/* --- Verdicts --- */

static void
walk_way(struct judge *judge, const struct tables *tables, enum way way,
	 const struct packet *p, struct walk_result *result)
{
	judge->walks++;
	walk(tables, way_names[way], p, result);
}

/* What nat sends elsewhere is neither open nor closed. */
static enum fate
fate_of(const struct walk_result *before, const struct walk_result *now)
{
	bool was_closed = before->verdict == VERDICT_DROP;
	bool is_closed = now->verdict == VERDICT_DROP &&
			 now->loss == LOSS_DROPPED;

	if (was_closed || now->verdict == VERDICT_ACCEPT)
		return FATE_OPEN;
	return before->verdict == VERDICT_ACCEPT && is_closed ? FATE_CLOSED :
								FATE_MIXED;
}

/* Of a set: OPEN where all are accepted now or none was before. */
static enum fate
judge_set(struct judge *judge, enum way way, const struct packet *p)
{
	struct walk_result result;
	struct packet one;

	walk_way(judge, judge->now, way, p, &result);
	if (result.verdict == VERDICT_ACCEPT)
		return FATE_OPEN;
	judge->walks++;
	return walk_find(judge->before, way_names[way], p, &one) ==
	       VERDICT_DROP ? FATE_OPEN : FATE_MIXED;
}

static int
compare_kinds(const void *left, const void *right)
{
	return memcmp(left, right, offsetof(struct kind, fate));
}

static struct kind
kind_of(struct judge *judge, const struct flow *flow, enum way way,
	enum level level)
{
	struct kind key;

	memset(&key, 0, sizeof(key));
	key.level = level;
	key.way = way;
	key.proto = flow->proto;
	key.icmp_type = flow->icmp_type;
	key.icmp_code = flow->icmp_code;
	if (level >= LEVEL_SERVICE) {
		key.to = flow->end;
		key.dport = flow->end_port;
	}
	if (level >= LEVEL_SOURCE &&
	    !source_classes_find(judge->classes, &flow->src, key.inside))
		key.src = flow->src;
	if (level >= LEVEL_LINKS && way != WAY_OUTPUT)
		str_copy(key.in, IFNAMSIZ, judge_link(judge, &flow->src));
	return key;
}

static enum fate
judge_kind(struct judge *judge, const struct flow *flow, enum way way,
	   enum level level)
{
	struct kind key = kind_of(judge, flow, way, level), *kind;
	void *found = tfind(&key, &judge->kinds, compare_kinds);
	struct packet p;

	if (found)
		return (*(struct kind **)found)->fate;
	p = judge_packet(judge, flow, way, level);
	key.fate = judge_set(judge, way, &p);
	kind = xmemdup(&key, sizeof(key));
	if (!tsearch(kind, &judge->kinds, compare_kinds))
		die(_("out of memory"));
	return kind->fate;
}

/* Does it live on? What is ESTABLISHED may be dropped, too. */
static bool
lives_on(struct judge *judge, const struct tables *now, enum way way,
	 const struct packet *first)
{
	struct packet p = *first;
	struct walk_result result;

	p.ct = CT_ESTABLISHED;
	p.length = (struct range){ 60, 1500 };
	if (p.proto == IPPROTO_TCP)
		p.tcp_flags = TH_ACK;
	walk_way(judge, now, way, &p, &result);
	return result.verdict != VERDICT_DROP;
}

static void
note_rule(const struct walk_result *now, struct flow *flow)
{
	struct str rule = { 0 };

	walk_result_rule(now, &rule);
	str_copy(flow->rule, sizeof(flow->rule), str_text(&rule));
	str_done(&rule);
}

static enum fate
judge_exactly(struct judge *judge, const struct tables *before,
	      const struct tables *now, struct flow *flow, enum way way)
{
	struct packet p = judge_packet(judge, flow, way, LEVEL_EXACT);
	struct walk_result was, is;
	enum fate fate;

	walk_way(judge, before, way, &p, &was);
	walk_way(judge, now, way, &p, &is);
	fate = fate_of(&was, &is);
	if (fate != FATE_CLOSED)
		return fate;
	note_rule(&is, flow);
	return lives_on(judge, now, way, &p) ? FATE_CLOSED : FATE_OPEN;
}

/* Led by nat: it needs both, to be led there and to be let through behind. */
static enum fate
judge_led(struct judge *judge, struct flow *flow, enum way way)
{
	enum fate lead = way == WAY_OUTPUT ? FATE_MIXED :
					     judge_lead(judge, flow);
	struct packet p = judge_packet(judge, flow, way, LEVEL_EXACT);
	struct walk_result was;

	if (lead == FATE_MIXED)
		return FATE_MIXED;
	if (lead == FATE_OPEN)
		return judge_exactly(judge, judge->parts_before.behind,
				     judge->parts_now.behind, flow, way);
	walk_way(judge, judge->parts_before.behind, way, &p, &was);
	if (was.verdict != VERDICT_ACCEPT)
		return was.verdict == VERDICT_DROP ? FATE_OPEN : FATE_MIXED;
	str_copy(flow->rule, sizeof(flow->rule), "nat");
	return lives_on(judge, judge->parts_now.behind, way, &p) ?
	       FATE_CLOSED : FATE_OPEN;
}

/* From this host to itself: it must go out and come in. */
static enum fate
judge_within(struct judge *judge, struct flow *flow)
{
	enum fate out = judge_exactly(judge, judge->before, judge->now, flow,
				      WAY_OUTPUT);
	enum fate in = judge_exactly(judge, judge->before, judge->now, flow,
				     WAY_INPUT);

	if (out == FATE_MIXED || in == FATE_MIXED)
		return FATE_MIXED;
	return out == FATE_CLOSED || in == FATE_CLOSED ? FATE_CLOSED :
							 FATE_OPEN;
}

enum fate
judge_flow(struct judge *judge, struct flow *flow)
{
	enum way way = judge_way(judge, flow);
	enum fate fate = FATE_MIXED;

	flow->way = way_names[way];
	if (flow->expected)
		return FATE_OPEN;	/* its like is RELATED, not NEW */
	if (judge->walks > WALKS_MAX)
		return FATE_UNLOOKED;
	if (flow_is_led(flow))
		return judge_led(judge, flow, way);
	if (judge_is_within(judge, flow))
		return judge_within(judge, flow);
	for (enum level level = LEVEL_WAY; level < LEVEL_EXACT &&
	     fate == FATE_MIXED; level++)
		fate = judge_kind(judge, flow, way, level);
	return fate == FATE_MIXED ? judge_exactly(judge, judge->before,
						  judge->now, flow, way) : fate;
}
