/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of one chain, merged. What theirs has is gone through in its order,
 * with our deletions and replacements done; what we put somewhere comes in
 * before the next rule that neither side moved. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "keys.h"
#include "merge.h"

struct rules {
	struct merge *m;
	const struct chain *base;
	struct side ours;
	struct side theirs;
	bool *placed;		/* for each rule of ours: it is put before the
				 * next anchor */
	size_t *anchor;		/* for each rule of ours: the base rule that it
				 * comes before; NO_MATCH: the end */
	size_t *made_of;	/* for each rule of base: which rule of theirs
				 * took its place, as it seems; NO_MATCH */
	size_t *place_of;	/* for each rule of theirs: whose */
	struct keys put;	/* what theirs has and did not just keep */
	bool *made;		/* for each of these: is it new? */
	struct chain *out;
	size_t next;		/* rule of ours that is to be placed next */
	size_t gap;		/* where the gap begins in out */
};

static void
side_init(struct side *side, const struct chain *base, const struct chain *to,
	  const struct classes *classes, bool pair)
{
	weave_init(&side->weave, base, to, classes);
	if (pair)
		weave_pair_places(&side->weave);
	side->of_base = xcalloc(base->rules.n, sizeof(*side->of_base));
	for (size_t i = 0; i < base->rules.n; i++)
		side->of_base[i] = NO_MATCH;
	for (size_t j = 0; j < to->rules.n; j++)
		if (side->weave.from[j] != FROM_NOWHERE)
			side->of_base[side->weave.at[j]] = j;
}

static void
side_done(struct side *side)
{
	weave_done(&side->weave);
	free(side->of_base);
}

static bool
is_gone(const struct side *side, size_t i)
{
	return side->of_base[i] == NO_MATCH;
}

static bool
is_moved(const struct side *side, size_t i)
{
	return !is_gone(side, i) &&
	       side->weave.from[side->of_base[i]] == FROM_MOVED;
}

/* A rule that neither side moved or took away: both have it in one order. */
static bool
is_anchor(const struct rules *r, size_t i)
{
	return !is_gone(&r->ours, i) && !is_gone(&r->theirs, i) &&
	       !is_moved(&r->ours, i) && !is_moved(&r->theirs, i);
}

/* The next anchor behind rule j of a side, as a rule of base. */
static size_t
anchor_behind(const struct rules *r, const struct side *side, size_t j)
{
	const struct weave *w = &side->weave;

	for (j++; j < w->b->rules.n; j++)
		if (w->from[j] != FROM_NOWHERE && is_anchor(r, w->at[j]))
			return w->at[j];
	return NO_MATCH;
}

/* Nobody looks at a cautious merge: there a rule in another's place is a new
 * one, and nothing else. */
static void
find_made(struct rules *r, const struct chain *theirs)
{
	struct weave w;

	r->made_of = xcalloc(r->base->rules.n, sizeof(*r->made_of));
	r->place_of = xcalloc(theirs->rules.n, sizeof(*r->place_of));
	for (size_t i = 0; i < r->base->rules.n; i++)
		r->made_of[i] = NO_MATCH;
	for (size_t k = 0; k < theirs->rules.n; k++)
		r->place_of[k] = NO_MATCH;
	if (r->m->side == MERGE_CAUTIOUS)
		return;
	weave_init(&w, r->base, theirs, r->m->to_theirs);
	weave_pair_places(&w);
	for (size_t k = 0; k < theirs->rules.n; k++) {
		if (w.from[k] != FROM_REPLACED ||
		    !rule_resembles(chain_rule(r->base, w.at[k]),
				    chain_rule(theirs, k)))
			continue;
		r->place_of[k] = w.at[k];
		r->made_of[w.at[k]] = k;
	}
	weave_done(&w);
}

static void
find_put(struct rules *r)
{
	const struct weave *w = &r->theirs.weave;

	keys_init(&r->put, w->b->rules.n);
	r->made = xcalloc(w->b->rules.n, sizeof(*r->made));
	for (size_t k = 0; k < w->b->rules.n; k++) {
		const struct rule *rule = chain_rule(w->b, k);
		size_t key;

		if (w->from[k] == FROM_KEPT)
			continue;
		key = keys_add(&r->put, rule->entry, rule->size);
		r->made[key] = r->made[key] || w->from[k] == FROM_NOWHERE;
	}
}

static size_t
put_key(const struct rules *r, const struct rule *rule)
{
	return keys_find(&r->put, rule->entry, rule->size);
}

static bool
theirs_made(const struct rules *r, const struct rule *rule)
{
	size_t key = put_key(r, rule);

	return key != NO_KEY && r->made[key];
}

static void
add_conflict(struct rules *r, enum conflict_kind kind, size_t i,
	     const struct rule *ours)
{
	struct conflict *c = merge_conflict(r->m, kind, r->base->name);

	c->rule = rule_ref(chain_rule(r->base, i));
	c->ours = ours ? rule_ref(ours) : NULL;
	if (r->made_of[i] != NO_MATCH)
		c->theirs = rule_ref(chain_rule(r->theirs.weave.b,
						r->made_of[i]));
}

/* Ours deletes what theirs changed. True for what theirs made of it where it
 * goes too: where ours stands. */
static bool
settle_deleted(struct rules *r, size_t k)
{
	size_t i = r->place_of[k];

	if (i == NO_MATCH || !is_gone(&r->ours, i))
		return false;
	add_conflict(r, CONFLICT_RULE_CHANGED, i, NULL);
	return r->m->side == MERGE_OURS;
}

/* Ours replaced a rule of base that theirs does not have any more. True where
 * ours stands. */
