/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference of two rulesets as a changeset. Rules that are in both keep
 * their place in the kernel, and so their counters; what only changed its place
 * is a move. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "align.h"
#include "change.h"
#include "classes.h"

/* Applying what was just worked out on a copy of a cannot fail. */
static void
push(struct changeset *cs, struct ruleset *work, struct change *change)
{
	if (changeset_push_take(cs, work, change))
		die("a difference does not fit its own ruleset: %s",
		    err_message());
}

/* One chain on its way from a to b. For rule j of b, from[j] says which rule of
 * a it is: kept, replaced in place, moved, or none. */
enum origin { FROM_NOWHERE, FROM_KEPT, FROM_REPLACED, FROM_MOVED };

struct weave {
	const struct chain *a;
	const struct chain *b;
	size_t *match;		/* for each of a: its rule of b, or NO_MATCH */
	size_t *at;		/* for each of b: its rule of a, or NO_MATCH */
	enum origin *from;	/* for each of b */
	bool *stays;		/* for each of a: not deleted */
};

/* Rules of one class that found no partner in order are moves. */
static void
weave_moves(struct weave *w, const int *ca, const int *cb, size_t classes)
{
	size_t *next = xcalloc(classes, sizeof(*next));
	size_t *waiting = xcalloc(w->a->rules.n, sizeof(*waiting));

	/* For each class a list of its unmatched rules of a, newest last in
	 * a's order because it is filled from the end. 0 ends a list. */
	for (size_t i = w->a->rules.n; i-- > 0;) {
		if (w->match[i] != NO_MATCH)
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

/* Between two kept rules a rule that goes and one that comes are a
 * replacement. */
static void
weave_replacements(struct weave *w)
{
	size_t i = 0;

	for (size_t j = 0; j < w->b->rules.n; j++) {
		if (w->from[j] == FROM_KEPT) {
			i = w->at[j] + 1;
			continue;
		}
		if (w->from[j] != FROM_NOWHERE)
			continue;
		while (i < w->a->rules.n && w->stays[i] &&
		       w->match[i] == NO_MATCH)
			i++;
		if (i >= w->a->rules.n || w->match[i] != NO_MATCH)
			continue;
		w->from[j] = FROM_REPLACED;
		w->at[j] = i;
		w->stays[i] = true;
		i++;
	}
}

static void
weave_init(struct weave *w, const struct chain *a, const struct chain *b,
	   struct classes *classes)
{
	int *ca = classes_of(classes, a);
	int *cb = classes_of(classes, b);

	*w = (struct weave){ .a = a, .b = b };
	w->match = align(ca, a->rules.n, cb, b->rules.n);
	w->at = xcalloc(b->rules.n, sizeof(*w->at));
	w->from = xcalloc(b->rules.n, sizeof(*w->from));
	w->stays = xcalloc(a->rules.n, sizeof(*w->stays));
	for (size_t i = 0; i < a->rules.n; i++) {
		if (w->match[i] == NO_MATCH)
			continue;
		w->from[w->match[i]] = FROM_KEPT;
		w->at[w->match[i]] = i;
		w->stays[i] = true;
	}
	weave_moves(w, ca, cb, classes_count(classes));
	weave_replacements(w);
	free(ca);
	free(cb);
}

static void
weave_done(struct weave *w)
{
	free(w->match);
	free(w->at);
	free(w->from);
	free(w->stays);
}

/* Delete what goes, from the end, so that positions hold. What is left of a is
 * returned: the indices of its rules, in order. */
static size_t *
emit_deletions(const struct weave *w, struct changeset *cs,
	       struct ruleset *work)
{
	size_t *order = xcalloc(w->a->rules.n + w->b->rules.n, sizeof(*order));
	size_t n = 0;

	for (size_t i = w->a->rules.n; i-- > 0;)
		if (!w->stays[i])
			push(cs, work, change_delete(w->a->name, i));
	for (size_t i = 0; i < w->a->rules.n; i++)
		if (w->stays[i])
			order[n++] = i;
	return order;
}

static void
order_move(size_t *order, size_t from, size_t to)
{
	size_t moved = order[from];

	if (from < to)
		memmove(order + from, order + from + 1,
			(to - from) * sizeof(*order));
	else
		memmove(order + to + 1, order + to,
			(from - to) * sizeof(*order));
	order[to] = moved;
}

/* Go through b; place is where its next rule belongs. Rules not yet placed may
 * stand in between: they are moved when their turn comes. Returns the new
 * place. */
static size_t
emit_rule(const struct weave *w, size_t j, size_t place, size_t *order,
	  size_t *n, struct changeset *cs, struct ruleset *work)
{
	const char *name = w->a->name;
	const struct rule *rule = chain_rule(w->b, j);
	size_t pos = 0;

	if (w->from[j] == FROM_NOWHERE) {
		push(cs, work, change_insert(name, place, rule));
		memmove(order + place + 1, order + place,
			(*n - place) * sizeof(*order));
		order[place] = NO_MATCH;
		++*n;
		return place + 1;
	}
	if (w->from[j] != FROM_MOVED)
		pos = place;
	while (order[pos] != w->at[j])
		pos++;
	if (w->from[j] == FROM_REPLACED)
		push(cs, work, change_replace(name, pos, rule));
	if (w->from[j] != FROM_MOVED)
		return pos + 1;
	if (pos < place)
		place--;
	if (pos != place)
		push(cs, work, change_move(name, pos, place));
	order_move(order, pos, place);
	order[place] = NO_MATCH;
	return place + 1;
}

static void
diff_chain(const struct chain *a, const struct chain *b,
	   struct classes *classes, struct changeset *cs, struct ruleset *work)
{
	struct weave w;
	size_t *order;
	size_t n = 0;
	size_t place = 0;

	weave_init(&w, a, b, classes);
	order = emit_deletions(&w, cs, work);
	for (size_t i = 0; i < a->rules.n; i++)
		n += w.stays[i];
	for (size_t j = 0; j < b->rules.n; j++)
		place = emit_rule(&w, j, place, order, &n, cs, work);
	free(order);
	weave_done(&w);
}

/* Do both hold the same rules, so that one is the other renamed? */
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

/* The chain of b, new there, that has the rules of a chain which b lacks. */
static const struct chain *
renamed_to(const struct chain *chain, const struct ruleset *work,
	   const struct ruleset *b)
{
	for (size_t i = 0; i < b->chains.n; i++) {
		const struct chain *other = b->chains.v[i];

		if (!ruleset_chain(work, other->name) &&
		    same_rules(chain, other))
			return other;
	}
	return NULL;
}

static void
diff_renames(const struct ruleset *b, struct changeset *cs,
	     struct ruleset *work)
{
	for (size_t i = 0; i < work->chains.n; i++) {
		const struct chain *chain = work->chains.v[i];
		const struct chain *to;

		if (chain_is_builtin(chain) || ruleset_chain(b, chain->name))
			continue;
		to = renamed_to(chain, work, b);
		if (to)
			push(cs, work, change_chain_rename(chain->name,
							   to->name));
	}
}

static void
diff_new_chains(const struct ruleset *b, struct changeset *cs,
		struct ruleset *work)
{
	for (size_t i = 0; i < b->chains.n; i++) {
		const struct chain *chain = b->chains.v[i];

		if (!ruleset_chain(work, chain->name))
			push(cs, work, change_chain_new(chain->name));
	}
}

static bool
is_doomed(const struct chain *chain, const struct ruleset *b)
{
	return !chain_is_builtin(chain) && !ruleset_chain(b, chain->name);
}

/* Chains that go are emptied first, so that they do not hold on to others, and
 * deleted last, when nothing jumps to them any more. */
static void
diff_flush_chains(const struct ruleset *b, struct changeset *cs,
		  struct ruleset *work)
{
	for (size_t i = 0; i < work->chains.n; i++) {
		const struct chain *chain = work->chains.v[i];

		if (is_doomed(chain, b) && chain->rules.n)
			push(cs, work, change_chain_flush(chain->name));
	}
}

static void
diff_delete_chains(const struct ruleset *b, struct changeset *cs,
		   struct ruleset *work)
{
	for (size_t i = work->chains.n; i-- > 0;) {
		const struct chain *chain = work->chains.v[i];

		if (is_doomed(chain, b))
			push(cs, work, change_chain_delete(chain->name));
	}
}

/* a is what work was before the rules: work changes under way. */
static void
diff_rules(const struct ruleset *a, const struct ruleset *b, bool bytes,
	   struct changeset *cs, struct ruleset *work)
{
	struct classes *classes = classes_new(a, b, bytes);

	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *chain = a->chains.v[i];
		const struct chain *other = ruleset_chain(b, chain->name);

		if (!other)
			continue;
		if (chain->policy != other->policy)
			push(cs, work, change_policy(chain->name,
						     other->policy));
		diff_chain(chain, other, classes, cs, work);
	}
	classes_free(classes);
}

struct changeset *
changeset_diff(const struct ruleset *a, const struct ruleset *b, bool bytes)
{
	struct changeset *cs = changeset_new(a->table);
	struct ruleset *work = ruleset_copy(a);
	struct ruleset *before;

	diff_renames(b, cs, work);
	diff_new_chains(b, cs, work);
	diff_flush_chains(b, cs, work);
	before = ruleset_copy(work);
	diff_rules(before, b, bytes, cs, work);
	diff_delete_chains(b, cs, work);
	ruleset_free(before);
	ruleset_free(work);
	return cs;
}
