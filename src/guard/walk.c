/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through the chains. A set of packets goes from rule to rule as the
 * kernel sends one packet (ip6t_do_table in net/ipv6/netfilter/ip6_tables.c).
 * Where a rule holds for a part, the set becomes two pieces; where its answer
 * is not known, the piece goes both ways and is in doubt from there on. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "walk-calls.h"
#include "walk-internal.h"

#define PIECES_MAX 256
/* More than the rules of the largest table that the kernel takes. */
#define VISITS_MAX 8000000

static const char too_many[] = "too many cases";

/* Part of the packets, and where they are. */
struct piece {
	struct piece_set set;
	struct place at;
	uint32_t frame;		/* where it returns to */
	bool in_doubt;		/* a fork is behind it: */
	const char *why;	/* the first one, */
	struct place doubt;	/* and where */
	struct calls_mark mark;	/* of a waiting piece */
};

struct walk {
	const struct ruleset *rs;
	const struct chain *hook;
	struct packet packet;
	struct piece now;
	struct piece waiting[PIECES_MAX];	/* the last one goes on first */
	unsigned n_waiting;
	unsigned n_pieces;
	struct calls calls;
	size_t visits;
	bool over;
	bool accepted;
	bool find;		/* look for an acceptance, not for a drop */
	enum verdict best;	/* what was found, ACCEPT ends the search, */
	struct packet *found;	/* and where */
	struct walk_result *result;
	void (*met)(const char *chain, size_t rule, void *arg);
	void *arg;
};

static void
set_place(struct walk_result *result, const struct place *at)
{
	memcpy(result->chain, at->chain->name, sizeof(result->chain));
	result->rule = at->rule < at->chain->rules.n ? at->rule + 1 : 0;
	result->hook_rule = at->hook_rule;
}

static void
note_found(struct walk *w, enum verdict verdict)
{
	if (w->best != VERDICT_DROP && verdict != VERDICT_ACCEPT)
		return;
	w->best = verdict;
	w->over = verdict == VERDICT_ACCEPT;
	addr_set_first(&w->now.set.addr[ADDR_SRC], &w->found->src);
	addr_set_first(&w->now.set.addr[ADDR_DST], &w->found->dst);
	w->found->src_len = w->found->dst_len = 128;
}

/* Some packets may not get through. Only the first account is kept. */
static void
end_unknown(struct walk *w, const struct place *at, const char *why)
{
	if (w->find)
		note_found(w, VERDICT_UNKNOWN);
	if (w->result->verdict == VERDICT_UNKNOWN)
		return;
	w->result->verdict = VERDICT_UNKNOWN;
	w->result->why = why;
	set_place(w->result, at);
}

static void
end_accepted(struct walk *w)
{
	if (w->result->verdict == VERDICT_ACCEPT && !w->accepted) {
		set_place(w->result, &w->now.at);
		w->result->why = w->now.in_doubt ? w->now.why : NULL;
	}
	w->accepted = true;
	if (w->find)
		note_found(w, w->now.in_doubt ? VERDICT_UNKNOWN :
						VERDICT_ACCEPT);
}

static void
end_dropped(struct walk *w)
{
	if (w->find)
		return;
	if (w->now.in_doubt) {
		end_unknown(w, &w->now.doubt, w->now.why);
		return;
	}
	w->result->verdict = VERDICT_DROP;
	w->result->why = NULL;
	set_place(w->result, &w->now.at);
	addr_set_first(&w->now.set.addr[ADDR_SRC], &w->result->src);
	w->over = true;
}

/* Out of bounds: nothing more can be said. */
static void
give_up(struct walk *w)
{
	end_unknown(w, &w->now.at, too_many);
	w->over = true;
}

static void
wait_piece(struct walk *w, const struct piece *piece)
{
	if (w->n_pieces++ >= PIECES_MAX) {
		give_up(w);
		return;
	}
	w->waiting[w->n_waiting] = *piece;
	w->waiting[w->n_waiting++].mark = calls_hold(&w->calls);
}

static bool
take_piece(struct walk *w)
{
	if (w->over || !w->n_waiting)
		return false;
	w->now = w->waiting[--w->n_waiting];
	calls_rewind(&w->calls, &w->now.mark);
	return true;
}

static void
end_policy(struct walk *w)
{
	struct place *at = &w->now.at;
	bool ran_out = at->chain == w->hook && at->rule >= at->chain->rules.n;

	if (ran_out)
		at->hook_rule = 0;
	at->chain = w->hook;
	at->rule = w->hook->rules.n;
	if (w->hook->policy == POLICY_ACCEPT)
		end_accepted(w);
	else
		end_dropped(w);
}

/* The end of a chain, or RETURN. False when the piece has come to its end. */
static bool
leave_chain(struct walk *w)
{
	struct piece *now = &w->now;

	if (now->frame == NO_FRAME) {
		end_policy(w);
		return false;
	}
	now->frame = calls_return(&w->calls, now->frame, &now->at);
	return true;
}

static bool
enter_chain(struct walk *w, const struct rule *rule)
{
	struct piece *now = &w->now;
	struct callee *callee = calls_find(&w->calls, rule_target(rule));
	bool jump = !rule_is_goto(rule);

	if (!callee) {
		end_unknown(w, &now->at, rule_target(rule));
		return false;
	}
	if (callee->returned && jump) {
		now->at.rule++;
		return true;
	}
	if (jump)
		now->frame = calls_enter(&w->calls, callee, now->frame,
					 &now->at);
	now->at.chain = callee->chain;
	now->at.rule = 0;
	return true;
}

