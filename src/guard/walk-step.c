/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a walk, from rule to rule and from chain to chain, as the kernel
 * sends one packet (ip6t_do_table in net/ipv6/netfilter/ip6_tables.c). Where a
 * rule holds for a part, the piece becomes two; where its answer is not known,
 * it goes both ways and is in doubt from there on. */
#include <netinet/icmp6.h>
#include <string.h>
#include "walk-run.h"

/* More than the rules of the largest table that the kernel takes. */
#define VISITS_MAX 8000000

static const struct chain *
hook_chain(const struct walk *w)
{
	return w->stops[w->now.at.stop].chain;
}

/* Who looks for somebody is content with the pieces that there is room for: what
 * becomes of others is not known. Long lists of single sources that are dropped
 * leave but one to go on with. */
static void
wait_piece(struct walk *w, const struct piece *piece)
{
	if (w->find && w->n_waiting == PIECES_MAX) {
		end_forgotten(w, piece);
		return;
	}
	if (w->n_pieces++ >= PIECES_MAX && !w->find) {
		end_all(w);
		return;
	}
	w->waiting[w->n_waiting] = *piece;
	w->waiting[w->n_waiting++].mark = calls_hold(&w->calls);
}

/* Let through here: on to the next table. False where the way ends. */
static bool
pass(struct walk *w)
{
	struct piece *now = &w->now;
	const struct stop *here = &w->stops[now->at.stop];
	unsigned stop;

	if (strcmp(here->station->table, "filter") == 0)
		now->let = now->at;
	if (station_is_before_conntrack(here->station))
		ct_after(&now->set, &here->packet);
	stop = stop_next(w, now->at.stop + 1);
	if (stop == w->n_stops) {
		end_accepted(w);
		return false;
	}
	count_hop(&now->set, &w->stops[stop]);
	calls_leave(&w->calls);
	now->at = (struct place){ w->stops[stop].chain, 0, 0, stop };
	now->frame = NO_FRAME;
	now->epoch = ++w->epochs;
	return true;
}

static bool
end_policy(struct walk *w)
{
	struct place *at = &w->now.at;
	const struct chain *hook = hook_chain(w);

	if (at->chain == hook && at->rule >= hook->rules.n)
		at->hook_rule = 0;
	at->chain = hook;
	at->rule = hook->rules.n;
	if (hook->policy == POLICY_ACCEPT)
		return pass(w);
	end_lost(w, LOSS_DROPPED, NULL);
	return false;
}

/* The end of a chain, or RETURN. False when the piece has come to its end. */
static bool
leave_chain(struct walk *w)
{
	struct piece *now = &w->now;

	if (now->frame == NO_FRAME)
		return end_policy(w);
	now->frame = calls_return(&w->calls, now->frame, now->epoch, &now->at);
	return true;
}

static bool
enter_chain(struct walk *w, const struct rule *rule)
{
	struct piece *now = &w->now;
	struct callee *callee = calls_find(&w->calls,
					   w->stops[now->at.stop].rs,
					   rule_target(rule));
	bool jump = !rule_is_goto(rule);

	if (!callee) {
		end_open(w, rule_target(rule));
		return false;
	}
	if (callee->returned == now->epoch && jump) {
		now->at.rule++;
		return true;
	}
	if (callee->returned == now->epoch)
		return leave_chain(w);
	if (jump)
		now->frame = calls_enter(&w->calls, callee, now->frame,
					 now->epoch, &now->at);
	now->at.chain = callee->chain;
	now->at.rule = 0;
	return true;
}

/* Neighbour discovery must arrive with the hop limit that it left with. */
static void
note_spoiled(struct piece *now, const struct packet *packet,
	     const struct rule *rule, const struct range *before)
{
	const struct range *hops = &now->set.range[RANGE_HOP_LIMIT];

	if (packet->proto != IPPROTO_ICMPV6 ||
	    packet->icmp_type < ND_ROUTER_SOLICIT ||
	    packet->icmp_type > ND_REDIRECT)
		return;
	if (hops->hi == 255)
		now->spoiled.chain = NULL;
	else if (before->hi == 255)
		now->spoiled = now->at;
	now->spoiler = rule_target(rule);
}

static bool
change(struct walk *w, const struct rule *rule)
{
	struct piece *now = &w->now;
	struct range before = now->set.range[RANGE_HOP_LIMIT];

	target_change(rule, &now->set);
	note_spoiled(now, &w->stops[now->at.stop].packet, rule, &before);
	now->epoch = ++w->epochs;
	now->at.rule++;
	return true;
}

/* Does the kernel look for its route only now (ip6t_mangle_out() in
 * net/ipv6/netfilter/ip6table_mangle.c, ip6_forward())? */
static bool
is_routed_next(const struct stop *stop)
{
	return stop->packet.routed_by_mark &&
	       (strcmp(stop->station->hook, "OUTPUT") == 0 ||
		strcmp(stop->station->hook, "PREROUTING") == 0);
}

/* From here on the piece bears these marks. */
static void
set_marks(struct walk *w, struct bits mark, struct bits ct_mark)
{
	struct piece *now = &w->now;

	if (!bits_equal(now->set.mark, mark) ||
	    !bits_equal(now->set.ct_mark, ct_mark))
		now->epoch = ++w->epochs;
	if (!bits_equal(now->set.mark, mark) &&
	    is_routed_next(&w->stops[now->at.stop]))
		end_threatened(w, "MARK");
	now->set.mark = mark;
	now->set.ct_mark = ct_mark;
}

