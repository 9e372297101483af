/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the pieces of a walk end, and what that makes of the answer: one loss
 * decides, one doubt is kept, an acceptance counts when all are accepted. Where
 * all are lost, each in doubt which way it went, that is no doubt any more. */
#include <string.h>
#include "walk-run.h"

static const char too_many[] = "too many cases";

static void
set_place(struct walk *w, const struct place *at)
{
	const struct station *station = w->stops[at->stop].station;
	struct walk_result *result = w->result;

	result->table = station->table;
	result->hook = station->hook;
	memcpy(result->chain, at->chain->name, sizeof(result->chain));
	result->rule = at->rule < at->chain->rules.n ? at->rule + 1 : 0;
	result->hook_rule = at->hook_rule;
}

static void
note_found(struct walk *w, const struct piece *piece, enum verdict verdict)
{
	if (w->best != VERDICT_DROP && verdict != VERDICT_ACCEPT)
		return;
	w->best = verdict;
	w->over = verdict == VERDICT_ACCEPT;
	addr_set_first(&piece->set.addr[ADDR_SRC], &w->found->src);
	addr_set_first(&piece->set.addr[ADDR_DST], &w->found->dst);
	w->found->src_len = w->found->dst_len = 128;
}

/* The first piece says how it is tracked; all others must say the same. */
static void
note_tracking(struct walk *w)
{
	const struct tracking *one = &w->now.set.tracking;
	struct tracking *all = w->tracking;

	if (!w->accepted)
		*all = *one;
	all->known = all->known && one->known &&
		     all->tracked == one->tracked &&
		     (!one->tracked ||
		      (all->zone_original == one->zone_original &&
		       all->zone_reply == one->zone_reply));
}

void
end_unknown(struct walk *w, const struct place *at, const char *why)
{
	if (w->find)
		note_found(w, &w->now, VERDICT_UNKNOWN);
	if (w->tracking) {
		w->tracking->known = false;
		w->accepted = true;
	}
	if (w->result->verdict == VERDICT_UNKNOWN)
		return;
	w->result->verdict = VERDICT_UNKNOWN;
	w->result->why = why;
	set_place(w, at);
}

void
end_open(struct walk *w, const char *why)
{
	w->open = true;
	end_unknown(w, &w->now.at, why);
}

/* Not accepted for certain any more; but if it is dropped further on, then it
 * is dropped in any case. */
void
end_threatened(struct walk *w, const char *why)
{
	struct piece *now = &w->now;

	now->threatened = true;
	if (w->find || w->tracking)
		return;
	if (now->in_doubt)
		end_unknown(w, &now->doubt, now->why);
	else
		end_unknown(w, &now->at, why);
}

static void
set_lost(struct walk *w, const struct piece *piece, enum loss loss,
	 const char *why)
{
	struct walk_result *result = w->result;

	result->verdict = VERDICT_DROP;
	result->loss = loss;
	result->why = why;
	result->or_before = piece->threatened || piece->in_doubt;
	set_place(w, &piece->at);
	addr_set_first(&piece->set.addr[ADDR_SRC], &result->src);
}

void
end_lost(struct walk *w, enum loss loss, const char *why)
{
	struct piece *now = &w->now;

	if (w->find || w->tracking)
		return;
	if (now->in_doubt) {
		end_unknown(w, &now->doubt, now->why);
		w->lost = *now;
		w->lost_how = loss;
		w->lost_why = why;
		return;
	}
	set_lost(w, now, loss, why);
	w->over = true;
}

/* The piece that ends last is the one which no rule in doubt led away. */
void
end_walk(struct walk *w)
{
	if (w->result->verdict == VERDICT_UNKNOWN && w->lost.at.chain &&
	    !w->accepted && !w->open)
		set_lost(w, &w->lost, w->lost_how, w->lost_why);
}

void
end_accepted(struct walk *w)
{
	struct piece *now = &w->now;

	if (w->tracking)
		note_tracking(w);
	if (now->spoiled.chain && !w->tracking) {
		now->at = now->spoiled;
		end_lost(w, LOSS_HOP_LIMIT, now->spoiler);
		return;
	}
	if (w->result->verdict == VERDICT_ACCEPT && !w->accepted) {
		if (now->let.chain)
			set_place(w, &now->let);
		w->result->why = now->in_doubt ? now->why : NULL;
	}
	w->accepted = true;
	if (w->find)
		note_found(w, now, now->in_doubt || now->threatened ?
			      VERDICT_UNKNOWN : VERDICT_ACCEPT);
}

void
end_forgotten(struct walk *w, const struct piece *piece)
{
	note_found(w, piece, VERDICT_UNKNOWN);
}

void
end_all(struct walk *w)
{
	end_open(w, too_many);
	w->over = true;
}