static bool
act(struct walk *w, const struct rule *rule, enum action action)
{
	switch (action) {
	case ACTION_NEXT:
		w->now.at.rule++;
		return true;
	case ACTION_ACCEPT:
		end_accepted(w);
		return false;
	case ACTION_DROP:
		end_dropped(w);
		return false;
	case ACTION_RETURN:
		return leave_chain(w);
	case ACTION_CHAIN:
		return enter_chain(w, rule);
	case ACTION_UNKNOWN:
		end_unknown(w, &w->now.at, rule_target(rule));
		return false;
	}
	return false;
}

/* The rule may match: the piece goes both ways, in doubt. What ends at once
 * needs no piece of its own. */
static bool
fork_piece(struct walk *w, const struct rule *rule, enum action action,
	   const char *why)
{
	struct piece *now = &w->now;
	struct piece other;

	if (action == ACTION_NEXT)
		return act(w, rule, action);
	if (!now->in_doubt) {
		now->in_doubt = true;
		now->why = why;
		now->doubt = now->at;
	}
	if (action != ACTION_RETURN && action != ACTION_CHAIN) {
		act(w, rule, action);
		now->at.rule++;
		return true;
	}
	other = *now;
	other.at.rule++;
	wait_piece(w, &other);
	return !w->over && act(w, rule, action);
}

/* One rule. False when the piece has come to its end. */
static bool
step(struct walk *w)
{
	struct place *at = &w->now.at;
	const struct rule *rule;
	struct piece rest;
	struct question q = {
		.packet = &w->packet, .set = &w->now.set, .rest = &rest.set,
	};
	enum match match;

	if (at->rule >= at->chain->rules.n)
		return leave_chain(w);
	if (++w->visits > VISITS_MAX) {
		give_up(w);
		return false;
	}
	rule = at->chain->rules.v[at->rule];
	match = rule_match(rule, &q);
	if (at->chain == w->hook)
		at->hook_rule = at->rule + 1;
	if (match == MATCH_CUT) {
		struct piece_set set = rest.set;

		rest = w->now;
		rest.set = set;
		wait_piece(w, &rest);
		return !w->over;
	}
	if (q.may_drop)
		end_unknown(w, at, q.why);
	if (match == MATCH_NO) {
		at->rule++;
		return true;
	}
	if (w->met)
		w->met(at->chain->name, at->rule + 1, w->arg);
	if (match == MATCH_MAYBE)
		return fork_piece(w, rule, rule_action(rule), q.why);
	return act(w, rule, rule_action(rule));
}

static void
first_piece(struct walk *w, const struct packet *p)
{
	struct piece_set *set = &w->now.set;

	w->packet = *p;
	memset(w->packet.in, 0, IFNAMSIZ);
	memset(w->packet.out, 0, IFNAMSIZ);
	memcpy(w->packet.in, p->in, strnlen(p->in, IFNAMSIZ));
	memcpy(w->packet.out, p->out, strnlen(p->out, IFNAMSIZ));
	addr_set_prefix(&set->addr[ADDR_SRC], &p->src, p->src_len);
	addr_set_prefix(&set->addr[ADDR_DST], &p->dst, p->dst_len);
	set->range[RANGE_SPORT] = p->sport;
	set->range[RANGE_DPORT] = p->dport;
	set->range[RANGE_HOP_LIMIT] = p->hop_limit;
	set->range[RANGE_LENGTH] = p->length;
	set->tcp_flags = p->tcp_flags;
	set->tcp_flags_any = p->tcp_flags_any;
	w->now.at = (struct place){ w->hook, 0, 0 };
	w->now.frame = NO_FRAME;
	w->n_pieces = 1;
	w->calls.rs = w->rs;
}

static void
run(struct walk *w, const struct packet *packet)
{
	first_piece(w, packet);
	do {
		while (step(w))
			continue;
	} while (take_piece(w));
	calls_done(&w->calls);
}

static struct walk *
walk_new(const struct ruleset *rs, const struct chain *hook,
	 struct walk_result *result)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	w->rs = rs;
	w->hook = hook;
	w->result = result;
	return w;
}

void
walk_path(const struct ruleset *rs, const char *hook,
	  const struct packet *packet, struct walk_result *result,
	  void (*met)(const char *chain, size_t rule, void *arg), void *arg)
{
	const struct chain *chain = ruleset_chain(rs, hook);
	struct walk *w;

	memset(result, 0, sizeof(*result));
	strncpy(result->chain, hook, sizeof(result->chain) - 1);
	if (!chain)
		return;
	w = walk_new(rs, chain, result);
	w->met = met;
	w->arg = arg;
	run(w, packet);
	free(w);
}

void
walk(const struct ruleset *rs, const char *hook, const struct packet *packet,
     struct walk_result *result)
{
	walk_path(rs, hook, packet, result, NULL, NULL);
}

enum verdict
walk_find(const struct ruleset *rs, const char *hook,
	  const struct packet *packet, struct packet *found)
{
	const struct chain *chain = ruleset_chain(rs, hook);
	struct walk_result result = { .verdict = VERDICT_ACCEPT };
	enum verdict best;
	struct walk *w;

	*found = *packet;
	found->src_len = found->dst_len = 128;
	if (!chain)
		return VERDICT_ACCEPT;
	w = walk_new(rs, chain, &result);
	w->find = true;
	w->best = VERDICT_DROP;
	w->found = found;
	run(w, packet);
	best = w->best;
	free(w);
	return best;
}
