/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two versions of a chain, rule by rule: what keeps its place is kept, what
 * only changed its place has moved. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "align.h"
#include "classes.h"

/* Rules of one class that found no partner in order are moves. */
static void
weave_moves(struct weave *w, const size_t *match, const int *ca, const int *cb,
	    size_t classes)
{
	size_t *next = xcalloc(classes, sizeof(*next));
	size_t *waiting = xcalloc(w->a->rules.n, sizeof(*waiting));

	/* For each class a list of its unmatched rules of a, newest last in
	 * a's order because it is filled from the end. 0 ends a list. */
	for (size_t i = w->a->rules.n; i-- > 0;) {
		if (match[i] != NO_MATCH)
			continue;
		waiting[i] = next[ca[i]];
		next[ca[i]] = i + 1;
	}
	for (size_t j = 0; j < w->b->rules.n; j++) {
		size_t i = next[cb[j]];

		if (w->from[j] != FROM_NOWHERE || i == 0)
			continue;
		next[cb[j]] = waiting[i - 1];
		w->from[j] = FROM_MOVED;
		w->at[j] = i - 1;
		w->stays[i - 1] = true;
	}
	free(waiting);
	free(next);
}

/* Between the same kept rules, a rule that came under the id of one that goes
 * is its replacement. */
static void
weave_replacements(struct weave *w, const size_t *match)
{
	size_t from = 0;

	for (size_t j = 0; j < w->b->rules.n; j++) {
		uint64_t id = chain_rule(w->b, j)->id;

		if (w->from[j] == FROM_KEPT || w->from[j] == FROM_REPLACED)
			from = w->at[j] + 1;
		if (w->from[j] != FROM_NOWHERE)
			continue;
		for (size_t i = from; i < w->a->rules.n && match[i] == NO_MATCH;
		     i++) {
			if (w->stays[i] || chain_rule(w->a, i)->id != id)
				continue;
			w->from[j] = FROM_REPLACED;
			w->at[j] = i;
			w->stays[i] = true;
			from = i + 1;
			break;
		}
	}
}

void
weave_init(struct weave *w, const struct chain *a, const struct chain *b,
	   const struct classes *classes)
{
	int *ca = classes_of(classes, a);
	int *cb = classes_of(classes, b);
	size_t *match;

	*w = (struct weave){ .a = a, .b = b };
	match = align(ca, a->rules.n, cb, b->rules.n);
	w->at = xcalloc(b->rules.n, sizeof(*w->at));
	w->from = xcalloc(b->rules.n, sizeof(*w->from));
	w->stays = xcalloc(a->rules.n, sizeof(*w->stays));
	for (size_t i = 0; i < a->rules.n; i++) {
		if (match[i] == NO_MATCH)
			continue;
		w->from[match[i]] = FROM_KEPT;
		w->at[match[i]] = i;
		w->stays[i] = true;
	}
	weave_moves(w, match, ca, cb, classes_count(classes));
	weave_replacements(w, match);
	free(match);
	free(ca);
	free(cb);
}

void
weave_done(struct weave *w)
{
	free(w->at);
	free(w->from);
	free(w->stays);
}

/* Do both hold the same rules, at least one? */
static bool
same_rules(const struct chain *a, const struct chain *b)
{
	if (a->rules.n != b->rules.n || a->rules.n == 0)
		return false;
	for (size_t i = 0; i < a->rules.n; i++) {
		const struct rule *x = chain_rule(a, i);
		const struct rule *y = chain_rule(b, i);

		if (x->id != y->id && !rule_equal(x, y))
			return false;
	}
	return true;
}

const struct chain *
weave_renamed_from(const struct ruleset *a, const struct ruleset *b,
		   const struct chain *chain)
{
	if (chain_is_builtin(chain) || ruleset_chain(a, chain->name))
		return NULL;
	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *old = a->chains.v[i];

		if (!chain_is_builtin(old) && !ruleset_chain(b, old->name) &&
		    same_rules(old, chain))
			return old;
	}
	return NULL;
}