/* The rule marks it, or perhaps: then what is the same either way is known. */
static bool
mark(struct walk *w, const struct rule *rule, bool maybe)
{
	const struct piece_set *set = &w->now.set;
	struct piece_set other = *set;

	target_mark(rule, &other);
	if (maybe) {
		other.mark = bits_either(set->mark, other.mark);
		other.ct_mark = bits_either(set->ct_mark, other.ct_mark);
	}
	set_marks(w, other.mark, other.ct_mark);
	w->now.at.rule++;
	return true;
}

static bool
act(struct walk *w, const struct rule *rule, enum action action)
{
	switch (action) {
	case ACTION_NEXT:
		w->now.at.rule++;
		return true;
	case ACTION_MARK:
		return mark(w, rule, false);
	case ACTION_CHANGE:
		return change(w, rule);
	case ACTION_ACCEPT:
		return pass(w);
	case ACTION_DROP:
		end_lost(w, LOSS_DROPPED, NULL);
		return false;
	case ACTION_RETURN:
		return leave_chain(w);
	case ACTION_CHAIN:
		return enter_chain(w, rule);
	case ACTION_DIVERT:
		end_lost(w, LOSS_DIVERTED, rule_target(rule));
		return false;
	case ACTION_REWRITE:
	case ACTION_UNKNOWN:
		end_open(w, rule_target(rule));
		return false;
	}
	return false;
}

/* Does the piece end by such an action here, so that it leaves nothing to go on
 * with? */
static bool
ends(const struct walk *w, enum action action)
{
	const struct stop *here = &w->stops[w->now.at.stop];

	switch (action) {
	case ACTION_DROP:
	case ACTION_DIVERT:
	case ACTION_REWRITE:
	case ACTION_UNKNOWN:
		return true;
	case ACTION_ACCEPT:
		return !station_is_before_conntrack(here->station) &&
		       stop_next(w, w->now.at.stop + 1) == w->n_stops;
	case ACTION_NEXT:
	case ACTION_MARK:
	case ACTION_CHANGE:
	case ACTION_RETURN:
	case ACTION_CHAIN:
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
	if (action == ACTION_MARK)
		return mark(w, rule, true);
	if (action == ACTION_DROP || action == ACTION_DIVERT) {
		end_threatened(w, why);
		now->at.rule++;
		return true;
	}
	if (!now->in_doubt) {
		now->in_doubt = true;
		now->why = why;
		now->doubt = now->at;
	}
	other = *now;
	if (ends(w, action)) {
		act(w, rule, action);
		*now = other;
		now->at.rule++;
		return !w->over;
	}
	other.at.rule++;
	wait_piece(w, &other);
	return !w->over && act(w, rule, action);
}

/* The piece is cut: rest waits at the same rule. */
static bool
wait_rest(struct walk *w, const struct piece_set *rest)
{
	struct piece other = w->now;

	other.set = *rest;
	wait_piece(w, &other);
	return !w->over;
}

/* A destination is rewritten: it stays what it is, or the piece is diverted.
 * Who looks for somebody to let in is not content with the one destination,
 * which need not be this host's, that a rule happens to name. */
static bool
rewrite(struct walk *w, const struct rule *rule, struct question *q, bool maybe)
{
	enum action action = ACTION_UNKNOWN;
	const char *why = q->why;

	switch (target_keeps(rule, q)) {
	case MATCH_CUT:
		if (!w->find)
			return wait_rest(w, q->rest);
		action = ACTION_DIVERT;
		break;
	case MATCH_YES:
		action = ACTION_ACCEPT;
		break;
	case MATCH_NO:
		action = ACTION_DIVERT;
		break;
	case MATCH_MAYBE:
		break;
	}
	return maybe ? fork_piece(w, rule, action, why) :
		       act(w, rule, action);
}

bool
walk_step(struct walk *w)
{
	struct place *at = &w->now.at;
	const struct stop *stop = &w->stops[at->stop];
	const struct rule *rule;
	struct piece_set rest;
	struct question q = {
		.packet = &stop->packet, .set = &w->now.set, .rest = &rest,
		.own = w->own, .hook = stop->station->hook,
	};
	enum match match;
	enum action action;

	if (at->rule >= at->chain->rules.n)
		return leave_chain(w);
	if (++w->visits > VISITS_MAX) {
		end_all(w);
		return false;
	}
	rule = at->chain->rules.v[at->rule];
	match = rule_match(rule, &q);
	if (at->chain == stop->chain)
		at->hook_rule = at->rule + 1;
	if (match == MATCH_CUT)
		return wait_rest(w, &rest);
	if (q.may_drop)
		end_unknown(w, at, q.why);
	if (q.may_mark)
		set_marks(w, (struct bits){ .known = 0 }, w->now.set.ct_mark);
	if (match == MATCH_NO) {
		at->rule++;
		return true;
	}
	if (w->met)
		w->met(stop->station->table, at->chain->name, at->rule + 1,
		       w->arg);
	action = rule_action(rule);
	if (action == ACTION_REWRITE)
		return rewrite(w, rule, &q, match == MATCH_MAYBE);
	if (match == MATCH_MAYBE)
		return fork_piece(w, rule, action, q.why);
	return act(w, rule, action);
}