static bool
settle_replaced(struct rules *r, size_t j)
{
	const struct weave *w = &r->ours.weave;
	const struct rule *rule = chain_rule(w->b, j);

	if (theirs_made(r, rule))
		return false;
	add_conflict(r, CONFLICT_RULE_GONE, w->at[j], rule);
	return r->m->side == MERGE_OURS;
}

static bool
settle_moved(struct rules *r, size_t j)
{
	size_t i = r->ours.weave.at[j];

	if (is_gone(&r->theirs, i)) {
		add_conflict(r, CONFLICT_RULE_GONE, i, NULL);
		return r->m->side == MERGE_OURS;
	}
	if (!is_moved(&r->theirs, i))
		return true;
	if (anchor_behind(r, &r->ours, j) ==
	    anchor_behind(r, &r->theirs, r->theirs.of_base[i]))
		return false;
	add_conflict(r, CONFLICT_RULE_MOVED, i, NULL);
	return r->m->side == MERGE_OURS;
}

static bool
is_placed(struct rules *r, size_t j)
{
	const struct weave *w = &r->ours.weave;

	switch (w->from[j]) {
	case FROM_NOWHERE:
		return true;
	case FROM_KEPT:
		return false;
	case FROM_REPLACED:
		return is_gone(&r->theirs, w->at[j]) && settle_replaced(r, j);
	case FROM_MOVED:
		return settle_moved(r, j);
	}
	return false;
}

static void
find_places(struct rules *r)
{
	const struct weave *w = &r->ours.weave;
	size_t anchor = NO_MATCH;

	r->placed = xcalloc(w->b->rules.n, sizeof(*r->placed));
	r->anchor = xcalloc(w->b->rules.n, sizeof(*r->anchor));
	for (size_t j = w->b->rules.n; j-- > 0;) {
		r->anchor[j] = anchor;
		if (w->from[j] != FROM_NOWHERE && is_anchor(r, w->at[j]))
			anchor = w->at[j];
	}
	for (size_t j = 0; j < w->b->rules.n; j++)
		r->placed[j] = is_placed(r, j);
}

/* Did theirs put the very same rule into this gap, which ends at end? It is
 * used up then. */
static bool
is_there(struct rules *r, size_t end, const struct rule *rule)
{
	if (put_key(r, rule) == NO_KEY)
		return false;
	for (size_t k = r->gap; k < end; k++) {
		if (!rule_equal(rule, chain_rule(r->out, k)))
			continue;
		r->gap = k + 1;
		return true;
	}
	return false;
}

/* What ours puts before anchor, behind what theirs put there; but what a revert
 * puts back at the end stood there before others appended. A rule that ours
 * moved is theirs', with its counters. */
static void
place(struct rules *r, size_t anchor)
{
	const struct weave *w = &r->ours.weave;
	bool first = anchor == NO_MATCH && r->m->side == MERGE_CAUTIOUS;
	size_t end = r->out->rules.n;

	for (; r->next < w->b->rules.n && r->anchor[r->next] == anchor;
	     r->next++) {
		const struct rule *rule = chain_rule(w->b, r->next);
		size_t i = w->at[r->next];

		if (!r->placed[r->next] ||
		    (w->from[r->next] == FROM_NOWHERE && is_there(r, end, rule)))
			continue;
		if (w->from[r->next] == FROM_MOVED && !is_gone(&r->theirs, i))
			rule = chain_rule(r->theirs.weave.b,
					  r->theirs.of_base[i]);
		vec_insert(&r->out->rules, first ? r->gap++ : r->out->rules.n,
			   rule_ref(rule));
		end += first;
	}
}

/* A rule of theirs that base has: what becomes of it. */
static void
take_known(struct rules *r, size_t i, const struct rule *rule)
{
	size_t j = r->ours.of_base[i];

	if (is_anchor(r, i))
		place(r, i);
	if (j == NO_MATCH || r->placed[j])
		return;
	if (r->ours.weave.from[j] == FROM_REPLACED)
		chain_push_take(r->out,
				rule_with_id(chain_rule(r->ours.weave.b, j),
					     rule->id));
	else
		chain_push_take(r->out, rule_ref(rule));
	if (is_anchor(r, i))
		r->gap = r->out->rules.n;
}

/* Nothing of ours is left to be done, as when a revert begins anew. */
static bool
is_theirs(const struct chain *out, const struct chain *theirs)
{
	return out->policy == theirs->policy && chain_same_rules(out, theirs);
}

void
merge_rules(struct merge *m, const struct chain *base,
	    const struct chain *ours, const struct chain *theirs,
	    struct chain *out)
{
	struct rules r = { .m = m, .base = base, .out = out };
	const struct weave *w = &r.theirs.weave;

	side_init(&r.ours, base, ours, m->to_ours, true);
	side_init(&r.theirs, base, theirs, m->to_theirs, false);
	find_made(&r, theirs);
	find_put(&r);
	find_places(&r);
	for (size_t k = 0; k < theirs->rules.n; k++) {
		const struct rule *rule = chain_rule(theirs, k);

		if (w->from[k] == FROM_NOWHERE && !settle_deleted(&r, k))
			chain_push_take(out, rule_ref(rule));
		else if (w->from[k] != FROM_NOWHERE)
			take_known(&r, w->at[k], rule);
	}
	place(&r, NO_MATCH);
	if (m->side == MERGE_CAUTIOUS && !is_theirs(out, theirs) &&
	    merge_may_open(m, &r.ours, &r.theirs))
		merge_conflict(m, CONFLICT_OPENS, base->name);
	side_done(&r.ours);
	side_done(&r.theirs);
	keys_done(&r.put);
	free(r.made);
	free(r.made_of);
	free(r.place_of);
	free(r.placed);
	free(r.anchor);
}
