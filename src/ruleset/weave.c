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

/* For each rule of a: is it where a rule of b still is, so that none may pass? */
static bool *
fixed_rules(const struct weave *w)
{
	bool *fixed = xcalloc(w->a->rules.n, sizeof(*fixed));

	for (size_t j = 0; j < w->b->rules.n; j++)
		if (w->from[j] == FROM_KEPT || w->from[j] == FROM_REPLACED)
			fixed[w->at[j]] = true;
	return fixed;
}

static void
replace(struct weave *w, size_t i, size_t j)
{
	w->from[j] = FROM_REPLACED;
	w->at[j] = i;
	w->stays[i] = true;
}

struct owner {
	uint64_t id;
	size_t i;
};

static int
owner_compare(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* The rules of a that go, by id. */
static struct owner *
owners_that_go(const struct weave *w, size_t *n)
{
	struct owner *owners = xcalloc(w->a->rules.n, sizeof(*owners));

	*n = 0;
	for (size_t i = 0; i < w->a->rules.n; i++)
		if (!w->stays[i])
			owners[(*n)++] = (struct owner){
				chain_rule(w->a, i)->id, i };
	qsort(owners, *n, sizeof(*owners), owner_compare);
	return owners;
}

/* The first of the rules that go that has this id and stands at from or later,
 * or NO_MATCH. */
static size_t
find_owner(const struct owner *owners, size_t n, uint64_t id, size_t from)
{
	struct owner key = { id, from };
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (owner_compare(&owners[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && owners[lo].id == id ? owners[lo].i : NO_MATCH;
}

/* Between the same kept rules, a rule that came under the id of one that goes
 * is its replacement. */
static void
weave_replacements(struct weave *w)
{
	bool *fixed = fixed_rules(w);
	size_t n, from = 0, end = 0;
	struct owner *owners = owners_that_go(w, &n);

	for (size_t j = 0; j < w->b->rules.n && n; j++) {
		size_t i;

		if (w->from[j] == FROM_KEPT)
			from = w->at[j] + 1;
		if (w->from[j] != FROM_NOWHERE)
			continue;
		for (end = end < from ? from : end;
		     end < w->a->rules.n && !fixed[end];)
			end++;
		i = find_owner(owners, n, chain_rule(w->b, j)->id, from);
		if (i == NO_MATCH || i >= end)
			continue;
		replace(w, i, j);
		from = i + 1;
	}
	free(owners);
	free(fixed);
}

void
weave_pair_places(struct weave *w)
{
	bool *fixed = fixed_rules(w);
	size_t i = 0;

	for (size_t j = 0; j < w->b->rules.n; j++) {
		if (w->from[j] == FROM_KEPT || w->from[j] == FROM_REPLACED)
			i = w->at[j] + 1;
		if (w->from[j] != FROM_NOWHERE)
			continue;
		while (i < w->a->rules.n && !fixed[i] && w->stays[i])
			i++;
		if (i < w->a->rules.n && !fixed[i])
			replace(w, i++, j);
	}
	free(fixed);
}

static void
weave_kept(struct weave *w, const size_t *match)
{
	w->at = xcalloc(w->b->rules.n, sizeof(*w->at));
	w->from = xcalloc(w->b->rules.n, sizeof(*w->from));
	w->stays = xcalloc(w->a->rules.n, sizeof(*w->stays));
	for (size_t i = 0; i < w->a->rules.n; i++) {
		if (match[i] == NO_MATCH)
			continue;
		w->from[match[i]] = FROM_KEPT;
		w->at[match[i]] = i;
		w->stays[i] = true;
	}
}

void
weave_init(struct weave *w, const struct chain *a, const struct chain *b,
	   const struct classes *classes)
{
	int *ca = xcalloc(a->rules.n, sizeof(*ca));
	int *cb = xcalloc(b->rules.n, sizeof(*cb));
	size_t n = classes_of(classes, a, b, ca, cb);
	size_t *match = align(ca, a->rules.n, cb, b->rules.n, n);

	*w = (struct weave){ .a = a, .b = b };
	weave_kept(w, match);
	weave_moves(w, match, ca, cb, n);
	weave_replacements(w);
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

static bool
same_rule(const struct chain *a, size_t i, const struct chain *b, size_t j)
{
	const struct rule *x = chain_rule(a, i), *y = chain_rule(b, j);

	return x->id == y->id || rule_equal(x, y);
}

bool
weave_much_alike(const struct chain *a, const struct chain *b)
{
	size_t n = a->rules.n, m = b->rules.n, most = n > m ? n : m;
	size_t head = 0, tail = 0;

	while (head < n && head < m && same_rule(a, head, b, head))
		head++;
	while (head + tail < n && head + tail < m &&
	       same_rule(a, n - 1 - tail, b, m - 1 - tail))
		tail++;
	return 2 * (head + tail) > most;
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
		    weave_much_alike(old, chain))
			return old;
	}
	return NULL;
}
